/**
 * Protected resource metadata (RFC 9728): how a client finds the issuer from the resource server alone.
 *
 * @module
 */

import { checkChoice, checkMembers, checkText, checkTexts } from '../../keys/check.ts'
import { checkIssuer, checkResource, isLoopback } from '../../keys/identifier.ts'
import { DPOP_ALGORITHMS } from '../token/dpop.ts'
import { SCOPE_TOKEN } from './demand.ts'

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

const MEMBERS: Readonly<Record<keyof ResourceDescription, true>> = {
  resource: true,
  issuer: true,
  scopes: true,
  name: true,
  dpop: true,
}

/**
 * Returns a resource server's metadata (RFC 9728 §2). What there is nothing to tell of is left out (RFC 9728 §3.2).
 *
 * @throws {TypeError | RangeError} when `resource` or `issuer` is not what it can be, or something else is said
 * @example
 * import { describeResource } from 'bulla/verifier'
 *
 * const { path, url, metadata } = describeResource({
 *   resource: 'https://api.example.com/mcp',
 *   issuer: 'https://auth.example.com',
 *   scopes: ['notes:read'],
 * })
 * // path: /.well-known/oauth-protected-resource/mcp
 */
export function describeResource(description: ResourceDescription): DescribedResource {
  checkMembers('describeResource', description, Object.keys(MEMBERS))
  const { resource, issuer, scopes = [], name, dpop } = description as ResourceDescription
  checkResource('resource', resource)
  if (!/^https?:\/\//.test(resource) || (resource.startsWith('http:') && !isLoopback(resource)))
    throw new RangeError('"resource" expected the URL of this resource server: https; http only on localhost')
  checkIssuer('issuer', issuer)
  checkTexts('scopes', scopes, SCOPE_TOKEN, 'a scope token')
  if (name !== undefined) checkText('name', name, /^[^\p{C}]{1,64}$/u, '1 to 64 characters')
  if (dpop !== undefined) checkChoice('dpop', dpop, ['supported', 'required'])
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
