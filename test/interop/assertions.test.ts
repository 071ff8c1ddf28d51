import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { type CryptoKey, exportJWK, exportPKCS8, generateKeyPair } from 'jose'
import * as oauth from 'oauth4webapi'
import Provider from 'oidc-provider'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { run } from '../checkout.ts'
import { openEntitlement, secretHash } from '../fixtures.ts'
import { freePort, type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { ACCESS_TOKEN, JWT, JWT_BEARER, TOKEN_EXCHANGE } from '../parties/trusted.ts'
import { shows } from './shows.ts'

const API = 'https://api.example.com'
const INNER = 'https://inner.example.com'
const JOB = 'repo:acme/app:ref:refs/heads/main'
const ALGORITHMS = ['ES256', 'Ed25519', 'PS256', 'RS256'] as const

/** A real OpenID provider that gives its jobs tokens, as a CI system does: npm's oidc-provider. */
async function startCi(port: number): Promise<Server> {
  const provider = new Provider(`http://localhost:${port}`, {
    clients: [
      {
        client_id: JOB,
        client_secret: 'job-secret',
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      },
    ],
    features: {
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_: unknown, audience: string) => ({
          scope: '',
          audience,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
        }),
      },
    },
    extraTokenClaims: () => ({ repository_owner: 'acme' }),
  })
  const server = createServer(provider.callback())
  await new Promise<void>((resolve) => server.listen(port, 'localhost', resolve))
  return server
}

let live: LiveIssuer
let ci: Server
let port = 0
/** The keys of the clients that prove themselves by one, told at a URL as a client would. */
let keysPort = 0
let keysServer: Server
const pairs = new Map<string, CryptoKey>()

beforeAll(async () => {
  ;[port, keysPort] = [await freePort(), await freePort()]
  const keys: object[] = []
  for (const alg of ALGORITHMS) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
    pairs.set(alg, privateKey as CryptoKey)
    keys.push({ ...(await exportJWK(publicKey)), kid: alg, alg, use: 'sig' })
  }
  keysServer = createServer((_, answer) => {
    answer.writeHead(200, { 'content-type': 'application/jwk-set+json' }).end(JSON.stringify({ keys }))
  })
  await new Promise<void>((resolve) => keysServer.listen(keysPort, 'localhost', resolve))
  const signing = ALGORITHMS.map((alg) => [
    `keyed-${alg}`,
    {
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: alg,
      jwks_uri: `http://localhost:${keysPort}/jwks`,
      grant_types: ['client_credentials', TOKEN_EXCHANGE],
      resources: [API, INNER],
      scopes: ['orders:read', 'stock:read'],
      exchange: [{ from: [API, 'ci'], to: [INNER], scopes: { 'stock:read': 'orders:read' }, impersonation: true }],
    },
  ])
  live = await startIssuer({
    RESOURCES: { [API]: { scopes: ['orders:read'], exchange: true }, [INNER]: { scopes: ['stock:read', 'deploy'] } },
    CLIENTS: {
      ...Object.fromEntries(signing),
      authlib: {
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: 'RS256',
        assertion_audience: 'token_endpoint',
        assertion_lifetime: 3600,
        jwks_uri: `http://localhost:${keysPort}/jwks`,
        grant_types: ['client_credentials'],
        resources: [API],
        scopes: ['orders:read'],
      },
      runner: { grant_types: [JWT_BEARER], resources: [INNER], scopes: ['deploy'] },
      app: {
        secret_hash: secretHash('app-secret'),
        grant_types: [TOKEN_EXCHANGE],
        resources: [INNER],
        scopes: ['deploy'],
        exchange: [{ from: ['ci'], to: [INNER], scopes: ['deploy'], impersonation: true }],
      },
    },
    TRUSTED_ISSUERS: {
      ci: {
        issuer: `http://localhost:${port}`,
        jwks_uri: `http://localhost:${port}/jwks`,
        typ: 'at+jwt',
        allow: [
          {
            subjects: ['repo:acme/app:*'],
            claims: { repository_owner: 'acme' },
            clients: ['runner', 'app'],
            resources: [INNER],
            scopes: ['deploy'],
          },
        ],
      },
    },
  })
  ci = await startCi(port)
}, 60_000)
afterAll(async () => {
  for (const server of [ci, keysServer]) {
    server?.closeAllConnections()
    server?.close()
  }
  await live?.stop()
})

it('Authlib, in Python, proves a client with its defaults: for the token endpoint, and for an hour', async () => {
  const key = await exportPKCS8(pairs.get('RS256') as CryptoKey)
  const input = JSON.stringify({ issuer: live.issuer, client: 'authlib', key })
  const ended = await run('/usr/bin/python3', [join(import.meta.dirname, 'authlib_flow.py')], { input })
  expect(ended).toEqual({ code: 0, out: 'done\n', err: '' })
  shows('python3-authlib', 'client credentials', 'private_key_jwt')
})

