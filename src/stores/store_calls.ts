/**
 * How a store is asked that many processes share: each call is an attempt with a name and an end, which may be made once more.
 *
 * @module
 */

import { inTime } from '../in_time.ts'
import { type Log, writeLog } from '../log.ts'
import { StoreError, type StoreReason } from './store_error.ts'

/** Milliseconds after which a store must not do any more what it was asked: whoever asked gives up soon after. */
export const PATIENCE = 1400

/** Milliseconds after which nothing is waited for: what was done at the last moment has a tenth of a second to be told. */
const GIVE_UP = 1500

/** Milliseconds until what failed is tried once more: a driver connects anew meanwhile, or learns that another server leads. */
const PAUSE = 150

/** Milliseconds by which the store's clock may differ from ours until the operator is told. */
const NOTED = 500

/** Milliseconds after which the clocks are measured anew: none runs wrong by much meanwhile. */
const MEASURED_FOR = 60_000

/** Why the same attempt may do better: it came too late by a clock that was set, nobody heard it, or another server leads. */
const UNHEARD: readonly StoreReason[] = ['late', 'connection', 'readonly_replica']

/** What a write bears: the same attempt may ask again, and gets the same answer. */
export interface Attempt {
  readonly id: string
  /** Unix milliseconds by the *store's* clock; after it nothing is written, and the answer is `late`. */
  readonly deadline: number
  /** Tells whether whoever asked has given up. */
  readonly isOver: () => boolean
  /** That what is written stays, even where too few copies have it: it is an end. Default false. */
  readonly stays?: boolean
}

/** Returns when an attempt began, by the store's clock: Unix seconds. */
export function timeOf({ deadline }: Attempt): number {
  return Math.floor((deadline - PATIENCE) / 1000)
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
   * Looks whether the store can be used. It is looked again once a minute, and after anything that may have brought another server.
   *
   * @throws {RangeError} when it is not set up for what it is used for
   * @throws {StoreError} when it cannot be used for another reason
   */
  ready(): Promise<void>
  /**
   * Asks. What failed without a word of the store is tried once more, as the same attempt.
   *
   * @throws {StoreError} when it was not done, or nobody knows whether it was
   */
  call<Answer>(run: (attempt: Attempt) => Promise<Answer | 'late'>): Promise<Answer>
}

/** Returns what asks a store. */
export function createStoreCalls(options: StoreCallOptions): StoreCalls {
  const { store, prepare, refusalOf, log = writeLog } = options
  const { newId = () => crypto.randomUUID(), clock = () => Date.now(), elapsed = () => performance.now() } = options
  /** By how much the store's clock is ahead of `elapsed`, and since when that is asked; nothing while it is not known. */
  let known: { readonly ahead: Promise<number>; readonly since: number } | undefined
  let isNoted = false

  const late = (): StoreError => new StoreError('late', `${store} did not answer in time`)

  async function measure(): Promise<number> {
    const before = elapsed()
    const there = await inTime(prepare(), GIVE_UP, late)
    const after = elapsed()
    const unsure = (after - before) / 2
    const difference = Math.round(there - (clock() - unsure))
    const least = Math.abs(difference) - unsure
    if (least > PATIENCE)
      throw new StoreError('clock', `the clock of ${store} is ${difference} ms from ours: at most ${PATIENCE} will do`)
    if (least > NOTED && !isNoted)
      log({ level: 'warn', event: 'guard', detail: `the clock of ${store} is ${difference} ms from ours` })
    isNoted = least > NOTED
    // As if it had told the time at the last moment: so no deadline is later than it is meant, however slow this was.
    return there - after
  }

  function ahead(): Promise<number> {
    if (known !== undefined && elapsed() - known.since <= MEASURED_FOR) return known.ahead
    const measured = { ahead: measure(), since: elapsed() }
    known = measured
    measured.ahead.catch(() => {
      if (known === measured) known = undefined
    })
    return measured.ahead
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
        throw new StoreError('late', `${store} was asked too late`)
      } catch (error) {
        const failed = toStoreError(error)
        // A clock may have been set, or another server come with its own.
        if (UNHEARD.includes(failed.reason)) known = undefined
        throw failed
      }
    }
    const twice = async (): Promise<Answer> => {
      try {
        return await once()
      } catch (error) {
        const { reason } = error as StoreError
        if (!UNHEARD.includes(reason)) throw error
        if (reason !== 'late') await new Promise((resolve) => setTimeout(resolve, PAUSE))
        if (isOver()) throw error
        return once()
      }
    }
    return inTime(twice(), GIVE_UP, late)
  }

  return {
    call,
    async ready() {
      await ahead().catch((error) => {
        const failed = toStoreError(error)
        throw failed.reason === 'settings' ? new RangeError(failed.message, { cause: failed }) : failed
      })
    },
  }
}
