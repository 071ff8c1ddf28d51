/**
 * The client credentials grant: a client acts for itself (RFC 6749 §4.4).
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { anonymousSubject, clientSubject } from '../protocol/subject.ts'
import { type Client, isPublic } from '../registration/clients/client.ts'
import { entitleSubject, type SubjectContext } from './entitlement.ts'
import type { Decision, Grant } from './grant.ts'

function decide(parameters: Parameters, client: Client, context: SubjectContext): Decision {
  // Only confidential clients may use this grant (RFC 6749 §4.4).
  if (isPublic(client)) throw refusal('unauthorized_client', 'client_kind', 'a public client cannot act for itself')
  const entitlement = entitleSubject(clientSubject(client.id), parameters, client, context)
  const isAnonymous = client.anonymous && context.resources.get(entitlement.aud)?.anonymous === true
  if (!isAnonymous) return { entitlement }
  return { entitlement: { ...entitlement, sub: anonymousSubject(context.newId()), client_id: undefined } }
}

/** Gives no refresh token (RFC 6749 §4.4.3). */
export const clientCredentials: Grant = { type: 'client_credentials', decide }
