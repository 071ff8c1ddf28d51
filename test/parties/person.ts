/**
 * A person with a browser, and the app that the person uses: what stands on the other side of an issuer.
 *
 * @module
 */

import { importJWK } from 'jose'
import { SignJWT } from 'jose/jwt/sign'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { API, basic, ISSUER, LOGIN_KEY, SECRETS, type TokenAnswer, VARS } from '../house.ts'

/** Asks the issuer. */
export type Ask = (request: Request) => Response | Promise<Response>

/** A browser with its cookies; it follows nothing by itself. */
export interface Browser {
  readonly cookies: Map<string, string>
  get(url: string, headers?: Readonly<Record<string, string>>): Promise<Response>
  post(
    url: string,
    form: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>
}

/** Returns a browser that has never been anywhere. */
export function createBrowser(ask: Ask, cookies: Map<string, string> = new Map()): Browser {
  async function send(request: Request): Promise<Response> {
    if (cookies.size > 0)
      request.headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await ask(request)
    for (const cookie of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = cookie.split('; ')
      const name = pair.slice(0, pair.indexOf('='))
      // What is longer a browser may drop, and says nothing (RFC 6265 §6.1).
      if (cookie.length > 4096) continue
      if (attributes.some((attribute) => /^max-age=0$/i.test(attribute))) cookies.delete(name)
      else cookies.set(name, pair.slice(name.length + 1))
    }
    return response
  }
  return {
    cookies,
    get: (url, headers = {}) => send(new Request(url, { headers, redirect: 'manual' })),
    post: (url, form, headers = {}) =>
      send(
        new Request(url, {
          method: 'POST',
          body: new URLSearchParams(form).toString(),
          headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
          redirect: 'manual',
        }),
      ),
  }
}

/** The verifier that every test's app uses, unless it says otherwise. */
export const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'

/** Parameters of a request; nothing leaves one out. */
export type Changes = Readonly<Record<string, string | undefined>>

/** What leaves PKCE out of a request. */
export const challengeless: Changes = { code_challenge: undefined, code_challenge_method: undefined }

/** Returns parameters as a form; several resources stand with a space between, for no URI has one. */
export function formOf(parameters: Changes): URLSearchParams {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters))
    for (const one of value === undefined ? [] : name === 'resource' ? value.split(' ') : [value])
      form.append(name, one)
  return form
}

/** Returns the parameters of an authorization request of the browser app, right unless they are changed. */
function requestParameters(changes: Changes): Changes {
  return {
    response_type: 'code',
    client_id: 'pub',
    redirect_uri: 'https://app.example/cb',
    scope: 'read',
    state: 'xyz',
    code_challenge: challengeOf(VERIFIER),
    code_challenge_method: 'S256',
    ...changes,
  }
}

/** Returns the URL of an authorization request of the browser app, right unless it is changed. */
export function authorizeUrl(changes: Changes = {}, issuer = ISSUER): string {
  // A request that was pushed is named, and that is all.
  const parameters = changes['request_uri'] === undefined ? requestParameters(changes) : changes
  return `${issuer}/authorize?${formOf(parameters)}`
}

/** Returns the two parameters that name a request which was pushed. */
export async function pushedBy(client: string, answer: Response): Promise<Changes> {
  const { request_uri = '' } = (await answer.json()) as { request_uri?: string }
  return { client_id: client, request_uri }
}

/** Who logs in, and how, at the test's own login page. */
export interface LoginChanges {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly typ?: string
  readonly now?: number
  /** The issuer that the page knows. */
  readonly issuer?: string
}

/** What the own login page does: signs who logged in, and sends the browser back to the issuer that it knows. */
export async function signLogin(
  location: string,
  sub: string,
  { claims = {}, typ = 'login+jwt', now, issuer = ISSUER }: LoginChanges = {},
): Promise<string> {
  const asked = new URL(location).searchParams
  const iat = now ?? Math.floor(Date.now() / 1000)
  const payload = {
    iss: VARS.LOGIN.issuer,
    aud: issuer,
    sub,
    iat,
    exp: iat + 60,
    nonce: asked.get('nonce'),
    auth_time: iat,
    ...claims,
  }
  const signed = Object.fromEntries(Object.entries(payload).filter(([, value]) => value !== undefined))
  const jwt = await new SignJWT(signed)
    .setProtectedHeader({ alg: 'ES256', kid: LOGIN_KEY.kid, typ })
    .sign(await importJWK(LOGIN_KEY, 'ES256'))
  return `${issuer}/login/callback?${formOf({ state: asked.get('state') ?? '', login: jwt })}`
}

/** Returns the value of a hidden field of a page. */
export function hiddenField(page: string, name: string): string {
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(page)?.[1] ?? ''
}

