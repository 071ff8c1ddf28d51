/**
 * At which provider a person logs in: the one that a request is for, the only one that can meet it, or the one that they choose.
 *
 * @module
 */

import type { Context } from 'hono'
import type { EndpointContext } from '../context.ts'
import type { Cookies } from '../http/cookies.ts'
import { viewOf } from '../http/view.ts'
import type { Authenticate, LoginProvider } from '../login/authenticate.ts'
import { chooseProviderPage, type ProviderQuestion } from '../pages/choose_provider.ts'
import { toPageResponse } from '../pages/page.ts'
import { refusal } from '../protocol/error.ts'
import { readParameters } from '../protocol/parameters.ts'
import { addParameters } from '../protocol/redirect_uri.ts'
import type { LoginFacts } from './login_facts.ts'

/** What a login asks of whoever logs the person in. */
type Wish = Pick<LoginFacts, 'parameters' | 'fresh' | 'max_age' | 'context' | 'hands'>

/** For whom the person is asked. */
export type Asking = Pick<ProviderQuestion, 'clientName' | 'walkIn' | 'isOnDevice'>

/** Chooses providers. */
export interface ChooseProvider {
  /** Tells whether a provider is to be chosen, and none is. */
  isOpen(facts: Pick<LoginFacts, 'provider'>): boolean
  /** Tells whether a login can be made at a provider. */
  canBe(wish: Wish, name: string): boolean
  /**
   * Returns the provider of a login about which nobody need be asked: nothing where there are several, or where there is but one way
   * to log in, without a name.
   *
   * @throws {OAuthError} `login_required`, which the client hears, where none can meet what is asked: before anybody is sent there
   */
  atOnce(wish: Wish): string | undefined
  /** Asks the person, the one that was used last in this browser first. */
  ask(c: Context, wish: Wish, state: string, asking: Asking): Promise<Response>
  /** Notes at which one somebody logged in. */
  note(c: Context, name: string | undefined): void
}

/** Seconds for which a browser remembers the provider that was used last. */
const REMEMBERED_FOR = 15_552_000

const NOT_PROVED = 'no provider proves when, or how, somebody logged in'

/**
 * Checks that there is a way to log in that proves when somebody did.
 *
 * @throws {OAuthError} `login_required`, which the client hears
 */
export function checkProvable({ providers }: Pick<Authenticate, 'providers'> = {}): void {
  if (providers !== undefined && ![...providers.values()].some(({ tellsAuthTime }) => tellsAuthTime))
    throw refusal('login_required', 'login_age', NOT_PROVED)
}

/**
 * Tells whether a provider can meet a login. Who tells no instant proves no login to be new, and no context either: to send somebody
 * there would send them round for ever (OpenID Connect Core §3.1.2.1).
 */
function canMeet({ fresh, max_age, context, hands }: Wish, name: string, { tellsAuthTime }: LoginProvider): boolean {
  const mustProve = fresh || max_age !== undefined || context === true
  return (hands === undefined || hands.provider === name) && (tellsAuthTime || !mustProve)
}

/** Returns what chooses providers. */
export function createChooseProvider({ settings }: EndpointContext, cookies: Cookies): ChooseProvider {
  const { issuer, authenticate } = settings
  const providers = authenticate?.providers

  function offered(wish: Wish): readonly (readonly [name: string, provider: LoginProvider])[] {
    return [...(providers ?? [])].filter(([name, provider]) => canMeet(wish, name, provider))
  }

  return {
    isOpen: ({ provider }) => providers !== undefined && provider === undefined,
    canBe: (wish, name) => offered(wish).some(([one]) => one === name),
    atOnce(wish) {
      if (providers === undefined) return undefined
      const names = offered(wish).map(([name]) => name)
      if (names.length === 0) throw refusal('login_required', 'login_age', NOT_PROVED)
      const hint = readParameters(wish.parameters).get('idp_hint')
      return names.length === 1 ? names[0] : names.find((name) => name === hint)
    },
    ask(c, wish, state, asking) {
      const last = cookies.get(c, 'provider')
      const choices = offered(wish).map(([name, { label }]) => ({
        label,
        location: addParameters(`${issuer}/login`, { state, provider: name }),
        isLast: name === last,
      }))
      const sorted = choices.toSorted((a, b) => Number(b.isLast) - Number(a.isLast))
      return toPageResponse(200, chooseProviderPage(viewOf(c, settings), { ...asking, choices: sorted }))
    },
    note(c, name) {
      if (name !== undefined && providers !== undefined && providers.size > 1)
        cookies.set(c, 'provider', name, REMEMBERED_FOR)
    },
  }
}
