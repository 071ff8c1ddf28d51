/**
 * The ring of a running issuer, from its secrets: read, merged, examined.
 *
 * @module
 */

import { encodeBase64url } from './base64url.ts'
import { type ExamineOptions, examineRing, examineRoot, type Finding, LONGEST_LIFE, LONGEST_SIGNED } from './doctor.ts'
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

/**
 * Returns the key that both rings name, with the earlier end, and of RSA keys the earlier deletion: rotations only ever
 * bring them forward.
 */
function mergeKey<Key extends Dates & { readonly kid: string }>(
  a: Key,
  b: Key,
  secretOf: (key: Key) => string,
): Key | RingRefusal {
  if (secretOf(a) !== secretOf(b)) return conflict(`key ${a.kid} has other bytes in KEY_RING_NEXT`)
  const isSame = a.pub === b.pub && a.use === b.use && (a.del === b.del || 'jwk' in a)
  return isSame
    ? { ...a, end: Math.min(a.end, b.end), del: Math.min(a.del, b.del) }
    : conflict(`key ${a.kid} has other dates in KEY_RING_NEXT`)
}

/** Returns the keys of two lists as one, by kid. */
function mergeKeys<Key extends Dates & { readonly kid: string }>(
  a: readonly Key[],
  b: readonly Key[],
  secretOf: (key: Key) => string,
): readonly Key[] | RingRefusal {
  const keys = new Map(a.map((key) => [key.kid, key]))
  for (const key of b) {
    const known = keys.get(key.kid)
    const merged = known === undefined ? key : mergeKey(known, key, secretOf)
    if ('ok' in merged) return merged
    keys.set(key.kid, merged)
  }
  const marks = [...keys.values()].map(secretOf)
  return new Set(marks).size === marks.length
    ? [...keys.values()]
    : conflict('two keys of KEY_RING and KEY_RING_NEXT have the same bytes')
}

function isRefusal(value: object): value is RingRefusal {
  return 'ok' in value
}

/** Returns two rings as one, by kid. The same kid with other bytes or dates, and other timings, are a conflict. */
export function mergeRings(a: RingReading, b: RingReading): RingReading | RingRefusal {
  for (const timing of ['period', 'propagation', 'skew'] as const) {
    if (a.ring[timing] !== b.ring[timing]) return conflict(`KEY_RING_NEXT has another ${timing}`)
  }
  const roots = mergeKeys<Root>(a.ring.roots, b.ring.roots, ({ k }) => encodeBase64url(k))
  const rsa = mergeKeys<RsaKey>(a.ring.rsa ?? [], b.ring.rsa ?? [], ({ jwk }) => jwk.d)
  if (isRefusal(roots)) return roots
  if (isRefusal(rsa)) return rsa
  const shared = findSharedKid(roots, rsa)
  if (shared !== undefined) return conflict(`${shared} is a root in one ring, and an RSA key in the other`)
  const revoked = [...new Set([...a.ring.revoked, ...b.ring.revoked])]
  const ring = { ...a.ring, roots, ...(rsa.length > 0 ? { rsa } : {}), revoked }
  return { ok: true, ring, bad: [...a.bad, ...b.bad] }
}

/**
 * Returns why nothing may be sealed at `now`, or nothing when it may: exactly one good root is primary, and no bad one.
 */
export function refusalAt(loaded: Pick<LoadedRing, 'ring' | 'bad'>, now: number): RingRefusal | undefined {
  const isPrimary = ({ kid, use, end }: BadRoot): boolean =>
    use !== undefined && end !== undefined && now >= use && now < end && !loaded.ring.revoked.includes(kid ?? '')
  const bad = loaded.bad.find(isPrimary)
  if (bad !== undefined) return { ok: false, reason: 'ring_bad_primary', detail: bad.message }
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
  const { good: roots, bad: badRoots } = sift(ring.roots, (root) => examineRoot(root, ring, life))
  const { good: rsa, bad: badRsa } = sift(ring.rsa ?? [], (key) =>
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

/** Takes apart the keys that keep the rules and those that do not. */
function sift<Key extends Dates & { readonly kid: string }>(
  keys: readonly Key[],
  examine: (key: Key) => readonly Finding[],
): { readonly good: readonly Key[]; readonly bad: readonly BadRoot[] } {
  const examined = keys.map((key) => ({ key, findings: examine(key) }))
  return {
    good: examined.filter(({ findings }) => findings.length === 0).map(({ key }) => key),
    bad: examined.flatMap(({ key: { kid, use, end }, findings }) =>
      findings.map(({ message }) => ({ kid, use, end, message })),
    ),
  }
}
