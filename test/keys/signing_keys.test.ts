import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../keys/base64url.ts'
import {
  createRing,
  createSigningKeys,
  deriveBranch,
  deriveSigningKey,
  examineRing,
  loadRing,
  mergeRings,
  type Ring,
  type RsaKey,
  readRing,
  refusalAt,
  revokeRoot,
  rotateRing,
  type SigningAlgorithm,
  type SigningKey,
  type SigningKeys,
  writeRing,
} from '../../keys/index.ts'
import { SIGNING_ALGORITHMS } from '../../keys/signing_keys.ts'
import { readySigningKey } from '../../src/jose/jwks.ts'
import { ISSUER, NOW, named, testKey, testRing } from '../fixtures.ts'
import { RING_RSA, RING_RSA_2, signingRing } from '../parties/partner.ts'
import web from '../vectors/wycheproof/json_web_key_test.json' with { type: 'json' }

const DERIVED = ['ES256', 'Ed25519'] as const
const PERIOD = 86_400
const NUMBER = Math.floor(NOW / PERIOD)
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** Rotates, and expects that it can be done. */
function rotated(ring: Ring, now: number, turn: number, rsaKey?: typeof RING_RSA): Ring {
  const rotation = rotateRing(ring, { now, key: testKey(turn), ...(rsaKey && { rsaKey }) })
  if (!rotation.ok) throw new Error(rotation.detail)
  return named(rotation.ring)
}
const keysOf = (ring: Ring, issuer = ISSUER): SigningKeys => createSigningKeys(ring, issuer)
const kidsAt = (ring: Ring, alg: SigningAlgorithm, now: number, longestLife = 600): readonly string[] =>
  keysOf(ring)
    .published(alg, now, longestLife)
    .map(({ kid }) => kid)
const privateBytes = (key: SigningKey | undefined): string =>
  key !== undefined && 'pkcs8' in key.material ? hex(key.material.pkcs8) : ''

it('there is a key for each way to sign, where the ring has one by RSA', () => {
  const ways = (ring: Ring): unknown => SIGNING_ALGORITHMS.filter((alg) => keysOf(ring).signing(alg, NOW)?.alg === alg)
  expect(ways(signingRing())).toEqual(['ES256', 'Ed25519', 'RS256'])
  expect(ways(testRing(NOW))).toEqual(DERIVED)
})

