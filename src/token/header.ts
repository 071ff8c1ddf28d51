/**
 * Headers: exactly the members that are known, and not one more (RFC 7515 §4, RFC 7516 §4).
 *
 * @module
 */

import { decodeBase64url } from '../../keys/base64url.ts'
import { TokenError } from './error.ts'
import { parseStrictly } from './strict_json.ts'

const LONGEST_HEADER = 512

/**
 * Reads a header whose members are exactly `members`, each a text; `epk` may be one that is a key (RFC 7518 §4.6.1.1).
 *
 * @throws {TokenError} `header`
 */
export function readHeader<const Member extends string>(
  segment: string,
  members: readonly Member[],
  hasKey = false,
): Readonly<Record<Member, string>> {
  if (segment.length > (LONGEST_HEADER * 4) / 3) throw new TokenError('header')
  const header = parseStrictly(decodeBase64url(segment))
  const count = Object.keys(header ?? {}).length
  if (header === undefined || count !== members.length + (hasKey ? 1 : 0)) throw new TokenError('header')
  if (!members.every((name) => typeof header[name] === 'string')) throw new TokenError('header')
  if (hasKey && !isPublicKey(header['epk'])) throw new TokenError('header')
  return header as Readonly<Record<Member, string>>
}

/** Tells whether a value is an ephemeral public key and nothing more: on P-256, or X25519. */
function isPublicKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const { kty, crv, x, y, ...others } = value as Readonly<Record<string, unknown>>
  if (Object.keys(others).length > 0 || typeof x !== 'string') return false
  return kty === 'EC' ? crv === 'P-256' && typeof y === 'string' : kty === 'OKP' && crv === 'X25519' && y === undefined
}
