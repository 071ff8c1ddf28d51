/**
 * The settings of one issuer for all tests: its clients, their secrets, its resources, its ring. Who needs no issuer reads this alone, and
 * is faster.
 *
 * @module
 */

import { encodeBase64url } from '../keys/base64url.ts'
import { digestText } from '../keys/digest.ts'
import { writeRing } from '../keys/index.ts'
import { ownLoginPage } from '../src/login/own_page.ts'
import type { IssuerSettings } from '../src/settings/issuer_settings.ts'
import { createMemoryGuard } from '../src/stores/guard_memory.ts'
import { openDirect } from '../src/token/direct.ts'
import type { Entitlement } from '../src/token/entitlement.ts'
import { JWT_BEARER, TRUSTED } from './parties/trusted.ts'
import { API, API2, ISSUER, NOW, testRing } from './ring.ts'

export { API, API2, ENTITLEMENT, ISSUER, NOW, named, testKey, testRing } from './ring.ts'

/** The API of a partner, who has a key pair of its own. */
export const PARTNER = 'https://partner.example'
/** An API whose signed tokens are sealed under its leaf. */
export const SIGNED = 'https://signed.example'

/** Returns the settings' form of a secret. */
export function secretHash(secret: string): string {
  return `sha256:${encodeBase64url(digestText(secret))}`
}

/** The secrets of the confidential clients below. */
export const SECRETS = {
  service: 'service-secret',
  one: 'one-secret',
  'basic-only': 'basic-only-secret',
  anon: 'anon-secret',
  'no-grant': 'no-grant-secret',
  'odd id:%+&': 'odd secret:%+&',
  turning: 'new-secret',
  web: 'web-secret',
  machine: 'machine-secret',
  'api-server': 'api-server-secret',
  'partner-server': 'partner-server-secret',
  operator: 'operator-secret',
  gateway: 'gateway-secret',
  pushing: 'pushing-secret',
} as const

/** The key by which the test's own login page signs who logged in. It protects nothing. */
export const LOGIN_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'PV_hD9nE9VaSUpIx6jAuSeq3ZUTwzDtGjoM-E_ejWZA',
  y: 'fZrTDF_9fnWhd6SDJd_ZzCSdQjNz4cYyCmRXsXT8_hk',
  d: 'ACYncdJE2QsizLpv0_YeB-dkxXGVAfAM0DbctG5rFxw',
  alg: 'ES256',
  kid: 'login-1',
} as const

/** The key pair of the partner's API. It protects nothing. */
export const PARTNER_KEY = {
  kty: 'EC',
  crv: 'P-256',
  x: 'DQWf-Wrb3fB6E7gpL6jASdfgjCPdSohH_MOBqTD7H3U',
  y: 'SrwnEQVGsQ2VlB4-OdKJL4541g8JIF9nV9BHWkM6bP4',
  d: 'UE3lEPzFg20s5Og4aozQXPtuIZ7LnRxDm5S6tu01WdE',
  kid: 'partner-1',
  use: 'enc',
} as const

/** Returns the public members of the partner's key. */
function publicPartnerKey() {
  const { d: _, ...members } = PARTNER_KEY
  return members
}

/** Returns the public members of a key. */
function publicOf({ kty, crv, x, y, alg, kid }: typeof LOGIN_KEY) {
  return { kty, crv, x, y, alg, kid }
}

