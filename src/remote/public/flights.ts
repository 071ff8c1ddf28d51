/**
 * How much strangers can make us fetch at once.
 *
 * @module
 */

import { lineOf } from '../../protocol/address_line.ts'

/** Fetches that are under way at once: in all, for what never came well before, of one host, and for one who asks. */
const MOST = { all: 8, unknown: 4, host: 3, asker: 2 }

/**
 * Seconds after which one counts no more: no fetch takes half as long. On Workers what a request began ends with that request,
 * and does not say so.
 */
const DEAD = 5

/** A fetch that is to be begun. */
export interface Flight {
  readonly host: string
  /** From where it was asked for, as far as the platform tells. */
  readonly asker: string | undefined
  /** Whether what it fetches came well before. */
  readonly isKnown: boolean
}

/** The fetches that strangers make us begin. */
export interface Flights {
  /** Counts one in, and returns what is to be called when it has ended; nothing where there are as many as there may be. */
  enter(flight: Flight, now: number): (() => void) | undefined
}

/** Returns what counts fetches. */
export function createFlights(): Flights {
  const under = new Set<{ readonly flight: Flight; readonly since: number }>()
  return {
    enter(asked, now) {
      const flight = { ...asked, asker: asked.asker === undefined ? undefined : lineOf(asked.asker) }
      for (const one of under) if (Math.abs(now - one.since) >= DEAD) under.delete(one)
      const count = (is: (one: Flight) => boolean): number => [...under].filter((one) => is(one.flight)).length
      const isFull =
        under.size >= MOST.all ||
        (!flight.isKnown && count((one) => !one.isKnown) >= MOST.unknown) ||
        count((one) => one.host === flight.host) >= MOST.host ||
        (flight.asker !== undefined && count((one) => one.asker === flight.asker) >= MOST.asker)
      if (isFull) return undefined
      const entry = { flight, since: now }
      under.add(entry)
      return () => void under.delete(entry)
    },
  }
}
