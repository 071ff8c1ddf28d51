/**
 * What the operator says of a client that proves itself by key (RFC 7523 §2.2, RFC 7591 §2).
 *
 * @module
 */

import { checkChoice, checkInteger, type Members } from '../../../keys/check.ts'
import { ASSERTION_ALGORITHMS, readSigner } from '../signer.ts'
import type { Client } from './client.ts'

/** What a client signs its assertions for, and how long they may live, where that is not as it should be. */
export interface AssertionSettings {
  /**
   * With `private_key_jwt`, what `aud` of its assertions must be: the issuer's URL, or that of its token endpoint, at every
   * endpoint, for libraries that know no other; not with `fapi2` (RFC 9700's update on audience
   * injection). Default `"issuer"`.
   */
  readonly assertion_audience?: 'issuer' | 'token_endpoint'
  /** With `private_key_jwt`, seconds that its assertions may live; 60 to 3600. Not with `fapi2`. Default 300. */
  readonly assertion_lifetime?: number
}

/** The settings by their names. */
export const ASSERTION_SETTINGS: readonly (keyof AssertionSettings)[] = ['assertion_audience', 'assertion_lifetime']

function readAssertionSettings(
  name: string,
  value: Members,
): Pick<NonNullable<Client['signer']>, 'audience' | 'longestLife'> {
  const { assertion_audience: audience = 'issuer', assertion_lifetime: longestLife = 300 } = value
  checkChoice(`${name}.assertion_audience`, audience, ['issuer', 'token_endpoint'])
  checkInteger(`${name}.assertion_lifetime`, longestLife, 60, 3600)
  return { audience, longestLife }
}

/**
 * Reads how a client signs its assertions; nothing when it does not.
 *
 * @param isLoopbackAllowed whether its keys may be fetched from this very machine: for development
 * @throws {TypeError | RangeError} when keys are missing or cannot verify, or there is a secret too
 */
export function readClientSigner(name: string, value: Members, isLoopbackAllowed: boolean): Client['signer'] {
  const { kind, token_endpoint_auth_method: method, token_endpoint_auth_signing_alg, secret_hash } = value
  if (method !== 'private_key_jwt') {
    const ofKeys = value['request_object_signing_alg'] === undefined ? ['jwks_uri'] : []
    const stray = [...ofKeys, 'token_endpoint_auth_signing_alg', ...ASSERTION_SETTINGS].some(
      (setting) => value[setting] !== undefined,
    )
    if (stray)
      throw new TypeError(`"${name}" expected "token_endpoint_auth_method": "private_key_jwt" beside keys to sign with`)
    return undefined
  }
  if (secret_hash !== undefined) throw new TypeError(`"${name}" expected no secret beside private_key_jwt`)
  const alg = token_endpoint_auth_signing_alg ?? 'ES256'
  checkChoice(`${name}.token_endpoint_auth_signing_alg`, alg, ASSERTION_ALGORITHMS)
  const signer = readSigner(name, value, { algorithms: [alg], isLoopbackAllowed })
  // One key, one use: those of a resource server could be taken for the ones that its own keys are encrypted to.
  if (kind === 'resource_server' && signer.jwks.keys.some(({ use }) => use === undefined))
    throw new RangeError(`"${name}.jwks" expected "use" in each key of a resource server`)
  return { ...signer, alg, ...readAssertionSettings(name, value) }
}

/**
 * Reads how a client signs its authorization requests; nothing when it does not (RFC 9101 §10.5).
 *
 * @param isLoopbackAllowed whether its keys may be fetched from this very machine: for development
 * @throws {TypeError | RangeError} when it is no algorithm, or there is no key for it
 */
export function readRequestSigner(name: string, value: Members, isLoopbackAllowed: boolean): Client['requestSigner'] {
  const { request_object_signing_alg: alg } = value
  if (alg === undefined) return undefined
  checkChoice(`${name}.request_object_signing_alg`, alg, ASSERTION_ALGORITHMS)
  return { ...readSigner(name, value, { algorithms: [alg], isLoopbackAllowed }), alg }
}
