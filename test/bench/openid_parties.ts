/**
 * OpenID providers in Node, each in a process of its own, with its store in memory: `bulla serve`'s, oidc-provider, and better-auth by
 * its plugin. What a person let a client have they are told beforehand: the person is not what is measured.
 *
 * @module
 */

import { fork } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { encodeBase64url } from '../../keys/base64url.ts'
import { createRing, writeRing } from '../../keys/index.ts'
import { readBindings } from '../../src/bindings.ts'
import { createIssuer, createMemoryGuard } from '../../src/index.ts'
import { serve } from '../../src/node/serve.ts'
import { RING_RSA } from '../parties/partner.ts'
import { issuerWorker } from './mint.ts'
import { CLIENT } from './oidc_provider.ts'
import { importPeer } from './peers.ts'
import { basic, CHALLENGE, FORM, HEADERS, REDIRECT_URI, sealGrant } from './requests.ts'
import { API, NOW } from './tokens.ts'

/** How ID tokens are signed. */
export type Algorithm = 'RS256' | 'ES256'

/** What all are asked for: who logged in, and a token for the API. */
const SCOPE = 'openid orders:read'

/** A running provider. */
export interface OpenidParty {
  readonly port: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** Returns so many codes that are good. */
  codes(times: number): Promise<readonly string[]>
  stop(): void
}

/** What a process serves. */
interface Serving extends Pick<OpenidParty, 'port' | 'path' | 'headers'> {
  code(): Promise<string>
}

async function serveOurs(alg: Algorithm): Promise<Serving> {
  const ring = createRing({ now: NOW - 60, key: crypto.getRandomValues(new Uint8Array(32)), rsaKey: RING_RSA })
  const { bindings = {} } = issuerWorker()
  const { [CLIENT.id]: known } = bindings['CLIENTS'] as Readonly<Record<string, object>>
  const grants = { grant_types: ['authorization_code'], id_token_signed_response_alg: alg }
  const client = { ...known, ...grants, scopes: SCOPE.split(' ') }
  const vars = { ...bindings, KEY_RING: writeRing(ring), CLIENTS: { [CLIENT.id]: client }, OPENID: {} }
  const settings = readBindings(vars as Parameters<typeof readBindings>[0])
  const scheme = (request: Request): string | null => request.headers.get('x-forwarded-proto')
  const issuer = createIssuer({ ...settings, scheme, guard: createMemoryGuard(undefined, { single: true }) })
  const { port } = await serve({ issuer: () => issuer, port: 0, host: '127.0.0.1' })
  const grant = { scope: SCOPE.split(' '), redirect_uri: REDIRECT_URI, code_challenge: CHALLENGE }
  return { port, path: '/token', headers: HEADERS, code: () => sealGrant('code', grant, ring) }
}

const THEIR_HEADERS = { ...FORM, ...basic(CLIENT.id, CLIENT.secret) }

async function serveOidcProvider(alg: Algorithm): Promise<Serving> {
  const { default: Provider } = await importPeer('oidc-provider')
  const algorithm =
    alg === 'ES256'
      ? { name: 'ECDSA', namedCurve: 'P-256' }
      : { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', modulusLength: 2048, publicExponent: Uint8Array.of(1, 0, 1) }
  const pair = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { privateKey } = pair as Extract<typeof pair, { privateKey: unknown }>
  const jwk = await crypto.subtle.exportKey('jwk', privateKey)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        grant_types: ['authorization_code'],
        redirect_uris: [REDIRECT_URI],
        id_token_signed_response_alg: alg,
      },
    ],
    jwks: { keys: [{ ...jwk, kid: '1', alg, use: 'sig' }] },
    findAccount: (_: unknown, accountId: string) => ({ accountId, claims: () => ({ sub: accountId }) }),
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => API,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: 'orders:read', audience: API, accessTokenFormat: 'opaque' }),
      },
    },
  })
  server.on('request', provider.callback())
  return {
    port,
    path: '/token',
    headers: THEIR_HEADERS,
    async code() {
      const grant = new provider.Grant({ accountId: 'alice', clientId: CLIENT.id })
      grant.addOIDCScope('openid')
      grant.addResourceScope(API, 'orders:read')
      const code = new provider.AuthorizationCode({
        accountId: 'alice',
        authTime: NOW,
        client: await provider.Client.find(CLIENT.id),
        codeChallenge: CHALLENGE,
        codeChallengeMethod: 'S256',
        grantId: await grant.save(),
        redirectUri: REDIRECT_URI,
        resource: API,
        scope: SCOPE,
      })
      return code.save()
    },
  }
}

