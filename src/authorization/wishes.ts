/**
 * What an authorization request asks a person for: scope, the resources that it is for, and details (RFC 6749 §3.3, RFC 8707 §2,
 * RFC 9396 §3, OpenID Connect Core §5.4).
 *
 * @module
 */

import { OFFLINE_ACCESS, OPENID, type Openid } from '../openid/openid.ts'
import { refusal } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { grantScope, readScope } from '../protocol/scope.ts'
import type { Client } from '../registration/clients/client.ts'
import {
  type DetailTypes,
  type PlacedDetail,
  readAuthorizationDetails,
  resourcesOf,
} from '../registration/details/authorization_details.ts'
import { handedAmong, handOverOf } from '../registration/hand_over.ts'
import type { HandOver, Resource } from '../registration/resource.ts'
import { chooseResources, scopesOf } from '../registration/resource_indicator.ts'

/** What is asked for. */
export interface Wishes {
  /** Nothing where only details are asked for. */
  readonly scope: readonly string[]
  /** The URIs of the resources that the scope is for. */
  readonly resources: readonly string[]
  readonly details: readonly PlacedDetail[]
  /** What of the login's provider it hands over. */
  readonly handOver: HandOver | undefined
  /** The URIs of those resources to which it does so. */
  readonly handed: readonly string[]
}

/** What the operator lets clients ask for. */
export interface WishPolicy {
  /** What is told of persons. */
  readonly openid: Openid | undefined
  /** The resources that people can let a client have. */
  readonly approvable: ReadonlyMap<string, Resource>
  /** The issuer's own among them. */
  readonly userinfo: Resource | undefined
  /** All but that. */
  readonly resources: ReadonlyMap<string, Resource>
  readonly detailTypes: DetailTypes
}

/** Returns the scope that a client asks for: of one that asks by habit without what it may not have anyway. */
function readAsked(scope: string | undefined, { scopes, scopesStrict }: Client): readonly string[] | undefined {
  const requested = readScope(scope)
  return scopesStrict ? requested : requested?.filter((token) => scopes.has(token))
}

/** Returns what a request asks for: scope, the resources that it is for, and details. */
export function readWishes(
  parameters: Parameters,
  client: Client,
  { approvable, resources, userinfo, detailTypes }: WishPolicy,
): Wishes {
  const [requested, named] = [readAsked(parameters.get('scope'), client), parameters.all('resource')]
  const details = readAuthorizationDetails(parameters.get('authorization_details'), client, detailTypes)
  // Who asks for details alone is given no scope by default; `resource` says only what a scope is for (RFC 9396 §3.2).
  const isOffline = userinfo !== undefined && requested?.includes(OFFLINE_ACCESS) === true
  const isScopeless = requested === undefined || (isOffline && requested.length === 1)
  const isDetailed = isScopeless && details.length > 0
  // What asks who the person is, is for the issuer's own resource, and for no API (OpenID Connect Core §5.4).
  const isOpenid = userinfo !== undefined && client.resources.has(userinfo.uri) && requested?.includes(OPENID) === true
  const elsewhere = requested?.filter((token) => userinfo?.scopes.includes(token) !== true)
  const isNowhere = named.length === 0 && (isDetailed || (isOpenid && elsewhere?.length === 0))
  const among = named.length > 0 ? approvable : resources
  const chosen = new Set(isNowhere ? [] : chooseResources(named, elsewhere, client, among))
  // To go on without the person is of no resource; and it has to be asked for (OpenID Connect Core §11).
  const offline = isOffline && client.scopes.has(OFFLINE_ACCESS) ? [OFFLINE_ACCESS] : []
  const detailed = resourcesOf(details).flatMap((uri) => approvable.get(uri) ?? [])
  if (isDetailed)
    return {
      scope: requested === undefined ? [] : grantScope(requested, offline, client.scopesStrict),
      resources: [],
      details,
      handOver: handOverOf(detailed),
      handed: handedAmong(detailed),
    }
  if (isOpenid) chosen.add(userinfo)
  const tokens = [...chosen].flatMap((resource) => scopesOf(client, resource))
  const allowed = tokens.filter((token) => userinfo === undefined || token !== OFFLINE_ACCESS)
  const scope = grantScope(requested, [...allowed, ...offline], client.scopesStrict)
  if ((isOffline && scope.length === 1) || (userinfo && chosen.has(userinfo) && !scope.includes(OPENID)))
    throw refusal('invalid_scope', 'scope', 'nothing is asked for, or who the person is without openid')
  return {
    scope: [...new Set(scope)],
    resources: [...chosen].map(({ uri }) => uri),
    details,
    handOver: handOverOf([...chosen, ...detailed]),
    handed: handedAmong([...chosen, ...detailed]),
  }
}

/** Tells whether a request asks for nothing but who the person is. */
export function isForPersonsAlone({ resources, details }: Wishes, { userinfo }: WishPolicy): boolean {
  return details.length === 0 && resources.every((uri) => uri === userinfo?.uri)
}
