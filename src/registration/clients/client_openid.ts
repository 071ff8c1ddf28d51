/**
 * What the operator says of how a client is told who logged in, and who logs out (OpenID Connect Registration §2, RP-Initiated Logout
 * §3.1, Back-Channel Logout §2.2, JARM §3, RFC 9101 §10.5).
 *
 * @module
 */

import { type Members, readBoolean, readChoice, readInteger, readText, readTexts } from '../../../keys/check.ts'
import { readAll } from '../../../keys/faults.ts'
import type { SigningAlgorithm } from '../../../keys/index.ts'
import { SIGNING_ALGORITHMS } from '../../../keys/index.ts'
import { OPENID } from '../../openid/openid.ts'
import { ASSERTION_ALGORITHMS, type AssertionAlgorithm } from '../signer.ts'

/** How a client is told who logged in. */
export interface OpenidClientSettings {
  /** By which algorithm its ID tokens are signed. Default `"RS256"`, which every relying party knows. */
  readonly id_token_signed_response_alg?: SigningAlgorithm
  /** Whether what its scope asks for stands in the ID token too, and not in userinfo alone. Default true. */
  readonly id_token_claims?: boolean
  /**
   * `"optional"`: requests for `openid` alone may come without a code challenge, from a client that proves itself. Default
   * `"required"`.
   */
  readonly pkce?: 'required' | 'optional'
  /** Where a person may be sent after a logout, as `redirect_uris`; at most 10. Default: nowhere. */
  readonly post_logout_redirect_uris?: readonly string[]
  /** Where it wants to hear that a person logged out: https. Default: nowhere. */
  readonly backchannel_logout_uri?: string
  /** Seconds since the login at the most, where a request says nothing. Default: any. */
  readonly default_max_age?: number
  /** Whether its ID tokens must tell `auth_time`. Default false. */
  readonly require_auth_time?: boolean
  /** By which algorithm the answer of userinfo is signed. Default: it is not. */
  readonly userinfo_signed_response_alg?: SigningAlgorithm
  /** How the content key of its ID tokens is managed, to the first of its `jwks` that can. Default: they are not encrypted. */
  readonly id_token_encrypted_response_alg?: 'ECDH-ES' | 'RSA-OAEP-256'
  /** The content encryption of its ID tokens. Default `"A256GCM"`. */
  readonly id_token_encrypted_response_enc?: 'A256GCM' | 'A256CBC-HS512'
  /**
   * By which algorithm answers to its authorization requests are signed, where it asks for that. Default: as its ID tokens, or
   * `"ES256"` where it has none.
   */
  readonly authorization_signed_response_alg?: SigningAlgorithm
  /** By which algorithm it signs its authorization requests. Default: it cannot. */
  readonly request_object_signing_alg?: AssertionAlgorithm
  /** `"pairwise"` calls each person otherwise than any other client does. Needs `pairwiseSalt`. Default `"public"`. */
  readonly subject_type?: 'public' | 'pairwise'
  /** With `pairwise`, a name that clients have in common which are to call a person the same. Default: the host of its redirect URIs. */
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
  readonly idTokenEncryption:
    | { readonly alg: 'ECDH-ES' | 'RSA-OAEP-256'; readonly enc: 'A256GCM' | 'A256CBC-HS512' }
    | undefined
  /** By which algorithm answers to its authorization requests are signed (JARM). */
  readonly authorizationAlg: SigningAlgorithm
  readonly requestObjectAlg: AssertionAlgorithm | undefined
  /** Whose pairwise subjects it is told. Nothing where they are public. */
  readonly sector: string | undefined
}

/**
 * Reads how a client is told who logged in, and who logs out.
 *
 * @throws {TypeError | RangeError} all that is wrong with it
 */
export function readOpenidClient(name: string, value: Members): OpenidClient {
  const { id_token_signed_response_alg: idTokenAlg = 'RS256', id_token_claims = true, pkce = 'required' } = value
  const { post_logout_redirect_uris = [], backchannel_logout_uri, default_max_age, require_auth_time = false } = value
  const { userinfo_signed_response_alg, id_token_encrypted_response_alg: alg, subject_type = 'public' } = value
  const { id_token_encrypted_response_enc: enc = 'A256GCM', sector_identifier, request_object_signing_alg } = value
  const { authorization_signed_response_alg, scopes = [] } = value
  const isTold = Array.isArray(scopes) && scopes.includes(OPENID)
  const optional = <Value>(given: unknown, read: () => Value): Value | undefined =>
    given === undefined ? undefined : read()
  const signing = (setting: string, given: unknown) => readChoice(`${name}.${setting}`, given, SIGNING_ALGORITHMS)
  const {
    pkce: pkceRead,
    encryptionAlg,
    encryptionEnc,
    subjectType,
    ...read
  } = readAll({
    idTokenAlg: () => signing('id_token_signed_response_alg', idTokenAlg),
    hasThickIdTokens: () => readBoolean(`${name}.id_token_claims`, id_token_claims),
    pkce: () => readChoice(`${name}.pkce`, pkce, ['required', 'optional']),
    postLogoutRedirectUris: () =>
      readTexts(`${name}.post_logout_redirect_uris`, post_logout_redirect_uris, /^\S{1,512}$/, 'a URI'),
    backchannelLogoutUri: () =>
      optional(backchannel_logout_uri, () =>
        readText(`${name}.backchannel_logout_uri`, backchannel_logout_uri, /^https:/, 'https'),
      ),
    defaultMaxAge: () => optional(default_max_age, () => readInteger(`${name}.default_max_age`, default_max_age, 0)),
    requiresAuthTime: () => readBoolean(`${name}.require_auth_time`, require_auth_time),
    userinfoAlg: () =>
      optional(userinfo_signed_response_alg, () =>
        signing('userinfo_signed_response_alg', userinfo_signed_response_alg),
      ),
    encryptionAlg: () =>
      optional(alg, () => readChoice(`${name}.id_token_encrypted_response_alg`, alg, ['ECDH-ES', 'RSA-OAEP-256'])),
    encryptionEnc: () => readChoice(`${name}.id_token_encrypted_response_enc`, enc, ['A256GCM', 'A256CBC-HS512']),
    authorizationAlg: () =>
      signing(
        'authorization_signed_response_alg',
        authorization_signed_response_alg ?? (isTold ? idTokenAlg : 'ES256'),
      ),
    requestObjectAlg: () =>
      optional(request_object_signing_alg, () =>
        readChoice(`${name}.request_object_signing_alg`, request_object_signing_alg, ASSERTION_ALGORITHMS),
      ),
    subjectType: () => readChoice(`${name}.subject_type`, subject_type, ['public', 'pairwise']),
  })
  return {
    ...read,
    isPkceOptional: pkceRead === 'optional',
    idTokenEncryption: encryptionAlg === undefined ? undefined : { alg: encryptionAlg, enc: encryptionEnc },
    sector: subjectType === 'pairwise' ? String(sector_identifier ?? '') : undefined,
  }
}
