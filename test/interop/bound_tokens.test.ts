import { mkdtemp, readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer, request as requestOverTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { TLSSocket } from 'node:tls'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing, exportKeys, writeKeys, writeRing } from '../../keys/index.ts'
import { type ClientCertificate, createIssuer } from '../../src/index.ts'
import { type EntitledRequest, resourceServer } from '../../src/verifier/express.ts'
import { createVerifier, type VerifierOptions } from '../../src/verifier/index.ts'
import { drive } from '../cases/login.mjs'
import { run } from '../checkout.ts'
import { testKey } from '../fixtures.ts'
import { type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { shows } from './shows.ts'

const API = 'https://api.example.com'
const REDIRECT = 'http://127.0.0.1:4998/callback'
const servers: Server[] = []
let live: LiveIssuer
beforeAll(async () => {
  live = await startIssuer()
}, 60_000)
afterAll(async () => {
  for (const server of servers) server.close()
  await live?.stop()
})

const listen = (server: Server): Promise<number> =>
  new Promise((resolve) => {
    servers.push(server)
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })
const go = async (url: URL): Promise<URL> => {
  const { callback, trace } = await drive(String(url), REDIRECT)
  if (callback === undefined) throw new Error(trace.join('\n'))
  return new URL(callback)
}

/** What a resource server with this middleware answers: who it was. */
function listener(options: VerifierOptions): RequestListener {
  let middleware: ReturnType<typeof resourceServer> | undefined
  return (request, response) => {
    // Where clients see it is known once it listens.
    middleware ??= resourceServer({
      verifier: createVerifier({ ...options, baseUrl: `http://127.0.0.1:${request.socket.localPort}` }),
    })
    middleware(request, response, () => response.end((request as EntitledRequest).entitlement?.sub))
  }
}

/** Starts a resource server that opens the live issuer's tokens, and keeps the headers of the last request. */
async function startOrders(dpop: VerifierOptions['dpop']) {
  const seen: { headers?: IncomingMessage['headers'] } = {}
  const now = Math.floor(Date.now() / 1000)
  const keys = writeKeys(exportKeys(live.ring, { issuer: live.issuer, resource: API, now }))
  const answer = listener({ issuer: live.issuer, resource: API, keys, ...(dpop && { dpop }) })
  const port = await listen(
    createServer((request, response) => {
      seen.headers = request.headers
      answer(request, response)
    }),
  )
  return { url: new URL(`http://127.0.0.1:${port}/orders/7?full=1`), seen }
}

/** Replays with curl what somebody saw on the wire. */
async function replay(
  url: URL | string,
  { authorization = '', dpop = '' }: IncomingMessage['headers'],
  ...more: string[]
) {
  const args = ['-si', '-H', `Authorization: ${authorization}`, '-H', `DPoP: ${dpop}`, ...more, String(url)]
  return (await run('curl', args)).out
}

describe('oauth4webapi with DPoP', () => {
  const insecure = { [oauth.allowInsecureRequests]: true }
  const discover = async (): Promise<oauth.AuthorizationServer> => {
    const issuer = new URL(live.issuer)
    const options = { algorithm: 'oauth2', ...insecure } as const
    return oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, options))
  }
  /** Asks again when a nonce is asked for, as the library's own examples do; counts how often. */
  const asked = { nonces: 0 }
  const withNonce = async <Result>(ask: () => Promise<Result>): Promise<Result> => {
    try {
      return await ask()
    } catch (error) {
      if (!oauth.isDPoPNonceError(error)) throw error
      asked.nonces++
      return ask()
    }
  }

  it.each([
    ['demo-app', oauth.None(), 'ES256'],
    ['demo-app', oauth.None(), 'Ed25519'],
    ['demo-service', oauth.ClientSecretBasic('demo-secret'), 'PS256'],
  ])(
    'gets, uses and renews tokens as %s, and is asked for nonces on both sides',
    async (client_id, authentication, alg) => {
      asked.nonces = 0
      const as = await discover()
      const client: oauth.Client = { client_id }
      const key = await oauth.generateKeyPair(alg)
      const DPoP = oauth.DPoP(client, key)
      const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()]
      const url = new URL(as.authorization_endpoint ?? '')
      url.search = String(
        new URLSearchParams({
          client_id,
          response_type: 'code',
          redirect_uri: REDIRECT,
          scope: 'orders:read',
          resource: API,
          state,
          code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
          dpop_jkt: await DPoP.calculateThumbprint(),
        }),
      )
      const parameters = oauth.validateAuthResponse(as, client, await go(url), state)
      const result = await withNonce(async () =>
        oauth.processAuthorizationCodeResponse(
          as,
          client,
          await oauth.authorizationCodeGrantRequest(as, client, authentication, parameters, REDIRECT, verifier, {
            DPoP,
            ...insecure,
          }),
        ),
      )
      expect([result.token_type, asked.nonces]).toEqual(['dpop', 1])
      const refreshed = await oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, authentication, result.refresh_token ?? '', {
          DPoP,
          ...insecure,
        }),
      )
      expect([refreshed.token_type, refreshed.refresh_token]).toEqual(['dpop', result.refresh_token])

      const orders = await startOrders({ nonce: true })
      for (const token of [result.access_token, refreshed.access_token]) {
        const response = await withNonce(() =>
          oauth.protectedResourceRequest(token, 'GET', orders.url, undefined, null, { DPoP, ...insecure }),
        )
        expect(response.status).toBe(200)
      }
      expect(asked.nonces).toBe(2)
      const captured = await replay(orders.url, orders.seen.headers ?? {})
      expect(captured).toMatch(/^HTTP\/1.1 401 [\s\S]*www-authenticate: DPoP .*error="invalid_dpop_proof"/i)
      shows('oauth4webapi', 'DPoP')
    },
  )
})

