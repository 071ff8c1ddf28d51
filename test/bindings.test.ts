import { describe, expect, it } from 'vitest'
import { createIssuer, readBindings } from '../src/index.ts'
import { PARTNER_KEY, secretHash } from './fixtures.ts'

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
    expect(Object.keys(without.resources)).toEqual(['https://api.example.com'])
    expect(readBindings({ ...env, DEVELOPMENT: 'false' }).resources).toEqual({})
  })

  it('have a resource server and an operator among the fixtures, with the secrets of the docs', () => {
    const { clients } = readBindings({ ISSUER: LOCAL, DEVELOPMENT: 'true' })
    expect(clients['demo-api']).toMatchObject({ kind: 'resource_server', secret_hash: secretHash('demo-api-secret') })
    expect(clients['demo-operator']).toMatchObject({
      kind: 'operator',
      secret_hash: secretHash('demo-operator-secret'),
    })
    expect(clients['demo-service']).toMatchObject({ secret_hash: secretHash('demo-secret') })
  })
})
