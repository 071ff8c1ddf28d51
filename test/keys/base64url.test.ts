import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64url, encodeBase64url } from '../../keys/base64url.ts'

describe('base64url', () => {
  it('gives back any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes)
      }),
    )
  })

  it('writes the text that RFC 4648 §10 gives, in its URL alphabet and without padding', () => {
    expect(encodeBase64url(new TextEncoder().encode('foob'))).toBe('Zm9vYg')
    expect(encodeBase64url(Uint8Array.of(0xfb, 0xff))).toBe('-_8')
  })

  it.each([
    ['padding', 'Zm9vYg=='],
    ['white space', 'Zm9v Yg'],
    ['the other alphabet', '+/8'],
    ['a length that no bytes have', 'Zm9vY'],
    ['unused bits that are not zero', 'Zm9vYh'],
    ['a letter beyond ASCII', 'Zm9vé'],
  ])('refuses %s (RFC 7515 §2)', (_, text) => {
    expect(() => decodeBase64url(text)).toThrow(RangeError)
  })
})
