import { type CryptoKey, exportJWK, generateKeyPair } from 'jose'
import * as oauth from 'oauth4webapi'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring, exportKeys, writeKeys } from '../../keys/index.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { drive } from '../cases/login.mjs'
import { openEntitlement } from '../fixtures.ts'
import { type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { shows } from './shows.ts'

/** A live issuer that is in the FAPI 2.0 Security Profile as a whole, and unmodified clients that keep to it. */

const API = 'https://api.example.com'
const REDIRECT = 'https://bank.example/callback'
const ALGORITHMS = ['ES256', 'Ed25519', 'PS256'] as const
const keys = new Map<string, CryptoKey>()
let live: LiveIssuer

beforeAll(async () => {
  const clients = await Promise.all(
    ALGORITHMS.map(async (alg) => {
      const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
      keys.set(alg, privateKey as CryptoKey)
      const client = {
        client_name: `Bank by ${alg}`,
        token_endpoint_auth_method: 'private_key_jwt',
        token_endpoint_auth_signing_alg: alg,
        jwks: { keys: [{ ...(await exportJWK(publicKey)), kid: alg }] },
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: [REDIRECT],
        resources: [API],
        scopes: ['orders:read'],
      }
      return [`bank-${alg}`, client] as const
    }),
  )
  live = await startIssuer({ PROFILE: 'fapi2', CLIENTS: Object.fromEntries(clients) })
}, 60_000)
afterAll(() => live?.stop())

const go = async (url: URL): Promise<URL> => {
  const { callback, trace } = await drive(String(url), REDIRECT)
  if (callback === undefined) throw new Error(trace.join('\n'))
  return new URL(callback)
}

/** What a token is bound to, as its resource server sees it. */
async function boundTo(token: string): Promise<unknown> {
  const now = Math.floor(Date.now() / 1000)
  const leaves = createKeyring(live.ring, live.issuer).leavesFor('access', API, 'A256GCM', 600)
  const limits = { now, clockTolerance: 10, longestLife: 600, anonymous: false }
  return (await openEntitlement(token, leaves, { issuer: live.issuer, resource: API, ...limits })).cnf
}

/** What a resource server answers to a token that is shown as a bearer token. */
async function shownAsBearer(token: string): Promise<unknown> {
  const now = Math.floor(Date.now() / 1000)
  const exported = writeKeys(exportKeys(live.ring, { issuer: live.issuer, resource: API, now }))
  const verifier = createVerifier({ issuer: live.issuer, resource: API, keys: exported })
  const result = await verifier.verify({ method: 'GET', url: API, headers: { authorization: `Bearer ${token}` } })
  return result.ok ? 'ok' : result.code
}

describe.each(ALGORITHMS)('a client that keeps to FAPI 2.0, by %s', (alg) => {
  const client_id = `bank-${alg}`
  const key = () => ({ key: keys.get(alg) as CryptoKey, kid: alg })

  it('openid-client gets, uses and renews tokens', async () => {
    const config = await openid.discovery(new URL(live.issuer), client_id, undefined, openid.PrivateKeyJwt(key()), {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    })
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair(alg))
    const [verifier, state] = [openid.randomPKCECodeVerifier(), openid.randomState()]
    const request = {
      redirect_uri: REDIRECT,
      scope: 'orders:read',
      state,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }
    const url = await openid.buildAuthorizationUrlWithPAR(config, request, { DPoP })
    expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])
    const checks = { pkceCodeVerifier: verifier, expectedState: state }
    const tokens = await openid.authorizationCodeGrant(config, await go(url), checks, undefined, { DPoP })
    expect(tokens).toMatchObject({ token_type: 'dpop', scope: 'orders:read' })
    const jkt = await DPoP.calculateThumbprint()
    expect(await boundTo(tokens.access_token)).toEqual({ jkt })
    expect(await shownAsBearer(tokens.access_token)).toBe('invalid_token')
    const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP })
    expect([renewed.token_type, renewed.refresh_token]).toEqual(['dpop', tokens.refresh_token])
    await expect(openid.refreshTokenGrant(config, tokens.refresh_token ?? '')).rejects.toMatchObject({
      error: 'invalid_dpop_proof',
    })
    shows('openid-client', 'FAPI 2.0')
  })

  it('oauth4webapi gets and renews tokens', async () => {
    const insecure = { [oauth.allowInsecureRequests]: true }
    const issuer = new URL(live.issuer)
    const discovered = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...insecure })
    const as = await oauth.processDiscoveryResponse(issuer, discovered)
    expect(as.require_pushed_authorization_requests).toBe(true)
    const client: oauth.Client = { client_id }
    const authentication = oauth.PrivateKeyJwt(key())
    const DPoP = oauth.DPoP(client, await oauth.generateKeyPair(alg))
    const again = <Result>(ask: () => Promise<Result>): Promise<Result> =>
      ask().catch((error) => (oauth.isDPoPNonceError(error) ? ask() : Promise.reject(error)))
    const [verifier, state] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState()]
    const request = {
      response_type: 'code',
      redirect_uri: REDIRECT,
      scope: 'orders:read',
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }
    const options = { DPoP, ...insecure }
    const { request_uri, expires_in } = await again(async () => {
      const pushed = await oauth.pushedAuthorizationRequest(as, client, authentication, request, options)
      return oauth.processPushedAuthorizationResponse(as, client, pushed)
    })
    expect(expires_in).toBeLessThan(600)
    const url = new URL(as.authorization_endpoint ?? '')
    url.search = String(new URLSearchParams({ client_id, request_uri }))
    const parameters = oauth.validateAuthResponse(as, client, await go(url), state)
    const result = await again(async () =>
      oauth.processAuthorizationCodeResponse(
        as,
        client,
        await oauth.authorizationCodeGrantRequest(as, client, authentication, parameters, REDIRECT, verifier, options),
      ),
    )
    expect([result.token_type, await boundTo(result.access_token)]).toEqual([
      'dpop',
      { jkt: await DPoP.calculateThumbprint() },
    ])
    const renewed = await again(async () =>
      oauth.processRefreshTokenResponse(
        as,
        client,
        await oauth.refreshTokenGrantRequest(as, client, authentication, result.refresh_token ?? '', options),
      ),
    )
    expect([renewed.token_type, renewed.refresh_token]).toEqual(['dpop', result.refresh_token])
    shows('oauth4webapi', 'FAPI 2.0')
  })
})
