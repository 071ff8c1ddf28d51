/**
 * The guard: the only thing with memory. What can happen once happens once, here.
 *
 * @module
 */

import { checkInteger } from '../../keys/check.ts'
import { createDeadline, type Told } from './deadline.ts'

/** Seconds that a row stays beyond its time: no clock differs by more. */
export const MARGIN = 120

/** What became of a refresh token's generation. */
export type Advance =
  /** The generation to give next: a new one, or inside the grace the same successor as before. */
  | { readonly outcome: 'advanced'; readonly generation: number }
  /** An older generation came back, or the one before with another key: the family has just been ended. */
  | { readonly outcome: 'reused' }
  /** The generation before came too often inside the grace: it gets nothing, and nothing has ended. */
  | { readonly outcome: 'exhausted' }
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
  /** How often the generation before may be presented in that time. Default: any number of times. */
  readonly graceUses?: number
  /** Names the key that whoever presents it proves, and that the successor is bound to. Default `''`: none. */
  readonly bound?: string
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
   * The current generation gets the next one, and moves the family into the key that was proved, if one was. The one before
   * gets the current one again while the grace lasts, for the same key as it was given for. Any other ends the family, and so
   * does another key, or none where there was one; a generation that is ahead of the family too, for then something was
   * forgotten. `decideStep` is this rule.
   */
  advance(step: Step): Promise<Advance>
  /** Ends a family or a session. */
  end(id: string, expiresAt: number): Promise<void>
  /** Tells whether one of these families or sessions was ended. */
  hasEnded(ids: readonly string[]): Promise<boolean>
  /**
   * Leaves an envelope under a name: `first` for exactly one of all callers, `taken` for the others. No two envelopes are alike: the
   * same one again is the same caller's, who gets the same answer.
   *
   * This and the two below go together, and are for devices, and for APIs that are handed a provider's token: a guard without them
   * serves all else.
   */
  leave?(name: string, envelope: string, expiresAt: number): Promise<'first' | 'taken'>
  /** Returns what is left under a name; nothing when there is nothing, or its time is over and it was dropped. */
  look?(name: string): Promise<string | undefined>
  /**
   * Puts `after` in the place of `before`: `swapped` where that was left there, or `after` is there already; `other` where anything
   * else is, or nothing. It is remembered until the later end of both.
   */
  swap?(name: string, before: string, after: string, expiresAt: number): Promise<'swapped' | 'other'>
  /**
   * Raises the number under a name to `number`, unless it is as high already, and returns the highest that was ever given: it only
   * grows, and is never forgotten. A whole number, 1 to 2^53 - 1. For settings that come sealed; a guard without it serves all else.
   */
  raise?(name: string, number: number): Promise<number>
  /**
   * Spends a name, unless one of these families or sessions was ended: then nothing is changed, and it is `ended`, spent or not. One
   * atomic stretch, so that whoever ends one of them either comes first or ends what was given before.
   *
   * This and the next go together, and save a way there and back: a guard without them is asked `hasEnded` first, and changed then.
   */
  spendUnlessEnded?(id: string, expiresAt: number, unless: readonly string[]): Promise<'first' | 'spent' | 'ended'>
  /** Moves a family on, unless one of these others was ended: then nothing is changed, and it is `ended`. */
  advanceUnlessEnded?(step: Step, unless: readonly string[]): Promise<Advance>
}

/** What a guard does for devices, and to keep what is handed over. */
export type Keeping = Required<Pick<Guard, 'leave' | 'look' | 'swap'>>

/** The methods that nothing else needs. */
export const KEEPING: readonly (keyof Keeping)[] = ['leave', 'look', 'swap']

/** Tells whether a guard also keeps what is left with it. */
export function isKeeping(guard: Guard): guard is Guard & Keeping {
  return KEEPING.every((name) => typeof guard[name] === 'function')
}

/** What a guard does for settings that come sealed. */
export type Raising = Required<Pick<Guard, 'raise'>>

/**
 * Checks a number that is to be raised.
 *
 * @throws {TypeError | RangeError} when it is no whole number, or less than 1
 */
export function checkRaised(number: number): void {
  checkInteger('number', number, 1)
}

