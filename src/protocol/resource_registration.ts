/**
 * What the operator says of a resource, and what becomes of it.
 *
 * @module
 */

import { checkBoolean, checkChoice, checkInteger, checkMembers, checkText, checkTexts } from '../../keys/check.ts'
import { CONTENT_ENCRYPTION_BYTES, type ContentEncryption } from '../../keys/index.ts'
import { isResourceUri, type Resource } from './resource.ts'
import { SCOPE_TOKEN } from './scope.ts'

/** An API that tokens are for. */
export interface ResourceSettings {
  /** The scope tokens that it knows. */
  readonly scopes: readonly string[]
  /** What a person is told that it is called (RFC 9728 §2). Default: its host. */
  readonly resource_name?: string
  /** What a person is told that a scope token allows. Default: the token itself. */
  readonly scope_descriptions?: Readonly<Record<string, string>>
  /** How its tokens are sealed. Default `"direct"`. */
  readonly envelope?: 'direct'
  /** The content encryption of its tokens. Default `"A256GCM"`. */
  readonly enc?: ContentEncryption
  /** Seconds that its tokens live, from 30 to 86400. Default 600. */
  readonly access_token_lifetime?: number
  /** Whether it takes tokens that name no client; the client must say so too. Default false. */
  readonly anonymous?: boolean
}

/** Seconds that an access token may live at the most. */
export const LONGEST_ACCESS_TOKEN_LIFETIME = 86_400

const MEMBERS = [
  'scopes',
  'resource_name',
  'scope_descriptions',
  'envelope',
  'enc',
  'access_token_lifetime',
  'anonymous',
] as const satisfies readonly (keyof ResourceSettings)[]

/** What a person may be shown as a name: some text, but not much. */
export const DISPLAY_NAME: RegExp = /^[^\p{C}]{1,64}$/u

/**
 * Reads a resource from the settings.
 *
 * @throws {TypeError | RangeError} when a setting is missing, unknown, of a wrong type or out of bounds
 */
export function readResource(uri: string, value: unknown): Resource {
  const name = `resources["${uri}"]`
  if (!isResourceUri(uri)) throw new RangeError('"resources" expected absolute URIs without a fragment as its names')
  checkMembers(name, value, MEMBERS)
  const { scopes, envelope = 'direct', enc = 'A256GCM', access_token_lifetime = 600, anonymous = false } = value
  const { resource_name = new URL(uri).host || uri, scope_descriptions = {} } = value
  checkTexts(`${name}.scopes`, scopes, SCOPE_TOKEN, 'a scope token')
  checkText(`${name}.resource_name`, resource_name, DISPLAY_NAME, '1 to 64 characters')
  checkMembers(`${name}.scope_descriptions`, scope_descriptions, scopes)
  const scopeDescriptions = Object.entries(scope_descriptions).map(([token, words]) => {
    checkText(`${name}.scope_descriptions`, words, /^[^\p{C}]{1,200}$/u, '1 to 200 characters')
    return [token, words] as const
  })
  checkChoice(`${name}.envelope`, envelope, ['direct'])
  checkChoice(`${name}.enc`, enc, Object.keys(CONTENT_ENCRYPTION_BYTES) as ContentEncryption[])
  checkInteger(`${name}.access_token_lifetime`, access_token_lifetime, 30, LONGEST_ACCESS_TOKEN_LIFETIME)
  checkBoolean(`${name}.anonymous`, anonymous)
  return {
    uri,
    scopes,
    envelope,
    enc,
    accessTokenLifetime: access_token_lifetime,
    anonymous,
    name: resource_name,
    scopeDescriptions: Object.fromEntries(scopeDescriptions),
  }
}
