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

/** The segments of a compact JWE. */
export interface JweSegments {
  readonly header: string
  /** Empty where the key is agreed on or shared. */
  readonly encryptedKey: string
  readonly iv: string
  readonly ciphertext: string
  readonly tag: string
}

const JWE = /^([\w-]+)\.([\w-]*)\.([\w-]+)\.([\w-]+)\.([\w-]+)$/
const JWS = /^([\w-]+)\.([\w-]+)\.([\w-]+)$/

/** Returns what `form` finds in a text: the text itself, then its segments, each canonical. */
function readSegments(text: string, form: RegExp, longest = LONGEST_ENVELOPE): RegExpExecArray {
  if (text.length === 0 || text.length > longest) throw new TokenError('length')
  const found = form.exec(text)
  if (found === null) throw new TokenError('form')
  for (let index = 1; index < found.length; index++)
    if (!isCanonicalSegment(found[index] ?? '')) throw new TokenError('form')
  return found
}

/**
 * Returns the segments of a compact JWE (RFC 7516 §7.1).
 *
 * @param longest characters that it may have. Default 8192
 * @throws {TokenError} `length` when it is empty or longer; `form` when it is any but the one canonical spelling
 */
export function readJwe(envelope: string, longest?: number): JweSegments {
  const [, header = '', encryptedKey = '', iv = '', ciphertext = '', tag = ''] = readSegments(envelope, JWE, longest)
  return { header, encryptedKey, iv, ciphertext, tag }
}

/**
 * Returns the segments of a compact JWS (RFC 7515 §7.1).
 *
 * @param longest characters that it may have. Default 8192
 * @throws {TokenError} as `readJwe`
 */
export function readJws(
  jws: string,
  longest?: number,
): {
  readonly header: string
  readonly payload: string
  readonly signature: string
} {
  const [, header = '', payload = '', signature = ''] = readSegments(jws, JWS, longest)
  return { header, payload, signature }
}
