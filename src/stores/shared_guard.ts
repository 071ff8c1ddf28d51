/**
 * A guard that many processes share: the store compares and swaps, and `decideStep` stays the rule.
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import { type Advance, decideStep, type Family, type Guard, type Keeping, NEW_FAMILY, type Step } from './guard.ts'
import { type Attempt, PATIENCE, type StoreCalls } from './store_calls.ts'
import { StoreError } from './store_error.ts'
import { createTurns } from './turns.ts'

/** Seconds that a row stays beyond its time: no clock differs by more. */
export const MARGIN = 120

/** How often a swap is tried that others keep coming before. */
const MOST_TURNS = 16

/** Bytes that what is left may have: all that the issuer leaves is shorter. */
const LONGEST_ENVELOPE = 8192

/** What became of a swap, and what lies there where it is another. */
export type Swapped =
  | { readonly outcome: 'swapped' }
  | { readonly outcome: 'late' }
  | { readonly outcome: 'other'; readonly there: string | undefined }

/** What a store does: each of these is atomic, whoever else asks. Names are 43 characters, and no name of one kind is one of another. */
export interface NameStore {
  /** Puts a value where nothing is: `first` also where just that value is. `expiresAt`: Unix seconds until which it must be kept. */
  claim(name: string, value: string, expiresAt: number, attempt: Attempt): Promise<'first' | 'taken' | 'late'>
  /** Returns what lies there. */
  read(name: string): Promise<string | undefined>
  /** Puts `after` where `before` is, or nothing is, or `after` is already; it is kept until the later end of both. */
  replace(
    name: string,
    before: string | undefined,
    after: string,
    expiresAt: number,
    attempt: Attempt,
  ): Promise<Swapped>
}

/** Returns what stands for a name in a store: whatever is in it, it has 43 characters, and tells nobody anything. */
export function storedName(kind: 'spent' | 'family' | 'kept', name: string): string {
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
  Keeping & {
    /**
     * Looks whether the store can be used: to be awaited at the start. Else the first call does, and fails where it cannot.
     *
     * @throws {RangeError} when it is not set up for what it is used for: it may forget, or is too old
     * @throws {StoreError} when it cannot be used for another `reason`: `schema`, `clock`, `connection`, …
     */
    ready(): Promise<void>
  }

/** A family as it lies in a store, and the attempt that made it so. */
interface Row {
  readonly family: Family
  readonly attempt: string
}

function writeRow({ generation, since, ended, bound, uses }: Family, attempt: string): string {
  return JSON.stringify([generation, since, ended ? 1 : 0, bound, uses, attempt])
}

function readRow(text: string | undefined): Row {
  if (text === undefined) return { family: NEW_FAMILY, attempt: '' }
  const [generation, since, ended, bound, uses, attempt] = JSON.parse(text)
  return { family: { generation, since, ended: ended === 1, bound, uses }, attempt }
}

/** Returns what the attempt was told that made a family so: it asks again, for its answer was lost. */
function toldBefore({ generation, ended }: Family): Advance {
  return ended ? { outcome: 'reused' } : { outcome: 'advanced', generation }
}

/** Returns a guard over a store. */
export function createSharedGuard(store: NameStore, { call, ready }: StoreCalls): SharedGuard {
  // What one process asks of a family at once goes one after the other: else a hundred would be in each other's way.
  const inTurn = createTurns(PATIENCE)

  /** Changes a family by what is decided of what lies there, until nobody comes before. */
  function change<Answer>(
    name: string,
    expiresAt: number,
    decide: (row: Row, attempt: string) => { readonly family?: Family; readonly answer: Answer },
  ): Promise<Answer> {
    return call((attempt) =>
      inTurn(name, async () => {
        if (attempt.isOver()) return 'late'
        let there = await store.read(name)
        for (let turn = 0; turn < MOST_TURNS; turn++) {
          const { family, answer } = decide(readRow(there), attempt.id)
          if (family === undefined) return answer
          const written = { ...attempt, stays: family.ended }
          const swapped = await store.replace(name, there, writeRow(family, attempt.id), expiresAt, written)
          if (swapped.outcome === 'late') return 'late'
          if (swapped.outcome === 'swapped') return answer
          there = swapped.there
        }
        throw new StoreError('contention', 'too many wanted the same family')
      }),
    )
  }

  return {
    ready,
    async spend(id, expiresAt) {
      const name = storedName('spent', id)
      const answer = await call((attempt) => store.claim(name, attempt.id, expiresAt, attempt))
      return answer === 'first' ? 'first' : 'spent'
    },
    advance(given) {
      const step = shortened(given)
      return change(storedName('family', step.gid), step.expiresAt, (row, attempt) => {
        if (row.attempt === attempt) return { answer: toldBefore(row.family) }
        const { family, advance } = decideStep(row.family, step)
        return family === row.family ? { answer: advance } : { family, answer: advance }
      })
    },
    end: (id, expiresAt) =>
      change(storedName('family', id), expiresAt, ({ family }) => ({
        family: { ...family, ended: true },
        answer: undefined,
      })),
    async hasEnded(ids) {
      const names = ids.map((id) => storedName('family', id))
      const rows = await Promise.all(names.map((name) => call(() => store.read(name))))
      return rows.some((row) => readRow(row).family.ended)
    },
    async leave(name, envelope, expiresAt) {
      checkEnvelope(envelope)
      return call((attempt) => store.claim(storedName('kept', name), envelope, expiresAt, attempt))
    },
    look: (name) => call(() => store.read(storedName('kept', name))),
    async swap(name, before, after, expiresAt) {
      for (const envelope of [before, after]) checkEnvelope(envelope)
      const place = storedName('kept', name)
      return call(async (attempt) => (await store.replace(place, before, after, expiresAt, attempt)).outcome)
    },
  }
}
