import fc from 'fast-check'
import { CompactEncrypt, type CryptoKey, compactDecrypt, exportJWK, generateKeyPair, importJWK } from 'jose'
import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import type { ContentEncryption } from '../../keys/index.ts'
import { agreeOnKey, type EphemeralKey } from '../../src/jose/agreement.ts'
import { readJwe } from '../../src/jose/canonical.ts'
import { makeOpener } from '../../src/jose/content_opening.ts'
import { authenticatedOf } from '../../src/jose/dir.ts'
import { ENCS, PARTNER_KEYS, PARTNER_STRANGER, publicOf } from '../parties/partner.ts'

const CURVES = ['P-256', 'X25519'] as const
type Curve = (typeof CURVES)[number]
const ROWS = CURVES.flatMap((curve) => ENCS.map((enc) => [curve, enc] as const))

const importKey = async (jwk: object): Promise<CryptoKey> => {
  const { use: _use, ...members } = jwk as Record<string, string>
  return (await importJWK(members, 'ECDH-ES')) as CryptoKey
}

const hex = (from: Uint8Array): string => [...from].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** What came of opening: the bytes in hex, or that there are none. */
const outcome = (opening: () => Promise<Uint8Array | ArrayBuffer>): Promise<string> =>
  Promise.resolve()
    .then(opening)
    .then(
      (plaintext) => hex(new Uint8Array(plaintext)),
      () => 'refused',
    )

const headerOf = (jwe: string): { readonly epk: EphemeralKey } =>
  JSON.parse(atob((jwe.split('.')[0] ?? '').replaceAll('-', '+').replaceAll('_', '/')))

const ours = (jwe: string, key: CryptoKey, enc: ContentEncryption): Promise<string> =>
  outcome(async () => {
    const opener = makeOpener(enc, await agreeOnKey(key, headerOf(jwe).epk, enc))
    const { header, content } = readJwe(jwe)
    return opener.open(content, authenticatedOf(header))
  })

const byJose = (jwe: string, key: CryptoKey, enc: ContentEncryption): Promise<string> =>
  outcome(async () => {
    const options = { keyManagementAlgorithms: ['ECDH-ES'], contentEncryptionAlgorithms: [enc] }
    return (await compactDecrypt(jwe, key, options)).plaintext
  })

async function seal(curve: Curve, enc: ContentEncryption, plaintext: Uint8Array): Promise<string> {
  const key = await importKey(publicOf(PARTNER_KEYS[curve]))
  return new CompactEncrypt(plaintext).setProtectedHeader({ alg: 'ECDH-ES', enc, kid: 'k', cty: 'JWT' }).encrypt(key)
}

/** Puts another ephemeral key into a header. */
const withEphemeral = (jwe: string, epk: object): string => {
  const [, ...rest] = jwe.split('.')
  return [encodeBase64url(new TextEncoder().encode(JSON.stringify({ ...headerOf(jwe), epk }))), ...rest].join('.')
}

describe('ECDH-ES', () => {
  it.each(ROWS)('on %s for %s opens what jose seals, as jose does', async (curve, enc) => {
    const key = await importKey(PARTNER_KEYS[curve])
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (plaintext) => {
        const jwe = await seal(curve, enc, plaintext)
        expect(await ours(jwe, key, enc)).toBe(hex(plaintext))
        expect(await byJose(jwe, key, enc)).toBe(hex(plaintext))
      }),
      { numRuns: 60 },
    )
  })

  it.each(ROWS)('on %s for %s refuses each ephemeral key that jose refuses', async (curve, enc) => {
    const key = await importKey(PARTNER_KEYS[curve])
    const jwe = await seal(curve, enc, Uint8Array.of(1, 2, 3))
    const { epk } = headerOf(jwe)
    const { kty, crv, x = '', y = '' } = epk
    const zero = encodeBase64url(new Uint8Array(32))
    const one = encodeBase64url(Uint8Array.from({ length: 32 }, (_, index) => (index === 0 ? 1 : 0)))
    const other = await exportJWK(
      (await generateKeyPair('ECDH-ES', { crv: curve === 'P-256' ? 'X25519' : 'P-256' })).publicKey,
    )
    const tampered = [
      { ...PARTNER_STRANGER, kid: undefined },
      other,
      { kty, crv, x: zero, ...(y && { y: zero }) },
      { kty, crv, x: one, ...(y && { y: one }) },
      // Points of small order on the curve of X25519 agree on zero with everybody (RFC 7748 §6.1).
      { kty, crv, x: '4Ot6fDtBuK4WVuP68Z_EatoJjeucMrH9hmIFFl9JuAA', ...(y && { y }) },
      { kty, crv, x: 'X5yVvKNQjCSx0LFVnIPvWwREXMRYHI6G2CJO3dCfEVc', ...(y && { y }) },
      { kty, crv, x: '7P________________________________________8', ...(y && { y }) },
      { kty, crv, x: y || x.slice(0, -4), ...(y && { y: x }) },
      { kty, crv, x: x.slice(0, 40), ...(y && { y }) },
      { kty, crv, x: `${x}AAAA`, ...(y && { y }) },
      { kty, crv, x: `AAAA${x}`, ...(y && { y }) },
      { kty, crv: 'P-384', x, ...(y && { y }) },
      { kty: 'oct', crv, x, ...(y && { y }) },
      { kty, crv, ...(y && { y }) },
    ]
    for (const [index, one] of tampered.entries()) {
      const changed = withEphemeral(jwe, one)
      expect([index, await ours(changed, key, enc)]).toEqual([index, 'refused'])
      expect([index, await byJose(changed, key, enc)]).toEqual([index, 'refused'])
    }
    expect(await ours(withEphemeral(jwe, epk), key, enc)).toBe(await byJose(withEphemeral(jwe, epk), key, enc))
    const stranger = (await generateKeyPair('ECDH-ES', { crv: curve })).privateKey
    expect(await ours(jwe, stranger, enc)).toBe('refused')
  })

  it('agrees on another key for each content encryption, of its length', async () => {
    const key = await importKey(PARTNER_KEYS['P-256'])
    const { epk } = headerOf(await seal('P-256', 'A256GCM', Uint8Array.of(1)))
    const [short, long] = await Promise.all(ENCS.map((enc) => agreeOnKey(key, epk, enc)))
    expect([short?.length, long?.length]).toEqual([32, 64])
    expect(hex(long ?? new Uint8Array())).not.toContain(hex(short ?? new Uint8Array()))
  })
})
