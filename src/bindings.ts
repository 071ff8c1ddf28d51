/**
 * A Worker's bindings → the issuer's settings.
 *
 * @module
 */

import { checkChoice, checkMembers, checkMethods } from '../keys/check.ts'
import { isLoopback } from '../keys/identifier.ts'
import { BINDING_KINDS, type BindingKind, checkBindingNames } from './binding_kinds.ts'
import { developmentClients, developmentResources, readPartnerKey } from './development.ts'
import type { Authenticate } from './login/authenticate.ts'
import { developmentLogin } from './login/development.ts'
import { type OwnPageOptions, ownLoginPage } from './login/own_page.ts'
import { type UpstreamOptions, upstreamLogin } from './login/upstream.ts'
import type { ClientCertificate } from './protocol/client_certificate.ts'
import type { IssuerSettings } from './settings.ts'
import type { Guard } from './stores/guard.ts'
import { createDurableObjectGuard, type GuardNamespace } from './stores/guard_durable_object.ts'
import { createDurableObjectRevocations, type RevocationsNamespace } from './stores/revocations_durable_object.ts'
import { readFingerprint } from './token/confirmation.ts'

/** A rate limit as Workers bind it: it counts a call, and tells whether there may be more. */
export interface RateLimit {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>
}

/** The variables of `wrangler.toml`, and the secrets. Checked when they are read. */
export interface Bindings {
  /** The issuer's URL. */
  readonly ISSUER?: unknown
  /** `[vars.RESOURCES."…"]`: the resources by their URI. */
  readonly RESOURCES?: unknown
  /** `[vars.CLIENTS.…]`: the clients by their `client_id`. */
  readonly CLIENTS?: unknown
  /** The profile that all clients are in, if any; in development there are then no clients to play with. */
  readonly PROFILE?: unknown
  /** `[vars.TRUSTED_ISSUERS.…]`: the issuers whose assertions are worth tokens, by what they are called here. */
  readonly TRUSTED_ISSUERS?: unknown
  /** `[vars.AUTHORIZATION_DETAILS_TYPES.…]`: the types of authorization details. */
  readonly AUTHORIZATION_DETAILS_TYPES?: unknown
  /** Whether all clients must push their authorization requests. */
  readonly REQUIRE_PUSHED_AUTHORIZATION_REQUESTS?: unknown
  /** Secret: what pairwise subjects come from. */
  readonly PAIRWISE_SALT?: unknown
  /** `[vars.LOGIN]`: who logs people in. */
  readonly LOGIN?: unknown
  /** Secret: what `LOGIN` with `type = "openid"` shows to its provider. */
  readonly LOGIN_CLIENT_SECRET?: unknown
  /** Seconds that a login may take, and that a consent page can be answered. */
  readonly LOGIN_LIFETIME?: unknown
  /** Seconds after which a person must log in again. */
  readonly SESSION_LIFETIME?: unknown
  /** Seconds without a visit after which a person must log in again. */
  readonly SESSION_IDLE_LIFETIME?: unknown
  /** Secret: the ring. */
  readonly KEY_RING?: unknown
  /** Secret: the ring that comes next, if any. */
  readonly KEY_RING_NEXT?: unknown
  /** The guard's Durable Objects; or the text `"none"`. */
  readonly GUARD?: GuardNamespace | string
  /** The revocations' Durable Object, if access tokens can be revoked. */
  readonly REVOCATIONS?: RevocationsNamespace
  /** Whether DPoP proofs must bring back a nonce. */
  readonly DPOP_NONCE?: unknown
  /** What every answer says in `Strict-Transport-Security`. */
  readonly STRICT_TRANSPORT_SECURITY?: unknown
  /** The rate limit on failed client authentication, if any. */
  readonly FAILURES?: RateLimit
  /** In development: the key pair of the partner's API, as a JWK. Only its public members are used here. */
  readonly PARTNER_KEY?: unknown
  /** `"true"` only in `.dev.vars`. */
  readonly DEVELOPMENT?: unknown
}

/** The compiler holds the names against the type: one that is missing here would be refused. */
const KINDS: Readonly<Record<keyof Bindings, BindingKind>> = BINDING_KINDS

function readText(name: string, value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw new TypeError(`"${name}" expected a text`)
}

/** Counts failures by the address that Cloudflare itself saw; elsewhere the header would be the caller's to choose (H65). */
function allowFailureBy(limits: RateLimit): (request: Request) => Promise<boolean> {
  return async (request) => {
    const key = request.headers.get('cf-connecting-ip')
    return key === null || (await limits.limit({ key })).success
  }
}

/** What Cloudflare tells of the certificate of a connection. */
interface TlsClientAuth {
  readonly certPresented?: string
  readonly certVerified?: string
  readonly certRevoked?: string
  readonly certFingerprintSHA256?: string
  readonly certSubjectDNRFC2253?: string
}

/** Returns the certificate of a request as Workers tell it: in `cf`, which no header reaches. */
function certificateOf(request: Request): ClientCertificate | undefined {
  const { tlsClientAuth } = (request as { cf?: { tlsClientAuth?: TlsClientAuth } }).cf ?? {}
  if (tlsClientAuth?.certPresented !== '1') return undefined
  const { certVerified, certRevoked, certFingerprintSHA256, certSubjectDNRFC2253: subject } = tlsClientAuth
  const thumbprint = readFingerprint(certFingerprintSHA256)
  if (thumbprint === undefined) return undefined
  const isTrusted = certVerified === 'SUCCESS' && certRevoked !== '1'
  return { thumbprint, isTrusted, names: subject ? { subject_dn: [subject] } : {} }
}

