import { Hono } from 'hono'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { createKeyring, exportKeys, type Leaf, revokeRoot, rotateRing, writeKeys } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { resourceServer } from '../../src/verifier/hono.ts'
import { createVerifier, type Verification, type VerifierOptions } from '../../src/verifier/index.ts'
import { API, API2, ISSUER, NOW, testKey, testRing } from '../fixtures.ts'

const ring = testRing(NOW)
const keysOf = (resource = API, from = ring): string =>
  writeKeys(exportKeys(from, { issuer: ISSUER, resource, now: NOW }))
const options: VerifierOptions = { issuer: ISSUER, resource: API, keys: keysOf(), now: () => NOW }
const entitlement: Entitlement = {
  sub: 'alice',
  client_id: 'app',
  aud: API,
  scope: ['read', 'write'],
  iat: NOW,
  exp: NOW + 600,
  jti: 'AAAAAAAAAAAAAAAAAAAAAA',
  claims: {},
}
const seal = (changes: Partial<Entitlement> = {}, from = ring, now = NOW): Promise<string> => {
  const leaves = createKeyring(from, ISSUER).leavesFor('access', API, 'A256GCM', 86_400)
  return sealDirect({ ...entitlement, ...changes }, ISSUER, leaves, now)
}

describe('the verifier', () => {
  it('opens a token with one secret and no network', async () => {
    expect(await createVerifier(options).verify(await seal())).toEqual({ ok: true, entitlement })
  })

  it('gives claims only to who has looked at ok (L08)', async () => {
    const result: Verification = await createVerifier(options).verify('x')
    // @ts-expect-error: there may be no entitlement
    expect(() => result.entitlement.sub).toThrow(TypeError)
    expectTypeOf<Extract<Verification, { ok: true }>['entitlement']>().toEqualTypeOf<Entitlement>()
  })

  it.each([
    [undefined, true],
    ['read', true],
    ['write read', true],
    ['admin', false],
    ['read admin', false],
    ['rea', false],
  ])('with the demand of scope %j lets in: %s', async (scope, ok) => {
    const demand = scope === undefined ? {} : { scope }
    expect((await createVerifier(options).verify(await seal(), demand)).ok).toBe(ok)
  })

  it("tells the log's reason apart, and the caller nothing", async () => {
    const verifier = createVerifier({ ...options, longestLife: 600 })
    const cases = [
      ['expired', await seal({ iat: NOW - 700, exp: NOW - 100 })],
      ['lifetime', await seal({ exp: NOW + 601 })],
      ['client', await seal({ client_id: undefined })],
      ['confirmation', await seal({ cnf: { jkt: 'x' } })],
      ['audience', await seal({ aud: API2 })],
      ['form', 'x'],
      ['length', 'x'.repeat(8193)],
    ] as const
    for (const [reason, token] of cases)
      expect(await verifier.verify(token)).toMatchObject({ code: 'invalid_token', reason })
  })

  it('takes anonymous tokens only where it is told so', async () => {
    const token = await seal({ client_id: undefined })
    expect((await createVerifier({ ...options, anonymous: true }).verify(token)).ok).toBe(true)
    expect((await createVerifier(options).verify(token)).ok).toBe(false)
  })

  it("opens nothing of another resource's (C03)", async () => {
    const token = await seal()
    const other = createVerifier({ ...options, resource: API2, keys: keysOf(API2) })
    expect(await other.verify(token)).toMatchObject({ ok: false, reason: 'decryption' })
  })

  // promise: K05
  it('opens old and new tokens through a rotation, and nothing of a revoked root (C26)', async () => {
    const rotation = rotateRing(ring, { now: NOW, key: testKey(1) })
    if (!rotation.ok) throw new Error(rotation.detail)
    const later = NOW + 3700
    const verifier = createVerifier({ ...options, keys: keysOf(API, rotation.ring), now: () => later })
    const [old, young] = await Promise.all([
      seal({ iat: NOW + 3600, exp: later + 500 }, ring, NOW + 3600),
      seal({ iat: later, exp: later + 600 }, rotation.ring, later),
    ])
    expect([(await verifier.verify(old)).ok, (await verifier.verify(young)).ok]).toEqual([true, true])
    const drilled = createVerifier({ ...options, keys: keysOf(API, revokeRoot(rotation.ring, 'r1')), now: () => later })
    expect([(await drilled.verify(old)).ok, (await drilled.verify(young)).ok]).toEqual([false, true])
  })

  // promise: K06
  it('opens nothing of a root of which one bit is another, and all that other roots made', async () => {
    const rotation = rotateRing(ring, { now: NOW, key: testKey(1) })
    if (!rotation.ok) throw new Error(rotation.detail)
    const flip = (kid: string): typeof ring => ({
      ...rotation.ring,
      roots: rotation.ring.roots.map((root) =>
        root.kid === kid ? { ...root, k: root.k.map((byte, index) => (index === 7 ? byte ^ 16 : byte)) } : root,
      ),
    })
    const later = NOW + 3700
    const [old, young] = await Promise.all([
      seal({ iat: NOW + 3600, exp: later + 500 }, ring, NOW + 3600),
      seal({ iat: later, exp: later + 600 }, rotation.ring, later),
    ])
    const [first, second] = rotation.ring.roots.map(({ kid }) => kid)
    for (const [kid, opened] of [
      [first, [false, true]],
      [second, [true, false]],
    ] as const) {
      const verifier = createVerifier({ ...options, keys: keysOf(API, flip(kid ?? '')), now: () => later })
      expect([(await verifier.verify(old)).ok, (await verifier.verify(young)).ok]).toEqual(opened)
    }
  })

  it('asks the clock of the machine unless told otherwise', async () => {
    const { now: _, ...rest } = options
    expect(await createVerifier(rest).verify(await seal())).toMatchObject({ ok: false, reason: 'key' })
  })

  it.each<[string, Partial<VerifierOptions>, string]>([
    ['no keys', { keys: '' }, '"keys" expected what `bulla keys export` printed'],
    ['a ring instead of keys', { keys: JSON.stringify({ v: 1, roots: [] }) }, '"keys" has no setting "roots"'],
    [
      'keys for another resource',
      { keys: keysOf(API2) },
      `"keys" are for another resource, ${API2}, than "resource" names, ${API}`,
    ],
    [
      'keys of another issuer',
      { issuer: 'https://other.example' },
      `"keys" are of another issuer, ${ISSUER}, than "issuer" names, https://other.example`,
    ],
    ['no issuer', { issuer: '' }, '"issuer" expected the URL of the issuer'],
    [
      'a tolerance of two minutes',
      { clockTolerance: 120 },
      '"clockTolerance" expected an integer from 0 to 60, got 120',
    ],
    ['a life of two days', { longestLife: 172_800 }, '"longestLife" expected an integer from 1 to 86400, got 172800'],
  ])('is not made with %s', (_, changes, message) => {
    expect(() => createVerifier({ ...options, ...changes })).toThrow(message)
  })

  it('tries one key once: a token of an unknown kid costs no decryption (H08)', async () => {
    const token = await seal()
    const leaf = createKeyring(ring, ISSUER).leavesFor('access', API, 'A256GCM', 600).sealing(NOW) as Leaf
    const unknown = token.replace(
      token.split('.')[0] ?? '',
      btoa(atob(token.split('.')[0] ?? '').replace(leaf.kid, 'r9.20833')).replace(/=+$/, ''),
    )
    expect(await createVerifier(options).verify(unknown)).toMatchObject({ reason: 'key' })
  })
})

describe('the middleware for Hono', () => {
  const app = new Hono()
    .use('/orders/*', resourceServer({ ...options, scope: 'read' }))
    .get('/orders/1', (c) => {
      expectTypeOf(c.get('entitlement')).toEqualTypeOf<Entitlement>()
      return c.json({ sub: c.get('entitlement').sub })
    })
    .get('/open', (c) => c.text('open'))
  const ask = async (token?: string) =>
    app.request('/orders/1', token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })

  it('lets in who has the scope, and hands the entitlement on', async () => {
    const response = await ask(await seal())
    expect([response.status, await response.json()]).toEqual([200, { sub: 'alice' }])
  })

  it('keeps everybody else out with the answer of RFC 6750', async () => {
    expect((await ask()).headers.get('www-authenticate')).toMatch(
      new RegExp(`^Bearer realm="${API}", scope="read", DPoP realm=`),
    )
    expect((await ask('x')).status).toBe(401)
    expect((await ask(await seal({ scope: ['write'] }))).status).toBe(403)
    expect((await app.request('/open')).status).toBe(200)
  })
})
