/**
 * The settings of the issuer that is driven: JSON, as a file or an environment holds it, without the ring.
 *
 * @module
 */

import { createRing, writeRing } from '../../../keys/index.ts'
import { API, testKey, VARS } from '../../fixtures.ts'
import { DEVICE_CODE } from '../device.ts'

/** Where the relying party's people come back to after a logout. */
export const HOME = 'https://web.example/'

/** Variables as `wrangler.toml` has them. */
export const DRIVE_VARS = {
  ...VARS,
  OPENID: {},
  CLIENTS: {
    ...VARS.CLIENTS,
    // All of a hundred at once are within its grace.
    pub: { ...VARS.CLIENTS.pub, refresh_token_grace_uses: 200 },
    web: {
      ...VARS.CLIENTS.web,
      scopes: [...VARS.CLIENTS.web.scopes, 'openid'],
      id_token_signed_response_alg: 'ES256',
      post_logout_redirect_uris: [HOME],
    },
    telly: {
      client_name: 'Telly',
      grant_types: [DEVICE_CODE, 'refresh_token'],
      resources: [API],
      scopes: ['read'],
    },
  },
} as const

/** Returns all that there is to read, ring included: each run has a ring of its own time. */
export function driveBindings(): Readonly<Record<string, unknown>> {
  return { ...DRIVE_VARS, KEY_RING: driveRing() }
}

/** Returns the text of `KEY_RING`. */
export function driveRing(): string {
  return writeRing(createRing({ now: Math.floor(Date.now() / 1000), key: testKey() }))
}
