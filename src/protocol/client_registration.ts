/**
 * What the operator says of a client, under the names of client metadata (RFC 7591 §2), and what becomes of it.
 *
 * @module
 */

import { decodeBase64url } from '../../keys/base64url.ts'
import { checkBoolean, checkChoice, checkMembers, checkText, checkTexts, type Members } from '../../keys/check.ts'
import type { DetailTypes } from './authorization_details.ts'
import type { Client, ClientAuthenticationMethod, ClientKind, Profile } from './client.ts'
import { CERTIFICATE_METHODS, CERTIFICATE_SETTINGS, readCertificateRule } from './client_certificate.ts'
import { ASSERTION_SETTINGS, type AssertionSettings, readClientSigner } from './client_keys.ts'
import { type ExchangeRuleSettings, type KnownToExchange, readExchangeRules } from './exchange.ts'
import { applyProfile } from './fapi2.ts'
import { checkRedirectUri, isOnDevice } from './redirect_uri.ts'
import { REFRESH_SETTINGS, type RefreshSettings, readRefreshSettings } from './refresh_registration.ts'
import { DISPLAY_NAME, readPublicKeys } from './resource_registration.ts'
import { SCOPE_TOKEN } from './scope.ts'
import type { AssertionAlgorithm } from './signer.ts'

/** A client. Without `secret_hash`, and not told to prove itself otherwise, it is public. */
export interface ClientSettings extends AssertionSettings, RefreshSettings {
  /**
   * `"resource_server"` may fetch the keys of `resources` and introspect their tokens; `"operator"` may revoke. Neither has
   * grant types. Default `"client"`.
   */
  readonly kind?: ClientKind
  /** `"fapi2"` holds it to the FAPI 2.0 Security Profile. Default: that of the issuer. */
  readonly profile?: Profile
  /** `sha256:…` of its secret, as `bulla client new` prints it; two of them while the secret is changed. */
  readonly secret_hash?: string | readonly string[]
  /** How it must prove itself. Default: either of `client_secret_basic` and `client_secret_post`; `none` for a public one. */
  readonly token_endpoint_auth_method?: ClientAuthenticationMethod
  /** With `tls_client_auth` just one of these: what the certificate calls its holder, exactly as the platform writes it. */
  readonly tls_client_auth_subject_dn?: string
  readonly tls_client_auth_san_dns?: string
  readonly tls_client_auth_san_uri?: string
  readonly tls_client_auth_san_ip?: string
  readonly tls_client_auth_san_email?: string
  /** Whether it gets only tokens that are bound to a DPoP key (RFC 9449 §5.2). Default false: where it shows a proof. */
  readonly dpop_bound_access_tokens?: boolean
  /** Whether its tokens are bound to its certificate, which it must show then (RFC 8705 §3.4). Default false. */
  readonly tls_client_certificate_bound_access_tokens?: boolean
  /**
   * Its public keys as a JWK Set, each with `kid`: those that `private_key_jwt` is verified with, and of a resource server
   * the first that can is what its keys are encrypted to. With `self_signed_tls_client_auth`, its certificates as `x5c` or
   * `x5t#S256`.
   */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  /** With `private_key_jwt`, the https URL where it tells its public keys; or `jwks`. */
  readonly jwks_uri?: string
  /** With `private_key_jwt`, the one algorithm by which it signs. Default `"ES256"`. */
  readonly token_endpoint_auth_signing_alg?: AssertionAlgorithm
  /** The grant types that it may use. Default: none. */
  readonly grant_types?: readonly string[]
  /** The URIs of the resources that it may have tokens for, or is the server of. Default: none. */
  readonly resources?: readonly string[]
  /** The scope tokens that it may have. Default: none. */
  readonly scopes?: readonly string[]
  /** What it may have for tokens of others (RFC 8693). Default: nothing. */
  readonly exchange?: readonly ExchangeRuleSettings[]
  /** The types of authorization details that it may ask for (RFC 9396 §10). Default: none. */
  readonly authorization_details_types?: readonly string[]
  /** Whether it must push its authorization requests (RFC 9126 §6). Default false. */
  readonly require_pushed_authorization_requests?: boolean
  /** Whether its tokens name no client; the resource must say so too. Default false. */
  readonly anonymous?: boolean
  /** What a person is told that it is called. Default: its `client_id`. */
  readonly client_name?: string
  /** Its home page, https. Default: none. */
  readonly client_uri?: string
  /** Where answers to authorization requests may go. Needed for `authorization_code`. */
  readonly redirect_uris?: readonly string[]
  /** `"skip"` never asks a person before it gets anything: for your own clients, on https alone. Default `"ask"`. */
  readonly consent?: 'ask' | 'skip'
  /**
   * Whether it asks in a popup, and gets its answer by `window.opener`: pages on the way to its answer do not cut that then, so
   * whoever opens them keeps a window in which they are. Default false.
   */
  readonly opens_popup?: boolean
}

