/**
 * A Worker's bindings → the issuer's settings.
 *
 * @module
 */

import { checkMembers } from '../keys/check.ts'
import { createFaultList, type FaultList, readAll } from '../keys/faults.ts'
import { isLoopback } from '../keys/identifier.ts'
import { BINDING_KINDS, type BindingKind, checkBindingNames, type LoginSecret } from './binding_kinds.ts'
import { certificateOf } from './certificate_on_workers.ts'
import {
  developmentClients,
  developmentOpenid,
  developmentRegistration,
  developmentResources,
  readPartnerKey,
} from './development.ts'
import { developmentLogin } from './login/development.ts'
import { readLogin } from './login_bindings.ts'
import { type PlatformBindings, readPlatform } from './platform_bindings.ts'
import type { IssuerSettings } from './settings/issuer_settings.ts'
import { mayHaveRsaKey } from './settings/ring_needs.ts'
import { isKeeping } from './stores/guard.ts'

/** The variables of `wrangler.toml`, and the secrets. Checked when they are read. */
export interface Bindings extends PlatformBindings {
  /** The issuer's URL: https, without a slash at its end; http on a loopback host alone. */
  readonly ISSUER?: unknown
  /** `[vars.RESOURCES."…"]`: the resources by their URI. Default: none. */
  readonly RESOURCES?: unknown
  /** `[vars.CLIENTS.…]`: the clients by their `client_id`. Default: none. */
  readonly CLIENTS?: unknown
  /** `"fapi2"` holds all clients to FAPI 2.0; in development there are then no clients to play with. Default: none but those that say so. */
  readonly PROFILE?: unknown
  /** `[vars.TRUSTED_ISSUERS.…]`: the issuers whose assertions are worth tokens, by what they are called here. Default: none. */
  readonly TRUSTED_ISSUERS?: unknown
  /** `[vars.AUTHORIZATION_DETAILS_TYPES.…]`: the types of authorization details. Default: none. */
  readonly AUTHORIZATION_DETAILS_TYPES?: unknown
  /** Whether all clients must push their authorization requests. Default false. */
  readonly REQUIRE_PUSHED_AUTHORIZATION_REQUESTS?: unknown
  /** `[vars.REGISTRATION]`: lets clients in that nobody configured, and says what they may have. Default: nobody walks in. */
  readonly REGISTRATION?: unknown
  /** Secret: one to four keys, from which the ids of clients come that register; `bulla client keys` prints one. Default: no client can register. */
  readonly REGISTRATION_KEYS?: unknown
  /** Secret: what pairwise subjects come from, and needed for them. Default: none. */
  readonly PAIRWISE_SALT?: unknown
  /** `[vars.LOGIN]`: who logs people in, with `type` in it the only way, else a table for each. Default: nobody does. */
  readonly LOGIN?: unknown
  /** Secret: what a provider gave you; of several `LOGIN_CLIENT_SECRET_…`, each its own. Default: none. */
  readonly LOGIN_CLIENT_SECRET?: unknown
  /** Seconds that a login may take, with sign-up and all, and that a consent page can be answered. Default 3600. */
  readonly LOGIN_LIFETIME?: unknown
  /** Seconds after which a person must log in again, whatever they do. Default 43200. */
  readonly SESSION_LIFETIME?: unknown
  /** Seconds without a visit after which a person must log in again. Default 7200. */
  readonly SESSION_IDLE_LIFETIME?: unknown
  /** Secret: the ring. */
  readonly KEY_RING?: unknown
  /** Secret: the ring that comes next. Default: none. */
  readonly KEY_RING_NEXT?: unknown
  /** `[vars.OPENID]`: what is told of persons; it may be empty, and with it the issuer is an OpenID provider. Default: it tells nobody who logged in. */
  readonly OPENID?: unknown
  /** Whether DPoP proofs must bring back a nonce. Default true. */
  readonly DPOP_NONCE?: unknown
  /** `[vars.BRANDING]`: what the pages have of the operator's own. */
  readonly BRANDING?: unknown
  /**
   * What every answer says in `Strict-Transport-Security`: `"max-age=…"`, then `"; includeSubDomains"`, which binds every host below
   * this one, then `"; preload"`, for a domain that is all yours and https throughout. Default `"max-age=31536000"`.
   */
  readonly STRICT_TRANSPORT_SECURITY?: unknown
  /** What people are called in events: `"hash"`, a pseudonym; `"plain"`, as in tokens; or `"none"`. Default `"hash"`. */
  readonly EVENT_SUBJECTS?: unknown
  /** Secret: in development alone, the key pair of the partner's API, as a JWK, of which only public members are used. Default: no such API. */
  readonly PARTNER_KEY?: unknown
  /** `"true"` in `.dev.vars`, and nowhere else: clients and people to play with, on a loopback issuer alone. Default: none. */
  readonly DEVELOPMENT?: unknown
}

/**
 * Secrets: what each table of `LOGIN` shows to its provider, by its name in capitals. They are no part of `Bindings`, for an interface
 * such as `wrangler types` writes has no names by a pattern.
 */
export type LoginSecrets = { readonly [several: `LOGIN_CLIENT_SECRET_${string}`]: unknown }

/** The compiler holds the names against the type: one that is missing here would be refused. */
BINDING_KINDS satisfies Readonly<Record<keyof Bindings, BindingKind>>

function readText(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new TypeError(`"${name}" expected a text`)
}