/** Settings in the form that wrangler.toml gives them. */
export const VARS = {
  ISSUER,
  RESOURCES: {
    [API]: { scopes: ['read', 'write', 'admin'] },
    [API2]: { scopes: ['read', 'mail'], enc: 'A256CBC-HS512', access_token_lifetime: 300, anonymous: true },
    [PARTNER]: { scopes: ['reports'], envelope: 'nested', jwks: { keys: [publicPartnerKey()] } },
    [SIGNED]: { scopes: ['read', 'sign'], envelope: 'nested', encryption_alg: 'dir' },
    ...TRUSTED.RESOURCES,
  },
  CLIENTS: {
    service: {
      secret_hash: secretHash(SECRETS.service),
      grant_types: ['client_credentials'],
      resources: [API, API2],
      scopes: ['read', 'write', 'mail'],
      authorization_details_types: ['account'],
    },
    one: {
      secret_hash: secretHash(SECRETS.one),
      grant_types: ['client_credentials'],
      resources: [API],
      scopes: ['read', 'write'],
    },
    'basic-only': {
      secret_hash: secretHash(SECRETS['basic-only']),
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      resources: [API],
      scopes: ['read'],
    },
    anon: {
      secret_hash: secretHash(SECRETS.anon),
      grant_types: ['client_credentials'],
      resources: [API, API2],
      scopes: ['read'],
      anonymous: true,
    },
    'no-grant': { secret_hash: secretHash(SECRETS['no-grant']), grant_types: [], resources: [API], scopes: ['read'] },
    'odd id:%+&': {
      secret_hash: secretHash(SECRETS['odd id:%+&']),
      grant_types: ['client_credentials'],
      resources: [API],
      scopes: ['read'],
    },
    turning: {
      secret_hash: [secretHash(SECRETS.turning), secretHash('old-secret')],
      grant_types: ['client_credentials'],
      resources: [API],
      scopes: ['read'],
    },
    machine: {
      secret_hash: secretHash(SECRETS.machine),
      grant_types: ['client_credentials'],
      resources: [API, PARTNER, SIGNED],
      scopes: ['read', 'reports', 'sign'],
    },
    'api-server': {
      kind: 'resource_server',
      secret_hash: secretHash(SECRETS['api-server']),
      resources: [API, API2],
    },
    'partner-server': {
      kind: 'resource_server',
      secret_hash: secretHash(SECRETS['partner-server']),
      resources: [PARTNER, SIGNED],
      jwks: { keys: [publicPartnerKey()] },
    },
    operator: { kind: 'operator', secret_hash: secretHash(SECRETS.operator) },
    app: { grant_types: ['client_credentials', JWT_BEARER], resources: [API], scopes: ['read'] },
    web: {
      secret_hash: secretHash(SECRETS.web),
      client_name: 'Web shop',
      client_uri: 'https://web.example',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://web.example/cb', 'https://web.example/cb?from=as'],
      resources: [API, API2],
      scopes: ['read', 'write', 'mail'],
      authorization_details_types: ['account', 'payment'],
    },
    pub: {
      client_name: 'Browser app',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://app.example/cb'],
      resources: [API],
      scopes: ['read', 'write'],
      authorization_details_types: ['payment'],
    },
    nat: {
      client_name: 'Native app',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [
        'http://127.0.0.1/cb',
        'http://[::1]/cb?x=1',
        'com.example.app:/cb',
        'cursor://anysphere.cursor-mcp/oauth/callback',
      ],
      resources: [API],
      scopes: ['read'],
    },
    evil: {
      client_name: 'Evil',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://evil.example/cb'],
      resources: [API],
      scopes: ['read', 'write'],
    },
    own: {
      secret_hash: secretHash('own-secret'),
      grant_types: ['authorization_code'],
      redirect_uris: ['https://own.example/cb'],
      consent: 'skip',
      resources: [API],
      scopes: ['read'],
    },
    ...TRUSTED.CLIENTS,
    pushing: {
      secret_hash: secretHash(SECRETS.pushing),
      grant_types: ['authorization_code'],
      redirect_uris: ['https://pushing.example/cb'],
      require_pushed_authorization_requests: true,
      resources: [API],
      scopes: ['read'],
    },
  },
  AUTHORIZATION_DETAILS_TYPES: {
    payment: {
      name: 'Pay',
      description: 'One payment from your account.',
      resources: [API],
      schema: {
        type: 'object',
        properties: {
          amount: {
            type: 'object',
            properties: {
              value: { type: 'string', pattern: '^[0-9]{1,9}[.][0-9]{2}$' },
              currency: { type: 'string', enum: ['EUR', 'USD'] },
            },
            required: ['value', 'currency'],
            additionalProperties: false,
          },
          creditorName: { type: 'string', title: 'To', maxLength: 70 },
        },
        required: ['amount', 'creditorName'],
        additionalProperties: false,
      },
    },
    account: {
      name: 'See accounts',
      resources: [API, API2],
      consent: 'remember',
      schema: {
        type: 'object',
        properties: {
          actions: {
            type: 'array',
            items: { type: 'string', enum: ['balance', 'history', 'owner'] },
            minItems: 1,
            maxItems: 3,
          },
          days: { type: 'integer', minimum: 1, maximum: 365 },
          owners: { type: 'array', items: { type: 'string' } },
        },
        required: ['actions'],
        additionalProperties: false,
      },
    },
  },
  TRUSTED_ISSUERS: TRUSTED.TRUSTED_ISSUERS,
  LOGIN: {
    type: 'page',
    url: 'https://login.example/login',
    issuer: 'https://login.example',
    jwks: { keys: [publicOf(LOGIN_KEY)] },
  },
} as const

