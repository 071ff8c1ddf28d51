/**
 * Protected resource metadata (RFC 9728): how a client finds the issuer from the resource server alone.
 *
 * @module
 */

import { checkText } from '../../keys/check.ts'
import { DPOP_ALGORITHMS } from '../token/dpop.ts'

/** What a resource server tells of itself. */
export interface ResourceDescription {
  /** Its URI, here a URL: https, or http on this machine (RFC 9728 §1.2). */
  readonly resource: string
  /** The URL of its issuer. */
  readonly issuer: string
  /** The scope tokens that it knows. */
  readonly scopes?: readonly string[]
  /** What people are told that it is called. */
  readonly name?: string
  /** Whether its verifier takes DPoP-bound tokens (every one of `bulla/verifier` does), or only those. Default: not told. */
  readonly dpop?: 'supported' | 'required'
}

/** The metadata, and where they belong. */
export interface DescribedResource {
  /** The path to serve them at: `/.well-known/oauth-protected-resource`, before the resource's own path (RFC 9728 §3.1). */
  readonly path: string
  /** The whole URL: the option `resourceMetadata` of a verifier. */
  readonly url: string
  /** The document, to be sent as JSON. */
  readonly metadata: Readonly<Record<string, unknown>>
}

/**
 * Returns a resource server's metadata (RFC 9728 §2). What there is nothing to tell of is left out (RFC 9728 §3.2).
 *
 * @throws {TypeError | RangeError} when `resource` or `issuer` is no URL
 */
export function describeResource({
  resource,
  issuer,
  scopes = [],
  name,
  dpop,
}: ResourceDescription): DescribedResource {
  checkText('resource', resource, /^https?:\/\/[^\s"\\#]+$/, 'the URL of this resource server, without a fragment')
  checkText('issuer', issuer, /^https?:\/\/\S+$/, 'the URL of the issuer')
  const { origin, pathname, search } = new URL(resource)
  const path = `/.well-known/oauth-protected-resource${pathname === '/' ? '' : pathname}${search}`
  const metadata = {
    resource,
    authorization_servers: [issuer],
    ...(scopes.length === 0 ? {} : { scopes_supported: scopes }),
    bearer_methods_supported: ['header'],
    ...(name === undefined ? {} : { resource_name: name }),
    ...(dpop === undefined ? {} : { dpop_signing_alg_values_supported: DPOP_ALGORITHMS }),
    ...(dpop === 'required' ? { dpop_bound_access_tokens_required: true } : {}),
  }
  return { path, url: origin + path, metadata }
}
