/**
 * Consent: asked for each client, redirect URI, scope and resource, and answered once.
 *
 * @module
 */

import type { Context } from 'hono'
import type { EndpointContext } from '../context.ts'
import { unlessAwaited } from '../http/awaited.ts'
import { checkOwnForm, readBody } from '../http/browser.ts'
import { withCookies } from '../http/cookies.ts'
import { answerLeaving } from '../http/leaving.ts'
import { answerErrorPage, toldOf, toPageError } from '../http/respond.ts'
import { viewOf } from '../http/view.ts'
import { consentPage } from '../pages/consent.ts'
import { toPageResponse } from '../pages/page.ts'
import { answeredPage, askingAnewPage, switchingPage } from '../pages/question_over.ts'
import { nameOf } from '../pages/view.ts'
import { OAUTH_ERRORS, type OAuthError, refusal } from '../protocol/error.ts'
import { readParameters } from '../protocol/parameters.ts'
import { isOnDevice } from '../protocol/redirect_uri.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import { promptForAnother, withNewLogin, withQuestion } from './altered_request.ts'
import { type AuthorizationRequest, type Pushed, readAuthorizationRequest } from './authorization_request.ts'
import type { Answers } from './authorization_response.ts'
import type { Codes } from './codes.ts'
import { showQuestion } from './consent_words.ts'
import { proveDestination } from './destination.ts'
import type { RememberedConsents } from './remembered_consents.ts'
import type { Session, Sessions } from './session.ts'
import { placeOf, type ShowClient } from './shown_client.ts'
import type { IsSufficient } from './sufficient_session.ts'
import { toldOfPerson, toldOfRequest } from './told_facts.ts'
import type { RequestInside, Ways } from './ways.ts'

