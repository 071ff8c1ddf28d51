/**
 * The ring of a running issuer, from its secrets: read, merged, examined.
 *
 * @module
 */

import { encodeBase64url } from './base64url.ts'
import { type ExamineOptions, examineRing, examineRoot, type Finding, LONGEST_LIFE } from './doctor.ts'
import {
  type BadRoot,
  primariesAt,
  type Ring,
  type RingReading,
  type RingRefusal,
  type Root,
  readRing,
} from './ring.ts'

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

/** Returns the root that both rings name, with the earlier end: rotations only ever bring it forward. */
function mergeRoot(a: Root, b: Root): Root | RingRefusal {
  if (encodeBase64url(a.k) !== encodeBase64url(b.k)) return conflict(`root ${a.kid} has other bytes in KEY_RING_NEXT`)
  const isSame = a.pub === b.pub && a.use === b.use && a.del === b.del
  return isSame ? { ...a, end: Math.min(a.end, b.end) } : conflict(`root ${a.kid} has other dates in KEY_RING_NEXT`)
}

/** Returns two rings as one, by kid. The same kid with other bytes or dates, and other timings, are a conflict. */
export function mergeRings(a: RingReading, b: RingReading): RingReading | RingRefusal {
  for (const timing of ['period', 'propagation', 'skew'] as const) {
    if (a.ring[timing] !== b.ring[timing]) return conflict(`KEY_RING_NEXT has another ${timing}`)
  }
  const roots = new Map(a.ring.roots.map((root) => [root.kid, root]))
  for (const root of b.ring.roots) {
    const known = roots.get(root.kid)
    const merged = known === undefined ? root : mergeRoot(known, root)
    if ('ok' in merged) return merged
    roots.set(root.kid, merged)
  }
  const marks = [...roots.values()].map((root) => encodeBase64url(root.k))
  if (new Set(marks).size !== marks.length)
    return conflict('two roots of KEY_RING and KEY_RING_NEXT have the same bytes')
  const revoked = [...new Set([...a.ring.revoked, ...b.ring.revoked])]
  return { ok: true, ring: { ...a.ring, roots: [...roots.values()], revoked }, bad: [...a.bad, ...b.bad] }
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
  const broken = ring.roots.map((root) => ({
    root,
    findings: examineRoot(root, ring, options.longestLife ?? LONGEST_LIFE),
  }))
  const bad = broken.flatMap(({ root, findings }) => findings.map(({ message }) => ({ ...root, message })))
  const roots = broken.filter(({ findings }) => findings.length === 0).map(({ root }) => root)
  const good = { ...ring, roots }
  return {
    ok: true,
    ring: good,
    bad: [...reading.bad, ...bad.map(({ kid, use, end, message }) => ({ kid, use, end, message }))],
    findings: examineRing(good, options),
  }
}