describe.each(DERIVED)('a derived key that signs by %s', (alg) => {
  const suffix = alg === 'ES256' ? '' : '-Ed25519'

  it('is the same wherever the ring is, and another for every root, issuer and period (design §3)', () => {
    const at = (ring: Ring, issuer = ISSUER, now = NOW): string => privateBytes(keysOf(ring, issuer).signing(alg, now))
    const own = at(testRing(NOW))
    expect(at(testRing(NOW))).toBe(own)
    const others = [
      at(createRing({ now: NOW, key: testKey(1) })),
      at(testRing(NOW), 'https://as2.example'),
      at(testRing(NOW), ISSUER, NOW + PERIOD),
      privateBytes(keysOf(testRing(NOW)).signing(alg === 'ES256' ? 'Ed25519' : 'ES256', NOW)),
    ]
    expect(new Set([own, ...others]).size).toBe(5)
  })

  it('is named by its root and period, and dated by both', () => {
    expect(keysOf(testRing(NOW)).signing(alg, NOW)).toMatchObject({
      kid: `r1.${NUMBER}${suffix}`,
      alg,
      nbf: NOW,
      exp: (NUMBER + 1) * PERIOD,
    })
    expect(keysOf(testRing(NOW)).signing(alg, NOW + PERIOD)).toMatchObject({
      kid: `r1.${NUMBER + 1}${suffix}`,
      nbf: (NUMBER + 1) * PERIOD,
    })
  })

  it('becomes a key without its public point being stored, and signs (RFC 5958)', async () => {
    const key = keysOf(testRing(NOW)).signing(alg, NOW) as SigningKey
    const { privateKey, publicJwk } = await readySigningKey(key)
    const algorithm =
      alg === 'ES256'
        ? { import: { name: 'ECDSA', namedCurve: 'P-256' }, sign: { name: 'ECDSA', hash: 'SHA-256' } }
        : { import: { name: 'Ed25519' }, sign: { name: 'Ed25519' } }
    // workerd takes no JWK whose alg is Ed25519.
    const { alg: _, ...jwk } = publicJwk
    const publicKey = await crypto.subtle.importKey('jwk', jwk, algorithm.import, true, ['verify'])
    const data = new TextEncoder().encode('signed')
    const signature = await crypto.subtle.sign(algorithm.sign, privateKey, data)
    expect(await crypto.subtle.verify(algorithm.sign, publicKey, signature, data)).toBe(true)
    expect(publicJwk).toMatchObject({ kid: key.kid, alg, use: 'sig' })
  })

  it('is published a period before it signs, and for a period after (security.md M01)', () => {
    const ring = testRing(NOW)
    const kids = (...numbers: readonly number[]): readonly string[] => numbers.map((number) => `r1.${number}${suffix}`)
    expect(kidsAt(ring, alg, NOW)).toEqual(kids(NUMBER, NUMBER + 1))
    expect(kidsAt(ring, alg, NOW + PERIOD)).toEqual(kids(NUMBER, NUMBER + 1, NUMBER + 2))
    expect(kidsAt(ring, alg, NOW + 5 * PERIOD)).toEqual(kids(NUMBER + 4, NUMBER + 5, NUMBER + 6))
  })

  it('is published as long as anything that it signed can live, and two skews', () => {
    const ring = named(createRing({ now: NOW, key: testKey(), period: 60 }))
    const end = (Math.floor(NOW / 60) + 1) * 60
    const first = `r1.${NOW / 60}${suffix}`
    expect(kidsAt(ring, alg, end + 600 + 120 - 1, 600)).toContain(first)
    expect(kidsAt(ring, alg, end + 600 + 120, 600)).not.toContain(first)
  })

  it('is told before its root begins to seal, and after its root has ended', () => {
    const ring = rotated(testRing(NOW), NOW, 1)
    const use = NOW + 3660
    expect(kidsAt(ring, alg, NOW)).toEqual(
      [`r1.${NUMBER}`, `r2.${NUMBER}`, `r2.${NUMBER + 1}`].map((kid) => kid + suffix),
    )
    expect(kidsAt(ring, alg, use)).toContain(`r1.${NUMBER}${suffix}`)
    expect(kidsAt(ring, alg, use + 2 * PERIOD).filter((kid) => kid.startsWith('r1'))).toEqual([])
  })

  it('is not told before its root is published, but for the skew', () => {
    const ring = testRing(NOW)
    expect(kidsAt(ring, alg, NOW - 61)).toEqual([])
    expect(kidsAt(ring, alg, NOW - 60)).toEqual([`r1.${NUMBER}${suffix}`, `r1.${NUMBER + 1}${suffix}`])
  })

  it('of a revoked root is gone at once (C26)', () => {
    const ring = rotated(testRing(NOW), NOW, 1)
    const revoked = revokeRoot(ring, 'r1')
    expect(kidsAt(revoked, alg, NOW).filter((kid) => kid.startsWith('r1'))).toEqual([])
    expect(keysOf(revoked).signing(alg, NOW)).toBeUndefined()
    expect(keysOf(revoked).signing(alg, NOW + 3660)?.kid).toBe(`r2.${NUMBER}${suffix}`)
  })

  it('signs only while exactly one root is primary', () => {
    const ring = rotated(testRing(NOW), NOW, 1)
    const [first, second] = ring.roots as readonly [Ring['roots'][0], Ring['roots'][0]]
    const kidAt = (of: Ring, now: number): string | undefined => keysOf(of).signing(alg, now)?.kid
    expect(kidAt(ring, NOW - 1)).toBeUndefined()
    expect(kidAt(ring, second.use - 1)).toBe(`r1.${NUMBER}${suffix}`)
    expect(kidAt(ring, second.use)).toBe(`r2.${NUMBER}${suffix}`)
    expect(kidAt(ring, second.end)).toBeUndefined()
    const twice = { ...ring, roots: [{ ...first, end: second.use + 10 }, second] }
    expect(kidAt(twice, second.use)).toBeUndefined()
    expect(kidAt(twice, second.use + 10)).toBe(`r2.${NUMBER}${suffix}`)
  })

  it('is found by its kid once it can have signed, and until its root is deleted, however long ago it was', () => {
    const ring = testRing(NOW)
    const [root] = ring.roots as readonly [Ring['roots'][0]]
    const kidAt = (number: number): string => `r1.${number}${suffix}`
    const isFound = (number: number, now: number): boolean => keysOf(ring).named(kidAt(number), now) !== undefined
    expect(keysOf(ring).named(kidAt(NUMBER), NOW)).toEqual(keysOf(ring).signing(alg, NOW))
    expect([NOW - 61, NOW - 60, root.del - 61, root.del - 60].map((now) => isFound(NUMBER, now))).toEqual([
      false,
      true,
      true,
      false,
    ])
    const next = (NUMBER + 1) * PERIOD
    expect([next - 61, next - 60].map((now) => isFound(NUMBER + 1, now))).toEqual([false, true])
    const last = Math.floor(root.end / PERIOD)
    expect([NUMBER - 1, last, last + 1].map((number) => isFound(number, root.end))).toEqual([false, true, false])
  })

  it('is none of a period that ends as its root begins, or begins as its root ends', () => {
    const begin = NUMBER * PERIOD
    const ring = named(createRing({ now: begin, key: testKey(), rootLife: PERIOD }))
    expect(kidsAt(ring, alg, begin)).toEqual([`r1.${NUMBER}${suffix}`])
    const found = [-1, 0, 1].map((more) => keysOf(ring).named(`r1.${NUMBER + more}${suffix}`, begin + PERIOD)?.kid)
    expect(found).toEqual([undefined, `r1.${NUMBER}${suffix}`, undefined])
  })

  it('is as long as all others, whatever it begins with', () => {
    const branch = deriveBranch(testKey(), ISSUER, 'sign', '')
    const lengths = Array.from({ length: 200 }, (_, number) => deriveSigningKey(branch, alg, number).length)
    expect(new Set(lengths).size).toBe(1)
  })

  it('is found by no other kid than its own, and not at all once its root is revoked (C26)', () => {
    const kid = `r1.${NUMBER}${suffix}`
    const others = [`r2.${NUMBER}${suffix}`, `r1.${NUMBER}.2${suffix}`, `${kid}-ES256`, `${kid}-`, 'r1', '', suffix]
    expect(others.filter((other) => keysOf(testRing(NOW)).named(other, NOW) !== undefined)).toEqual([])
    expect(keysOf(revokeRoot(testRing(NOW), 'r1')).named(kid, NOW)).toBeUndefined()
  })

  it('that signs is always among those that are told (M01)', () => {
    const ring = rotated(rotated(testRing(NOW), NOW, 1), NOW + 10_000, 2)
    fc.assert(
      fc.property(
        fc.integer({ min: NOW, max: NOW + 30 * PERIOD }),
        fc.integer({ min: 0, max: PERIOD }),
        (now, life) => {
          const keys = keysOf(ring)
          const signer = keys.signing(alg, now) as SigningKey
          // Whoever fetches them up to a period earlier, or while anything that it signed lives, finds it.
          const since = Math.max(
            now - PERIOD + 3600,
            ring.roots.find(({ kid }) => signer.kid.startsWith(kid))?.pub ?? 0,
          )
          for (const told of [since, now, now + life]) expect(keys.published(alg, told, life)).toContainEqual(signer)
        },
      ),
    )
  })
})

