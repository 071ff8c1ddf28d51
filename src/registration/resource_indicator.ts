/**
 * Which resource a client means, and what it may have there (RFC 8707).
 *
 * @module
 */

import { findResources } from '../../keys/identifier.ts'
import { refusal } from '../protocol/error.ts'
import type { Client } from './clients/client.ts'
import type { Resource } from './resource.ts'

/** Returns the scope tokens that a client may have at a resource, in the resource's order. */
export function scopesOf(client: Client, resource: Resource): readonly string[] {
  return resource.scopes.filter((token) => client.scopes.has(token))
}

/** Returns the URI that a client means which names none, where that is not a question of what it may have. */
function usualOf({ walkIn }: Client): readonly string[] {
  return walkIn?.defaultResource === undefined ? [] : [walkIn.defaultResource]
}

/**
 * Returns the resources that a request means; at least one.
 *
 * Named resources must all be the client's. Without a name it is the client's only resource, or else the only one at
 * which the client may have all of the scope that is asked for (RFC 8707 §2 leaves the default to the server). A client that
 * walked in means the operator's default, and nothing where there is none.
 *
 * @param given the `resource` parameters, in any spelling of their URIs
 * @param scope the scope asked for, if any
 * @throws {OAuthError} `invalid_target` when one is not the client's, or it is not clear which is meant
 */
export function chooseResources(
  given: readonly string[],
  scope: readonly string[] | undefined,
  client: Client,
  resources: ReadonlyMap<string, Resource>,
): readonly Resource[] {
  const named = given.length > 0 ? given : usualOf(client)
  const known = (uri: string | undefined): Resource | undefined =>
    uri !== undefined && client.resources.has(uri) ? resources.get(uri) : undefined
  if (named.length > 0) {
    const chosen = new Set(findResources(client.resources, named).map(known))
    if (chosen.has(undefined)) {
      const isUnknown = findResources(resources.keys(), named).includes(undefined)
      throw refusal('invalid_target', isUnknown ? 'unknown_resource' : 'target', 'no such resource for this client')
    }
    return [...chosen].filter((resource) => resource !== undefined)
  }
  if (client.walkIn !== undefined)
    throw refusal('invalid_target', 'target', 'no resource is named, and none is the default')
  const own = [...client.resources].flatMap((uri) => known(uri) ?? [])
  const asked = client.scopesStrict ? scope : scope?.filter((token) => client.scopes.has(token))
  const covers = (resource: Resource): boolean =>
    own.length === 1 || (asked?.every((token) => scopesOf(client, resource).includes(token)) ?? true)
  const [only, another] = own.filter(covers)
  if (only === undefined || another !== undefined)
    throw refusal('invalid_target', 'target', 'not just one resource is meant')
  return [only]
}

/**
 * Returns the one resource that a request means: an access token has exactly one audience.
 *
 * @throws {OAuthError} `invalid_target` as `chooseResources`, and when several are named
 */
export function chooseResource(...request: Parameters<typeof chooseResources>): Resource {
  const [resource, another] = chooseResources(...request)
  if (resource === undefined || another !== undefined)
    throw refusal('invalid_target', 'target', 'several resources are named')
  return resource
}
