/**
 * Requests that come when they come, whether or not the last is answered: who waits for a connection waits, too, and is
 * counted from when he came. Whoever sends the next request only after an answer leaves out all who would have come while a
 * server stood still ("coordinated omission").
 *
 * @module
 */

/** Who comes when, and who is being served by which connection. All times are milliseconds of one clock. */
export interface Schedule {
  /** Takes the next who has come, and tells by which connection he goes; nothing where nobody has, or none is idle. */
  next(now: number): number | undefined
  /** Takes an answer on a connection. */
  answered(connection: number, now: number): void
  /** Tells whether all who were to come have their answers. */
  isOver(): boolean
  /** How long each waited, from when he came to his answer, in the order of the answers. */
  readonly waits: readonly number[]
}

/**
 * Returns instants that lie by chance (Poisson), on average so many a second.
 *
 * @param random gives numbers from 0 up to 1
 */
export function arrivalsOf(rate: number, milliseconds: number, random: () => number = Math.random): readonly number[] {
  const arrivals: number[] = []
  for (let at = 0; ; ) {
    at -= (Math.log(1 - random()) * 1000) / rate
    if (at > milliseconds) return arrivals
    arrivals.push(at)
  }
}

/** Returns a schedule: idle connections are taken by turns, so that all of them are in use. */
export function createSchedule(arrivals: readonly number[], connections: number): Schedule {
  const idle = Array.from({ length: connections }, (_, connection) => connection)
  const cameAt = new Map<number, number>()
  const waits: number[] = []
  let sent = 0
  return {
    next(now) {
      const came = arrivals[sent]
      if (came === undefined || came > now) return undefined
      const connection = idle.shift()
      if (connection === undefined) return undefined
      sent++
      cameAt.set(connection, came)
      return connection
    },
    answered(connection, now) {
      waits.push(now - (cameAt.get(connection) ?? Number.NaN))
      cameAt.delete(connection)
      idle.push(connection)
    },
    isOver: () => waits.length === arrivals.length,
    waits,
  }
}

/** Returns what so many of a hundred do not exceed. */
export function percentile(values: readonly number[], of: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil((values.length * of) / 100) - 1] ?? Number.NaN
}
