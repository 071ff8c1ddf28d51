/**
 * Who asks too often gets 429, and tries again in a minute (RFC 6585 §4).
 *
 * There is no lockout. What is counted of a client or a person is only what they can do themselves: a client that has proved itself, a person for
 * whom a code or a refresh token stands. A wrong secret and a name in a request, which anybody can send, are counted by the address alone.
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import type { EndpointContext } from '../context.ts'
import type { Events } from '../events/events.ts'
import { inTime } from '../in_time.ts'
import { type OAuthError, refusal } from '../protocol/error.ts'
import { type Client, isPublic } from '../registration/clients/client.ts'
import { keyOfAddress, type LimitName } from '../settings/limits.ts'

/** Seconds after which it may be tried again: Workers count no longer than that. */
const RETRY_AFTER = 60

/** Milliseconds that counting may take: whoever asks waits for it. */
const PATIENCE = 500

/** Which limit was reached, as events tell it. */
export type ReachedLimit = LimitName | 'failures' | 'registrations' | 'devices'

/** Tells that a limit was reached, and returns what is answered. */
export function tooMany(events: Events, method: ReachedLimit, detail: string): OAuthError {
  events.tell('limit.reached', { method, reason: 'limited' })
  return refusal('slow_down', 'limited', detail, { retryAfter: RETRY_AFTER })
}

/** Counts, by the setting `limits`. What is counted is allowed, unless it is said to be too often. */
export interface Limiting {
  /**
   * Counts what a client asks: by its own name where it has proved itself, else by the address.
   *
   * @throws {OAuthError} `slow_down` when it asks too often
   */
  checkClient(client: Client, address: string | undefined): Promise<void>
  /**
   * Counts a login that is begun.
   *
   * @throws {OAuthError} `slow_down` when too many are begun there
   */
  checkLogin(address: string | undefined): Promise<void>
  /**
   * Counts a token for which a person stands, before anything is spent for it.
   *
   * @throws {OAuthError} `slow_down` when there are too many
   */
  checkSubject(subject: string): Promise<void>
  /** Counts a proof that failed, and tells whether there may be more. */
  mayFail(address: string | undefined): Promise<boolean>
}

/** Returns what counts. */
export function createLimiting({ settings: { limits }, events, log }: EndpointContext): Limiting {
  async function isAllowed(name: LimitName, key: string): Promise<boolean> {
    const count = limits[name]
    if (count === undefined) return true
    try {
      return (await inTime(count(key), PATIENCE, () => new RangeError('late'))) !== false
    } catch {
      // It fails open: a limit protects who is asked, and may not stop all who ask for being down itself.
      log({ level: 'warn', event: 'limit.failed', detail: `the limit "${name}" did not count: all may pass` })
      return true
    }
  }

  async function check(name: LimitName, key: string, detail: string): Promise<void> {
    if (!(await isAllowed(name, key))) throw tooMany(events, name, detail)
  }

  return {
    async checkClient(client, address) {
      if (!isPublic(client)) return check('client', client.id, 'the client asks too often')
      if (address !== undefined) await check('address', keyOfAddress('asked', address), 'too much is asked from there')
    },
    async checkLogin(address) {
      if (address !== undefined)
        await check('address', keyOfAddress('login', address), 'too many logins are begun there')
    },
    checkSubject: (subject) => check('subject', digestLabels('limit', subject), 'too many tokens of one person'),
    mayFail: async (address) => address === undefined || isAllowed('address', keyOfAddress('failed', address)),
  }
}
