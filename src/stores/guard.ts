/**
 * The guard: the only thing with memory. What can happen once happens once, here.
 *
 * @module
 */

import type { Log } from '../log.ts'
import { createDeadline } from './deadline.ts'

/** What became of a refresh token's generation. */
export type Advance =
  /** The generation to give next: a new one, or inside the grace the same successor as before. */
  | { readonly outcome: 'advanced'; readonly generation: number }
  /** An older generation came back: the family has just been ended. */
  | { readonly outcome: 'reused' }
  /** The family had ended before. */
  | { readonly outcome: 'ended' }

/** A step of a refresh family. */
export interface Step {
  /** Names the family: the grant id. */
  readonly gid: string
  /** The generation that is presented; the first is 0. */
  readonly generation: number
  /** Unix seconds. */
  readonly now: number
  /** Seconds in which the generation before the current one gets the current one again. */
  readonly grace: number
  /** Unix seconds until which the family must be remembered. */
  readonly expiresAt: number
}

/**
 * A guard. Each method is atomic, whoever else calls at the same time, and whatever is restarted in between; once it has
 * answered, nothing that it said is forgotten before `expiresAt`.
 *
 * A guard that cannot tell throws. It never guesses.
 */
export interface Guard {
  /** Spends a name: `first` for exactly one of all callers, `spent` for the others. */
  spend(id: string, expiresAt: number): Promise<'first' | 'spent'>
  /**
   * Moves a refresh family on by one generation.
   *
   * The current generation gets the next one. The one before gets the current one again while the grace lasts. Any other
   * ends the family; one that is ahead of the family too, for then something was forgotten.
   */
  advance(step: Step): Promise<Advance>
  /** Ends a family or a session. */
  end(id: string, expiresAt: number): Promise<void>
  /** Tells whether one of these families or sessions was ended. */
  hasEnded(ids: readonly string[]): Promise<boolean>
}

/** A family as a guard remembers it. */
export interface Family {
  readonly generation: number
  /** When the current generation was first given. Unix seconds. */
  readonly since: number
  readonly ended: boolean
}

/** A family that no guard remembers yet. */
export const NEW_FAMILY: Family = { generation: 0, since: 0, ended: false }

/** Returns what a step makes of a family: the rule itself, for every guard. */
export function decideStep(family: Family, step: Step): { readonly family: Family; readonly advance: Advance } {
  if (family.ended) return { family, advance: { outcome: 'ended' } }
  const { generation, now, grace } = step
  if (generation === family.generation) {
    const next = { generation: generation + 1, since: now, ended: false }
    return { family: next, advance: { outcome: 'advanced', generation: next.generation } }
  }
  const isGraceful = generation === family.generation - 1 && now <= family.since + grace
  if (isGraceful) return { family, advance: { outcome: 'advanced', generation: family.generation } }
  return { family: { ...family, ended: true }, advance: { outcome: 'reused' } }
}

/** Returns what spends once, however often it is called. */
export function spendOnce(spend: () => Promise<void>): () => Promise<void> {
  let spent: Promise<void> | undefined
  return () => {
    spent ??= spend()
    return spent
  }
}

/**
 * Returns a guard that spends something else before it changes anything: a client whose own proof was used before must not
 * burn the code that it shows.
 */
export function spendFirst(guard: Guard, spend: () => Promise<void>): Guard {
  const after = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
    await spend()
    return call()
  }
  return {
    spend: (id, expiresAt) => after(() => guard.spend(id, expiresAt)),
    advance: (step) => after(() => guard.advance(step)),
    end: (id, expiresAt) => after(() => guard.end(id, expiresAt)),
    hasEnded: (ids) => guard.hasEnded(ids),
  }
}

/**
 * Returns a guard that answers in time or not at all: whatever goes wrong with it is `temporarily_unavailable`, with
 * nothing of its words outwards.
 */
export function guardWithDeadline(guard: Guard, log: Log): Guard {
  const within = createDeadline('guard', log)
  return {
    spend: (id, expiresAt) => within(() => guard.spend(id, expiresAt)),
    advance: (step) => within(() => guard.advance(step)),
    end: (id, expiresAt) => within(() => guard.end(id, expiresAt)),
    hasEnded: (ids) => within(() => guard.hasEnded(ids)),
  }
}
