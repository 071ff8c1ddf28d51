import { join } from 'node:path'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { drive } from '../cases/login.mjs'
import { run } from '../checkout.ts'
import { secretHash } from '../fixtures.ts'
import { type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { shows } from './shows.ts'

/** Unmodified clients, pointed at a fresh development issuer. */
let live: LiveIssuer
beforeAll(async () => {
  live = await startIssuer(SHOP)
}, 60_000)
afterAll(() => live?.stop())

/** A shop that must push its requests, and asks in detail. */
const SHOP = {
  AUTHORIZATION_DETAILS_TYPES: {
    purchase: {
      name: 'Buy',
      resources: ['https://api.example.com'],
      schema: {
        type: 'object',
        properties: { article: { type: 'string' }, actions: { type: 'array', items: { type: 'string' } } },
        required: ['article'],
        additionalProperties: false,
      },
    },
  },
  CLIENTS: {
    shop: {
      secret_hash: secretHash('shop-secret'),
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['http://127.0.0.1/callback'],
      resources: ['https://api.example.com'],
      scopes: ['orders:read'],
      authorization_details_types: ['purchase'],
      require_pushed_authorization_requests: true,
    },
  },
}
const PURCHASE = { type: 'purchase', article: '12 "ÄÖÜ" & more', actions: ['order', 'cancel'] }

const REDIRECT = 'http://127.0.0.1:4998/callback'
const go = async (url: string | URL): Promise<URL> => {
  const { callback, trace } = await drive(String(url), REDIRECT)
  if (callback === undefined) throw new Error(trace.join('\n'))
  return new URL(callback)
}

describe('oauth4webapi', () => {
  const insecure = { [oauth.allowInsecureRequests]: true }
  it.each([
    ['demo-app', oauth.None()],
    ['demo-service', oauth.ClientSecretBasic('demo-secret')],
    ['demo-service', oauth.ClientSecretPost('demo-secret')],
  ])('gets, uses and renews tokens as %s', async (client_id, authentication) => {
    const issuer = new URL(live.issuer)
    const as = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
    )
    const client: oauth.Client = { client_id }
    const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()]
    const url = new URL(as.authorization_endpoint ?? '')
    url.search = String(
      new URLSearchParams({
        client_id,
        response_type: 'code',
        redirect_uri: REDIRECT,
        scope: 'orders:read',
        resource: 'https://api.example.com',
        state,
        code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }),
    )
    const parameters = oauth.validateAuthResponse(as, client, await go(url), state)
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      authentication,
      parameters,
      REDIRECT,
      verifier,
      insecure,
    )
    const result = await oauth.processAuthorizationCodeResponse(as, client, response)
    expect(result).toMatchObject({ token_type: 'bearer', expires_in: 600, scope: 'orders:read' })
    const refreshed = await oauth.refreshTokenGrantRequest(
      as,
      client,
      authentication,
      result.refresh_token ?? '',
      insecure,
    )
    expect(await oauth.processRefreshTokenResponse(as, client, refreshed)).toMatchObject({ scope: 'orders:read' })
    shows('oauth4webapi', 'code', 'refresh')
  })

  it.each([
    ['demo-app', oauth.None(), undefined],
    ['demo-service', oauth.ClientSecretBasic('demo-secret'), undefined],
    ['demo-service', oauth.ClientSecretPost('demo-secret'), undefined],
    ['shop', oauth.ClientSecretBasic('shop-secret'), JSON.stringify([PURCHASE])],
  ])('pushes its request as %s (RFC 9126, RFC 9396)', async (client_id, authentication, authorization_details) => {
    const issuer = new URL(live.issuer)
    const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
    const as = await oauth.processDiscoveryResponse(issuer, discovered)
    const client: oauth.Client = { client_id }
    const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()]
    const request = new URLSearchParams({
      response_type: 'code',
      redirect_uri: REDIRECT,
      scope: 'orders:read',
      resource: 'https://api.example.com',
      state,
      ...(authorization_details === undefined ? {} : { authorization_details }),
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    })
    const answer = await oauth.pushedAuthorizationRequest(as, client, authentication, request, insecure)
    const { request_uri, expires_in } = await oauth.processPushedAuthorizationResponse(as, client, answer)
    expect(expires_in).toBe(90)
    const url = new URL(as.authorization_endpoint ?? '')
    url.search = String(new URLSearchParams({ client_id, request_uri }))
    const parameters = oauth.validateAuthResponse(as, client, await go(url), state)
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      authentication,
      parameters,
      REDIRECT,
      verifier,
      insecure,
    )
    const result = await oauth.processAuthorizationCodeResponse(as, client, response)
    expect(result.authorization_details).toEqual(authorization_details === undefined ? undefined : [PURCHASE])
    const less = { authorization_details: JSON.stringify([{ ...PURCHASE, actions: ['order'] }]) }
    const refreshed = await oauth.refreshTokenGrantRequest(as, client, authentication, result.refresh_token ?? '', {
      ...insecure,
      ...(authorization_details === undefined ? {} : { additionalParameters: less }),
    })
    const narrowed = await oauth.processRefreshTokenResponse(as, client, refreshed)
    expect(narrowed.authorization_details).toEqual(
      authorization_details === undefined ? undefined : [{ ...PURCHASE, actions: ['order'] }],
    )
    shows('oauth4webapi', 'pushed', 'details')
  })

  it('gets a token for itself', async () => {
    const issuer = new URL(live.issuer)
    const as = await oauth.processDiscoveryResponse(
      issuer,
      await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure }),
    )
    const client = { client_id: 'demo-service' }
    const response = await oauth.clientCredentialsGrantRequest(
      as,
      client,
      oauth.ClientSecretBasic('demo-secret'),
      { resource: 'https://api.example.com' },
      insecure,
    )
    expect(await oauth.processClientCredentialsResponse(as, client, response)).toMatchObject({
      scope: 'orders:read orders:write',
    })
    shows('oauth4webapi', 'client credentials')
  })
})

