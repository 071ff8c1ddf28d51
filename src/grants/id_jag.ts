/**
 * What an Identity Assertion JWT Authorization Grant says beside whom it is about: which client may bring it, and the most that
 * there is for it (draft-ietf-oauth-identity-assertion-authz-grant §3, §4.4).
 *
 * @module
 */

import { findResource } from '../../keys/identifier.ts'
import { type OAuthError, refusal } from '../protocol/error.ts'
import type { Reason } from '../protocol/reasons.ts'
import { SCOPE_TOKEN } from '../protocol/scope.ts'
import type { Client } from '../registration/clients/client.ts'
import type { AssertionClaims } from '../token/assertion.ts'

/** The claims that an ID-JAG must have, beside those of every assertion. */
export const ID_JAG_CLAIMS: readonly string[] = ['sub', 'client_id', 'jti', 'iat']

function refuse(reason: Reason, detail: string): OAuthError {
  return refusal('invalid_grant', reason, detail)
}

/** Reads the resources that an ID-JAG is for; nothing where it names none. */
function readResources(resource: unknown): readonly string[] | undefined {
  if (resource === undefined) return undefined
  const uris: readonly unknown[] = Array.isArray(resource) ? resource : [resource]
  if (uris.length === 0 || !uris.every((uri) => typeof uri === 'string' && uri !== ''))
    throw refuse('assertion_malformed', 'the resource of the ID-JAG is malformed')
  return uris as readonly string[]
}

/** Reads the scope that an ID-JAG is for; nothing where it names none. */
function readScopeClaim(scope: unknown): readonly string[] | undefined {
  if (scope === undefined) return undefined
  if (typeof scope !== 'string' || !scope.split(' ').every((token) => SCOPE_TOKEN.test(token)))
    throw refuse('assertion_malformed', 'the scope of the ID-JAG is malformed')
  return scope.split(' ')
}

/**
 * Returns the client as far as an ID-JAG lets it: at the resources and with the scope that it names, where it names some.
 *
 * This does NOT check the signature, the audience and the times, nor whether it was used before.
 *
 * @throws {OAuthError} `invalid_grant` when it was given to another client, has no name of its own, or is malformed
 */
export function withinIdJag(client: Client, { client_id, jti, resource, scope }: AssertionClaims): Client {
  if (client_id !== client.id) throw refuse('other_client', 'the ID-JAG is for another client')
  if (typeof jti !== 'string' || jti === '') throw refuse('assertion_malformed', 'the ID-JAG has no jti')
  const [uris, tokens] = [readResources(resource), readScopeClaim(scope)]
  const isNamed = (uri: string): boolean => uris === undefined || findResource(uris, uri) !== undefined
  return {
    ...client,
    resources: new Set([...client.resources].filter(isNamed)),
    scopes: new Set([...client.scopes].filter((token) => tokens === undefined || tokens.includes(token))),
  }
}
