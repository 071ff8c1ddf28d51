/**
 * The modules of the OpenID Foundation's conformance suite for a Basic and a Config OP with a static client, each under its own
 * name: what it sends, and what it wants to see. The suite itself was read, not run. Like its client, this one sends no PKCE.
 */
import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { basic, ISSUER, NOW } from '../fixtures.ts'
import {
  ALICE,
  claimsOf,
  createProvider,
  type OpenidAnswer,
  type Provider,
  type ProviderChanges,
  RP,
  RP_CALLBACK,
  RP_SECRET,
} from '../parties/openid_provider.ts'
import { type Changes, challengeless } from '../parties/person.ts'

/** A clock that goes on. */
function createClock() {
  let at = NOW
  return {
    now: () => at,
    wait(seconds: number): void {
      at += seconds
    },
  }
}

/** A provider with the suite's client, and what it knows of everybody. */
function setUp(changes: ProviderChanges = {}): Provider {
  return createProvider({ ...changes, rp: { pkce: 'optional', ...changes.rp } })
}

/** Asks, without PKCE. */
function authorize(provider: Provider, changes: Changes = {}): Promise<URL> {
  return provider.authorize({ ...challengeless, scope: 'openid', ...changes })
}

function redeem(provider: Provider, code: string | null, client?: string): Promise<OpenidAnswer> {
  return provider.token({ grant_type: 'authorization_code', code: code ?? '', redirect_uri: RP_CALLBACK }, client)
}

/** Goes through all of it, and checks the ID token as the suite does. */
async function run(provider: Provider, changes: Changes = {}): Promise<OpenidAnswer> {
  const location = await authorize(provider, changes)
  expect([location.searchParams.get('state'), location.searchParams.get('iss')]).toEqual(['xyz', ISSUER])
  const answer = await redeem(provider, location.searchParams.get('code'))
  const jwks = (await (await provider.ask(new Request(`${ISSUER}/jwks`))).json()) as JSONWebKeySet
  const { payload, protectedHeader } = await jwtVerify(answer.id_token ?? '', createLocalJWKSet(jwks), {
    issuer: ISSUER,
    audience: 'rp',
    currentDate: new Date(NOW * 1000),
    requiredClaims: ['sub', 'exp', 'iat'],
  })
  expect(protectedHeader.alg).toBe('RS256')
  expect(payload['nonce']).toBe('nonce' in changes ? changes['nonce'] : 'n-0S6')
  expect(answer.token_type).toBe('Bearer')
  return answer
}

async function userinfo(
  provider: Provider,
  answer: OpenidAnswer,
  init?: RequestInit,
): Promise<Record<string, unknown>> {
  const response = await provider.userinfo(answer.access_token, init)
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
  return (await response.json()) as Record<string, unknown>
}

const pick = (...names: readonly (keyof typeof ALICE)[]) => Object.fromEntries(names.map((name) => [name, ALICE[name]]))

const OF_SCOPE = {
  profile: pick('name', 'given_name', 'family_name', 'preferred_username', 'picture', 'locale', 'updated_at'),
  email: pick('email', 'email_verified'),
  address: pick('address'),
  phone: pick('phone_number', 'phone_number_verified'),
}