describe('the scalar of an ES256 key', () => {
  const scalarOf = (branch: Uint8Array, number: number): bigint =>
    BigInt(`0x${hex(deriveSigningKey(branch, 'ES256', number).slice(-32))}`)

  it('is 48 bytes of HKDF modulo the order less one, plus one (FIPS 186-5 A.2.1)', async () => {
    const branch = deriveBranch(testKey(), ISSUER, 'sign', '')
    const labels = ['bulla/1/leaf', 'ES256', '7'].flatMap((label) => [
      0,
      label.length,
      ...new TextEncoder().encode(label),
    ])
    const key = await crypto.subtle.importKey('raw', Uint8Array.from(branch), 'HKDF', false, ['deriveBits'])
    const hkdf = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info: Uint8Array.from(labels) }
    const bytes = new Uint8Array(await crypto.subtle.deriveBits(hkdf, key, 384))
    expect(scalarOf(branch, 7)).toBe((BigInt(`0x${hex(bytes)}`) % (P256_ORDER - 1n)) + 1n)
  })

  it('is from 1 to the order less one, whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(), (branch, number) => {
        const scalar = scalarOf(branch, number)
        expect(scalar > 0n && scalar < P256_ORDER).toBe(true)
      }),
      { numRuns: 300 },
    )
  })
})

