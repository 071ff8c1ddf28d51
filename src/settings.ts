/**
 * What the operator decides: one typed object, checked once.
 *
 * The names of a client's members are those of its registration (RFC 7591 §2), so that `wrangler.toml` and code agree.
 *
 * @module
 */

import { decodeBase64url } from '../keys/base64url.ts'
import { checkBoolean, checkChoice, checkInteger, checkMembers, checkText, checkTexts } from '../keys/check.ts'
import { CONTENT_ENCRYPTION_BYTES, type ContentEncryption } from '../keys/index.ts'
import { grants } from './grants/index.ts'
import type { Log } from './log.ts'
import type { Client, ClientAuthenticationMethod } from './protocol/client.ts'
import { isResourceUri, type Resource } from './protocol/resource.ts'
import { SCOPE_TOKEN } from './protocol/scope.ts'
import type { Entitlement } from './token/entitlement.ts'

/** An API that tokens are for. */
export interface ResourceSettings {
  /** The scope tokens that it knows. */
  readonly scopes: readonly string[]
  /** How its tokens are sealed. Default `"direct"`. */
  readonly envelope?: 'direct'
  /** The content encryption of its tokens. Default `"A256GCM"`. */
  readonly enc?: ContentEncryption
  /** Seconds that its tokens live, from 30 to 86400. Default 600. */
  readonly access_token_lifetime?: number
  /** Whether it takes tokens that name no client; the client must say so too. Default false. */
  readonly anonymous?: boolean
}

/** A client. Without `secret_hash` it is public. */
export interface ClientSettings {
  /** `sha256:…` of its secret, as `bulla client new` prints it; two of them while the secret is changed. */
  readonly secret_hash?: string | readonly string[]
  /** How it must prove itself. Default: either of `client_secret_basic` and `client_secret_post`; `none` for a public one. */
  readonly token_endpoint_auth_method?: ClientAuthenticationMethod
  /** The grant types that it may use. */
  readonly grant_types: readonly string[]
  /** The URIs of the resources that it may have tokens for. */
  readonly resources: readonly string[]
  /** The scope tokens that it may have. */
  readonly scopes: readonly string[]
  /** Whether its tokens name no client; the resource must say so too. Default false. */
  readonly anonymous?: boolean
}

/** Facts about a request that the operator wants to see again: client IP, country, device. */
export type Credentials = Readonly<Record<string, unknown>>

/** All that an issuer is made from. */
export interface IssuerSettings {
  /** The issuer's URL (RFC 8414 §2): https, or http on a loopback host; no query, fragment or slash at the end. */
  readonly issuer: string
  /** The ring, the text of `KEY_RING`. Without a good one every answer is 503, and `/healthz` says why. */
  readonly keyRing: string | undefined
  /** The ring that comes next, the text of `KEY_RING_NEXT`. */
  readonly keyRingNext?: string | undefined
  /** The resources by their URI. */
  readonly resources: Readonly<Record<string, ResourceSettings>>
  /** The clients by their `client_id`. */
  readonly clients: Readonly<Record<string, ClientSettings>>
  /** Tells what is to be seen again of a request. Default: nothing. */
  readonly credentials?: (request: Request) => Credentials
  /** Returns claims to put into the token. A name that the protocol gives a meaning is left out, and the log says so. */
  readonly claims?: (entitlement: Entitlement, credentials: Credentials) => Readonly<Record<string, unknown>>
  /** Returns members to put into the token answer. The same holds as for `claims`. */
  readonly response?: (entitlement: Entitlement, credentials: Credentials) => Readonly<Record<string, unknown>>
  /**
   * Asked after a client failed to authenticate: false when there were too many failures from where the request comes,
   * and the answer is 429. It never stops a client that shows its secret. Default: never too many.
   */
  readonly allowFailure?: (request: Request) => Promise<boolean>
  /** Takes the lines of the log. Default: one line of JSON each on the console. */
  readonly log?: Log
  /** Returns the time in Unix seconds. Default: the clock. */
  readonly now?: () => number
}

/** The settings as the house uses them. */
export interface CheckedSettings {
  readonly issuer: string
  readonly resources: ReadonlyMap<string, Resource>
  readonly clients: ReadonlyMap<string, Client>
}

/** Seconds that an access token may live at the most. */
export const LONGEST_ACCESS_TOKEN_LIFETIME = 86_400

/** Tells whether an issuer's URL is on this very machine: only then may it be http, and have development fixtures. */
export function isLoopback(issuer: string): boolean {
  return URL.canParse(issuer) && ['localhost', '127.0.0.1', '[::1]'].includes(new URL(issuer).hostname)
}