describe('oidcc-basic-certification-test-plan', () => {
  it('oidcc-server', async () => {
    const answer = await run(setUp())
    const { name, email } = claimsOf(answer.id_token)
    expect([name, email]).toEqual([undefined, undefined])
  })

  it('oidcc-response-type-missing', async () => {
    const { searchParams } = await authorize(setUp(), { response_type: undefined })
    expect(searchParams.get('error')).toBe('invalid_request')
  })

  it('oidcc-userinfo-get', async () => {
    const provider = setUp()
    expect(await userinfo(provider, await run(provider))).toEqual({ sub: 'alice' })
  })

  it('oidcc-userinfo-post-header', async () => {
    const provider = setUp()
    expect(await userinfo(provider, await run(provider), { method: 'POST' })).toEqual({ sub: 'alice' })
  })

  it('oidcc-userinfo-post-body: it may be refused, and is', async () => {
    const provider = setUp()
    const { access_token } = await run(provider)
    const response = await provider.ask(
      new Request(`${ISSUER}/userinfo`, { method: 'POST', body: new URLSearchParams({ access_token }) }),
    )
    expect(response.status).toBeGreaterThanOrEqual(400)
    expect(response.status).toBeLessThan(500)
    expect(await response.text()).not.toContain('alice')
  })

  it('oidcc-ensure-request-without-nonce-succeeds-for-code-flow', async () => {
    await run(setUp(), { nonce: undefined })
  })

  it.each([
    ['oidcc-scope-profile', 'profile'],
    ['oidcc-scope-email', 'email'],
    ['oidcc-scope-address', 'address'],
    ['oidcc-scope-phone', 'phone'],
  ] as const)('%s', async (_, scope) => {
    const provider = setUp()
    const answer = await run(provider, { scope: `openid ${scope}` })
    expect(await userinfo(provider, answer)).toEqual({ sub: 'alice', ...OF_SCOPE[scope] })
  })

  it('oidcc-scope-all', async () => {
    const provider = setUp()
    const answer = await run(provider, { scope: 'openid profile email address phone' })
    expect(await userinfo(provider, answer)).toEqual({ sub: 'alice', ...ALICE })
  })

  it('oidcc-alternate-happy-flow', async () => {
    // Its scopes stand in another order, and the redirect URI has a query.
    const redirect_uri = `${RP_CALLBACK}?dummy1=lorem&dummy2=ipsum`
    const provider = setUp({ rp: { redirect_uris: [redirect_uri] } })
    const location = await authorize(provider, { scope: 'email openid', redirect_uri })
    expect([location.searchParams.get('dummy1'), location.searchParams.get('dummy2')]).toEqual(['lorem', 'ipsum'])
    const code = location.searchParams.get('code') ?? ''
    const answer = await provider.token({ grant_type: 'authorization_code', code, redirect_uri })
    expect(claimsOf(answer.id_token)).toMatchObject(OF_SCOPE.email)
  })

  it.each([
    ['oidcc-display-page', 'page'],
    ['oidcc-display-popup', 'popup'],
  ])('%s', async (_, display) => {
    await run(setUp(), { display })
  })

  it('oidcc-prompt-login', async () => {
    const { now, wait } = createClock()
    const provider = setUp({ now })
    const first = claimsOf((await redeem(provider, (await authorize(provider)).searchParams.get('code'))).id_token)
    wait(2)
    const again = await authorize(provider, { prompt: 'login' })
    const second = claimsOf((await redeem(provider, again.searchParams.get('code'))).id_token)
    expect([second['sub'], Number(second['auth_time']) - Number(first['auth_time'])]).toEqual([first['sub'], 2])
  })

  it('oidcc-prompt-none-not-logged-in', async () => {
    const { searchParams } = await authorize(setUp(), { prompt: 'none' })
    expect([searchParams.get('error'), searchParams.get('state')]).toEqual(['login_required', 'xyz'])
  })

  it('oidcc-prompt-none-logged-in', async () => {
    const provider = setUp()
    const first = claimsOf((await run(provider)).id_token)
    const second = claimsOf((await run(provider, { prompt: 'none' })).id_token)
    expect([second['sub'], second['auth_time']]).toEqual([first['sub'], first['auth_time']])
  })

  it('oidcc-max-age-1', async () => {
    const { now, wait } = createClock()
    const provider = setUp({ now })
    await authorize(provider)
    wait(2)
    const again = await authorize(provider, { max_age: '1' })
    const { auth_time } = claimsOf((await redeem(provider, again.searchParams.get('code'))).id_token)
    expect(auth_time).toBe(NOW + 2)
  })

  it('oidcc-max-age-10000', async () => {
    const { now, wait } = createClock()
    const provider = setUp({ now })
    const first = claimsOf((await redeem(provider, (await authorize(provider)).searchParams.get('code'))).id_token)
    wait(1)
    const again = await authorize(provider, { max_age: '10000' })
    const second = claimsOf((await redeem(provider, again.searchParams.get('code'))).id_token)
    expect([second['sub'], second['auth_time']]).toEqual([first['sub'], first['auth_time']])
  })

  it('oidcc-ensure-request-with-unknown-parameter-succeeds', async () => {
    await run(setUp(), { extra: 'foobar' })
  })

  it('oidcc-id-token-hint', async () => {
    const provider = setUp()
    const first = await run(provider)
    const second = await run(provider, { prompt: 'none', id_token_hint: first.id_token })
    expect(claimsOf(second.id_token)['sub']).toBe(claimsOf(first.id_token)['sub'])
  })

  it('oidcc-login-hint', async () => {
    await run(setUp(), { login_hint: 'buffy@as.example' })
  })

  it('oidcc-ui-locales', async () => {
    await run(setUp(), { ui_locales: 'se' })
  })

  it('oidcc-claims-locales', async () => {
    await run(setUp(), { claims_locales: 'se' })
  })

  it('oidcc-ensure-request-with-acr-values-succeeds', async () => {
    const provider = setUp({ openid: { acr_values: ['1', '2'] }, person: { acr: '1' } })
    expect(claimsOf((await run(provider, { acr_values: '1 2' })).id_token)['acr']).toBe('1')
  })

  it.each([
    ['oidcc-codereuse', 0],
    ['oidcc-codereuse-30seconds', 30],
  ])('%s', async (_, seconds) => {
    const { now, wait } = createClock()
    const provider = setUp({ now })
    const code = (await authorize(provider)).searchParams.get('code')
    const answer = await redeem(provider, code)
    wait(seconds)
    expect((await redeem(provider, code)).error).toBe('invalid_grant')
    // What the first one gave has ended, too.
    expect((await provider.userinfo(answer.access_token)).status).toBe(401)
  })

  it('oidcc-ensure-registered-redirect-uri', async () => {
    const location = await authorize(setUp(), { redirect_uri: `${RP_CALLBACK}/x` })
    expect(location.href).toBe('page:400')
  })

  it('oidcc-ensure-post-request-succeeds', async () => {
    const provider = setUp()
    const form = { response_type: 'code', client_id: 'rp', redirect_uri: RP_CALLBACK, scope: 'openid', state: 'xyz' }
    const posted = await provider.browser.post(`${ISSUER}/authorize`, form)
    expect(posted.status).toBe(303)
    const asked = Object.fromEntries(new URL(posted.headers.get('location') ?? '').searchParams)
    expect(asked).toEqual(form)
    await run(provider, { ...asked, nonce: undefined })
  })

  it('oidcc-server-client-secret-post', async () => {
    const provider = setUp()
    const code = (await authorize(provider)).searchParams.get('code') ?? ''
    const form = { grant_type: 'authorization_code', code, redirect_uri: RP_CALLBACK }
    const response = await provider.ask(
      new Request(`${ISSUER}/token`, {
        method: 'POST',
        body: new URLSearchParams({ ...form, client_id: 'rp', client_secret: RP_SECRET }),
      }),
    )
    expect(claimsOf(((await response.json()) as OpenidAnswer).id_token)['sub']).toBe('alice')
  })

  it('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported', async () => {
    const payload = { client_id: 'rp', scope: 'openid', response_type: 'code', redirect_uri: RP_CALLBACK }
    const [header, body] = [{ alg: 'none' }, payload].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    )
    const { searchParams } = await authorize(setUp(), { request: `${header}.${body}.` })
    expect(searchParams.get('error')).toBe('request_not_supported')
  })

  it('oidcc-claims-essential', async () => {
    const provider = setUp()
    const answer = await run(provider, { claims: JSON.stringify({ userinfo: { name: { essential: true } } }) })
    expect(await userinfo(provider, answer)).toEqual({ sub: 'alice', name: ALICE.name })
  })

  it('oidcc-ensure-request-object-with-redirect-uri', async () => {
    const [header, body] = [{ alg: 'none' }, { redirect_uri: RP_CALLBACK }].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    )
    const location = await authorize(setUp(), {
      request: `${header}.${body}.`,
      redirect_uri: 'https://evil.example/cb',
    })
    expect(location.href).toBe('page:400')
  })

  it('oidcc-refresh-token', async () => {
    const { now, wait } = createClock()
    const other = { ...RP, pkce: 'optional' } as const
    const provider = setUp({ now, clients: { other } })
    const code = (await authorize(provider, { scope: 'openid offline_access', prompt: 'consent' })).searchParams.get(
      'code',
    )
    const first = await redeem(provider, code)
    wait(1)
    const refresh = { grant_type: 'refresh_token', refresh_token: first.refresh_token }
    const [before, after] = [first, await provider.token(refresh)].map(({ id_token }) => claimsOf(id_token))
    for (const same of ['iss', 'sub', 'aud', 'auth_time']) expect(after?.[same]).toEqual(before?.[same])
    expect(Number(after?.['iat'])).toBeGreaterThan(Number(before?.['iat']))
    expect((await provider.token(refresh, 'other')).error).toBe('invalid_grant')
  })

  it('oidcc-ensure-request-with-valid-pkce-succeeds', async () => {
    const provider = setUp()
    const { id_token } = await provider.login({ scope: 'openid' })
    expect(claimsOf(id_token)['sub']).toBe('alice')
  })
})

