/**
 * What the operator says of how a client is told who logged in, and who logs out (OpenID Connect Registration §2, RP-Initiated Logout
 * §3.1, Back-Channel Logout §2.2, JARM §3, RFC 9101 §10.5).
 *
 * @module
 */

import {
  checkChoice,
  type Members,
  readBoolean,
  readChoice,
  readInteger,
  readText,
  readTexts,
} from '../../../keys/check.ts'
import { readAll, readEach } from '../../../keys/faults.ts'
import type { SigningAlgorithm } from '../../../keys/index.ts'
import { SIGNING_ALGORITHMS } from '../../../keys/index.ts'
import { checkRedirectUri, isOnDevice } from '../../protocol/redirect_uri.ts'
import { checkRemoteUrl } from '../../protocol/remote_url.ts'
import type { AssertionAlgorithm } from '../signer.ts'

/** How a client is told who logged in. */
export interface OpenidClientSettings {
  /**
   * By which algorithm its ID tokens are signed. `"RS256"`, which every relying party knows, needs RSA keys in the ring; with `fapi2`
   * another must be said. Default `"RS256"`.
   */
  readonly id_token_signed_response_alg?: SigningAlgorithm
  /** Whether what its scope asks for stands in the ID token too, and not in userinfo alone. Default true. */
  readonly id_token_claims?: boolean
  /**
   * `"optional"`: requests for `openid` alone may come without a code challenge, from a client that proves itself, for libraries that
   * have none. Not with `fapi2`, or with redirect URIs on a device (loopback ones where the issuer itself is on loopback).
   * Default `"required"`.
   */
  readonly pkce?: 'required' | 'optional'
  /** Where a person may be sent after a logout, as `redirect_uris`; at most 10. Default: nowhere. */
  readonly post_logout_redirect_uris?: readonly string[]
  /** Where it wants to hear that a person logged out: https on a public host, without a fragment. Default: nowhere. */
  readonly backchannel_logout_uri?: string
  /** Seconds since the login at the most, where a request says nothing. Default: any. */
  readonly default_max_age?: number
  /** Whether its ID tokens must tell `auth_time`. Default false. */
  readonly require_auth_time?: boolean
  /** By which algorithm the answer of userinfo is signed: a JWT then, with `iss` and `aud`. Default: it is JSON. */
  readonly userinfo_signed_response_alg?: SigningAlgorithm
  /**
   * How the content key of its ID tokens is managed, which are signed first: to the first of its `jwks` that can, with `private_key_jwt`
   * of its `jwks_uri` too. Where it signs with keys as well, the one to encrypt to says `"use": "enc"`. Default: they are not encrypted.
   */
  readonly id_token_encrypted_response_alg?: 'ECDH-ES' | 'RSA-OAEP-256'
  /** The content encryption of its ID tokens. Default `"A256GCM"`. */
  readonly id_token_encrypted_response_enc?: 'A256GCM' | 'A256CBC-HS512'
  /**
   * By which algorithm answers to its authorization requests are signed, where it asks for `jwt`, `query.jwt` or `form_post.jwt` as
   * `response_mode`. Default: as its ID tokens, or `"ES256"` where it has none.
   */
  readonly authorization_signed_response_alg?: SigningAlgorithm
  /**
   * The one algorithm by which it signs its authorization requests (`request`), with a key of its `jwks` or `jwks_uri`, however it
   * proves itself; with `fapi2` not `"RS256"`. Default: none, and a signed request is `request_not_supported`.
   */
  readonly request_object_signing_alg?: AssertionAlgorithm
  /** `"pairwise"` calls each person otherwise than any other client does. Needs `pairwiseSalt`. Default `"public"`. */
  readonly subject_type?: 'public' | 'pairwise'
  /**
   * With `pairwise`, a name that clients have in common which are to call a person the same, and never a resource. Default: the host of its redirect
   * URIs; needed where they are not all https on one.
   */
  readonly sector_identifier?: string
}

