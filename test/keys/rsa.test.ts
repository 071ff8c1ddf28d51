import { describe, expect, it } from 'vitest'
import { readRsaJwk } from '../../keys/rsa.ts'
import { RING_RSA, RING_RSA_2 } from '../parties/partner.ts'

/** Returns a member with its last bit turned that counts: the last letter of base64url may have bits that mean nothing. */
const off = (member: keyof typeof RING_RSA): object => {
  const text = RING_RSA[member]
  return { [member]: `${text.slice(0, -3)}${text.at(-3) === 'A' ? 'B' : 'A'}${text.slice(-2)}` }
}

describe('an RSA private key of a ring (RFC 7518 §6.3)', () => {
  it.each([RING_RSA, RING_RSA_2])('is read whole, and nothing else with it', (jwk) => {
    expect(readRsaJwk('key', { ...jwk })).toEqual(jwk)
  })

  it.each<[string, object]>([
    ['whose primes are exchanged', { p: RING_RSA.q, q: RING_RSA.p }],
    ['one prime of which is all of it', { p: 'AQ', q: RING_RSA.n }],
    ['the other prime of which is all of it', { p: RING_RSA.n, q: 'AQ' }],
    ['both primes of which are one', { q: RING_RSA.p }],
    ['with the modulus of another', { n: RING_RSA_2.n }],
    ['with the exponent of another', { d: RING_RSA_2.d }],
    ...(['n', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const).map((name): [string, object] => [
      `whose ${name} is off`,
      off(name),
    ]),
  ])('is refused as none of one key: one %s (RFC 8017 §3.2)', (_, changes) => {
    expect(() => readRsaJwk('key', { ...RING_RSA, ...changes })).toThrow('"key" expected the members of one RSA key')
  })

  it.each<[string, object, string]>([
    ['a member that is no base64url at its beginning', { d: `!${RING_RSA.d}` }, '"key.d" expected base64url'],
    ['a member that is no base64url at its end', { qi: `${RING_RSA.qi}=` }, '"key.qi" expected base64url'],
    ['an empty member', { dp: '' }, '"key.dp" expected base64url'],
    ['no member', { dq: undefined }, '"key.dq" expected base64url'],
    ['1024 bits', { n: RING_RSA.n.slice(0, 171) }, '"key.n" expected a modulus of at least 2048 bits'],
    ['a bit less than 2048', { n: `Z${RING_RSA.n.slice(1)}` }, '"key.n" expected a modulus of at least 2048 bits'],
    ['zeros before its modulus', { n: `AAAA${RING_RSA.n}` }, '"key.n" expected a modulus of at least 2048 bits'],
    ['another exponent', { e: 'Aw' }, '"key.e" expected AQAB'],
    ['a longer exponent', { e: 'AQABAQAB' }, '"key.e" expected AQAB'],
    ['a member more', { kty: 'RSA' }, '"key" has'],
  ])('with %s is refused by its name', (_, changes, message) => {
    expect(() => readRsaJwk('key', { ...RING_RSA, ...changes })).toThrow(message)
  })
})
