/**
 * Clients that are devices.
 *
 * @module
 */

import { VARS } from '../house.ts'

/** The grant type of devices. */
export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

/** Clients that are devices: a public one, and one with a secret (that of `web`). */
export const DEVICE_CLIENTS = {
  ...VARS.CLIENTS,
  pub: {
    client_name: 'Telly',
    grant_types: [DEVICE_CODE, 'refresh_token'],
    resources: [...VARS.CLIENTS.pub.resources],
    scopes: ['read', 'write'],
    authorization_details_types: ['payment'],
  },
  web: { ...VARS.CLIENTS.web, grant_types: [...VARS.CLIENTS.web.grant_types, DEVICE_CODE] },
} as const
