/**
 * The authorization endpoint (RFC 6749 §3.1, §4.1.1): proves where the answer may go, logs the person in, asks for
 * consent, and sends a code.
 *
 * @module
 */

import type { Context } from 'hono'
import { type AuthorizationRequest, readAuthorizationRequest } from '../authorization/authorization_request.ts'
import type { Answers } from '../authorization/authorization_response.ts'
import type { Codes } from '../authorization/codes.ts'
import type { Consents } from '../authorization/consent.ts'
import { type Destination, proveDestination } from '../authorization/destination.ts'
import type { Logins } from '../authorization/login.ts'
import type { OpenedRequests } from '../authorization/opened_requests.ts'
import type { OpenedRequest, PushedRequests } from '../authorization/pushed_requests.ts'
import type { RequestObjects } from '../authorization/request_object.ts'
import type { Sessions } from '../authorization/session.ts'
import type { IsSufficient } from '../authorization/sufficient_session.ts'
import { toldOfClient, toldOfPerson } from '../authorization/told_facts.ts'
import type { EndpointContext } from '../context.ts'
import { unlessAwaited } from '../http/awaited.ts'
import { checkNavigation, isPrefetch, readBody, sameAgain } from '../http/browser.ts'
import { withCookies } from '../http/cookies.ts'
import { answerLeaving } from '../http/leaving.ts'
import { createLimiting } from '../http/limiting.ts'
import { keepOpener } from '../http/popup.ts'
import { answerErrorPage, type ErrorPageOptions, toldOf, toOAuthError, toPageError } from '../http/respond.ts'
import { askLanguage, viewOf } from '../http/view.ts'
import { OAUTH_ERRORS, type OAuthError, refusal } from '../protocol/error.ts'
import { type Parameters, readParameters } from '../protocol/parameters.ts'
import { addParameters } from '../protocol/redirect_uri.ts'
import { isByDocument } from '../registration/known_clients.ts'

/** What the authorization endpoint needs beside the context. */
export interface AuthorizeParts {
  readonly sessions: Sessions
  readonly logins: Logins
  readonly consents: Consents
  readonly codes: Codes
  readonly answers: Answers
  readonly pushedRequests: PushedRequests
  readonly openedRequests: OpenedRequests
  readonly requestObjects: RequestObjects
  readonly isSufficient: IsSufficient
}

/** A request of which it is proved where the answer may go. */
interface Proved {
  readonly destination: Destination
  readonly parameters: Parameters
  readonly opened: OpenedRequest | undefined
  /** What the browser itself brought. */
  readonly asked: Parameters
}

