/**
 * The FAPI 2.0 Security Profile, as a mode that a client, or the whole issuer, is put into: what must stand in the settings,
 * and what is turned on by it. Nothing looks at the profile once the settings are read: what it asks is asked by the checks
 * that there are for everyone.
 *
 * @module
 */

import { checkChoice, type Members } from '../../../keys/check.ts'
import { readAll, readEach } from '../../../keys/faults.ts'
import { DEVICE_CODE } from '../../protocol/grant_type.ts'
import type { Resource } from '../resource.ts'
import { ASSERTION_ALGORITHMS, type AssertionAlgorithm } from '../signer.ts'
import type { TrustedIssuer } from '../trusted_issuer.ts'
import type { Client, ClientAuthenticationMethod, Profile } from './client.ts'
import { CERTIFICATE_METHODS } from './client_certificate.ts'
import { ASSERTION_SETTINGS } from './client_signer.ts'
import { asksWhoLoggedIn } from './openid_scopes.ts'

/** The ways in which a client in the profile can prove itself (FAPI 2.0 §5.3.2.1). */
const METHODS: readonly ClientAuthenticationMethod[] = ['private_key_jwt', ...CERTIFICATE_METHODS]

/** Tells whether something may be signed in this way (FAPI 2.0 §5.4.1). */
function isStrong(alg: string): boolean {
  return alg !== 'RS256'
}

/** Returns those of the methods that clients can have where the whole issuer is in this profile, or in none. */
export function methodsIn(
  profile: Profile | undefined,
  methods: readonly ClientAuthenticationMethod[],
): readonly ClientAuthenticationMethod[] {
  return profile === undefined ? methods : methods.filter((method) => METHODS.includes(method))
}

/** Returns the algorithms by which clients can sign where the whole issuer is in this profile, or in none. */
export function algorithmsIn(profile: Profile | undefined): readonly AssertionAlgorithm[] {
  return profile === undefined ? ASSERTION_ALGORITHMS : ASSERTION_ALGORITHMS.filter(isStrong)
}

/**
 * Reads which profile somebody is in.
 *
 * @throws {TypeError} when there is no such profile
 */
export function readProfile(name: string, value: unknown): Profile | undefined {
  if (value !== undefined) checkChoice(name, value, ['fapi2'])
  return value
}

/** Checks that there is an authentication by key or by certificate, and no RS256. */
function checkProof(name: string, { token_endpoint_auth_method: method, ...value }: Members): void {
  readAll({
    method() {
      if (!METHODS.some((one) => one === method))
        throw new RangeError(
          `"${name}.token_endpoint_auth_method" expected ${METHODS.join(' or ')} in the profile fapi2`,
        )
    },
    // Another audience beside the issuer could use the assertion (FAPI 2.0 §5.3.2.1).
    audience() {
      const stray = ASSERTION_SETTINGS.find((setting) => value[setting] !== undefined)
      if (stray !== undefined) throw new RangeError(`"${name}.${stray}" expected to be absent in the profile fapi2`)
    },
    alg() {
      const strong = ASSERTION_ALGORITHMS.filter(isStrong).join(' or ')
      if (!isStrong(String(value['token_endpoint_auth_signing_alg'] ?? 'ES256')))
        throw new RangeError(`"${name}.token_endpoint_auth_signing_alg" expected ${strong} in the profile fapi2`)
    },
  })
}

/** What is told to a client, or asked by it, by an algorithm that must be a strong one. */
const SIGNED: readonly string[] = [
  'id_token_signed_response_alg',
  'userinfo_signed_response_alg',
  'authorization_signed_response_alg',
  'request_object_signing_alg',
]

/** Checks that nothing about a login is signed by RS256, which is the default, and that codes are held to a challenge. */
function checkOpenid(name: string, value: Members, isTold: boolean): void {
  const { pkce } = value
  const said = SIGNED.filter((setting) => value[setting] !== undefined)
  readAll({
    algs: () =>
      readEach(said, (setting) => {
        if (!isStrong(String(value[setting])))
          throw new RangeError(`"${name}.${setting}" expected another than RS256 in the profile fapi2`)
      }),
    idToken() {
      if (isTold && value['id_token_signed_response_alg'] === undefined)
        throw new TypeError(
          `"${name}.id_token_signed_response_alg" expected "ES256" or "Ed25519" in the profile fapi2: the default is RS256`,
        )
    },
    pkce() {
      if (pkce === 'optional') throw new RangeError(`"${name}.pkce" expected "required" in the profile fapi2`)
    },
  })
}

