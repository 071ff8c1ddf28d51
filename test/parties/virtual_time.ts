/**
 * Time that passes when everybody waits for it: no test sleeps.
 *
 * @module
 */

/** A time of its own. */
export interface VirtualTime {
  /** Returns Unix seconds, by a clock that is so many seconds ahead. Default: one that is right. */
  now(ahead?: number): number
  /** Waits for so many milliseconds, as all who wait do. */
  wait(milliseconds: number): Promise<void>
  /** Lets so many seconds pass at once. */
  pass(seconds: number): void
}

/** Real milliseconds for what others do meanwhile, since somebody fell asleep. */
const BREATH = 2

/** Virtual milliseconds that go by in a real one: who works has time for it, before those give up that wait. */
const PACE = 10

/**
 * Returns a time that begins at an instant.
 *
 * @param pace virtual milliseconds in a real one, at the most. Default: 10; `Infinity` where nobody works but by promises
 */
export function createTime(start: number, pace: number = PACE): VirtualTime {
  const sleepers: { readonly at: number; readonly wake: () => void }[] = []
  const breath = Number.isFinite(pace) ? BREATH : 0
  let milliseconds = start * 1000
  let timer: ReturnType<typeof setTimeout> | undefined

  /** Wakes whoever wakes up next, when nobody falls asleep any more. */
  function tick(): void {
    clearTimeout(timer)
    const [next] = sleepers.sort((one, other) => one.at - other.at)
    if (next === undefined) return
    const left = (next.at - milliseconds) / pace
    timer = setTimeout(
      () => {
        sleepers.shift()
        milliseconds = Math.max(milliseconds, next.at)
        next.wake()
        tick()
      },
      Math.max(breath, left),
    )
  }

  return {
    now: (ahead = 0) => Math.floor(milliseconds / 1000) + ahead,
    wait: (time) =>
      new Promise((wake) => {
        sleepers.push({ at: milliseconds + time, wake })
        tick()
      }),
    pass(seconds) {
      milliseconds += 1000 * seconds
    },
  }
}