/** The settings by their names. */
export const OPENID_SETTINGS: readonly (keyof OpenidClientSettings)[] = [
  'id_token_signed_response_alg',
  'id_token_claims',
  'pkce',
  'post_logout_redirect_uris',
  'backchannel_logout_uri',
  'default_max_age',
  'require_auth_time',
  'userinfo_signed_response_alg',
  'id_token_encrypted_response_alg',
  'id_token_encrypted_response_enc',
  'authorization_signed_response_alg',
  'request_object_signing_alg',
  'subject_type',
  'sector_identifier',
]

/** The ways in which the content key of an ID token can be managed. */
export const ID_TOKEN_ENCRYPTION = ['ECDH-ES', 'RSA-OAEP-256'] as const

/** The content encryptions of ID tokens. */
export const ID_TOKEN_CONTENT_ENCRYPTION = ['A256GCM', 'A256CBC-HS512'] as const

/** How ID tokens are encrypted. */
export interface IdTokenEncryption {
  readonly alg: (typeof ID_TOKEN_ENCRYPTION)[number]
  readonly enc: (typeof ID_TOKEN_CONTENT_ENCRYPTION)[number]
}

/** How a client is told who logged in, and who logs out. */
export interface OpenidClient {
  readonly idTokenAlg: SigningAlgorithm
  /** Whether what the scope asks for stands in the ID token too. */
  readonly hasThickIdTokens: boolean
  /** Whether requests for `openid` alone may come without a code challenge. */
  readonly isPkceOptional: boolean
  readonly postLogoutRedirectUris: readonly string[]
  readonly backchannelLogoutUri: string | undefined
  /** Seconds since the login at the most, where a request says nothing. */
  readonly defaultMaxAge: number | undefined
  readonly requiresAuthTime: boolean
  readonly userinfoAlg: SigningAlgorithm | undefined
  readonly idTokenEncryption: IdTokenEncryption | undefined
  /** By which algorithm answers to its authorization requests are signed (JARM). */
  readonly authorizationAlg: SigningAlgorithm
  /** Whose pairwise subjects it is told. Nothing where they are public. */
  readonly sector: string | undefined
}

/** Where a client is read. */
export interface OpenidClientPlace {
  /** Whether it asks who logged in, and there is who tells. */
  readonly isTold: boolean
  /** Whether it may be on this very machine: for development. */
  readonly isLoopbackAllowed: boolean
}

/** Reads where people may be sent after a logout. */
function readPostLogoutRedirectUris(name: string, value: unknown): readonly string[] {
  const uris = readTexts(name, value, /^\S{1,512}$/, 'a URI of at most 512 characters')
  if (uris.length > 10) throw new RangeError(`"${name}" expected at most 10`)
  readEach(uris, (uri, index) => checkRedirectUri(`${name}[${index}]`, uri))
  return uris
}

/** Reads where logouts are told: something is sent there, and nothing is fetched. */
function readLogoutUri(name: string, value: unknown, isLoopbackAllowed: boolean): string {
  const uri = readText(name, value, /^[\x21\x22\x24-\x7e]{1,512}$/, 'an https URL of a public host, without a fragment')
  checkRemoteUrl(name, uri, isLoopbackAllowed)
  return uri
}

/**
 * Reads whose pairwise subjects a client is told: those of the one host of its redirect URIs, unless a name is written out (OpenID
 * Connect Core §8.1). No resource has such a sector, for there is a space in it: a client and an API call a person otherwise.
 */
