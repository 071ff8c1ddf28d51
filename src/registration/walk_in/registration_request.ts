/**
 * What a client asks when it registers, and what it is told (RFC 7591 §2, §3).
 *
 * @module
 */

import type { Members } from '../../../keys/check.ts'
import { parseUnique } from '../../jose/strict_json.ts'
import { isOnDevice } from '../../protocol/redirect_uri.ts'
import { memberOf, readName, readRedirectUris, readTextMember, readTextsMember, refuse } from './client_metadata.ts'
import { DYNAMIC_METHODS, type DynamicFacts, type DynamicGrantType, type DynamicMethod } from './dynamic_id.ts'
import type { WalkInPolicy } from './walk_in.ts'

/** What a client registers. */
export interface RegistrationRequest extends Pick<DynamicFacts, 'name' | 'redirectUris' | 'method' | 'grantTypes'> {
  /** What it may have of what it asks for; all where it asks for nothing. */
  readonly scope: readonly string[]
  readonly applicationType: 'web' | 'native' | undefined
}

/** Returns how it will prove itself; without a word it has a secret, and shows it by the header (RFC 7591 §2). */
function readMethod(metadata: Members): DynamicMethod {
  const given = readTextMember(metadata, 'token_endpoint_auth_method') ?? 'client_secret_basic'
  const method = DYNAMIC_METHODS.find((one) => one === given)
  if (method === undefined) throw refuse('token_endpoint_auth_method is none for clients that register')
  return method
}

/** Returns the grant types that it may have of those that it asks for; without a word it is the code (RFC 7591 §2). */
function readGrantTypes(
  metadata: Members,
  method: DynamicMethod,
  redirectUris: readonly string[],
): readonly DynamicGrantType[] {
  const asked = readTextsMember(metadata, 'grant_types') ?? ['authorization_code']
  if (!asked.includes('authorization_code'))
    throw refuse('grant_types has no authorization_code, which all else begins with')
  const types = readTextsMember(metadata, 'response_types') ?? ['code']
  if (types.some((type) => type !== 'code')) throw refuse('response_types has another than code')
  // Apps on a device refresh whether they said so or not.
  const isRefreshing = asked.includes('refresh_token') || (method === 'none' && redirectUris.some(isLoopbackUri))
  return ['authorization_code', ...(isRefreshing ? (['refresh_token'] as const) : [])]
}

function isLoopbackUri(uri: string): boolean {
  return isOnDevice(uri) && uri.startsWith('http:')
}

/** Returns what it may have of the scope that it asks for; unknown tokens are left out. */
function readAllowedScope(metadata: Members, { template }: WalkInPolicy): readonly string[] {
  const asked = readTextMember(metadata, 'scope')?.split(' ')
  return asked === undefined ? [...template.scopes] : [...template.scopes].filter((token) => asked.includes(token))
}

/**
 * Reads what a client asks when it registers. What is unknown is ignored, whatever it is (RFC 7591 §2).
 *
 * @param body the text of the request; nothing where it is none
 * @throws {OAuthError} `invalid_redirect_uri`, `invalid_client_metadata`
 */
export function readRegistrationRequest(body: string | undefined, policy: WalkInPolicy): RegistrationRequest {
  const metadata = body === undefined ? undefined : parseUnique(body)
  if (metadata === undefined) throw refuse('the body is no JSON object, or has a member twice')
  const redirectUris = readRedirectUris(metadata, policy)
  const method = readMethod(metadata)
  const type = memberOf(metadata, 'application_type')
  return {
    name: readName(metadata),
    redirectUris,
    method,
    grantTypes: readGrantTypes(metadata, method, redirectUris),
    scope: readAllowedScope(metadata, policy),
    applicationType: type === 'web' || type === 'native' ? type : undefined,
  }
}

/**
 * Returns what a client is told that has registered: all that was, and nothing that is empty (RFC 7591 §3.2.1).
 *
 * @param secret nothing for a client by `none`
 * @param now Unix seconds
 */
export function describeRegistration(
  id: string,
  secret: string | undefined,
  { name, redirectUris, method, grantTypes, scope, applicationType }: RegistrationRequest,
  now: number,
): Readonly<Record<string, unknown>> {
  return {
    client_id: id,
    client_id_issued_at: now,
    ...(secret === undefined ? {} : { client_secret: secret, client_secret_expires_at: 0 }),
    ...(name === '' ? {} : { client_name: name }),
    redirect_uris: redirectUris,
    token_endpoint_auth_method: method,
    grant_types: grantTypes,
    response_types: ['code'],
    ...(scope.length === 0 ? {} : { scope: scope.join(' ') }),
    ...(applicationType === undefined ? {} : { application_type: applicationType }),
  }
}
