/**
 * What is fetched, kept, and fetched anew. Whoever needs what is under way waits for it, whoever began it: nobody is
 * answered from what is too old, or from nothing, because another came first.
 *
 * @module
 */

import { hasElapsed } from '../elapsed.ts'
import type { WaitUntil } from '../wait_until.ts'
import { createSingleFlight } from './single_flight.ts'

/** How long what came serves, and how often it is asked for. Seconds since a fetch began. */
export interface KeptOptions {
  /** Returns how long what has just come serves before it is fetched anew beside a request. */
  readonly fresh: () => number
  /** How long it serves before a request waits for newer; when no newer can be had it serves on. */
  readonly hold: number
  /** How long it serves at the most. Default: for ever. */
  readonly most?: number
  /** Between a fetch that failed and the next; and between any two for what is lacking, before newer is due. */
  readonly cooldown: number
  /** Between a fetch that failed and the next, while nothing serves. */
  readonly retry: number
  /** Keeps a worker awake until what is fetched is there. Default: nothing does. */
  readonly waitUntil?: WaitUntil | undefined
}

/** One thing that is kept. */
export interface Kept<Result> {
  /**
   * Returns what was last fetched well, as long as it serves; else what the last fetch failed with.
   *
   * @param isLacking whether something was not found in what is kept: then newer is waited for
   */
  get(now: number, isLacking?: boolean): Promise<Result>
  /** Returns what the last fetch failed with; nothing when it did not. */
  failure(): Extract<Result, { readonly ok: false }> | undefined
}

/** What came of a fetch, and when that began. */
interface Landed<Result> {
  readonly result: Result
  readonly at: number
}

/**
 * Returns a thing that is fetched when it is first needed.
 *
 * Only a fetch that has ended counts: one that is under way is joined by all who need it, and holds nobody off.
 *
 * @param fetch gets it; `ok` tells whether it can be kept. It ends by itself within three seconds, and never throws
 */
export function createKept<Result extends { readonly ok: boolean }>(
  fetch: (now: number) => Promise<Result>,
  { fresh, hold, most, cooldown, retry, waitUntil }: KeptOptions,
): Kept<Result> {
  let good: (Landed<Result> & { readonly fresh: number }) | undefined
  let last: Landed<Result> | undefined
  let begun = 0
  let ended = 0

  type Failed = Extract<Result, { readonly ok: false }>

  const flight = createSingleFlight(async (now: number): Promise<Result> => {
    const turn = ++begun
    const result = await fetch(now)
    // What was given up for dead can come in late: it is older than what came in its place.
    if (turn < ended) return result
    ended = turn
    last = { result, at: now }
    if (result.ok) good = { result, at: now, fresh: fresh() }
    return result
  }, waitUntil)

  function serving(now: number): typeof good {
    return good !== undefined && (most === undefined || !hasElapsed(good.at, most, now)) ? good : undefined
  }

  /** Tells whether a fetch failed too short a while ago for another. */
  function isPaused(pause: number, now: number): boolean {
    return last?.result.ok === false && !hasElapsed(last.at, pause, now)
  }

  return {
    failure: () => (last?.result.ok === false ? (last.result as Failed) : undefined),
    async get(now, isLacking = false) {
      const kept = serving(now)
      const known = kept ?? last
      const isOld = kept === undefined || hasElapsed(kept.at, hold, now)
      const isDue = isOld || hasElapsed(kept.at, kept.fresh, now)
      const isNeeded = isOld || isLacking
      // What is due comes for what is lacking, too; else only what was not fetched for a while can bring it.
      const isWorthIt = isDue || (isLacking && last !== undefined && hasElapsed(last.at, cooldown, now))
      const mayBegin = isWorthIt && !isPaused(kept === undefined ? retry : cooldown, now)
      if (known === undefined || (isNeeded && (mayBegin || flight.isUnderWay(now)))) {
        const result = await flight.wait(now)
        return serving(now)?.result ?? result
      }
      if (!isNeeded && mayBegin) await flight.beside(now)
      return (serving(now) ?? known).result
    },
  }
}