describe('openid-client', () => {
  it.each([
    ['demo-app', openid.None()],
    ['demo-service', openid.ClientSecretBasic('demo-secret')],
  ])('gets and renews tokens as %s', async (client_id, authentication) => {
    const config = await openid.discovery(new URL(live.issuer), client_id, undefined, authentication, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    })
    const [pkceCodeVerifier, expectedState] = [openid.randomPKCECodeVerifier(), openid.randomState()]
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT,
      scope: 'orders:read orders:write',
      state: expectedState,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    const tokens = await openid.authorizationCodeGrant(config, await go(url), { pkceCodeVerifier, expectedState })
    expect(tokens.scope).toBe('orders:read orders:write')
    const refreshed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', { scope: 'orders:read' })
    expect(refreshed.scope).toBe('orders:read')
    shows('openid-client', 'code', 'refresh')
  })
})

describe('openid-client, pushing', () => {
  it.each([
    ['demo-app', openid.None(), undefined],
    ['shop', openid.ClientSecretPost('shop-secret'), JSON.stringify([PURCHASE])],
  ])('gets tokens as %s (RFC 9126, RFC 9396)', async (client_id, authentication, authorization_details) => {
    const config = await openid.discovery(new URL(live.issuer), client_id, undefined, authentication, {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    })
    const [pkceCodeVerifier, expectedState] = [openid.randomPKCECodeVerifier(), openid.randomState()]
    const url = await openid.buildAuthorizationUrlWithPAR(config, {
      redirect_uri: REDIRECT,
      ...(authorization_details === undefined ? { scope: 'orders:read' } : { authorization_details }),
      state: expectedState,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
    })
    expect([...url.searchParams.keys()].toSorted()).toEqual(['client_id', 'request_uri'])
    const tokens = await openid.authorizationCodeGrant(config, await go(url), { pkceCodeVerifier, expectedState })
    expect([tokens.scope, tokens['authorization_details']]).toEqual(
      authorization_details === undefined ? ['orders:read', undefined] : [undefined, [PURCHASE]],
    )
    shows('openid-client', 'pushed', 'details')
  })
})

describe("Python's requests-oauthlib", () => {
  it.each([
    ['demo-app', '', 'in the body'],
    ['demo-app', '', 'by Basic with an empty password, its default'],
    ['demo-service', 'demo-secret', 'by Basic'],
  ])('gets and renews tokens as %s%s, named %s', async (client, secret, named) => {
    const driver = join(import.meta.dirname, '..', 'cases', 'login.mjs')
    const input = JSON.stringify({ issuer: live.issuer, client, secret, named, redirect: REDIRECT, driver })
    const ended = await run('/usr/bin/python3', [join(import.meta.dirname, 'requests_oauthlib_flow.py')], { input })
    expect(ended).toEqual({ code: 0, out: 'done\n', err: '' })
    shows('python3-requests-oauthlib', 'code', 'refresh')
  })
})
