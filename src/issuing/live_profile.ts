/**
 * What a program of the operator's tells of a person now, in place of what the login gave (OpenID Connect Core §5.3).
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { keepClaims } from '../openid/person_claims.ts'
import type { Claims } from '../openid/told_claims.ts'
import { refusal } from '../protocol/error.ts'
import { createDeadline } from '../stores/deadline.ts'

/**
 * Returns what is told of a person, of what was sealed of the claims: the same; or, where somebody tells them later, what is told of
 * these names now.
 *
 * @param sub who, as the issuer itself says it
 * @throws {OAuthError} `temporarily_unavailable` when nobody tells within 1.5 seconds, or what cannot be told
 */
export type TellPerson = (sub: string, sealed: Claims) => Promise<Claims>

/** Returns what tells of persons. */
export function createTellPerson({
  settings,
  log,
  events,
}: Pick<EndpointContext, 'settings' | 'log' | 'events'>): TellPerson {
  const { openid } = settings
  const within = createDeadline('profile', { log, events })
  return async (sub, sealed) => {
    const names = Object.keys(sealed)
    const { profile } = openid ?? {}
    // A name without a value was sealed while somebody told it later, and is not known any more.
    if (profile === undefined) return Object.fromEntries(Object.entries(sealed).filter(([, value]) => value !== null))
    if (names.length === 0) return {}
    const given = await within(async () => profile(sub, names))
    try {
      return keepClaims(given, names)
    } catch (cause) {
      const detail = `the profile is not good: ${(cause as Error).message}`
      events.tell('remote.failed', { outcome: 'error', reason: 'profile_down', method: 'profile' })
      log({ level: 'error', event: 'profile.failed', detail })
      throw refusal('temporarily_unavailable', 'profile_down', detail, { cause, retryAfter: 60 })
    }
  }
}
