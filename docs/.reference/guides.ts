/**
 * Where each setting is explained, from the folder of the reference.
 *
 * @module
 */

import type { Guides } from './links.ts'

const CLIENTS = '../guides/clients.md'
const LOGIN = '../guides/people-and-login.md'
const PROVING = '../guides/clients.md#how-clients-prove-themselves'
const CERTIFICATES = '../guides/bound-tokens.md#certificates'
const DPOP = '../guides/bound-tokens.md#dpop'
const FAPI = '../guides/fapi2.md'
const PAIRWISE = '../guides/pairwise-subjects.md'
const DETAILS = '../guides/authorization-details.md'
const CONSENT = `${LOGIN}#consent`
const SESSIONS = `${LOGIN}#sessions`
const OPENID = '../guides/openid.md'
const LOGOUT = `${OPENID}#logging-out`
const TRAVEL = `${OPENID}#how-requests-and-answers-travel`
const APPS_ARE_TOLD = `${OPENID}#what-an-app-is-told`
const REGISTRATION = '../guides/registration.md'
const RESOURCE_SERVERS = '../start/resource-servers.md'
const PARTNER = '../start/partners-server.md'
const HANDED = '../guides/acting-at-the-provider.md'
const RUNNING_CODE = '../guides/runtimes.md#in-code'

