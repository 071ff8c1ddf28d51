/**
 * The rules that a ring must keep so that no live token is ever stranded, and what breaks them.
 *
 * @module
 */

import { checkMembers } from './check.ts'
import { type Dates, RING_BYTES, type Ring, stateOf } from './ring.ts'
import { writeRing } from './ring_text.ts'

/** Seconds that the longest-lived thing sealed by a ring lives, unless told otherwise: 30 days. */
export const LONGEST_LIFE = 2_592_000

/** Seconds that the longest-lived thing signed by an RSA key lives: an access token. */
export const LONGEST_SIGNED = 86_400

/** Seconds ahead that the doctor looks, unless told otherwise: 14 days. */
export const HORIZON = 1_209_600

/** A rule that is broken. `message` is for the operator, and holds no key. */
export interface Finding {
  readonly rule: 'root' | 'use' | 'del' | 'primary' | 'size' | 'setting'
  /** The root that breaks it, where it is one root's doing. */
  readonly kid: string | undefined
  readonly message: string
}

/**
 * Returns an instant as a person reads it: `2026-11-23T19:05:00Z`.
 *
 * @see {@link rotationDue}
 */
export function writeInstant(instant: number): string {
  return new Date(instant * 1000).toISOString().replace('.000Z', 'Z')
}

/**
 * Returns what is wrong with the dates of one root, or RSA key.
 *
 * `use ≥ pub + propagation + skew`, unless no other root was primary at `pub`: the first root of a ring, and the first
 * after a gap, may be used at once. `del ≥ end + longestLife + 2 skew`.
 */
export function examineRoot(
  root: Dates & { readonly kid: string },
  ring: Ring,
  longestLife: number,
  siblings: readonly (Dates & { readonly kid: string })[] = ring.roots,
): readonly Finding[] {
  const { kid, pub, use, end, del } = root
  const findings: Finding[] = []
  const earliest = pub + ring.propagation + ring.skew
  const hadPrimary = siblings.some((other) => other.kid !== kid && stateOf(other, ring.revoked, pub) === 'primary')
  if (use < earliest && hadPrimary) {
    const message = `root ${kid}: use is ${use}, expected ≥ ${earliest} (pub + propagation + skew): not everyone may know it when it begins to seal`
    findings.push({ rule: 'use', kid, message })
  }
  const latest = end + longestLife + 2 * ring.skew
  if (del < latest) {
    const message = `root ${kid}: del is ${del}, expected ≥ ${latest} (end + longest life ${longestLife} + 2 skew): it would strand what it sealed`
    findings.push({ rule: 'del', kid, message })
  }
  return findings
}

/** Keys of which exactly one must be primary at any time, and what they are to the operator. */
interface Line {
  readonly keys: readonly (Dates & { readonly kid: string })[]
  readonly name: string
  /** What fails while none is. */
  readonly loss: string
}

/** Returns the stretches between `now` and `horizon` in which not exactly one key is primary. */
function examineTimeline({ keys, name, loss }: Line, ring: Ring, now: number, horizon: number): readonly Finding[] {
  const turns = new Set([now, ...keys.flatMap(({ use, end }) => [use, end])])
  const starts = [...turns].filter((turn) => turn >= now && turn < horizon).sort((a, b) => a - b)
  return starts.flatMap((start, index) => {
    const primaries = keys.filter((key) => stateOf(key, ring.revoked, start) === 'primary')
    if (primaries.length === 1) return []
    const stretch = `from ${writeInstant(start)} to ${writeInstant(starts[index + 1] ?? horizon)}`
    const kids = primaries.map(({ kid }) => kid).join(' and ')
    const message =
      primaries.length === 0
        ? `no ${name} is primary ${stretch}: ${loss}; \`bulla keys rotate\` adds one`
        : `${kids} are both primary ${stretch}`
    return [{ rule: 'primary' as const, kid: undefined, message }]
  })
}

/** What the doctor has to know beside the ring. */
export interface ExamineOptions {
  /** Unix seconds. */
  readonly now: number
  /** Seconds ahead in which there must always be exactly one primary. Default {@link HORIZON}. */
  readonly horizon?: number
  /** Seconds that the longest-lived thing sealed by this ring lives. Default {@link LONGEST_LIFE}. */
  readonly longestLife?: number
}

const EXAMINE_OPTIONS: Readonly<Record<keyof ExamineOptions, true>> = { now: true, horizon: true, longestLife: true }

/**
 * Returns every rule that a ring breaks; none for a sound one. Retired and revoked roots are past harm.
 *
 * @throws {TypeError} when an option is unknown
 * @example
 * import { examineRing, type Ring } from 'bulla/keys'
 *
 * export function isSound(ring: Ring): boolean {
 *   const findings = examineRing(ring, { now: Math.floor(Date.now() / 1000) })
 *   for (const { rule, message } of findings) console.error(rule, message)
 *   return findings.length === 0
 * }
 */
export function examineRing(ring: Ring, options: ExamineOptions): readonly Finding[] {
  checkMembers('examineRing', options as unknown, Object.keys(EXAMINE_OPTIONS))
  const { now, horizon = HORIZON, longestLife = LONGEST_LIFE } = options
  const live = ring.roots.filter((root) => !['retired', 'revoked'].includes(stateOf(root, ring.revoked, now)))
  const rsa = (ring.rsa ?? []).filter((key) => !['retired', 'revoked'].includes(stateOf(key, ring.revoked, now)))
  const lines: readonly Line[] = [
    { keys: ring.roots, name: 'root', loss: 'nothing can be sealed then' },
    ...(rsa.length > 0 ? [{ keys: rsa, name: 'RSA key', loss: 'nothing can be signed by RS256 then' }] : []),
  ]
  const size = new TextEncoder().encode(writeRing(ring)).length
  const message = `the ring has ${size} bytes, and a secret holds ${RING_BYTES}: rotate less often, so that fewer roots live at once`
  return [
    ...live.flatMap((root) => examineRoot(root, ring, longestLife)),
    ...rsa.flatMap((key) => examineRoot(key, ring, Math.min(longestLife, LONGEST_SIGNED), rsa)),
    ...lines.flatMap((line) => examineTimeline(line, ring, now, now + horizon)),
    ...(size > RING_BYTES ? [{ rule: 'size' as const, kid: undefined, message }] : []),
  ]
}
