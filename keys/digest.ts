/**
 * SHA-256, and comparing without telling where the difference is.
 *
 * @module
 */

import { sha256 } from '@noble/hashes/sha2.js'
import { encodeBase64url } from './base64url.ts'
import { encodeLabels } from './derive.ts'

/** Returns SHA-256 of bytes: 32 bytes. */
export function digestBytes(bytes: Uint8Array): Uint8Array {
  return sha256(bytes)
}

/** Returns SHA-256 of a text in UTF-8: 32 bytes. */
export function digestText(text: string): Uint8Array {
  return sha256(new TextEncoder().encode(text))
}

/** Returns SHA-256 of a list of texts as base64url: 43 characters. No two lists give the same. */
export function digestLabels(...texts: readonly string[]): string {
  return encodeBase64url(sha256(encodeLabels(...texts)))
}

/** Compares bytes in a time that depends on their lengths alone. */
export function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.reduce((difference, byte, index) => difference | (byte ^ (b[index] ?? 0)), a.length ^ b.length) === 0
}
