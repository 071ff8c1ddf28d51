import { describe, expect, it } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../keys/base64url.ts'
import { decryptWith, encryptTo } from '../../src/jose/encrypted.ts'
import {
  isOpener,
  isRecipient,
  keyManagementOf,
  leafRecipient,
  openerOf,
  recipientOf,
} from '../../src/jose/recipient.ts'
import { createSealer, PARTNER_KEYS, publicOf } from '../parties/partner.ts'
import web from '../vectors/wycheproof/json_web_key_test.json' with { type: 'json' }

type Jwk = Readonly<Record<string, unknown>>

const [EC, X, RSA] = ['P-256', 'X25519', 'RSA'].map((name) =>
  publicOf(PARTNER_KEYS[name as keyof typeof PARTNER_KEYS]),
) as unknown as [Jwk, Jwk, Jwk]
/** Returns the code of the refusal, or that there is none. */
const outcome = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'taken',
    (error: { name: string; code: string }) => `${error.name} ${error.code}`,
  )
const P384 = {
  kty: 'EC',
  crv: 'P-384',
  kid: 'p384',
  x: 'lInTxl8fjLKp_UCrxI0WDklahi-7-_6JbtiHjiRvMvhedhKVdHBfi2HCY8t_QJyc',
  y: 'y6N1IC-2mXxHreETBW7K3mBcw0qGr3CWHCs-yl09yCQRLcyfGv7XhqAngHOu51Zv',
}
const small = web.testGroups.find(({ comment }) => comment === 'keysize_too_small')?.public?.keys[0] as Jwk
const one = web.testGroups.find(({ comment }) => comment === 'exponentOne')?.public?.keys[0] as Jwk

describe('a key to seal to', () => {
  it.each<[string, Jwk, string]>([
    ['P-256', EC, 'ECDH-ES'],
    ['X25519', X, 'ECDH-ES'],
    ['RSA', RSA, 'RSA-OAEP-256'],
    ['P-256 that says no use and no alg', { ...EC, use: undefined, alg: undefined }, 'ECDH-ES'],
    ['P-256 as WebCrypto tells it', { ...EC, key_ops: [], ext: true }, 'ECDH-ES'],
    ['RSA that wraps', { ...RSA, key_ops: ['wrapKey'], alg: 'RSA-OAEP-256' }, 'RSA-OAEP-256'],
  ])('is %s, and nothing but its public members is used', async (_, jwk, alg) => {
    expect([keyManagementOf(jwk), isRecipient(jwk)]).toEqual([alg, true])
    const { key, ...others } = await recipientOf(jwk, 'A256GCM')
    expect(others).toEqual({ kid: jwk['kid'], alg, enc: 'A256GCM' })
    expect((key as { type: string }).type).toBe('public')
  })

  it.each<[string, Jwk]>([
    ['a key to sign with (RFC 7517 §4.2)', { ...EC, use: 'sig' }],
    ['a key that verifies (RFC 7517 §4.3)', { ...EC, use: undefined, key_ops: ['verify'] }],
    ['operations that are no list', { ...EC, key_ops: 'deriveBits' }],
    ['a key for ES256', { ...EC, use: undefined, alg: 'ES256' }],
    ['a key that wraps by ECDH-ES+A256KW', { ...EC, alg: 'ECDH-ES+A256KW' }],
    ['an alg in another case (C15)', { ...EC, alg: 'ecdh-es' }],
    ['an RSA key for RSA1_5 (H04)', { ...RSA, alg: 'RSA1_5' }],
    ['an RSA key for RSA-OAEP with SHA-1', { ...RSA, alg: 'RSA-OAEP' }],
    ['a key on P-384', P384],
    ['a key on P-521', { ...EC, crv: 'P-521' }],
    ['a key on secp256k1', { ...EC, crv: 'secp256k1' }],
    ['an Ed25519 key', { ...X, crv: 'Ed25519' }],
    ['an X448 key', { ...X, crv: 'X448' }],
    ['a curve as a list', { ...EC, crv: ['P-256'] }],
    ['a shared key', { kty: 'oct', k: 'AAAA', kid: 'oct' }],
    ['an RSA key of 1024 bits (K2)', { ...small, use: 'enc', alg: undefined }],
    ['a kty in another case', { ...EC, kty: 'ec' }],
    ['no kty', { ...EC, kty: undefined }],
    ['P-256 of the kind of X25519', { ...EC, kty: 'OKP' }],
    ['X25519 of the kind of P-256', { ...X, kty: 'EC' }],
    ['an RSA modulus in pieces', { ...RSA, n: Array(342).fill('A') }],
  ])('is not %s', async (_, jwk) => {
    expect([keyManagementOf(jwk), isRecipient(jwk)]).toEqual([undefined, false])
    expect(await outcome(recipientOf(jwk, 'A256GCM'))).toBe('TokenError key')
    expect(await outcome(openerOf({ ...jwk, d: PARTNER_KEYS['P-256'].d }, 'A256GCM'))).toBe('TokenError key')
  })

  it.each<[string, Jwk]>([
    ['no kid', { ...EC, kid: undefined }],
    ['an empty kid', { ...EC, kid: '' }],
    ['a number as kid', { ...EC, kid: 1 }],
    ['a kid of 65 characters, which no header could hold', { ...EC, kid: 'k'.repeat(65) }],
    ['a kid with a line break', { ...EC, kid: 'a\nb' }],
  ])('has not %s', async (_, jwk) => {
    expect(isRecipient(jwk)).toBe(false)
    expect(await outcome(recipientOf(jwk, 'A256GCM'))).toBe('TokenError key')
  })

  it('is none that told its private part to everybody (C27)', async () => {
    expect(Object.values(PARTNER_KEYS).map(isRecipient)).toEqual([false, false, false])
    for (const jwk of Object.values(PARTNER_KEYS)) {
      const { key } = await recipientOf(jwk, 'A256GCM')
      expect((key as { type: string }).type).toBe('public')
    }
  })

  it.each<[string, Jwk]>([
    ['a point off the curve (C28)', { ...EC, y: EC['x'] }],
    ['a coordinate too short', { ...EC, x: 'AAAA' }],
    ['no coordinate', { ...EC, y: undefined }],
    ['a list as coordinate', { ...EC, x: [EC['x']] }],
    ['an X25519 key that is too short', { ...X, x: 'AAAA' }],
    ['an RSA modulus that zeros make long', { ...RSA, n: `${'A'.repeat(200)}${String(RSA['n']).slice(200)}` }],
    ['the exponent 1', { ...one, kid: 'one', use: 'enc', alg: undefined }],
    ['the exponent 1 with zeros before it', { ...RSA, e: 'AAAB' }],
    ['no exponent', { ...RSA, e: undefined }],
  ])('cannot be imported with %s', async (_, jwk) => {
    expect(await outcome(recipientOf(jwk, 'A256GCM'))).toBe('TokenError key')
  })
})

