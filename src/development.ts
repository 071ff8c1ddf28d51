/**
 * What exists on a loopback issuer with `DEVELOPMENT = "true"`, and nowhere else.
 *
 * @module
 */

import type { ClientSettings } from './protocol/client_registration.ts'
import type { ResourceSettings } from './protocol/resource_registration.ts'

/** The resource of the demo. */
export const DEMO_RESOURCE = 'https://api.example.com'

/** The scope of the demo. */
export const DEMO_SCOPE = 'orders:read orders:write'

/** The public client of the demo. */
export const DEMO_CLIENT = 'demo-app'

/** The resources that anybody can ask tokens for on a fresh start. */
export const DEVELOPMENT_RESOURCES: Readonly<Record<string, ResourceSettings>> = {
  [DEMO_RESOURCE]: {
    scopes: DEMO_SCOPE.split(' '),
    resource_name: 'Orders API',
    scope_descriptions: { 'orders:read': 'See your orders', 'orders:write': 'Place and cancel orders' },
  },
}

/**
 * Returns the clients that anybody can use on a fresh start. The secret of `demo-service` is `demo-secret`: no secret at
 * all.
 */
export function developmentClients(issuer: string): Readonly<Record<string, ClientSettings>> {
  const redirect_uris = ['http://127.0.0.1/callback', 'http://localhost/callback']
  const both = { resources: [DEMO_RESOURCE], scopes: DEMO_SCOPE.split(' ') }
  return {
    'demo-service': {
      client_name: 'Demo service',
      secret_hash: 'sha256:zVd_4lYev_I1BdsLsAYwDHzey9RrwOA8RJr6-sosJb8',
      grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
      redirect_uris,
      ...both,
    },
    [DEMO_CLIENT]: {
      client_name: 'Demo app',
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [...redirect_uris, `${issuer}/demo`],
      ...both,
    },
  }
}
