/**
 * A refresh family: what a guard remembers of it, and the one rule by which it moves on (RFC 9700 §4.14.2).
 *
 * @module
 */

import type { Advance, Step } from './guard.ts'

/** A family as a guard remembers it. */
export interface Family {
  readonly generation: number
  /** When the current generation was first given. Unix seconds. */
  readonly since: number
  readonly ended: boolean
  /** Names the key that the current generation is bound to; `''` where it is none. */
  readonly bound: string
  /** How often the generation before has come again. */
  readonly uses: number
}

/** A family that no guard remembers yet. */
export const NEW_FAMILY: Family = { generation: 0, since: 0, ended: false, bound: '', uses: 0 }

/** Returns what a step makes of a family: the rule itself, for every guard. */
export function decideStep(family: Family, step: Step): { readonly family: Family; readonly advance: Advance } {
  if (family.ended) return { family, advance: { outcome: 'ended' } }
  const { generation, now, grace, graceUses = Number.POSITIVE_INFINITY, bound = '' } = step
  // What is bound to a key stays bound to it: only a thief comes with another, or without.
  const isOfItsKey = bound === family.bound
  if (generation === family.generation && (isOfItsKey || family.bound === '')) {
    const next = { generation: generation + 1, since: now, ended: false, bound, uses: 0 }
    return { family: next, advance: { outcome: 'advanced', generation: next.generation } }
  }
  // Before it began as after: by a clock that was set back since it would last for ever.
  const isInGrace = grace > 0 && Math.abs(now - family.since) <= grace
  const isGraceful = generation === family.generation - 1 && isInGrace && isOfItsKey
  if (!isGraceful) return { family: { ...family, ended: true }, advance: { outcome: 'reused' } }
  if (family.uses >= graceUses) return { family, advance: { outcome: 'exhausted' } }
  const again = { ...family, uses: family.uses + 1 }
  return { family: again, advance: { outcome: 'advanced', generation: family.generation } }
}
