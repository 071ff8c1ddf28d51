/**
 * Entitlements that no approval of a person stands behind: what a client may have, for somebody.
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import { DEVICE_CODE } from '../protocol/grant_type.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { grantScope, readScope } from '../protocol/scope.ts'
import type { Client } from '../registration/clients/client.ts'
import {
  type PlacedDetail,
  readAuthorizationDetails,
  resourcesOf,
} from '../registration/details/authorization_details.ts'
import type { Resource } from '../registration/resource.ts'
import { chooseResource, scopesOf } from '../registration/resource_indicator.ts'
import type { Entitlement } from '../token/entitlement.ts'
import type { GrantContext } from './grant.ts'

/** Returns what a token says of details: those that are for its resource, without the others. */
export function writeDetails(
  details: readonly PlacedDetail[],
  uri: string,
): Pick<Entitlement, 'authorization_details'> {
  const here = details.filter(({ at }) => at.includes(uri)).map(({ detail }) => detail)
  return here.length === 0 ? {} : { authorization_details: here }
}

/** Who may have what of a resource. */
export interface Share {
  readonly sub: string
  /** The scope tokens that are asked for; nothing for all. */
  readonly requested: readonly string[] | undefined
  /** The scope tokens that there may be. */
  readonly allowed: readonly string[]
  /** What is asked for in detail. Without `requested`, it is all that there is. Default: nothing. */
  readonly details?: readonly PlacedDetail[]
}

/** Tells whether only details are asked for: who asks for them alone is given no scope by default (RFC 9396 §3.1). */
function isDetailed(requested: readonly string[] | undefined, details: readonly PlacedDetail[]): boolean {
  return requested === undefined && details.length > 0
}

/**
 * Returns the entitlement to a share of a resource, as long as its tokens live.
 *
 * @throws {OAuthError} `invalid_scope` when more is asked for than is allowed, or nothing is
 */
export function entitleAt(
  resource: Resource,
  { sub, requested, allowed, details = [] }: Share,
  client: Client,
  { now, newId }: Pick<GrantContext, 'now' | 'newId'>,
): Entitlement {
  const scope = isDetailed(requested, details) ? [] : grantScope(requested, allowed, client.scopesStrict)
  const until = { iat: now, exp: now + resource.accessTokenLifetime }
  const what = { scope, ...writeDetails(details, resource.uri) }
  return { sub, client_id: client.id, aud: resource.uri, ...what, ...until, jti: newId(), claims: {} }
}

/** What is needed of the context for an entitlement that no approval stands behind. */
export type SubjectContext = Pick<GrantContext, 'now' | 'newId' | 'resources' | 'detailTypes'>

/**
 * Returns the entitlement that a token request asks for: at one of the client's resources, with the `scope` that is asked
 * for or all that client and resource have in common, and with the `authorization_details`, as long as the resource's
 * tokens live.
 *
 * This does NOT check that the client may act for `sub`.
 *
 * @throws {OAuthError} `invalid_target`, `invalid_scope`, `invalid_authorization_details`
 * @example
 * import { entitleSubject, type Grant, OAuthError } from 'bulla'
 *
 * const apiKey: Grant = {
 *   type: 'https://auth.example.com/grant/api-key',
 *   decide(parameters, client, context) {
 *     if (parameters.require('api_key') !== process.env['API_KEY']) throw new OAuthError('invalid_grant', 'which?')
 *     return { entitlement: entitleSubject('alice', parameters, client, context) }
 *   },
 * }
 */
export function entitleSubject(
  sub: string,
  parameters: Parameters,
  client: Client,
  context: SubjectContext,
): Entitlement {
  const requested = readScope(parameters.get('scope'))
  const details = readAuthorizationDetails(parameters.get('authorization_details'), client, context.detailTypes)
  const named = parameters.all('resource')
  // Details tell where, too, if nothing else does (RFC 9396 §6).
  const places = isDetailed(requested, details) && named.length === 0 ? resourcesOf(details) : named
  const resource = chooseResource(places, requested, client, context.resources)
  if (!details.every(({ at }) => at.includes(resource.uri)))
    throw refusal('invalid_authorization_details', 'details', 'a detail is for another resource')
  return entitleAt(resource, { sub, requested, allowed: scopesOf(client, resource), details }, client, context)
}

/**
 * Checks that a client is not one that has to ask people: what it gets without them would pass their consent by.
 *
 * @throws {OAuthError} `unauthorized_client`
 */
export function checkAsksNobody({ grantTypes, consent }: Client): void {
  // For a device people are asked in any case.
  if ((grantTypes.has('authorization_code') && consent === 'ask') || grantTypes.has(DEVICE_CODE))
    throw refusal('unauthorized_client', 'client_kind', 'a client that must ask people cannot get tokens past them')
}
