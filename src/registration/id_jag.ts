/**
 * Identity Assertion JWT Authorization Grants (draft-ietf-oauth-identity-assertion-authz-grant): what they are called, and which
 * clients may bring them. MCP calls it enterprise-managed authorization.
 *
 * @module
 */

import { JWT_BEARER } from '../protocol/grant_type.ts'
import { type Client, isPublic } from './clients/client.ts'

/** The `typ` of an ID-JAG: just that. */
export const ID_JAG_TYPE = 'oauth-id-jag+jwt'

/** How the metadata call the profile. */
export const ID_JAG_PROFILE = 'urn:ietf:params:oauth:grant-profile:id-jag'

/**
 * Checks that clients can bring an ID-JAG, by the grant type of assertions: they prove who they are, for an assertion names its client and proves nothing of it.
 *
 * @throws {RangeError} when one is public, or may not use the grant type
 */
export function checkIdJagClients(
  name: string,
  ids: Iterable<string>,
  clients: ReadonlyMap<string, Client | undefined>,
): void {
  for (const id of ids) {
    const client = clients.get(id)
    // Of one that cannot be read nothing is known.
    if (client === undefined) continue
    if (isPublic(client)) throw new RangeError(`"${name}" expected clients that prove who they are: "${id}" is public`)
    if (!client.grantTypes.has(JWT_BEARER))
      throw new RangeError(`"${name}" expected clients with ${JWT_BEARER} in "grant_types": "${id}" has it not`)
  }
}
