import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { isAnybodys } from '../../src/jose/weak_keys.ts'

const PRIME = 2n ** 255n - 19n

/** Returns a point of Ed25519 by its y, as a key has it (RFC 8032 §5.1.2). */
const pointOf = (y: bigint, sign = 0): string => {
  const bytes = Uint8Array.from({ length: 32 }, (_, index) => Number((y >> BigInt(8 * index)) & 0xffn))
  bytes[31] = (bytes[31] ?? 0) | (sign << 7)
  return encodeBase64url(bytes)
}

/** A y of the points of order 8: the root of the curve's equation where x² = y². */
const OF_ORDER_8 = 0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n

describe('a key by which anybody can sign', () => {
  it.each<[string, bigint]>([
    ['0, of order 4', 0n],
    ['1, of order 1', 1n],
    ['-1, of order 2', PRIME - 1n],
    ['0, with the prime added', PRIME],
    ['1, with the prime added', PRIME + 1n],
    ['a root of order 8', OF_ORDER_8],
    ['the other of order 8', PRIME - OF_ORDER_8],
  ])('is of Ed25519 where y is %s, whatever the sign of x', (_, y) => {
    const keys = [0, 1].map((sign) => ({ kty: 'OKP', crv: 'Ed25519', x: pointOf(y, sign) }))
    expect(keys.map((key) => isAnybodys(key))).toEqual([true, true])
  })

  it.each([
    '',
    'AA',
    undefined,
    1,
    '=',
    encodeBase64url(new Uint8Array(33).fill(9)),
    encodeBase64url(new Uint8Array(31).fill(9)),
  ])('is of Ed25519 where x is not 32 bytes: %s', (x) =>
    expect(isAnybodys({ kty: 'OKP', crv: 'Ed25519', x })).toBe(true),
  )

  it.each(['AQ', 'AAE', 'AAAB', '', '=', undefined])('is of RSA with the exponent %s', (e) => {
    expect(isAnybodys({ kty: 'RSA', n: 'x', e })).toBe(true)
  })

  it.each<[string, object]>([
    [
      'the base point of Ed25519',
      { kty: 'OKP', crv: 'Ed25519', x: pointOf(0x6666666666666666666666666666666666666666666666666666666666666658n) },
    ],
    ['y = 2', { kty: 'OKP', crv: 'Ed25519', x: pointOf(2n) }],
    ['the exponent 3', { kty: 'RSA', e: 'Aw' }],
    ['the exponent 65537', { kty: 'RSA', e: 'AQAB' }],
    ['the exponent 256', { kty: 'RSA', e: 'AQA' }],
    ['a key of another curve', { kty: 'EC', crv: 'P-256', x: pointOf(0n) }],
  ])('is none where it is %s', (_, jwk) => {
    expect(isAnybodys(jwk as Record<string, unknown>)).toBe(false)
  })
})
