/**
 * Who logged in: whoever it is, held to what a person can be called, and to what the request wants of the login.
 *
 * @module
 */

import type { Context } from 'hono'
import type { EndpointContext } from '../context.ts'
import { chosenLanguage } from '../http/language.ts'
import type { LoginProviders, ProviderTokens, Transaction } from '../login/authenticate.ts'
import { boundPerson, checkFreshness } from '../login/person.ts'
import { keptOfLogin } from '../openid/openid.ts'
import { refusal } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { isDigestSubject, isReservedSubject } from '../protocol/subject.ts'
import { isVisible } from '../protocol/visible.ts'
import { proveDestination } from './destination.ts'
import type { LoggedIn } from './session.ts'
import type { WantedPersons } from './wanted_person.ts'

/** Who logged in, and what a provider gave beside. */
export interface Identified {
  readonly person: LoggedIn
  readonly tokens: ProviderTokens | undefined
}

/**
 * Returns who logged in for a request, or what to show next.
 *
 * @param asked the authorization request; nothing where it is no client's yet
 * @throws {OAuthError} as `Authenticate`; `login_failed`, `login_required`, `unmet_authentication_requirements` when it is not who, or
 * not how, the request wants it
 */
export type Identify = (
  c: Context,
  asked: Parameters | undefined,
  transaction: Transaction,
) => Promise<Identified | Response>

/**
 * Checks that a provider among several names its own people, and nobody whom another one could name.
 *
 * @throws {OAuthError} `login_failed`
 */
function checkNaming(sub: string, provider: string | undefined, providers: LoginProviders): void {
  const isPlain = providers.get(provider ?? '')?.hasPlainNames === true
  const isOf = (name: string): boolean => sub.startsWith(`${name}|`)
  if (isPlain && ([...providers.keys()].some(isOf) || isDigestSubject(sub)))
    throw refusal('login_failed', 'person_unfit', 'the login names a person as another provider would')
  if (!isPlain && !isOf(provider ?? '') && !isDigestSubject(sub))
    throw refusal(
      'login_failed',
      'person_unfit',
      'the subject does not begin with what the provider is called and a bar',
    )
}

/** Returns what tells who logs in. */
export function createIdentify({ settings, hooks, clients }: EndpointContext, wanted: WantedPersons): Identify {
  const { authenticate, openid, issuer } = settings

  /** Returns the languages for whoever logs people in: the one that the person chose comes first. */
  function localesOf(c: Context, { uiLocales }: Transaction): string | undefined {
    const languages = [chosenLanguage(c, issuer), uiLocales].filter((one) => one !== undefined)
    return languages.length === 0 ? undefined : languages.join(' ')
  }

  return async (c, asked, transaction) => {
    const result = await authenticate?.(c.req.raw, { ...transaction, uiLocales: localesOf(c, transaction) })
    if (!result) throw refusal('login_failed', 'nobody_logged_in', 'nobody was logged in, and nothing is to be shown')
    if (result instanceof Response) return result
    const person = boundPerson(result, openid && keptOfLogin(openid))
    const { sub } = person
    if (sub === '' || sub.length > 255 || isReservedSubject(sub) || !isVisible(sub))
      throw refusal('login_failed', 'person_unfit', 'a person cannot have this subject')
    if (authenticate?.providers !== undefined) checkNaming(sub, transaction.provider, authenticate.providers)
    checkFreshness(person, transaction)
    if (asked !== undefined) {
      const meeting = { now: transaction.now, asker: hooks.addressOf?.(c.req.raw, c.env) }
      await wanted.check(person, asked, (await proveDestination(asked, clients, meeting)).client, transaction.now)
    }
    const { provider } = transaction
    return { person: provider === undefined ? person : { ...person, provider }, tokens: result.tokens }
  }
}
