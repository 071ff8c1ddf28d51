/**
 * How often may be asked: who counts is handed what is counted, and says when it is too often.
 *
 * @module
 */

import { checkFunctions, checkMembers } from '../../keys/check.ts'
import { lineOf } from '../protocol/address_line.ts'

/** Counts something once more, by its name, and tells whether that may be: false where it is too often. */
export type CountedBy = (key: string) => Promise<boolean>

/**
 * What is counted at `/token`, `/par`, `/introspect`, and where logins begin. Nothing that somebody else can say of a client or a person counts
 * against them, so that nobody can lock them out.
 */
export interface Limits {
  /** Counts what a client asks that has proved itself, by its `client_id`. */
  readonly client?: CountedBy
  /**
   * Counts by the address that `addressOf` tells, of IPv6 by the first 64 bits: what public clients ask, logins that are begun, and, each for
   * itself, proofs of clients that fail. Whoever proves to be a client is not counted by it.
   */
  readonly address?: CountedBy
  /** Counts the tokens for which a person stands, by a digest of the subject. */
  readonly subject?: CountedBy
}

const NAMES = ['client', 'address', 'subject'] as const

/** Which limit. */
export type LimitName = (typeof NAMES)[number]

/**
 * Reads the setting. Default: nothing is counted.
 *
 * @throws {TypeError} when it is no table of functions
 */
export function readLimits(value: unknown = {}): Limits {
  checkMembers('limits', value, NAMES)
  checkFunctions(
    value,
    NAMES.filter((name) => (value as Limits)[name] !== undefined),
  )
  return value as Limits
}

/** Returns what is counted of an address, for one use of it: failures of one may not stop another who shares it. */
export function keyOfAddress(use: 'asked' | 'failed' | 'login', address: string): string {
  return `${use} ${lineOf(address)}`
}