function checkIssuer(issuer: unknown): asserts issuer is string {
  checkText('issuer', issuer, /^https?:\/\/[^\s?#]+$/, 'an https URL without query or fragment')
  if (!URL.canParse(issuer)) throw new RangeError('"issuer" expected a URL')
  const { protocol, origin, pathname, username, password } = new URL(issuer)
  const spelled = pathname === '/' ? origin : origin + pathname
  if (username + password !== '' || spelled !== issuer || issuer.endsWith('/')) {
    throw new RangeError('"issuer" expected a URL in its plain form: lower case, no user, no slash at the end')
  }
  if (protocol === 'http:' && !isLoopback(issuer))
    throw new RangeError('"issuer" expected https; http only on localhost')
}

function readResource(uri: string, value: unknown): Resource {
  const name = `resources["${uri}"]`
  if (!isResourceUri(uri)) throw new RangeError('"resources" expected absolute URIs without a fragment as its names')
  checkMembers(name, value, ['scopes', 'envelope', 'enc', 'access_token_lifetime', 'anonymous'])
  const { scopes, envelope = 'direct', enc = 'A256GCM', access_token_lifetime = 600, anonymous = false } = value
  checkTexts(`${name}.scopes`, scopes, SCOPE_TOKEN, 'a scope token')
  checkChoice(`${name}.envelope`, envelope, ['direct'])
  checkChoice(`${name}.enc`, enc, Object.keys(CONTENT_ENCRYPTION_BYTES) as ContentEncryption[])
  checkInteger(`${name}.access_token_lifetime`, access_token_lifetime, 30, LONGEST_ACCESS_TOKEN_LIFETIME)
  checkBoolean(`${name}.anonymous`, anonymous)
  return { uri, scopes, envelope, enc, accessTokenLifetime: access_token_lifetime, anonymous }
}

function readSecretHashes(name: string, value: unknown): readonly Uint8Array[] {
  const hashes = value === undefined ? [] : Array.isArray(value) ? value : [value]
  checkTexts(name, hashes, /^sha256:[A-Za-z0-9_-]{43}$/, '"sha256:…" as `bulla client new` prints it')
  if (hashes.length > 2) throw new RangeError(`"${name}" expected one hash, or two while the secret is changed`)
  return hashes.map((hash) => decodeBase64url(hash.slice('sha256:'.length)))
}

function readMethods(name: string, value: unknown, isConfidential: boolean): readonly ClientAuthenticationMethod[] {
  const possible: readonly ClientAuthenticationMethod[] = isConfidential
    ? ['client_secret_basic', 'client_secret_post']
    : ['none']
  if (value === undefined) return possible
  checkChoice(name, value, possible)
  return [value]
}

function readClient(id: string, value: unknown, resources: ReadonlyMap<string, Resource>): Client {
  if (!/^[\x20-\x7e]{1,256}$/.test(id))
    throw new RangeError('"clients" expected 1 to 256 visible ASCII characters as its names')
  const name = `clients["${id}"]`
  checkMembers(name, value, [
    'secret_hash',
    'token_endpoint_auth_method',
    'grant_types',
    'resources',
    'scopes',
    'anonymous',
  ])
  const { secret_hash, token_endpoint_auth_method, grant_types, resources: uris, scopes, anonymous = false } = value
  checkTexts(`${name}.grant_types`, grant_types, /^/, 'a grant type')
  for (const [index, type] of grant_types.entries())
    checkChoice(`${name}.grant_types[${index}]`, type, [...grants.keys()])
  checkTexts(`${name}.resources`, uris, /^/, 'the URI of a resource')
  const unknown = uris.findIndex((uri) => !resources.has(uri))
  if (unknown !== -1)
    throw new RangeError(`"${name}.resources[${unknown}]" expected one of the resources of these settings`)
  checkTexts(`${name}.scopes`, scopes, SCOPE_TOKEN, 'a scope token')
  checkBoolean(`${name}.anonymous`, anonymous)
  const secretHashes = readSecretHashes(`${name}.secret_hash`, secret_hash)
  const isConfidential = secretHashes.length > 0
  return {
    id,
    authenticationMethods: readMethods(
      `${name}.token_endpoint_auth_method`,
      token_endpoint_auth_method,
      isConfidential,
    ),
    secretHashes,
    grantTypes: new Set(grant_types),
    resources: new Set(uris),
    scopes: new Set(scopes),
    anonymous,
  }
}

/**
 * Checks the settings and returns them as the house uses them.
 *
 * @throws {TypeError} when a setting is missing, unknown or of a wrong type
 * @throws {RangeError} when a setting is out of bounds
 */
export function checkSettings(settings: IssuerSettings): CheckedSettings {
  checkIssuer(settings.issuer)
  checkMembers('resources', settings.resources)
  checkMembers('clients', settings.clients)
  const resources = new Map(Object.entries(settings.resources).map(([uri, value]) => [uri, readResource(uri, value)]))
  const clients = new Map(Object.entries(settings.clients).map(([id, value]) => [id, readClient(id, value, resources)]))
  return { issuer: settings.issuer, resources, clients }
}