describe('openid-client with DPoP', () => {
  it.each([
    ['demo-app', openid.None()],
    ['demo-service', openid.ClientSecretPost('demo-secret')],
  ])('gets, uses and renews tokens as %s: the nonces are its own affair', async (client_id, authentication) => {
    const config = await openid.discovery(new URL(live.issuer), client_id, undefined, authentication, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    })
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('ES256'))
    const [pkceCodeVerifier, expectedState] = [openid.randomPKCECodeVerifier(), openid.randomState()]
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT,
      scope: 'orders:read',
      resource: API,
      state: expectedState,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    const checks = { pkceCodeVerifier, expectedState }
    const tokens = await openid.authorizationCodeGrant(config, await go(url), checks, undefined, { DPoP })
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP })
    expect([tokens.token_type, refreshed.token_type]).toEqual(['dpop', 'dpop'])
    const orders = await startOrders({ nonce: true, required: true })
    const ask = () =>
      openid.fetchProtectedResource(config, refreshed.access_token, orders.url, 'GET', undefined, undefined, { DPoP })
    expect([(await ask()).status, (await ask()).status]).toEqual([200, 200])
    shows('openid-client', 'DPoP')
  })
})

describe('a captured DPoP request', () => {
  it('is worth nothing: not again, not elsewhere, not by another method, not as a bearer token (H31, H32)', async () => {
    const config = await openid.discovery(
      new URL(live.issuer),
      'demo-service',
      undefined,
      openid.ClientSecretBasic('demo-secret'),
      { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
    )
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair('Ed25519'))
    const { access_token } = await openid.clientCredentialsGrant(config, { resource: API }, { DPoP })
    const { url, seen } = await startOrders(undefined)
    const response = await openid.fetchProtectedResource(config, access_token, url, 'GET', undefined, undefined, {
      DPoP,
    })
    expect([response.status, await response.text()]).toEqual([200, 'client:demo-service'])
    const headers = seen.headers ?? {}
    for (const answer of [
      await replay(url, headers),
      await replay(new URL('/orders/8', url), headers),
      await replay(url, headers, '-X', 'DELETE'),
      await replay(url, { authorization: headers.authorization ?? '' }),
      await replay(url, { ...headers, authorization: `Bearer ${access_token}` }),
    ])
      expect(answer).toMatch(/^HTTP\/1.1 401 /)
  })
})

