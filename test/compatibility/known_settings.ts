/**
 * The settings that all versions know, as variables of a Worker: nothing here may be newer than the oldest that is packed.
 *
 * @module
 */

import { API, API2, ISSUER, PARTNER, PARTNER_KEY, SIGNED, secretHash, VARS } from '../fixtures.ts'
import { CI, CI_KEY, CLIENT_KEY, JWT_BEARER, TOKEN_EXCHANGE } from '../parties/trusted.ts'

/** Tokens for it bear a mark, and can be exchanged. */
export const MARKED = 'https://marked.example'
/** It calls each person otherwise. */
export const PAIRWISE = 'https://pairwise.example'

const secret = (name: string) => ({ secret_hash: secretHash(`${name}-secret`) })
const { d: _, ...PARTNER_PUBLIC } = PARTNER_KEY
const publicOf = ({ kty, crv, x, y, kid }: typeof CLIENT_KEY | typeof CI_KEY) => ({ kty, crv, x, y, kid })
const app = { grant_types: ['authorization_code', 'refresh_token'], redirect_uris: ['https://app.example/cb'] }
const machine = { grant_types: ['client_credentials'], resources: [API], scopes: ['read'] }

/** Settings, but for the ring and what is bound. */
export const KNOWN = {
  ISSUER,
  RESOURCES: {
    [API]: {
      scopes: ['read', 'write'],
      resource_name: 'Orders',
      scope_descriptions: { read: 'See orders' },
      access_token_lifetime: 600,
    },
    [API2]: { scopes: ['read'], enc: 'A256CBC-HS512', anonymous: true },
    [PARTNER]: { scopes: ['read'], envelope: 'nested', signing_alg: 'Ed25519', jwks: { keys: [PARTNER_PUBLIC] } },
    [SIGNED]: { scopes: ['read'], envelope: 'nested', encryption_alg: 'dir' },
    [MARKED]: { scopes: ['read'], exchange: true },
    [PAIRWISE]: { scopes: ['read'], subject_type: 'pairwise', sector_identifier: 'partners' },
    'https://elsewhere.example': { scopes: ['read'], envelope: 'nested', jwks_uri: 'https://elsewhere.example/jwks' },
  },
  CLIENTS: {
    pub: {
      ...app,
      client_name: 'Browser app',
      client_uri: 'https://app.example',
      resources: [API, API2, MARKED, PAIRWISE],
      scopes: ['read', 'write'],
      authorization_details_types: ['payment', 'account'],
      refresh_token_lifetime: 864_000,
      refresh_token_idle_lifetime: 432_000,
    },
    web: {
      ...app,
      ...secret('web'),
      token_endpoint_auth_method: 'client_secret_basic',
      resources: [API, PAIRWISE],
      scopes: ['read', 'write'],
    },
    skipping: { ...app, ...secret('skipping'), consent: 'skip', resources: [API], scopes: ['read'] },
    /** A public client whose tokens are bound to a certificate. */
    holder: { ...app, tls_client_certificate_bound_access_tokens: true, resources: [API], scopes: ['read'] },
    machine: { ...machine, ...secret('machine'), resources: [API, API2, PARTNER, SIGNED, MARKED] },
    turning: { ...machine, secret_hash: [secretHash('turning-secret'), secretHash('old-secret')] },
    keyed: {
      ...machine,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks: { keys: [publicOf(CLIENT_KEY)] },
    },
    'keyed-elsewhere': {
      ...machine,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks_uri: 'https://keyed.example/jwks',
    },
    bank: {
      ...app,
      profile: 'fapi2',
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [{ ...publicOf(CLIENT_KEY), kid: 'bank-1' }] },
      dpop_bound_access_tokens: true,
      require_pushed_authorization_requests: true,
      resources: [API],
      scopes: ['read'],
    },
    named: { ...machine, token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: 'CN=named' },
    ...Object.fromEntries(
      Object.entries({
        san_dns: 'named.example',
        san_uri: 'https://named.example/',
        san_ip: '192.0.2.1',
        san_email: 'named@named.example',
      }).map(([name, value]) => [
        name,
        { ...machine, token_endpoint_auth_method: 'tls_client_auth', [`tls_client_auth_${name}`]: value },
      ]),
    ),
    anon: { ...machine, ...secret('anon'), resources: [API2], anonymous: true },
    runner: { ...machine, grant_types: [JWT_BEARER] },
    gateway: {
      ...machine,
      ...secret('gateway'),
      grant_types: [TOKEN_EXCHANGE],
      resources: [API, MARKED],
      exchange: [{ from: [MARKED], to: [API], scopes: ['read'], impersonation: true }],
    },
    server: { ...secret('server'), kind: 'resource_server', resources: [API, API2, SIGNED, MARKED, PAIRWISE] },
    operator: { ...secret('operator'), kind: 'operator' },
  },
  AUTHORIZATION_DETAILS_TYPES: {
    payment: { ...VARS.AUTHORIZATION_DETAILS_TYPES.payment, resources: [API], consent: 'ask' },
    account: { ...VARS.AUTHORIZATION_DETAILS_TYPES.account, resources: [API, API2] },
  },
  TRUSTED_ISSUERS: {
    ci: {
      issuer: CI,
      audience: ISSUER,
      algorithms: ['ES256'],
      typ: 'JWT',
      assertion_lifetime: 600,
      jwks: { keys: [publicOf(CI_KEY)] },
      allow: [
        {
          subjects: ['repo:acme/app:*'],
          claims: { repository_owner: 'acme' },
          clients: ['runner'],
          resources: [API],
          scopes: ['read'],
        },
      ],
    },
    elsewhere: {
      issuer: 'https://elsewhere.example',
      jwks_uri: 'https://elsewhere.example/jwks',
      allow: [{ subjects: ['alice'], clients: ['runner'], resources: [API], scopes: ['read'] }],
    },
  },
  REQUIRE_PUSHED_AUTHORIZATION_REQUESTS: false,
  PAIRWISE_SALT: 'c2FsdCBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVzIGxvbmcu',
  LOGIN: VARS.LOGIN,
  SESSION_LIFETIME: 36_000,
  SESSION_IDLE_LIFETIME: 3600,
  DPOP_NONCE: true,
} as const

/** Variables of a Worker. */
export type Variables = Readonly<Record<string, unknown>>
