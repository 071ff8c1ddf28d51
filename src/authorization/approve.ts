/**
 * What a person's yes becomes: an approval, with what of the login goes on. A code carries it, and what waits for a device.
 *
 * @module
 */

import { digestLabels } from '../../keys/digest.ts'
import type { EndpointContext } from '../context.ts'
import { type Approval, loginOf } from '../grants/approval_facts.ts'
import { approvedClaims } from '../openid/told_claims.ts'
import { proofOf } from '../registration/walk_in/client_document.ts'
import { atHomeOf } from '../token/home.ts'
import type { Asked } from './authorization_request.ts'
import type { Session } from './session.ts'

/**
 * Returns what a person lets a client have.
 *
 * @param one names the yes: the same one gives the same grant again
 */
export type Approve = (request: Asked, session: Session, one: string, now: number) => Approval

/** Returns a name that comes of another: 128 bits of its digest. */
export function nameAfter(kind: string, one: string): string {
  return digestLabels(kind, one).slice(0, 22)
}

/** Returns the id of the grant that a yes in a session becomes: at the home of that session. */
export function grantIdOf(sid: string, one: string): string {
  return atHomeOf(sid, nameAfter('grant', one))
}

/** Returns what makes approvals. */
export function createApprove({ settings, hooks }: EndpointContext): Approve {
  const { openid } = settings

  /** Returns what of the login goes on: only what was asked for, but for the operator's own hook, which may look at all. */
  function claimsOf(
    { scope, claims: { asked } }: Asked,
    { claims: known = {} }: Session,
  ): Pick<Approval, 'claims' | 'asked'> {
    if (openid === undefined) return {}
    const kept = approvedClaims(openid, known, { scope, asked }, hooks.claims !== undefined)
    return {
      ...(Object.keys(kept).length === 0 ? {} : { claims: kept }),
      ...(Object.keys(asked).length === 0 ? {} : { asked }),
    }
  }

  return (request, session, one, now) => {
    const { destination, scope, resources, details, handed } = request
    const { client } = destination
    const proof = proofOf(client)
    return {
      gid: grantIdOf(session.sid, one),
      sid: session.sid,
      sub: session.sub,
      client_id: client.id,
      scope,
      resources,
      ...(details.length === 0 ? {} : { details }),
      ...(handed.length === 0 ? {} : { handed }),
      ...loginOf(session),
      ...claimsOf(request, session),
      ...(proof === undefined ? {} : { client_proof: proof }),
      approved_at: now,
      grant_end: now + client.refreshTokenLifetime,
    }
  }
}
