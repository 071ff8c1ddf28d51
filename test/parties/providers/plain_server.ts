/**
 * A plain OAuth 2 server as GitHub's is, over real HTTP: no ID token, JSON only for who asks for it, errors with status 200, scope with
 * commas, an API that wants to know what program asks. As GitHub's OAuth apps its tokens do not end; as GitHub Apps they do, after
 * eight hours, and its refresh tokens rotate.
 *
 * @module
 */

import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { CANARY, CLIENT_ID, CLIENT_SECRET, count, type ProviderParty, serve } from './provider_party.ts'

/** Who may log in there, by what they type. */
export const ACCOUNTS: Readonly<Record<string, number>> = { alice: 583_231, bob: 583_232, carol: 583_233 }

/** Seconds that an access token of a GitHub App lives. */
export const EIGHT_HOURS = 28_800

/** What the server does otherwise than it should. */
export interface Conduct {
  /** Parameters of its answer in the browser. */
  readonly answer?: Readonly<Record<string, string>>
  /** Members of its token answers. */
  readonly token?: Readonly<Record<string, unknown>>
  /** Members of what it says of a person. */
  readonly user?: Readonly<Record<string, unknown>>
  /** What it says of a person's addresses. */
  readonly emails?: readonly Readonly<Record<string, unknown>>[]
  /** Whether its token endpoint is down. */
  readonly isDown?: boolean
}

/** A plain OAuth 2 server. */
export interface PlainServer extends ProviderParty {
  /** Sets what it does from now on. */
  misbehave(conduct: Conduct): void
  /** How often something was asked for at each path. */
  readonly asked: ReadonlyMap<string, number>
  /** What the token endpoint, and the API, were asked with last. */
  readonly last: { form: URLSearchParams; accept: string | undefined; userAgent: string | undefined }
  /** Ends a token, as the person can in its settings. */
  end(token: string): void
}

/** What is special about a server. */
export interface PlainOptions {
  /** Where it sends browsers back to: that, and what is under it. */
  readonly callback: string
  /** Whether its tokens end, and rotate. Default false. */
  readonly isRotating?: boolean
  /** Seconds that a token lives which ends. Default 28800. */
  readonly life?: number
  /** Unix seconds. */
  readonly now: () => number
}

interface Code {
  readonly login: string
  readonly scope: string
  readonly challenge: string | null
  readonly redirectUri: string
  readonly until: number
}

interface Access {
  readonly login: string
  readonly scope: string
  readonly until: number
}

const PAGE = { 'content-type': 'text/html; charset=utf-8' }
const text = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
const random = (): string => randomBytes(15).toString('base64url').replaceAll(/[-_]/g, 'A')

async function readBody(request: IncomingMessage): Promise<string> {
  let body = ''
  for await (const part of request) body += part
  return body
}