/** Returns a record without the members that are not there. */
function present<Given extends Readonly<Record<string, unknown>>>(
  given: Given,
): { [Name in keyof Given]: Exclude<Given[Name], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never
}

function readIssuer(value: unknown): string {
  const issuer = readText('ISSUER', value)
  if (issuer === undefined) throw new TypeError('"ISSUER" expected the URL of this issuer, got nothing')
  return issuer
}

function readTable(name: string, value: unknown): Readonly<Record<string, unknown>> {
  checkMembers(name, value)
  return value
}

/**
 * Returns the settings in a Worker's bindings, as far as they can be read: what is wrong with the others is in the list. Nobody
 * may be served by settings with faults.
 */
export function gatherBindings(env: Bindings, faults: FaultList): IssuerSettings {
  const { RESOURCES = {}, CLIENTS = {} } = env
  faults.read(() => checkBindingNames(env))
  const issuer = faults.read(() => readIssuer(env.ISSUER)) ?? 'https://issuer.invalid'
  const isLoopbackAllowed = isLoopback(issuer)
  const isDevelopment = env.DEVELOPMENT === 'true' && isLoopbackAllowed
  faults.read(() => {
    if (env.DEVELOPMENT === 'true' && !isDevelopment)
      throw new RangeError('"DEVELOPMENT" expected an issuer on localhost: its clients are open to all')
  })
  const textOf = (
    name: 'PAIRWISE_SALT' | 'REGISTRATION_KEYS' | 'KEY_RING' | 'KEY_RING_NEXT' | 'PARTNER_KEY',
  ): string | undefined => faults.read(() => readText(name, env[name]))
  const partnerKey = isDevelopment ? faults.read(() => readPartnerKey(textOf('PARTNER_KEY'))) : undefined
  const secretOf = (name: LoginSecret) => readText(name, (env as LoginSecrets & Bindings)[name])
  const login = readLogin(env.LOGIN, { secretOf, isLoopbackAllowed }, faults)
  const parts = readPlatform(env, { isLoopbackAllowed, hasWalkIns: env.REGISTRATION !== undefined }, faults)
  // The clients to play with, and the demo, have secrets or none.
  const isPlayground = isDevelopment && env.PROFILE === undefined
  const resources = {
    ...(isDevelopment && developmentResources(partnerKey)),
    ...faults.read(() => readTable('RESOURCES', RESOURCES)),
  }
  const [keyRing, keyRingNext] = [textOf('KEY_RING'), textOf('KEY_RING_NEXT')]
  const openid = env.OPENID ?? (isDevelopment ? developmentOpenid(resources) : undefined)
  // A ring that code brings later may have no RSA key.
  const hasRsaKey = isPlayground && keyRing !== undefined && mayHaveRsaKey({ ring: keyRing, next: keyRingNext })
  const tellsBy = openid === undefined ? undefined : hasRsaKey ? 'RS256' : 'ES256'
  const walkIns = isPlayground ? developmentRegistration(resources, tellsBy) : undefined
  const registration: unknown = env.REGISTRATION ?? walkIns
  const clients = {
    ...(isPlayground &&
      developmentClients(issuer, {
        hasPartner: partnerKey !== undefined,
        hasDevices: typeof parts.guard === 'object' && isKeeping(parts.guard),
        resources,
        tellsBy,
      })),
    ...faults.read(() => readTable('CLIENTS', CLIENTS)),
  }
  const optional = present({
    profile: env.PROFILE,
    authorizationDetailsTypes: env.AUTHORIZATION_DETAILS_TYPES,
    openid,
    requirePushedAuthorizationRequests: env.REQUIRE_PUSHED_AUTHORIZATION_REQUESTS,
    pairwiseSalt: textOf('PAIRWISE_SALT'),
    registration,
    registrationKeys: textOf('REGISTRATION_KEYS'),
    keyRingNext,
    trustedIssuers: env.TRUSTED_ISSUERS,
    authenticate: login ?? (isDevelopment ? developmentLogin : undefined),
    loginLifetime: env.LOGIN_LIFETIME,
    sessionLifetime: env.SESSION_LIFETIME,
    sessionIdleLifetime: env.SESSION_IDLE_LIFETIME,
    dpopNonce: env.DPOP_NONCE,
    branding: env.BRANDING,
    strictTransportSecurity: env.STRICT_TRANSPORT_SECURITY,
    eventSubjects: env.EVENT_SUBJECTS,
    certificate: certificateOf,
    ...parts,
    isDemo: isPlayground ? true : undefined,
  })
  // What is inside is checked by createIssuer, with everything else.
  return { issuer, keyRing, resources, clients, ...optional } as IssuerSettings
}

/**
 * Returns the issuer's settings from a Worker's bindings; add hooks to them as you like before `createIssuer`.
 *
 * @throws {TypeError} when bindings are missing, misspelt or of a wrong type: all that is wrong is said
 * @throws {RangeError} when `DEVELOPMENT` is on for an issuer that is not on this machine
 * @example
 * import { type Bindings, createIssuer, readBindings } from 'bulla'
 *
 * export default {
 *   fetch(request: Request, env: Bindings): Response | Promise<Response> {
 *     const issuer = createIssuer({ ...readBindings(env), claims: () => ({ plan: 'pro' }) })
 *     return issuer.fetch(request, env)
 *   },
 * }
 */
export function readBindings(env: Bindings | (Bindings & LoginSecrets)): IssuerSettings {
  const faults = createFaultList()
  return readAll({ settings: () => gatherBindings(env, faults) }, faults).settings
}
