/**
 * Which variables of a Worker are settings, and which others only look like one: a misspelt one would be taken for the
 * operator's own, and not at all.
 *
 * @module
 */

import { distance, plainName } from '../keys/did_you_mean.ts'
import { readEach } from '../keys/faults.ts'

/** What stands in `wrangler.toml` as a variable; what is a secret; what the platform binds. */
export type BindingKind = 'variable' | 'secret' | 'binding'

/** The settings of a Worker by their names. */
export const BINDING_KINDS = {
  ISSUER: 'variable',
  RESOURCES: 'variable',
  CLIENTS: 'variable',
  PROFILE: 'variable',
  TRUSTED_ISSUERS: 'variable',
  AUTHORIZATION_DETAILS_TYPES: 'variable',
  OPENID: 'variable',
  REQUIRE_PUSHED_AUTHORIZATION_REQUESTS: 'variable',
  PAIRWISE_SALT: 'secret',
  REGISTRATION: 'variable',
  REGISTRATION_KEYS: 'secret',
  LOGIN: 'variable',
  LOGIN_CLIENT_SECRET: 'secret',
  LOGIN_LIFETIME: 'variable',
  SESSION_LIFETIME: 'variable',
  SESSION_IDLE_LIFETIME: 'variable',
  STRICT_TRANSPORT_SECURITY: 'variable',
  KEY_RING: 'secret',
  KEY_RING_NEXT: 'secret',
  GUARD: 'binding',
  REVOCATIONS: 'binding',
  DPOP_NONCE: 'variable',
  FAILURES: 'binding',
  REGISTRATIONS: 'binding',
  DEVICES: 'binding',
  PARTNER_KEY: 'secret',
  DEVELOPMENT: 'variable',
} as const

/**
 * Returns how many letters a name may be away from ours and still be taken for it: another short word is soon there, as
 * `HOSTS` from `HSTS`, `LOGS` from `LOGIN` and `ISSUE` from `ISSUER`.
 */
function reachOf({ length }: string): number {
  if (length >= 7) return 2
  return length >= 5 ? 1 : 0
}

/** Tells whether a value is a table of the settings; what a platform binds is none. */
function isTable(value: unknown): boolean {
  return typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value))
}

/** Returns which of our settings was meant; nothing when the name is the operator's own. */
function meantBy(name: string, names: readonly string[], env: object): string | undefined {
  const near = (ours: string): number =>
    plainName(ours) === plainName(name) ? 0 : distance(name.toUpperCase(), ours, 1, reachOf(ours))
  const [closest] = names
    .map((ours) => [ours, near(ours)] as const)
    .filter(([ours, away]) => away <= reachOf(ours))
    .sort(([, one], [, other]) => one - other)
  if (closest === undefined) return undefined
  // Beside the setting itself another name is the operator's own, unless it is a table: a half of it went astray.
  const isThere = Object.hasOwn(env, closest[0])
  return isThere && !isTable((env as Readonly<Record<string, unknown>>)[name]) ? undefined : closest[0]
}

/**
 * Checks that no variable is a misspelt setting. What is not like one of ours is the operator's own.
 *
 * @throws {TypeError} when one is: all are said
 */
export function checkBindingNames(env: object, kinds: Readonly<Record<string, BindingKind>>): void {
  const names = Object.keys(kinds)
  const others = Object.keys(env).filter((name) => !names.includes(name))
  readEach(others, (name) => {
    const meant = meantBy(name, names, env)
    if (meant === undefined) return
    const what = /^[A-Za-z0-9_-]{1,60}$/.test(name) ? `"${name}"` : 'a variable'
    throw new TypeError(`${what} is no setting; did you mean "${meant}"? Call what is your own something else`)
  })
}
