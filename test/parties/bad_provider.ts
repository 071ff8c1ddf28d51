/**
 * An OpenID Connect provider over real HTTP that does as it is told, well or badly.
 *
 * @module
 */

import { createServer, type ServerResponse } from 'node:http'
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT, UnsecuredJWT } from 'jose'

/** What the provider does otherwise than it should. */
export interface Misconduct {
  /** What becomes of the answers at a path. */
  readonly at?: 'discovery' | 'jwks' | 'token'
  readonly how?:
    | 'down'
    | 'error'
    | 'slow'
    | 'drip'
    | 'redirect'
    | 'huge'
    | 'html'
    | 'garbage'
    | 'list'
    | 'other'
    | 'refused'
  /** Members of the metadata. */
  readonly metadata?: Readonly<Record<string, unknown>>
  /** Members of the token answer. */
  readonly answer?: Readonly<Record<string, unknown>>
  /** Claims of the ID token. */
  readonly claims?: Readonly<Record<string, unknown>>
  /** How the ID token is signed. */
  readonly signed?: 'none' | 'hs256' | 'unknown key' | 'wrong key' | 'with its key inside' | 'rs256 as es256'
}

/** A provider. */
export interface Provider {
  readonly issuer: string
  /** Sets what it does from now on. */
  misbehave(misconduct: Misconduct): void
  /** Gives it another key, under another kid. */
  rotate(): Promise<void>
  /** How often something was asked for at each path. */
  readonly asked: Map<string, number>
  /** The last form that came to the token endpoint, and its `Authorization`. */
  readonly last: { form: URLSearchParams; authorization: string | undefined }
  /** Addresses that it redirected to and that were then asked for: there must be none. */
  readonly trapped: string[]
  stop(): Promise<void>
}

/** Starts a provider whose client is `bulla` with the secret `bulla-secret`. */
export async function startProvider(clock: () => number): Promise<Provider> {
  let misconduct: Misconduct = {}
  let nonce = ''
  let keyCount = 0
  let key = await makeKey()
  const strangers = await generateKeyPair('ES256')
  const asked = new Map<string, number>()
  const last: Provider['last'] = { form: new URLSearchParams(), authorization: undefined }
  const trapped: string[] = []

  async function makeKey(): Promise<{ readonly privateKey: CryptoKey; readonly jwk: JWK }> {
    const pair = await generateKeyPair('ES256', { extractable: true })
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: `key-${++keyCount}`, alg: 'ES256', use: 'sig' }
    return { privateKey: pair.privateKey as CryptoKey, jwk }
  }

  async function idToken(): Promise<string> {
    const { claims = {}, signed } = misconduct
    const all = {
      iss: issuer,
      aud: 'bulla',
      sub: 'upstream-alice',
      iat: clock(),
      exp: clock() + 300,
      nonce,
      auth_time: clock(),
      preferred_username: 'alice',
      ...claims,
    }
    const payload = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
    if (signed === 'none') return new UnsecuredJWT(payload).encode()
    const jwt = new SignJWT(payload)
    if (signed === 'hs256')
      return jwt
        .setProtectedHeader({ alg: 'HS256', kid: key.jwk.kid ?? '' })
        .sign(new TextEncoder().encode('bulla-secret-bulla-secret-bulla-s'))
    if (signed === 'unknown key')
      return jwt.setProtectedHeader({ alg: 'ES256', kid: 'unknown' }).sign(strangers.privateKey)
    if (signed === 'wrong key')
      return jwt.setProtectedHeader({ alg: 'ES256', kid: key.jwk.kid ?? '' }).sign(strangers.privateKey)
    if (signed === 'with its key inside')
      return jwt
        .setProtectedHeader({ alg: 'ES256', jwk: await exportJWK(strangers.publicKey) })
        .sign(strangers.privateKey)
    return jwt.setProtectedHeader({ alg: 'ES256', kid: key.jwk.kid ?? '' }).sign(key.privateKey)
  }

  function send(answer: ServerResponse, json: unknown): void {
    answer.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(json))
  }

  /** Answers badly; tells whether it did. */
  function spoil(place: string, answer: ServerResponse): boolean {
    if (misconduct.at !== place) return false
    const { how } = misconduct
    if (how === 'down') answer.destroy()
    if (how === 'error') answer.writeHead(500, { 'content-type': 'application/json' }).end('{"error":"server_error"}')
    if (how === 'refused')
      answer.writeHead(401, { 'content-type': 'application/json' }).end('{"error":"invalid_client"}')
    if (how === 'drip') answer.writeHead(200, { 'content-type': 'application/json' }).write('{')
    if (how === 'redirect') answer.writeHead(302, { location: `${issuer}/trap` }).end()
    if (how === 'huge')
      answer.writeHead(200, { 'content-type': 'application/json' }).end(`{"a":"${'a'.repeat(1_000_000)}"}`)
    if (how === 'html') answer.writeHead(200, { 'content-type': 'text/html' }).end('<p>hello</p>')
    if (how === 'garbage') answer.writeHead(200, { 'content-type': 'application/json' }).end('{"a":')
    if (how === 'other') answer.writeHead(200, { 'content-type': 'application/json' }).end('{"error":"none"}')
    if (how === 'list') answer.writeHead(200, { 'content-type': 'application/json' }).end('[]')
    return true
  }

  const server = createServer(async (request, answer) => {
    const { pathname } = new URL(request.url ?? '', 'http://x')
    asked.set(pathname, (asked.get(pathname) ?? 0) + 1)
    if (pathname === '/trap') trapped.push(pathname)
    if (pathname === '/.well-known/openid-configuration') {
      if (spoil('discovery', answer)) return
      const metadata = {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
      }
      return send(answer, { ...metadata, ...misconduct.metadata })
    }
    if (pathname === '/authorize') {
      // It knows who sits there, and asks nothing; its code is the nonce.
      const wanted = new URL(request.url ?? '', 'http://x').searchParams
      const [back = '', state = '', code = ''] = ['redirect_uri', 'state', 'nonce'].map(
        (name) => wanted.get(name) ?? '',
      )
      return answer.writeHead(303, { location: `${back}?${new URLSearchParams({ state, code })}` }).end()
    }
    if (pathname === '/jwks') return spoil('jwks', answer) || send(answer, { keys: [key.jwk] })
    if (pathname === '/token') {
      let body = ''
      for await (const part of request) body += part
      last.form = new URLSearchParams(body)
      last.authorization = request.headers.authorization
      nonce = last.form.get('code') ?? ''
      if (spoil('token', answer)) return
      return send(answer, { access_token: 'x', token_type: 'Bearer', id_token: await idToken(), ...misconduct.answer })
    }
    return answer.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as { port: number }).port}`
  return {
    issuer,
    misbehave: (next) => {
      misconduct = next
    },
    rotate: async () => {
      key = await makeKey()
    },
    asked,
    last,
    trapped,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
