/**
 * The login: begins at the authorization endpoint, wherever the person is sent, and ends there again with a session.
 *
 * @module
 */

import type { Context } from 'hono'
import { digestLabels } from '../../keys/digest.ts'
import type { EndpointContext } from '../context.ts'
import { checkOwnForm, LONGEST_FORM, readBody } from '../http/browser.ts'
import { type Cookies, withCookies } from '../http/cookies.ts'
import { viewOf } from '../http/view.ts'
import type { Transaction } from '../login/authenticate.ts'
import { readLoginAnswer } from '../login/login_answer.ts'
import { nameOf } from '../pages/view.ts'
import { OAuthError, refusal } from '../protocol/error.ts'
import { readParameters } from '../protocol/parameters.ts'
import { isOnDevice } from '../protocol/redirect_uri.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import type { LoginPrompt } from './altered_request.ts'
import type { AuthorizationRequest } from './authorization_request.ts'
import type { Answers } from './authorization_response.ts'
import type { Asking, ChooseProvider } from './choose_provider.ts'
import { createFailedLogins } from './failed_login.ts'
import { type FinishLogin, LOGGED_IN } from './finished_login.ts'
import type { Identified, Identify } from './identified_person.ts'
import { callbackOf, type LoginFacts, transactionOf } from './login_facts.ts'
import { getFor } from './posted_answer.ts'
import type { ShowClient } from './shown_client.ts'
import type { WantedPersons } from './wanted_person.ts'
import type { RequestInside, Ways } from './ways.ts'

