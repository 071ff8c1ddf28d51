/**
 * What the operator says of a resource, and what becomes of it.
 *
 * @module
 */

import {
  checkChoice,
  checkKnown,
  checkMembers,
  checkText,
  type Members,
  readBoolean,
  readChoice,
  readInteger,
  readTexts,
} from '../../keys/check.ts'
import { readAll } from '../../keys/faults.ts'
import { isResourceUri } from '../../keys/identifier.ts'
import {
  CONTENT_ENCRYPTION_BYTES,
  type ContentEncryption,
  HIGHEST_BRANCH,
  type SigningAlgorithm,
} from '../../keys/index.ts'
import { SCOPE_TOKEN } from '../protocol/scope.ts'
import { readVisible } from '../protocol/visible.ts'
import { readHandOver } from './hand_over_registration.ts'
import { readNesting } from './nesting_registration.ts'
import { LONGEST_NAME } from './own_words.ts'
import type { Resource } from './resource.ts'
import { readReadOnlyScopes, readScopeDescriptions, readWords } from './resource_words.ts'

/** An API that tokens are for. */
export interface ResourceSettings {
  /** The scope tokens that it knows. */
  readonly scopes: readonly string[]
  /** What a person is told that it is called (RFC 9728 §2). Default: its host. */
  readonly resource_name?: string
  /** What a person is told that a scope token allows. Default: the token itself. */
  readonly scope_descriptions?: Readonly<Record<string, string>>
  /**
   * Both in other languages, by language (`en`, `de`, `fr`, `es`, `ja`, `ar`) and name: `"resource_name"`, and
   * `"scope_descriptions.notes:read"`. Default: `resource_name` and `scope_descriptions` in every language.
   */
  readonly words?: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** Which of its scope tokens change nothing: people are asked for these apart from all others. Default: none is known to. */
  readonly read_only_scopes?: readonly string[]
  /** How its tokens are sealed: `"direct"` for servers that you run, `"nested"` for those of others. Default `"direct"`. */
  readonly envelope?: 'direct' | 'nested'
  /** The content encryption of its tokens. Default `"A256GCM"`. */
  readonly enc?: ContentEncryption
  /**
   * With `nested`, how the content key is managed: `"ECDH-ES"` to a P-256 or X25519 key, `"RSA-OAEP-256"` to an RSA key of
   * at least 2048 bits, `"dir"` under its leaf. Default `"ECDH-ES"`.
   */
  readonly encryption_alg?: 'ECDH-ES' | 'RSA-OAEP-256' | 'dir'
  /** With `nested`, how its tokens are signed. `"RS256"` needs RSA keys in the ring. Default `"ES256"`. */
  readonly signing_alg?: SigningAlgorithm
  /** With `nested`, its public keys as a JWK Set, each with `kid`; or `jwks_uri`. */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  /** With `nested`, the https URL where it tells its public keys; or `jwks`. */
  readonly jwks_uri?: string
  /**
   * The number of its branch of the ring, from 1 to 9999: the next one when its keys have leaked. What was sealed under the one
   * before it opens too, until that is revoked (`bulla revoke resource`). Not with `nested` tokens to a key of its own. Default 1.
   */
  readonly branch?: number
  /** Seconds that its tokens live, from 30 to 86400. Default 600. */
  readonly access_token_lifetime?: number
  /**
   * Whether its tokens can be exchanged for others (RFC 8693): `direct` ones then bear a mark by which the issuer knows its
   * own. Not with `nested` tokens to a key of the server's own, which the issuer cannot open. Default false.
   */
  readonly exchange?: boolean
  /**
   * Whether introspection signs what it tells of its tokens (RFC 9701), to who asks for that: `direct` ones then bear the mark,
   * for the issuer signs only what it can prove to be its own. `nested` tokens need it not, and with a key of the server's own
   * cannot have it. Default false.
   */
  readonly signed_introspection?: boolean
  /** Whether it takes tokens that name no client; the client must say so too. Default false. */
  readonly anonymous?: boolean
  /**
   * `"pairwise"` calls each person otherwise than any other resource does, in `sub` and `gid`: for servers of others, that
   * are not to compare whom they know. Needs `pairwiseSalt`. Default `"public"`.
   */
  readonly subject_type?: 'public' | 'pairwise'
  /** With `pairwise`, a name that resources have in common which are to call a person the same. Default: its own URI. */
  readonly sector_identifier?: string
  /**
   * The provider whose access token its tokens carry, by what `LOGIN` calls it: then it acts for people there. Needs a guard that keeps
   * things, and a client by whom people log in: no device can be let in for it, and a page of your own gives none. Not with `nested`
   * tokens under its leaf (`encryption_alg = "dir"`). Default: it is handed nothing.
   */
  readonly provider_token?: string
  /**
   * With `provider_token`, the provider's scope tokens that it needs, with spaces between, 2048 characters at the most: a login at
   * which the provider gives less fails. Default: what the login asks for.
   */
  readonly provider_scope?: string
}

/** Seconds that an access token may live at the most. */
export const LONGEST_ACCESS_TOKEN_LIFETIME = 86_400

