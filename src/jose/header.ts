/**
 * Headers: exactly the members that are known, and not one more (RFC 7515 §4, RFC 7516 §4).
 *
 * @module
 */

import { decodeBase64url } from '../../keys/base64url.ts'
import type { EphemeralKey } from './agreement.ts'
import { TokenError } from './error.ts'
import { parseStrictly } from './strict_json.ts'

const LONGEST_HEADER = 512

/**
 * Reads a header whose members are exactly `members`, each a text.
 *
 * @throws {TokenError} `header`
 */
export function readHeader<const Member extends string>(
  segment: string,
  members: readonly Member[],
): Readonly<Record<Member, string>> {
  return readMembers(segment, members, 0)
}

/**
 * Reads a header that has an `epk` besides: an ephemeral key, with nothing in it but what makes it (RFC 7518 §4.6.1.1).
 *
 * @throws {TokenError} `header`
 */
export function readAgreementHeader<const Member extends string>(
  segment: string,
  members: readonly Member[],
): Readonly<Record<Member, string>> & { readonly epk: EphemeralKey } {
  const header: Readonly<Record<string, unknown>> = readMembers(segment, members, 1)
  if (!isPublicKey(header['epk'])) throw new TokenError('header')
  return header as Readonly<Record<Member, string>> & { readonly epk: EphemeralKey }
}

/** Reads a header that has these members, and so many others. */
function readMembers<Member extends string>(
  segment: string,
  members: readonly Member[],
  others: number,
): Readonly<Record<Member, string>> {
  if (segment.length > (LONGEST_HEADER * 4) / 3) throw new TokenError('header')
  const header = parseStrictly(decodeBase64url(segment)) ?? {}
  if (Object.keys(header).length !== members.length + others) throw new TokenError('header')
  if (!members.every((name) => typeof header[name] === 'string')) throw new TokenError('header')
  return header as Readonly<Record<Member, string>>
}

/** Tells whether a value is an ephemeral public key and nothing more: on P-256, or X25519. */
function isPublicKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { kty, crv, x, y, ...others } = value as Readonly<Record<string, unknown>>
  if (Object.keys(others).length > 0 || typeof x !== 'string') return false
  return kty === 'EC' ? crv === 'P-256' && typeof y === 'string' : kty === 'OKP' && crv === 'X25519' && y === undefined
}
