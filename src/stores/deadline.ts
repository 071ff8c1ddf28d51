/**
 * What is asked answers in time, or not at all.
 *
 * @module
 */

import type { Log } from '../log.ts'
import { OAuthError } from '../protocol/error.ts'

/** Milliseconds that a store may take, unless it is said. */
const PATIENCE = 1500

/** Seconds after which a client is told to try again. */
const RETRY_AFTER = 2

/** Calls it; whatever goes wrong with it is `temporarily_unavailable`, with nothing of its words outwards. */
export type WithinDeadline = <Answer>(call: () => Promise<Answer>) => Promise<Answer>

/**
 * Returns what calls the store of this name, for the log.
 *
 * @param patience milliseconds that it may take
 */
export function createDeadline(store: string, log: Log, patience: number = PATIENCE): WithinDeadline {
  return async (call) => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error('late')), patience)
    })
    try {
      return await Promise.race([call(), late])
    } catch (cause) {
      const detail = `the ${store} did not answer: ${cause instanceof Error ? cause.name : typeof cause}`
      log({ level: 'error', event: store, detail })
      throw new OAuthError('temporarily_unavailable', detail, { cause, retryAfter: RETRY_AFTER })
    } finally {
      clearTimeout(timer)
    }
  }
}