const insecure = { [oauth.allowInsecureRequests]: true }
const discover = async (): Promise<oauth.AuthorizationServer> => {
  const issuer = new URL(live.issuer)
  const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
  return oauth.processDiscoveryResponse(issuer, response)
}

/** Opens a token as the inner API does. */
async function entitlementOf(token: string) {
  const now = Math.floor(Date.now() / 1000)
  const leaves = createKeyring(live.ring, live.issuer).leavesFor('access', INNER, 'A256GCM', 600)
  const limits = { now, clockTolerance: 10, longestLife: 600, anonymous: false }
  return openEntitlement(token, leaves, { issuer: live.issuer, resource: INNER, ...limits })
}

/** Asks the CI system for the token of a job, for our issuer. */
async function jobToken(audience: string): Promise<string> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', resource: audience })
  const [id, secret] = [encodeURIComponent(JOB), 'job-secret']
  const headers = { authorization: `Basic ${btoa(`${id}:${secret}`)}` }
  const response = await fetch(`http://localhost:${port}/token`, { method: 'POST', headers, body })
  const { access_token } = (await response.json()) as { access_token: string }
  return access_token
}

describe.each(ALGORITHMS)('private_key_jwt by %s', (alg) => {
  const client_id = `keyed-${alg}`
  const key = () => ({ key: pairs.get(alg) as CryptoKey, kid: alg })

  it('oauth4webapi gets, exchanges and revokes tokens', async () => {
    const as = await discover()
    expect(as.token_endpoint_auth_signing_alg_values_supported).toContain(alg)
    const client: oauth.Client = { client_id }
    // Our issuer's audience is its URL, which this library puts there by itself.
    const authentication = oauth.PrivateKeyJwt(key())
    const request = { resource: API, scope: 'orders:read' }
    const response = await oauth.clientCredentialsGrantRequest(as, client, authentication, request, insecure)
    const { access_token } = await oauth.processClientCredentialsResponse(as, client, response)
    // A client's own token cannot be exchanged: there is nobody whom it is about.
    const parameters = { subject_token: access_token, subject_token_type: ACCESS_TOKEN, resource: INNER }
    const exchange = await oauth.genericTokenEndpointRequest(
      as,
      client,
      authentication,
      TOKEN_EXCHANGE,
      parameters,
      insecure,
    )
    await expect(oauth.processGenericTokenEndpointResponse(as, client, exchange)).rejects.toMatchObject({
      error: 'invalid_request',
    })
    const revoked = await oauth.revocationRequest(as, client, authentication, access_token, insecure)
    await oauth.processRevocationResponse(revoked)
    shows('oauth4webapi', 'client credentials', 'private_key_jwt', 'revokes')
  })

  it('openid-client gets tokens', async () => {
    const config = await openid.discovery(new URL(live.issuer), client_id, undefined, openid.PrivateKeyJwt(key()), {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    })
    const tokens = await openid.clientCredentialsGrant(config, { resource: API })
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'orders:read' })
    shows('openid-client', 'client credentials', 'private_key_jwt')
  })
})

describe("a job's token of oidc-provider", () => {
  it('is worth one of ours by the JWT bearer grant, once', async () => {
    const assertion = await jobToken(live.issuer)
    const as = await discover()
    const client: oauth.Client = { client_id: 'runner' }
    const send = () => oauth.genericTokenEndpointRequest(as, client, oauth.None(), JWT_BEARER, { assertion }, insecure)
    const tokens = await oauth.processGenericTokenEndpointResponse(as, client, await send())
    expect(tokens).toMatchObject({ token_type: 'bearer', scope: 'deploy' })
    const { sub, client_id, exp, iat } = await entitlementOf(tokens.access_token)
    expect([sub, client_id, exp - iat <= 300]).toEqual([`external:ci:${JOB}`, 'runner', true])
    await expect(oauth.processGenericTokenEndpointResponse(as, client, await send())).rejects.toMatchObject({
      error: 'invalid_grant',
    })
    shows('oauth4webapi', 'JWT bearer')
  })

  it('is worth one of ours by token exchange, with openid-client', async () => {
    const config = await openid.discovery(
      new URL(live.issuer),
      'app',
      undefined,
      openid.ClientSecretBasic('app-secret'),
      { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
    )
    const subject_token = await jobToken(live.issuer)
    const tokens = await openid.genericGrantRequest(config, TOKEN_EXCHANGE, { subject_token, subject_token_type: JWT })
    expect(tokens).toMatchObject({ issued_token_type: ACCESS_TOKEN, scope: 'deploy' })
    expect((await entitlementOf(tokens.access_token)).sub).toBe(`external:ci:${JOB}`)
    shows('openid-client', 'exchange')
  })

  it('that was made for another is worth nothing', async () => {
    const assertion = await jobToken('https://other.example')
    const body = new URLSearchParams({ grant_type: JWT_BEARER, client_id: 'runner', assertion })
    const response = await fetch(`${live.issuer}/token`, { method: 'POST', body })
    expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_grant' })])
  })
})
