/**
 * What comes of a login at which a person was proved: a session, and the request goes on.
 *
 * @module
 */

import type { Context } from 'hono'
import type { EndpointContext } from '../context.ts'
import { refusal } from '../protocol/error.ts'
import { addParameters } from '../protocol/redirect_uri.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import { withoutLogin } from './altered_request.ts'
import type { ChooseProvider } from './choose_provider.ts'
import type { HandedTokens } from './handed_tokens.ts'
import type { Identified } from './identified_person.ts'
import { begunAt, type LoginFacts } from './login_facts.ts'
import type { PushedRequests } from './pushed_requests.ts'
import type { Sessions } from './session.ts'
import { toldOfPerson } from './told_facts.ts'
import { deviceAgain } from './ways.ts'

/** Stands beside a request that goes on after a login for which a browser without cookies went nowhere: it should have some now. */
export const LOGGED_IN = 'logged_in'

/**
 * Begins a session, and goes on with the request of a login, once.
 *
 * @param isMarked whether the browser had no cookies when it came. Default false
 * @throws {OAuthError} `login_failed`, `login_too_long`
 */
export type FinishLogin = (
  c: Context,
  identified: Identified,
  facts: LoginFacts,
  envelopes: PurposeEnvelopes,
  now: number,
  isMarked?: boolean,
) => Promise<Response>

/** What it needs beside the context. */
export interface FinishParts {
  readonly sessions: Sessions
  readonly pushedRequests: PushedRequests
  readonly handedTokens: HandedTokens
  readonly chooseProvider: ChooseProvider
}

/** Returns what finishes logins. */
export function createFinishLogin(
  { settings, events }: EndpointContext,
  { sessions, pushedRequests, handedTokens, chooseProvider }: FinishParts,
): FinishLogin {
  const { issuer, guard, lives } = settings

  /** Spends a login: the URL by which it came back logs nobody in again. */
  async function spend({ jti, exp }: LoginFacts): Promise<void> {
    if (guard !== undefined && (await guard.spend(`login ${jti}`, exp)) === 'spent')
      throw refusal('login_failed', 'stale', 'the login was used before')
  }

  return async (c, { person, tokens }, facts, envelopes, now, isMarked = false) => {
    const { parameters, pushed, at, hands } = facts
    const given = hands && (await handedTokens.check(tokens, { person, parameters, hands }, now))
    const handed = { jti: facts.jti, sub: person.sub }
    // What is handed over is for this very request, as it was when somebody logged in for it: it goes on as if it had been pushed.
    const sealed = pushed ?? (hands && pushedRequests.name(now))
    const metAt = begunAt(facts, now)
    // What a browser brought, whoever sits there can change. What was pushed goes on as it is, with word of this login: in
    // another browser, with a session from before, it is not met.
    const met =
      sealed === undefined
        ? { parameters: withoutLogin(parameters, facts.max_age !== undefined) }
        : { pushed: { ...sealed, metAt, ...(hands && { handed }) } }
    const goesOnAt =
      at === undefined
        ? await pushedRequests.goOnAt({ ...facts, ...met }, envelopes, now)
        : deviceAgain(issuer, parameters)
    await sessions.checkCanStart(person, envelopes, now)
    await spend(facts)
    const sid = await sessions.start(c, person, facts.browser, envelopes, now)
    if (given !== undefined && hands !== undefined && sealed !== undefined)
      await handedTokens.leave(facts.jti, given, { person, parameters, hands }, sid, sealed.until + lives.code)
    chooseProvider.note(c, facts.provider)
    events.tell('login.succeeded', { ...toldOfPerson(person), ...(facts.provider && { method: facts.provider }) })
    return c.redirect(isMarked ? addParameters(goesOnAt, { [LOGGED_IN]: 'yes' }) : goesOnAt, 303)
  }
}
