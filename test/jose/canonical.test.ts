import { describe, expect, it } from 'vitest'
import { decodeBase64url } from '../../keys/base64url.ts'
import { readJwe, readJws } from '../../src/jose/canonical.ts'

const code = (envelope: string): unknown => {
  try {
    readJwe(envelope)
    return 'taken'
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('the canonical form', () => {
  it.each([
    ['lengths 4, 4, 4, 4', 'AAAA..AAAA.AAAA.AAAA', 'taken'],
    ['lengths 2, 3, 2, 3 with zero unused bits', 'AA..AAA.Ag.AAE', 'taken'],
    ['8,192 characters', `AAAA..AAAA.${'A'.repeat(8176)}.AAAA`, 'taken'],
    ['8,193 characters', `AAAA..AAAA.${'A'.repeat(8177)}.AAAA`, 'length'],
    ['nothing', '', 'length'],
    ['a megabyte', 'A'.repeat(1_000_000), 'length'],
    ['a million dots', '.'.repeat(1_000_000), 'length'],
    ['dots alone', '....', 'form'],
    ['three segments (C05)', 'AAAA.AAAA.AAAA', 'form'],
    ['four segments', 'AAAA..AAAA.AAAA', 'form'],
    ['six segments', 'AAAA..AAAA.AAAA.AAAA.AAAA', 'form'],
    ['an encrypted key', 'AAAA.AAAA.AAAA.AAAA.AAAA', 'taken'],
    ['an encrypted key of length 5', 'AAAA.AAAAA.AAAA.AAAA.AAAA', 'form'],
    ['an empty ciphertext', 'AAAA..AAAA..AAAA', 'form'],
    ['an empty tag (H06)', 'AAAA..AAAA.AAAA.', 'form'],
    ['an empty initialization vector (H06)', 'AAAA...AAAA.AAAA', 'form'],
    ['a segment of length 1', 'AAAA..AAAA.A.AAAA', 'form'],
    ['a segment of length 5', 'AAAA..AAAA.AAAAA.AAAA', 'form'],
    ['unused bits of a length 2', 'AAAA..AAAA.AB.AAAA', 'form'],
    ['unused bits of a length 3', 'AAAA..AAAA.AAB.AAAA', 'form'],
    ['padding', 'AAAA..AAAA.AA==.AAAA', 'form'],
    ['white space within', 'AAAA..AAAA.AA AA.AAAA', 'form'],
    ['a line break behind', 'AAAA..AAAA.AAAA.AAAA\n', 'form'],
    ['the other alphabet', 'AAAA..AAAA.A+/A.AAAA', 'form'],
    ['a letter beyond ASCII', 'AAAA..AAAA.AAAé.AAAA', 'form'],
    ['a letter beyond ASCII in the last of 8,192 places', `AAAA..AAAA.${'A'.repeat(8176)}.AAAé`, 'form'],
    ['half a letter', 'AAAA..AAAA.AAA\ud800.AAAA', 'form'],
    ['letters beyond ASCII alone', 'é'.repeat(8192), 'form'],
    ['JSON serialization (M07)', '{"protected":"AAAA"}', 'form'],
  ])('with %s (RFC 7516 §7.1)', (_, envelope, expected) => {
    expect(code(envelope)).toBe(expected)
  })
})

it.each([
  ['AAAA.AAAA.AAAA', 'taken'],
  ['AAAA.AAAA.', 'form'],
  ['AAAA..AAAA', 'form'],
  ['..', 'form'],
  ['AAAA.AAAA.AAB', 'form'],
  ['AAAA.AAAA.AAAA.AAAA', 'form'],
  ['AAAA.AAAA.AAAA=', 'form'],
])('the canonical form of a JWS: %s is %s (RFC 7515 §7.1)', (jws, expected) => {
  const read = (): string => {
    try {
      readJws(jws)
      return 'taken'
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  expect(read()).toBe(expected)
})

/** Returns the bytes of each segment, or nothing where one is not base64url, or is empty and may not be. */
function segmentsOf(text: string, count: number, maybeEmpty: number): readonly Uint8Array[] | undefined {
  const segments = text.split('.')
  if (segments.length !== count) return undefined
  if (segments.some((segment, index) => segment === '' && index !== maybeEmpty)) return undefined
  try {
    return segments.map(decodeBase64url)
  } catch {
    return undefined
  }
}

/** Returns what `read` comes to, or that it is none. */
function outcome<Value>(read: () => Value): Value | undefined {
  try {
    return read()
  } catch (error) {
    expect(error).toMatchObject({ name: 'TokenError', code: 'form' })
    return undefined
  }
}

describe('every text of few segments', () => {
  const texts = Array.from({ length: 6 }).reduce<readonly string[]>(
    (all) => ['', 'A', 'AA'].flatMap((segment) => [segment, ...all.map((rest) => `${segment}.${rest}`)]),
    [],
  )
  const others = ['AQ.AAAA.-_-_.AAA_.Zm9v', 'e30..AAECAwQFBgcICQoL.BBBB.CCCC', 'AA..AA.AA', 'AA..____AAAA_-_-BBBB.BBBB']
  // Some are longer than what is read in place.
  const long = [...texts.filter((_, index) => index % 10 === 0), ...others, 'AA.AA'].flatMap((text) => [
    `${text}.${'A'.repeat(8192)}`,
    `${'A'.repeat(8192)}.${text}`,
  ])
  const rows = [...texts.filter((text) => text !== ''), ...others, ...long]

  it('is a JWE of five segments, the second empty or not, or is none', () => {
    for (const text of rows) {
      const [, , iv, ciphertext = [], tag = []] = segmentsOf(text, 5, 1) ?? []
      const read = outcome(() => readJwe(text, 20_000))
      const [header, encryptedKey] = text.split('.')
      const sealed = Uint8Array.of(...ciphertext, ...tag)
      const expected = { header, encryptedKey, content: { iv, sealed, tagBytes: tag.length } }
      if (iv === undefined) expect([text, read]).toEqual([text, undefined])
      else expect([text, read]).toEqual([text, expected])
    }
  })

  it('is a JWS of three segments, or is none', () => {
    for (const text of rows) {
      const [header, payload, signature] = text.split('.')
      const expected = segmentsOf(text, 3, -1) && { header, payload, signature }
      expect([text, outcome(() => readJws(text, 20_000))]).toEqual([text, expected])
    }
  })
})

it('a header that was found good before is not read again; another is', () => {
  const good = readJwe('AAAA..AAAA.AAAA.AAAA').header
  expect(readJwe('AAAA..AAAA.AAAA.AAAA', undefined, good).header).toBe('AAAA')
  expect(readJwe('BBBB..AAAA.AAAA.AAAA', undefined, good).header).toBe('BBBB')
  expect(() => readJwe('AAB..AAAA.AAAA.AAAA', undefined, good)).toThrow(expect.objectContaining({ code: 'form' }))
  expect(readJwe('AAB..AAAA.AAAA.AAAA', undefined, 'AAB').header).toBe('AAB')
})

it.each([
  ['at the most', 20, undefined, 'taken'],
  ['a letter more', 19, undefined, 'length'],
])('is as long as is said: %s', (_, longest, known, expected) => {
  const read = (): string => {
    try {
      readJwe('AAAA..AAAA.AAAA.AAAA', longest, known)
      return 'taken'
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  expect(read()).toBe(expected)
})
