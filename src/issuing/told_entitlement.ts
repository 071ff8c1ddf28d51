/**
 * What events say of a token: whose it is, for what, and by which approval.
 *
 * @module
 */

import type { EventFacts } from '../events/event.ts'
import type { Entitlement } from '../token/entitlement.ts'

/** Returns what events say of a token, as its resource knows it. */
export function toldOfToken({ sub: subject, aud: resource, scope, gid, jti, acr }: Entitlement): EventFacts {
  return {
    ...{ subject, resource, jti },
    ...(scope.length > 0 && { scope: scope.join(' ') }),
    ...(gid !== undefined && { gid }),
    ...(acr !== undefined && { acr }),
  }
}
