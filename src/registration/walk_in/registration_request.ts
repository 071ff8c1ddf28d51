/**
 * What a client asks when it registers, and what it is told (RFC 7591 §2, §3).
 *
 * @module
 */

import { parseUnique } from '../../jose/strict_json.ts'
import { OAuthError } from '../../protocol/error.ts'
import { isOnDevice } from '../../protocol/redirect_uri.ts'
import { visiblePart } from '../../protocol/visible.ts'
import { DYNAMIC_METHODS, type DynamicFacts, type DynamicGrantType, type DynamicMethod } from './dynamic_id.ts'
import type { WalkInPolicy } from './walk_in.ts'
import { mayRedirectTo } from './walk_in_redirects.ts'

/** Redirect URIs that a client can register. */
const MOST_REDIRECT_URIS = 10

/** Characters of a name that a person is shown. */
const LONGEST_NAME = 64

/** What a client registers. */
export interface RegistrationRequest extends Pick<DynamicFacts, 'name' | 'redirectUris' | 'method' | 'grantTypes'> {
  /** What it may have of what it asks for; all where it asks for nothing. */
  readonly scope: readonly string[]
  readonly applicationType: 'web' | 'native' | undefined
}

function refuse(detail: string): OAuthError {
  return new OAuthError('invalid_client_metadata', detail)
}

type Members = Readonly<Record<string, unknown>>

/** Returns a member; what is `null`, `""` or `[]` is not there: some libraries write so what they do not have. */
export function memberOf(metadata: Members, name: string): unknown {
  const value = metadata[name]
  return value === null || value === '' || (Array.isArray(value) && value.length === 0) ? undefined : value
}

/** Returns a member that is a text; nothing where it is not there. */
export function readTextMember(metadata: Members, name: string): string | undefined {
  const value = memberOf(metadata, name)
  if (value !== undefined && typeof value !== 'string') throw refuse(`${name} is no text`)
  return value
}

/** Returns a member that is a list of texts; nothing where it is not there. */
export function readTextsMember(metadata: Members, name: string): readonly string[] | undefined {
  const value = memberOf(metadata, name)
  if (value === undefined) return undefined
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string'))
    throw refuse(`${name} is no list of texts`)
  return value
}

/** Returns the redirect URIs, each once. */
export function readRedirectUris(metadata: Members, policy: WalkInPolicy): readonly string[] {
  const value = memberOf(metadata, 'redirect_uris')
  const refused = (detail: string): OAuthError => new OAuthError('invalid_redirect_uri', detail)
  if (!Array.isArray(value) || value.length < 1 || value.length > MOST_REDIRECT_URIS)
    throw refused(`redirect_uris is no list of 1 to ${MOST_REDIRECT_URIS}`)
  const uris = value.map((uri: unknown, index) => {
    if (typeof uri !== 'string' || !mayRedirectTo(uri, policy))
      throw refused(`redirect_uris[${index}] cannot be registered`)
    return uri
  })
  return [...new Set(uris)]
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

/** Returns what a person can be shown of a name: what can be seen, cut. */
export function readName(metadata: Members): string {
  return visiblePart(readTextMember(metadata, 'client_name') ?? '', LONGEST_NAME)
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