const MEMBERS = [
  'kind',
  'profile',
  'jwks',
  'jwks_uri',
  'secret_hash',
  'token_endpoint_auth_method',
  'token_endpoint_auth_signing_alg',
  ...ASSERTION_SETTINGS,
  ...CERTIFICATE_SETTINGS,
  'dpop_bound_access_tokens',
  'tls_client_certificate_bound_access_tokens',
  'grant_types',
  'resources',
  'scopes',
  'exchange',
  'authorization_details_types',
  'require_pushed_authorization_requests',
  'anonymous',
  'client_name',
  'client_uri',
  'redirect_uris',
  'consent',
  'opens_popup',
  ...REFRESH_SETTINGS,
] as const satisfies readonly (keyof ClientSettings)[]

function readSecretHashes(name: string, value: unknown): readonly Uint8Array[] {
  const hashes = value === undefined ? [] : Array.isArray(value) ? value : [value]
  checkTexts(name, hashes, /^sha256:[A-Za-z0-9_-]{43}$/, '"sha256:…" as `bulla client new` prints it')
  if (hashes.length > 2) throw new RangeError(`"${name}" expected one hash, or two while the secret is changed`)
  return hashes.map((hash) => decodeBase64url(hash.slice('sha256:'.length)))
}

function readMethods(name: string, value: unknown, hasSecret: boolean): readonly ClientAuthenticationMethod[] {
  const possible: readonly ClientAuthenticationMethod[] = hasSecret
    ? ['client_secret_basic', 'client_secret_post']
    : ['none', 'private_key_jwt', ...CERTIFICATE_METHODS]
  if (value === undefined) return hasSecret ? possible : ['none']
  checkChoice(name, value, possible)
  return [value]
}

function readRedirectUris(name: string, value: unknown, isNeeded: boolean): readonly string[] {
  checkTexts(name, value, /^\S{1,512}$/, 'a URI of at most 512 characters')
  if (value.length > 10) throw new RangeError(`"${name}" expected at most 10`)
  if (isNeeded && value.length === 0) throw new RangeError(`"${name}" expected at least one, for authorization_code`)
  for (const [index, uri] of value.entries()) checkRedirectUri(`${name}[${index}]`, uri)
  return value
}

/** What a client can refer to. */
export interface Known extends KnownToExchange {
  readonly grantTypes: readonly string[]
  /** Whether its keys may be fetched from this very machine: for development. */
  readonly isLoopbackAllowed: boolean
  readonly detailTypes: DetailTypes
  /** The profile that all clients are in. */
  readonly profile: Profile | undefined
}

/**
 * Reads a client from the settings.
 *
 * @throws {TypeError | RangeError} when a setting is missing, unknown, of a wrong type or out of bounds
 */
