/**
 * The ring of a running issuer, from its secrets: read, merged, examined.
 *
 * @module
 */

import { encodeBase64url } from './base64url.ts'
import {
  type ExamineOptions,
  examineRing,
  examineRoot,
  type Finding,
  LONGEST_LIFE,
  LONGEST_SIGNED,
  writeInstant,
} from './doctor.ts'
import {
  type BadRoot,
  type Dates,
  primariesAt,
  type Ring,
  type RingReading,
  type RingRefusal,
  type Root,
  type RsaKey,
} from './ring.ts'
import { findSharedKid, readRing } from './ring_text.ts'

/** The texts of the secrets that hold the ring. */
export interface RingTexts {
  /** `KEY_RING`. */
  readonly ring: string | undefined
  /** `KEY_RING_NEXT`, where the ring that comes next is put beside the one in use. */
  readonly next?: string | undefined
}

/** A ring that may be used, with the broken rules that do not stop it. */
export interface LoadedRing {
  readonly ok: true
  readonly ring: Ring
  readonly bad: readonly BadRoot[]
  readonly findings: readonly Finding[]
}

function conflict(detail: string): RingRefusal {
  return { ok: false, reason: 'ring_conflict', detail }
}

/** A key of a ring. */
type Key = Dates & { readonly kid: string }

/** What two lists come to: keys by kid, and those of the second list that could not be taken. */
interface Merged<K extends Key> {
  readonly keys: readonly K[]
  readonly bad: readonly BadRoot[]
}

/** Returns the key that both rings name, with the earlier end and deletion: rotations only ever bring them forward. */
function mergeKey<K extends Key>(a: K, b: K): K {
  return { ...a, end: Math.min(a.end, b.end), del: Math.min(a.del, b.del) }
}

/**
 * Returns why two keys of one kid are not one, if so.
 *
 * Before either begins to seal, nothing of theirs can be stranded: the issuer goes on without the second. From then until
 * both are retired, nobody can tell whose tokens would be lost: nothing is sealed.
 */
function findConflict<K extends Key>(a: K, b: K, secretOf: (key: K) => string): BadRoot | undefined {
  const isOther = secretOf(a) !== secretOf(b)
  if (!isOther && a.pub === b.pub && a.use === b.use) return undefined
  const use = Math.min(a.use, b.use)
  const message = `key ${a.kid} has other ${isOther ? 'bytes' : 'dates'} in KEY_RING_NEXT, and that one is left out: take one of the two away before ${writeInstant(use)}, or nothing can be sealed from then on`
  return { kid: a.kid, use, end: Math.max(a.del, b.del), reason: 'ring_conflict', message }
}

/**
 * Brings the end of each key that one ring alone has forward to where the next key begins that the other ring alone has:
 * of two rotations of one ring on two machines, no two keys are ever primary together. What was not known long enough
 * before it begins does not count: it comes of no rotation.
 */
function chain<K extends Key>(keys: readonly K[], a: readonly K[], b: readonly K[], ring: Ring): readonly K[] {
  const sideOf = ({ kid }: K): number =>
    Number(a.some((key) => key.kid === kid)) - Number(b.some((key) => key.kid === kid))
  const follows = (key: K, other: K): boolean =>
    sideOf(key) * sideOf(other) === -1 &&
    !ring.revoked.includes(other.kid) &&
    other.use >= other.pub + ring.propagation + ring.skew &&
    (other.use > key.use || (other.use === key.use && other.kid > key.kid))
  return keys.map((key) => {
    const turns = keys.filter((other) => follows(key, other)).map(({ use }) => use)
    return { ...key, end: Math.min(key.end, ...turns) }
  })
}

/** Returns the keys of two lists as one, by kid. */
function mergeKeys<K extends Key>(
  a: readonly K[],
  b: readonly K[],
  ring: Ring,
  secretOf: (key: K) => string,
): Merged<K> | RingRefusal {
  const keys = new Map(a.map((key) => [key.kid, key]))
  const bad: BadRoot[] = []
  for (const key of b) {
    const known = keys.get(key.kid)
    const found = known === undefined ? undefined : findConflict(known, key, secretOf)
    if (found !== undefined) bad.push(found)
    else keys.set(key.kid, known === undefined ? key : mergeKey(known, key))
  }
  const marks = [...keys.values()].map(secretOf)
  return new Set(marks).size === marks.length
    ? { keys: chain([...keys.values()], a, b, ring), bad }
    : conflict('two keys of KEY_RING and KEY_RING_NEXT have the same bytes')
}

function isRefusal(value: object): value is RingRefusal {
  return 'ok' in value
}

/**
 * Returns two rings as one, by kid. Other timings, and bytes under two kids, are a conflict. Of two keys of one kid that
 * differ the second stands in `bad`, and is one from when either begins to seal.
 *
 * @example
 * import { mergeRings, readRing } from 'bulla/keys'
 *
 * const [ring, next] = [readRing(process.env['KEY_RING']), readRing(process.env['KEY_RING_NEXT'])]
 * const merged = ring.ok && next.ok ? mergeRings(ring, next) : ring
 */
