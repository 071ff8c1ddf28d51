/**
 * Authorization server metadata (RFC 8414), from the same tables that enforce it.
 *
 * @module
 */

import { grants } from '../grants/index.ts'
import type { CheckedSettings } from '../settings.ts'
import { CLIENT_AUTHENTICATION_METHODS } from './client_authentication.ts'

/** Returns the metadata document of an issuer (RFC 8414 §2). */
export function describeIssuer({ issuer, resources }: CheckedSettings): Readonly<Record<string, unknown>> {
  const scopes = new Set([...resources.values()].flatMap((resource) => resource.scopes))
  return {
    issuer,
    token_endpoint: `${issuer}/token`,
    token_endpoint_auth_methods_supported: CLIENT_AUTHENTICATION_METHODS,
    grant_types_supported: [...grants.keys()],
    response_types_supported: [],
    ...(scopes.size > 0 ? { scopes_supported: [...scopes] } : {}),
  }
}

/** Returns the path of an issuer's metadata: `/.well-known/…` comes before the issuer's own path (RFC 8414 §3.1). */
export function metadataPath(issuer: string): string {
  return `/.well-known/oauth-authorization-server${new URL(issuer).pathname.replace(/\/$/, '')}`
}
