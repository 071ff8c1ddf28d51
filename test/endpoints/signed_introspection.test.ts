import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { exportKeys, writeKeys } from '../../keys/index.ts'
import type { IssuerEvent, IssuerSettings } from '../../src/index.ts'
import { findNodeCrypto } from '../../src/jose/platform/node_crypto.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { openEnvelope, sealEnvelope } from '../../src/token/envelope.ts'
import { leavesOfKeys } from '../../src/verifier/keys/exported_keys.ts'
import { API, API2, ISSUER, NOW, PARTNER, SIGNED, testIssuer, testRing, tokenRequest, VARS } from '../fixtures.ts'
import { readAnswer } from '../parties/person.ts'
import { type Asker, formRequest } from '../parties/servers.ts'

const JWT = 'application/token-introspection+jwt'
const ENTITLEMENT: Entitlement = {
  sub: 'alice',
  client_id: 'pub',
  aud: API,
  scope: ['read', 'admin'],
  iat: NOW,
  exp: NOW + 600,
  jti: 'of the resource server',
  claims: {},
}

/** An issuer, and a resource server that introspects; the settings of its resource are the test's. */
function setUp(more: object = {}, changes: Partial<IssuerSettings> = {}) {
  const resources = { ...VARS.RESOURCES, [API]: { ...VARS.RESOURCES[API], ...more } }
  const issuer = testIssuer({ resources, ...changes })
  const introspect = async (token: string, asker: Asker = 'api-server', accept = JWT) => {
    const response = await issuer.fetch(formRequest('/introspect', asker, { token }, { accept }))
    const type = response.headers.get('content-type')
    if (type !== JWT) return { isSigned: false, told: await response.json() }
    const jwks = (await (await issuer.request(`${ISSUER}/jwks`)).json()) as JSONWebKeySet
    const options = { issuer: ISSUER, audience: asker as string, currentDate: new Date(NOW * 1000) }
    const { payload } = await jwtVerify(await response.text(), createLocalJWKSet(jwks), options)
    return { isSigned: true, told: payload['token_introspection'] }
  }
  const mint = async (resource: string = API, client: 'service' | 'machine' = 'machine'): Promise<string> => {
    const form = { grant_type: 'client_credentials', resource }
    return (await readAnswer(await issuer.fetch(tokenRequest({ client, form })))).access_token
  }
  return { introspect, mint }
}

/** Makes a token as the resource server can: with its own export, and nothing else. */
function forge(changes: Partial<Entitlement> = {}): Promise<string> {
  const keys = writeKeys(exportKeys(testRing(NOW), { issuer: ISSUER, resource: API, now: NOW }))
  const options = { issuer: ISSUER, resource: API, longestLife: 600 } as Parameters<typeof leavesOfKeys>[1]
  return sealDirect({ ...ENTITLEMENT, ...changes }, ISSUER, leavesOfKeys(keys, options), NOW)
}

/** Lets whatever signs here fail, until the test is over. */
function failSigning(): void {
  const down = new Error('down')
  vi.spyOn(crypto.subtle, 'sign').mockRejectedValue(down)
  const byNode = findNodeCrypto()
  if (byNode !== undefined) {
    vi.spyOn(byNode, 'sign').mockImplementation(() => {
      throw down
    })
  }
  onTestFinished(() => void vi.restoreAllMocks())
}

describe('a signed introspection answer (RFC 9701)', () => {
  it.each([
    ['whose tokens are marked for it', { signed_introspection: true }],
    ['whose tokens are marked for exchange', { exchange: true }],
  ])('is given about a direct token of a resource %s', async (_, setting) => {
    const { introspect, mint } = setUp(setting)
    expect(await introspect(await mint())).toMatchObject({
      isSigned: true,
      told: { active: true, sub: 'client:machine' },
    })
  })

  it('that cannot be signed is told as an error, and as nothing else', async () => {
    const told: IssuerEvent[] = []
    const { mint, introspect } = setUp({ signed_introspection: true }, { onEvent: (event) => void told.push(event) })
    const token = await mint()
    failSigning()
    expect(await introspect(token)).toMatchObject({ isSigned: false, told: { error: 'server_error' } })
    await expect.poll(() => told.length).toBeGreaterThan(1)
    const outcomes = told.map(({ type, outcome }) => `${type} ${outcome}`)
    expect(outcomes).toEqual(['token.issued ok', 'token.introspected error'])
  })

  // promise: P04
  it('is never about a token that a resource server made for itself: what it says comes back as plain JSON', async () => {
    for (const setting of [{}, { signed_introspection: true }, { exchange: true }]) {
      const { introspect } = setUp(setting)
      expect(await introspect(await forge())).toMatchObject({ isSigned: false, told: { active: true, sub: 'alice' } })
    }
  })

  it('is never about the claims of another token beside a mark that was taken from one', async () => {
    const { introspect, mint } = setUp({ signed_introspection: true })
    const keys = writeKeys(exportKeys(testRing(NOW), { issuer: ISSUER, resource: API, now: NOW }))
    const options = { issuer: ISSUER, resource: API, longestLife: 600 } as Parameters<typeof leavesOfKeys>[1]
    const { facts } = await openEnvelope(await mint(), 'at+jwe', leavesOfKeys(keys, options), NOW)
    const leaf = leavesOfKeys(keys, options).sealing(NOW)
    if (leaf === undefined) throw new Error('no leaf seals')
    const same = await sealEnvelope(facts, 'at+jwe', leaf)
    expect(await introspect(same)).toMatchObject({ isSigned: true })
    const other = await sealEnvelope({ ...facts, scope: 'read admin' }, 'at+jwe', leaf)
    expect(await introspect(other)).toMatchObject({ isSigned: false })
  })

  it('is given about a nested token, which nobody but the issuer can make', async () => {
    const { introspect, mint } = setUp()
    expect(await introspect(await mint(SIGNED), 'partner-server')).toMatchObject({
      isSigned: true,
      told: { active: true },
    })
  })

  it('is not given without the setting, whatever Accept says: about no token, good or not', async () => {
    const { introspect, mint } = setUp()
    for (const [token, active] of [
      [await mint(), true],
      [await mint(API2, 'service'), true],
      ['junk', false],
    ] as const)
      expect(await introspect(token)).toMatchObject({ isSigned: false, told: { active } })
  })

  it('says that a token is not active, of no matter what, where there can be signed answers', async () => {
    const { introspect, mint } = setUp({ signed_introspection: true })
    const expired = await forge({ iat: NOW - 700, exp: NOW - 100 })
    for (const token of ['junk', expired, await mint(SIGNED), await mint(PARTNER)])
      expect(await introspect(token)).toEqual({ isSigned: true, told: { active: false } })
  })

  it('is given to nobody who does not ask for it', async () => {
    const { introspect, mint } = setUp({ signed_introspection: true })
    expect(await introspect(await mint(), 'api-server', 'application/json')).toMatchObject({ isSigned: false })
  })
})

describe('the setting signed_introspection', () => {
  it.each([
    [{ signed_introspection: 'yes' }, 'signed_introspection" expected'],
    [{ ...VARS.RESOURCES[PARTNER], signed_introspection: true }, 'others only it can open'],
  ])('is refused as %j', (setting, words) => {
    expect(() => setUp({ ...setting, scopes: VARS.RESOURCES[API].scopes })).toThrow(words)
  })
})
