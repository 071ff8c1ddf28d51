/**
 * New rings and new roots. A rotation only ever adds: no root is touched but for the primary's end, which comes forward
 * to the instant at which its successor begins, and its deletion with it.
 *
 * @module
 */

import { encodeBase64url } from './base64url.ts'
import { checkInteger, checkMembers } from './check.ts'
import { digestLabels } from './digest.ts'
import { LONGEST_LIFE, LONGEST_SIGNED, writeInstant } from './doctor.ts'
import { type Dates, type Ring, type Root, type RsaJwk, type RsaKey, stateOf } from './ring.ts'
import { checkTimings } from './ring_text.ts'

/** Seconds that a root seals for, unless the next rotation comes first: 90 days. */
export const ROOT_LIFE = 7_776_000

/** What a new root is made from. */
export interface RootOptions {
  /** Unix seconds. */
  readonly now: number
  /** 32 random bytes. */
  readonly key: Uint8Array
  /** An RSA key to go with it, for resources that ask for RS256. Default: none is added. */
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

const ROOT_OPTIONS: Readonly<Record<keyof RootOptions, true>> = {
  now: true,
  key: true,
  rsaKey: true,
  rootLife: true,
  longestLife: true,
}
const RING_OPTIONS: Readonly<Record<keyof RingOptions, true>> = {
  ...ROOT_OPTIONS,
  period: true,
  propagation: true,
  skew: true,
}

/** Where a new key stands among those of its kind, and what becomes of them. */
interface Place<Key> {
  readonly dates: Dates
  /** Those that live, the primary one with the end that it has now. */
  readonly others: readonly Key[]
  /** The one that is staged while another is primary: then a new one comes too early. */
  readonly staged: Key | undefined
}

/** Returns the place of a new key: after the primary, or at once where there is none, until the one that is staged. */
function placeAmong<Key extends Dates & { readonly kid: string }>(
  keys: readonly Key[],
  { propagation, skew, revoked }: Ring,
  { now, rootLife = ROOT_LIFE, longestLife = LONGEST_LIFE }: Omit<RootOptions, 'key'>,
): Place<Key> {
  const kept = keys.filter((key) => now < key.del)
  const primary = kept.find((key) => stateOf(key, revoked, now) === 'primary')
  const [next] = kept.filter((key) => key.use > now && !revoked.includes(key.kid)).sort((a, b) => a.use - b.use)
  const use = primary === undefined ? now : now + propagation + skew
  const end = Math.min(use + rootLife, next?.use ?? Number.POSITIVE_INFINITY)
  return {
    dates: { pub: now, use, end, del: end + longestLife + 2 * skew },
    others: kept.map((key) => (key === primary ? endAt(key, use, longestLife + 2 * skew) : key)),
    staged: primary === undefined ? undefined : next,
  }
}

/**
 * Returns a key that ends at `end`, if it did not end before. What it sealed until then has as long to live as before:
 * the deletion comes forward by the same seconds, but never to less than `margin` after the end.
 */
function endAt<Key extends Dates>(key: Key, end: number, margin: number): Key {
  if (end >= key.end) return key
  return { ...key, end, del: Math.min(key.del, end + Math.max(key.del - key.end, margin)) }
}

/**
 * Returns the kid of a new key: a letter, and 24 bits of a digest of its bytes in base64url. So two machines that rotate
 * one ring name their two keys by two kids.
 */
function kidOf(letter: 'r' | 's', bytes: string): string {
  return letter + digestLabels('bulla/1/kid', bytes).slice(0, 4)
}

/** Returns the ring with one more RSA key; without it, but for those that are retired, while one is staged among the RSA keys. */
function withRsaKey(ring: Ring, rsaKey: RsaJwk | undefined, options: Omit<RootOptions, 'key'>): Ring {
  const { now, longestLife = LONGEST_LIFE } = options
  const { rsa = [], ...rest } = ring
  const place = placeAmong(rsa, ring, { ...options, longestLife: Math.min(longestLife, LONGEST_SIGNED) })
  // What it signed ends within a day: it need not be kept for longer, and a secret holds no third one.
  const withEarlyDeletion = (key: RsaKey): RsaKey => ({
    ...key,
    del: Math.min(key.del, key.end + LONGEST_SIGNED + 2 * ring.skew),
  })
  const isAdded = rsaKey !== undefined && place.staged === undefined
  const keys = isAdded
    ? [...place.others.map(withEarlyDeletion), { kid: kidOf('s', rsaKey.n), jwk: rsaKey, ...place.dates }]
    : rsa.filter(({ del }) => now < del)
  return { ...rest, ...(keys.length > 0 ? { rsa: keys } : {}) }
}

/** Returns a ring with one more root, and an RSA key to go with it where there is one to add. */
function addRoot(ring: Ring, options: RootOptions): { readonly ring: Ring; readonly added: Root } {
  const { key, rsaKey, rootLife = ROOT_LIFE, longestLife = LONGEST_LIFE } = options
  checkInteger('rootLife', rootLife, 1)
  checkInteger('longestLife', longestLife, 0)
  if (key.length !== 32) throw new RangeError(`"key" expected 32 bytes, got ${key.length}`)
  const { dates, others } = placeAmong(ring.roots, ring, options)
  const added: Root = { kid: kidOf('r', encodeBase64url(key)), k: key, ...dates }
  return { ring: withRsaKey({ ...ring, roots: [...others, added] }, rsaKey, options), added }
}

/**
 * Returns the ring of a development issuer with an RSA key that signs at once, if it has none that signs or will sign. Its roots
 * stay as they are. Elsewhere a key goes with a rotation.
 *
 * @param makeRsaKey asked only where one is added
 */
export function ensureRsaKey(ring: Ring, makeRsaKey: () => RsaJwk, now: number): Ring {
  const states = (ring.rsa ?? []).map((key) => stateOf(key, ring.revoked, now))
  if (states.includes('primary') || states.includes('staged')) return ring
  return withRsaKey(ring, makeRsaKey(), { now })
}

/**
 * Returns a new ring of one root, which seals at once.
 *
 * @throws {TypeError | RangeError} when a timing is not one that a ring may have
 * @example
 * import { createRing, writeRing } from 'bulla/keys'
 *
 * const now = Math.floor(Date.now() / 1000)
 * const ring = createRing({ now, key: crypto.getRandomValues(new Uint8Array(32)) })
 * console.log(`KEY_RING=${writeRing(ring)}`)
 */
export function createRing(options: RingOptions): Ring {
  checkMembers('createRing', options as unknown, Object.keys(RING_OPTIONS))
  const { period = 86_400, propagation = 3600, skew = 60 } = options
  checkTimings({ period, propagation, skew })
  return addRoot({ v: 1, period, propagation, skew, roots: [], revoked: [] }, options).ring
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
 *
 * An RSA key that goes with it follows the same rules among the RSA keys; while one is staged there, none is added.
 *
 * @example
 * import { type Ring, rotateRing } from 'bulla/keys'
 *
 * export function rotated(ring: Ring): Ring {
 *   const now = Math.floor(Date.now() / 1000)
 *   const rotation = rotateRing(ring, { now, key: crypto.getRandomValues(new Uint8Array(32)) })
 *   return rotation.ok ? rotation.ring : ring
 * }
 */
export function rotateRing(ring: Ring, options: RootOptions): Rotation {
  checkMembers('rotateRing', options as unknown, Object.keys(ROOT_OPTIONS))
  const { staged } = placeAmong(ring.roots, ring, options)
  if (staged !== undefined) {
    const detail = `too early: root ${staged.kid} is staged, and begins to seal at ${writeInstant(staged.use)}`
    return { ok: false, detail }
  }
  return { ok: true, ...addRoot(ring, options) }
}

/**
 * Returns the ring with one root, or RSA key, revoked: dead at once, whatever its dates.
 *
 * @throws {RangeError} when the ring has no root of that kid
 * @example
 * import { readRing, revokeRoot, writeRing } from 'bulla/keys'
 *
 * const reading = readRing(process.env['KEY_RING'])
 * if (reading.ok) console.log(writeRing(revokeRoot(reading.ring, 'Zk3x9Q')))
 */
export function revokeRoot(ring: Ring, kid: string): Ring {
  const names = [...ring.roots, ...(ring.rsa ?? [])].map((key) => key.kid)
  if (!names.includes(kid)) {
    const kids = names.join(', ')
    throw new RangeError(`the ring has no such root; it has: ${kids || 'none'}`)
  }
  return ring.revoked.includes(kid) ? ring : { ...ring, revoked: [...ring.revoked, kid] }
}
