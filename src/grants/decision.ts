/**
 * What no grant type may decide, whoever wrote it: more than the client may have.
 *
 * @module
 */

import { clientSubject, isImpersonal } from '../protocol/subject.ts'
import type { Client } from '../registration/clients/client.ts'
import type { Resource } from '../registration/resource.ts'
import { scopesOf } from '../registration/resource_indicator.ts'
import type { Entitlement } from '../token/entitlement.ts'
import type { Decision } from './grant.ts'

/** Tells whether a decision is about somebody whom this client may have a token about, and names the client. */
function isAboutWhom({ sub, client_id }: Entitlement, client: Client, resource: Resource): boolean {
  if (client_id === undefined) return client.anonymous && resource.anonymous && sub.startsWith('anonymous:')
  return client_id === client.id && sub !== '' && (!isImpersonal(sub) || sub === clientSubject(client.id))
}

/**
 * Checks that a decision stays within what the client may have, now.
 *
 * @param isApproved whether it stands on what a person let the client have: nothing else hands over a token of a provider
 * @throws {RangeError} when it does not: the grant type has a fault, and the client is not to blame
 */
export function checkDecision(
  { entitlement, providerToken, refresh }: Decision,
  client: Client,
  resources: ReadonlyMap<string, Resource>,
  now: number,
  isApproved: boolean,
): void {
  const { aud, scope, authorization_details: details = [], iat, exp } = entitlement
  const resource = client.resources.has(aud) ? resources.get(aud) : undefined
  if (resource === undefined) throw new RangeError('a grant decided for a resource that the client may not have')
  const allowed = scopesOf(client, resource)
  if ((scope.length === 0 && details.length === 0) || !scope.every((token) => allowed.includes(token)))
    throw new RangeError('a grant decided for a scope that the client may not have')
  if (!details.every(({ type }) => client.detailTypes.has(type)))
    throw new RangeError('a grant decided for details that the client may not have')
  if (iat !== now || exp <= now || exp > now + resource.accessTokenLifetime)
    throw new RangeError('a grant decided for another time than now, or too long')
  const isHanded = providerToken === undefined || (isApproved && resource.providerToken !== undefined)
  // In the entitlement hooks would see it.
  if (!isHanded || entitlement.providerToken !== undefined)
    throw new RangeError('a grant decided to hand over a token of a provider')
  if (!isAboutWhom(entitlement, client, resource) || (refresh !== undefined && refresh.client_id !== client.id))
    throw new RangeError('a grant decided for another client, or about one')
}
