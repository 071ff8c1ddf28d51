/**
 * What exists on a loopback issuer with `DEVELOPMENT = "true"`, and nowhere else.
 *
 * @module
 */

import type { ClientSettings, ResourceSettings } from './settings.ts'

/** The resources that anybody can ask tokens for on a fresh start. */
export const DEVELOPMENT_RESOURCES: Readonly<Record<string, ResourceSettings>> = {
  'https://api.example.com': { scopes: ['orders:read', 'orders:write'] },
}

/** The clients that anybody can use on a fresh start. The secret of `demo-service` is `demo-secret`: no secret at all. */
export const DEVELOPMENT_CLIENTS: Readonly<Record<string, ClientSettings>> = {
  'demo-service': {
    secret_hash: 'sha256:zVd_4lYev_I1BdsLsAYwDHzey9RrwOA8RJr6-sosJb8',
    grant_types: ['client_credentials'],
    resources: ['https://api.example.com'],
    scopes: ['orders:read', 'orders:write'],
  },
}