describe('oidcc-config-certification-test-plan', () => {
  it('oidcc-discovery-endpoint-verification', async () => {
    const provider = setUp()
    const response = await provider.ask(new Request(`${ISSUER}/.well-known/openid-configuration`))
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json'])
    const document = (await response.json()) as Record<string, unknown>
    expect(document['issuer']).toBe(ISSUER)
    for (const endpoint of ['authorization', 'token', 'userinfo'])
      expect(document[`${endpoint}_endpoint`]).toMatch(/^https:/)
    expect(document['jwks_uri']).toMatch(/^https:/)
    expect(document['response_types_supported']).toEqual(['code'])
    expect(document['subject_types_supported']).toContain('public')
    expect(document['id_token_signing_alg_values_supported']).toContain('RS256')
    expect(document['scopes_supported']).toEqual(
      expect.arrayContaining(['openid', 'profile', 'email', 'address', 'phone']),
    )
    expect(document['claims_supported']).toEqual(expect.arrayContaining(['sub', 'name', 'email']))
    expect(document['token_endpoint_auth_methods_supported']).toEqual(
      expect.arrayContaining(['client_secret_basic', 'client_secret_post']),
    )
    const { keys } = (await (await provider.ask(new Request(String(document['jwks_uri'])))).json()) as JSONWebKeySet
    expect(keys.filter(({ kty }) => kty === 'RSA')).not.toEqual([])
    for (const key of keys) for (const member of ['d', 'p', 'q', 'k']) expect(key).not.toHaveProperty(member)
    expect(new Set(keys.map(({ kid }) => kid)).size).toBe(keys.length)
  })
})

describe('a client of the suite', () => {
  it('proves itself by Basic: without a secret there is no token', async () => {
    const provider = setUp()
    const code = (await authorize(provider)).searchParams.get('code') ?? ''
    const response = await provider.ask(
      new Request(`${ISSUER}/token`, {
        method: 'POST',
        headers: { authorization: basic('rp', 'wrong') },
        body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: RP_CALLBACK }),
      }),
    )
    expect(response.status).toBe(401)
  })
})
