import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { isConfirmedBy, isShownRightly, readFingerprint, tokenTypeOf } from '../../src/token/confirmation.ts'
import type { Confirmation, Entitlement } from '../../src/token/entitlement.ts'

const KEY = { jkt: 'k' }
const CERTIFICATE = { 'x5t#S256': 'c' }

describe('what a token is bound to (RFC 7800 §3.1)', () => {
  it.each<[boolean, boolean, Confirmation | undefined, Confirmation]>([
    [true, true, undefined, {}],
    [true, true, {}, CERTIFICATE],
    [true, false, {}, KEY],
    [true, true, KEY, KEY],
    [true, true, KEY, { ...KEY, ...CERTIFICATE }],
    [false, false, KEY, {}],
    [false, false, KEY, { jkt: 'x' }],
    [false, false, KEY, CERTIFICATE],
    [true, true, CERTIFICATE, CERTIFICATE],
    [false, false, CERTIFICATE, { 'x5t#S256': 'x' }],
    [true, false, CERTIFICATE, { ...KEY, ...CERTIFICATE }],
    [false, false, { ...KEY, ...CERTIFICATE }, KEY],
    [true, true, { ...KEY, ...CERTIFICATE }, { ...KEY, ...CERTIFICATE }],
  ])('is proved: %s, and shown as it must be: %s; bound to %o, proved %o (RFC 9449 §7.2)', (proved, shown, to, by) => {
    expect([isConfirmedBy(to ?? {}, by), isShownRightly(to, by)]).toEqual([proved, shown])
  })

  it('is told by the type of the token (RFC 9449 §5)', () => {
    const typeOf = (cnf?: Confirmation): string => tokenTypeOf((cnf === undefined ? {} : { cnf }) as Entitlement)
    expect([undefined, CERTIFICATE, KEY].map((cnf) => typeOf(cnf))).toEqual(['Bearer', 'Bearer', 'DPoP'])
  })
})

describe('a fingerprint of a certificate (RFC 8705 §3.1)', () => {
  const bytes = Uint8Array.from({ length: 32 }, (_, index) => index * 8)
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))

  it('is read however hexadecimal is written', () => {
    const spelled = [hex.join(''), hex.join(':'), hex.join(':').toUpperCase()]
    expect(spelled.map((one) => readFingerprint(one))).toEqual(Array(3).fill(encodeBase64url(bytes)))
  })

  it('is none where it is not 32 bytes of it', () => {
    const text = hex.join('')
    for (const none of [undefined, 1, '', text.slice(2), `${text}00`, `g${text.slice(1)}`, ` ${text}`, `${text} `])
      expect(readFingerprint(none)).toBeUndefined()
  })
})
