/**
 * Ways on for who would be left standing: a request whose envelope comes back too late, or in another session, begins anew,
 * and where that cannot be the app is told.
 *
 * Of such an envelope nothing counts but the request: no login, no answer, no word of a login that was met. The request goes
 * to the authorization endpoint, where it is proved once more where the answer may go, and everything else
 * (RFC 6749 §4.1.1).
 *
 * @module
 */

import type { Context } from 'hono'
import type { EndpointContext } from '../context.ts'
import { keepOpener } from '../http/popup.ts'
import { askLanguage } from '../http/view.ts'
import type { WayBack } from '../pages/leaving.ts'
import { OAuthError } from '../protocol/error.ts'
import { readParameters } from '../protocol/parameters.ts'
import { addParameters } from '../protocol/redirect_uri.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import type { AuthorizationRequest, Pushed } from './authorization_request.ts'
import type { Answers } from './authorization_response.ts'
import { proveDestination } from './destination.ts'
import type { PushedRequests } from './pushed_requests.ts'
import { toldOfClient } from './told_facts.ts'

/** The request that a login or a consent is about. */
export type RequestInside = Pick<AuthorizationRequest, 'parameters'> & {
  readonly pushed?: Pushed | undefined
  /** Where it goes on, if not at the authorization endpoint. */
  readonly at?: 'device' | undefined
}

/** What an envelope is about, be it as old as it may. */
export interface About {
  readonly request: RequestInside
  /** Whether it ended, so that nothing else in it counts. */
  readonly hasEnded: boolean
  /** The digest of the cookie of the browser in which a login was begun: it tells how to go on, and proves nothing. */
  readonly browser: unknown
}

/** Ways on. */
export interface Ways {
  /**
   * Returns what an envelope is about. The opener is kept where the client of the request opens popups, and pages are in the language
   * that the request asks for.
   *
   * @throws {TokenError} when it is none of ours, or ended a day ago
   */
  about(
    c: Context,
    purpose: 'login' | 'consent',
    envelope: string,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<About>
  /** Returns where a request begins anew, or nothing when it was pushed and nothing can come of it any more. */
  again(request: RequestInside, envelopes: PurposeEnvelopes, now: number): Promise<string | undefined>
  /**
   * Returns the way back to the client of a request, if by the settings of today it is proved where that is, and if it can be
   * told in the mode that it asked for.
   */
  back(c: Context, request: RequestInside, error: OAuthError, now: number): Promise<WayBack | undefined>
}

/** Returns the address at which a person answers a device; with the code, if it is known, and what else is asked for. */
export function devicePageOf(
  issuer: string,
  userCode: string | undefined,
  asked: Readonly<Record<string, string | undefined>> = {},
): string {
  return addParameters(`${issuer}/device`, { user_code: userCode, ...asked })
}

/** Returns the address at which a device is answered in the end, for which a person logged in. */
export function deviceAgain(issuer: string, parameters: string): string {
  const asked = readParameters(parameters)
  return devicePageOf(issuer, asked.get('user_code'), { ui_locales: asked.get('ui_locales') })
}

/** Returns where a request goes on, as its envelope has it. */
function atOf(at: unknown): Pick<RequestInside, 'at'> {
  return at === 'device' ? { at } : {}
}

/** Returns the ways on. */
export function createWays(
  { settings, hooks, clients, events }: EndpointContext,
  { pushedRequests, answers }: { readonly pushedRequests: PushedRequests; readonly answers: Answers },
): Ways {
  const { issuer } = settings
  return {
    async about(c, purpose, envelope, envelopes, now) {
      const { parameters, pushed, at, exp, browser } = await envelopes.openLate(purpose, envelope)
      const request = { parameters: String(parameters), pushed: pushed as Pushed | undefined, ...atOf(at) }
      const asked = readParameters(request.parameters)
      const client = clients.find(asked.get('client_id') ?? '')
      askLanguage(c, asked.get('ui_locales'))
      keepOpener(c, client)
      if (client !== undefined) events.note(toldOfClient(client))
      return { request, hasEnded: now >= exp, browser }
    },
    async back(c, { parameters }, error, now) {
      const meeting = { now, asker: hooks.addressOf?.(c.req.raw, c.env) }
      try {
        return await answers.refuse(await proveDestination(readParameters(parameters), clients, meeting), error, now)
      } catch (unproved) {
        if (unproved instanceof OAuthError) return undefined
        throw unproved
      }
    },
    async again({ parameters, pushed, at }, envelopes, now) {
      if (at === 'device') return deviceAgain(issuer, parameters)
      if (pushed === undefined) return pushedRequests.goOnAt({ parameters }, envelopes, now)
      const { jti, until } = pushed
      // A login that it met before counts no more.
      return now < until ? pushedRequests.goOnAt({ parameters, pushed: { jti, until } }, envelopes, now) : undefined
    },
  }
}
