import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeBase64url, decodeInPlace, encodeBase64url } from '../../keys/base64url.ts'

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

  it('takes one spelling of two and three letters for each value, and one alone never', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
    const isTaken = (text: string): boolean => {
      const bytes = new TextEncoder().encode(text)
      return decodeInPlace(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length, 0) >= 0
    }
    expect(letters.filter((letter) => isTaken(letter))).toEqual([])
    expect(letters.filter((letter) => isTaken(`A${letter}`))).toEqual(['A', 'Q', 'g', 'w'])
    expect(letters.filter((letter) => isTaken(`AA${letter}`))).toHaveLength(16)
    expect(letters.filter((letter) => isTaken(`AAA${letter}`))).toHaveLength(64)
  })

  it('takes no byte that is none of its letters, at any place', () => {
    for (let byte = 0; byte < 256; byte++) {
      const isLetter = /[A-Za-z0-9_-]/.test(String.fromCharCode(byte))
      for (let place = 0; place < 6; place++) {
        const bytes = Uint8Array.of(65, 65, 65, 65, 65, 65)
        bytes[place] = byte
        const end = decodeInPlace(new DataView(bytes.buffer), 0, 4 + (place & 4 ? 2 : 0), 0)
        const isGood = isLetter && (place < 5 || 'AQgw'.includes(String.fromCharCode(byte)))
        expect([byte, place, end >= 0]).toEqual([byte, place, isGood])
      }
    }
  })

  it('is decoded in place, and moved to the front, without a letter of what stands around', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(9), fc.nat(9), (bytes, before, gap) => {
        const text = encodeBase64url(bytes)
        const all = new TextEncoder().encode(`${'.'.repeat(before + gap)}${text}...`)
        const start = before + gap
        const end = decodeInPlace(new DataView(all.buffer), start, start + text.length, before)
        expect(end).toBe(before + bytes.length)
        expect(all.slice(before, end)).toEqual(bytes)
        expect(new TextDecoder().decode(all.subarray(0, before))).toBe('.'.repeat(before))
        expect(new TextDecoder().decode(all.subarray(start + text.length))).toBe('...')
      }),
    )
  })

  it('is written alike by whatever the engine has', () => {
    const none = { value: undefined, configurable: true, writable: true }
    const lacking: readonly (readonly [object, string])[] = [
      [Uint8Array.prototype, 'toBase64'],
      [globalThis, 'Buffer'],
    ]
    const all = [0, 1, 2, 3, 31, 32, 33, 255].map((length) =>
      Uint8Array.from({ length }, (_, index) => (index * 89 + length) % 256).subarray(0),
    )
    const results = (): unknown => all.map((bytes) => encodeBase64url(bytes))
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
    expect(all.map((bytes) => [...decodeBase64url(encodeBase64url(bytes))])).toEqual(all.map((bytes) => [...bytes]))
  })

  it('is asked of the engine that writes it, in this alphabet and without padding', () => {
    const own = Object.getOwnPropertyDescriptor(Uint8Array.prototype, 'toBase64')
    try {
      // As ECMA-262 has it, for engines that do not yet.
      Object.defineProperty(Uint8Array.prototype, 'toBase64', {
        configurable: true,
        value(this: Uint8Array, { alphabet = 'base64', omitPadding = false } = {}) {
          const text = btoa(String.fromCharCode(...this))
          const spelled = alphabet === 'base64url' ? text.replaceAll('+', '-').replaceAll('/', '_') : text
          return omitPadding ? spelled.replaceAll('=', '') : spelled
        },
      })
      expect([Uint8Array.of(0xfb, 0xff), Uint8Array.of(1)].map(encodeBase64url)).toEqual(['-_8', 'AQ'])
    } finally {
      if (own === undefined) Reflect.deleteProperty(Uint8Array.prototype, 'toBase64')
      else Object.defineProperty(Uint8Array.prototype, 'toBase64', own)
    }
  })
})