/** Starts one. */
export async function startPlainServer({
  callback,
  isRotating = false,
  now,
  ...options
}: PlainOptions): Promise<PlainServer> {
  const { life = EIGHT_HOURS } = options
  let conduct: Conduct = {}
  const codes = new Map<string, Code>()
  const accesses = new Map<string, Access>()
  const refreshes = new Map<string, Access & { readonly access: string }>()
  const [seen, asked] = [new Map<string, number>(), new Map<string, number>()]
  const given: string[] = []
  const actedFor: string[] = []
  const last: PlainServer['last'] = { form: new URLSearchParams(), accept: undefined, userAgent: undefined }

  function json(response: ServerResponse, value: unknown, status = 200): void {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' }).end(JSON.stringify(value))
  }

  /** Lets somebody log in, or choose, and sends them back. */
  async function authorize(request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
    const asks = url.searchParams
    const redirectUri = asks.get('redirect_uri') ?? callback
    if (asks.get('client_id') !== CLIENT_ID || !redirectUri.startsWith(callback))
      return void response.writeHead(404, PAGE).end('<h1>Be careful!</h1>')
    const answered = new URLSearchParams(request.method === 'POST' ? await readBody(request) : '')
    // Cookies know nothing of ports, and all providers are at one address.
    const session = `user_session_${url.port}`
    const [, known] = new RegExp(`(?:^|; )${session}=(\\w+)`).exec(request.headers.cookie ?? '') ?? []
    const login = answered.get('login') ?? (asks.get('prompt') === 'select_account' ? undefined : known)
    const back = new URL(redirectUri)
    if (answered.get('decision') === 'cancel') {
      back.search = `${new URLSearchParams({ error: 'access_denied', error_description: 'The user has denied your application access.', state: asks.get('state') ?? '' })}`
      return void response.writeHead(302, { location: back.href }).end()
    }
    if (login === undefined || ACCOUNTS[login] === undefined) {
      const form = `<form method="post" action="${text(url.pathname + url.search)}"><label>Username <input type="text" name="login"></label>`
      const buttons =
        '<button name="decision" value="allow">Sign in</button><button name="decision" value="cancel">Cancel</button>'
      return void response.writeHead(200, PAGE).end(`<h1>Sign in to the plain provider</h1>${form}${buttons}</form>`)
    }
    const code = random()
    const scope = isRotating ? '' : (asks.get('scope') ?? '').split(/[ ,]/).filter(Boolean).join(',')
    codes.set(code, { login, scope, challenge: asks.get('code_challenge'), redirectUri, until: now() + 600 })
    const parameters = { code, state: asks.get('state') ?? '', ...conduct.answer }
    for (const [name, value] of Object.entries(parameters)) back.searchParams.set(name, value)
    const cookie = `${session}=${login}; Path=/; HttpOnly; SameSite=Lax`
    response.writeHead(302, { location: back.href, 'set-cookie': cookie }).end()
  }

  function give(login: string, scope: string): Readonly<Record<string, unknown>> {
    const access_token = `${isRotating ? 'ghu' : 'gho'}_${CANARY}_${random()}`
    accesses.set(access_token, { login, scope, until: isRotating ? now() + life : Number.POSITIVE_INFINITY })
    given.push(access_token)
    const usual = { access_token, scope, token_type: 'bearer' }
    if (!isRotating) return usual
    const refresh_token = `ghr_${CANARY}_${random()}`
    refreshes.set(refresh_token, { login, scope, until: now() + 15_897_600, access: access_token })
    given.push(refresh_token)
    return { ...usual, expires_in: life, refresh_token, refresh_token_expires_in: 15_897_600 }
  }

  /** Returns what the token endpoint says: with status 200, well or badly. */
  function redeem(form: URLSearchParams): Readonly<Record<string, unknown>> {
    // It repeats what it was shown, which nobody is to write down.
    const fail = (error: string) => ({
      error,
      error_description: `${error}: ${form}`,
      error_uri: 'https://docs.example/',
    })
    if (form.get('client_id') !== CLIENT_ID || form.get('client_secret') !== CLIENT_SECRET)
      return fail('incorrect_client_credentials')
    if (form.get('grant_type') === 'refresh_token') {
      const token = form.get('refresh_token') ?? ''
      count(seen, token)
      const one = refreshes.get(token)
      if (one === undefined || one.until <= now()) return fail('bad_refresh_token')
      // Who has the next ones has the old ones no more.
      refreshes.delete(token)
      accesses.delete(one.access)
      return give(one.login, one.scope)
    }
    const code = form.get('code') ?? ''
    count(seen, code)
    const one = codes.get(code)
    codes.delete(code)
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    if (one === undefined || one.until <= now() || (one.challenge !== null && one.challenge !== challenge))
      return fail('bad_verification_code')
    if (form.get('redirect_uri') !== one.redirectUri) return fail('redirect_uri_mismatch')
    return give(one.login, one.scope)
  }

  /** Returns what the API answers, for whom the token is of. */
  function askApi({ headers }: IncomingMessage, path: string): { readonly status: number; readonly body: unknown } {
    const { authorization = '', 'user-agent': userAgent } = headers
    last.userAgent = userAgent
    if (userAgent === undefined) return { status: 403, body: { message: 'Request forbidden by administrative rules.' } }
    const one = accesses.get(/^(?:bearer|token) (.+)$/i.exec(authorization)?.[1] ?? '')
    if (one === undefined || one.until <= now()) return { status: 401, body: { message: 'Bad credentials' } }
    const { login, scope } = one
    const id = ACCOUNTS[login] ?? 0
    const may = (wanted: string): boolean => isRotating || scope.split(',').includes(wanted)
    if (path === '/api/user') {
      const about = { login, id, name: `${login} of the plain provider`, email: null }
      return { status: 200, body: { ...about, avatar_url: `https://avatars.example/u/${id}`, ...conduct.user } }
    }
    if (path === '/api/user/emails' && (may('user:email') || may('user'))) {
      const usual = [
        { email: `${login}@old.example`, primary: false, verified: true, visibility: null },
        { email: `${login}@plain.example`, primary: true, verified: true, visibility: 'private' },
      ]
      return { status: 200, body: conduct.emails ?? usual }
    }
    if (path === '/api/user/repos' && may('repo')) {
      actedFor.push(String(id))
      const owner = { id, login }
      return { status: 200, body: [{ id: id * 10, full_name: `${login}/things`, private: true, owner }] }
    }
    return { status: 404, body: { message: 'Not Found' } }
  }

  /** Ends tokens at the request of the app that has them. */
  async function revoke(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const basic = `Basic ${Buffer.from(`${CLIENT_ID}:${CLIENT_SECRET}`).toString('base64')}`
    const { access_token = '' } = JSON.parse((await readBody(request)) || '{}') as { access_token?: string }
    if (request.headers.authorization !== basic || !accesses.has(access_token))
      return json(response, { message: 'Not Found' }, 404)
    const login = accesses.get(access_token)?.login
    // The whole of what a person gave to an app, or one token.
    const ends = path.endsWith('/grant')
      ? [...accesses].filter(([, one]) => one.login === login)
      : [[access_token] as const]
    for (const [token] of ends) accesses.delete(token)
    response.writeHead(204).end()
  }

  const { url, stop } = await serve((origin) => async (request, response) => {
    const url = new URL(request.url ?? '/', origin)
    count(asked, url.pathname)
    if (url.pathname === '/login/oauth/authorize') return authorize(request, response, url)
    if (url.pathname === '/login/oauth/access_token' && request.method === 'POST') {
      last.form = new URLSearchParams(await readBody(request))
      last.accept = request.headers.accept
      if (conduct.isDown) return json(response, { message: 'unavailable' }, 503)
      const told = redeem(last.form)
      const answer = 'error' in told ? told : { ...told, ...conduct.token }
      if (/application\/json/.test(last.accept ?? '')) return json(response, answer)
      const form = new URLSearchParams(Object.entries(answer).map(([name, value]) => [name, String(value)]))
      return void response.writeHead(200, { 'content-type': 'application/x-www-form-urlencoded' }).end(form.toString())
    }
    if (url.pathname.startsWith(`/api/applications/${CLIENT_ID}/`) && request.method === 'DELETE')
      return revoke(request, response, url.pathname)
    if (url.pathname.startsWith('/api/')) {
      const { status, body } = askApi(request, url.pathname)
      return json(response, body, status)
    }
    response.writeHead(404, PAGE).end('<h1>Nothing here</h1>')
  })

  return {
    url,
    table: {
      type: 'oauth',
      label: isRotating ? 'Plain provider with an end' : 'Plain provider',
      client_id: CLIENT_ID,
      authorization_endpoint: `${url}/login/oauth/authorize`,
      token_endpoint: `${url}/login/oauth/access_token`,
      userinfo_endpoint: `${url}/api/user`,
      emails_endpoint: `${url}/api/user/emails`,
      claims: { sub: 'id', name: 'name', preferred_username: 'login', picture: 'avatar_url' },
      scope: 'user:email',
    },
    seen,
    given,
    actedFor,
    asked,
    last,
    misbehave: (next) => {
      conduct = next
    },
    end: (token) => {
      accesses.delete(token)
      refreshes.delete(token)
    },
    async actsFor(accessToken) {
      const headers = { authorization: `Bearer ${accessToken}`, 'user-agent': 'an API' }
      const response = await fetch(`${url}/api/user/repos`, { headers })
      if (!response.ok) return undefined
      const [repository] = (await response.json()) as { owner: { id: number } }[]
      return String(repository?.owner.id)
    },
    stop,
  }
}
