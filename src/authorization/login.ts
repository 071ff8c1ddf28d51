/**
 * The login: begins at the authorization endpoint, wherever the person is sent, and ends there again with a session.
 *
 * @module
 */

import type { Context } from 'hono'
import { digestLabels } from '../../keys/digest.ts'
import type { EndpointContext } from '../context.ts'
import { checkOwnForm, LONGEST_FORM, readBody, sameAgain } from '../http/browser.ts'
import { type Cookies, withCookies } from '../http/cookies.ts'
import { answerLeaving } from '../http/leaving.ts'
import { answerErrorPage, toPageError } from '../http/respond.ts'
import { readLoginAnswer } from '../login/answered_error.ts'
import type { Transaction } from '../login/authenticate.ts'
import { OAUTH_ERRORS, OAuthError } from '../protocol/error.ts'
import { readParameters } from '../protocol/parameters.ts'
import { addParameters } from '../protocol/redirect_uri.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import { withoutLogin } from './altered_request.ts'
import type { AuthorizationRequest } from './authorization_request.ts'
import type { Answers } from './authorization_response.ts'
import { proveDestination } from './destination.ts'
import type { HandedTokens } from './handed_tokens.ts'
import type { Identified, Identify } from './identified_person.ts'
import { begunAt, type LoginFacts, transactionOf } from './login_facts.ts'
import type { PushedRequests } from './pushed_requests.ts'
import type { Sessions } from './session.ts'
import type { ShowClient } from './shown_client.ts'
import { devicePageOf, type RequestInside, type Ways } from './ways.ts'

