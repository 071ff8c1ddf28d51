/**
 * The relying parties of the issuer that is fuzzed, and what they sign.
 *
 * @module
 */

import type { ClientSettings } from '../../src/index.ts'
import { API, ISSUER, NOW } from '../fixtures.ts'
import { RP, RP_CALLBACK } from '../parties/openid_provider.ts'
import { publicOf } from '../parties/partner.ts'
import { CLIENT_KEY, type ClaimChanges, clientAssertion } from '../parties/trusted.ts'

/** Where they have people go after a logout. */
export const RP_HOME = 'https://rp.example/bye'

/** One that may do all that a relying party can, without PKCE and with signed requests; and one that is told otherwise. */
export const RELYING_PARTIES: Readonly<Record<'rp' | 'told', ClientSettings>> = {
  rp: {
    ...RP,
    pkce: 'optional',
    post_logout_redirect_uris: [RP_HOME],
    backchannel_logout_uri: 'https://rp.example/backchannel',
    jwks: { keys: [publicOf(CLIENT_KEY)] },
    request_object_signing_alg: 'ES256',
    resources: [API],
    scopes: [...(RP.scopes ?? []), 'work', 'read'],
  },
  told: {
    ...RP,
    id_token_signed_response_alg: 'ES256',
    userinfo_signed_response_alg: 'Ed25519',
    id_token_claims: false,
    default_max_age: 600,
    subject_type: 'pairwise',
    sector_identifier: 'told.example',
  },
}

/** Signs an authorization request of `rp`, right unless it is changed. */
export function requestObject(changes: ClaimChanges = {}): Promise<string> {
  const asked = {
    client_id: 'rp',
    response_type: 'code',
    redirect_uri: RP_CALLBACK,
    scope: 'openid email',
    claims: { id_token: { name: null } },
    max_age: 600,
  }
  const about = { iss: 'rp', sub: undefined, exp: NOW + 200 }
  return clientAssertion(ISSUER, NOW, { ...about, ...asked, ...changes }, { header: { typ: 'oauth-authz-req+jwt' } })
}
