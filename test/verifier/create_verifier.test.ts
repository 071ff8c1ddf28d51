import { Hono } from 'hono'
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  createKeyring,
  exportKeys,
  type Leaf,
  revokeRoot,
  rotateRing,
  type SigningKey,
  writeKeys,
} from '../../keys/index.ts'
import { readySigningKey } from '../../src/jose/jwks.ts'
import { signClaims } from '../../src/jose/signed.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { hashRevoked } from '../../src/token/revocations.ts'
import { resourceServer } from '../../src/verifier/hono.ts'
import { createVerifier, remoteKeys, type Verification, type VerifierOptions } from '../../src/verifier/index.ts'
import type { Problem } from '../../src/verifier/problem.ts'
import { createProver } from '../parties/dpop.ts'
import { PARTNER_KEYS } from '../parties/partner.ts'
import { API, API2, ENTITLEMENT, ISSUER, NOW, testKey, testRing } from '../ring.ts'

const ring = testRing(NOW)
const prover = await createProver()
const keysOf = (resource = API, from = ring, issuer = ISSUER): string =>
  writeKeys(exportKeys(from, { issuer, resource, now: NOW }))
const options: VerifierOptions = { issuer: ISSUER, resource: API, keys: keysOf(), now: () => NOW }
const entitlement: Entitlement = { ...ENTITLEMENT, scope: ['read', 'write'] }
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

describe('the options of a verifier', () => {
  const decryptionKeys = { keys: [PARTNER_KEYS['P-256']] }
  const { keys: _, ...common } = options

  it.each<[string, Partial<VerifierOptions>]>([
    ['createVerifier', { revocation: {} } as never],
    ['dpop', { dpop: { require: true } as never }],
    ['revocations', { revocations: { uri: 'x' } as never }],
    ['waitUntil', { waitUntil: Promise.resolve() as never }],
    ['fetch', { fetch: {} as never }],
    ['baseUrl', { baseUrl: 'api1.example' }],
    ['keep', { keep: -1 }],
  ])('are refused by name: %s', (name, more) => {
    expect(() => createVerifier({ ...options, ...more })).toThrow(`"${name}" `)
  })

  it.each<[string, VerifierOptions]>([
    [
      'keys, and all else',
      {
        ...options,
        dpop: 'off',
        baseUrl: API,
        revocations: { url: `${ISSUER}/r` },
        waitUntil: () => {},
        fetch,
        keep: 1,
      },
    ],
    ['keys of its own', { ...common, decryptionKeys, enc: 'A256GCM', jwks: { keys: [] } }],
    ['keys of its own, beside those that are fetched', { ...common, decryptionKeys, jwksUri: `${ISSUER}/jwks` }],
    ['keys, and signatures inside', { ...options, jwksUri: `${ISSUER}/jwks` }],
    [
      'an issuer from which nothing is fetched',
      { ...options, issuer: 'https://10.0.0.1', keys: keysOf(API, ring, 'https://10.0.0.1') },
    ],
  ])('are taken: %s', (_, given) => expect(() => createVerifier(given)).not.toThrow())
})

describe('the secret of its nonces', () => {
  const decryptionKeys = { keys: [PARTNER_KEYS['P-256']] }
  const { keys: _, ...common } = options
  /** Asks with a proof, and returns what it is told: a code, and a nonce. */
  const ask = async (given: VerifierOptions, nonce?: string) => {
    const changes = { method: 'GET', url: API, token: 'x', ...(nonce === undefined ? {} : { nonce }) }
    const headers = { authorization: 'DPoP x', dpop: await prover.prove(changes) }
    const { code, response } = await createVerifier(given).verify(new Request(API, { headers }))
    return [code, response?.headers.get('dpop-nonce') ?? undefined] as const
  }

  it.each<[string, VerifierOptions, string]>([
    ['the keys', options, keysOf()],
    ['the keys of its own', { ...common, decryptionKeys, jwks: { keys: [] } }, JSON.stringify(decryptionKeys)],
  ])('comes of %s: so it is the same on all its servers', async (_, given, secret) => {
    const [code, nonce] = await ask({ ...given, dpop: { nonce: true } })
    expect(code).toBe('use_dpop_nonce')
    expect(await ask({ ...options, dpop: { nonce: secret } }, nonce)).toEqual(['invalid_token', undefined])
    expect((await ask({ ...options, dpop: { nonce: `${secret} ` } }, nonce))[0]).toBe('use_dpop_nonce')
  })

  it('is to be told where the keys are fetched', () => {
    const keys = remoteKeys({ url: `${ISSUER}/keys`, clientId: 'a', clientSecret: 'b' })
    expect(() => createVerifier({ ...options, keys, dpop: { nonce: true } })).toThrow('"dpop.nonce" expected')
  })
})

describe('what is fetched', () => {
  const signer = createKeyring(ring, ISSUER).signingKeys.signing('ES256', NOW) as SigningKey
  /** An issuer that revoked `jti`, and what it was asked for. */
  function issuerThatRevoked(jti: string) {
    const asked: string[] = []
    const fetch = async (url: string, init?: RequestInit): Promise<Response> => {
      asked.push(`${init?.method ?? 'GET'} ${url}`)
      if (url === `${ISSUER}/jwks`) return Response.json({ keys: [(await readySigningKey(signer)).publicJwk] })
      const events = { jti: { [hashRevoked('salt', 'jti', jti)]: NOW } }
      const claims = { iss: ISSUER, iat: NOW, exp: NOW + 3600, epoch: 1, seq: 1, salt: 'salt', events }
      const headers = { 'content-type': 'application/jwt' }
      return new Response(await signClaims(claims, 'revocations+jwt', signer), { headers })
    }
    return { asked, fetch }
  }
  const revocations = { url: `${ISSUER}/revocations` }

  it('is the list of what was revoked, and the keys of who signed it: a token on it is dead', async () => {
    const { asked, fetch } = issuerThatRevoked('BBBBBBBBBBBBBBBBBBBBBB')
    const verifier = createVerifier({ ...options, revocations, fetch })
    expect(asked).toEqual([])
    expect(await verifier.verify(await seal())).toEqual({ ok: true, entitlement })
    const revoked = await seal({ jti: 'BBBBBBBBBBBBBBBBBBBBBB' })
    expect(await verifier.verify(revoked)).toMatchObject({ code: 'invalid_token', reason: 'revoked' })
    expect(asked).toEqual([`GET ${ISSUER}/revocations`, `GET ${ISSUER}/jwks`])
    expect(await createVerifier(options).verify(revoked)).toMatchObject({ ok: true })
  })

  it('is told of where it cannot be had, and lets nobody in', async () => {
    const problems: Problem[] = []
    const fetch = async (): Promise<Response> => new Response(null, { status: 500 })
    const onProblem = (problem: Problem): unknown => problems.push(problem)
    const verifier = createVerifier({ ...options, revocations, fetch, onProblem })
    expect(await verifier.verify(await seal())).toMatchObject({ code: 'temporarily_unavailable' })
    expect(problems.at(-1)).toMatchObject({ source: 'revocations', code: 'temporarily_unavailable' })
  })

  it('comes by the fetch of the platform, unless another is told', async () => {
    const { asked, fetch } = issuerThatRevoked('x')
    const own = globalThis.fetch
    globalThis.fetch = fetch as typeof own
    try {
      expect(await createVerifier({ ...options, revocations }).verify(await seal())).toMatchObject({ ok: true })
    } finally {
      globalThis.fetch = own
    }
    expect(asked.length).toBe(2)
  })
})
