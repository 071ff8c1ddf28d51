/**
 * Logging out: asks first, then ends the session for good, so that a copy of its cookie is dead too. Of an OpenID provider it is
 * the end session endpoint: a client that brings its ID token of this very session has asked already (OpenID Connect
 * RP-Initiated Logout §2). Where the operator wants that, the session at the provider ends after ours.
 *
 * @module
 */

import type { Context } from 'hono'
import { digestLabels } from '../../keys/digest.ts'
import { type LogoutRequest, NO_REQUEST, readLogoutRequest } from '../authorization/logout_request.ts'
import type { ProviderLogout } from '../authorization/provider_logout.ts'
import type { Session, Sessions } from '../authorization/session.ts'
import { toldOfClient } from '../authorization/told_facts.ts'
import type { EndpointContext } from '../context.ts'
import { unlessAwaited } from '../http/awaited.ts'
import { checkNavigation, checkOwnForm, isPrefetch, LONGEST_URL, readBody, sameAgain } from '../http/browser.ts'
import { type Cookies, withCookies } from '../http/cookies.ts'
import { inLanguageAt } from '../http/language.ts'
import { answerLeaving } from '../http/leaving.ts'
import { keepOpener } from '../http/popup.ts'
import { answerErrorPage, toldOf, toPageError } from '../http/respond.ts'
import { askLanguage, viewOf } from '../http/view.ts'
import type { IdTokenHints } from '../issuing/id_token_hints.ts'
import { sidFor } from '../issuing/id_tokens.ts'
import { accountOf } from '../login/person.ts'
import type { WayBack } from '../pages/leaving.ts'
import { goingToProviderPage, loggedOutPage, logoutPage } from '../pages/logout.ts'
import { toPageResponse } from '../pages/page.ts'
import { linkTo, onlyOnce, type View } from '../pages/view.ts'
import { OAUTH_ERRORS, refusal } from '../protocol/error.ts'
import { type Parameters, readParameters } from '../protocol/parameters.ts'
import { addParameters } from '../protocol/redirect_uri.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'

/** Stands in a request that came by a form, and goes on by GET. */
const POSTED = 'posted'

/** Ties the form to the session: who can send it has seen the page in that session. */
function tokenOf({ sid }: Session): string {
  return digestLabels('logout', sid)
}

/** What the endpoint needs beside the context. */
export interface LogoutParts {
  readonly sessions: Sessions
  readonly cookies: Cookies
  readonly idTokenHints: IdTokenHints
  readonly providerLogout: ProviderLogout
}

/** Returns the way back to the app that asked, where there is one. */
function wayOf({ client, location }: LogoutRequest): WayBack | undefined {
  return client === undefined || location === undefined ? undefined : { clientName: client.name, location }
}