/** Consents of the persons that are asked. */
export interface Consents {
  /** Tells whether the person must be asked. */
  isNeeded(c: Context, request: AuthorizationRequest, session: Session, envelopes: PurposeEnvelopes): Promise<boolean>
  /** Asks the person. */
  ask(
    c: Context,
    request: AuthorizationRequest,
    session: Session,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<Response>
  /** Takes the person's answer: `POST /consent`. */
  take(c: Context): Promise<Response>
}

/** What a sealed consent form carries. */
interface ConsentFacts {
  readonly jti: string
  readonly exp: number
  /** The authorization request that was shown. */
  readonly parameters: string
  readonly pushed?: Pushed
  /** The session in which it was shown. */
  readonly sid: string
}

/** What the consents need beside the context. */
export interface ConsentParts {
  readonly remembered: RememberedConsents
  readonly sessions: Sessions
  readonly codes: Codes
  readonly answers: Answers
  readonly ways: Ways
  readonly isSufficient: IsSufficient
  readonly showClient: ShowClient
}

/** Returns the consents of an issuer. */
export function createConsents(
  context: EndpointContext,
  { remembered, sessions, codes, answers, ways, isSufficient, showClient }: ConsentParts,
): Consents {
  const { settings, hooks, clients, keyRing, log, newId, events } = context
  const { issuer, guard, lives } = settings

  async function isNeeded(...[c, request, session, envelopes]: Parameters<Consents['isNeeded']>): Promise<boolean> {
    const { destination, prompt } = request
    if (prompt.has('consent')) return true
    if (destination.client.consent === 'skip') return false
    return !(await remembered.has(c, request, session, envelopes))
  }

  async function ask(...[c, request, session, envelopes, now]: Parameters<Consents['ask']>): Promise<Response> {
    const { destination, parameters, pushed } = request
    const { redirectUri } = destination
    const { name, walkIn } = showClient(destination)
    const asked = { parameters, ...(pushed === undefined ? {} : { pushed }), sid: session.sid }
    const facts = { jti: newId(), iat: now, exp: now + lives.consent, ...asked }
    const view = viewOf(c, settings)
    const page = consentPage(view, {
      consent: await envelopes.seal('consent', facts),
      ...showQuestion(request, session, settings, view),
      clientName: name,
      walkIn,
      destination: walkIn === undefined && isOnDevice(redirectUri) ? redirectUri : nameOf(view, placeOf(redirectUri)),
      isOnDevice: isOnDevice(redirectUri),
    })
    return withCookies(c, await toPageResponse(200, page))
  }

  /** Opens the form that a person sent back: in the very session in which it was shown; in another it gives nothing. */
  async function open(
    c: Context,
    envelope: string,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<(ConsentFacts & { session: Session }) | undefined> {
    const facts = (await envelopes.open('consent', envelope)) as unknown as ConsentFacts
    const session = await sessions.read(c, envelopes, now)
    return session === undefined || session.sid !== facts.sid ? undefined : { ...facts, session }
  }

  /**
   * Tells whether this is what the person decided: the first answer is, and the same again, for a form that is pressed twice
   * shows the second answer alone. At the guard it is a family whose key is the decision.
   */
  async function isDecision(decision: string, jti: string, exp: number, now: number): Promise<boolean> {
    const step = { gid: `consent ${jti}`, generation: 0, now, grace: lives.consent, bound: decision, expiresAt: exp }
    return guard === undefined || (await guard.advance(step)).outcome === 'advanced'
  }

  async function take(c: Context): Promise<Response> {
    try {
      return await answer(c, context.now())
    } catch (thrown) {
      const error = unlessAwaited(thrown, context)
      events.tell('authorization.refused', toldOf(error))
      return answerErrorPage(error, { view: viewOf(c, settings), event: 'consent', log })
    }
  }

  async function answer(c: Context, now: number): Promise<Response> {
    checkOwnForm(c.req.raw.headers, issuer)
    const form = readParameters(await readBody(c.req.raw))
    form.checkOnce()
    const decision = form.require('decision')
    if (decision !== 'allow' && decision !== 'deny' && decision !== 'switch')
      throw refusal('invalid_request', 'malformed', 'decision is unknown')
    const envelopes = context.envelopes(keyRing.open(now), now)
    const envelope = form.require('consent')
    const { request, hasEnded } = await ways.about(c, 'consent', envelope, envelopes, now)
    try {
      const opened = hasEnded ? undefined : await open(c, envelope, envelopes, now)
      const decided =
        opened === undefined || decision === 'switch' ? undefined : await decide(c, decision, opened, envelopes, now)
      if (decided !== undefined) return decided
      const page = decision === 'switch' ? switchingPage : askingAnewPage
      const { parameters } = request
      const another = promptForAnother(settings.authenticate)
      const wanted = decision === 'switch' ? withNewLogin(parameters, another) : withQuestion(parameters)
      const again = await ways.again({ ...request, parameters: wanted }, envelopes, now)
      if (again === undefined)
        throw refusal('invalid_request_uri', 'request_uri_ended', 'nothing can come of the request any more')
      return withCookies(c, await toPageResponse(200, page(viewOf(c, settings), again)))
    } catch (error) {
      return fail(c, toPageError(unlessAwaited(error, context)), request, envelopes, now)
    }
  }

  /** Answers what the person decided; nothing where the session is not what the request asks for any more. */
  async function decide(
    c: Context,
    decision: 'allow' | 'deny',
    { session, parameters, pushed, jti, exp }: ConsentFacts & { session: Session },
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<Response | undefined> {
    const asked = readParameters(parameters)
    const destination = await proveDestination(asked, clients, { now, asker: hooks.addressOf?.(c.req.raw, c.env) })
    const request = readAuthorizationRequest(asked, destination, settings, pushed)
    events.note(toldOfPerson(session))
    const isAllowed = decision === 'allow'
    if (isAllowed && !(await isSufficient(session, request, now))) return undefined
    const denied = await answers.refuse(
      destination,
      refusal('access_denied', 'person_denied', 'the person said no'),
      now,
    )
    if (!(await isDecision(decision, jti, exp, now))) {
      events.tell('authorization.refused', { reason: 'stale' })
      return withCookies(c, await toPageResponse(409, answeredPage(viewOf(c, settings), denied)))
    }
    const way = isAllowed ? await codes.send(c, request, session, envelopes, now, { jti, exp }) : denied
    if (isAllowed) await remembered.note(c, request, session, envelopes, now)
    else events.tell('consent.denied', { ...toldOfRequest(request), reason: 'person_denied' })
    log({ level: 'info', event: 'consent', code: decision, client: destination.client.id })
    return withCookies(c, await answerLeaving(viewOf(c, settings), way, true))
  }

  /**
   * Tells the client what is wrong with its request by the settings of now, as the authorization endpoint would. What another
   * browser was faster with, and what may pass, is a page with the ways on.
   */
  async function fail(
    c: Context,
    error: OAuthError,
    request: RequestInside,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<Response> {
    events.tell('authorization.refused', toldOf(error))
    const back = await ways.back(c, request, error, now)
    const mayPass = OAUTH_ERRORS[error.code].status >= 500
    if (back === undefined || mayPass || error.code === 'invalid_request_uri') {
      // What fails may be the sealing itself.
      const retryAt = mayPass ? await ways.again(request, envelopes, now).catch(() => undefined) : undefined
      return withCookies(
        c,
        await answerErrorPage(error, { view: viewOf(c, settings), event: 'consent', log, retryAt, back }),
      )
    }
    log({ level: 'warn', event: 'consent', code: error.code, reason: error.reason, detail: error.message })
    return withCookies(c, await answerLeaving(viewOf(c, settings), back, true))
  }

  return { isNeeded, ask, take }
}
