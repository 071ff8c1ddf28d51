/**
 * A guard that many processes share: the store compares and swaps, and `decideStep` stays the rule.
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import { decideStep, type Family } from './family.ts'
import { type Advance, checkRaised, type Guard, type Keeping, type Raising, type Sparing, type Step } from './guard.ts'
import type { NameStore } from './name_store.ts'
import { createSharedFamilies, type Decided } from './shared_families.ts'
import type { StoreCalls } from './store_calls.ts'

/** Bytes that what is left may have: all that the issuer leaves is shorter. */
const LONGEST_ENVELOPE = 8192

/** Returns what stands for a name in a store: whatever is in it, it has 43 characters, and tells nobody anything. */
export function storedName(kind: 'spent' | 'family' | 'kept' | 'raised', name: string): string {
  // As JSON no two names are written alike in UTF-8, be they no Unicode at all.
  return digestLabels(kind, JSON.stringify(name))
}

/** Returns a step whose key is a name of fixed length. */
export function shortened(step: Step): Step {
  return step.bound ? { ...step, bound: digestLabels('bound', step.bound) } : step
}

/**
 * Checks that what is left with a guard is there, and not too long for it.
 *
 * @throws {RangeError} when it is not
 */
export function checkEnvelope(envelope: string): void {
  if (envelope === '' || envelope.length > LONGEST_ENVELOPE)
    throw new RangeError(`an envelope expected 1 to ${LONGEST_ENVELOPE} characters`)
}

/** A guard that many processes share. */
export type SharedGuard = Guard &
  Keeping &
  Raising &
  Sparing & {
    /**
     * Looks whether the store can be used: to be awaited at the start. Else the first call does, and fails where it cannot.
     *
     * @throws {RangeError} when it is not set up for what it is used for: it may forget, or is too old
     * @throws {StoreError} when it cannot be used for another `reason`: `schema`, `clock`, `connection`, …
     */
    ready(): Promise<void>
  }

/** Returns a guard over a store. */
export function createSharedGuard(store: NameStore, { call, ready }: StoreCalls): SharedGuard {
  const families = createSharedFamilies(store, call)

  async function spend(id: string, expiresAt: number, unless: readonly string[]) {
    const [name, names] = [storedName('spent', id), unless.map((other) => storedName('family', other))]
    const answer = await call((attempt) => store.claim(name, attempt.id, expiresAt, attempt, names))
    return answer === 'taken' ? 'spent' : answer
  }

  function advance(given: Step, unless: readonly string[]): Promise<Advance> {
    const step = shortened(given)
    const decide = (before: Family): Decided<Advance> => {
      const { family, advance } = decideStep(before, step)
      return { family, answer: advance }
    }
    const names = unless.map((other) => storedName('family', other))
    const others = { names, answer: { outcome: 'ended' } } as const
    return families.change(storedName('family', step.gid), step.expiresAt, decide, others)
  }

  return {
    ready,
    spend: async (id, expiresAt) => ((await spend(id, expiresAt, [])) === 'first' ? 'first' : 'spent'),
    spendUnlessEnded: spend,
    advance: (step) => advance(step, []),
    advanceUnlessEnded: advance,
    async end(id, expiresAt) {
      await families.change(storedName('family', id), expiresAt, (family) => ({
        family: { ...family, ended: true },
        answer: {},
      }))
    },
    async hasEnded(ids) {
      const known = await Promise.all(ids.map((id) => families.read(storedName('family', id))))
      return known.some(({ ended }) => ended)
    },
    async leave(name, envelope, expiresAt) {
      checkEnvelope(envelope)
      const answer = await call((attempt) => store.claim(storedName('kept', name), envelope, expiresAt, attempt))
      return answer === 'first' ? 'first' : 'taken'
    },
    look: (name) => call(() => store.read(storedName('kept', name))),
    async swap(name, before, after, expiresAt) {
      for (const envelope of [before, after]) checkEnvelope(envelope)
      const place = storedName('kept', name)
      const outcome = await call(
        async (attempt) => (await store.replace(place, before, after, expiresAt, attempt)).outcome,
      )
      return outcome === 'swapped' ? 'swapped' : 'other'
    },
    async raise(name, number) {
      checkRaised(number)
      return call((attempt) => store.raise(storedName('raised', name), number, attempt))
    },
  }
}
