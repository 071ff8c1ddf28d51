import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64url, decodeCanonical, encodeBase64url } from '../../keys/base64url.ts'

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

  it('is written and read alike by whatever the engine has', () => {
    const none = { value: undefined, configurable: true, writable: true }
    const lacking: readonly (readonly [object, string])[] = [
      [Uint8Array, 'fromBase64'],
      [Uint8Array.prototype, 'toBase64'],
      [globalThis, 'Buffer'],
    ]
    const all = [0, 1, 2, 3, 31, 32, 33, 255].map((length) =>
      Uint8Array.from({ length }, (_, index) => (index * 89 + length) % 256).subarray(0),
    )
    const results = (): unknown =>
      all.map((bytes) => [encodeBase64url(bytes), [...decodeCanonical(encodeBase64url(bytes))]])
    const expected = results()
    const undo: (() => void)[] = []
    try {
      for (const [owner, name] of lacking) {
        const had = Object.getOwnPropertyDescriptor(owner, name)
        undo.push(() => {
          if (had === undefined) Reflect.deleteProperty(owner, name)
          else Object.defineProperty(owner, name, had)
        })
        Object.defineProperty(owner, name, none)
        expect(results()).toEqual(expected)
      }
    } finally {
      for (const one of undo) one()
    }
    expect(all.map((bytes) => [...decodeCanonical(encodeBase64url(bytes))])).toEqual(all.map((bytes) => [...bytes]))
  })
})
