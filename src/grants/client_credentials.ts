/**
 * The client credentials grant: a client acts for itself (RFC 6749 §4.4).
 *
 * @module
 */

import { type Client, isPublic } from '../protocol/client.ts'
import { OAuthError } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { chooseResource, scopesOf } from '../protocol/resource.ts'
import { grantScope, readScope } from '../protocol/scope.ts'
import type { Decision, Grant, GrantContext } from './grant.ts'

/** A client's own `sub`; no user's begins with `client:` or `anonymous:`, so none can be taken for it (RFC 9700 §4.15). */
function subjectOf(client: Client): string {
  return `client:${client.id}`
}

function decide(parameters: Parameters, client: Client, context: GrantContext): Decision {
  // Only confidential clients may use this grant (RFC 6749 §4.4).
  if (isPublic(client)) throw new OAuthError('unauthorized_client', 'a public client cannot act for itself')
  const requested = readScope(parameters.get('scope'))
  const resource = chooseResource(parameters.all('resource'), requested, client, context.resources)
  const scope = grantScope(requested, scopesOf(client, resource))
  const isAnonymous = client.anonymous && resource.anonymous
  const who = isAnonymous
    ? { sub: `anonymous:${context.newId()}`, client_id: undefined }
    : { sub: subjectOf(client), client_id: client.id }
  const until = { iat: context.now, exp: context.now + resource.accessTokenLifetime }
  return { entitlement: { ...who, aud: resource.uri, scope, ...until, jti: context.newId(), claims: {} } }
}

/** Gives no refresh token (RFC 6749 §4.4.3). */
export const clientCredentials: Grant = { type: 'client_credentials', decide }