const MEMBERS = [
  'scopes',
  'resource_name',
  'scope_descriptions',
  'words',
  'read_only_scopes',
  'envelope',
  'enc',
  'encryption_alg',
  'signing_alg',
  'jwks',
  'jwks_uri',
  'branch',
  'access_token_lifetime',
  'exchange',
  'signed_introspection',
  'anonymous',
  'subject_type',
  'sector_identifier',
  'provider_token',
  'provider_scope',
] as const satisfies readonly (keyof ResourceSettings)[]

/** Reads whose pairwise subjects a resource has, if any. */
function readSector(uri: string, name: string, value: Members): string | undefined {
  const { subject_type = 'public', sector_identifier } = value
  checkChoice(`${name}.subject_type`, subject_type, ['public', 'pairwise'])
  // Who brings a token that calls a person otherwise could not be given one that calls the person right.
  if (subject_type === 'pairwise' && value['exchange'] === true)
    throw new RangeError(`"${name}.exchange" expected false: its tokens do not tell who the subject is`)
  if (sector_identifier === undefined) return subject_type === 'pairwise' ? uri : undefined
  if (subject_type === 'public') throw new TypeError(`"${name}.sector_identifier" goes with "subject_type": "pairwise"`)
  checkText(`${name}.sector_identifier`, sector_identifier, /^[\x21-\x7e]{1,256}$/, '1 to 256 visible ASCII characters')
  return sector_identifier
}

/**
 * Reads a resource from the settings.
 *
 * @param isLoopbackAllowed whether its keys may be fetched from this very machine: for development
 * @throws {TypeError | RangeError} when settings are missing, unknown, of a wrong type or out of bounds: all are said
 */
export function readResource(uri: string, value: unknown, isLoopbackAllowed: boolean): Resource {
  const name = `resources["${uri}"]`
  if (!isResourceUri(uri)) throw new RangeError('"resources" expected absolute URIs without a fragment as its names')
  checkMembers(name, value)
  const { scopes, envelope = 'direct', enc = 'A256GCM', access_token_lifetime = 600, anonymous = false } = value
  const { resource_name = new URL(uri).host || uri, scope_descriptions = {}, read_only_scopes = [] } = value
  const { words = {}, branch = 1, exchange = false, signed_introspection = false } = value
  const { nesting, sector, ...read } = readAll({
    members: () => checkMembers(name, value, MEMBERS),
    scopes: () => readTexts(`${name}.scopes`, scopes, SCOPE_TOKEN, 'a scope token'),
    name: () => readVisible(`${name}.resource_name`, resource_name, LONGEST_NAME),
    scopeDescriptions: () => readScopeDescriptions(`${name}.scope_descriptions`, scope_descriptions, scopes),
    words: () => readWords(`${name}.words`, words, scopes),
    readOnlyScopes: () => readReadOnlyScopes(`${name}.read_only_scopes`, read_only_scopes, scopes),
    envelope: () => readChoice(`${name}.envelope`, envelope, ['direct', 'nested']),
    enc: () => readChoice(`${name}.enc`, enc, Object.keys(CONTENT_ENCRYPTION_BYTES) as ContentEncryption[]),
    accessTokenLifetime: () =>
      readInteger(`${name}.access_token_lifetime`, access_token_lifetime, 30, LONGEST_ACCESS_TOKEN_LIFETIME),
    anonymous: () => readBoolean(`${name}.anonymous`, anonymous),
    branch: () => readInteger(`${name}.branch`, branch, 1, HIGHEST_BRANCH),
    exchange: () => readBoolean(`${name}.exchange`, exchange),
    signedIntrospection: () => readBoolean(`${name}.signed_introspection`, signed_introspection),
    nesting: () => readNesting(name, value, isLoopbackAllowed),
    sector: () => readSector(uri, name, value),
    providerToken: () => readHandOver(name, value),
  })
  const opening = Object.entries({ exchange, signed_introspection }).find(([, isWanted]) => isWanted)
  if (opening !== undefined && envelope === 'nested' && nesting.encryptionAlg !== 'dir')
    throw new RangeError(
      `"${name}.${opening[0]}" expected "direct", or "encryption_alg": "dir": others only it can open`,
    )
  if (read.branch > 1 && envelope === 'nested' && nesting.encryptionAlg !== 'dir')
    throw new RangeError(`"${name}.branch" expected 1: its tokens are sealed to a key of its own, not under the ring`)
  const { members: _, signedIntrospection, ...settings } = read
  return { purpose: 'access', uri, ...settings, ...nesting, marked: read.exchange || signedIntrospection, sector }
}

/** The resources of the settings by their URI; of one that cannot be read nothing is known but that it is there. */
export type KnownResources = ReadonlyMap<string, Resource | undefined>

/**
 * Checks that each scope token is one that a resource of these settings knows, or asks for claims of persons: nobody could ever
 * have another.
 *
 * @param ofPersons the scope tokens that ask for claims of persons. Default: none
 * @throws {RangeError} all that are not, with what was meant
 */
export function checkScopes(
  name: string,
  scopes: readonly string[],
  resources: KnownResources,
  ofPersons: readonly string[] = [],
): void {
  const known = [...[...resources.values()].map((resource) => resource?.scopes), ofPersons]
  // It may be one of a resource that cannot be read.
  if (known.includes(undefined)) return
  const there = known.flatMap((tokens) => tokens ?? [])
  checkKnown(name, scopes, there, 'a scope that a resource of these settings has')
}
