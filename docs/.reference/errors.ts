/**
 * The errors: each code that a client or a person is told, with its status and its one description.
 *
 * @module
 */

import { OAUTH_ERRORS, type OAuthErrorCode } from '../../src/protocol/error.ts'
import { tableOf } from './table.ts'

const LATE = 'or the guard, or who logs people in, does not answer, also where a refresh needs new tokens of a provider'
const AT_CLIENT = 'at the client, by a redirect'

/** When each is told, and where its status is another or it is no answer to a program. The compiler asks for each code. */
const WHEN: Readonly<Record<OAuthErrorCode, string>> = {
  invalid_request:
    'malformed, repeated, missing; wrong place (404), method (405), size (413, 414), host or scheme (421), for people a page; a token that cannot be exchanged (RFC 8693 §2.2.2)',
  invalid_client:
    'unknown, or not proved: said before anything else is looked at, so that an app whose id is dead [registers anew](../guides/registration.md). At the authorization endpoint a page, 400',
  invalid_grant:
    "the code, refresh token or assertion is not good (any more), or not this client's; what an API is [handed of a provider](../guides/providers.md#what-is-kept-of-a-provider) has ended there",
  unauthorized_client: 'the client may not use this [grant type](../guides/clients.md#grants)',
  unsupported_grant_type: 'nobody can use this [grant type](../guides/clients.md#grants)',
  unsupported_token_type:
    'this token cannot be [revoked](../guides/revocation.md#what-cannot-be-revoked), or not by this client (RFC 7009 §2.2.1)',
  invalid_dpop_proof:
    'the [DPoP](../guides/bound-tokens.md#dpop) proof is missing where it is needed, not good, or used',
  use_dpop_nonce: 'try again with the nonce in `DPoP-Nonce`: [DPoP](../guides/bound-tokens.md#dpop)',
  invalid_scope:
    'more scope than the client may have, or than its [ID-JAG](../guides/trusted-issuers.md#people-of-an-enterprise) names',
  invalid_target:
    'another [resource](../guides/clients.md#which-api-a-token-is-for) than the client may have, or than its ID-JAG names',
  unknown_value:
    'an operator [revokes](../guides/revocation.md#by-an-operator) a client, a resource, or a key, that no setting and no ring knows',
  invalid_redirect_uri:
    'a client [registers](../guides/registration.md#what-a-client-registers) with redirect URIs that cannot be, with none, or with more than an id can hold',
  invalid_client_metadata:
    'a client [registers](../guides/registration.md#what-a-client-registers) with what cannot be read, or asks for what no client that registers has',
  authorization_pending: '[a device](../guides/devices.md#what-the-device-does) whose person has not answered yet',
  expired_token: '[a device](../guides/devices.md#what-the-device-does) that asks too late',
  slow_down:
    'over 50 failed authentications, or over 60 registrations, a minute from one address; too many [codes for devices](../guides/devices.md#too-many-codes); over a [limit](settings.md#how-often) of yours; more revocations than the list takes. 400 to a device that asks `/token` too early',
  unsupported_response_type: `${AT_CLIENT}: another response type than \`code\``,
  access_denied: `${AT_CLIENT}: the person said no; to a client that walked in by a press on a page of ours alone`,
  login_required: `${AT_CLIENT}: \`prompt=none\`, or no login that will do. 400 to a device whose login [no provider can prove](../guides/people-and-login.md#choosing-among-several)`,
  consent_required: `${AT_CLIENT}: \`prompt=none\`, and the person was not asked yet`,
  unmet_authentication_requirements: `${AT_CLIENT}: the login has no \`acr\` of those that the client calls essential, or asks for by \`acr_values\` for an API`,
  request_not_supported: `${AT_CLIENT}: a [signed request](../guides/openid.md#how-requests-and-answers-travel) of a client that has no \`request_object_signing_alg\``,
  invalid_request_object:
    'a page: a [signed request](../guides/openid.md#how-requests-and-answers-travel) that is malformed, has expired, is for somebody else, or not signed as its client signs; nothing in it counts, so nobody is sent anywhere',
  invalid_request_uri:
    'a page: a `request_uri` that is not of this client, has expired, or led to a code: [Pushing](../guides/clients.md#pushing)',
  invalid_authorization_details:
    'a [detail](../guides/authorization-details.md) of no type, not as its type says, or more than was approved',
  login_failed:
    'a page: nobody was logged in, of which a client never hears: [When the provider refuses](../guides/providers.md#when-the-provider-refuses)',
  foreign_login: 'a page: a login that another browser began, or one without cookies',
  login_too_long:
    'a page: what is said of the person fits into no cookie (the log counts): [What apps are told](../guides/people-and-login.md#what-apps-are-told)',
  foreign_form: 'a page: a form of another site',
  server_error:
    'a hook threw, or made the token too long; who logs people in does not take this issuer, its secret or its settings, at a login or where a refresh needs new tokens of a provider',
  temporarily_unavailable: `the ring or the settings cannot be used ([\`/healthz\`](endpoints.md#health) says why); [sealed settings](../guides/sealed-settings.md) were never read, and could know the client, the resource or the issuer; ${LATE}`,
}

/** What a client, or a person, is told. */
function errors(): string {
  const rows = Object.entries(OAUTH_ERRORS).map(([code, { status, description }]) => [
    `\`${code}\``,
    String(status),
    description,
    WHEN[code as OAuthErrorCode],
  ])
  return tableOf(['`error`', 'status', '`error_description`', 'when'], rows)
}

/** The parts of the page of errors. */
export const ERROR_PARTS = { errors }
