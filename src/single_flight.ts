/**
 * What many wait for is begun once.
 *
 * On Workers what a request began ends with that request: nobody waits for another's for ever.
 *
 * @module
 */

/** Keeps a worker awake until a promise is settled: `waitUntil` of `cloudflare:workers`, or of an execution context. */
export type WaitUntil = (promise: Promise<unknown>) => void

/** Milliseconds that one waits for what another began; longer than what is fetched may take. */
const PATIENCE = 3000

/** Seconds after which what another began is taken for dead. */
const DEAD = 5

/** One thing at a time. */
export interface SingleFlight<Result> {
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

  /** Returns what is under way, begun now if nothing is. */
  function join(now: number): Promise<Result> {
    if (flight !== undefined && Math.abs(now - flight.since) < DEAD) return flight.landing
    const landing = begin(now).finally(() => forget(landing))
    flight = { landing, since: now }
    return landing
  }

  function forget(landing: Promise<Result>): void {
    if (flight?.landing === landing) flight = undefined
  }

  async function wait(now: number): Promise<Result> {
    const landing = join(now)
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), PATIENCE)
    })
    try {
      const landed = await Promise.race([landing.then((result) => ({ result })), late])
      if (landed !== undefined) return landed.result
    } finally {
      clearTimeout(timer)
    }
    forget(landing)
    return join(now)
  }

  return {
    wait,
    async beside(now) {
      if (waitUntil === undefined && isWorkerd()) {
        await wait(now)
        return
      }
      const landing = join(now).catch(() => undefined)
      waitUntil?.(landing)
    },
  }
}
