/**
 * How a store is asked that many processes share: each call is an attempt with a name and an end, which may be made once more.
 *
 * @module
 */

import type { Log } from '../log.ts'
import { StoreError, type StoreReason } from './store_error.ts'

/** Milliseconds after which a store must not do any more what it was asked: whoever asked has given up soon after. */
export const PATIENCE = 1400

/** Milliseconds by which the store's clock may differ from ours until the operator is told. */
const NOTED = 500

/** What a write bears: the same attempt may ask again, and gets the same answer. */
export interface Attempt {
  readonly id: string
  /** Unix milliseconds by the *store's* clock; after it nothing is written, and the answer is `late`. */
  readonly deadline: number
  /** Tells whether whoever asked has given up. */
  readonly isOver: () => boolean
}

/** What calls of a store go by. */
export interface StoreCallOptions {
  /** What it is called in the log: `Redis`. */
  readonly store: string
  /**
   * Asks the store whether it can be used, and returns its clock in Unix milliseconds.
   *
   * @throws {StoreError} when it cannot: `settings`, `schema`
   */
  readonly prepare: () => Promise<number>
  /** Tells what the store's own refusal means; nothing where it is none, and nobody knows whether the store has heard. */
  readonly refusalOf: (error: unknown) => StoreReason | undefined
  /** Takes a warning. Default: a line of JSON on the console. */
  readonly log?: Log
  /** Makes a name for an attempt. Default: a random one. */
  readonly newId?: () => string
  /** Returns Unix milliseconds. Default: the clock. */
  readonly clock?: () => number
  /** Returns milliseconds that only ever grow, whatever is done to the clock. Default: the platform's. */
  readonly elapsed?: () => number
}

/** What asks a store. */
export interface StoreCalls {
  /**
   * Looks whether the store can be used. It is asked again only after that failed, or the clocks have come apart.
   *
   * @throws {StoreError} when it cannot
   */
  ready(): Promise<void>
  /**
   * Asks. What failed without a word of the store is tried once more, as the same attempt.
   *
   * @throws {StoreError}
   */
  call<Answer>(run: (attempt: Attempt) => Promise<Answer | 'late'>): Promise<Answer>
}

/** Returns what asks a store. */
export function createStoreCalls(options: StoreCallOptions): StoreCalls {
  const { store, prepare, refusalOf } = options
  const { newId = () => crypto.randomUUID(), clock = () => Date.now(), elapsed = () => performance.now() } = options
  const { log = (entry) => console[entry.level](JSON.stringify(entry)) } = options
  /** By how much the store's clock is ahead of `elapsed`; or that this is not known yet. */
  let prepared: Promise<number> | undefined

  async function measure(): Promise<number> {
    const before = elapsed()
    const there = await prepare()
    const middle = (before + elapsed()) / 2
    const difference = Math.round(there - (clock() - (elapsed() - middle)))
    if (Math.abs(difference) > PATIENCE)
      throw new StoreError('clock', `the clock of ${store} is ${difference} ms from ours: at most ${PATIENCE} will do`)
    if (Math.abs(difference) > NOTED)
      log({ level: 'warn', event: 'guard', detail: `the clock of ${store} is ${difference} ms from ours` })
    return there - middle
  }

  function ahead(): Promise<number> {
    prepared ??= measure().catch((error) => {
      prepared = undefined
      throw error
    })
    return prepared
  }

  function toStoreError(error: unknown): StoreError {
    if (error instanceof StoreError) return error
    const reason = refusalOf(error) ?? 'connection'
    return new StoreError(reason, `${store} did not do it: ${reason}`, { cause: error })
  }

  async function call<Answer>(run: (attempt: Attempt) => Promise<Answer | 'late'>): Promise<Answer> {
    const [id, started] = [newId(), elapsed()]
    const isOver = (): boolean => elapsed() - started > PATIENCE
    const once = async (): Promise<Answer> => {
      try {
        const answer = await run({ id, deadline: Math.floor(started + (await ahead()) + PATIENCE), isOver })
        if (answer !== 'late') return answer as Answer
      } catch (error) {
        throw toStoreError(error)
      }
      // Before its time: one of the clocks was set meanwhile.
      prepared = undefined
      throw new StoreError('late', `${store} was asked too late`)
    }
    return once().catch((error: StoreError) => {
      const isWorthIt = ['late', 'connection', 'readonly-replica'].includes(error.reason)
      if (!isWorthIt || isOver()) throw error
      return once()
    })
  }

  return { call, ready: async () => void (await ahead().catch((error) => Promise.reject(toStoreError(error)))) }
}
