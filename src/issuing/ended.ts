/**
 * Whether what an access token came of has ended, or it was revoked: asked wherever the issuer itself is shown one.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import type { RevocationView } from '../stores/revocations.ts'
import type { Opened } from '../token/entitlement.ts'

/** Tells whether an opened token is dead. @throws {OAuthError} `temporarily_unavailable` when nobody can tell */
export type HasEnded = (opened: Opened, now: number) => Promise<boolean>

/** Returns the name by which the guard knows that a token for the issuer's own resource was taken back. */
export function takenBack(jti: string): string {
  return `token ${jti}`
}

/** Returns what tells whether tokens are dead. */
export function createHasEnded({ settings }: EndpointContext, view: RevocationView): HasEnded {
  const { guard, userinfo } = settings
  return async ({ entitlement, ...keys }, now) => {
    const { jti, gid, aud, sub, client_id, iat } = entitlement
    if (aud !== userinfo?.uri) {
      if (await view.hits({ ...entitlement, ...keys }, now)) return true
      return (await guard?.hasEnded([gid ?? ''])) === true
    }
    // At the issuer's own resource persons, apps and approvals are called as they are, as in what the issuer alone reads.
    const marks = { sub, client_id, iat, ...keys, ...(gid === undefined ? {} : { gid }) }
    const dead = await Promise.all([
      view.hits({ ...marks, jti }, now),
      view.hits(marks, now),
      guard?.hasEnded([gid ?? '', takenBack(jti)]),
    ])
    return dead.includes(true)
  }
}
