/**
 * `/device`: where a person types, or confirms, the code that a device shows, and says whether it is let in (RFC 8628 §3.3).
 *
 * Whoever sits there logs in first, so that wrong codes can be counted. A code that comes with the link is shown to be compared, and
 * never taken by itself (RFC 8628 §5.4).
 *
 * @module
 */

import type { Context } from 'hono'
import { digestLabels } from '../../keys/digest.ts'
import { type LoginPrompt, promptForAnother } from '../authorization/altered_request.ts'
import { showQuestion } from '../authorization/consent_words.ts'
import {
  createDecideDevice,
  type DeviceDecisionParts,
  isLoggedIn,
  isOpen,
  type LoggedIn,
  type Visit,
} from '../authorization/device_decision.ts'
import { type DeviceRequest, isNewForDevice, readDeviceRequest } from '../authorization/device_request.ts'
import type { Logins } from '../authorization/login.ts'
import { toldOfClient, toldOfPerson } from '../authorization/told_facts.ts'
import { devicePageOf } from '../authorization/ways.ts'
import type { EndpointContext } from '../context.ts'
import { createWaitingDevices, type Waiting } from '../grants/waiting_devices.ts'
import { unlessAwaited } from '../http/awaited.ts'
import { checkNavigation, checkOwnForm, isPrefetch, readBody } from '../http/browser.ts'
import { withCookies } from '../http/cookies.ts'
import { inLanguageAt } from '../http/language.ts'
import { createLimiting } from '../http/limiting.ts'
import { answerErrorPage, toldOf } from '../http/respond.ts'
import { askLanguage, viewOf } from '../http/view.ts'
import { TokenError } from '../jose/error.ts'
import { accountOf } from '../login/person.ts'
import { consentPage } from '../pages/consent.ts'
import { deviceCodePage, deviceOverPage, tooManyCodesPage } from '../pages/device.ts'
import { type Page, toPageResponse } from '../pages/page.ts'
import { askingAnewPage, switchingPage } from '../pages/question_over.ts'
import type { View } from '../pages/view.ts'
import { fillText } from '../pages/words/words.ts'
import { refusal } from '../protocol/error.ts'
import { type Parameters, readParameters } from '../protocol/parameters.ts'
import { readUserCode, showUserCode } from '../protocol/user_code.ts'
import { keepingGuardOf } from '../stores/guard.ts'
import type { PurposeFacts } from '../token/purpose.ts'

/** What the endpoint needs beside the context. */
export interface DeviceParts extends DeviceDecisionParts {
  readonly logins: Logins
}

