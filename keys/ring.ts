/**
 * The ring: the list of roots, and the state of each as a pure function of its dates and the clock.
 *
 * All instants are Unix seconds, all durations seconds.
 *
 * @module
 */

/** The dates by which a root, or a branch of one, changes its state. Unix seconds. */
export interface Dates {
  /** When it may be known: from then on it opens. */
  readonly pub: number
  /** When it begins to seal. */
  readonly use: number
  /** When it stops to seal; it goes on opening. */
  readonly end: number
  /** When it is ignored. */
  readonly del: number
}

/** 32 random bytes with their dates; all keys are derived from roots. */
export interface Root extends Dates {
  /** Names the root; 1 to 16 characters of `[A-Za-z0-9_-]`. */
  readonly kid: string
  /** 32 random bytes. */
  readonly k: Uint8Array
}

/** The members of an RSA private key (RFC 7518 §6.3), each base64url. */
export interface RsaJwk {
  readonly n: string
  readonly e: string
  readonly d: string
  readonly p: string
  readonly q: string
  readonly dp: string
  readonly dq: string
  readonly qi: string
}

/** A signing key that no root can give: RSA, for verifiers that know nothing else. Its states are those of roots. */
export interface RsaKey extends Dates {
  /** Names the key; no root of the ring has the same name. */
  readonly kid: string
  readonly jwk: RsaJwk
}

/** The roots, and the timings that all who share them must share too. */
export interface Ring {
  readonly v: 1
  /** Seconds that one leaf seals for. */
  readonly period: number
  /** Seconds until a new ring has reached everyone. */
  readonly propagation: number
  /** Seconds by which any two clocks may differ. */
  readonly skew: number
  readonly roots: readonly Root[]
  /** RSA signing keys, where a resource asks for RS256. */
  readonly rsa?: readonly RsaKey[]
  /** The kids of roots and RSA keys that are dead at once, whatever their dates. */
  readonly revoked: readonly string[]
}

/** What a root may do: `staged` and `retiring` open, `primary` seals and opens, the others do nothing. */
export type RootState = 'unpublished' | 'staged' | 'primary' | 'retiring' | 'retired' | 'revoked'

/** Why there is no ring to work with; stands in `/healthz` and in the log. */
export type RingReason =
  | 'ring_missing'
  | 'ring_too_large'
  | 'ring_malformed'
  | 'ring_version'
  | 'ring_conflict'
  | 'ring_bad_primary'
  | 'ring_no_primary'
  | 'ring_two_primaries'

/** A ring that cannot be worked with. `detail` is for the operator, and holds no key. */
export interface RingRefusal {
  readonly ok: false
  readonly reason: RingReason
  readonly detail: string
}

/** A root that breaks a rule, as far as it could be read. */
export interface BadRoot {
  readonly kid: string | undefined
  readonly use: number | undefined
  readonly end: number | undefined
  /** Why nothing may be sealed between `use` and `end`. Default `ring_bad_primary`. */
  readonly reason?: RingReason
  readonly message: string
}

/** A ring as read: the good roots, and what is wrong with the others. */
export interface RingReading {
  readonly ok: true
  readonly ring: Ring
  readonly bad: readonly BadRoot[]
}

/** A Worker secret holds no more, in bytes. */
export const RING_BYTES = 5120

/** The shape of a root's kid; the dot is kept for the kids of leaves. */
export const KID: RegExp = /^[A-Za-z0-9_-]{1,16}$/

/**
 * Returns the state of a root at `now`. Revocation beats all dates.
 *
 * @example
 * import { type Ring, stateOf } from 'bulla/keys'
 *
 * export function mayOpen(ring: Ring, kid: string, now: number): boolean {
 *   const root = ring.roots.find((one) => one.kid === kid)
 *   return root !== undefined && ['staged', 'primary', 'retiring'].includes(stateOf(root, ring.revoked, now))
 * }
 */
export function stateOf(root: Dates & { readonly kid: string }, revoked: readonly string[], now: number): RootState {
  if (revoked.includes(root.kid)) return 'revoked'
  if (now < root.pub) return 'unpublished'
  if (now < root.use) return 'staged'
  if (now < root.end) return 'primary'
  return now < root.del ? 'retiring' : 'retired'
}

/**
 * Returns the roots that are primary at `now`: exactly one in a sound ring.
 *
 * @example
 * import { primariesAt, type Ring } from 'bulla/keys'
 *
 * export const sealsAt = (ring: Ring, now: number): string | undefined => primariesAt(ring, now)[0]?.kid
 */
export function primariesAt(ring: Ring, now: number): readonly Root[] {
  return ring.roots.filter((root) => stateOf(root, ring.revoked, now) === 'primary')
}

/** A root as anyone may see it: no key material. */
export interface RootDescription {
  readonly kid: string
  readonly state: RootState
  /** Seconds since it was published. */
  readonly age: number
}

/**
 * Returns what may be told of keys at `now`: roots, or RSA keys.
 *
 * @see {@link describeRoots}
 */
export function describeKeys(
  keys: readonly (Dates & { readonly kid: string })[],
  revoked: readonly string[],
  now: number,
): readonly RootDescription[] {
  return keys.map((key) => ({ kid: key.kid, state: stateOf(key, revoked, now), age: now - key.pub }))
}

/**
 * Returns what `/healthz` and `bulla keys show` tell of each root at `now`.
 *
 * @example
 * import { describeKeys, describeRoots, type Ring } from 'bulla/keys'
 *
 * export function show(ring: Ring): void {
 *   const now = Math.floor(Date.now() / 1000)
 *   console.table([...describeRoots(ring, now), ...describeKeys(ring.rsa ?? [], ring.revoked, now)])
 * }
 */
export function describeRoots(ring: Ring, now: number): readonly RootDescription[] {
  return describeKeys(ring.roots, ring.revoked, now)
}
