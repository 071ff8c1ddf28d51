/**
 * One envelope, one spelling: what jose would take in several is refused before it (RFC 7515 §2, RFC 7516 §7.1).
 *
 * @module
 */

import { TokenError } from './error.ts'

/** Characters that an envelope may have. */
export const LONGEST_ENVELOPE = 8192

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** Tells whether the bits of the last character that encode nothing are zero, and the length is one that base64url can have. */
function isCanonicalSegment(segment: string): boolean {
  const rest = segment.length % 4
  if (rest === 0) return true
  if (rest === 1) return false
  const slack = rest === 2 ? 0b1111 : 0b11
  return (ALPHABET.indexOf(segment.charAt(segment.length - 1)) & slack) === 0
}

/**
 * Returns the segments of a compact JWE of `alg: dir`: header, initialization vector, ciphertext, tag.
 *
 * @throws {TokenError} `length` when it is empty or longer than 8,192 characters; `form` when it is any but the one
 * canonical spelling, or has an encrypted key
 */
export function readSegments(envelope: string): { header: string; iv: string; ciphertext: string; tag: string } {
  if (envelope.length === 0 || envelope.length > LONGEST_ENVELOPE) throw new TokenError('length')
  if (!/^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/.test(envelope)) throw new TokenError('form')
  const segments = envelope.split('.')
  if (!segments.every(isCanonicalSegment)) throw new TokenError('form')
  const [header = '', , iv = '', ciphertext = '', tag = ''] = segments
  return { header, iv, ciphertext, tag }
}
