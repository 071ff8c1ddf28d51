/**
 * Chance that a seed brings back: each who decides has its own, so that what one does moves nobody else's.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import fc from 'fast-check'

/** What decides. */
export interface Chance {
  /** A whole number from `least` to `most`. */
  integer(least: number, most: number): number
  /** True once in so many times. */
  oneIn(times: number): boolean
  /** One of these; there is one. */
  pick<One>(list: readonly One[]): One
}

const NUMBERS = fc.infiniteStream(fc.noBias(fc.nat()), { noHistory: true })

/** Returns the chance of whoever is called so, by a seed. */
export function createChance(seed: number, name: string): Chance {
  const digest = createHash('sha256').update(`${seed} ${name}`).digest()
  const [numbers] = fc.sample(NUMBERS, { seed: digest.readInt32BE(0), numRuns: 1 })
  const integer = (least: number, most: number): number => {
    const next = numbers?.next().value ?? 0
    return least + (next % (most - least + 1))
  }
  return {
    integer,
    oneIn: (times) => integer(1, times) === 1,
    pick: (list) => list[integer(0, list.length - 1)] as (typeof list)[number],
  }
}