/** Of each table of the settings: where its members are explained. */
export const GUIDES = {
  variables: {
    usual: '../guides/deploying.md',
    of: {
      ISSUER: '../guides/deploying.md#deploy',
      RESOURCES: '#resources',
      CLIENTS: '#clients',
      PROFILE: FAPI,
      OPENID,
      BRANDING: '#branding',
      AUTHORIZATION_DETAILS_TYPES: DETAILS,
      REQUIRE_PUSHED_AUTHORIZATION_REQUESTS: '../guides/clients.md#pushing',
      PAIRWISE_SALT: PAIRWISE,
      REGISTRATION,
      REGISTRATION_KEYS: `${REGISTRATION}#keys`,
      LOGIN,
      LOGIN_CLIENT_SECRET: '#several-ways-to-log-in',
      TRUSTED_ISSUERS: '../guides/trusted-issuers.md#machines-that-others-vouch-for',
      LOGIN_LIFETIME: `${LOGIN}#who-comes-late`,
      SESSION_LIFETIME: SESSIONS,
      SESSION_IDLE_LIFETIME: SESSIONS,
      GUARD: '../guides/guards.md#which-guard-for-which',
      HOMES: '../scale/homes.md',
      HOME_REGIONS: '../scale/homes.md#regions',
      REVOCATIONS: '../guides/revocation.md',
      EVENTS: 'events.md#sinks',
      EVENT_SUBJECTS: 'events.md#subjects',
      SETTINGS: '../guides/sealed-settings.md',
      DPOP_NONCE: DPOP,
      FAILURES: '#how-often',
      REGISTRATIONS: '#how-often',
      DEVICES: '../guides/devices.md#too-many-codes',
      LIMITS_CLIENT: '#how-often',
      LIMITS_ADDRESS: '#how-often',
      LIMITS_SUBJECT: '#how-often',
      KEY_RING: '../guides/keys-and-rotation.md',
      KEY_RING_NEXT: '../guides/keys-and-rotation.md#rotating',
      PARTNER_KEY: PARTNER,
      DEVELOPMENT: '../start/getting-started.md',
    },
  },
  LOGIN: {
    usual: '../guides/providers.md',
    of: { oauth: '../guides/providers.md#any-that-speaks-oauth-20', page: '../guides/own-login-page.md' },
  },
  RESOURCES: {
    usual: RESOURCE_SERVERS,
    of: {
      scopes: '../guides/found-by-url.md#a-scope-for-each-operation',
      resource_name: CONSENT,
      scope_descriptions: CONSENT,
      words: '../guides/pages.md#languages',
      envelope: PARTNER,
      enc: '../start/other-languages.md#which-library-can-what',
      encryption_alg: PARTNER,
      signing_alg: PARTNER,
      jwks: PARTNER,
      jwks_uri: '#keys-at-a-url',
      branch: '../guides/when-something-leaks.md#an-apis-keys',
      access_token_lifetime: '../guides/revocation.md#how-long-it-can-be',
      exchange: '../guides/token-exchange.md',
      signed_introspection: 'endpoints.md#introspection',
      anonymous: '../guides/clients.md#grants',
      subject_type: PAIRWISE,
      sector_identifier: PAIRWISE,
      provider_token: HANDED,
      provider_scope: HANDED,
    },
  },
  CLIENTS: {
    usual: CLIENTS,
    of: {
      kind: '../start/other-languages.md#any-other-language',
      profile: FAPI,
      secret_hash: '../guides/when-something-leaks.md#a-clients-secret',
      token_endpoint_auth_method: PROVING,
      tls_client_auth_subject_dn: CERTIFICATES,
      tls_client_auth_san_dns: CERTIFICATES,
      tls_client_auth_san_uri: CERTIFICATES,
      tls_client_auth_san_ip: CERTIFICATES,
      tls_client_auth_san_email: CERTIFICATES,
      dpop_bound_access_tokens: DPOP,
      tls_client_certificate_bound_access_tokens: CERTIFICATES,
      jwks: PROVING,
      jwks_uri: '#keys-at-a-url',
      token_endpoint_auth_signing_alg: PROVING,
      assertion_audience: PROVING,
      assertion_lifetime: PROVING,
      grant_types: '../guides/clients.md#grants',
      resources: '../guides/clients.md#which-api-a-token-is-for',
      scopes: '../guides/clients.md#which-api-a-token-is-for',
      scopes_strict: '../guides/clients.md#which-api-a-token-is-for',
      exchange: '../guides/token-exchange.md',
      authorization_details_types: DETAILS,
      require_pushed_authorization_requests: '../guides/clients.md#pushing',
      anonymous: '../guides/clients.md#grants',
      client_name: CONSENT,
      client_uri: CONSENT,
      redirect_uris: '../guides/clients.md#authorization',
      consent: CONSENT,
      opens_popup: TRAVEL,
      refresh_token_lifetime: '../guides/clients.md#refreshing',
      refresh_token_idle_lifetime: '../guides/clients.md#refreshing',
      refresh_token_grace_uses: '../guides/clients.md#refreshing',
      repeats_refresh_token: '../guides/clients.md#refreshing',
      id_token_signed_response_alg: APPS_ARE_TOLD,
      id_token_claims: APPS_ARE_TOLD,
      pkce: TRAVEL,
      post_logout_redirect_uris: LOGOUT,
      backchannel_logout_uri: LOGOUT,
      default_max_age: '../guides/clients.md#authorization',
      require_auth_time: APPS_ARE_TOLD,
      userinfo_signed_response_alg: 'endpoints.md#userinfo',
      id_token_encrypted_response_alg: APPS_ARE_TOLD,
      id_token_encrypted_response_enc: APPS_ARE_TOLD,
      authorization_signed_response_alg: TRAVEL,
      request_object_signing_alg: TRAVEL,
      subject_type: PAIRWISE,
      sector_identifier: PAIRWISE,
    },
  },
  exchange: { usual: '../guides/token-exchange.md' },
  OPENID: { usual: OPENID, of: { claims: APPS_ARE_TOLD, scopes: APPS_ARE_TOLD, profile: '#in-code' } },
  BRANDING: { usual: '../guides/people-and-login.md#consent' },
  REGISTRATION: {
    usual: `${REGISTRATION}#settings`,
    of: { blocked: `${REGISTRATION}#keeping-one-out`, documents: `${REGISTRATION}#what-a-document-says` },
  },
  TRUSTED_ISSUERS: {
    usual: '../guides/trusted-issuers.md#machines-that-others-vouch-for',
    of: { profile: '../guides/trusted-issuers.md#people-of-an-enterprise', jwks_uri: '#keys-at-a-url' },
  },
  allow: { usual: '../guides/trusted-issuers.md#machines-that-others-vouch-for' },
  AUTHORIZATION_DETAILS_TYPES: { usual: DETAILS },
  code: {
    usual: '#in-code',
    of: {
      grants: '../guides/own-grant-type.md',
      fetch: `${REGISTRATION}#what-a-document-says`,
      certificate: CERTIFICATES,
      scheme: RUNNING_CODE,
      addressOf: RUNNING_CODE,
      trace: '../guides/metrics.md',
      log: 'events.md#types',
    },
  },
} as const satisfies Readonly<Record<string, Guides>>
