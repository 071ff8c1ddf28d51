/**
 * What the operator says of a client, under the names of client metadata (RFC 7591 §2), and what becomes of it.
 *
 * @module
 */

import { checkKnown, checkMembers, type Members, readBoolean, readChoice, readTexts } from '../../../keys/check.ts'
import { createFaultList, readAll, readEach } from '../../../keys/faults.ts'
import { OPENID } from '../../openid/openid.ts'
import { SCOPE_TOKEN } from '../../protocol/scope.ts'
import { type ExchangeRuleSettings, type KnownToExchange, readExchangeRules } from '../exchange.ts'
import type { Resource } from '../resource.ts'
import type { AssertionAlgorithm } from '../signer.ts'
import { DYNAMIC_PREFIX } from '../walk_in/dynamic_id.ts'
import type { Client, ClientAuthenticationMethod, ClientKind, Profile } from './client.ts'
import { readApprovalSettings } from './client_approval.ts'
import { CERTIFICATE_SETTINGS } from './client_certificate.ts'
import { OPENID_SETTINGS, type OpenidClientSettings, readOpenidClient } from './client_openid.ts'
import { readBound, readProof } from './client_proof.ts'
import { REFRESH_SETTINGS, type RefreshSettings, readRefreshSettings } from './client_refresh.ts'
import { ASSERTION_SETTINGS, type AssertionSettings } from './client_signer.ts'
import { applyProfile } from './fapi2.ts'
import { checkOpenidClient } from './openid_rules.ts'
import { asksWhoLoggedIn, checkAsking, checkClientScopes } from './openid_scopes.ts'

