/**
 * A day of logins at the guard's shards, a second at a time.
 *
 * @module
 */

import { WORKING_DAY } from './sources.ts'

/** What a day came to. */
export interface Day {
  /** Calls in the busiest second, at all shards together. */
  readonly busiestSecond: number
  /** Calls in a second at the busiest shard, in its busiest second. */
  readonly busiestShard: number
  /** Of 10,000 seconds of a shard 9,999 had no more calls. */
  readonly usual: number
  /** Seconds of shards that had more calls than an object takes. */
  readonly over: number
  /** The longest time that a call waited for those before it, in whole seconds of work; 0 where all went in the second in which they came. */
  readonly waited: number
}

/** What is simulated. */
export interface DayOptions {
  readonly logins: number
  /** Calls to the guard for each login. */
  readonly calls: number
  readonly shards: number
  /** Calls that one shard takes in a second. */
  readonly rate: number
  /** Says where the regions are: what part of people lives at so many hours from Greenwich. */
  readonly regions: readonly (readonly [share: number, hours: number])[]
}

const SECONDS = 86_400

/** Returns numbers from 0 up to 1, the same each time (Mulberry32). */
function createRandom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Returns how many came of whom so many come on average (Knuth; for many the normal distribution, which is as good from 30 on). */
function poisson(mean: number, random: () => number): number {
  if (mean > 30) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return Math.max(0, Math.round(mean + normal * Math.sqrt(mean)))
  }
  const limit = Math.exp(-mean)
  let product = random()
  let came = 0
  while (product > limit) {
    product *= random()
    came += 1
  }
  return came
}

const total = WORKING_DAY.reduce((sum, one) => sum + one, 0)

/** Returns what part of a day's logins come in a second, between the middles of two hours in a straight line. */
function shareAt(second: number): number {
  const hour = (((second / 3600 - 0.5) % 24) + 24) % 24
  const [before, after] = [Math.floor(hour), (Math.floor(hour) + 1) % 24]
  const part = hour - before
  const level = (WORKING_DAY[before] ?? 0) * (1 - part) + (WORKING_DAY[after] ?? 0) * part
  return level / total / 3600
}

/** Simulates a day. Names are random, so each call is at home in any shard. */
export function simulateDay({ logins, calls, shards, rate, regions }: DayOptions): Day {
  const random = createRandom(1)
  const waiting = new Float64Array(shards)
  const counts = new Map<number, number>()
  let [busiestSecond, busiestShard, over, longest] = [0, 0, 0, 0]
  for (let second = 0; second < SECONDS; second++) {
    const share = regions.reduce((sum, [part, hours]) => sum + part * shareAt(second + hours * 3600), 0)
    const mean = (logins * share * calls) / shards
    let all = 0
    for (let shard = 0; shard < shards; shard++) {
      const came = poisson(mean, random)
      all += came
      counts.set(came, (counts.get(came) ?? 0) + 1)
      if (came > busiestShard) busiestShard = came
      if (came > rate) over += 1
      waiting[shard] = Math.max(0, (waiting[shard] ?? 0) + came - rate)
      longest = Math.max(longest, (waiting[shard] ?? 0) / rate)
    }
    busiestSecond = Math.max(busiestSecond, all)
  }
  const sorted = [...counts].sort(([one], [other]) => one - other)
  let seen = 0
  const usual = sorted.find(([, times]) => {
    seen += times
    return seen >= 0.9999 * SECONDS * shards
  })
  return { busiestSecond, busiestShard, usual: usual?.[0] ?? 0, over, waited: Math.ceil(longest) }
}
