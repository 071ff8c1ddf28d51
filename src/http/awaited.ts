/**
 * Who and what nobody knows while settings are still to come: these may know it.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { OAuthError, refusal } from '../protocol/error.ts'
import type { Reason } from '../protocol/reasons.ts'

/** What settings that are still to come may know. */
const AWAITED: readonly Reason[] = ['unknown_client', 'unknown_resource', 'unknown_issuer']

/** Seconds after which trying again makes sense. */
const RETRY_AFTER = 5

/**
 * Returns what was thrown. Of a client, a resource or an issuer that nobody knows yet it is no refusal, by which an app would throw
 * away what it has, but `temporarily_unavailable`.
 */
export function unlessAwaited(thrown: unknown, { isWhole }: Pick<EndpointContext, 'isWhole'>): unknown {
  if (isWhole || !(thrown instanceof OAuthError) || !AWAITED.includes(thrown.reason)) return thrown
  const detail = `settings are still to come, and those that are there lack it: ${thrown.message}`
  return refusal('temporarily_unavailable', 'settings_unread', detail, { cause: thrown, retryAfter: RETRY_AFTER })
}