export function readClient(id: string, given: unknown, known: Known): Client {
  if (!/^[\x20-\x7e]{1,256}$/.test(id)) {
    throw new RangeError('"clients" expected 1 to 256 visible ASCII characters as its names')
  }
  const name = `clients["${id}"]`
  checkMembers(name, given, MEMBERS)
  const value = applyProfile(name, given, known.profile)
  const { kind = 'client', secret_hash, token_endpoint_auth_method, jwks, anonymous = false } = value
  const { grant_types = [], resources = [], scopes = [] } = value
  checkChoice(`${name}.kind`, kind, ['client', 'resource_server', 'operator'])
  checkTexts(`${name}.grant_types`, grant_types, /^/, 'a grant type')
  for (const [index, type] of grant_types.entries())
    checkChoice(`${name}.grant_types[${index}]`, type, known.grantTypes)
  checkTexts(`${name}.resources`, resources, /^/, 'the URI of a resource')
  const unknown = resources.findIndex((uri) => !known.resources.has(uri))
  if (unknown !== -1) {
    throw new RangeError(`"${name}.resources[${unknown}]" expected one of the resources of these settings`)
  }
  checkTexts(`${name}.scopes`, scopes, SCOPE_TOKEN, 'a scope token')
  const { authorization_details_types = [], require_pushed_authorization_requests = false } = value
  checkTexts(`${name}.authorization_details_types`, authorization_details_types, /^/, 'a type')
  const unregistered = authorization_details_types.findIndex((type) => !known.detailTypes.has(type))
  if (unregistered !== -1) {
    throw new RangeError(
      `"${name}.authorization_details_types[${unregistered}]" expected one of the types of these settings`,
    )
  }
  checkBoolean(`${name}.require_pushed_authorization_requests`, require_pushed_authorization_requests)
  checkBoolean(`${name}.anonymous`, anonymous)
  const secretHashes = readSecretHashes(`${name}.secret_hash`, secret_hash)
  const signer = readClientSigner(name, value, known.isLoopbackAllowed)
  const authenticationMethods = readMethods(
    `${name}.token_endpoint_auth_method`,
    token_endpoint_auth_method,
    secretHashes.length > 0,
  )
  const isConfidential = !authenticationMethods.includes('none')
  const publicKeys = jwks === undefined ? [] : readPublicKeys(`${name}.jwks`, jwks)
  if (kind !== 'client' && (!isConfidential || grant_types.length > 0)) {
    throw new RangeError(
      `"${name}" expected a secret, a key or a certificate, and no grant types for a ${kind.replace('_', ' ')}`,
    )
  }
  return {
    kind,
    jwks: publicKeys,
    signer,
    id,
    profile: value['profile'] as Client['profile'],
    authenticationMethods,
    certificate: readCertificateRule(name, value, authenticationMethods[0], publicKeys),
    ...readBound(name, value),
    secretHashes,
    grantTypes: new Set(grant_types),
    resources: new Set(resources),
    scopes: new Set(scopes),
    exchange: readExchangeRules(`${name}.exchange`, value['exchange'] ?? [], known),
    detailTypes: new Set(authorization_details_types),
    isPushing: require_pushed_authorization_requests,
    anonymous,
    ...readApprovalSettings(id, name, value, grant_types.includes('authorization_code')),
    ...readRefreshSettings(name, value),
  }
}

/** Reads what its tokens are bound to. */
function readBound(name: string, value: Members): Pick<Client, 'dpopBound' | 'certificateBound'> {
  const { dpop_bound_access_tokens = false, tls_client_certificate_bound_access_tokens = false } = value
  checkBoolean(`${name}.dpop_bound_access_tokens`, dpop_bound_access_tokens)
  checkBoolean(`${name}.tls_client_certificate_bound_access_tokens`, tls_client_certificate_bound_access_tokens)
  return { dpopBound: dpop_bound_access_tokens, certificateBound: tls_client_certificate_bound_access_tokens }
}

/** Reads what matters when a person is asked. */
function readApprovalSettings(
  id: string,
  name: string,
  value: Readonly<Record<string, unknown>>,
  isAuthorizing: boolean,
): Pick<Client, 'name' | 'uri' | 'redirectUris' | 'consent' | 'opensPopup'> {
  const { client_name = id.slice(0, 64), client_uri, redirect_uris = [], consent = 'ask', opens_popup = false } = value
  checkText(`${name}.client_name`, client_name, DISPLAY_NAME, '1 to 64 characters that can be seen')
  if (client_uri !== undefined) {
    checkText(`${name}.client_uri`, client_uri, /^https:\/\/[\x21-\x7e]{1,500}$/, 'an https URL')
    if (!URL.canParse(client_uri)) throw new RangeError(`"${name}.client_uri" expected an https URL`)
  }
  const redirectUris = readRedirectUris(`${name}.redirect_uris`, redirect_uris, isAuthorizing)
  checkChoice(`${name}.consent`, consent, ['ask', 'skip'])
  checkBoolean(`${name}.opens_popup`, opens_popup)
  if (consent === 'skip' && redirectUris.some(isOnDevice)) {
    throw new RangeError(`"${name}.consent" expected "ask": an app on a device can be pretended to be`)
  }
  return { name: client_name, uri: client_uri, redirectUris, consent, opensPopup: opens_popup }
}
