/**
 * What a client says of itself, in a registration as in a document: members that libraries write with nothing in them, redirect URIs,
 * and its name (RFC 7591 §2).
 *
 * @module
 */

import type { Members } from '../../../keys/check.ts'
import { type OAuthError, refusal } from '../../protocol/error.ts'
import { visiblePart } from '../../protocol/visible.ts'
import type { WalkInPolicy } from './walk_in.ts'
import { mayRedirectTo } from './walk_in_redirects.ts'

/** Redirect URIs that a client can register. */
const MOST_REDIRECT_URIS = 10

/** Characters of a name that a person is shown. */
const LONGEST_NAME = 64

/** Returns what says why metadata are refused. */
export function refuse(detail: string): OAuthError {
  return refusal('invalid_client_metadata', 'client_metadata', detail)
}

/** Returns a member; what is `null`, `""` or `[]` is not there: some libraries write so what they do not have. */
export function memberOf(metadata: Members, name: string): unknown {
  const value = metadata[name]
  return value === null || value === '' || (Array.isArray(value) && value.length === 0) ? undefined : value
}

/**
 * Returns a member that is a text; nothing where it is not there.
 *
 * @throws {OAuthError} `invalid_client_metadata` when it is anything else
 */
export function readTextMember(metadata: Members, name: string): string | undefined {
  const value = memberOf(metadata, name)
  if (value !== undefined && typeof value !== 'string') throw refuse(`${name} is no text`)
  return value
}

/**
 * Returns a member that is a list of texts; nothing where it is not there.
 *
 * @throws {OAuthError} `invalid_client_metadata` when it is anything else
 */
export function readTextsMember(metadata: Members, name: string): readonly string[] | undefined {
  const value = memberOf(metadata, name)
  if (value === undefined) return undefined
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'string'))
    throw refuse(`${name} is no list of texts`)
  return value
}

/**
 * Returns the redirect URIs, each once: 1 to 10.
 *
 * @throws {OAuthError} `invalid_redirect_uri`
 */
export function readRedirectUris(metadata: Members, policy: WalkInPolicy): readonly string[] {
  const value = memberOf(metadata, 'redirect_uris')
  const refused = (detail: string): OAuthError => refusal('invalid_redirect_uri', 'redirect_uri', detail)
  if (!Array.isArray(value) || value.length < 1 || value.length > MOST_REDIRECT_URIS)
    throw refused(`redirect_uris is no list of 1 to ${MOST_REDIRECT_URIS}`)
  const uris = value.map((uri: unknown, index) => {
    if (typeof uri !== 'string' || !mayRedirectTo(uri, policy))
      throw refused(`redirect_uris[${index}] cannot be registered`)
    return uri
  })
  return [...new Set(uris)]
}

/** Returns what a person can be shown of a name: what can be seen, cut; `''` where there is none. */
export function readName(metadata: Members): string {
  return visiblePart(readTextMember(metadata, 'client_name') ?? '', LONGEST_NAME)
}
