/**
 * New rings and new roots. A rotation only ever adds: no root is touched but for the primary's end, which comes forward
 * to the instant at which its successor begins.
 *
 * @module
 */

import { checkInteger } from './check.ts'
import { LONGEST_LIFE, writeInstant } from './doctor.ts'
import { type Ring, type Root, type RsaJwk, stateOf } from './ring.ts'
import { checkTimings } from './ring_text.ts'

/** Seconds that a root seals for, unless the next rotation comes first: 90 days. */
export const ROOT_LIFE = 7_776_000

/** What a new root is made from. */
export interface RootOptions {
  /** Unix seconds. */
  readonly now: number
  /** 32 random bytes. */
  readonly key: Uint8Array
  /** An RSA key to go with it, for resources that ask for RS256. */
  readonly rsaKey?: RsaJwk
  /** Seconds that it seals for at the most. Default {@link ROOT_LIFE}. */
  readonly rootLife?: number
  /** Seconds that the longest-lived thing sealed by it lives. Default {@link LONGEST_LIFE}. */
  readonly longestLife?: number
}

/** The timings of a new ring. */
export interface RingOptions extends RootOptions {
  /** Seconds that one leaf seals for. Default 86400. */
  readonly period?: number
  /** Seconds until a new ring has reached everyone. Default 3600. */
  readonly propagation?: number
  /** Seconds by which any two clocks may differ. Default 60. */
  readonly skew?: number
}

function createRoot(kid: string, ring: Ring, use: number, end: number, options: RootOptions): Root {
  const { now, key, longestLife = LONGEST_LIFE } = options
  checkInteger('rootLife', end - use, 1)
  checkInteger('longestLife', longestLife, 0)
  if (key.length !== 32) throw new RangeError(`"key" expected 32 bytes, got ${key.length}`)
  return { kid, k: key, pub: now, use, end, del: end + longestLife + 2 * ring.skew }
}

/**
 * Returns a new ring of one root, which seals at once.
 *
 * @throws {TypeError | RangeError} when a timing is not one that a ring may have
 */
export function createRing(options: RingOptions): Ring {
  const { period = 86_400, propagation = 3600, skew = 60, now, rootLife = ROOT_LIFE } = options
  checkTimings({ period, propagation, skew })
  const empty: Ring = { v: 1, period, propagation, skew, roots: [], revoked: [] }
  const root = createRoot('r1', empty, now, now + rootLife, options)
  return { ...empty, roots: [root], ...withRsaKey(empty, root, options) }
}

/** Returns the next name that begins with `letter`; none is ever used again. */
function nextKid(ring: Ring, letter: 'r' | 's'): string {
  const kids = [...ring.roots, ...(ring.rsa ?? [])].map(({ kid }) => kid).concat(ring.revoked)
  const numbers = kids.map((kid) => Number(new RegExp(`^${letter}([1-9][0-9]{0,8})$`).exec(kid)?.[1] ?? 0))
  return `${letter}${Math.max(0, ...numbers) + 1}`
}

/** Returns the RSA keys of a ring with one more that has the dates of a new root; where none is added, those that live. */
function withRsaKey(ring: Ring, { pub, use, end, del }: Root, { now, rsaKey }: RootOptions): Pick<Ring, 'rsa'> {
  const kept = (ring.rsa ?? []).filter((key) => now < key.del)
  if (rsaKey === undefined) return kept.length > 0 ? { rsa: kept } : {}
  const shortened = kept.map((key) => (key.use <= now && use < key.end ? { ...key, end: use } : key))
  return { rsa: [...shortened, { kid: nextKid(ring, 's'), jwk: rsaKey, pub, use, end, del }] }
}

/** A rotated ring, or why the ring cannot be rotated now. */
export type Rotation =
  | { readonly ok: true; readonly ring: Ring; readonly added: Root }
  | { readonly ok: false; readonly detail: string }

/**
 * Returns the ring with one more root, and without those that are retired.
 *
 * The new root is staged now and begins to seal after propagation + skew, where the primary then ends. Where no root is
 * primary it begins at once, as there is nothing to wait for. It is refused while an earlier one is staged, unless no
 * root is primary: two rotations under way would be more than a holder of an old ring can follow.
 */
export function rotateRing(ring: Ring, options: RootOptions): Rotation {
  const { now, rootLife = ROOT_LIFE } = options
  const states = new Map(ring.roots.map((root) => [root, stateOf(root, ring.revoked, now)]))
  const kept = ring.roots.filter((root) => now < root.del)
  const primary = kept.find((root) => states.get(root) === 'primary')
  const coming = kept.filter((root) => root.use > now && states.get(root) !== 'revoked').sort((a, b) => a.use - b.use)
  const [next] = coming
  if (primary !== undefined && next !== undefined) {
    const detail = `too early: root ${next.kid} is staged, and begins to seal at ${writeInstant(next.use)}`
    return { ok: false, detail }
  }
  const use = primary === undefined ? now : now + ring.propagation + ring.skew
  const end = Math.min(use + rootLife, next?.use ?? Number.POSITIVE_INFINITY)
  const added = createRoot(nextKid(ring, 'r'), ring, use, end, options)
  const roots = kept.map((root) => (root === primary ? { ...root, end: Math.min(root.end, use) } : root))
  const { rsa: _, ...others } = ring
  return { ok: true, ring: { ...others, roots: [...roots, added], ...withRsaKey(ring, added, options) }, added }
}

/**
 * Returns the ring with one root, or RSA key, revoked: dead at once, whatever its dates.
 *
 * @throws {RangeError} when the ring has no root of that kid
 */
export function revokeRoot(ring: Ring, kid: string): Ring {
  const names = [...ring.roots, ...(ring.rsa ?? [])].map((key) => key.kid)
  if (!names.includes(kid)) {
    const kids = names.join(', ')
    throw new RangeError(`the ring has no such root; it has: ${kids || 'none'}`)
  }
  return ring.revoked.includes(kid) ? ring : { ...ring, revoked: [...ring.revoked, kid] }
}