describe('an RSA key of the ring', () => {
  const ring = signingRing()
  const [key] = ring.rsa as readonly [RsaKey]

  it('comes with a new ring, has the dates of its root but for what it signed ends within a day, and is sound', () => {
    const [{ k: _, kid: _kid, ...dates }] = ring.roots as readonly [Ring['roots'][0]]
    expect(ring.rsa).toEqual([{ kid: 's1', jwk: RING_RSA, ...dates, del: dates.end + 86_400 + 120 }])
    expect(examineRing(ring, { now: NOW })).toEqual([])
  })

  it('is written and read as it was', () => {
    expect(readRing(writeRing(ring))).toEqual({ ok: true, ring, bad: [] })
  })

  it('signs by RS256 from its use to its end, and is told from its publication until it is deleted', () => {
    const later = { ...ring, rsa: [{ ...key, pub: NOW, use: NOW + 3660 }] }
    const told = (now: number): boolean => kidsAt(later, 'RS256', now).length > 0
    const signs = (now: number): boolean => keysOf(later).signing('RS256', now) !== undefined
    expect([told(NOW - 61), told(NOW - 60), told(key.end), told(key.del - 61), told(key.del - 60)]).toEqual([
      false,
      true,
      true,
      true,
      false,
    ])
    expect([signs(NOW + 3659), signs(NOW + 3660), signs(key.end - 1), signs(key.end)]).toEqual([
      false,
      true,
      true,
      false,
    ])
  })

  it('is found by its kid from its use until it is deleted, but for the skew, and unless it is revoked', () => {
    const later = { ...ring, rsa: [{ ...key, use: NOW + 3660 }] }
    const isFound = (now: number): boolean => keysOf(later).named('s1', now)?.kid === 's1'
    expect([NOW + 3599, NOW + 3600, key.del - 61, key.del - 60].map(isFound)).toEqual([false, true, true, false])
    expect(keysOf(later).named('s2', NOW + 3660)).toBeUndefined()
    expect(keysOf(revokeRoot(later, 's1')).named('s1', NOW + 3660)).toBeUndefined()
  })

  it('becomes a key that signs (RFC 8017)', async () => {
    const { publicJwk } = await readySigningKey(keysOf(ring).signing('RS256', NOW) as SigningKey)
    expect(publicJwk).toEqual({ kty: 'RSA', n: RING_RSA.n, e: 'AQAB', kid: 's1', alg: 'RS256', use: 'sig' })
  })

  it('is not told where there is none', () => {
    expect(kidsAt(testRing(NOW), 'RS256', NOW)).toEqual([])
    expect(keysOf(testRing(NOW)).signing('RS256', NOW)).toBeUndefined()
  })

  it('is gone at once when it is revoked; its root is not (C26)', () => {
    const revoked = revokeRoot(ring, 's1')
    expect(kidsAt(revoked, 'RS256', NOW)).toEqual([])
    expect(keysOf(revoked).signing('RS256', NOW)).toBeUndefined()
    expect(keysOf(revoked).signing('ES256', NOW)?.kid).toBe(`r1.${NUMBER}`)
    expect(keysOf(revokeRoot(ring, 'r1')).signing('RS256', NOW)?.kid).toBe('s1')
  })

  it('does not sign while another one does', () => {
    const two = { ...ring, rsa: [key, { ...key, kid: 's2', jwk: RING_RSA_2 }] }
    expect(keysOf(two).signing('RS256', NOW)).toBeUndefined()
    expect(examineRing(two, { now: NOW }).at(-1)).toMatchObject({
      rule: 'primary',
      message: expect.stringContaining('s1 and s2 are both primary'),
    })
  })

  it('is turned with its root: the next one is told before it signs', () => {
    const next = rotated(ring, NOW + 1000, 1, RING_RSA_2)
    const use = NOW + 1000 + 3660
    expect(next.rsa).toMatchObject([
      { kid: 's1', end: use, del: use + 86_520 },
      { kid: 's2', pub: NOW + 1000, use, end: use + 7_776_000, del: use + 7_776_000 + 86_520 },
    ])
    expect(examineRing(next, { now: NOW + 1000 })).toEqual([])
    expect(kidsAt(next, 'RS256', NOW + 1000)).toEqual(['s1', 's2'])
    expect([use - 1, use].map((now) => keysOf(next).signing('RS256', now)?.kid)).toEqual(['s1', 's2'])
    expect(readRing(writeRing(next))).toEqual({ ok: true, ring: next, bad: [] })
    for (const [a, b] of [
      [ring, next],
      [next, ring],
    ] as const)
      expect(loadRing({ ring: writeRing(a), next: writeRing(b) }, { now: NOW + 1000 })).toMatchObject({
        ok: true,
        bad: [],
        ring: { rsa: next.rsa },
      })
  })

  it('stays as it is through a rotation that brings none', () => {
    expect(rotated(ring, NOW, 1).rsa).toEqual([key])
  })

  it('begins at once where none signs, however it stands with the roots', () => {
    const added = rotated(testRing(NOW), NOW + 50, 1, RING_RSA)
    expect(added.rsa).toMatchObject([{ kid: 's2', pub: NOW + 50, use: NOW + 50 }])
    const after = rotated(revokeRoot(ring, 's1'), NOW + 50, 1, RING_RSA_2)
    expect(after.rsa).toMatchObject([{ kid: 's1' }, { kid: 's2', use: NOW + 50 }])
    expect(loadRing({ ring: writeRing(after) }, { now: NOW + 50 })).toMatchObject({ bad: [], findings: [] })
  })

  it('is still announced when its root begins at once, in place of a revoked one (C26)', () => {
    const ring2 = rotated(revokeRoot(ring, 'r1'), NOW + 50, 1, RING_RSA_2)
    expect(ring2.roots.at(-1)).toMatchObject({ kid: 'r2', use: NOW + 50 })
    expect(ring2.rsa).toMatchObject([
      { kid: 's1', end: NOW + 3710 },
      { kid: 's2', use: NOW + 3710 },
    ])
    expect(loadRing({ ring: writeRing(ring2) }, { now: NOW + 50 })).toMatchObject({ bad: [], findings: [] })
    // While that one is staged, none is added.
    expect(rotated(revokeRoot(ring2, 'r2'), NOW + 60, 2, RING_RSA).rsa).toEqual(ring2.rsa)
  })

  it('is dropped when it is retired, and its kid is never used again', () => {
    const later = key.del
    expect(rotated(ring, later, 1).rsa).toBeUndefined()
    expect(rotated(rotated(ring, later, 1), later + 1_000_000, 2, RING_RSA).rsa).toMatchObject([{ kid: 's3' }])
    const ahead = { ...ring, rsa: [{ ...key, kid: 's2' }] }
    expect(rotated(ahead, NOW, 1, RING_RSA_2).rsa?.map(({ kid }) => kid)).toEqual(['s2', 's3'])
  })

  const json = JSON.parse(writeRing(ring))
  const [entry] = json.rsa
  const flip = (member: string): object => {
    const bytes = decodeBase64url(entry.jwk[member])
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 2
    return { ...entry, jwk: { ...entry.jwk, [member]: encodeBase64url(bytes) } }
  }
  const integer = (text: string): bigint => BigInt(`0x${hex(decodeBase64url(text))}`)
  const write = (value: bigint): string => {
    const text = value.toString(16)
    const bytes = (text.length % 2 === 0 ? text : `0${text}`).match(/../g) ?? []
    return encodeBase64url(Uint8Array.from(bytes, (pair) => Number.parseInt(pair, 16)))
  }
  const [p, q, d] = [entry.jwk.p, entry.jwk.q, entry.jwk.d].map(integer) as [bigint, bigint, bigint]
  /** Returns the key with other members of the private exponent. */
  const withExponents = (all: bigint, forP: bigint, forQ: bigint, e = 'AQAB'): object => ({
    ...entry,
    jwk: { ...entry.jwk, e, d: write(all), dp: write(forP % (p - 1n)), dq: write(forQ % (q - 1n)) },
  })
  const power = (base: bigint, exponent: bigint, modulus: bigint): bigint =>
    exponent === 0n
      ? 1n
      : (power((base * base) % modulus, exponent / 2n, modulus) * (exponent % 2n === 1n ? base : 1n)) % modulus
  const small = web.testGroups.find(({ comment }) => comment === 'keysize_too_small')?.private.keys[0]
  const weak = (zeros: number): object => {
    const { kty: _, alg: __, use: ___, kid: ____, ...jwk } = small as Readonly<Record<string, string>>
    const n = encodeBase64url(Uint8Array.from([...new Uint8Array(zeros), ...decodeBase64url(jwk['n'] ?? '')]))
    return { ...entry, jwk: { ...jwk, n } }
  }
  it.each<[string, object]>([
    ['an unknown member', { ...entry, use: entry.use, more: 1 }],
    ['a private member too many', { ...entry, jwk: { ...entry.jwk, oth: [] } }],
    ['kty', { ...entry, jwk: { ...entry.jwk, kty: 'RSA' } }],
    ['no private exponent', { ...entry, jwk: { ...entry.jwk, d: undefined } }],
    ['a number as a member', { ...entry, jwk: { ...entry.jwk, p: 7 } }],
    ['a modulus of 1024 bits', { ...entry, jwk: { ...entry.jwk, n: entry.jwk.n.slice(0, 171) } }],
    ['a modulus that zeros make long', { ...entry, jwk: { ...entry.jwk, n: `AAAA${entry.jwk.n.slice(4)}` } }],
    ['the exponent 1', { ...entry, jwk: { ...entry.jwk, e: 'AQ' } }],
    ['the exponent 3', { ...entry, jwk: { ...entry.jwk, e: 'Aw' } }],
    ...['n', 'd', 'p', 'q', 'dp', 'dq', 'qi'].map((member): [string, object] => [
      `a bad bit in ${member}`,
      flip(member),
    ]),
    ['another exponent for the first prime', withExponents(d, d + 2n, d)],
    ['another exponent for the second prime', withExponents(d, d, d + 2n)],
    ['exponents that are wrong for the first prime', withExponents(d + q - 1n, d + q - 1n, d)],
    ['exponents that are wrong for the second prime', withExponents(d + p - 1n, d, d + p - 1n)],
    ['all members right but 1024 bits', weak(0)],
    ['all members right, 1024 bits and zeros before them', weak(128)],
    ['a kid with a dot', { ...entry, kid: 's.1' }],
    ['use before pub', { ...entry, use: entry.pub - 1 }],
    ['no end', { ...entry, end: undefined }],
    ['nothing but a text', 'rsa' as unknown as object],
  ])('with %s is left out and reported, and stops nothing else (K06)', (_, bad) => {
    const reading = readRing(JSON.stringify({ ...json, rsa: [bad] }))
    expect(reading).toMatchObject({ ok: true, bad: [{ use: undefined, end: undefined }] })
    expect(reading.ok && reading.ring).toEqual(testRing(NOW))
    const loaded = loadRing({ ring: JSON.stringify({ ...json, rsa: [bad] }) }, { now: NOW })
    expect(loaded.ok && refusalAt(loaded, NOW)).toBeUndefined()
    expect(JSON.stringify(reading)).not.toContain(RING_RSA.d.slice(0, 40))
  })

  it('of another public exponent than 65537 is left out, though it is whole (FIPS 186-5 §5.4)', () => {
    const phi = (p - 1n) * (q - 1n)
    const e = [3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n].find((one) => (p - 1n) % one !== 0n && (q - 1n) % one !== 0n) ?? 0n
    const inverse =
      Array.from({ length: Number(e) }, (_, k) => 1n + BigInt(k) * phi).find((one) => one % e === 0n) ?? 0n
    const other = withExponents(inverse / e, inverse / e, inverse / e, write(e))
    expect(power(power(2n, e, p * q), inverse / e, p * q)).toBe(2n)
    expect(readRing(JSON.stringify({ ...json, rsa: [other] }))).toMatchObject({
      ok: true,
      bad: [{ message: '"rsa[0].jwk.e" expected AQAB' }],
    })
  })

  it.each<[string, readonly object[]]>([
    ['its kid', [entry, { ...entry, jwk: RING_RSA_2 }]],
    ['its bytes', [entry, { ...entry, kid: 's9' }]],
  ])('that shares %s with another is left out with it: nobody can tell which is meant', (_, rsa) => {
    const reading = readRing(JSON.stringify({ ...json, rsa }))
    expect(reading).toMatchObject({ ok: true, bad: [{ use: undefined }, { use: undefined }] })
    expect(reading.ok && reading.ring.rsa).toBeUndefined()
  })

  it('cannot be called as a root is, in one ring or in two', () => {
    const named = { ...json, rsa: [{ ...entry, kid: 'r1' }] }
    expect(readRing(JSON.stringify(named))).toMatchObject({
      reason: 'ring_malformed',
      detail: '"rsa" expected kids that no root has',
    })
    const other = { ...testRing(NOW), roots: [], rsa: [{ ...key, kid: 'r1' }] }
    const [a, b] = [testRing(NOW), other].map((one) => ({ ok: true as const, ring: one, bad: [] }))
    if (a === undefined || b === undefined) throw new Error('two rings')
    expect(mergeRings(a, b)).toMatchObject({ reason: 'ring_conflict', detail: expect.stringContaining('r1 is a root') })
  })

  it('does not come back once its dates break a rule', () => {
    const hasty = { ...ring, rsa: [{ ...key, del: key.end }] }
    const loaded = loadRing({ ring: writeRing(hasty) }, { now: NOW })
    expect(loaded).toMatchObject({ ok: true, bad: [{ kid: 's1', use: undefined }] })
    expect(loaded.ok && loaded.ring).toEqual(testRing(NOW))
  })

  it('of KEY_RING_NEXT joins that of KEY_RING; with other bytes it is a conflict', () => {
    const next = rotated(ring, NOW, 1, RING_RSA_2)
    const texts = { ring: writeRing(ring), next: writeRing(next) }
    expect(loadRing(texts, { now: NOW })).toMatchObject({ ok: true, ring: { rsa: next.rsa } })
    const other = { ...ring, rsa: [{ ...key, jwk: RING_RSA_2 }] }
    const loaded = loadRing({ ...texts, next: writeRing(other) }, { now: NOW })
    expect(loaded.ok && refusalAt(loaded, NOW)).toMatchObject({ reason: 'ring_conflict' })
  })

  it('fits into a secret twice, not three times (design §3)', () => {
    const two = rotated(ring, NOW, 1, RING_RSA_2)
    const size = new TextEncoder().encode(writeRing(two)).length
    expect(size).toBeGreaterThan(3000)
    expect(size).toBeLessThan(5120)
    const three = { ...two, rsa: [...(two.rsa ?? []), { ...key, kid: 's3' }] }
    expect(examineRing(three, { now: NOW }).map(({ rule }) => rule)).toContain('size')
    expect(readRing(writeRing(three))).toMatchObject({ reason: 'ring_too_large' })
  })

  it('turned every month fits into a secret for ever', () => {
    let turning = ring
    for (let month = 1; month <= 12; month++) {
      const now = NOW + month * 2_592_000
      const next = rotated(turning, now, month, month % 2 === 0 ? RING_RSA : RING_RSA_2)
      expect(new TextEncoder().encode(writeRing(next)).length).toBeLessThan(5120)
      expect(examineRing(next, { now })).toEqual([])
      expect(loadRing({ ring: writeRing(next) }, { now })).toMatchObject({ ok: true, bad: [] })
      turning = next
    }
    expect(turning.rsa).toHaveLength(2)
  })

  it('is examined as roots are', () => {
    const find = (rsa: readonly RsaKey[], now = NOW): readonly string[] =>
      examineRing({ ...ring, rsa }, { now }).map(({ rule, kid }) => `${rule} ${kid}`)
    const second = { ...key, kid: 's2', jwk: RING_RSA_2, pub: NOW + 10, use: NOW + 20 }
    expect(find([{ ...key, end: NOW + 20 }, second])).toEqual(['use s2'])
    expect(find([{ ...key, del: key.del - 1 }])).toEqual(['del s1'])
    expect(find([{ ...key, end: NOW + 5 }])).toEqual(['primary undefined'])
    expect(examineRing({ ...ring, rsa: [{ ...key, end: NOW + 5 }] }, { now: NOW })).toMatchObject([
      { message: expect.stringMatching(/^no RSA key is primary from .*: nothing can be signed by RS256 then/) },
    ])
    // Who has none needs none; nor who has revoked all.
    expect(find([])).toEqual([])
    expect(examineRing(revokeRoot({ ...ring, rsa: [{ ...key, del: key.end }] }, 's1'), { now: NOW })).toEqual([])
  })
})