describe('mutual TLS between real sockets (RFC 8705)', () => {
  /** Makes a key and a self-signed certificate of it. */
  const createCertificate = async (folder: string, name: string) => {
    const [key, cert] = ['key', 'crt'].map((ending) => join(folder, `${name}.${ending}`)) as [string, string]
    const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -keyout ${key} -out ${cert}`
    const made = await run('openssl', [
      ...args.split(' '),
      '-subj',
      `/CN=${name}`,
      '-addext',
      'subjectAltName=DNS:localhost',
    ])
    expect(made.code).toBe(0)
    return { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') }
  }
  type Pair = Awaited<ReturnType<typeof createCertificate>>

  /** Asks over TLS, with a certificate of the client's or without. */
  const askOverTls = (
    url: string,
    ca: string,
    pair: Pair | undefined,
    headers: Record<string, string>,
    body?: string,
  ) =>
    new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST'
      const request = requestOverTls(url, { ca, ...pair, method, headers, agent: false }, (response) => {
        text(response).then((body) => resolve({ status: response.statusCode, body }), reject)
      })
      request.on('error', reject).end(body)
    })

  /** What an operator in Node writes: the certificate of the socket behind the request. */
  const certificateOf = (_: Request, env: unknown): ClientCertificate | undefined => {
    const socket = (env as { incoming: { socket: TLSSocket } }).incoming.socket
    const { fingerprint256, subject } = socket.getPeerCertificate()
    if (fingerprint256 === undefined) return undefined
    const thumbprint = Buffer.from(fingerprint256.replaceAll(':', ''), 'hex').toString('base64url')
    return { thumbprint, isTrusted: socket.authorized, names: { subject_dn: [`CN=${subject.CN}`] } }
  }

  it('proves a client, binds its token, and a thief with another certificate gets nothing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bulla-mtls-'))
    const [server, app, thief] = await Promise.all(
      ['server', 'app', 'thief'].map((name) => createCertificate(folder, name)),
    )
    if (server === undefined || app === undefined || thief === undefined) throw new Error('openssl made nothing')
    const x5c = [app.cert.replace(/-----[^-]+-----|\s/g, '')]
    const now = Math.floor(Date.now() / 1000)
    const ring = createRing({ now, key: testKey() })
    const ISSUER = 'https://as.example'
    const issuer = createIssuer({
      issuer: ISSUER,
      keyRing: writeRing(ring),
      resources: { [API]: { scopes: ['read'] } },
      clients: {
        app: {
          token_endpoint_auth_method: 'self_signed_tls_client_auth',
          tls_client_certificate_bound_access_tokens: true,
          jwks: { keys: [{ kid: '1', x5c }] },
          grant_types: ['client_credentials'],
          resources: [API],
          scopes: ['read'],
        },
      },
      certificate: certificateOf,
      log: () => {},
    })
    const options = { ...server, requestCert: true, rejectUnauthorized: false }
    const issuerPort = await listen(
      createTlsServer(options, async (incoming, response) => {
        const headers = incoming.headers as Record<string, string>
        const init = { method: 'POST', headers, body: await text(incoming) }
        const answer = await issuer.fetch(new Request(`${ISSUER}${incoming.url}`, init), { incoming })
        response.writeHead(answer.status).end(await answer.text())
      }),
    )
    const keys = writeKeys(exportKeys(ring, { issuer: ISSUER, resource: API, now }))
    const orders = listener({ issuer: ISSUER, resource: API, keys })
    const ordersPort = await listen(createTlsServer(options, orders))

    const form = 'grant_type=client_credentials&client_id=app'
    const type = { 'content-type': 'application/x-www-form-urlencoded' }
    const tokenUrl = `https://localhost:${issuerPort}/token`
    for (const pair of [undefined, thief])
      expect((await askOverTls(tokenUrl, server.cert, pair, type, form)).status).toBe(401)
    const { body } = await askOverTls(tokenUrl, server.cert, app, type, form)
    const { access_token } = JSON.parse(body) as { access_token: string }
    const shown = { authorization: `Bearer ${access_token}` }
    const ordersUrl = `https://localhost:${ordersPort}/orders`
    expect(await askOverTls(ordersUrl, server.cert, app, shown)).toEqual({ status: 200, body: 'client:app' })
    const claimed = { ...shown, 'x-client-cert': x5c[0] ?? '' }
    for (const pair of [undefined, thief])
      expect((await askOverTls(ordersUrl, server.cert, pair, claimed)).status).toBe(401)
  })
})