/** Tells whether a guard also keeps numbers that only grow. */
export function isRaising(guard: Guard): guard is Guard & Raising {
  return typeof guard.raise === 'function'
}

/**
 * Returns the guard of an issuer that leaves something with it: the settings see to it that it keeps that.
 *
 * @throws {RangeError} when it does not: a fault of ours
 */
export function keepingGuardOf(guard: Guard | undefined): Guard & Keeping {
  if (guard === undefined || !isKeeping(guard)) throw new RangeError('a guard that keeps nothing')
  return guard
}

/** What a guard does at once that else is asked first and done then. */
export type Sparing = Required<Pick<Guard, 'spendUnlessEnded' | 'advanceUnlessEnded'>>

/** Tells whether a guard also asks and changes at once. */
export function isSparing(guard: Guard): guard is Guard & Sparing {
  return typeof guard.spendUnlessEnded === 'function' && typeof guard.advanceUnlessEnded === 'function'
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
 * burn the code that it shows. It is none that asks and changes at once: a proof that comes for what has ended is not spent.
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
    ...(isKeeping(guard) && {
      leave: (name, envelope, expiresAt) => after(() => guard.leave(name, envelope, expiresAt)),
      look: (name) => guard.look(name),
      swap: (name, before, next, expiresAt) => after(() => guard.swap(name, before, next, expiresAt)),
    }),
    ...(isRaising(guard) && { raise: (name, number) => after(() => guard.raise(name, number)) }),
  }
}

/**
 * Returns a guard that remembers what it is told for some seconds longer: until the end of it has come by every clock of
 * the issuer's machines, whatever the guard's own says.
 */
export function rememberLonger(guard: Guard, seconds: () => number): Guard {
  return {
    spend: (id, expiresAt) => guard.spend(id, expiresAt + seconds()),
    advance: (step) => guard.advance({ ...step, expiresAt: step.expiresAt + seconds() }),
    end: (id, expiresAt) => guard.end(id, expiresAt + seconds()),
    hasEnded: (ids) => guard.hasEnded(ids),
    ...(isSparing(guard) && {
      spendUnlessEnded: (id, expiresAt, unless) => guard.spendUnlessEnded(id, expiresAt + seconds(), unless),
      advanceUnlessEnded: (step, unless) =>
        guard.advanceUnlessEnded({ ...step, expiresAt: step.expiresAt + seconds() }, unless),
    }),
    ...(isKeeping(guard) && {
      leave: (name, envelope, expiresAt) => guard.leave(name, envelope, expiresAt + seconds()),
      look: (name) => guard.look(name),
      swap: (name, before, after, expiresAt) => guard.swap(name, before, after, expiresAt + seconds()),
    }),
    ...(isRaising(guard) && { raise: (name, number) => guard.raise(name, number) }),
  }
}

/**
 * Returns a guard that answers in time or not at all: whatever goes wrong with it is `temporarily_unavailable`, with
 * nothing of its words outwards.
 */
export function guardWithDeadline(guard: Guard, told: Told): Guard {
  const within = createDeadline('guard', told)
  return {
    spend: (id, expiresAt) => within(() => guard.spend(id, expiresAt)),
    advance: (step) => within(() => guard.advance(step)),
    end: (id, expiresAt) => within(() => guard.end(id, expiresAt)),
    hasEnded: (ids) => within(() => guard.hasEnded(ids)),
    ...(isSparing(guard) && {
      spendUnlessEnded: (id, expiresAt, unless) => within(() => guard.spendUnlessEnded(id, expiresAt, unless)),
      advanceUnlessEnded: (step, unless) => within(() => guard.advanceUnlessEnded(step, unless)),
    }),
    ...(isKeeping(guard) && {
      leave: (name, envelope, expiresAt) => within(() => guard.leave(name, envelope, expiresAt)),
      look: (name) => within(() => guard.look(name)),
      swap: (name, before, after, expiresAt) => within(() => guard.swap(name, before, after, expiresAt)),
    }),
    ...(isRaising(guard) && { raise: (name, number) => within(() => guard.raise(name, number)) }),
  }
}