/** Logins of the browsers that ask. */
export interface Logins {
  /** Sends the person to log in. */
  begin(c: Context, request: AuthorizationRequest, envelopes: PurposeEnvelopes, now: number): Promise<Response>
  /**
   * Sends the person to log in before a code is typed, that a device shows: which client asks nobody knows yet.
   *
   * @param userCode goes on with the login
   * @param prompt how somebody is to be asked in any case; nothing where a session of theirs elsewhere will do
   */
  beginForDevice(
    c: Context,
    userCode: string | undefined,
    prompt: LoginPrompt | undefined,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<Response>
  /** Takes the person back at `/login`: from a page of the way to log in, or with the provider that they chose. */
  resume(c: Context): Promise<Response>
  /**
   * Takes the person back at a callback.
   *
   * @param provider whose it is; nothing where there is but one way to log in
   */
  takeAnswer(c: Context, provider?: string): Promise<Response>
}

/** What the logins need beside the context. */
export interface LoginParts {
  readonly cookies: Cookies
  readonly answers: Answers
  readonly ways: Ways
  readonly identify: Identify
  readonly chooseProvider: ChooseProvider
  readonly wanted: WantedPersons
  readonly showClient: ShowClient
  readonly finish: FinishLogin
}

/** Returns the logins of an issuer. */
export function createLogins(
  context: EndpointContext,
  { cookies, answers, ways, identify, chooseProvider, wanted, showClient, finish }: LoginParts,
): Logins {
  const { settings, keyRing, newId } = context
  const { issuer, lives } = settings
  const failed = createFailedLogins(context, { answers, ways })

  /** Returns what ties a login to one browser; a browser that has it keeps it, so that two tabs can log in at once. */
  function browserOf(c: Context): string {
    const known = cookies.get(c, 'browser')
    const browser = known !== undefined && /^[A-Za-z0-9_-]{22}$/.test(known) ? known : newId()
    cookies.set(c, 'browser', browser)
    return digestLabels('browser', browser)
  }

  /** Asks for the person; a response comes back as it is, and an error that is for the client as the way to it. */
  async function ask(c: Context, facts: LoginFacts, transaction: Transaction): Promise<Identified | Response> {
    try {
      const asked = facts.at === undefined ? readParameters(facts.parameters) : undefined
      return await identify(c, asked, transaction)
    } catch (error) {
      if (error instanceof OAuthError && error.isForClient && facts.at === undefined)
        return failed.tellClient(c, error, facts, transaction.now)
      throw error
    }
  }

  async function begin(...[c, request, envelopes, now]: Parameters<Logins['begin']>): Promise<Response> {
    const { destination, prompt, maxAge, parameters, pushed, handOver } = request
    const { client, redirectUri } = destination
    const { name: clientName, walkIn } = showClient(destination)
    const { isContextNeeded } = await wanted.read(readParameters(parameters), client, now)
    const wish = {
      parameters,
      // Of a login that it met before nothing counts any more.
      ...(pushed === undefined ? {} : { pushed: { jti: pushed.jti, until: pushed.until } }),
      client_name: nameOf(viewOf(c, settings), clientName),
      fresh: prompt.has('login') || maxAge === 0,
      ...(prompt.has('select_account') ? { choosing: true } : {}),
      ...(prompt.has('create') ? { creating: true } : {}),
      ...(maxAge === undefined ? {} : { max_age: maxAge }),
      ...(isContextNeeded ? { context: true } : {}),
      ...(handOver === undefined ? {} : { hands: handOver }),
    }
    return start(c, wish, { clientName, walkIn, isOnDevice: isOnDevice(redirectUri) }, envelopes, now)
  }

  async function beginForDevice(
    ...[c, userCode, prompt, envelopes, now]: Parameters<Logins['beginForDevice']>
  ): Promise<Response> {
    const { uiLocales, words } = viewOf(c, settings)
    const asked = { ...(userCode && { user_code: userCode }), ...(uiLocales && { ui_locales: uiLocales }) }
    const parameters = new URLSearchParams(asked).toString()
    const clientName = words.common.aDevice
    const wish = { parameters, at: 'device', client_name: clientName, fresh: prompt === 'login' } as const
    const choosing = prompt === 'select_account' ? { choosing: true } : {}
    return start(c, { ...wish, ...choosing }, { clientName, walkIn: undefined, isOnDevice: false }, envelopes, now)
  }

  async function start(
    c: Context,
    wish: Omit<LoginFacts, 'jti' | 'iat' | 'exp' | 'browser' | 'secret'>,
    asking: Asking,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<Response> {
    const provider = chooseProvider.atOnce(wish)
    const isNew = cookies.get(c, 'browser') === undefined
    const browser = browserOf(c)
    const secret = `${newId()}${newId()}`.slice(0, 43)
    const chosen = provider === undefined ? {} : { provider }
    const facts: LoginFacts = { jti: newId(), iat: now, exp: now + lives.login, ...wish, ...chosen, browser, secret }
    const state = await envelopes.seal('login', { ...facts })
    try {
      // It would be sent round for ever.
      if (isNew && c.req.query(LOGGED_IN) !== undefined)
        throw refusal('foreign_login', 'foreign_login', 'the browser keeps no cookies: it was logged in just now')
      if (chooseProvider.isOpen(facts)) return withCookies(c, await chooseProvider.ask(c, facts, state, asking))
      const result = await ask(c, facts, transactionOf(issuer, facts, state, 'begin', now))
      if (result instanceof Response) return withCookies(c, result)
      return await finish(c, result, facts, envelopes, now, isNew)
    } catch (error) {
      return failed.show(c, error, now, { retryAt: await ways.again(facts, envelopes, now), request: facts, provider })
    }
  }

  /** Tells whether this is the browser in which a login was begun. */
  function isOwn(c: Context, digest: unknown): boolean {
    const browser = cookies.get(c, 'browser')
    return browser !== undefined && digestLabels('browser', browser) === digest
  }

  /** Goes on with a login at the provider that was chosen for it. */
  async function choose(
    c: Context,
    open: LoginFacts,
    provider: string,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<Response> {
    const facts = { ...open, provider }
    const state = await envelopes.seal('login', facts)
    const result = await ask(c, facts, transactionOf(issuer, facts, state, 'begin', now))
    return result instanceof Response ? withCookies(c, result) : finish(c, result, facts, envelopes, now)
  }

  /** @param callback whose callback it is; nothing at `/login` */
  async function comeBack(c: Context, callback?: { readonly provider: string | undefined }): Promise<Response> {
    const now = context.now()
    let [retryAt, own, provider]: [string?, RequestInside?, string?] = []
    try {
      const isForm = c.req.method === 'POST'
      if (isForm) checkOwnForm(c.req.raw.headers, issuer)
      const text = isForm ? await readBody(c.req.raw.clone()) : new URL(c.req.url).search
      if (text.length > LONGEST_FORM) throw refusal('invalid_request', 'too_long', 'the form is too long')
      const parameters = readLoginAnswer(text)
      parameters.checkOnce('state', 'provider')
      const state = parameters.require('state')
      const envelopes = context.envelopes(keyRing.open(now), now)
      const about = await ways.about(c, 'login', state, envelopes, now)
      retryAt = await ways.again(about.request, envelopes, now)
      if (!isOwn(c, about.browser)) throw refusal('foreign_login', 'foreign_login', 'it was begun in another browser')
      own = about.request
      if (about.hasEnded && retryAt !== undefined) return c.redirect(retryAt, 303)
      const facts = (await envelopes.open('login', state)) as unknown as LoginFacts
      provider = facts.provider
      const isOpen = chooseProvider.isOpen(facts)
      // Each provider has a callback of its own: an answer of one is none of another's (RFC 9700 §4.4). At `/login` are forms of ours.
      const isRight =
        callback === undefined
          ? isForm || facts.provider === undefined
          : !isOpen && callback.provider === facts.provider
      if (!isRight)
        throw refusal('login_failed', 'stale', 'the answer did not come to the callback of the chosen provider')
      if (isOpen) {
        const chosen = parameters.get('provider') ?? ''
        if (chooseProvider.canBe(facts, chosen)) {
          provider = chosen
          return await choose(c, facts, chosen, envelopes, now)
        }
        if (retryAt !== undefined) return c.redirect(retryAt, 303)
        throw refusal('login_failed', 'unknown_provider', 'no provider was chosen')
      }
      const result = await ask(c, facts, transactionOf(issuer, facts, state, 'continue', now))
      return result instanceof Response ? withCookies(c, result) : await finish(c, result, facts, envelopes, now)
    } catch (error) {
      return failed.show(c, error, now, { retryAt, request: own, provider })
    }
  }

  async function takeAnswer(c: Context, provider?: string): Promise<Response> {
    if (c.req.method !== 'POST') return comeBack(c, { provider })
    try {
      return c.redirect(getFor(callbackOf(issuer, provider), await readBody(c.req.raw)), 303)
    } catch (error) {
      return failed.show(c, error, context.now())
    }
  }

  return { begin, beginForDevice, resume: (c) => comeBack(c), takeAnswer }
}