describe('a key to open with', () => {
  it.each(Object.entries(PARTNER_KEYS))('is private: %s', async (_, jwk) => {
    expect([isOpener(jwk), isOpener(publicOf(jwk))]).toEqual([true, false])
    const { key, kid } = await openerOf(jwk, 'A256GCM')
    expect([kid, (key as { type: string }).type]).toEqual([jwk.kid, 'private'])
    expect(await outcome(openerOf(publicOf(jwk), 'A256GCM'))).toBe('TokenError key')
  })

  it('is taken whatever its operations are called, but for those of a signature', async () => {
    const jwk = PARTNER_KEYS['P-256']
    expect(await outcome(openerOf({ ...jwk, key_ops: ['deriveKey'] }, 'A256GCM'))).toBe('taken')
    expect(await outcome(openerOf({ ...jwk, key_ops: ['sign'] }, 'A256GCM'))).toBe('TokenError key')
  })

  it('is of 2048 bits, whatever zeros stand before its modulus (K2)', async () => {
    const weak = web.testGroups.find(({ comment }) => comment === 'keysize_too_small')?.private.keys[0] as Jwk
    const n = encodeBase64url(Uint8Array.from([...new Uint8Array(128), ...decodeBase64url(String(weak['n']))]))
    const jwk = { ...weak, n, use: 'enc', alg: undefined }
    expect([n.length, isOpener(jwk)]).toEqual([342, true])
    expect(await outcome(openerOf(jwk, 'A256GCM'))).toBe('TokenError key')
    expect(await outcome(recipientOf(publicOf(jwk), 'A256GCM'))).toBe('TokenError key')
  })

  it.each<[string, Jwk]>([
    ['a number as private part', { ...PARTNER_KEYS['P-256'], d: 1 }],
    ['a private part that is none', { ...PARTNER_KEYS['P-256'], d: 'AAAA' }],
    ['no kid', { ...PARTNER_KEYS['P-256'], kid: undefined }],
  ])('is not one with %s', async (_, jwk) => {
    expect(await outcome(openerOf(jwk, 'A256GCM'))).toBe('TokenError key')
    expect(isOpener(jwk)).toBe(jwk['d'] === 'AAAA')
  })
})

describe('an encrypted text', () => {
  const find = (opener: Promise<{ kid: string }>) => async (kid: string) =>
    (await opener).kid === kid ? opener : undefined

  it.each(Object.values(PARTNER_KEYS))('opens with the key that it was encrypted to alone: $kid', async (jwk) => {
    const text = await encryptTo(await recipientOf(publicOf(jwk), 'A256GCM'), 'text', 'hello')
    expect(await decryptWith(find(openerOf(jwk, 'A256GCM')) as never, 'text', text)).toBe('hello')
    expect(await outcome(decryptWith(find(openerOf(jwk, 'A256GCM')) as never, 'JWT', text))).toBe('TokenError type')
    expect(await outcome(decryptWith(async () => undefined, 'text', text))).toBe('TokenError key')
    // Under every other key, though it were found by this kid.
    for (const other of Object.values(PARTNER_KEYS).filter(({ kid }) => kid !== jwk.kid)) {
      const opener = await openerOf(other, 'A256GCM')
      expect(await outcome(decryptWith(async () => opener, 'text', text))).toMatch(
        /^TokenError (algorithm|decryption)$/,
      )
    }
    const leaf = await leafRecipient(createSealer().leaf('A256GCM'))
    expect(await outcome(decryptWith(async () => leaf, 'text', text))).toBe('TokenError algorithm')
  })

  it('that is not UTF-8 is refused', async () => {
    const { CompactEncrypt } = await import('jose')
    const { key, kid } = await recipientOf(EC, 'A256GCM')
    const header = { alg: 'ECDH-ES', enc: 'A256GCM', kid, cty: 'text' }
    const jwe = await new CompactEncrypt(Uint8Array.of(0xff)).setProtectedHeader(header).encrypt(key)
    expect(await outcome(decryptWith(() => openerOf(PARTNER_KEYS['P-256'], 'A256GCM'), 'text', jwe))).toBe(
      'TokenError decryption',
    )
  })
})
