/**
 * Authorization server metadata (RFC 8414), from the same tables that enforce it.
 *
 * @module
 */

import { SIGNING_ALGORITHMS } from '../../keys/index.ts'
import { authenticationMethodsOf } from '../authentication/client_authentication.ts'
import { RESPONSE_TYPES } from '../authorization/authorization_request.ts'
import { PROMPTS } from '../authorization/prompt.ts'
import type { Answer } from '../http/respond.ts'
import { type Openid, openidScopes, userinfoOf } from '../openid/openid.ts'
import { LANGUAGES } from '../pages/language.ts'
import { DEVICE_CODE } from '../protocol/grant_type.ts'
import { CODE_CHALLENGE_METHODS } from '../protocol/pkce.ts'
import { RESPONSE_MODES } from '../protocol/response_mode.ts'
import { ID_TOKEN_CONTENT_ENCRYPTION, ID_TOKEN_ENCRYPTION } from '../registration/clients/client_openid.ts'
import { algorithmsIn } from '../registration/clients/fapi2.ts'
import { ID_JAG_PROFILE } from '../registration/id_jag.ts'
import { scopesOf } from '../registration/resource_indicator.ts'
import type { CheckedSettings } from '../settings/settings.ts'
import { DPOP_ALGORITHMS } from '../token/dpop.ts'
import { REVOCATION_DELAY } from './revocations.ts'

/** Returns by which algorithms clients may sign at an endpoint (RFC 8414 §2). */
function signedBy(endpoint: string, algorithms: readonly string[]): Readonly<Record<string, unknown>> {
  return algorithms.length === 0 ? {} : { [`${endpoint}_endpoint_auth_signing_alg_values_supported`]: algorithms }
}

/**
 * Returns what an OpenID provider says beside that (OpenID Connect Discovery §3).
 *
 * @param algorithms by which clients can be told something
 */
function describeProvider(
  { issuer, clients }: CheckedSettings,
  { claims, acrValues }: Openid,
  algorithms: readonly string[],
): Readonly<Record<string, unknown>> {
  const hasPairwise = [...clients.values()].some(({ openid }) => openid.sector !== undefined)
  return {
    userinfo_endpoint: userinfoOf(issuer),
    subject_types_supported: ['public', ...(hasPairwise ? ['pairwise'] : [])],
    id_token_signing_alg_values_supported: algorithms,
    id_token_encryption_alg_values_supported: ID_TOKEN_ENCRYPTION,
    id_token_encryption_enc_values_supported: ID_TOKEN_CONTENT_ENCRYPTION,
    userinfo_signing_alg_values_supported: algorithms,
    claim_types_supported: ['normal'],
    claims_supported: ['sub', 'iss', 'aud', 'exp', 'iat', 'auth_time', 'nonce', 'acr', 'amr', 'sid', ...claims],
    claims_parameter_supported: true,
    ...(acrValues.length > 0 ? { acr_values_supported: acrValues } : {}),
  }
}

/**
 * Returns the scope tokens of APIs that are told: where clients can walk in, those that these may have, for many ask for all that they
 * find here. Whoever is configured knows its own (RFC 8414 §2 leaves out what it likes).
 */
function scopesOfApis({ resources, walkIns }: CheckedSettings): readonly string[] {
  const all = [...resources.values()]
  if (walkIns === undefined) return all.flatMap(({ scopes }) => scopes)
  const { template } = walkIns
  return all.filter(({ uri }) => template.resources.has(uri)).flatMap((resource) => scopesOf(template, resource))
}