export function mergeRings(a: RingReading, b: RingReading): RingReading | RingRefusal {
  for (const timing of ['period', 'propagation', 'skew'] as const) {
    if (a.ring[timing] !== b.ring[timing]) return conflict(`KEY_RING_NEXT has another ${timing}`)
  }
  const both = { ...a.ring, revoked: [...new Set([...a.ring.revoked, ...b.ring.revoked])] }
  const roots = mergeKeys<Root>(a.ring.roots, b.ring.roots, both, ({ k }) => encodeBase64url(k))
  const rsa = mergeKeys<RsaKey>(a.ring.rsa ?? [], b.ring.rsa ?? [], both, ({ jwk }) => jwk.d)
  if (isRefusal(roots)) return roots
  if (isRefusal(rsa)) return rsa
  const shared = findSharedKid(roots.keys, rsa.keys)
  if (shared !== undefined) return conflict(`${shared} is a root in one ring, and an RSA key in the other`)
  const ring = { ...both, roots: roots.keys, ...(rsa.keys.length > 0 ? { rsa: rsa.keys } : {}) }
  return { ok: true, ring, bad: [...a.bad, ...b.bad, ...roots.bad, ...rsa.bad] }
}

/**
 * Returns why nothing may be sealed at `now`, or nothing when it may: exactly one good root is primary, and no bad one.
 *
 * @see {@link loadRing}
 */
export function refusalAt(loaded: Pick<LoadedRing, 'ring' | 'bad'>, now: number): RingRefusal | undefined {
  const isPrimary = ({ kid = '', use = Number.POSITIVE_INFINITY, end = 0 }: BadRoot): boolean =>
    now >= use && now < end && !loaded.ring.revoked.includes(kid)
  const bad = loaded.bad.find(isPrimary)
  if (bad !== undefined) return { ok: false, reason: bad.reason ?? 'ring_bad_primary', detail: bad.message }
  const primaries = primariesAt(loaded.ring, now)
  if (primaries.length === 1) return undefined
  return primaries.length === 0
    ? { ok: false, reason: 'ring_no_primary', detail: 'no root is primary; `bulla keys rotate` adds one that is' }
    : {
        ok: false,
        reason: 'ring_two_primaries',
        detail: `${primaries.map((root) => root.kid).join(' and ')} are both primary`,
      }
}

/**
 * Reads, merges and examines the ring.
 *
 * A root that breaks a rule is left out and stands in `bad`. Whether the ring may seal at an instant is asked of
 * {@link refusalAt}, again and again: it depends on the clock.
 *
 * @example
 * import { loadRing, refusalAt } from 'bulla/keys'
 *
 * const now = Math.floor(Date.now() / 1000)
 * const loaded = loadRing({ ring: process.env['KEY_RING'], next: process.env['KEY_RING_NEXT'] }, { now })
 * const refusal = loaded.ok ? refusalAt(loaded, now) : loaded
 * if (refusal !== undefined) console.error(refusal.reason, refusal.detail)
 */
export function loadRing(texts: RingTexts, options: ExamineOptions): LoadedRing | RingRefusal {
  const first = readRing(texts.ring)
  if (!first.ok) return first
  let reading: RingReading | RingRefusal = first
  if (texts.next !== undefined && texts.next.trim() !== '') {
    const second = readRing(texts.next)
    reading = second.ok ? mergeRings(first, second) : { ...second, detail: `KEY_RING_NEXT: ${second.detail}` }
  }
  if (!reading.ok) return reading
  const { ring } = reading
  const life = options.longestLife ?? LONGEST_LIFE
  const { good: roots, bad: badRoots } = sift(ring.roots, ring, (root) => examineRoot(root, ring, life))
  const { good: rsa, bad: badRsa } = sift(ring.rsa ?? [], ring, (key) =>
    examineRoot(key, ring, Math.min(life, LONGEST_SIGNED), ring.rsa),
  )
  const { rsa: _, ...others } = ring
  const good = { ...others, roots, ...(rsa.length > 0 ? { rsa } : {}) }
  return {
    ok: true,
    ring: good,
    bad: [...reading.bad, ...badRoots, ...badRsa.map((key) => ({ ...key, use: undefined, end: undefined }))],
    findings: examineRing(good, options),
  }
}

/**
 * Takes apart the keys that keep the rules and those that do not. What is revoked is past harm, and stays whatever its dates:
 * some server opens by it still, and what is revoked there is called by its names.
 */
function sift<K extends Key>(
  keys: readonly K[],
  { revoked }: Ring,
  examine: (key: K) => readonly Finding[],
): { readonly good: readonly K[]; readonly bad: readonly BadRoot[] } {
  const examined = keys.map((key) => ({ key, findings: revoked.includes(key.kid) ? [] : examine(key) }))
  return {
    good: examined.filter(({ findings }) => findings.length === 0).map(({ key }) => key),
    bad: examined.flatMap(({ key: { kid, use, end }, findings }) =>
      findings.map(({ message }) => ({ kid, use, end, message })),
    ),
  }
}
