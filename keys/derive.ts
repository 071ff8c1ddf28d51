/**
 * Branches and leaves: all keys, derived from a root by HKDF-SHA-256 (RFC 5869) with an empty salt.
 *
 * The labels are part of the format: frozen by test/vectors/v1, never recycled.
 *
 * @module
 */

import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { KID } from './ring.ts'

/** What a branch is for. `access` goes with a resource's URI, the others with the empty resource. */
export type Purpose =
  | 'access'
  | 'code'
  | 'refresh'
  | 'par'
  | 'login'
  | 'session'
  | 'logout'
  | 'consent'
  | 'remember'
  | 'apps'
  | 'provider'
  | 'device'
  | 'event'
  | 'userinfo'
  | 'nonce'
  | 'mark'
  | 'settings'
  | 'sign'

/** The content encryption that a leaf is for (RFC 7518 §5). */
export type ContentEncryption = 'A256GCM' | 'A256CBC-HS512'

/** The content encryptions, and the bytes of key that each takes. */
export const CONTENT_ENCRYPTION_BYTES: Readonly<Record<ContentEncryption, number>> = {
  A256GCM: 32,
  'A256CBC-HS512': 64,
}

/**
 * Returns each text as UTF-8 with its length before it, 16 bits big-endian: no two lists of texts give the same bytes.
 *
 * @throws {RangeError} when a text is longer than 65,535 bytes
 * @example
 * import { encodeLabels } from 'bulla/keys'
 *
 * encodeLabels('a', 'bc') // 0 1 'a' 0 2 'b' 'c'
 */
export function encodeLabels(...texts: readonly string[]): Uint8Array<ArrayBuffer> {
  const parts = texts.map((text) => new TextEncoder().encode(text))
  const bytes = new Uint8Array(parts.reduce((length, part) => length + 2 + part.length, 0))
  let offset = 0
  for (const part of parts) {
    if (part.length > 0xffff) throw new RangeError('a label expected at most 65535 bytes')
    bytes[offset] = part.length >> 8
    bytes[offset + 1] = part.length & 0xff
    bytes.set(part, offset + 2)
    offset += 2 + part.length
  }
  return bytes
}

/** The highest number that a resource's branch may have. */
export const HIGHEST_BRANCH = 9999

/**
 * Returns the 32 bytes of the branch of a root's key for one issuer, purpose and resource (`""` but for `access`).
 *
 * @param number the branch's, from 1. Default 1; a resource gets the next one when its keys leak
 * @example
 * import { deriveBranch, deriveLeaf, periodAt, writeLeafKid } from 'bulla/keys'
 *
 * export function leafAt(root: { kid: string; k: Uint8Array }, now: number): { kid: string; key: Uint8Array } {
 *   const branch = deriveBranch(root.k, 'https://auth.example.com', 'access', 'https://api.example.com')
 *   const period = periodAt(now, 86_400)
 *   return { kid: writeLeafKid(root.kid, period), key: deriveLeaf(branch, 'A256GCM', period) }
 * }
 */
export function deriveBranch(
  rootKey: Uint8Array,
  issuer: string,
  purpose: Purpose,
  resource: string,
  number = 1,
): Uint8Array {
  // The first has no label for its number: so it was before there were others.
  const labels = ['bulla/1', issuer, purpose, resource, ...(number === 1 ? [] : [String(number)])]
  return hkdf(sha256, rootKey, undefined, encodeLabels(...labels), 32)
}

/**
 * Returns the `info` by which a branch's leaf for one content encryption and period is derived.
 *
 * @example
 * import { hkdfSync } from 'node:crypto'
 * import { CONTENT_ENCRYPTION_BYTES, leafInfo } from 'bulla/keys'
 *
 * export function deriveByNode(branch: Uint8Array, period: number): ArrayBuffer {
 *   const bytes = CONTENT_ENCRYPTION_BYTES.A256GCM
 *   return hkdfSync('sha256', branch, new Uint8Array(), leafInfo('A256GCM', period), bytes)
 * }
 */
export function leafInfo(enc: ContentEncryption, period: number): Uint8Array<ArrayBuffer> {
  return encodeLabels('bulla/1/leaf', enc, String(period))
}

/**
 * Returns the bytes of a branch's leaf for one content encryption and period: 32, or 64 for A256CBC-HS512.
 *
 * @see {@link deriveBranch}
 */
export function deriveLeaf(branchKey: Uint8Array, enc: ContentEncryption, period: number): Uint8Array {
  return hkdf(sha256, branchKey, undefined, leafInfo(enc, period), CONTENT_ENCRYPTION_BYTES[enc])
}

/**
 * Returns the number of the period in which `now` lies.
 *
 * @see {@link deriveBranch}
 */
export function periodAt(now: number, period: number): number {
  return Math.floor(now / period)
}

/** What the kid of a leaf says. */
export interface LeafName {
  /** The kid of the root. */
  readonly root: string
  /** The number of the period. */
  readonly period: number
  /** The number of the branch, from 1. */
  readonly branch: number
}

/**
 * Returns the kid of a leaf: the root's kid, the number of the period, and from the second on that of the branch.
 *
 * @see {@link deriveBranch}
 */
export function writeLeafKid(rootKid: string, period: number, branch = 1): string {
  return branch === 1 ? `${rootKid}.${period}` : `${rootKid}.${period}.${branch}`
}

/**
 * Returns the number of the branch of a leaf; of a kid that is no leaf's, that of the first.
 *
 * @see {@link readLeafKid}
 */
export function branchOfLeaf(kid: string): number {
  return readLeafKid(kid)?.branch ?? 1
}

/**
 * Reads a leaf's kid apart, or returns nothing when it is not spelled exactly as `writeLeafKid` would.
 *
 * @example
 * import { branchOfLeaf, readLeafKid } from 'bulla/keys'
 *
 * readLeafKid('Zk3x9Q.20412') // { root: 'Zk3x9Q', period: 20412, branch: 1 }
 * branchOfLeaf('Zk3x9Q.20412.2') // 2
 */
export function readLeafKid(kid: string): LeafName | undefined {
  const [root = '', period = '', branch, ...more] = kid.split('.')
  if (!KID.test(root) || !/^(0|[1-9][0-9]{0,9})$/.test(period) || more.length > 0) return undefined
  if (branch !== undefined && !/^([2-9]|[1-9][0-9]{1,3})$/.test(branch)) return undefined
  return { root, period: Number(period), branch: Number(branch ?? 1) }
}
