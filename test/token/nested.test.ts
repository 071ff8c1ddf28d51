import fc from 'fast-check'
import { compactDecrypt, decodeProtectedHeader, importJWK, type JWK, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import {
  type ContentEncryption,
  createKeyring,
  createRing,
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
} from '../../keys/index.ts'
import { LONGEST_ENVELOPE } from '../../src/jose/canonical.ts'
import { readVerificationKeys } from '../../src/jose/jwks.ts'
import { leafRecipient, openerOf, recipientOf } from '../../src/jose/recipient.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { type FindRecipient, openNested, readNestedOutside, sealNested } from '../../src/token/nested.ts'
import {
  createSealer,
  ENCS,
  OUTERS,
  type Outer,
  PARTNER_KEYS,
  PARTNER_STRANGER,
  RING_RSA_2,
  signingRing,
} from '../parties/partner.ts'
import { API, API2, ENTITLEMENT, ISSUER, NOW, named, testKey } from '../ring.ts'

const sealer = createSealer()
const expected = { issuer: ISSUER, resource: API, now: NOW, clockTolerance: 10, longestLife: 600, anonymous: true }
const entitlement: Entitlement = {
  ...ENTITLEMENT,
  scope: ['read', 'write'],
  gid: 'BBBBBBBBBBBBBBBBBBBBBB',
  auth_time: NOW - 5,
  claims: { tenant: 'blue', list: [1, { deep: null }] },
}
const CASES = OUTERS.flatMap((outer) => ENCS.flatMap((enc) => SIGNING_ALGORITHMS.map((alg) => ({ outer, enc, alg }))))

/** Finds what opens for the partner: its one key, or its leaf. */
function finder(outer: Outer, enc: ContentEncryption, from = sealer): FindRecipient {
  const opener = outer === 'dir' ? leafRecipient(from.leaf(enc)) : openerOf(PARTNER_KEYS[outer], enc)
  return async (kid) => ((await opener).kid === kid ? opener : undefined)
}
const verification = sealer.verification()

/** Returns the entitlement, or the code of the refusal. */
async function open(token: string, outer: Outer = 'P-256', enc: ContentEncryption = 'A256GCM', changes = {}) {
  return openNested(token, finder(outer, enc), await verification, { ...expected, ...changes }).then(
    (opened) => opened.entitlement,
    (error: { code: string }) => error.code,
  )
}

describe.each(CASES)('a nested token: $alg in $outer with $enc', ({ outer, enc, alg }) => {
  it('opens to the entitlement that was sealed, and names the key that signed it, and the leaf around it', async () => {
    const token = await sealer.seal(outer, enc, alg, entitlement)
    const outside = readNestedOutside(token)
    expect(await openNested(token, finder(outer, enc), await verification, expected)).toEqual({
      entitlement,
      kid: sealer.signer(alg).kid,
      leaf: outside.alg === 'dir' ? outside.kid : undefined,
    })
  })

  it('has exactly the headers of design §4', async () => {
    const token = await sealer.seal(outer, enc, alg, entitlement)
    const header = decodeProtectedHeader(token)
    const { kid } = await sealer.recipient(outer, enc)
    const management = outer === 'dir' ? 'dir' : outer === 'RSA' ? 'RSA-OAEP-256' : 'ECDH-ES'
    const { epk, ...others } = header
    expect(others).toEqual({ alg: management, enc, kid, cty: 'JWT' })
    expect(Object.keys(epk ?? {}).sort()).toEqual(
      outer === 'P-256' ? ['crv', 'kty', 'x', 'y'] : outer === 'X25519' ? ['crv', 'kty', 'x'] : [],
    )
    const found = await finder(outer, enc)(kid, NOW).then((one) => one ?? Promise.reject(new Error('no key')))
    const { plaintext } = await compactDecrypt(token, 'key' in found ? found.key : sealer.leaf(enc).key)
    const jws = new TextDecoder().decode(plaintext)
    expect(atob(jws.split('.')[0] ?? '')).toBe(`{"alg":"${alg}","kid":"${sealer.signer(alg).kid}","typ":"at+jwt"}`)
  })
})

describe('a nested token', () => {
  it.each(OUTERS)('opens with jose alone, in %s: the form is standard (RFC 7519 §11.2)', async (outer) => {
    const token = await sealer.seal(outer, 'A256GCM', 'ES256', entitlement)
    const key =
      outer === 'dir'
        ? sealer.leaf('A256GCM').key
        : await importJWK({ ...PARTNER_KEYS[outer] } as JWK, outer === 'RSA' ? 'RSA-OAEP-256' : 'ECDH-ES')
    const { plaintext } = await compactDecrypt(token, key)
    const { keys } = await sealer.jwks()
    const { kid } = sealer.signer('ES256')
    const issuerKey = await importJWK({ ...keys.find((jwk) => jwk['kid'] === kid) } as JWK, 'ES256')
    const { payload } = await jwtVerify(new TextDecoder().decode(plaintext), issuerKey, {
      issuer: ISSUER,
      audience: API,
      typ: 'at+jwt',
      currentDate: new Date(NOW * 1000),
    })
    expect(payload).toMatchObject({ sub: 'alice', scope: 'read write', tenant: 'blue' })
  })

  it.each(OUTERS)('in %s is never sealed twice with the same key and initialization vector (H07)', async (outer) => {
    const tokens = await Promise.all(
      Array.from({ length: 50 }, () => sealer.seal(outer, 'A256GCM', 'ES256', entitlement)),
    )
    expect(new Set(tokens.map((token) => token.split('.')[2])).size).toBe(50)
    if (outer !== 'dir') expect(new Set(tokens.map((token) => token.split('.', 2).join('.'))).size).toBe(50)
  })

  it('is not sealed longer than it could be opened', async () => {
    const long = { ...entitlement, claims: { text: 'x'.repeat(4300) } }
    for (const outer of OUTERS)
      await expect(sealer.seal(outer, 'A256GCM', 'ES256', long)).rejects.toMatchObject({ code: 'size' })
    const most = { ...entitlement, claims: { text: 'x'.repeat(3500) } }
    for (const outer of OUTERS)
      expect(await open(await sealer.seal(outer, 'A256GCM', 'RS256', most), outer)).toMatchObject({ sub: 'alice' })
  })

  it('is sealed as long as it can be opened, to the last character', async () => {
    const seal = (length: number) =>
      sealer.seal('dir', 'A256GCM', 'ES256', { ...entitlement, claims: { text: 'x'.repeat(length) } })
    // Base64url twice: a character of the claims is 16/9 of one of the token.
    const about = 3500 + Math.floor(((LONGEST_ENVELOPE - (await seal(3500)).length) * 9) / 16)
    const tokens = await Promise.all(
      Array.from({ length: 9 }, (_, index) => seal(about - 4 + index).catch(({ code }: { code: string }) => code)),
    )
    expect(tokens).toContain('size')
    const longest = tokens.find((token) => token.length === LONGEST_ENVELOPE) ?? ''
    expect(await open(longest, 'dir')).toMatchObject({ sub: 'alice' })
  })

  it.each(CASES.filter(({ alg }) => alg === 'ES256'))(
    'opens to any entitlement that was sealed, in $outer with $enc: open ∘ seal = id',
    async ({ outer, enc }) => {
      const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
      const any = fc.record({
        sub: text,
        client_id: fc.option(text, { nil: undefined }),
        aud: fc.constant(API),
        scope: fc.array(fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]{1,10}$/), { minLength: 1, maxLength: 5 }),
        iat: fc.integer({ min: NOW - 500, max: NOW }),
        exp: fc.integer({ min: NOW + 1, max: NOW + 90 }),
        jti: text,
        claims: fc.dictionary(
          fc.stringMatching(/^own_[a-z0-9]{1,8}$/),
          fc.jsonValue({ maxDepth: 2 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
        ),
      })
      await fc.assert(
        fc.asyncProperty(any, async (one) => {
          expect(await open(await sealer.seal(outer, enc, 'ES256', one), outer, enc)).toEqual(one)
        }),
        { numRuns: 25 },
      )
    },
  )

  it.each(OUTERS)('in %s is refused with any one character changed, added or left out', async (outer) => {
    const token = await sealer.seal(outer, 'A256GCM', 'ES256', entitlement)
    const isIn = async (one: string): Promise<boolean> => typeof (await open(one, outer)) !== 'string'
    expect(await isIn(token)).toBe(true)
    // Every place in the header and at the seams; between them every seventh.
    const places = Array.from({ length: token.length + 1 }, (_, at) => at).filter(
      (at) => at % 7 === 0 || at < 40 || token.slice(at - 2, at + 3).includes('.') || at > token.length - 3,
    )
    for (const at of places) {
      const changed = ['A', 'B', '_', '.', '=', ' ', '\n'].flatMap((character) => [
        token.slice(0, at) + character + token.slice(at + 1),
        token.slice(0, at) + character + token.slice(at),
      ])
      const different = [...changed, token.slice(0, at) + token.slice(at + 1)].filter((one) => one !== token)
      expect([at, (await Promise.all(different.map(isIn))).filter(Boolean).length]).toEqual([at, 0])
    }
  })

  it.each(OUTERS)('in %s is for one resource alone (C03)', async (outer) => {
    const token = await sealer.seal(outer, 'A256GCM', 'ES256', { ...entitlement, aud: API2 })
    expect(await open(token, outer)).toBe('audience')
    if (outer !== 'dir') return
    const other = createSealer(signingRing(), ISSUER, API2)
    const foreign = await other.seal('dir', 'A256GCM', 'ES256', entitlement)
    expect(await open(foreign, 'dir')).toBe('decryption')
  })

  it.each<[SigningAlgorithm]>([['ES256'], ['Ed25519'], ['RS256']])(
    'signed by %s is refused when another issuer signed it, under the same kid or another',
    async (alg) => {
      // The kids are the same: r1 and s1.
      const other = createSealer(named(createRing({ now: NOW, key: testKey(5), rsaKey: RING_RSA_2 })))
      const recipient = await sealer.recipient('P-256', 'A256GCM')
      expect(await open(await sealNested(entitlement, ISSUER, other.signer(alg), recipient))).toBe('signature')
      const unknown = await sealNested(entitlement, ISSUER, { ...sealer.signer(alg), kid: 'r9.1' }, recipient)
      expect(await open(unknown)).toBe('signing_key')
      const elsewhere = await sealNested(entitlement, 'https://as2.example', sealer.signer(alg), recipient)
      expect(await open(elsewhere)).toBe('issuer')
    },
  )

  it('is refused under another key of the same kind, and another kid of the right key (H08)', async () => {
    // The point of the example's other key pair (RFC 7518 appendix C).
    const stranger = await recipientOf({ ...PARTNER_STRANGER, kid: 'partner-ec' }, 'A256GCM')
    expect(await open(await sealNested(entitlement, ISSUER, sealer.signer('ES256'), stranger))).toBe('decryption')
    const renamed = { ...(await sealer.recipient('P-256', 'A256GCM')), kid: 'partner-x' }
    expect(await open(await sealNested(entitlement, ISSUER, sealer.signer('ES256'), renamed))).toBe('key')
  })

  it('is refused with another content encryption than the one agreed on (C15)', async () => {
    for (const outer of OUTERS) {
      const token = await sealer.seal(outer, 'A256CBC-HS512', 'ES256', entitlement)
      expect(await open(token, outer, 'A256GCM')).toBe('algorithm')
    }
  })

  it('is refused when the key that signed it is told for another algorithm (C15)', async () => {
    const { keys } = await sealer.jwks()
    const token = await sealer.seal('P-256', 'A256GCM', 'ES256', entitlement)
    const lying = keys.map((jwk) => (jwk['alg'] === 'Ed25519' ? { ...jwk, kid: sealer.signer('ES256').kid } : jwk))
    const only = readVerificationKeys({ keys: lying.filter((jwk) => jwk['alg'] === 'Ed25519').slice(-1) })
    await expect(openNested(token, finder('P-256', 'A256GCM'), only, expected)).rejects.toMatchObject({
      code: 'algorithm',
    })
  })

  it('under a leaf opens as long as the leaf does, and no longer', async () => {
    const token = await sealer.seal('dir', 'A256GCM', 'ES256', { ...entitlement, exp: NOW + 86_400 })
    const leaves = createKeyring(signingRing(), ISSUER).leavesFor('access', API, 'A256GCM', 600)
    const find: FindRecipient = async (kid, now) => {
      const leaf = leaves.opening(kid, now)
      return leaf === undefined ? undefined : leafRecipient(leaf)
    }
    const at = async (now: number): Promise<unknown> =>
      openNested(token, find, await verification, { ...expected, longestLife: 86_400, now }).then(
        () => 'opened',
        ({ code }: { code: string }) => code,
      )
    const end = sealer.leaf('A256GCM').exp
    expect(await Promise.all([at(NOW), at(end + 719), at(end + 720)])).toEqual(['opened', 'opened', 'key'])
  })
})
