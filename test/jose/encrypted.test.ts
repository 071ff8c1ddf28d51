import { describe, expect, it } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../keys/base64url.ts'
import { decryptWith, encryptTo, readEncryptedOutside } from '../../src/jose/encrypted.ts'
import { openerOf, type Recipient, recipientOf } from '../../src/jose/recipient.ts'
import { createSealer, type Outer, PARTNER_KEYS, publicOf } from '../parties/partner.ts'

const sealer = createSealer()
const OUTERS = ['P-256', 'X25519', 'RSA', 'dir'] as const
const openerFor = (outer: Outer): Promise<Recipient> =>
  outer === 'dir' ? sealer.recipient('dir', 'A256GCM') : openerOf(PARTNER_KEYS[outer], 'A256GCM')
/** Returns the text, or the code of the refusal. */
const decrypt = (outer: Outer, jwe: string, cty = 'text', longest?: number): Promise<string> =>
  decryptWith(() => openerFor(outer), cty, jwe, longest).catch((error: { code: string }) => error.code)
const headerOf = (jwe: string): Readonly<Record<string, unknown>> =>
  JSON.parse(new TextDecoder().decode(decodeBase64url(jwe.split('.')[0] ?? '')))
const withHeader = (jwe: string, changes: object): string => {
  const header = JSON.stringify({ ...headerOf(jwe), ...changes })
  return jwe
    .split('.')
    .with(0, encodeBase64url(new TextEncoder().encode(header)))
    .join('.')
}

describe.each(OUTERS)('a text that is encrypted by %s', (outer) => {
  it('opens as it was', async () => {
    const to = await sealer.recipient(outer, 'A256GCM')
    const jwe = await encryptTo(to, 'text', '\ufeffgrüße')
    expect(await decrypt(outer, jwe)).toBe('\ufeffgrüße')
    const { alg, enc, kid } = to
    const epk = headerOf(jwe)['epk']
    expect(readEncryptedOutside(jwe, 'text')).toEqual({ alg, enc, kid, epk, hasEncryptedKey: outer === 'RSA' })
    expect(epk !== undefined).toBe(outer === 'P-256' || outer === 'X25519')
    expect(await decrypt(outer, jwe, 'other')).toBe('type')
  })

  it('is refused where its header, or its encrypted key, is that of another way', async () => {
    const jwe = await encryptTo(await sealer.recipient(outer, 'A256GCM'), 'text', 'hello')
    const { epk } = headerOf(await encryptTo(await sealer.recipient('P-256', 'A256GCM'), 'text', 'hello'))
    const isAgreed = outer === 'P-256' || outer === 'X25519'
    expect(await decrypt(outer, withHeader(jwe, { enc: 'A256CBC-HS512' }))).toBe('algorithm')
    expect(await decrypt(outer, withHeader(jwe, { alg: 'RSA-OAEP' }))).toBe('algorithm')
    expect(await decrypt(outer, withHeader(jwe, { epk: isAgreed ? undefined : epk }))).toBe('header')
    expect(await decrypt(outer, withHeader(jwe, { zip: 'DEF' }))).toBe('header')
    const otherKey = jwe
      .split('.')
      .with(1, outer === 'RSA' ? '' : 'AAAA')
      .join('.')
    expect(await decrypt(outer, otherKey)).toBe(isAgreed ? 'header' : 'algorithm')
    expect(await decrypt(outer, withHeader(jwe, { kid: 'changed' }))).toBe('decryption')
  })

  it('may be as long as is said', async () => {
    const long = await encryptTo(await sealer.recipient(outer, 'A256GCM'), 'text', 'x'.repeat(9000))
    expect(await decrypt(outer, long)).toBe('length')
    expect(await decrypt(outer, long, 'text', long.length - 1)).toBe('length')
    expect(await decrypt(outer, long, 'text', long.length)).toBe('x'.repeat(9000))
  })
})

it('a text that is encrypted by a public key is looked for by its kid', async () => {
  const jwe = await encryptTo(await recipientOf(publicOf(PARTNER_KEYS.RSA), 'A256GCM'), 'text', 'hello')
  const asked: string[] = []
  const find = async (kid: string): Promise<undefined> => {
    asked.push(kid)
    return undefined
  }
  await expect(decryptWith(find, 'text', jwe)).rejects.toMatchObject({ code: 'key' })
  expect(asked).toEqual([PARTNER_KEYS.RSA.kid])
})
