/**
 * Which variables of a Worker are settings, and which others only look like one: a misspelt one would be taken for the
 * operator's own, and not at all.
 *
 * @module
 */

import { distance, findMeant, plainName } from '../keys/did_you_mean.ts'
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
  BRANDING: 'variable',
  STRICT_TRANSPORT_SECURITY: 'variable',
  KEY_RING: 'secret',
  KEY_RING_NEXT: 'secret',
  GUARD: 'binding',
  HOMES: 'variable',
  HOME_REGIONS: 'variable',
  REVOCATIONS: 'binding',
  EVENTS: 'binding',
  SETTINGS: 'binding',
  DPOP_NONCE: 'variable',
  EVENT_SUBJECTS: 'variable',
  FAILURES: 'binding',
  REGISTRATIONS: 'binding',
  DEVICES: 'binding',
  LIMITS_CLIENT: 'binding',
  LIMITS_ADDRESS: 'binding',
  LIMITS_SUBJECT: 'binding',
  PARTNER_KEY: 'secret',
  DEVELOPMENT: 'variable',
} as const

/** Tells whether a value is a table of the settings; what a platform binds is none. */
function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && [Object.prototype, null].includes(Object.getPrototypeOf(value))
}

/** Before the name of a provider among several, in capitals: the secret that it gave. */
const LOGIN_SECRET = 'LOGIN_CLIENT_SECRET_'

/** What the secret of a provider is called: of the only one, and of each of several. */
export type LoginSecret = 'LOGIN_CLIENT_SECRET' | `${typeof LOGIN_SECRET}${string}`

/** Returns what the secret of a provider among several is called. */
export function loginSecretOf(provider: string): LoginSecret {
  return `${LOGIN_SECRET}${provider.toUpperCase()}`
}

/** Returns which members of `LOGIN` are tables, each of which can be a provider: keys of a page of your own are none. */
export function loginTables(login: unknown): readonly string[] {
  const members = isTable(login) ? Object.entries(login) : []
  return members.flatMap(([name, value]) => (isTable(value) && !Array.isArray(value['keys']) ? [name] : []))
}

/** Returns what `LOGIN` calls its providers: none where it is one way to log in, with its `type`. */
export function loginNames(login: unknown): readonly string[] {
  const { type } = isTable(login) ? login : {}
  return type === undefined || isTable(type) ? loginTables(login) : []
}

/** Returns the settings of a Worker by their names, with the secrets of the providers of its `LOGIN`. */
export function bindingKindsOf(login: unknown): Readonly<Record<string, BindingKind>> {
  return { ...BINDING_KINDS, ...Object.fromEntries(loginNames(login).map((name) => [loginSecretOf(name), 'secret'])) }
}

/**
 * Returns how many letters a name may be away from ours and still be taken for it: another short word is soon there, as
 * `HOSTS` from `HSTS`, `LOGS` from `LOGIN` and `ISSUE` from `ISSUER`.
 */
function reachOf({ length }: string): number {
  if (length >= 7) return 2
  return length >= 5 ? 1 : 0
}

/** Returns which of our settings was meant; nothing when the name is the operator's own. */
function meantBy(name: string, names: readonly string[], env: object): string | undefined {
  const near = (ours: string): number =>
    plainName(ours) === plainName(name) ? 0 : distance(name.toUpperCase(), ours, 1, reachOf(ours))
  const [closest] = names
    .map((ours) => [ours, near(ours)] as const)
    .filter(([ours, away]) => away <= reachOf(ours))
    .sort(([, one], [, other]) => one - other)
  // Every shell has a HOME.
  if (closest === undefined || name === 'HOME') return undefined
  // Beside the setting itself another name is the operator's own, unless it is a table: a half of it went astray.
  const isThere = Object.hasOwn(env, closest[0])
  return isThere && !isTable((env as Readonly<Record<string, unknown>>)[name]) ? undefined : closest[0]
}

/** Returns a variable's name as it may be told. */
function shownName(name: string): string {
  return /^[A-Za-z0-9_-]{1,60}$/.test(name) ? `"${name}"` : 'a variable'
}

/** Says of a secret of a provider that there is none of that name: nobody would show it. */
function refuseSecret(name: string, login: unknown): never {
  const meant = findMeant(name, loginNames(login).map(loginSecretOf))
  const table = `there is no table [vars.LOGIN.${name.slice(LOGIN_SECRET.length).toLowerCase()}]`
  const hint = meant === undefined ? table : `did you mean "${meant}"?`
  throw new TypeError(`${shownName(name)} is the secret of no provider; ${hint}`)
}

/**
 * Checks that no variable is a misspelt setting, nor the secret of a provider that is not there. What is not like one of ours is
 * the operator's own.
 *
 * @throws {TypeError} when one is: all are said
 */
export function checkBindingNames(env: object): void {
  const login: unknown = (env as Readonly<Record<string, unknown>>)['LOGIN']
  const kinds = bindingKindsOf(login)
  const names = Object.keys(kinds)
  const others = Object.keys(env).filter((name) => !names.includes(name))
  readEach(others, (name) => {
    if (name.startsWith(LOGIN_SECRET)) refuseSecret(name, login)
    const meant = meantBy(name, names, env)
    if (meant === undefined) return
    throw new TypeError(
      `${shownName(name)} is no setting; did you mean "${meant}"? Call what is your own something else`,
    )
  })
}