/** Returns what the tokens of a client are bound to: its certificate, if it has one and nothing else is said; else a key. */
function bindingOf(name: string, value: Members): Members {
  const { dpop_bound_access_tokens: dpop, tls_client_certificate_bound_access_tokens: certificate } = value
  if (dpop === true || certificate === true) return {}
  const isCertified = CERTIFICATE_METHODS.some((method) => method === value['token_endpoint_auth_method'])
  const setting = isCertified ? 'tls_client_certificate_bound_access_tokens' : 'dpop_bound_access_tokens'
  if (value[setting] === false) throw new RangeError(`"${name}.${setting}" expected true in the profile fapi2`)
  return { [setting]: true }
}

/** Where a client is read. */
export interface ProfilePlace {
  /** That of the whole issuer. */
  readonly profile: Profile | undefined
  /** The issuer's own resource, which tells of persons; nothing where it tells nobody. */
  readonly userinfo: Resource | undefined
}

/**
 * Returns a client's settings with what its profile, or that of the whole issuer, turns on.
 *
 * What they must be besides is checked where all clients' settings are.
 *
 * @throws {TypeError | RangeError} when they are not those of a client in the profile
 */
export function applyProfile(name: string, given: Members, known: ProfilePlace): Members {
  const profile = readProfile(`${name}.profile`, given['profile']) ?? known.profile
  if (profile === undefined) return given
  const { kind = 'client', require_pushed_authorization_requests: isPushing = true } = given
  const { binding } = readAll({
    proof: () => checkProof(name, given),
    // Who has no grant types has no tokens either.
    binding: () => (kind === 'client' ? bindingOf(name, given) : {}),
    pushing() {
      if (kind === 'client' && isPushing !== true)
        throw new RangeError(`"${name}.require_pushed_authorization_requests" expected true in the profile fapi2`)
    },
    scopes() {
      if (given['scopes_strict'] === false)
        throw new RangeError(`"${name}.scopes_strict" expected true in the profile fapi2`)
    },
    // Nobody can tell which device it is that a person lets in, nor is it held to the browser in which they do.
    devices() {
      const types: unknown = given['grant_types']
      if (Array.isArray(types) && types.includes(DEVICE_CODE))
        throw new RangeError(`"${name}.grant_types" expected no ${DEVICE_CODE} in the profile fapi2`)
    },
    openid: () => checkOpenid(name, given, asksWhoLoggedIn(given, known)),
    // A client that can keep a key is no app on a device, and has a host of its own.
    redirectUris: () =>
      readEach(['redirect_uris', 'post_logout_redirect_uris'], (setting) => {
        const uris: unknown = kind === 'client' ? given[setting] : undefined
        const plain = Array.isArray(uris) ? uris.findIndex((uri) => !/^https:/.test(String(uri))) : -1
        if (plain !== -1) throw new RangeError(`"${name}.${setting}[${plain}]" expected https in the profile fapi2`)
      }),
  })
  if (kind !== 'client') return { ...given, profile }
  return { ...given, ...binding, require_pushed_authorization_requests: true, profile }
}

/** What there is beside the clients. */
export interface Surroundings {
  readonly resources: ReadonlyMap<string, Resource>
  readonly trustedIssuers: ReadonlyMap<string, TrustedIssuer>
  /** The guard, or `'none'`. */
  readonly guard?: unknown
  readonly revocations?: unknown
}

/**
 * Checks that there is what clients in the profile need: something that spends codes, proofs and assertions, something that
 * knows what was revoked, and no signatures by RS256 (FAPI 2.0 §5.3.2, §5.3.3, §5.4.1).
 *
 * @throws {TypeError | RangeError}
 */
export function checkSurroundings(
  clients: ReadonlyMap<string, Client>,
  { resources, trustedIssuers, guard, revocations }: Surroundings,
): void {
  const ours = [...clients.values()].filter(({ profile }) => profile !== undefined)
  readEach(ours, ({ id, resources: own }) => {
    const whom = `the client "${id}" is in the profile fapi2`
    readAll({
      guard() {
        if (guard === undefined || guard === 'none') throw new TypeError(`"guard" expected a guard: ${whom}`)
      },
      revocations() {
        if (revocations === undefined) throw new TypeError(`"revocations" expected a place to keep them: ${whom}`)
      },
      resources() {
        const weak = [...own].find((uri) => !isStrong(resources.get(uri)?.signingAlg ?? ''))
        if (weak !== undefined) throw new RangeError(`"resources["${weak}"].signing_alg" expected another: ${whom}`)
      },
      trustedIssuers() {
        const trusted = [...trustedIssuers.values()].find(
          ({ algorithms, rules }) => !algorithms.every(isStrong) && rules.some((rule) => rule.clients.has(id)),
        )
        if (trusted !== undefined)
          throw new RangeError(`"trustedIssuers["${trusted.name}"].algorithms" expected no RS256: ${whom}`)
      },
    })
  })
}
