/**
 * Those who sign and are believed: a client with a key, a CI system, and a gateway that exchanges tokens.
 *
 * @module
 */

import { type CryptoKey, importJWK, type JWTHeaderParameters, SignJWT } from 'jose'

/** The token type that we give, and take for our own (RFC 8693 §3). */
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
export const JWT = 'urn:ietf:params:oauth:token-type:jwt'

/** The grant types. */
export const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** The only type of client assertion (RFC 7523 §2.2). */
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** The API that people's tokens are for, the one behind it, and one whose tokens are nested under its leaf. */
export const FRONT = 'https://front.example'
export const INNER = 'https://inner.example'
export const NEST = 'https://nest.example'

/** The CI system. */
export const CI = 'https://ci.example'

/** The key of the client `keyed`. It protects nothing. */
export const CLIENT_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'p_u2wGcEHzEjxyqAck2MOy70B7qmn01ENnnNGpLHEUg',
  y: '_mje2uVFsO0e2o0J2rr_C5cd5EaK5lx1DH3ztTtE7mo',
  d: 'fND9HmaakQB6dw_pFOn5ViNb63AL3n1Q82pdfdSw3W0',
  kid: 'keyed-1',
} as const

/** The key of the CI system. It protects nothing. */
export const CI_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'V3WOjympjKTTGNdSusKjd20mIwyf7tIwMPsmASo9zCg',
  y: 'BofuSnILfH6F1EDecvcUgIJLrYAj2h7lx1YmzXqVcy8',
  d: 'cKxeyGeIIeNe34arnXms4E3kywchCZdEq1Zq-quXqpw',
  kid: 'ci-1',
} as const

const publicOf = ({ kty, crv, x, y, kid }: typeof CLIENT_KEY | typeof CI_KEY) => ({ kty, crv, x, y, kid })

/** What stands in the settings of all tests. */
export const TRUSTED = {
  RESOURCES: {
    [FRONT]: { scopes: ['read', 'write'], exchange: true },
    [INNER]: { scopes: ['read', 'stock', 'deploy'] },
    [NEST]: { scopes: ['read'], envelope: 'nested', encryption_alg: 'dir', exchange: true },
  },
  CLIENTS: {
    keyed: {
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [publicOf(CLIENT_KEY)] },
      grant_types: ['client_credentials'],
      resources: [INNER],
      scopes: ['read'],
    },
    runner: { grant_types: [JWT_BEARER], resources: [FRONT, INNER], scopes: ['read', 'write', 'deploy'] },
    shop: {
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://shop.example/cb'],
      resources: [FRONT],
      scopes: ['read', 'write'],
    },
    gateway: {
      secret_hash: 'sha256:Hguq5QpuIAbYlPnmTFOhMX5gMvS6Z98IGZ1TeMWUjOY',
      grant_types: ['client_credentials', TOKEN_EXCHANGE],
      resources: [FRONT, INNER, NEST],
      scopes: ['read', 'stock', 'deploy'],
      exchange: [
        { from: [FRONT, NEST], to: [INNER], scopes: { read: 'read', stock: 'write' }, impersonation: true },
        { from: ['ci'], to: [INNER], scopes: ['deploy'] },
      ],
    },
  },
  TRUSTED_ISSUERS: {
    ci: {
      issuer: CI,
      algorithms: ['ES256'],
      jwks: { keys: [publicOf(CI_KEY)] },
      allow: [
        {
          subjects: ['repo:acme/app:ref:refs/heads/main', 'repo:acme/tools:*'],
          claims: { repository_owner: 'acme' },
          clients: ['runner', 'gateway'],
          resources: [INNER],
          // The inner API does not know `write`; the front API does, and no rule gives it there.
          scopes: ['read', 'write', 'deploy'],
        },
        {
          subjects: ['repo:acme/app:*'],
          claims: { preview: true },
          clients: ['runner'],
          resources: [FRONT],
          scopes: ['read'],
        },
      ],
    },
  },
} as const

/** Claims with changes; nothing leaves one out. */
export type ClaimChanges = Readonly<Record<string, unknown>>

/** How an assertion is signed. */
export interface Signing {
  readonly header?: Partial<JWTHeaderParameters>
  readonly key?: CryptoKey | Uint8Array
}

let count = 0

async function sign(claims: ClaimChanges, own: typeof CLIENT_KEY | typeof CI_KEY, signing: Signing): Promise<string> {
  const present = Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined))
  const header = { alg: 'ES256', kid: own.kid, ...signing.header }
  const written = Object.fromEntries(Object.entries(header).filter(([, value]) => value !== undefined))
  return new SignJWT(present)
    .setProtectedHeader(written as JWTHeaderParameters)
    .sign(signing.key ?? (await importJWK(own, 'ES256')))
}

/** Signs an assertion of the client `keyed`, right unless it is changed. */
export function clientAssertion(
  audience: string,
  now: number,
  changes: ClaimChanges = {},
  signing: Signing = {},
): Promise<string> {
  const claims = { iss: 'keyed', sub: 'keyed', aud: audience, iat: now, exp: now + 60, jti: `c${++count} ${now}` }
  return sign({ ...claims, ...changes }, CLIENT_KEY, signing)
}

/** Signs what the CI system says of a job on the main branch, right unless it is changed. */
export function jobToken(
  audience: string,
  now: number,
  changes: ClaimChanges = {},
  signing: Signing = {},
): Promise<string> {
  const claims = {
    iss: CI,
    sub: 'repo:acme/app:ref:refs/heads/main',
    aud: audience,
    iat: now,
    nbf: now - 10,
    exp: now + 300,
    jti: `j${++count} ${now}`,
    repository_owner: 'acme',
  }
  return sign({ ...claims, ...changes }, CI_KEY, signing)
}
