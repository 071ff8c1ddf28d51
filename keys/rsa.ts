/**
 * RSA private keys as a ring holds them (RFC 7518 §6.3).
 *
 * @module
 */

import { decodeBase64url } from './base64url.ts'
import { checkMembers, checkText } from './check.ts'
import type { RsaJwk } from './ring.ts'

const MEMBERS = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const satisfies readonly (keyof RsaJwk)[]

function toInteger(text: string): bigint {
  const hex = Array.from(decodeBase64url(text), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return BigInt(`0x${hex}`)
}

/** Tells whether the members belong together (RFC 8017 §3.2): one bad bit, and a signature gives the key away. */
function isWhole(jwk: RsaJwk): boolean {
  const { n, e, d, p, q, dp, dq, qi } = Object.fromEntries(
    MEMBERS.map((member) => [member, toInteger(jwk[member])]),
  ) as Readonly<Record<keyof RsaJwk, bigint>>
  if (p === 1n || q === 1n || n !== p * q) return false
  const isInverse = (prime: bigint): boolean => (e * d) % (prime - 1n) === 1n
  return isInverse(p) && isInverse(q) && d % (p - 1n) === dp && d % (q - 1n) === dq && (qi * q) % p === 1n
}

/**
 * Reads an RSA private key: of at least 2048 bits, with the exponent 65537 that all have, and whole.
 *
 * @throws {TypeError | RangeError}
 */
export function readRsaJwk(name: string, jwk: unknown): RsaJwk {
  checkMembers(name, jwk, MEMBERS)
  for (const member of MEMBERS) checkText(`${name}.${member}`, jwk[member], /^[A-Za-z0-9_-]+$/, 'base64url')
  // 2048 bits are 342 characters, the first of which has the topmost bit (RFC 7518 §3.3).
  checkText(`${name}.n`, jwk['n'], /^[g-z0-9_-].{341,}$/, 'a modulus of at least 2048 bits')
  checkText(`${name}.e`, jwk['e'], /^AQAB$/, 'AQAB')
  const { n, e, d, p, q, dp, dq, qi } = jwk as unknown as RsaJwk
  const key = { n, e, d, p, q, dp, dq, qi }
  if (!isWhole(key)) throw new RangeError(`"${name}" expected the members of one RSA key`)
  return key
}
