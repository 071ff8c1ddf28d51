import { CompactEncrypt } from 'jose'
import { describe, expect, it } from 'vitest'
import { writeJwk } from '../../keys/index.ts'
import { openKeySet, readNamesKey, sealKeySet, writeNamesKey } from '../../src/jose/key_set.ts'
import { recipientOf } from '../../src/jose/recipient.ts'
import { createSealer, PARTNER_KEYS, PARTNER_STRANGER, publicOf } from '../parties/partner.ts'

const KEYS = [writeJwk(createSealer().leaf('A256GCM')), writeJwk(createSealer().leaf('A256CBC-HS512'))]
const EC = PARTNER_KEYS['P-256']
const to = (jwk: Readonly<Record<string, unknown>>) => recipientOf(publicOf(jwk), 'A256GCM')

/** Encrypts anything to the partner with jose alone. */
async function forge(text: string, header: object = {}): Promise<string> {
  const { kid, alg, key } = await to(EC)
  const protectedHeader = { alg, enc: 'A256GCM', kid, cty: 'jwk-set+json', ...header }
  return new CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader(protectedHeader).encrypt(key)
}

describe('a JWK Set on its way', () => {
  it.each(Object.values(PARTNER_KEYS))('opens with the key that it was sealed to: $kid (RFC 7517 §7)', async (jwk) => {
    const sealed = await sealKeySet({ keys: KEYS }, await to(jwk))
    expect(await openKeySet(sealed, jwk)).toEqual({ keys: KEYS })
    expect(await openKeySet(`${sealed}\n`, jwk)).toEqual({ keys: KEYS })
    for (const { k } of KEYS) expect(sealed).not.toContain(k)
    for (const other of Object.values(PARTNER_KEYS).filter(({ kid }) => kid !== jwk.kid)) {
      expect(await openKeySet(sealed, other)).toBeUndefined()
      expect(await openKeySet(sealed, { ...other, kid: jwk.kid })).toBeUndefined()
    }
  })

  it('may be longer than a token: of 48 KB', async () => {
    const many = Array.from({ length: 200 }, () => KEYS[0] as object)
    const sealed = await sealKeySet({ keys: many }, await to(EC))
    expect(sealed.length).toBeGreaterThan(40_000)
    expect(await openKeySet(sealed, EC)).toEqual({ keys: many })
    expect(await openKeySet(await sealKeySet({ keys: [...many, ...many] }, await to(EC)), EC)).toBeUndefined()
  })

  it('brings names keys beside its keys, where whoever knows none passes them over (RFC 7517 §5)', async () => {
    const names = { kid: 'r1', key: () => Uint8Array.from({ length: 32 }, (_, index) => index) }
    const set = { keys: KEYS, names_keys: [writeNamesKey(names)] }
    expect(await openKeySet(await sealKeySet(set, await to(EC)), EC)).toEqual(set)
    const opened = await openKeySet(JSON.stringify(set), undefined)
    expect(readNamesKey(opened?.names_keys?.[0] ?? {})?.key()).toEqual(names.key())
    for (const bad of [
      { kty: 'EC' },
      { kid: 1 },
      { k: 'short' },
      { k: 'A'.repeat(44) },
      { k: `${'A'.repeat(42)}B` },
      { k: undefined },
    ])
      expect(readNamesKey({ ...writeNamesKey(names), ...bad })).toBeUndefined()
    expect(await openKeySet(JSON.stringify({ keys: KEYS, names_keys: 'x' }), undefined)).toEqual({ keys: KEYS })
  })

  it('is read without what is no key at all', async () => {
    const [key] = KEYS
    const text = JSON.stringify({ keys: [null, key, 7, 'key', [key]], names_keys: [null, { kty: 'oct' }] })
    expect(await openKeySet(text, undefined)).toEqual({ keys: [key], names_keys: [{ kty: 'oct' }] })
  })

  it('is read as it is where no key was agreed on', async () => {
    expect(await openKeySet(JSON.stringify({ keys: KEYS }), undefined)).toEqual({ keys: KEYS })
  })

  it('in plain text is refused where a key was agreed on', async () => {
    expect(await openKeySet(JSON.stringify({ keys: KEYS }), EC)).toBeUndefined()
  })

  it.each(['', 'hello', 'null', '[]', '{}', '{"keys":{}}', '{"keys":'])('is not %j', async (text) => {
    expect(await openKeySet(text, undefined)).toBeUndefined()
    expect(await openKeySet(await forge(text === '' ? ' ' : text), EC)).toBeUndefined()
  })

  it('sealed by jose alone opens: the form is standard', async () => {
    expect(await openKeySet(await forge(JSON.stringify({ keys: KEYS })), EC)).toEqual({ keys: KEYS })
  })

  it.each<[string, object]>([
    ['the cty of a token', { cty: 'JWT' }],
    ['no cty', { cty: undefined }],
    ['another kid (H08)', { kid: 'partner-x' }],
    ['no kid (H08)', { kid: undefined }],
    ['typ', { typ: 'JWT' }],
    ['A256CBC-HS512', { enc: 'A256CBC-HS512' }],
    ['compression (H01)', { zip: 'DEF' }],
    ['a key of another (C16)', { jwk: { kty: 'EC' } }],
  ])('with %s in its header is refused', async (_, header) => {
    expect(await openKeySet(await forge(JSON.stringify({ keys: KEYS }), header), EC)).toBeUndefined()
  })

  it('is refused under a public key, or one that is not whole', async () => {
    const sealed = await sealKeySet({ keys: KEYS }, await to(EC))
    expect(await openKeySet(sealed, publicOf(EC))).toBeUndefined()
    expect(await openKeySet(sealed, { ...EC, kid: undefined })).toBeUndefined()
    expect(await openKeySet(sealed, { ...EC, use: 'sig' })).toBeUndefined()
    expect(
      await openKeySet(await sealKeySet({ keys: KEYS }, await recipientOf(PARTNER_STRANGER, 'A256GCM')), EC),
    ).toBeUndefined()
  })
})
