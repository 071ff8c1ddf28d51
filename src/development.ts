/**
 * What exists on a loopback issuer with `DEVELOPMENT = "true"`, and nowhere else.
 *
 * @module
 */

import { OFFLINE_ACCESS, STANDARD_SCOPES } from './openid/openid.ts'
import type { OpenidSettings } from './openid/openid_registration.ts'
import { DEVICE_CODE } from './protocol/grant_type.ts'
import type { ClientSettings } from './registration/clients/client_registration.ts'
import type { ResourceSettings } from './registration/resource_registration.ts'
import type { RegistrationSettings } from './registration/walk_in/walk_in_registration.ts'

/** The resource of the demo. */
export const DEMO_RESOURCE = 'https://api.example.com'

/** The scope of the demo. */
export const DEMO_SCOPE = 'orders:read orders:write'

/** What the demo asks of who logs in, where the issuer tells that. */
export const DEMO_PERSON = 'openid profile'

/** The public client of the demo. */
export const DEMO_CLIENT = 'demo-app'

/** The resource of the MCP server of the examples: clients that nobody configured may come for it. */
export const MCP_RESOURCE = 'http://localhost:8788/mcp'

/** The public client of `bulla login`: a device. */
export const DEMO_DEVICE = 'demo-cli'

/** The resource of somebody else: its tokens are nested, to a key pair of its own. */
export const PARTNER_RESOURCE = 'https://partner.example.com'

/**
 * Returns the public members of the partner's key in `.dev.vars`.
 *
 * @throws {TypeError} when it is no JSON
 */
export function readPartnerKey(text: string | undefined): Readonly<Record<string, unknown>> | undefined {
  if (text === undefined || text === '') return undefined
  try {
    const { kty, crv, x, y, kid } = JSON.parse(text) as Readonly<Record<string, unknown>>
    return { kty, crv, x, y, kid, use: 'enc' }
  } catch {
    throw new TypeError('"PARTNER_KEY" expected a JWK')
  }
}

/**
 * Returns the resources that anybody can ask tokens for on a fresh start.
 *
 * @param partnerKey the partner's public key; without it there is no partner
 */
