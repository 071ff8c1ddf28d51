/**
 * Measuring: everything that is compared runs by turns in the same process and the same rounds, so that a busy or a slow
 * machine slows all of it alike; what is told is the median of the rounds' ratios.
 *
 * @module
 */

/** Something whose time is taken. */
export interface Contender {
  readonly name: string
  /** Makes what so many times need, before the clock runs. */
  prepare?(times: number): unknown
  /** Does it so many times; gives the nanoseconds, where they were taken elsewhere. */
  run(times: number, prepared: unknown): Promise<unknown> | unknown
}

/** Returns a contender that does something at once. */
export function atOnce(name: string, once: () => unknown): Contender {
  return {
    name,
    run(times) {
      for (let index = 0; index < times; index++) once()
    },
  }
}

/** Returns a contender that is awaited each time. */
export function awaited(name: string, once: () => Promise<unknown>): Contender {
  return {
    name,
    async run(times) {
      for (let index = 0; index < times; index++) await once()
    },
  }
}

/** How long to measure. */
export interface Effort {
  readonly rounds: number
  /** Milliseconds for one contender in one round. */
  readonly slice: number
}

/** The nanoseconds that each contender took for one, round by round. */
export type Times = ReadonlyMap<string, readonly number[]>

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? Number.NaN)
    : ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
}

async function timeOf(contender: Contender, times: number): Promise<number> {
  const prepared = await contender.prepare?.(times)
  const start = process.hrtime.bigint()
  const taken = await contender.run(times, prepared)
  return (typeof taken === 'number' ? taken : Number(process.hrtime.bigint() - start)) / times
}

/** Finds how many times fit into a slice, warming up on the way; of three tries the quickest, for nothing else is its own. */
async function countFor(contender: Contender, slice: number): Promise<number> {
  let times = 1
  for (;;) {
    const tries = [await timeOf(contender, times), await timeOf(contender, times), await timeOf(contender, times)]
    const took = Math.min(...tries) * times
    if (took >= slice * 1e6 || times >= 1e7) return Math.max(1, Math.round((times * slice * 1e6) / took))
    times = Math.ceil(times * Math.min(10, Math.max(1.5, (slice * 1e6) / Math.max(took, 1))))
  }
}

/** Lets contenders run by turns; in every other round backwards, so that none always comes after the same. */
export async function race(contenders: readonly Contender[], { rounds, slice }: Effort): Promise<Times> {
  const counts = new Map<string, number>()
  for (const contender of contenders) counts.set(contender.name, await countFor(contender, slice))
  const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed())
      times.get(contender.name)?.push(await timeOf(contender, counts.get(contender.name) ?? 1))
  }
  return times
}

/** Returns the median of a contender's times. */
export function timeIn(times: Times, name: string): number {
  return median(times.get(name) ?? [])
}

/** Returns how many times as long as `name` it takes `other`: the median of the rounds' ratios. */
export function ratioIn(times: Times, name: string, other: string): number {
  const [own, others] = [times.get(name) ?? [], times.get(other) ?? []]
  return median(own.map((time, round) => (others[round] ?? Number.NaN) / time))
}
