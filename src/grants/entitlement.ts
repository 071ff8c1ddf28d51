/**
 * Entitlements that no approval of a person stands behind: what a client may have, for somebody.
 *
 * @module
 */

import type { Client } from '../protocol/client.ts'
import { OAuthError } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { chooseResource, type Resource, scopesOf } from '../protocol/resource.ts'
import { grantScope, readScope } from '../protocol/scope.ts'
import type { Entitlement } from '../token/entitlement.ts'
import type { GrantContext } from './grant.ts'

/** Who may have what of a resource. */
export interface Share {
  readonly sub: string
  /** The scope tokens that are asked for; nothing for all. */
  readonly requested: readonly string[] | undefined
  /** The scope tokens that there may be. */
  readonly allowed: readonly string[]
}

/**
 * Returns the entitlement to a share of a resource, as long as its tokens live.
 *
 * @throws {OAuthError} `invalid_scope` when more is asked for than is allowed, or nothing is
 */
export function entitleAt(
  resource: Resource,
  { sub, requested, allowed }: Share,
  client: Client,
  { now, newId }: Pick<GrantContext, 'now' | 'newId'>,
): Entitlement {
  const scope = grantScope(requested, allowed)
  const until = { iat: now, exp: now + resource.accessTokenLifetime }
  return { sub, client_id: client.id, aud: resource.uri, scope, ...until, jti: newId(), claims: {} }
}

/**
 * Returns the entitlement that a token request asks for: at one of the client's resources, with the `scope` that is asked
 * for or all that client and resource have in common, as long as the resource's tokens live.
 *
 * This does NOT check that the client may act for `sub`.
 *
 * @throws {OAuthError} `invalid_target`, `invalid_scope`
 */
export function entitleSubject(
  sub: string,
  parameters: Parameters,
  client: Client,
  context: Pick<GrantContext, 'now' | 'newId' | 'resources'>,
): Entitlement {
  const requested = readScope(parameters.get('scope'))
  const resource = chooseResource(parameters.all('resource'), requested, client, context.resources)
  return entitleAt(resource, { sub, requested, allowed: scopesOf(client, resource) }, client, context)
}

/**
 * Checks that a client is not one that has to ask people: what it gets without them would pass their consent by.
 *
 * @throws {OAuthError} `unauthorized_client`
 */
export function checkAsksNobody({ grantTypes, consent }: Client): void {
  if (grantTypes.has('authorization_code') && consent === 'ask')
    throw new OAuthError('unauthorized_client', 'a client that must ask people cannot get tokens past them')
}