/** Logins of the browsers that ask. */
export interface Logins {
  /** Sends the person to log in. */
  begin(c: Context, request: AuthorizationRequest, envelopes: PurposeEnvelopes, now: number): Promise<Response>
  /**
   * Sends the person to log in before a code is typed, that a device shows: which client asks nobody knows yet.
   *
   * @param userCode goes on with the login
   * @param isFresh whether somebody is to be asked in any case
   */
  beginForDevice(
    c: Context,
    userCode: string | undefined,
    isFresh: boolean,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<Response>
  /** Takes the person back: at `/login` and `/login/callback`. */
  resume(c: Context): Promise<Response>
}

/** Stands beside a request that goes on after a login for which a browser without cookies went nowhere: it should have some now. */
const LOGGED_IN = 'logged_in'

/** What the logins need beside the context. */
export interface LoginParts {
  readonly cookies: Cookies
  readonly sessions: Sessions
  readonly pushedRequests: PushedRequests
  readonly answers: Answers
  readonly ways: Ways
  readonly identify: Identify
  readonly showClient: ShowClient
  readonly handedTokens: HandedTokens
}

/** Returns the logins of an issuer. */
export function createLogins(
  context: EndpointContext,
  { cookies, sessions, pushedRequests, answers, ways, identify, showClient, handedTokens }: LoginParts,
): Logins {
  const { settings, hooks, clients, keyRing, log, newId } = context
  const { issuer, guard, lives, authenticate } = settings

  /** Returns what ties a login to one browser; a browser that has it keeps it, so that two tabs can log in at once. */
  function browserOf(c: Context): string {
    const known = cookies.get(c, 'browser')
    const browser = known !== undefined && /^[A-Za-z0-9_-]{22}$/.test(known) ? known : newId()
    cookies.set(c, 'browser', browser)
    return digestLabels('browser', browser)
  }

  /** Tells the client that there will be no login: its destination is proved by what was sealed for this browser. */
  async function tellClient(c: Context, error: OAuthError, { parameters }: LoginFacts, now: number): Promise<Response> {
    const meeting = { now, asker: hooks.addressOf?.(c.req.raw) }
    const destination = await proveDestination(readParameters(parameters), clients, meeting)
    const { id } = destination.client
    log({ level: 'warn', event: 'login', code: error.code, client: id, detail: error.message })
    return answerLeaving(issuer, await answers.refuse(destination, error, now), c.req.method === 'POST')
  }

  /** Asks for the person; a response comes back as it is, and an error that is for the client as the way to it. */
  async function ask(c: Context, facts: LoginFacts, transaction: Transaction): Promise<Identified | Response> {
    try {
      const asked = facts.at === undefined ? readParameters(facts.parameters) : undefined
      return await identify(c.req.raw, asked, transaction)
    } catch (error) {
      if (error instanceof OAuthError && error.isForClient && facts.at === undefined)
        return tellClient(c, error, facts, transaction.now)
      throw error
    }
  }

  async function begin(...[c, request, envelopes, now]: Parameters<Logins['begin']>): Promise<Response> {
    const { destination, prompt, maxAge, parameters, pushed, handOver } = request
    const wish = {
      parameters,
      ...(pushed === undefined ? {} : { pushed }),
      client_name: showClient(destination).name,
      fresh: prompt.has('login') || maxAge === 0,
      ...(prompt.has('select_account') ? { choosing: true } : {}),
      ...(prompt.has('create') ? { creating: true } : {}),
      ...(maxAge === undefined ? {} : { max_age: maxAge }),
      ...(handOver === undefined ? {} : { hands: handOver }),
    }
    return start(c, wish, envelopes, now)
  }

  async function beginForDevice(
    ...[c, userCode, isFresh, envelopes, now]: Parameters<Logins['beginForDevice']>
  ): Promise<Response> {
    const parameters = userCode === undefined ? '' : `user_code=${userCode}`
    return start(c, { parameters, at: 'device', client_name: 'A device', fresh: isFresh }, envelopes, now)
  }

  async function start(
    c: Context,
    wish: Omit<LoginFacts, 'jti' | 'iat' | 'exp' | 'browser' | 'secret'>,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<Response> {
    const isNew = cookies.get(c, 'browser') === undefined
    const browser = browserOf(c)
    const secret = `${newId()}${newId()}`.slice(0, 43)
    const provider = providerFor(wish)
    const chosen = provider === undefined ? {} : { provider }
    const facts: LoginFacts = { jti: newId(), iat: now, exp: now + lives.login, ...wish, ...chosen, browser, secret }
    const state = await envelopes.seal('login', { ...facts })
    try {
      // It would be sent round for ever.
      if (isNew && c.req.query(LOGGED_IN) !== undefined)
        throw new OAuthError('foreign_login', 'the browser keeps no cookies: it was logged in just now')
      const result = await ask(c, facts, transactionOf(issuer, facts, state, 'begin', now))
      if (result instanceof Response) return withCookies(c, result)
      return await finish(c, result, facts, envelopes, now, isNew)
    } catch (error) {
      return fail(c, error, now, await ways.again(facts, envelopes, now), facts)
    }
  }

  /** Returns the provider at which somebody logs in: that of what is handed over, or the only one. */
  function providerFor({ hands }: Pick<LoginFacts, 'hands'>): string | undefined {
    return hands?.provider ?? [...(authenticate?.providers?.keys() ?? [])].at(0)
  }

  /** Spends a login: the URL by which it came back logs nobody in again. */
  async function spend({ jti, exp }: LoginFacts): Promise<void> {
    if (guard !== undefined && (await guard.spend(`login ${jti}`, exp)) === 'spent')
      throw new OAuthError('login_failed', 'the login was used before')
  }

  async function finish(
    c: Context,
    { person, tokens }: Identified,
    facts: LoginFacts,
    envelopes: PurposeEnvelopes,
    now: number,
    isMarked = false,
  ): Promise<Response> {
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
        : devicePageOf(issuer, readParameters(parameters).get('user_code'))
    await sessions.checkCanStart(person, envelopes, now)
    await spend(facts)
    if (given !== undefined && hands !== undefined && sealed !== undefined)
      await handedTokens.leave(handed, given, hands, sealed.until + lives.code, envelopes, now)
    await sessions.start(c, person, facts.browser, envelopes, now)
    return c.redirect(isMarked ? addParameters(goesOnAt, { [LOGGED_IN]: 'yes' }) : goesOnAt, 303)
  }

  /** Shows what went wrong; nothing is lost, and the person can try again, or go back to the app of a request that is theirs. */
  async function fail(
    c: Context,
    thrown: unknown,
    now: number,
    again?: string,
    request?: RequestInside,
  ): Promise<Response> {
    const error = toPageError(thrown)
    const retryAt = again ?? (OAUTH_ERRORS[error.code].status >= 500 ? sameAgain(c.req.raw, issuer) : undefined)
    const back = request && (await ways.back(c, request, error, now))
    return withCookies(c, await answerErrorPage(error, { issuer, event: 'login', log, retryAt, back }))
  }

  /** Tells whether this is the browser in which a login was begun. */
  function isOwn(c: Context, digest: unknown): boolean {
    const browser = cookies.get(c, 'browser')
    return browser !== undefined && digestLabels('browser', browser) === digest
  }

  async function resume(c: Context): Promise<Response> {
    const now = context.now()
    let [retryAt, own]: [string?, RequestInside?] = []
    try {
      const isForm = c.req.method === 'POST'
      if (isForm) checkOwnForm(c.req.raw.headers, issuer)
      const text = isForm ? await readBody(c.req.raw.clone()) : new URL(c.req.url).search
      if (text.length > LONGEST_FORM) throw new OAuthError('invalid_request', 'the form is too long')
      const parameters = readLoginAnswer(text)
      parameters.checkOnce('state')
      const state = parameters.require('state')
      const envelopes = context.envelopes(keyRing.open(now), now)
      const about = await ways.about(c, 'login', state, envelopes, now)
      retryAt = await ways.again(about.request, envelopes, now)
      if (!isOwn(c, about.browser)) throw new OAuthError('foreign_login', 'the login was begun in another browser')
      own = about.request
      if (about.hasEnded && retryAt !== undefined) return c.redirect(retryAt, 303)
      const facts = (await envelopes.open('login', state)) as unknown as LoginFacts
      // Each provider has a callback of its own: an answer of one is none of another's (RFC 9700 §4.4).
      if (c.req.param('provider') !== facts.provider)
        throw new OAuthError('login_failed', 'the answer is for another provider than was chosen')
      const result = await ask(c, facts, transactionOf(issuer, facts, state, 'continue', now))
      return result instanceof Response ? withCookies(c, result) : await finish(c, result, facts, envelopes, now)
    } catch (error) {
      return fail(c, error, now, retryAt, own)
    }
  }

  return { begin, beginForDevice, resume }
}
