/**
 * The ring: the list of roots, and the state of each as a pure function of its dates and the clock.
 *
 * All instants are Unix seconds, all durations seconds.
 *
 * @module
 */

import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { checkInteger, checkMembers, checkText, checkTexts } from './check.ts'

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
  /** The kids of roots that are dead at once, whatever their dates. */
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

/** Returns the state of a root at `now`. Revocation beats all dates. */
export function stateOf(root: Dates & { readonly kid: string }, revoked: readonly string[], now: number): RootState {
  if (revoked.includes(root.kid)) return 'revoked'
  if (now < root.pub) return 'unpublished'
  if (now < root.use) return 'staged'
  if (now < root.end) return 'primary'
  return now < root.del ? 'retiring' : 'retired'
}

/** Returns the roots that are primary at `now`: exactly one in a sound ring. */
export function primariesAt(ring: Ring, now: number): readonly Root[] {
  return ring.roots.filter((root) => stateOf(root, ring.revoked, now) === 'primary')
}

/** Returns the ring as one line of JSON, the form in which it is kept as a secret. */
export function writeRing(ring: Ring): string {
  const roots = ring.roots.map(({ kid, k, pub, use, end, del }) => ({ kid, k: encodeBase64url(k), pub, use, end, del }))
  const { v, period, propagation, skew, revoked } = ring
  return JSON.stringify({ v, period, propagation, skew, roots, revoked })
}

/** Checks the timings of a ring: a period from a minute to 31 days, a propagation up to 31 days, a skew up to an hour. */
export function checkTimings(
  timings: Readonly<Record<'period' | 'propagation' | 'skew', unknown>>,
): asserts timings is Pick<Ring, 'period' | 'propagation' | 'skew'> {
  checkInteger('period', timings.period, 60, 31 * 86_400)
  checkInteger('propagation', timings.propagation, 0, 31 * 86_400)
  checkInteger('skew', timings.skew, 0, 3600)
}

/** Checks that `dates` are four instants in their order. */
export function checkDates(name: string, dates: Readonly<Record<keyof Dates, unknown>>): asserts dates is Dates {
  checkInteger(`${name}.pub`, dates.pub, 0)
  checkInteger(`${name}.use`, dates.use, dates.pub)
  checkInteger(`${name}.end`, dates.end, dates.use + 1)
  checkInteger(`${name}.del`, dates.del, dates.end)
}

/** Reads 32 bytes of key. Fewer than 16 different bytes among 32 never come from a random source: such a key is refused. */
export function readKey(name: string, value: unknown): Uint8Array {
  checkText(name, value, /^[A-Za-z0-9_-]{43}$/, '32 bytes as base64url')
  const key = decodeBase64url(value)
  if (new Set(key).size < 16) throw new RangeError(`"${name}" expected random bytes`)
  return key
}

function readRoot(name: string, value: unknown): Root {
  checkMembers(name, value, ['kid', 'k', 'pub', 'use', 'end', 'del'])
  const { kid, k, pub, use, end, del } = value
  checkText(`${name}.kid`, kid, KID, '1 to 16 characters of [A-Za-z0-9_-]')
  const dates = { pub, use, end, del }
  checkDates(name, dates)
  return { kid, k: readKey(`${name}.k`, k), ...dates }
}

function describeBadRoot(value: unknown, message: string): BadRoot {
  const { kid, use, end } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
  return {
    kid: typeof kid === 'string' && KID.test(kid) ? kid : undefined,
    use: typeof use === 'number' ? use : undefined,
    end: typeof end === 'number' ? end : undefined,
    message,
  }
}

/** Takes apart the roots that share a kid or key bytes with another: nobody can tell which of them is meant. */
function separateTwins(roots: readonly Root[]): { good: readonly Root[]; bad: readonly BadRoot[] } {
  const count = new Map<string, number>()
  const marks = (root: Root): readonly string[] => [`kid ${root.kid}`, `k ${encodeBase64url(root.k)}`]
  for (const mark of roots.flatMap(marks)) count.set(mark, (count.get(mark) ?? 0) + 1)
  const isTwin = (root: Root): boolean => marks(root).some((mark) => count.get(mark) !== 1)
  return {
    good: roots.filter((root) => !isTwin(root)),
    bad: roots
      .filter(isTwin)
      .map((root) => describeBadRoot(root, `root ${root.kid}: its kid or its key stands in the ring twice`)),
  }
}

function refuse(reason: RingReason, detail: string): RingRefusal {
  return { ok: false, reason, detail }
}

/**
 * Reads a ring from its JSON.
 *
 * Unknown members are refused. A root that cannot be read is left out and reported in `bad`. This checks no timing rule
 * but the order of each root's dates; `examineRing` does.
 */
export function readRing(text: string | undefined): RingReading | RingRefusal {
  if (text === undefined || text.trim() === '') return refuse('ring_missing', 'the ring is missing or empty')
  const size = new TextEncoder().encode(text).length
  if (size > RING_BYTES) return refuse('ring_too_large', `the ring has ${size} bytes; a secret holds ${RING_BYTES}`)
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    return refuse('ring_malformed', 'the ring is not JSON; it may be cut off')
  }
  try {
    checkMembers('ring', json, ['v', 'period', 'propagation', 'skew', 'roots', 'revoked'])
    if (json.v !== 1) return refuse('ring_version', 'the ring is not of version 1')
    const { v, roots, revoked } = json
    const timings = { period: json.period, propagation: json.propagation, skew: json.skew }
    checkTimings(timings)
    if (!Array.isArray(roots)) throw new TypeError('"roots" expected a list')
    checkTexts('revoked', revoked, KID, 'the kid of a root')
    const readable: Root[] = []
    const unreadable: BadRoot[] = []
    for (const [index, root] of roots.entries()) {
      try {
        readable.push(readRoot(`roots[${index}]`, root))
      } catch (error) {
        unreadable.push(describeBadRoot(root, (error as Error).message))
      }
    }
    const { good, bad } = separateTwins(readable)
    return { ok: true, ring: { v, ...timings, roots: good, revoked }, bad: [...unreadable, ...bad] }
  } catch (error) {
    return refuse('ring_malformed', (error as Error).message)
  }
}

/** A root as anyone may see it: no key material. */
export interface RootDescription {
  readonly kid: string
  readonly state: RootState
  /** Seconds since it was published. */
  readonly age: number
}

/** Returns what `/healthz` and `bulla keys show` tell of each root at `now`. */
export function describeRoots(ring: Ring, now: number): readonly RootDescription[] {
  return ring.roots.map((root) => ({ kid: root.kid, state: stateOf(root, ring.revoked, now), age: now - root.pub }))
}
