import { describe, expect, it } from 'vitest'
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
