/**
 * The client credentials grant: a client acts for itself (RFC 6749 §4.4).
 *
 * @module
 */

import { readAuthorizationDetails, resourcesOf } from '../protocol/authorization_details.ts'
import { type Client, isPublic } from '../protocol/client.ts'
import { OAuthError } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { chooseResource, scopesOf } from '../protocol/resource.ts'
import { grantScope, readScope } from '../protocol/scope.ts'
import { anonymousSubject, clientSubject } from '../protocol/subject.ts'
import { writeDetails } from './approval.ts'
import type { Decision, Grant, GrantContext } from './grant.ts'

function decide(parameters: Parameters, client: Client, context: GrantContext): Decision {
  // Only confidential clients may use this grant (RFC 6749 §4.4).
  if (isPublic(client)) throw new OAuthError('unauthorized_client', 'a public client cannot act for itself')
  const requested = readScope(parameters.get('scope'))
  const details = readAuthorizationDetails(parameters.get('authorization_details'), client, context.detailTypes)
  // Details tell where, too, if nothing else does; and who asks for them alone is given no scope (RFC 9396 §3.2, §6).
  const isDetailed = requested === undefined && details.length > 0
  const named = parameters.all('resource')
  const places = isDetailed && named.length === 0 ? resourcesOf(details) : named
  const resource = chooseResource(places, requested, client, context.resources)
  if (!details.every(({ at }) => at.includes(resource.uri)))
    throw new OAuthError('invalid_authorization_details', 'a detail is for another resource')
  const scope = isDetailed ? [] : grantScope(requested, scopesOf(client, resource))
  const isAnonymous = client.anonymous && resource.anonymous
  const who = isAnonymous
    ? { sub: anonymousSubject(context.newId()), client_id: undefined }
    : { sub: clientSubject(client.id), client_id: client.id }
  const until = { iat: context.now, exp: context.now + resource.accessTokenLifetime }
  const what = { scope, ...writeDetails(details, resource.uri) }
  return { entitlement: { ...who, aud: resource.uri, ...what, ...until, jti: context.newId(), claims: {} } }
}

/** Gives no refresh token (RFC 6749 §4.4.3). */
export const clientCredentials: Grant = { type: 'client_credentials', decide }
