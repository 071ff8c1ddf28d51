/**
 * The settings and the ring of what is soaked, and who its clients are.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import { createRing, type Ring, rotateRing } from '../../keys/index.ts'
import { secretHash, VARS } from '../fixtures.ts'
import { DEVICE_CODE } from '../parties/device.ts'
import { REGISTRATION_KEYS } from '../parties/walk_in.ts'

export const API = 'https://api.example.com'

/** Where apps are answered. */
export const CALLBACK = 'http://127.0.0.1:41999/callback'

/** Seconds that access tokens live: longer than it takes until all have heard of a revocation. */
export const ACCESS_LIFE = 120

/** A client of the settings. */
export interface Client {
  readonly id: string
  readonly secret?: string
}

const named = (kind: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, at) => `${kind}-${at + 1}`)

/** Public clients whose refresh tokens rotate. */
export const APPS: readonly Client[] = named('app', 6).map((id) => ({ id }))
/** Public clients with a DPoP key. */
export const BOUND: readonly Client[] = named('bound', 3).map((id) => ({ id }))
/** Apps with a secret. */
export const WEBS: readonly Client[] = named('web', 3).map((id) => ({ id, secret: `${id}-secret` }))
/** Clients for themselves. */
export const SERVICES: readonly Client[] = named('service', 4).map((id) => ({ id, secret: `${id}-secret` }))
/** Devices without a keyboard. */
export const DEVICES: readonly Client[] = named('device', 2).map((id) => ({ id }))
/** The resource server, by whose entry verifiers fetch their keys. */
export const SERVER: Required<Client> = { id: 'api', secret: 'api-secret' }
export const OPERATOR: Required<Client> = { id: 'operator', secret: 'operator-secret' }

/** Secrets beside the ring. */
export const SECRETS = { REGISTRATION_KEYS: REGISTRATION_KEYS[0] } as const

const common = { resources: [API], scopes: ['read', 'write'] }
const people = { grant_types: ['authorization_code', 'refresh_token'], redirect_uris: ['http://127.0.0.1/callback'] }

const entries = (clients: readonly Client[], more: object): Record<string, object> =>
  Object.fromEntries(
    clients.map(({ id, secret }) => [id, { ...(secret && { secret_hash: secretHash(secret) }), ...common, ...more }]),
  )

/** What there is of settings. */
export interface SettingsChoice {
  /** Without what the previous version does not know. Default: false. */
  readonly isForPrevious?: boolean
  /** Which of the settings that say the same of whoever asks here. Default 0. */
  readonly turn?: number
  /** What is promised, and not kept. */
  readonly changes?: Readonly<Record<string, unknown>>
}

/** Returns the variables of the issuer at a URL. */
export function variablesOf(issuer: string, { isForPrevious = false, turn = 0, changes = {} }: SettingsChoice = {}) {
  const { url, issuer: page, jwks } = VARS.LOGIN
  const everywhere = {
    ISSUER: issuer,
    LOGIN: { type: 'page', url, issuer: page, jwks },
    RESOURCES: { [API]: { scopes: ['read', 'write'], access_token_lifetime: ACCESS_LIFE } },
    CLIENTS: {
      ...entries([...APPS, ...BOUND], { ...people, ...changes }),
      ...entries(WEBS, people),
      ...entries(SERVICES, { grant_types: ['client_credentials'] }),
      ...(turn % 2 === 1 && entries([{ id: 'another' }], people)),
      [SERVER.id]: { kind: 'resource_server', secret_hash: secretHash(SERVER.secret), resources: [API] },
      [OPERATOR.id]: { kind: 'operator', secret_hash: secretHash(OPERATOR.secret) },
    },
  }
  if (isForPrevious) return everywhere
  return {
    ...everywhere,
    CLIENTS: {
      ...everywhere.CLIENTS,
      ...entries(DEVICES, { grant_types: [DEVICE_CODE, 'refresh_token'], ...changes }),
    },
    REGISTRATION: { resources: [API], scopes: ['read', 'write'], ...(turn % 4 > 1 && { blocked: ['evil.example'] }) },
    EVENTS: 'none',
  }
}

/** Returns a ring whose next root begins to seal 20 seconds from now. Seconds are Unix seconds. */
export function soakRing(now: number): Ring {
  const timings = { period: 300, propagation: 20, skew: 60 }
  const ring = createRing({ ...timings, now: now - 200, key: randomBytes(32) })
  const rotation = rotateRing(ring, { now: now - 60, key: randomBytes(32) })
  if (!rotation.ok) throw new Error(rotation.detail)
  return rotation.ring
}
