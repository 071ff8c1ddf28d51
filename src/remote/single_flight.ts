/**
 * What many wait for is begun once.
 *
 * On Workers what a request began ends with that request: nobody waits for another's for ever.
 *
 * @module
 */

import type { WaitUntil } from '../wait_until.ts'

/** Milliseconds that one waits for what another began; longer than what is fetched may take. */
const PATIENCE = 3000

/** Seconds after which what another began is taken for dead. */
const DEAD = 5

/** How often one waits for what may be another's, before one waits for one's own alone. */
const ROUNDS = 2

/** One thing at a time. */
export interface SingleFlight<Result> {
  /** Tells whether it was begun, and has neither come to its end nor died. */
  isUnderWay(now: number): boolean
  /** Begins it, or joins what is under way, and waits. */
  wait(now: number): Promise<Result>
  /**
   * Begins it beside the request, unless it is under way. Where the platform would end it with the request, and nobody
   * keeps the worker awake, the request waits.
   */
  beside(now: number): Promise<void>
}

/** Tells whether this is workerd, which ends what a request began with that request. */
function isWorkerd(): boolean {
  return globalThis.navigator?.userAgent === 'Cloudflare-Workers'
}

/**
 * Returns a single flight.
 *
 * @param begin does it; it is to end by itself within three seconds
 * @param waitUntil keeps a worker awake. Default: nothing does
 */
export function createSingleFlight<Result>(
  begin: (now: number) => Promise<Result>,
  waitUntil?: WaitUntil,
): SingleFlight<Result> {
  let flight: { readonly landing: Promise<Result>; readonly since: number } | undefined

  // Requests that come together may differ by a second or two; a clock that was set differs by more.
  function isUnderWay(now: number): boolean {
    return flight !== undefined && Math.abs(now - flight.since) < DEAD
  }

  function start(now: number): Promise<Result> {
    const landing = begin(now).finally(() => forget(landing))
    flight = { landing, since: now }
    return landing
  }

  /** Returns what is under way, begun now if nothing is. */
  function join(now: number): Promise<Result> {
    return flight !== undefined && isUnderWay(now) ? flight.landing : start(now)
  }

  function forget(landing: Promise<Result>): void {
    if (flight?.landing === landing) flight = undefined
  }

  /** Waits, but not for ever. */
  async function waitFor(landing: Promise<Result>): Promise<{ readonly result: Result } | undefined> {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE)
    })
    try {
      return await Promise.race([landing.then((result) => ({ result })), late])
    } finally {
      clearTimeout(timer)
    }
  }

  async function wait(now: number): Promise<Result> {
    for (let round = 0; round < ROUNDS; round++) {
      const landing = join(now)
      const landed = await waitFor(landing)
      if (landed !== undefined) return landed.result
      forget(landing)
    }
    return start(now)
  }

  return {
    isUnderWay,
    wait,
    async beside(now) {
      if (waitUntil === undefined && isWorkerd()) {
        await wait(now)
        return
      }
      const landing = join(now).catch(() => undefined)
      try {
        waitUntil?.(landing)
      } catch {
        // Taken off its object, as `ctx.waitUntil` easily is, it is an illegal invocation: then the request waits.
        await wait(now).catch(() => undefined)
      }
    },
  }
}
