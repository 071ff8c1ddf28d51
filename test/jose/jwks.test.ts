import { describe, expect, it } from 'vitest'
import { SIGNING_ALGORITHMS } from '../../keys/index.ts'
import { checkStrength, keysByName, publicMembers, readVerificationKeys, readySigningKey } from '../../src/jose/jwks.ts'
import { createSealer, PARTNER_KEYS, RING_RSA, signingRing } from '../parties/partner.ts'
import thumbprints from '../vectors/rfc/rfc7638-s3.1.json' with { type: 'json' }
import web from '../vectors/wycheproof/json_web_key_test.json' with { type: 'json' }

type Jwk = Readonly<Record<string, unknown>>

const sealer = createSealer()
const { keys: TOLD } = await sealer.jwks()
const told = (alg: string): Jwk => TOLD.find((jwk) => jwk['alg'] === alg) as Jwk
const [ES256, ED25519, RS256] = SIGNING_ALGORITHMS.map(told) as [Jwk, Jwk, Jwk]

/** Returns what became of a key in a set of its own: found, passed over, or refused when it was to be used. */
async function fate(jwk: Jwk, kid: unknown = jwk['kid']): Promise<string> {
  const keys = readVerificationKeys({ keys: [jwk] })
  return keys.find(String(kid)).then(
    (found) => (found === undefined ? 'passed over' : 'found'),
    ({ name, code }: { name: string; code: string }) => `${name} ${code}`,
  )
}

describe("the issuer's JWK Set", () => {
  it('holds public members alone, each kid once, with alg and use (C27, security.md b.1)', () => {
    const members = { EC: ['kty', 'crv', 'x', 'y'], OKP: ['kty', 'crv', 'x'], RSA: ['kty', 'n', 'e'] }
    for (const jwk of TOLD) {
      expect(Object.keys(jwk)).toEqual([...members[jwk['kty'] as keyof typeof members], 'kid', 'alg', 'use'])
      expect(jwk['use']).toBe('sig')
    }
    expect(new Set(TOLD.map((jwk) => jwk['kid'])).size).toBe(TOLD.length)
    expect(TOLD.map((jwk) => jwk['alg'])).toEqual(['ES256', 'ES256', 'Ed25519', 'Ed25519', 'RS256'])
  })

  it('holds no private bytes in any spelling (C27)', () => {
    const text = JSON.stringify(TOLD)
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi'] as const) expect(text).not.toContain(RING_RSA[member])
    expect(text).not.toMatch(/"(?:d|p|q|dp|dq|qi|k|oth)":/)
  })

  it('is the same at every machine that has the ring (design §3)', async () => {
    expect((await createSealer(signingRing()).jwks()).keys).toEqual(TOLD)
    expect((await createSealer(signingRing(), 'https://as2.example').jwks()).keys).not.toEqual(TOLD)
  })

  it.each(SIGNING_ALGORITHMS)('tells what a key is for, and the key signs: %s', async (alg) => {
    const { publicJwk, sign } = await readySigningKey({ ...sealer.signer(alg) })
    expect(publicJwk).toMatchObject({ alg, use: 'sig' })
    expect((await sign(new Uint8Array(3))).byteLength).toBeGreaterThan(63)
  })

  it('imports each signing key once', async () => {
    const key = sealer.signer('ES256')
    expect(readySigningKey(key)).toBe(readySigningKey(key))
    const { privateKey } = await readySigningKey(key)
    expect(privateKey.usages).toEqual(['sign'])
  })
})

describe('the public members of a key', () => {
  it.each(Object.values(PARTNER_KEYS))('are nothing but those of its kind: $kid', (jwk) => {
    expect(Object.keys(publicMembers(jwk)).join()).toMatch(/^kty,(crv,x(,y)?|n,e)$/)
  })

  it('are those whose hash is its thumbprint (RFC 7638 §3.1)', async () => {
    for (const { jwk, canonical, thumbprint } of thumbprints) {
      const members = publicMembers(jwk)
      const sorted = Object.fromEntries(Object.entries(members).sort(([a], [b]) => (a < b ? -1 : 1)))
      expect(JSON.stringify(sorted)).toBe(canonical)
      const { calculateJwkThumbprint } = await import('jose')
      expect(await calculateJwkThumbprint(members as never)).toBe(thumbprint)
    }
  })

  it('are none of a shared key, nor of one that lacks a member', () => {
    expect(publicMembers({ kty: 'oct', k: 'AAAA' })).toEqual({})
    expect(() => publicMembers({ ...ES256, y: undefined })).toThrow(expect.objectContaining({ code: 'key' }))
    expect(() => publicMembers({ ...ES256, y: ['AAAA'] })).toThrow(expect.objectContaining({ code: 'key' }))
  })
})

