/**
 * What comes of a login at which nobody was proved: the client is told, or the person sees a page with the ways on.
 *
 * @module
 */

import type { Context } from 'hono'
import type { EndpointContext } from '../context.ts'
import { unlessAwaited } from '../http/awaited.ts'
import { sameAgain } from '../http/browser.ts'
import { withCookies } from '../http/cookies.ts'
import { answerLeaving } from '../http/leaving.ts'
import { answerErrorPage, type ErrorPageOptions, toldOf, toPageError } from '../http/respond.ts'
import { viewOf } from '../http/view.ts'
import { OAUTH_ERRORS, type OAuthError } from '../protocol/error.ts'
import { readParameters } from '../protocol/parameters.ts'
import type { Answers } from './authorization_response.ts'
import { proveDestination } from './destination.ts'
import type { LoginFacts } from './login_facts.ts'
import type { RequestInside, Ways } from './ways.ts'

/** What is known of a login that failed. */
export interface KnownOfLogin extends Pick<ErrorPageOptions, 'retryAt' | 'provider'> {
  /** The request of this very browser. */
  readonly request?: RequestInside | undefined
}

/** Logins that failed. */
export interface FailedLogins {
  /** Tells the client that there will be no login: its destination is proved by what was sealed for this browser. */
  tellClient(c: Context, error: OAuthError, facts: LoginFacts, now: number): Promise<Response>
  /** Shows what went wrong; nothing is lost, and the person can try again, or go back to the app of a request that is theirs. */
  show(c: Context, thrown: unknown, now: number, known?: KnownOfLogin): Promise<Response>
}

/** Returns what answers where a login failed. */
export function createFailedLogins(
  { settings, hooks, clients, log, events, isWhole }: EndpointContext,
  { answers, ways }: { readonly answers: Answers; readonly ways: Ways },
): FailedLogins {
  const { issuer } = settings
  return {
    async tellClient(c, error, { parameters, provider }, now) {
      const meeting = { now, asker: hooks.addressOf?.(c.req.raw, c.env) }
      const destination = await proveDestination(readParameters(parameters), clients, meeting)
      const { id } = destination.client
      const at = provider === undefined ? {} : { provider }
      const { code, reason, message: detail } = error
      log({ level: 'warn', event: 'login', code, reason, client: id, ...at, detail })
      events.tell('login.failed', { ...toldOf(error), ...(provider && { method: provider }) })
      return answerLeaving(viewOf(c, settings), await answers.refuse(destination, error, now), c.req.method === 'POST')
    },
    async show(c, thrown, now, { request, ...known } = {}) {
      const error = toPageError(unlessAwaited(thrown, { isWhole }))
      const { provider } = known
      if (error.reason === 'provider_down') events.tell('remote.failed', { ...toldOf(error), method: 'provider' })
      events.tell('login.failed', { ...toldOf(error), ...(provider && { method: provider }) })
      const mayPass = OAUTH_ERRORS[error.code].status >= 500
      const retryAt = known.retryAt ?? (mayPass ? sameAgain(c.req.raw, issuer) : undefined)
      const back = request && (await ways.back(c, request, error, now))
      return withCookies(
        c,
        await answerErrorPage(error, { ...known, view: viewOf(c, settings), event: 'login', log, retryAt, back }),
      )
    },
  }
}