function readGuard(binding: Bindings['GUARD']): Guard | 'none' | undefined {
  if (binding === undefined || binding === 'none') return binding
  if (typeof binding === 'string') throw new RangeError('"GUARD" expected Durable Objects, or "none"')
  checkMethods('GUARD', binding, ['getByName'], 'Durable Objects, or "none",')
  return createDurableObjectGuard(binding, { newId: () => crypto.randomUUID(), clock: () => Date.now() })
}

/** Reads who logs people in; only what each kind needs is taken. */
function readLogin(login: unknown, secret: string | undefined, isLoopbackAllowed: boolean): Authenticate {
  checkMembers('LOGIN', login)
  checkChoice('LOGIN.type', login['type'], ['openid', 'page'])
  const { issuer, private_host: isPrivateHostAllowed } = login
  const where = { issuer, isLoopbackAllowed, isPrivateHostAllowed }
  if (login['type'] === 'openid') {
    const known = ['type', 'issuer', 'client_id', 'token_endpoint_auth_method', 'scope', 'algorithms', 'private_host']
    checkMembers('LOGIN', login, known)
    const { client_id: clientId, token_endpoint_auth_method: tokenEndpointAuthMethod, scope, algorithms } = login
    const client = { clientId, clientSecret: secret, tokenEndpointAuthMethod }
    return upstreamLogin(present({ ...where, ...client, scope, algorithms }) as unknown as UpstreamOptions)
  }
  checkMembers('LOGIN', login, ['type', 'url', 'issuer', 'jwks', 'private_host'])
  const { url, jwks } = login
  return ownLoginPage(present({ ...where, url, jwks }) as unknown as OwnPageOptions)
}

/** Returns a record without the members that are not there. */
function present<Given extends Readonly<Record<string, unknown>>>(
  given: Given,
): { [Name in keyof Given]: Exclude<Given[Name], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as never
}

/**
 * Returns the issuer's settings from a Worker's bindings; add hooks to them as you like before `createIssuer`.
 *
 * @throws {TypeError} when a binding is missing, misspelt or of a wrong type
 * @throws {RangeError} when `DEVELOPMENT` is on for an issuer that is not on this machine
 */
export function readBindings(env: Bindings): IssuerSettings {
  const { RESOURCES: resources = {}, CLIENTS: clients = {} } = env
  checkBindingNames(env, KINDS)
  const issuer = readText('ISSUER', env.ISSUER)
  if (issuer === undefined) throw new TypeError('"ISSUER" expected the URL of this issuer, got nothing')
  checkMembers('RESOURCES', resources)
  checkMembers('CLIENTS', clients)
  const isDevelopment = env.DEVELOPMENT === 'true'
  if (isDevelopment && !isLoopback(issuer)) {
    throw new RangeError('"DEVELOPMENT" expected an issuer on localhost: its clients are open to all')
  }
  if (env.REVOCATIONS !== undefined) checkMethods('REVOCATIONS', env.REVOCATIONS, ['getByName'], 'Durable Objects')
  if (env.FAILURES !== undefined) checkMethods('FAILURES', env.FAILURES, ['limit'], 'a rate limit')
  const partnerKey = isDevelopment ? readPartnerKey(readText('PARTNER_KEY', env.PARTNER_KEY)) : undefined
  const secret = readText('LOGIN_CLIENT_SECRET', env.LOGIN_CLIENT_SECRET)
  const login = env.LOGIN === undefined ? undefined : readLogin(env.LOGIN, secret, isLoopback(issuer))
  // The clients to play with, and the demo, have secrets or none.
  const isPlayground = isDevelopment && env.PROFILE === undefined
  const optional = present({
    profile: env.PROFILE as IssuerSettings['profile'],
    authorizationDetailsTypes: env.AUTHORIZATION_DETAILS_TYPES as IssuerSettings['authorizationDetailsTypes'],
    requirePushedAuthorizationRequests: env.REQUIRE_PUSHED_AUTHORIZATION_REQUESTS as boolean | undefined,
    pairwiseSalt: readText('PAIRWISE_SALT', env.PAIRWISE_SALT),
    keyRingNext: readText('KEY_RING_NEXT', env.KEY_RING_NEXT),
    trustedIssuers: env.TRUSTED_ISSUERS as IssuerSettings['trustedIssuers'] | undefined,
    guard: readGuard(env.GUARD),
    authenticate: login ?? (isDevelopment ? developmentLogin : undefined),
    loginLifetime: env.LOGIN_LIFETIME as number | undefined,
    sessionLifetime: env.SESSION_LIFETIME as number | undefined,
    sessionIdleLifetime: env.SESSION_IDLE_LIFETIME as number | undefined,
    dpopNonce: env.DPOP_NONCE as boolean | undefined,
    strictTransportSecurity: env.STRICT_TRANSPORT_SECURITY as string | undefined,
    certificate: certificateOf,
    revocations: env.REVOCATIONS === undefined ? undefined : createDurableObjectRevocations(env.REVOCATIONS),
    allowFailure: env.FAILURES === undefined ? undefined : allowFailureBy(env.FAILURES),
    isDemo: isPlayground ? true : undefined,
  })
  // What is inside is checked by createIssuer, with everything else.
  return {
    issuer,
    keyRing: readText('KEY_RING', env.KEY_RING),
    resources: { ...(isDevelopment && developmentResources(partnerKey)), ...resources } as IssuerSettings['resources'],
    clients: {
      ...(isPlayground && developmentClients(issuer, partnerKey !== undefined)),
      ...clients,
    } as IssuerSettings['clients'],
    ...optional,
  } as IssuerSettings
}