describe('a key to verify with', () => {
  it.each([ES256, ED25519, RS256])('is found by exactly its kid: $alg', async (jwk) => {
    expect(await fate(jwk)).toBe('found')
    for (const kid of ['', `${jwk['kid']} `, String(jwk['kid']).toUpperCase(), '__proto__', 'constructor'])
      expect(await fate(jwk, kid)).toBe('passed over')
    expect(await fate({ ...jwk, use: undefined, key_ops: ['verify'], 'x5t#S256': 'AAAA' })).toBe('found')
  })

  it.each<[string, Jwk]>([
    ['is for encryption (RFC 7517 §4.2)', { ...ES256, use: 'enc' }],
    ['says another operation (RFC 7517 §4.3)', { ...ES256, use: undefined, key_ops: ['deriveBits'] }],
    ['says its operations as a text', { ...ES256, key_ops: 'verify' }],
    ['has no alg', { ...ES256, alg: undefined }],
    ['has the alg of another kind (C15)', { ...ES256, alg: 'RS256' }],
    ['has an alg in another case (C15)', { ...ES256, alg: 'es256' }],
    ['has the alg none', { ...ES256, alg: 'none' }],
    ['has the alg HS256', { kty: 'oct', k: 'AAAA', alg: 'HS256', kid: 'h' }],
    ['has an alg from the prototype', { ...ES256, alg: 'constructor' }],
    ['is for EdDSA, whatever the curve (M42)', { ...ED25519, alg: 'EdDSA' }],
    ['is for PS256', { ...RS256, alg: 'PS256' }],
    ['is on P-384', { ...ES256, crv: 'P-384' }],
    ['is an X25519 key', { ...ED25519, crv: 'X25519' }],
    ['is an RSA key with a curve', { ...RS256, crv: 'P-256' }],
    ['has no kid', { ...ES256, kid: undefined }],
    ['has a number as kid', { ...ES256, kid: 1 }],
    ['is private (C27)', { ...ES256, d: PARTNER_KEYS['P-256'].d }],
    ['has a list as kty', { ...ES256, kty: ['EC'] }],
    ['has a list as crv', { ...ES256, crv: ['P-256'] }],
    ['is null', null as unknown as Jwk],
    ['is a text', 'key' as unknown as Jwk],
  ])('is passed over when it %s', async (_, jwk) => {
    expect(await fate(jwk, 'kid' in Object(jwk) ? jwk['kid'] : 'undefined')).toBe('passed over')
  })

  it.each<[string, Jwk]>([
    ['a point off the curve (C28)', { ...ES256, y: ES256['x'] }],
    ['a coordinate too short', { ...ES256, x: 'AAAA' }],
    ['an Ed25519 key too short', { ...ED25519, x: 'AAAA' }],
    [
      '1024 bits (K2)',
      { ...(web.testGroups.find(({ comment }) => comment === 'keysize_too_small')?.public?.keys[0] as Jwk) },
    ],
    [
      'the exponent 1',
      { ...(web.testGroups.find(({ comment }) => comment === 'exponentOne')?.public?.keys[0] as Jwk) },
    ],
    ['the exponent 1, and bits enough', { ...RS256, e: 'AQ' }],
    ['a point of small order', { ...ED25519, x: `AQ${'A'.repeat(41)}` }],
    ['no exponent', { ...RS256, e: undefined }],
  ])('is refused when it has %s', async (_, jwk) => {
    expect(await fate(jwk)).toBe('TokenError key')
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['an object without keys', {}],
    ['keys that are no list', { keys: {} }],
    ['a kid twice', { keys: [ES256, ES256] }],
    ['a kid twice, for two algorithms', { keys: [ES256, { ...ED25519, kid: ES256['kid'] }] }],
  ])('is not looked for in what is no JWK Set: %s', (_, jwks) => {
    expect(() => readVerificationKeys(jwks)).toThrow(expect.objectContaining({ code: 'key' }))
  })

  it('is found beside keys that are for something else, though one has its kid', async () => {
    const same = [{ ...PARTNER_KEYS['P-256'], kid: ES256['kid'] }, { kty: 'oct', k: 'AAAA', kid: ES256['kid'] }, null]
    const nameless = { ...ES256, kid: undefined }
    const others = [...same, nameless, nameless]
    const keys = readVerificationKeys({ keys: [...others, ES256] })
    expect((await keys.find(String(ES256['kid'])))?.alg).toBe('ES256')
  })
})

describe("the issuer's own keys", () => {
  it.each(SIGNING_ALGORITHMS)('verify what they signed, found by exactly their kid: %s', async (alg) => {
    const key = sealer.signer(alg)
    const keys = keysByName((kid) => (kid === key.kid ? key : undefined))
    const found = await keys.find(key.kid)
    expect(found?.alg).toBe(alg)
    expect(found?.key.usages).toEqual(['verify'])
    const bytes = new TextEncoder().encode('signed')
    const { name } = found?.key.algorithm ?? { name: '' }
    const { sign } = await readySigningKey(key)
    const signature = Uint8Array.from(new Uint8Array(await sign(bytes)))
    const algorithm = { name, hash: 'SHA-256' }
    expect(await crypto.subtle.verify(algorithm, found?.key as never, signature, bytes)).toBe(true)
    expect(await keys.find('other')).toBeUndefined()
  })
})

describe('the strength of an RSA key', () => {
  const of = (modulusLength: number | undefined, ...exponent: readonly number[]) =>
    ({ algorithm: { name: 'RSA-OAEP', modulusLength, publicExponent: Uint8Array.of(...exponent) } }) as never

  it.each<[string, unknown]>([
    ['2048 bits and 65537', of(2048, 1, 0, 1)],
    ['2048 bits and 257', of(2048, 1, 1)],
    ['3', of(4096, 3)],
    ['no RSA key', { algorithm: { name: 'ECDSA', namedCurve: 'P-256' } }],
    ['no length', { algorithm: { name: 'other', publicExponent: Uint8Array.of(1) } }],
    ['no exponent', { algorithm: { name: 'other', modulusLength: 1 } }],
  ])('is enough: %s', (_, key) => {
    expect(() => checkStrength(key as never)).not.toThrow()
  })

  it.each([of(2047, 1, 0, 1), of(2048, 1), of(2048, 0, 0, 1)])('is not enough (RFC 7518 §3.3)', (key) => {
    expect(() => checkStrength(key)).toThrow(expect.objectContaining({ name: 'TokenError', code: 'key' }))
  })
})