/** Returns the logout endpoint, for GET and POST. */
export function createLogoutEndpoint(
  context: EndpointContext,
  { sessions, cookies, idTokenHints, providerLogout }: LogoutParts,
): (c: Context) => Promise<Response> {
  const { settings, clients, keyRing, log, events } = context
  const { issuer, guard, openid, pairwise } = settings

  async function read(parameters: Parameters, now: number): Promise<LogoutRequest> {
    if (openid === undefined) return NO_REQUEST
    return readLogoutRequest(parameters, clients, (hint) => idTokenHints.open(hint, now))
  }

  /** Tells whether a client asks that was told of this person in this session: nobody need be asked again. */
  function isOfSession({ hint, client }: LogoutRequest, { sid, sub }: Session): boolean {
    if (hint === undefined || client === undefined) return false
    return hint.sid === sidFor(sid, client.id) && hint.sub === pairwise.nameAt(client.openid, 'sub', sub)
  }

  /**
   * Returns where a client's form goes on: another site's comes without our cookies, since they are `Lax`. A hint that no URL has
   * room for is left out, and the person is asked.
   */
  function byGet(parameters: Parameters, { kept }: LogoutRequest): string {
    const whole = { id_token_hint: parameters.get('id_token_hint'), ...kept, [POSTED]: 'yes' }
    const url = addParameters(`${issuer}/logout`, whole)
    return url.length <= LONGEST_URL ? url : addParameters(`${issuer}/logout`, { ...whole, id_token_hint: undefined })
  }

  /** Returns the view of a page that can be had in another language: with the request of a client, or for the person's own affair with none. */
  function viewFor(c: Context, { client }: LogoutRequest): View {
    const view = viewOf(c, settings)
    const isOwn = client === undefined && view.inLanguage !== undefined
    return isOwn ? { ...view, inLanguage: inLanguageAt(linkTo(view, '/logout')) } : view
  }

  async function ask(c: Context, request: LogoutRequest, session: Session): Promise<Response> {
    const { client, location, kept } = request
    const page = logoutPage(viewFor(c, request), {
      account: accountOf(session),
      token: tokenOf(session),
      isForGood: guard !== undefined,
      alsoAt: providerLogout.labelFor(session),
      ...(client === undefined
        ? {}
        : { app: { clientName: client.name, home: client.uri, isReturn: location !== undefined, kept } }),
    })
    return withCookies(c, await toPageResponse(200, page))
  }

  /**
   * Answers that nobody is logged in any more.
   *
   * @param isProved whether the client is: then the browser goes back to it. A client that is only named gets a link.
   * @param isAfterForm whether it came by a form: Chromium holds the form's page against each redirect that follows
   */
  async function leave(c: Context, request: LogoutRequest, isProved: boolean, isAfterForm: boolean): Promise<Response> {
    const back = wayOf(request)
    if (back !== undefined && isProved && !isAfterForm)
      return withCookies(c, await answerLeaving(viewOf(c, settings), back, false))
    return withCookies(c, await toPageResponse(200, loggedOutPage(viewFor(c, request), back, { goes: isProved })))
  }

  /** Ends the session at the provider, too, where that is wanted; nothing where the browser stays here. */
  async function leaveForProvider(
    c: Context,
    request: LogoutRequest,
    session: Session,
    envelopes: PurposeEnvelopes,
    isAfterForm: boolean,
    now: number,
  ): Promise<Response | undefined> {
    const end = await providerLogout.endOf(session, request, envelopes, now)
    if (end === undefined) return undefined
    const { label, location } = end
    if (location !== undefined && !isAfterForm) return c.redirect(location, 303)
    const page =
      location === undefined
        ? loggedOutPage(onlyOnce(viewOf(c, settings)), wayOf(request), { livesOnAt: label })
        : goingToProviderPage(viewOf(c, settings), label, location)
    return withCookies(c, await toPageResponse(200, page))
  }

  /** Checks that the person pressed on our page, in this session. */
  function checkPressed(c: Context, parameters: Parameters, session: Session): void {
    checkOwnForm(c.req.raw.headers, issuer)
    if (parameters.get('token') !== tokenOf(session))
      throw refusal('foreign_form', 'foreign_form', 'the form was made for another session')
  }

  async function answer(c: Context, now: number): Promise<Response> {
    const isForm = c.req.method === 'POST'
    const asked = openid === undefined ? '' : new URL(c.req.url).search.slice(1)
    const parameters = readParameters(isForm ? await readBody(c.req.raw) : asked)
    askLanguage(c, parameters.get('ui_locales'))
    const request = await read(parameters, now)
    keepOpener(c, request.client)
    if (request.client !== undefined) events.note(toldOfClient(request.client))
    const isPressed = isForm && (openid === undefined || parameters.get('token') !== undefined)
    if (isForm && !isPressed) return c.redirect(byGet(parameters, request), 303)
    const isAfterForm = isForm || parameters.get(POSTED) !== undefined
    const envelopes = context.envelopes(keyRing.open(now), now)
    const session = await sessions.readToEnd(c, envelopes, now)
    if (session === undefined) {
      // Another version, or other settings, may open what is none here: who is told to be logged out has none there, either.
      if (cookies.get(c, 'session') !== undefined) cookies.drop(c, 'session')
      return leave(c, request, request.hint !== undefined, isAfterForm)
    }
    if (isPressed) checkPressed(c, parameters, session)
    else if (!isOfSession(request, session)) return ask(c, request, session)
    // A hint ends the session without a question: not for a frame, nor for a picture.
    else checkNavigation(c.req.raw.headers)
    await sessions.end(c, session, 'logout', now)
    // Who shares the browser with others need not leave them what was answered.
    if (parameters.get('forget') === 'yes' && isPressed)
      for (const kind of ['remember', 'apps', 'provider'] as const) cookies.drop(c, kind)
    log({ level: 'info', event: 'logout', ...(request.client && { client: request.client.id }) })
    const left = await leaveForProvider(c, request, session, envelopes, isAfterForm, now)
    return left ?? leave(c, request, true, isAfterForm)
  }

  return async (c) => {
    if (openid !== undefined && isPrefetch(c.req.raw.headers)) return c.body(null, 204)
    try {
      return await answer(c, context.now())
    } catch (thrown) {
      const error = unlessAwaited(thrown, context)
      events.tell('session.ended', toldOf(error))
      const mayPass = OAUTH_ERRORS[toPageError(error).code].status >= 500
      const retryAt = (mayPass ? sameAgain(c.req.raw, issuer) : undefined) ?? `${issuer}/logout`
      const press = mayPass || openid === undefined ? undefined : viewOf(c, settings).words.press.logOut
      return answerErrorPage(error, { view: viewOf(c, settings), event: 'logout', log, retryAt, press })
    }
  }
}

/**
 * Returns what takes people back from a provider at which their session ended. Whatever they bring, nobody is sent anywhere but to where
 * a client registered; and nothing hangs on it, for ours ended before.
 */
export function createLogoutReturn(
  { settings, keyRing, now: clock, envelopes, log }: EndpointContext,
  providerLogout: ProviderLogout,
): (c: Context) => Promise<Response> {
  const { issuer } = settings
  return async (c) => {
    try {
      const now = clock()
      const query = new URL(c.req.url).search.slice(1)
      const request = await providerLogout.resume(query, envelopes(keyRing.open(now), now))
      // Somebody may be logged in here: that is told, or asked, where people log out.
      if (request === undefined) return c.redirect(`${issuer}/logout`, 303)
      askLanguage(c, request.kept['ui_locales'])
      // A form of the provider's may have brought them: by its policy Chromium holds every redirect that follows.
      return await toPageResponse(200, loggedOutPage(viewOf(c, settings), wayOf(request), { goes: true }))
    } catch (error) {
      return answerErrorPage(error, { view: viewOf(c, settings), event: 'logout', log, retryAt: `${issuer}/logout` })
    }
  }
}
