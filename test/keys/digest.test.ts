import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { digestBytes, digestLabels, digestText, isEqual } from '../../keys/digest.ts'

describe('a digest', () => {
  it('is SHA-256: of bytes, of a text in UTF-8, and of labels with their lengths (FIPS 180-4 §6.2)', async () => {
    for (const text of ['', 'abc', 'é', 'a'.repeat(200)]) {
      const bytes = new TextEncoder().encode(text)
      const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
      expect([digestBytes(bytes), digestText(text)]).toEqual([hash, hash])
    }
    const labels = Uint8Array.of(0, 2, 0x61, 0x62, 0, 0)
    expect(digestLabels('ab', '')).toBe(encodeBase64url(digestBytes(labels)))
    expect(digestLabels('a', 'b')).not.toBe(digestLabels('ab', ''))
  })

  it('is compared byte by byte, and by its length', () => {
    const bytes = fc.uint8Array({ maxLength: 4, max: 3 })
    fc.assert(
      fc.property(bytes, bytes, (a, b) => {
        expect(isEqual(a, b)).toBe(a.join() === b.join())
        expect(isEqual(a, Uint8Array.from(a))).toBe(true)
        expect([isEqual(a, Uint8Array.of(...a, 0)), isEqual(Uint8Array.of(...a, 0), a)]).toEqual([false, false])
      }),
    )
  })
})
