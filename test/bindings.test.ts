import { describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../keys/index.ts'
import { createIssuer, createMemoryGuard, readBindings } from '../src/index.ts'
import { challengeOf } from '../src/protocol/pkce.ts'
import { checkSettings } from '../src/settings/settings.ts'
import { NOW, PARTNER_KEY, secretHash, testKey, testRing } from './fixtures.ts'
import { RING_RSA } from './parties/partner.ts'
import { createBrowser, goesTo, hiddenField, VERIFIER } from './parties/person.ts'
import { REGISTRATION_KEYS } from './parties/walk_in.ts'

const LOCAL = 'http://localhost:8787'

describe('the bindings of a Worker', () => {
  it('become settings', () => {
    const env = {
      ISSUER: 'https://as.example',
      RESOURCES: { a: {} },
      CLIENTS: { b: {} },
      KEY_RING: 'x',
      KEY_RING_NEXT: 'y',
    }
    expect(readBindings(env)).toEqual({
      issuer: env.ISSUER,
      certificate: expect.any(Function),
      onEvent: expect.any(Function),
      resources: { a: {} },
      clients: { b: {} },
      keyRing: 'x',
      keyRingNext: 'y',
    })
  })

  it('that need not be there become settings, too', () => {
    const env = {
      ISSUER: LOCAL,
      AUTHORIZATION_DETAILS_TYPES: { c: {} },
      REQUIRE_PUSHED_AUTHORIZATION_REQUESTS: true,
      PAIRWISE_SALT: 'z',
    }
    expect(readBindings(env)).toMatchObject({
      authorizationDetailsTypes: { c: {} },
      requirePushedAuthorizationRequests: true,
      pairwiseSalt: 'z',
    })
    expect(() => readBindings({ ...env, PAIRWISE_SALT: 1 })).toThrow('"PAIRWISE_SALT" expected a text')
  })

  it('may lack resources, clients and rings, but not the issuer', () => {
    expect(readBindings({ ISSUER: LOCAL })).toEqual({
      issuer: LOCAL,
      certificate: expect.any(Function),
      onEvent: expect.any(Function),
      resources: {},
      clients: {},
      keyRing: undefined,
      keyRingNext: undefined,
    })
    expect(() => readBindings({})).toThrow('"ISSUER" expected the URL of this issuer, got nothing')
  })

  it.each([
    { ISSUER: 1 },
    { ISSUER: LOCAL, RESOURCES: '{}' },
    { ISSUER: LOCAL, CLIENTS: [] },
    { ISSUER: LOCAL, KEY_RING: {} },
    { ISSUER: LOCAL, GUARD: {} as never },
    { ISSUER: LOCAL, REVOCATIONS: {} as never },
    { ISSUER: LOCAL, REVOCATIONS: 'true' as never },
    { ISSUER: LOCAL, FAILURES: 50 as never },
    { ISSUER: LOCAL, LOGIN: { type: 'page', url: LOCAL, issuer: 'x', jwks: { keys: [] }, algorithm: 'ES256' } },
    { ISSUER: LOCAL, LOGIN: { type: 'openid', issuer: LOCAL, client_id: 'x', scopes: 'openid' } },
  ])('are refused as %j', (env) => expect(() => readBindings(env)).toThrow(TypeError))

  it('have the development fixtures only with DEVELOPMENT = "true" on a loopback issuer (design §10)', () => {
    const { resources, clients } = readBindings({ ISSUER: LOCAL, DEVELOPMENT: 'true' })
    expect(Object.keys(resources)).toContain('https://api.example.com')
    expect(Object.keys(clients)).toContain('demo-service')
    for (const DEVELOPMENT of ['false', '', 'TRUE', '1', true, undefined]) {
      expect(readBindings({ ISSUER: LOCAL, DEVELOPMENT }).clients).toEqual({})
    }
    expect(() => readBindings({ ISSUER: 'https://as.example', DEVELOPMENT: 'true' })).toThrow(
      '"DEVELOPMENT" expected an issuer on localhost',
    )
  })

  it('have fixtures that the settings take, and own entries come before them', () => {
    const mine = { scopes: ['orders:read', 'orders:write', 'mine'] }
    const settings = readBindings({
      ISSUER: LOCAL,
      DEVELOPMENT: 'true',
      GUARD: 'none',
      RESOURCES: { 'https://api.example.com': mine },
    })
    expect(settings.resources['https://api.example.com']).toBe(mine)
    expect(() => createIssuer(settings)).not.toThrow()
  })

  it('have no clients to play with, and no demo, where all are in a profile: secrets are not for them', () => {
    const env = { ISSUER: LOCAL, DEVELOPMENT: 'true', PROFILE: 'fapi2' }
    const settings = readBindings({ ...env, GUARD: 'none' })
    expect(settings).toMatchObject({ profile: 'fapi2', clients: {} })
    expect([settings.isDemo, settings.authenticate]).toEqual([undefined, expect.any(Function)])
    expect(() => createIssuer(settings)).not.toThrow()
    expect(() => createIssuer(readBindings({ ...env, PROFILE: '' }))).toThrow('"profile" expected "fapi2"')
  })

  it('have a partner among the fixtures where there is its key, of which the private part stays where it is', () => {
    const env = { ISSUER: LOCAL, DEVELOPMENT: 'true', GUARD: 'none', PARTNER_KEY: JSON.stringify(PARTNER_KEY) }
    const settings = readBindings(env)
    expect(settings.resources['https://partner.example.com']).toMatchObject({ envelope: 'nested' })
    expect(settings.clients['demo-service']).toMatchObject({ scopes: expect.arrayContaining(['reports:read']) })
    expect(JSON.stringify(settings)).not.toContain(PARTNER_KEY.d)
    expect(() => createIssuer(settings)).not.toThrow()
    const without = readBindings({ ...env, PARTNER_KEY: '' })
    expect(Object.keys(without.resources)).toEqual(['https://api.example.com', 'http://localhost:8788/mcp'])
    expect(readBindings({ ...env, DEVELOPMENT: 'false' }).resources).toEqual({})
  })

  it.each(['http://settings.example/sealed', 'https://user:hush@settings.example/sealed', 'sealed.jwe', ''])(
    'take no sealed settings from %j',
    (SETTINGS) => {
      expect(() => readBindings({ ISSUER: 'https://as.example', KEY_RING: 'x', SETTINGS })).toThrow(
        '"SETTINGS" expected a bucket of R2, a namespace of KV, or an https URL, without a user',
      )
    },
  )

  it('have a resource server and an operator among the fixtures, with the secrets of the docs', () => {
    const { clients } = readBindings({ ISSUER: LOCAL, DEVELOPMENT: 'true' })
    expect(clients['demo-api']).toMatchObject({ kind: 'resource_server', secret_hash: secretHash('demo-api-secret') })
    expect(clients['demo-mcp']).toMatchObject({ kind: 'resource_server', secret_hash: secretHash('demo-mcp-secret') })
    expect(clients['demo-operator']).toMatchObject({
      kind: 'operator',
      secret_hash: secretHash('demo-operator-secret'),
    })
    expect(clients['demo-service']).toMatchObject({ secret_hash: secretHash('demo-secret') })
  })

  describe('in development let clients walk in that nobody configured', () => {
    const env = { ISSUER: LOCAL, DEVELOPMENT: 'true', GUARD: 'none', REGISTRATION_KEYS: REGISTRATION_KEYS[0] }
    const withRsa = writeRing(createRing({ now: NOW, key: testKey(), rsaKey: RING_RSA }))
    const bare = writeRing(testRing(NOW))

    it('for what the demo may have, at the MCP server before all, and tell them who logged in where that can be signed', () => {
      const settings = readBindings({ ...env, KEY_RING: withRsa })
      expect(checkSettings(settings).walkIns).toMatchObject({
        defaultResource: 'http://localhost:8788/mcp',
        isRegistering: true,
        takesDocuments: true,
        template: { scopes: new Set(['orders:read', 'orders:write', 'openid', 'profile', 'email', 'offline_access']) },
      })
      expect(settings.resources['http://localhost:8788/mcp']).toMatchObject({ scopes: ['orders:read', 'orders:write'] })
      const { walkIns } = checkSettings(readBindings({ ...env, KEY_RING: bare }))
      expect(walkIns?.template.scopes).toEqual(new Set(['orders:read', 'orders:write']))
    })

    it('so that one registers, a person allows, and it gets a token, though it names no resource', async () => {
      const settings = readBindings({ ...env, KEY_RING: withRsa })
      const issuer = createIssuer({ ...settings, guard: createMemoryGuard(() => NOW), now: () => NOW, log: () => {} })
      const ask = async (request: Request): Promise<Response> => issuer.fetch(request)
      const json = (body: object): RequestInit => ({
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      const redirect_uri = 'http://localhost:25198/oauth/callback'
      const registering = json({
        redirect_uris: [redirect_uri],
        client_name: 'MCP CLI Client',
        token_endpoint_auth_method: 'none',
      })
      const { client_id, scope } = (await (await ask(new Request(`${LOCAL}/register`, registering))).json()) as Record<
        string,
        string
      >
      expect(scope).toBe('orders:read orders:write openid profile email offline_access')
      const browser = createBrowser(ask)
      const pkce = { code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256' }
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: client_id ?? '',
        redirect_uri,
        scope: 'orders:read',
        state: 'x',
        ...pkce,
      })
      const login = await (await browser.get(`${LOCAL}/authorize?${query}`)).text()
      const asked = await browser.post(`${LOCAL}/login`, { username: 'alice', state: hiddenField(login, 'state') })
      const question = await browser.get(asked.headers.get('location') ?? '')
      const consent = hiddenField(await question.text(), 'consent')
      const allowed = await browser.post(`${LOCAL}/consent`, { consent, decision: 'allow' })
      const code = new URL(goesTo(await allowed.text())).searchParams.get('code') ?? ''
      const form = { grant_type: 'authorization_code', client_id: client_id ?? '', code, code_verifier: VERIFIER }
      const answer = await ask(new Request(`${LOCAL}/token`, { method: 'POST', body: new URLSearchParams(form) }))
      expect([answer.status, await answer.json()]).toEqual([
        200,
        expect.objectContaining({ scope: 'orders:read', refresh_token: expect.any(String) }),
      ])
    })

    it('as [vars.REGISTRATION] says, where it is there; without keys by documents alone', () => {
      const own = { resources: ['https://api.example.com'], scopes: ['orders:read'] }
      expect(readBindings({ ...env, KEY_RING: withRsa, REGISTRATION: own }).registration).toBe(own)
      const { REGISTRATION_KEYS: _, ...without } = env
      expect(checkSettings(readBindings({ ...without, KEY_RING: withRsa })).walkIns).toMatchObject({
        isRegistering: false,
      })
    })

    it('and start where the resources are the operator’s own, without what the demo asks for', () => {
      const mine = { scopes: ['mine'] }
      const RESOURCES = { 'https://api.example.com': mine, 'http://localhost:8788/mcp': mine }
      const settings = readBindings({ ...env, KEY_RING: withRsa, RESOURCES })
      expect(settings).not.toHaveProperty('registration')
    })

    it('nowhere else, and not where all clients are in a profile', () => {
      expect(readBindings({ ISSUER: LOCAL, KEY_RING: withRsa })).not.toHaveProperty('registration')
      expect(readBindings({ ...env, PROFILE: 'fapi2' })).not.toHaveProperty('registration')
    })
  })

  describe('in development make an OpenID provider', () => {
    const env = { ISSUER: LOCAL, DEVELOPMENT: 'true', GUARD: 'none' }
    const withRsa = writeRing(createRing({ now: NOW, key: testKey(), rsaKey: RING_RSA }))
    const RP = { secret_hash: secretHash('demo-rp-secret'), post_logout_redirect_uris: expect.any(Array) }

    it('with a relying party, which is told by RS256 where the ring has an RSA key', () => {
      const settings = readBindings({ ...env, KEY_RING: withRsa })
      expect(settings.openid).toEqual({})
      const { 'demo-rp': rp, 'demo-app': app } = settings.clients
      expect(rp).toMatchObject(RP)
      for (const token of ['openid', 'profile', 'email', 'address', 'phone', 'offline_access', 'orders:read'])
        expect(rp?.scopes).toContain(token)
      expect(app?.scopes).toEqual(expect.arrayContaining(['openid', 'profile', 'email']))
      expect(JSON.stringify([rp, app])).not.toContain('signed_response_alg')
      expect(() => createIssuer(settings)).not.toThrow()
    })

    it('and by ES256 where it has none, now or next', () => {
      const settings = readBindings({ ...env, KEY_RING: writeRing(testRing(NOW)) })
      const { 'demo-rp': rp, 'demo-app': app } = settings.clients
      for (const client of [rp, app]) expect(client).toMatchObject({ id_token_signed_response_alg: 'ES256' })
      expect(() => createIssuer(settings)).not.toThrow()
      const next = readBindings({ ...env, KEY_RING: writeRing(testRing(NOW)), KEY_RING_NEXT: withRsa })
      expect(next.clients['demo-rp']).not.toHaveProperty('id_token_signed_response_alg')
    })

    it('that tells what [vars.OPENID] says, where it is there', () => {
      const openid = { claims: ['email'] }
      const settings = readBindings({ ...env, KEY_RING: withRsa, OPENID: openid })
      expect(settings.openid).toBe(openid)
      expect(() => createIssuer(settings)).not.toThrow()
    })

    it('but where an API has a scope of that name, and nothing says that there is to be one', () => {
      const RESOURCES = { 'https://mine.example': { scopes: ['email'] } }
      const settings = readBindings({ ...env, KEY_RING: withRsa, RESOURCES })
      expect([settings.openid, settings.clients['demo-rp']]).toEqual([undefined, undefined])
      expect(settings.clients['demo-app']?.scopes).toEqual(['orders:read', 'orders:write'])
      expect(() => createIssuer(settings)).not.toThrow()
      expect(() => createIssuer(readBindings({ ...env, KEY_RING: withRsa, RESOURCES, OPENID: {} }))).toThrow(
        '"email" asks who logged in',
      )
    })

    it('nowhere else', () => {
      expect(readBindings({ ISSUER: LOCAL, KEY_RING: withRsa })).not.toHaveProperty('openid')
    })
  })
})