function readSector(name: string, value: Members): string | undefined {
  const { subject_type = 'public', sector_identifier, redirect_uris = [] } = value
  checkChoice(`${name}.subject_type`, subject_type, ['public', 'pairwise'])
  const setting = `${name}.sector_identifier`
  if (subject_type === 'public') {
    if (sector_identifier !== undefined) throw new TypeError(`"${setting}" goes with "subject_type": "pairwise"`)
    return undefined
  }
  if (sector_identifier !== undefined)
    return `client ${readText(setting, sector_identifier, /^[\x21-\x7e]{1,256}$/, '1 to 256 visible ASCII characters')}`
  const uris = Array.isArray(redirect_uris) ? redirect_uris.map(String) : []
  const hosts = new Set(uris.map((uri) => (isOnDevice(uri) || !URL.canParse(uri) ? '' : new URL(uri).hostname)))
  const [host = '', another] = hosts
  if (host === '' || another !== undefined)
    throw new TypeError(
      `"${setting}" expected a name: the redirect URIs are not all https on one host, which is the default`,
    )
  return `client ${host}`
}

/**
 * Reads how a client is told who logged in, and who logs out.
 *
 * @throws {TypeError | RangeError} all that is wrong with it
 */
export function readOpenidClient(
  name: string,
  value: Members,
  { isTold, isLoopbackAllowed }: OpenidClientPlace,
): OpenidClient {
  const { id_token_signed_response_alg: idTokenAlg = 'RS256', id_token_claims = true, pkce = 'required' } = value
  const { post_logout_redirect_uris = [], backchannel_logout_uri, default_max_age, require_auth_time = false } = value
  const { userinfo_signed_response_alg, id_token_encrypted_response_alg: alg } = value
  const { id_token_encrypted_response_enc: enc = 'A256GCM', authorization_signed_response_alg } = value
  const optional = <Value>(given: unknown, read: () => Value): Value | undefined =>
    given === undefined ? undefined : read()
  const signing = (setting: string, given: unknown) => readChoice(`${name}.${setting}`, given, SIGNING_ALGORITHMS)
  const {
    pkce: pkceRead,
    encryptionAlg,
    encryptionEnc,
    authorizationAlg,
    ...read
  } = readAll({
    idTokenAlg: () => signing('id_token_signed_response_alg', idTokenAlg),
    hasThickIdTokens: () => readBoolean(`${name}.id_token_claims`, id_token_claims),
    pkce: () => readChoice(`${name}.pkce`, pkce, ['required', 'optional']),
    postLogoutRedirectUris: () =>
      readPostLogoutRedirectUris(`${name}.post_logout_redirect_uris`, post_logout_redirect_uris),
    backchannelLogoutUri: () =>
      optional(backchannel_logout_uri, () =>
        readLogoutUri(`${name}.backchannel_logout_uri`, backchannel_logout_uri, isLoopbackAllowed),
      ),
    defaultMaxAge: () => optional(default_max_age, () => readInteger(`${name}.default_max_age`, default_max_age, 0)),
    requiresAuthTime: () => readBoolean(`${name}.require_auth_time`, require_auth_time),
    userinfoAlg: () =>
      optional(userinfo_signed_response_alg, () =>
        signing('userinfo_signed_response_alg', userinfo_signed_response_alg),
      ),
    encryptionAlg: () =>
      optional(alg, () => readChoice(`${name}.id_token_encrypted_response_alg`, alg, ID_TOKEN_ENCRYPTION)),
    encryptionEnc: () => readChoice(`${name}.id_token_encrypted_response_enc`, enc, ID_TOKEN_CONTENT_ENCRYPTION),
    authorizationAlg: () =>
      optional(authorization_signed_response_alg, () =>
        signing('authorization_signed_response_alg', authorization_signed_response_alg),
      ),
    sector: () => readSector(name, value),
    stray() {
      if (alg === undefined && value['id_token_encrypted_response_enc'] !== undefined)
        throw new TypeError(`"${name}.id_token_encrypted_response_enc" goes with "id_token_encrypted_response_alg"`)
    },
  })
  return {
    ...read,
    authorizationAlg: authorizationAlg ?? (isTold ? read.idTokenAlg : 'ES256'),
    isPkceOptional: pkceRead === 'optional',
    idTokenEncryption: encryptionAlg === undefined ? undefined : { alg: encryptionAlg, enc: encryptionEnc },
  }
}