export function developmentResources(
  partnerKey: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, ResourceSettings>> {
  const orders: ResourceSettings = {
    scopes: DEMO_SCOPE.split(' '),
    resource_name: 'Orders API',
    scope_descriptions: { 'orders:read': 'See your orders', 'orders:write': 'Place and cancel orders' },
  }
  const own = { [DEMO_RESOURCE]: orders, [MCP_RESOURCE]: { ...orders, resource_name: 'Orders, for agents' } }
  if (partnerKey === undefined) return own
  const partner: ResourceSettings = {
    scopes: ['reports:read'],
    resource_name: 'Partner reports',
    scope_descriptions: { 'reports:read': 'See your reports' },
    envelope: 'nested',
    jwks: { keys: [partnerKey] },
  }
  return { ...own, [PARTNER_RESOURCE]: partner }
}

/**
 * Returns those of the scope tokens that some resource has: an operator's own come before those of the fresh start.
 *
 * @param uris the resources that are meant. Default: all
 */
function scopesIn(
  resources: Readonly<Record<string, unknown>>,
  tokens: readonly string[],
  uris: readonly string[] = Object.keys(resources),
): readonly string[] {
  const there = uris.flatMap((uri) => {
    const scopes = (resources[uri] as ResourceSettings | null | undefined)?.scopes
    return Array.isArray(scopes) ? scopes : []
  })
  return tokens.filter((token) => there.includes(token))
}

/**
 * Returns what is told of people where the operator says nothing of it: what OpenID Connect knows. Nothing where an API has a
 * scope that would then be OpenID Connect's: such an API runs in development as it did.
 *
 * @param resources all that there are
 */
export function developmentOpenid(resources: Readonly<Record<string, unknown>>): OpenidSettings | undefined {
  return scopesIn(resources, STANDARD_SCOPES).length > 0 ? undefined : {}
}

/**
 * Returns what clients may have that nobody configured, where the operator says nothing of it: what the demo may, at the MCP
 * server before all. Nothing where these resources are the operator's own, and have none of it.
 *
 * @param resources all that there are
 * @param tellsBy as in {@link Playground}: strangers are told by RS256, or not at all
 */
export function developmentRegistration(
  resources: Readonly<Record<string, unknown>>,
  tellsBy: Playground['tellsBy'],
): RegistrationSettings | undefined {
  const uris = [MCP_RESOURCE, DEMO_RESOURCE]
  const scopes = scopesIn(resources, DEMO_SCOPE.split(' '), uris)
  if (scopes.length === 0) return undefined
  const ofPersons = tellsBy === 'RS256' ? ['openid', 'profile', 'email', OFFLINE_ACCESS] : []
  return {
    resources: uris,
    scopes: [...scopes, ...ofPersons],
    default_resource: MCP_RESOURCE,
  }
}

/** What there is to play with beside the clients. */
export interface Playground {
  readonly hasPartner: boolean
  /** Whether there is a guard that keeps what devices need. */
  readonly hasDevices: boolean
  /** All that there are. */
  readonly resources: Readonly<Record<string, unknown>>
  /** By what clients are told who logged in; nothing where nobody is told. */
  readonly tellsBy: 'RS256' | 'ES256' | undefined
}

/**
 * Returns the clients that anybody can use on a fresh start. The secret of `demo-service` is `demo-secret`, and so on:
 * no secrets at all.
 */
export function developmentClients(
  issuer: string,
  { hasPartner, hasDevices, resources, tellsBy }: Playground,
): Readonly<Record<string, ClientSettings>> {
  const redirect_uris = ['http://127.0.0.1/callback', 'http://localhost/callback']
  // RS256 is the default.
  const telling = tellsBy === 'ES256' ? { id_token_signed_response_alg: tellsBy } : {}
  const ofPersons = (scopes: string): readonly string[] => (tellsBy === undefined ? [] : scopes.split(' '))
  const both = { resources: [DEMO_RESOURCE], scopes: scopesIn(resources, DEMO_SCOPE.split(' '), [DEMO_RESOURCE]) }
  const partner = hasPartner
    ? { resources: [PARTNER_RESOURCE], scopes: scopesIn(resources, ['reports:read'], [PARTNER_RESOURCE]) }
    : { resources: [], scopes: [] }
  return {
    'demo-service': {
      client_name: 'Demo service',
      secret_hash: 'sha256:zVd_4lYev_I1BdsLsAYwDHzey9RrwOA8RJr6-sosJb8',
      grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
      redirect_uris,
      resources: [...both.resources, ...partner.resources],
      scopes: [...both.scopes, ...partner.scopes],
    },
    'demo-api': {
      kind: 'resource_server',
      secret_hash: 'sha256:AAeye3Tcu2S26eziBuh9Ebp3r6Hw9UkcMqkwtVL_ygQ',
      resources: [DEMO_RESOURCE],
    },
    'demo-mcp': {
      kind: 'resource_server',
      secret_hash: 'sha256:NnLwY6AaYvB2cqv1Wv9X--02DDA9eEL7kGyHXyKJJkk',
      resources: [MCP_RESOURCE],
    },
    'demo-operator': { kind: 'operator', secret_hash: 'sha256:yk5HmIqyRNl5mxGQyg3Jgw-t53QAxlgh1ws6t-AkYtk' },
    [DEMO_CLIENT]: {
      client_name: 'Demo app',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [...redirect_uris, `${issuer}/demo`],
      ...both,
      scopes: [...both.scopes, ...ofPersons('openid profile email')],
      ...telling,
    },
    ...(hasDevices && {
      [DEMO_DEVICE]: {
        client_name: 'Demo command',
        grant_types: [DEVICE_CODE, 'refresh_token'],
        ...both,
        scopes: [...both.scopes, ...ofPersons('openid profile email offline_access')],
        ...telling,
      },
    }),
    ...(tellsBy && {
      'demo-rp': {
        client_name: 'Demo relying party',
        secret_hash: 'sha256:u5GMIt4UprNERgG8YrubXVbQcBwjao6BrWgKa5UD-x8',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris,
        post_logout_redirect_uris: ['http://127.0.0.1/', 'http://localhost/'],
        ...both,
        scopes: [...both.scopes, ...STANDARD_SCOPES],
        ...telling,
      },
    }),
  }
}