/** A client. Without `secret_hash`, and not told to prove itself otherwise, it is public. */
export interface ClientSettings extends AssertionSettings, RefreshSettings, OpenidClientSettings {
  /**
   * `"resource_server"` may fetch the keys of `resources` and introspect their tokens; `"operator"` may revoke. Neither has
   * grant types. Default `"client"`.
   */
  readonly kind?: ClientKind
  /** `"fapi2"` holds it to the FAPI 2.0 Security Profile. Default: that of the issuer. */
  readonly profile?: Profile
  /** `sha256:…` of its secret, as `bulla client new` prints it; two of them while the secret is changed. Default: none, a public client. */
  readonly secret_hash?: string | readonly string[]
  /** How it must prove itself. Default: either of `client_secret_basic` and `client_secret_post`; `none` for a public one. */
  readonly token_endpoint_auth_method?: ClientAuthenticationMethod
  /** With `tls_client_auth` just one of the five: what the certificate calls its holder, exactly as the platform writes it. */
  readonly tls_client_auth_subject_dn?: string
  /** As `tls_client_auth_subject_dn`: the DNS name of its certificate. */
  readonly tls_client_auth_san_dns?: string
  /** As `tls_client_auth_subject_dn`: the URI of its certificate. */
  readonly tls_client_auth_san_uri?: string
  /** As `tls_client_auth_subject_dn`: the IP address of its certificate. */
  readonly tls_client_auth_san_ip?: string
  /** As `tls_client_auth_subject_dn`: the e-mail address of its certificate. */
  readonly tls_client_auth_san_email?: string
  /** Whether it gets only tokens that are bound to a DPoP key (RFC 9449 §5.2). Default false: where it shows a proof. */
  readonly dpop_bound_access_tokens?: boolean
  /** Whether its tokens are bound to its certificate, which it must show then (RFC 8705 §3.4). Default false. */
  readonly tls_client_certificate_bound_access_tokens?: boolean
  /**
   * Its public keys as a JWK Set, each with `kid`: those by which it signs, with `private_key_jwt` or `request_object_signing_alg`,
   * and of a resource server the first that can is what its keys are encrypted to. With `self_signed_tls_client_auth`, its
   * certificates as `x5c` or `x5t#S256`.
   */
  readonly jwks?: { readonly keys: readonly Readonly<Record<string, unknown>>[] }
  /** With `private_key_jwt` or `request_object_signing_alg`, the https URL where it tells its public keys; or `jwks`. */
  readonly jwks_uri?: string
  /** With `private_key_jwt`, the one algorithm by which it signs. Default `"ES256"`. */
  readonly token_endpoint_auth_signing_alg?: AssertionAlgorithm
  /** The grant types that it may use; a public client has more than `client_credentials`. Default: none. */
  readonly grant_types?: readonly string[]
  /** The URIs of the resources that it may have tokens for, or is the server of; none for one that has scopes of OpenID Connect alone. Default: none. */
  readonly resources?: readonly string[]
  /** The scope tokens that it may have: each one that a resource has, or one of OpenID Connect. Default: none. */
  readonly scopes?: readonly string[]
  /**
   * Whether a request for more scope than it may have is refused; with false that is left out, and `scope` in the answer says what
   * was given (RFC 6749 §3.3): for clients that ask by habit. Not with `fapi2`. Default true.
   */
  readonly scopes_strict?: boolean
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
  /**
   * Where answers to authorization requests may go: https; http on `127.0.0.1`, `[::1]` or `localhost`, at any port; an app's own
   * scheme with `/` or `//host/`, such as `com.example.app:/cb`, but for those that browsers and systems know otherwise (`javascript`,
   * `intent`, `ms-…`). Each written out, without `*`, and with no parameter in its query that an answer adds; at most 10, of 512 characters. Needed for `authorization_code`. Default: none.
   */
  readonly redirect_uris?: readonly string[]
  /** `"skip"` never asks a person before it gets anything: for your own clients, on https alone. Default `"ask"`. */
  readonly consent?: 'ask' | 'skip'
  /**
   * Whether it asks in a popup, and gets its answer by `window.opener`: pages on the way to its answer do not cut that then (nor
   * must your provider's, or your own login page), so whoever opens them keeps a window in which they are. Default false.
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
  'scopes_strict',
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
  ...OPENID_SETTINGS,
] as const satisfies readonly (keyof ClientSettings)[]

/** What a client can refer to. */
export interface Known extends KnownToExchange {
  readonly grantTypes: readonly string[]
  /** Whether its keys may be fetched from this very machine: for development. */
  readonly isLoopbackAllowed: boolean
  /** The types of authorization details by their name. */
  readonly detailTypes: ReadonlyMap<string, unknown>
  /** The profile that all clients are in. */
  readonly profile: Profile | undefined
  /** The issuer's own resource, which tells of persons; nothing where it tells nobody. */
  readonly userinfo: Resource | undefined
}

/** Reads what it may have. */
function readAccess(
  name: string,
  value: Members,
  known: Known,
): Pick<
  Client,
  'grantTypes' | 'resources' | 'scopes' | 'scopesStrict' | 'exchange' | 'detailTypes' | 'isPushing' | 'anonymous'
> {
  const {
    grant_types = [],
    resources = [],
    scopes = [],
    scopes_strict = true,
    authorization_details_types = [],
  } = value
  const { require_pushed_authorization_requests: pushing = false, anonymous: isAnonymous = false } = value
  const read = readAll({
    grantTypes: () => {
      const types = readTexts(`${name}.grant_types`, grant_types, /^/, 'a grant type')
      return readEach(types, (type, index) => readChoice(`${name}.grant_types[${index}]`, type, known.grantTypes))
    },
    resources: () => {
      const uris = readTexts(`${name}.resources`, resources, /^/, 'the URI of a resource')
      checkKnown(`${name}.resources`, uris, [...known.resources.keys()], 'one of the resources of these settings')
      return uris
    },
    scopes: () => {
      const tokens = readTexts(`${name}.scopes`, scopes, SCOPE_TOKEN, 'a scope token')
      checkClientScopes(`${name}.scopes`, tokens, known)
      return tokens
    },
    scopesStrict: () => readBoolean(`${name}.scopes_strict`, scopes_strict),
    exchange: () => readExchangeRules(`${name}.exchange`, value['exchange'] ?? [], known),
    detailTypes: () => {
      const types = readTexts(`${name}.authorization_details_types`, authorization_details_types, /^/, 'a type')
      const there = [...known.detailTypes.keys()]
      checkKnown(`${name}.authorization_details_types`, types, there, 'one of the types of these settings')
      return types
    },
    isPushing: () => readBoolean(`${name}.require_pushed_authorization_requests`, pushing),
    anonymous: () => readBoolean(`${name}.anonymous`, isAnonymous),
  })
  const { scopesStrict, exchange, isPushing, anonymous } = read
  const { userinfo } = known
  if (userinfo !== undefined) checkAsking(name, read, userinfo)
  const own = userinfo !== undefined && read.scopes.includes(OPENID) ? [userinfo.uri] : []
  return {
    grantTypes: new Set(read.grantTypes),
    resources: new Set([...read.resources, ...own]),
    scopes: new Set(read.scopes),
    scopesStrict,
    exchange,
    detailTypes: new Set(read.detailTypes),
    isPushing,
    anonymous,
  }
}

/**
 * Reads a client from the settings.
 *
 * @throws {TypeError | RangeError} when settings are missing, unknown, of a wrong type or out of bounds: all are said
 */
export function readClient(id: string, given: unknown, known: Known): Client {
  if (!/^[\x20-\x7e]{1,256}$/.test(id) || id.startsWith(DYNAMIC_PREFIX)) {
    throw new RangeError(
      `"clients" expected 1 to 256 visible ASCII characters as its names, and none that begins with "${DYNAMIC_PREFIX}", as ids do of clients that register`,
    )
  }
  return readClientAs(id, `clients["${id}"]`, given, known)
}

/**
 * Reads a client that stands elsewhere in the settings.
 *
 * @param name where
 * @throws {TypeError | RangeError} as {@link readClient}
 */
export function readClientAs(id: string, name: string, given: unknown, known: Known): Client {
  const { isLoopbackAllowed } = known
  checkMembers(name, given)
  const faults = createFaultList()
  faults.read(() => checkMembers(name, given, MEMBERS))
  const value = faults.read(() => applyProfile(name, given, known)) ?? given
  const { proof, access, bound, approval, refresh, openid } = readAll(
    {
      proof: () => readProof(name, value, isLoopbackAllowed),
      access: () => readAccess(name, value, known),
      bound: () => readBound(name, value),
      approval: () => readApprovalSettings(id, name, value),
      refresh: () => readRefreshSettings(name, value),
      openid: () => readOpenidClient(name, value, { isTold: asksWhoLoggedIn(value, known), isLoopbackAllowed }),
    },
    faults,
  )
  const read = { ...proof, ...access, ...bound, ...approval, ...refresh, openid, walkIn: undefined }
  const client = { id, profile: value['profile'] as Client['profile'], ...read }
  checkOpenidClient(name, value, client, known)
  return client
}
