/**
 * Authorization server metadata (RFC 8414), from the same tables that enforce it.
 *
 * @module
 */

import { grants } from '../grants/index.ts'
import { PROMPTS, RESPONSE_MODES, RESPONSE_TYPES } from '../protocol/authorization_request.ts'
import { CODE_CHALLENGE_METHODS } from '../protocol/pkce.ts'
import type { CheckedSettings } from '../settings.ts'
import { CLIENT_AUTHENTICATION_METHODS } from './client_authentication.ts'
import { REVOCATION_DELAY } from './revocations.ts'

/** The grant types that begin with a person. */
const FOR_PERSONS: ReadonlySet<string> = new Set(['authorization_code', 'refresh_token'])

/** Returns the metadata document of an issuer (RFC 8414 §2). */
export function describeIssuer({
  issuer,
  resources,
  authenticate,
  revocations,
  detailTypes,
  isPushing,
}: CheckedSettings): Readonly<Record<string, unknown>> {
  const scopes = new Set([...resources.values()].flatMap((resource) => resource.scopes))
  const secretMethods = CLIENT_AUTHENTICATION_METHODS.filter((method) => method !== 'none')
  const isForPersons = authenticate !== undefined
  const authorization = {
    authorization_endpoint: `${issuer}/authorize`,
    response_types_supported: RESPONSE_TYPES,
    response_modes_supported: RESPONSE_MODES,
    code_challenge_methods_supported: CODE_CHALLENGE_METHODS,
    prompt_values_supported: PROMPTS,
    authorization_response_iss_parameter_supported: true,
    pushed_authorization_request_endpoint: `${issuer}/par`,
    require_pushed_authorization_requests: isPushing,
  }
  return {
    issuer,
    ...(isForPersons ? authorization : { response_types_supported: [] }),
    token_endpoint: `${issuer}/token`,
    token_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION_METHODS,
    jwks_uri: `${issuer}/jwks`,
    introspection_endpoint: `${issuer}/introspect`,
    introspection_endpoint_auth_methods_supported: secretMethods,
    introspection_signing_alg_values_supported: ['ES256'],
    revocation_endpoint: `${issuer}/revoke`,
    revocation_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION_METHODS,
    ...(revocations === undefined
      ? {}
      : { revocations_endpoint: `${issuer}/revocations`, revocations_max_delay: REVOCATION_DELAY }),
    grant_types_supported: [...grants.keys()].filter((type) => isForPersons || !FOR_PERSONS.has(type)),
    ...(detailTypes.size > 0 ? { authorization_details_types_supported: [...detailTypes.keys()] } : {}),
    ...(scopes.size > 0 ? { scopes_supported: [...scopes] } : {}),
  }
}

/** Returns the path of an issuer's metadata: `/.well-known/…` comes before the issuer's own path (RFC 8414 §3.1). */
export function metadataPath(issuer: string): string {
  return `/.well-known/oauth-authorization-server${new URL(issuer).pathname.replace(/\/$/, '')}`
}