/** Returns the metadata document of an issuer (RFC 8414 §2). */
export function describeIssuer(settings: CheckedSettings): Readonly<Record<string, unknown>> {
  const { issuer, authenticate, revocations, guard, grants, trustedIssuers, hasCertificates } = settings
  const { clients, walkIns, detailTypes, isPushing, profile, openid, branding } = settings
  const ofPersons = openid === undefined ? [] : openidScopes(openid)
  const scopes = new Set([...ofPersons, ...scopesOfApis(settings)])
  const methods = authenticationMethodsOf(settings)
  const provingMethods = methods.filter((method) => method !== 'none')
  const strong = algorithmsIn(profile)
  const algorithms = guard === undefined ? [] : strong
  const telling = SIGNING_ALGORITHMS.filter((alg) => strong.includes(alg))
  const isForPersons = authenticate !== undefined
  const hasIdJag = [...trustedIssuers.values()].some(({ profile: kind }) => kind === 'id-jag')
  const isSigning = [...clients.values()].some(({ requestSigner }) => requestSigner !== undefined)
  const authorization = {
    authorization_endpoint: `${issuer}/authorize`,
    response_types_supported: RESPONSE_TYPES,
    response_modes_supported: RESPONSE_MODES,
    authorization_signing_alg_values_supported: telling,
    request_parameter_supported: isSigning,
    // Left out, it would mean that any URL is fetched (OpenID Connect Discovery §3).
    request_uri_parameter_supported: false,
    ...(isSigning ? { request_object_signing_alg_values_supported: strong } : {}),
    code_challenge_methods_supported: CODE_CHALLENGE_METHODS,
    prompt_values_supported: PROMPTS,
    ui_locales_supported: Object.keys(LANGUAGES),
    authorization_response_iss_parameter_supported: true,
    pushed_authorization_request_endpoint: `${issuer}/par`,
    require_pushed_authorization_requests: isPushing,
  }
  const devices = { device_authorization_endpoint: `${issuer}/device_authorization` }
  const provider = openid === undefined ? {} : describeProvider(settings, openid, telling)
  const logout =
    openid === undefined || !isForPersons
      ? {}
      : {
          end_session_endpoint: `${issuer}/logout`,
          backchannel_logout_supported: true,
          backchannel_logout_session_supported: true,
        }
  const walkingIn = {
    ...(walkIns?.isRegistering ? { registration_endpoint: `${issuer}/register` } : {}),
    ...(walkIns?.takesDocuments ? { client_id_metadata_document_supported: true } : {}),
  }
  const told = {
    ...(branding.terms === undefined ? {} : { op_tos_uri: branding.terms }),
    ...(branding.privacy === undefined ? {} : { op_policy_uri: branding.privacy }),
  }
  return {
    issuer,
    ...told,
    ...provider,
    ...logout,
    ...(isForPersons ? authorization : { response_types_supported: [] }),
    ...walkingIn,
    ...(grants.has(DEVICE_CODE) ? devices : {}),
    token_endpoint: `${issuer}/token`,
    token_endpoint_auth_methods_supported: methods,
    ...signedBy('token', algorithms),
    dpop_signing_alg_values_supported: DPOP_ALGORITHMS,
    ...(hasCertificates ? { tls_client_certificate_bound_access_tokens: true } : {}),
    jwks_uri: `${issuer}/jwks`,
    introspection_endpoint: `${issuer}/introspect`,
    introspection_endpoint_auth_methods_supported: provingMethods,
    ...signedBy('introspection', algorithms),
    introspection_signing_alg_values_supported: ['ES256'],
    revocation_endpoint: `${issuer}/revoke`,
    revocation_endpoint_auth_methods_supported: methods,
    ...signedBy('revocation', algorithms),
    ...(revocations === undefined
      ? {}
      : { revocations_endpoint: `${issuer}/revocations`, revocations_max_delay: REVOCATION_DELAY }),
    grant_types_supported: [...grants.keys()],
    ...(hasIdJag ? { authorization_grant_profiles_supported: [ID_JAG_PROFILE] } : {}),
    ...(detailTypes.size > 0 ? { authorization_details_types_supported: [...detailTypes.keys()] } : {}),
    ...(scopes.size > 0 ? { scopes_supported: [...scopes] } : {}),
  }
}

/**
 * Returns the paths of an issuer's metadata: `/.well-known/…` comes before the issuer's own path (RFC 8414 §3.1), or after it
 * (OpenID Connect Discovery §4.1). Clients ask any of these first, and some no other, whatever they want of the issuer.
 */
export function metadataPaths(issuer: string): readonly string[] {
  const base = new URL(issuer).pathname.replace(/\/$/, '')
  const names = ['/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']
  // Without a path the two are one.
  return [...new Set(names.flatMap((name) => [name + base, base + name]))]
}

/** Returns what answers with the metadata. They are written once, and everyone may keep them for a while. */
export function createMetadataAnswer(settings: CheckedSettings): () => Answer {
  const headers = { 'Content-Type': 'application/json', 'Cache-Control': 'public, max-age=300' }
  const answer = { status: 200, headers, body: JSON.stringify(describeIssuer(settings)) }
  return () => answer
}
