/**
 * How long a request has waited for what is not the issuer's own: several at once count once.
 *
 * @module
 */

/** Who is waited for: the guard; or others, such as a provider, or the keys of a client. */
export type Waited = 'guard' | 'remote'

/** The waits of one request. */
export interface Waits {
  /** Waits for what `run` begins. */
  for<Result>(waited: Waited, run: () => Promise<Result>): Promise<Result>
  /** Returns the milliseconds so far, where anybody was waited for. */
  took(): { readonly guardMs?: number; readonly remoteMs?: number }
}

/** A wait for one of them. */
interface Wait {
  /** How many things are waited for just now. */
  open: number
  /** When the first of these began. Unix milliseconds. */
  since: number
  /** Milliseconds before that. */
  before: number
}

/**
 * Returns the waits of a request.
 *
 * @param clock returns Unix milliseconds
 */
export function createWaits(clock: () => number): Waits {
  const waits = new Map<Waited, Wait>()

  function sinceBegun({ since }: Wait): number {
    // A clock that was set back says nothing.
    return Math.max(0, clock() - since)
  }

  function msOf(waited: Waited): number | undefined {
    const wait = waits.get(waited)
    return wait && wait.before + (wait.open > 0 ? sinceBegun(wait) : 0)
  }

  return {
    async for(waited, run) {
      const wait = waits.get(waited) ?? { open: 0, since: 0, before: 0 }
      waits.set(waited, wait)
      if (wait.open++ === 0) wait.since = clock()
      try {
        return await run()
      } finally {
        if (--wait.open === 0) wait.before += sinceBegun(wait)
      }
    },
    took() {
      const [guardMs, remoteMs] = [msOf('guard'), msOf('remote')]
      return { ...(guardMs !== undefined && { guardMs }), ...(remoteMs !== undefined && { remoteMs }) }
    },
  }
}