/** What better-auth keeps, with its plugin. */
const TABLES = ['user', 'session', 'account', 'verification', 'jwks', 'oauthClient', 'oauthResource']
const OAUTH_TABLES = ['ClientResource', 'AccessToken', 'RefreshToken', 'Consent', 'ClientAssertion']

/** As better-auth keeps codes and secrets. */
async function hashed(text: string): Promise<string> {
  return encodeBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))))
}

async function serveBetterAuth(alg: Algorithm): Promise<Serving> {
  const { betterAuth } = await importPeer('better-auth')
  const { memoryAdapter } = await importPeer('better-auth/adapters/memory')
  const { jwt } = await importPeer('better-auth/plugins/jwt')
  const { toNodeHandler } = await importPeer('better-auth/node')
  const { oauthProvider } = await importPeer('@better-auth/oauth-provider')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const tables = [...TABLES, ...OAUTH_TABLES.map((name) => `oauth${name}`)]
  const auth = betterAuth({
    baseURL: `http://127.0.0.1:${port}`,
    secret: 'a secret of at least thirty-two characters',
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    database: memoryAdapter(Object.fromEntries(tables.map((name) => [name, []]))),
    plugins: [
      jwt({ disableSettingJwtHeader: true, jwks: { keyPairConfig: { alg } } }),
      oauthProvider({
        loginPage: '/login',
        consentPage: '/consent',
        scopes: SCOPE.split(' '),
        silenceWarnings: { oauthAuthServerConfig: true, openidConfig: true },
      }),
    ],
  })
  server.on('request', toNodeHandler(auth))
  const { adapter, internalAdapter } = await auth.$context
  const at = { createdAt: new Date(), updatedAt: new Date() }
  const user = await adapter.create({
    model: 'user',
    data: { name: 'Alice', email: 'alice@example.com', emailVerified: true, ...at },
  })
  const expiresAt = new Date(Date.now() + 86_400_000)
  const session = await adapter.create({
    model: 'session',
    data: { userId: user.id, token: crypto.randomUUID(), expiresAt, ...at },
  })
  await adapter.create({
    model: 'oauthClient',
    data: {
      clientId: CLIENT.id,
      clientSecret: await hashed(CLIENT.secret),
      redirectUris: [REDIRECT_URI],
      scopes: SCOPE.split(' '),
      grantTypes: ['authorization_code'],
      responseTypes: ['code'],
      tokenEndpointAuthMethod: 'client_secret_basic',
      disabled: false,
      ...at,
    },
  })
  const query = {
    response_type: 'code',
    client_id: CLIENT.id,
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    state: 'state',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
  }
  const value = JSON.stringify({
    type: 'authorization_code',
    query,
    userId: user.id,
    sessionId: session.id,
    authTime: Date.now(),
  })
  return {
    port,
    path: '/api/auth/oauth2/token',
    headers: THEIR_HEADERS,
    async code() {
      const code = crypto.randomUUID()
      await internalAdapter.createVerificationValue({ identifier: await hashed(code), value, expiresAt, ...at })
      return code
    },
  }
}

const PARTIES = { ours: serveOurs, 'oidc-provider': serveOidcProvider, 'better-auth': serveBetterAuth } as const

/** Starts a provider. */
export function startOpenidParty(name: keyof typeof PARTIES, alg: Algorithm): Promise<OpenidParty> {
  const child = fork(import.meta.filename, [name, alg], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error(`${name} ended`)))
    child.once('message', (serving) =>
      resolve({
        ...(serving as Omit<Serving, 'code'>),
        codes: (times) =>
          new Promise((done) => {
            child.once('message', (codes) => done(codes as readonly string[]))
            child.send(times)
          }),
        stop: () => child.disconnect(),
      }),
    )
  })
}

const [, , name = '', alg] = process.argv
if (process.send !== undefined && name in PARTIES) {
  const { code, ...serving } = await PARTIES[name as keyof typeof PARTIES](alg as Algorithm)
  process.on('message', async (times) => {
    process.send?.(await Promise.all(Array.from({ length: times as number }, code)))
  })
  process.on('disconnect', () => process.exit())
  process.send(serving)
}