/** Returns where a page that navigates by itself goes. */
export function goesTo(page: string): string {
  return (/http-equiv="refresh" content="0;url=([^"]*)"/.exec(page)?.[1] ?? '').replaceAll('&amp;', '&')
}

/** What a person does, step by step. */
export interface Person {
  readonly browser: Browser
  /** Goes to the authorization endpoint, logs in where that is asked, and returns the page or redirect that follows. */
  visit(changes?: Changes): Promise<Response>
  /** Visits, and answers where consent is asked; returns where the browser ends up. */
  answer(decision: 'allow' | 'deny', changes?: Changes): Promise<URL>
}

/** What is special about a person. */
export interface PersonOptions {
  readonly name?: string
  readonly issuer?: string
  readonly now?: () => number
  readonly cookies?: Map<string, string>
}

/** Returns a person. */
export function createPerson(ask: Ask, options: PersonOptions = {}): Person {
  const { name = 'alice', issuer = ISSUER, now = () => Math.floor(Date.now() / 1000) } = options
  const browser = createBrowser(ask, options.cookies)

  async function visit(changes: Changes = {}): Promise<Response> {
    const first = await browser.get(authorizeUrl(changes, issuer))
    const location = first.headers.get('location') ?? ''
    if (!location.startsWith(VARS.LOGIN.url)) return first
    const back = await browser.get(await signLogin(location, name, { now: now(), issuer }))
    return back.status === 303 ? browser.get(back.headers.get('location') ?? '') : back
  }

  async function answer(decision: 'allow' | 'deny', changes?: Changes): Promise<URL> {
    const response = await visit(changes)
    if (response.status === 303) return new URL(response.headers.get('location') ?? '')
    const consent = hiddenField(await response.text(), 'consent')
    const answered = await browser.post(`${issuer}/consent`, { consent, decision })
    const page = await answered.text()
    return new URL(goesTo(page) || `page:${answered.status}`)
  }

  return { browser, visit, answer }
}

/** The parts of a code exchange that a test wants otherwise. */
export interface AppOptions {
  readonly issuer?: string
  /** The client; one with a secret proves itself. Default `pub`. */
  readonly client?: string
}

/** What an app asks the token endpoint. */
export interface App {
  ask(form: Changes): Promise<Response>
  redeem(code: string, changes?: Changes): Promise<Response>
  refresh(refreshToken: string, changes?: Changes): Promise<Response>
  /** Pushes an authorization request, the one of `authorizeUrl` unless it is changed. */
  push(changes?: Changes): Promise<Response>
}

/** Returns an app at the token endpoint. */
export function createApp(ask: Ask, { issuer = ISSUER, client = 'pub' }: AppOptions = {}): App {
  const secret: string | undefined = (SECRETS as Readonly<Record<string, string>>)[client]
  const authorization: Record<string, string> = secret === undefined ? {} : { authorization: basic(client, secret) }
  const send = async (form: Changes, endpoint = 'token'): Promise<Response> =>
    ask(
      new Request(`${issuer}/${endpoint}`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...authorization },
        body: formOf({ ...(secret === undefined ? { client_id: client } : {}), ...form }).toString(),
      }),
    )
  return {
    ask: (form) => send(form),
    push: (changes = {}) =>
      send({ ...requestParameters({ ...REQUESTS[client], client_id: client, ...changes }) }, 'par'),
    redeem: (code, changes = {}) =>
      send({ grant_type: 'authorization_code', code, code_verifier: VERIFIER, ...changes }),
    refresh: (refresh_token, changes = {}) => send({ grant_type: 'refresh_token', refresh_token, ...changes }),
  }
}

/** A token answer with what a refresh adds. */
export type FullAnswer = TokenAnswer & { readonly refresh_token?: string }

/** Reads a token answer, or an error. */
export async function readAnswer(response: Response): Promise<FullAnswer> {
  return (await response.json()) as FullAnswer
}

/** What each client of the tests asks for. */
export const REQUESTS: Readonly<Record<string, Changes>> = {
  pub: {},
  web: { client_id: 'web', redirect_uri: 'https://web.example/cb', resource: API },
  nat: { client_id: 'nat', redirect_uri: 'http://127.0.0.1:51004/cb' },
  evil: { client_id: 'evil', redirect_uri: 'https://evil.example/cb' },
  own: { client_id: 'own', redirect_uri: 'https://own.example/cb' },
  pushing: { client_id: 'pushing', redirect_uri: 'https://pushing.example/cb' },
}

/** Returns an envelope with one character of its ciphertext changed. */
export function tampered(envelope: string): string {
  const at = Math.floor(envelope.length / 2)
  return envelope.slice(0, at) + (envelope[at] === 'A' ? 'B' : 'A') + envelope.slice(at + 1)
}
