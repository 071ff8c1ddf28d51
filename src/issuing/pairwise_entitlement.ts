/**
 * An entitlement as its resource is told it: where subjects are pairwise, under other names (OpenID Connect Core §8.1).
 *
 * @module
 */

import type { Pairwise } from '../registration/pairwise.ts'
import type { Resource } from '../registration/resource.ts'
import type { Actor, Entitlement } from '../token/entitlement.ts'

/**
 * Returns an entitlement with the names by which its resource knows whom it names: the subject, those who act for it, or may
 * come to, and the approval. Actors of other issuers keep theirs.
 */
export function nameAtResource(
  entitlement: Entitlement,
  resource: Resource,
  pairwise: Pairwise,
  issuer: string,
): Entitlement {
  if (resource.sector === undefined) return entitlement
  const nameSubject = (sub: string): string => pairwise.nameAt(resource, 'sub', sub)
  const nameActor = ({ sub, iss, act, ...others }: Actor): Actor => ({
    ...others,
    ...(iss === undefined ? {} : { iss }),
    sub: iss === undefined || iss === issuer ? nameSubject(sub) : sub,
    ...(act === undefined ? {} : { act: nameActor(act) }),
  })
  const { sub, gid, act, may_act } = entitlement
  return {
    ...entitlement,
    sub: nameSubject(sub),
    ...(gid === undefined ? {} : { gid: pairwise.nameAt(resource, 'gid', gid) }),
    ...(act === undefined ? {} : { act: nameActor(act) }),
    ...(may_act === undefined ? {} : { may_act: nameActor(may_act) }),
  }
}
