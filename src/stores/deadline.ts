/**
 * What is asked answers in time, or not at all.
 *
 * @module
 */

import type { Events } from '../events/events.ts'
import { inTime } from '../in_time.ts'
import type { Log } from '../log.ts'
import { refusal } from '../protocol/error.ts'
import type { Reason } from '../protocol/reasons.ts'
import { StoreError } from './store_error.ts'

/** Milliseconds that a store may take, unless it is said. */
const PATIENCE = 1500

/** Seconds after which a client is told to try again. */
const RETRY_AFTER = 2

/** What is asked so, as the log calls it. */
type Asked = 'guard' | 'revocations' | 'profile' | 'provider'

/** Why a client is refused when it does not answer. */
const DOWN: Readonly<Record<Asked, Reason>> = {
  guard: 'guard_down',
  revocations: 'revocations_down',
  profile: 'profile_down',
  provider: 'provider_down',
}

/** Who is told that something failed. */
export interface Told {
  readonly log: Log
  readonly events: Pick<Events, 'tell'>
}

/** Calls it; whatever goes wrong with it is `temporarily_unavailable`, with nothing of its words outwards. */
export type WithinDeadline = <Answer>(call: () => Promise<Answer>) => Promise<Answer>

/** Returns what was wrong, in words that are ours: of anything else its kind alone. */
function wordsOf(cause: unknown): string {
  if (cause instanceof StoreError) return cause.message
  return cause instanceof Error ? cause.name : typeof cause
}

/**
 * Returns what calls the store of this name. The log is told of a failure as `<store>.failed`, and so is who takes events.
 *
 * @param patience milliseconds that it may take
 */
export function createDeadline(store: Asked, { log, events }: Told, patience: number = PATIENCE): WithinDeadline {
  const type = store === 'guard' || store === 'revocations' ? 'guard.failed' : 'remote.failed'
  return async (call) => {
    try {
      return await inTime(call(), patience, () => new StoreError('late', `nothing came in ${patience} ms`))
    } catch (cause) {
      const detail = `the ${store} did not answer: ${wordsOf(cause)}`
      const reason = cause instanceof StoreError ? { reason: cause.reason } : {}
      log({ level: 'error', event: `${store}.failed`, ...reason, detail })
      events.tell(type, { outcome: 'error', reason: DOWN[store], method: store })
      throw refusal('temporarily_unavailable', DOWN[store], detail, { cause, retryAfter: RETRY_AFTER })
    }
  }
}
