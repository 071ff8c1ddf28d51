/**
 * What is to be known of an OpenID Connect provider, and the login at one that is the only way to log in.
 *
 * @module
 */

import { checkBoolean, checkFunctions, checkMembers, checkText, checkTexts } from '../../keys/check.ts'
import { readAll } from '../../keys/faults.ts'
import { checkRemoteUrl, privateHostOf } from '../protocol/remote_url.ts'
import type { Fetch } from '../remote/document.ts'
import type { Authenticate } from './authenticate.ts'
import { createOpenidLogin, type OpenidClient } from './openid_login.ts'
import { checkProof, type ProviderAuthMethod } from './provider_client.ts'
import { askBeside, type ProviderOptions } from './provider_options.ts'

/** What is to be known of the provider. */
export interface UpstreamOptions {
  /** Its issuer URL: `/.well-known/openid-configuration` below it tells the rest. */
  readonly issuer: string
  /** The `client_id` that it gave you, for the redirect URI `<your issuer>/login/callback`. */
  readonly clientId: string
  /** The secret that it gave you. Default: none, a public client. */
  readonly clientSecret?: string | undefined
  /**
   * How the secret is shown to it. Default: `"client_secret_basic"`, form-encoded as RFC 6749 §2.3.1 has it, unless its metadata
   * know others alone; then, and for one that takes Basic without decoding it, `"client_secret_post"`. `"none"`, the default
   * without a secret, is for a public client.
   */
  readonly tokenEndpointAuthMethod?: ProviderAuthMethod
  /** What is asked for; must hold `openid`. Default `"openid"`. */
  readonly scope?: string
  /**
   * Whether its userinfo is a source of the person's claims, beside the ID token: asked once at each login, of the same subject,
   * or nobody is logged in. Default false: it is asked for a name of the account alone, where the ID token has none.
   */
  readonly userinfo?: boolean
  /** The algorithms by which it may sign ID tokens. Default: RS256, PS256, ES256, EdDSA, Ed25519. */
  readonly algorithms?: readonly string[]
  /** Whether it may be on this very machine, by http. Default false. */
  readonly isLoopbackAllowed?: boolean
  /** Whether its host need not be a public one, by https; what it names must be there too, or public. Default false. */
  readonly isPrivateHostAllowed?: boolean
  /** Default: the platform's. */
  readonly fetch?: Fetch
}

/** The names of the options. */
export const UPSTREAM_OPTIONS: Readonly<Record<keyof UpstreamOptions, true>> = {
  issuer: true,
  clientId: true,
  clientSecret: true,
  tokenEndpointAuthMethod: true,
  scope: true,
  userinfo: true,
  algorithms: true,
  isLoopbackAllowed: true,
  isPrivateHostAllowed: true,
  fetch: true,
}

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519']

/**
 * Reads the options.
 *
 * @param known the names of those that there are
 * @param beside what is to be known of one among several
 * @param checks what is to be checked beside
 * @throws {TypeError | RangeError} when one is missing, unknown or of a wrong type: all are said
 */
export function readUpstream(
  name: string,
  options: UpstreamOptions,
  known: readonly string[],
  beside: Omit<ProviderOptions, 'label'> = {},
  checks: Readonly<Record<string, () => unknown>> = {},
): OpenidClient {
  checkMembers(name, options as unknown)
  const { issuer, clientId, clientSecret, scope = 'openid', algorithms = ALGORITHMS } = options
  const { isLoopbackAllowed = false, isPrivateHostAllowed = false, userinfo: isUserinfoTold = false } = options
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
  const privateHost = privateHostOf(issuer, isPrivateHostAllowed)
  readAll({
    members: () => checkMembers(name, options as unknown, known),
    ...checks,
    fetch: () => checkFunctions(options, ['fetch']),
    isLoopbackAllowed: () => checkBoolean('LOGIN.isLoopbackAllowed', isLoopbackAllowed),
    privateHost: () => checkBoolean('LOGIN.private_host', isPrivateHostAllowed),
    issuer: () => checkRemoteUrl('LOGIN.issuer', issuer, isLoopbackAllowed, privateHost),
    clientId() {
      if (typeof clientId !== 'string' || clientId === '') throw new TypeError('"LOGIN.client_id" expected a text')
    },
    proof: () => checkProof(clientSecret, options.tokenEndpointAuthMethod),
    scope() {
      checkText('LOGIN.scope', scope, /^/, 'a text')
      if (!scope.split(' ').includes('openid')) throw new RangeError('"LOGIN.scope" expected a scope with openid')
    },
    userinfo: () => checkBoolean('LOGIN.userinfo', isUserinfoTold),
    algorithms() {
      const taken = /^(?:RS|PS|ES)(?:256|384|512)$|^Ed25519$|^EdDSA$/
      checkTexts('LOGIN.algorithms', algorithms, taken, ALGORITHMS.join(' or '))
    },
  })
  const method = options.tokenEndpointAuthMethod
  const asked = askBeside(scope.split(' '), beside)
  const client = { issuer, clientId, clientSecret, method, asked, algorithms, isUserinfoTold }
  return { ...client, isLoopbackAllowed, privateHost, fetch }
}

/**
 * Returns a login at an OpenID Connect provider, the only way to log in. Who it is is derived from its issuer and subject together.
 *
 * @throws {TypeError | RangeError} when an option is missing, unknown or of a wrong type
 * @example
 * import { upstreamLogin } from 'bulla'
 *
 * const authenticate = upstreamLogin({
 *   issuer: 'https://login.example',
 *   clientId: 'acme',
 *   clientSecret: process.env['LOGIN_SECRET'],
 * })
 */
export function upstreamLogin(options: UpstreamOptions): Authenticate {
  return createOpenidLogin(readUpstream('upstreamLogin', options, Object.keys(UPSTREAM_OPTIONS))).authenticate
}