const { type: _, ...page } = VARS.LOGIN

/** The test's own login page, as code has it. */
export const LOGIN_PAGE: Omit<typeof VARS.LOGIN, 'type'> = page

/** Tells whether the clients and resources are there that the rules of trust name. */
function isTrustPossible({ clients = VARS.CLIENTS, resources = VARS.RESOURCES }: Partial<IssuerSettings>): boolean {
  const rules = Object.values(VARS.TRUSTED_ISSUERS).flatMap(({ allow }) => [...allow])
  const isThere = (names: readonly string[], known: object): boolean =>
    names.every((name) => Object.hasOwn(known, name))
  return rules.every((rule) => isThere(rule.clients, clients) && isThere(rule.resources, resources))
}

/** Returns the settings of an issuer at `NOW` that logs nowhere. */
export function testSettings(changes: Partial<IssuerSettings> = {}): IssuerSettings {
  return {
    issuer: ISSUER,
    keyRing: writeRing(testRing(NOW)),
    resources: VARS.RESOURCES,
    clients: VARS.CLIENTS,
    trustedIssuers: isTrustPossible(changes) ? VARS.TRUSTED_ISSUERS : {},
    authorizationDetailsTypes: VARS.AUTHORIZATION_DETAILS_TYPES,
    authenticate: ownLoginPage(LOGIN_PAGE),
    guard: createMemoryGuard(changes.now ?? (() => NOW), { single: true }),
    log: () => {},
    now: () => NOW,
    ...changes,
  }
}

/** Returns the `Authorization` header of a client by Basic, each half form-encoded. */
export function basic(id: string, secret: string): string {
  const [a, b] = [id, secret].map((half) => new URLSearchParams({ half }).toString().slice('half='.length))
  return `Basic ${btoa(`${a}:${b}`)}`
}

/** The parts of a token request that a test wants otherwise. */
export interface TokenRequestChanges {
  readonly client?: keyof typeof SECRETS
  readonly method?: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  /** Parameters of the form; a list keeps repetitions. Default: client_credentials for `API`. */
  readonly form?: Record<string, string> | [string, string][]
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>
}

/** Returns a request to `POST /token`, right unless it is changed. */
export function tokenRequest(changes: TokenRequestChanges = {}): Request {
  const { client = 'service', method = 'POST', query = '', form, body } = changes
  const headers = {
    authorization: basic(client, SECRETS[client]),
    'content-type': 'application/x-www-form-urlencoded',
    ...changes.headers,
  }
  const sent = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined)
  const written = new URLSearchParams(form ?? { grant_type: 'client_credentials', resource: API }).toString()
  return new Request(`${ISSUER}/token${query}`, {
    method,
    headers: sent,
    ...(method === 'GET' || method === 'HEAD' ? {} : { body: body ?? written }),
    ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
  })
}

/** The members of a token answer. */
export interface TokenAnswer {
  readonly access_token: string
  readonly token_type: string
  readonly expires_in: number
  readonly scope: string
  readonly error?: string
}

/** Opens a direct token to its entitlement. */
export async function openEntitlement(...request: Parameters<typeof openDirect>): Promise<Entitlement> {
  return (await openDirect(...request)).entitlement
}