/** Returns the endpoint, for GET and POST. */
export function createDeviceEndpoint(context: EndpointContext, parts: DeviceParts): (c: Context) => Promise<Response> {
  const { sessions, logins, approve } = parts
  const { settings, keyRing, log, newId, events } = context
  const limiting = createLimiting(context)
  const { issuer, clients, lives } = settings
  const guard = keepingGuardOf(settings.guard)
  const decide = createDecideDevice(context, parts)

  async function visitOf(c: Context, now: number): Promise<Visit> {
    const envelopes = context.envelopes(keyRing.open(now), now)
    const session = await sessions.read(c, envelopes, now)
    // Which client will be told of the person is not known yet: the login is one that any can be told of.
    const isUsable = session !== undefined && !sessions.isOutdated(session, now)
    const devices = createWaitingDevices({ guard, envelopes, now, newId })
    return { c, session: isUsable ? session : undefined, envelopes, devices, now }
  }

  const answer = async ({ c }: Visit, status: number, page: Page, headers = {}): Promise<Response> =>
    withCookies(c, await toPageResponse(status, page, headers))

  const viewFor = ({ c }: Visit): View => viewOf(c, settings)

  /** Returns the view of a page that asks: after a form, too, it is had in another language where the code is looked at. */
  function viewToAsk(visit: Visit, userCode: string | undefined): View {
    const view = viewFor(visit)
    const address = devicePageOf(issuer, userCode || undefined, { ui_locales: view.uiLocales })
    return { ...view, inLanguage: inLanguageAt(address) }
  }

  /** Seals a form, for this session alone. */
  function sealForm({ session, envelopes, now }: LoggedIn, facts: object, exp = now + lives.consent): Promise<string> {
    return envelopes.seal('consent', { jti: newId(), iat: now, exp, sid: session.sid, ...facts })
  }

  /** Opens a form of a kind; nothing where it is over, or another. */
  async function openForm(
    { envelopes }: Visit,
    form: string | undefined,
    kind: 'code' | 'consent',
  ): Promise<PurposeFacts | undefined> {
    try {
      const facts = await envelopes.open('consent', form ?? '')
      return facts['device'] === kind ? facts : undefined
    } catch (error) {
      if (error instanceof TokenError) return undefined
      throw error
    }
  }

  async function askForCode(
    visit: LoggedIn,
    { userCode = '', isWrong = false }: { readonly userCode?: string | undefined; readonly isWrong?: boolean },
  ): Promise<Response> {
    const page = deviceCodePage(viewToAsk(visit, userCode), {
      account: accountOf(visit.session),
      form: await sealForm(visit, { device: 'code' }),
      userCode: userCode === '' ? '' : showUserCode(userCode),
      isBrought: userCode !== '' && !isWrong,
      isWrong,
    })
    return answer(visit, isWrong ? 400 : 200, page)
  }

  async function show(visit: Visit): Promise<Response> {
    const { c, envelopes, now } = visit
    checkNavigation(c.req.raw.headers)
    const userCode = readUserCode(c.req.query('user_code') ?? '')
    const prompt = (['login', 'select_account'] as const).find((one) => one === c.req.query('prompt'))
    if (prompt === undefined && isLoggedIn(visit)) return askForCode(visit, { userCode })
    await limiting.checkLogin(context.hooks.addressOf?.(c.req.raw, c.env))
    return logins.beginForDevice(c, userCode, prompt, envelopes, now)
  }

  /** Sends the browser to the beginning: no redirect, for after a form it may have to leave for a login. */
  function beginAnew(visit: Visit, userCode: string | undefined): Promise<Response> {
    const view = viewFor(visit)
    return answer(visit, 200, askingAnewPage(view, devicePageOf(issuer, userCode, { ui_locales: view.uiLocales })))
  }

  /** Sends the browser to a new login, and back with the same code. */
  function logInAnew(visit: Visit, userCode: string, prompt: LoginPrompt = 'login'): Promise<Response> {
    const view = viewFor(visit)
    const location = devicePageOf(issuer, userCode, { prompt, ui_locales: view.uiLocales })
    return answer(visit, 200, switchingPage(view, location))
  }

  /** Reads a request that waits by the settings of now; nothing where its client is gone. No client that walks in has devices. */
  function readWaiting({ facts: { client_id, parameters } }: Waiting): DeviceRequest | undefined {
    const client = clients.get(client_id)
    if (client === undefined && !context.isWhole)
      throw refusal('invalid_client', 'unknown_client', 'its client is not there yet')
    return client === undefined ? undefined : readDeviceRequest(readParameters(parameters), client, settings)
  }

  async function tryCode(visit: Visit, form: Parameters): Promise<Response> {
    const userCode = readUserCode(form.get('user_code') ?? '')
    const own = await openForm(visit, form.get('form'), 'code')
    if (!isLoggedIn(visit) || own?.['sid'] !== visit.session.sid) return beginAnew(visit, userCode)
    const { devices, session, now } = visit
    events.note(toldOfPerson(session))
    const who = digestLabels('device tries', session.sub)
    // Counted before anybody looks: a hundred at once are counted, too.
    const wait = await devices.countTry(who)
    if (wait > 0) {
      log({ level: 'warn', event: 'device', code: 'slow_down', detail: 'too many wrong user codes of a person' })
      events.tell('limit.reached', { reason: 'limited', method: 'user_code' })
      return answer(visit, 429, tooManyCodesPage(viewFor(visit), Math.ceil(wait / 60)), { 'Retry-After': String(wait) })
    }
    const waiting = userCode === undefined ? undefined : await devices.find(userCode)
    const request = waiting !== undefined && isOpen(waiting, now) ? readWaiting(waiting) : undefined
    if (waiting === undefined || request === undefined) {
      events.tell('authorization.refused', { reason: 'user_code' })
      return askForCode(visit, { isWrong: true })
    }
    await devices.forgetTry(who)
    return askForConsent(visit, waiting, request)
  }

  async function askForConsent(visit: LoggedIn, waiting: Waiting, request: DeviceRequest): Promise<Response> {
    const { session, devices, now } = visit
    const { userCode, facts } = waiting
    events.note(toldOfClient(request.destination.client))
    const { jti, iat, exp } = facts
    if (!isNewForDevice(session, request, iat, now)) return logInAnew(visit, userCode)
    await devices.checkFits(waiting, { state: 'approved', approval: approve(request, session, jti, now) })
    const view = viewToAsk(visit, userCode)
    const page = consentPage(view, {
      ...showQuestion(request, session, settings, view),
      consent: await sealForm(visit, { device: 'consent', user_code: userCode, request: jti }, exp),
      destination: fillText(view.words.consent.goesToDevice, { code: showUserCode(userCode) }),
      isOnDevice: false,
      walkIn: undefined,
      device: { began: iat, ago: now - iat },
    })
    return answer(visit, 200, page)
  }

  async function takeDecision(visit: Visit, form: Parameters): Promise<Response> {
    const decision = form.require('decision')
    if (decision !== 'allow' && decision !== 'deny' && decision !== 'switch')
      throw refusal('invalid_request', 'malformed', 'decision is unknown')
    const own = await openForm(visit, form.get('consent'), 'consent')
    if (own === undefined) return beginAnew(visit, undefined)
    const userCode = String(own['user_code'])
    if (decision === 'switch') return logInAnew(visit, userCode, promptForAnother(settings.authenticate))
    if (!isLoggedIn(visit) || own['sid'] !== visit.session.sid) return beginAnew(visit, userCode)
    events.note(toldOfPerson(visit.session))
    const waiting = await visit.devices.find(userCode)
    const request = waiting?.facts.jti === own['request'] && waiting !== undefined ? readWaiting(waiting) : undefined
    if (waiting === undefined || request === undefined) {
      events.tell('authorization.refused', { reason: 'stale' })
      return answer(visit, 409, deviceOverPage(viewFor(visit)))
    }
    // The session may have become another one since the question.
    const isEnough = decision === 'deny' || isNewForDevice(visit.session, request, waiting.facts.iat, visit.now)
    return isEnough ? decide(visit, decision, waiting, request) : logInAnew(visit, userCode)
  }

  return async (c) => {
    if (isPrefetch(c.req.raw.headers)) return c.body(null, 204)
    try {
      const visit = await visitOf(c, context.now())
      if (c.req.method !== 'POST') return await show(visit)
      checkOwnForm(c.req.raw.headers, issuer)
      const form = readParameters(await readBody(c.req.raw))
      form.checkOnce()
      askLanguage(c, form.get('ui_locales'))
      return await (form.get('consent') === undefined ? tryCode : takeDecision)(visit, form)
    } catch (thrown) {
      const error = unlessAwaited(thrown, context)
      events.tell('authorization.refused', toldOf(error))
      return withCookies(
        c,
        await answerErrorPage(error, { view: viewOf(c, settings), event: 'device', log, retryAt: `${issuer}/device` }),
      )
    }
  }
}