/** Returns the authorization endpoint, for GET and POST. */
export function createAuthorizeEndpoint(
  context: EndpointContext,
  parts: AuthorizeParts,
): (c: Context) => Promise<Response> {
  const { settings, clients, keyRing, log, events } = context
  const { issuer } = settings
  const limiting = createLimiting(context)
  const { sessions, logins, consents, codes, answers, pushedRequests, openedRequests } = parts
  const { requestObjects, isSufficient } = parts

  async function answer(c: Context, request: AuthorizationRequest, now: number): Promise<Response> {
    const { prompt, destination } = request
    const envelopes = context.envelopes(keyRing.open(now), now)
    const session = await sessions.read(c, envelopes, now)
    if (request.pushed !== undefined) openedRequests.note(c, request.pushed)
    const isEnough = await isSufficient(session, request, now)
    if (session === undefined || !isEnough) {
      if (prompt.has('none'))
        throw refusal('login_required', 'login_required', 'nobody is logged in, and nobody may be asked')
      await limiting.checkLogin(context.hooks.addressOf?.(c.req.raw, c.env))
      return logins.begin(c, request, envelopes, now)
    }
    events.note(toldOfPerson(session))
    if (await consents.isNeeded(c, request, session, envelopes)) {
      if (prompt.has('none'))
        throw refusal('consent_required', 'consent_required', 'consent is needed, and nobody may be asked')
      await codes.checkFits(request, session, envelopes, now)
      return consents.ask(c, request, session, envelopes, now)
    }
    log({ level: 'info', event: 'authorize', client: destination.client.id })
    const way = await codes.send(c, request, session, envelopes, now)
    return withCookies(c, await answerLeaving(viewOf(c, settings), way, false))
  }

  /** Opens what a browser brings in place of a request: one that was pushed, or one that its client signed. */
  async function open(asked: Parameters, now: number): Promise<OpenedRequest | undefined> {
    if (asked.get('request_uri') !== undefined)
      return pushedRequests.open(asked, context.envelopes(keyRing.open(now), now), now)
    const opened = await requestObjects.open(asked, clients.find(asked.get('client_id') ?? ''), now)
    return opened && { ...opened, pushed: { ...opened.pushed, isBrought: true } }
  }

  /** Phase 1: whatever is wrong here is a page. */
  async function prove(c: Context, now: number): Promise<Proved> {
    checkNavigation(c.req.raw.headers)
    const text = c.req.method === 'POST' ? await readBody(c.req.raw) : new URL(c.req.url).search.slice(1)
    const asked = readParameters(text)
    asked.checkOnce('client_id', 'request_uri', 'request')
    const named = clients.find(asked.get('client_id') ?? '')
    // Who has a document somewhere is known when that was read.
    if (named !== undefined && !isByDocument(named)) events.note(toldOfClient(named))
    askLanguage(c, asked.get('ui_locales'))
    const opened = await open(asked, now)
    const parameters = opened?.parameters ?? asked
    askLanguage(c, parameters.get('ui_locales'))
    const meeting = { now, asker: context.hooks.addressOf?.(c.req.raw, c.env) }
    const destination = await proveDestination(parameters, clients, meeting)
    events.note(toldOfClient(destination.client))
    return { destination, parameters, opened, asked }
  }

  /**
   * Returns where a request goes on that was posted: another site's comes without our cookies, since they are `Lax`, and an
   * answer to it would replace what other tabs need. One that was signed goes on as if it had been pushed: its page can be
   * reloaded when the object has ended.
   */
  async function byGet(request: AuthorizationRequest, asked: Parameters, now: number): Promise<string> {
    const { pushed } = request
    if (pushed === undefined || pushed.isBrought)
      return pushedRequests.goOnAt(request, context.envelopes(keyRing.open(now), now), now)
    const named = { client_id: asked.get('client_id'), request_uri: asked.get('request_uri') }
    return addParameters(`${issuer}/authorize`, named)
  }

  /** Returns the ways on where it is not proved where the answer may go: the client's own home, or the same once more. */
  function unproved({ req }: Context, error: unknown): Pick<ErrorPageOptions, 'retryAt' | 'back'> {
    if (OAUTH_ERRORS[toPageError(error).code].status >= 500) return { retryAt: sameAgain(req.raw, issuer) }
    const client = clients.find(new URL(req.url).searchParams.get('client_id') ?? '')
    return client?.uri === undefined ? {} : { back: { clientName: client.name, location: client.uri } }
  }

  /** Tells the client what is wrong, or the person where the client cannot be told in the mode that it asked for. */
  async function fail(c: Context, error: OAuthError, destination: Destination, now: number): Promise<Response> {
    events.tell('authorization.refused', toldOf(error))
    const back = await answers.refuse(destination, error, now).catch(() => undefined)
    // Who is not sent on by itself can as well try again.
    const mayPass = OAUTH_ERRORS[error.code].status >= 500 && back?.untold !== undefined
    // Another browser was faster with the same request: this one was not asked for.
    const isLimited = error.code === 'slow_down'
    if (back === undefined || mayPass || isLimited || error.code === 'invalid_request_uri') {
      const retryAt = back === undefined || mayPass || isLimited ? sameAgain(c.req.raw, issuer) : undefined
      return withCookies(
        c,
        await answerErrorPage(error, { view: viewOf(c, settings), event: 'authorize', log, retryAt, back }),
      )
    }
    log({ level: 'warn', event: 'authorize', code: error.code, reason: error.reason, detail: error.message })
    return withCookies(c, await answerLeaving(viewOf(c, settings), back, false))
  }

  return async (c) => {
    if (isPrefetch(c.req.raw.headers)) return c.body(null, 204)
    const now = context.now()
    let proved: Proved
    try {
      proved = await prove(c, now)
    } catch (thrown) {
      const error = unlessAwaited(thrown, context)
      events.tell('authorization.refused', toldOf(error))
      return answerErrorPage(error, { view: viewOf(c, settings), event: 'authorize', log, ...unproved(c, error) })
    }
    const { destination, parameters, opened, asked } = proved
    keepOpener(c, destination.client)
    try {
      if (opened !== undefined) await pushedRequests.checkLive(opened, openedRequests.has(c, opened.pushed), now)
      const request = readAuthorizationRequest(parameters, destination, settings, opened?.pushed)
      const isGoingOn = c.req.method === 'POST' || request.pushed?.isBrought
      return isGoingOn ? c.redirect(await byGet(request, asked, now), 303) : await answer(c, request, now)
    } catch (thrown) {
      return fail(c, toOAuthError(unlessAwaited(thrown, context)), destination, now)
    }
  }
}
