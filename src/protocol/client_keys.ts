/**
 * What the operator says of a client that proves itself by key (RFC 7523 §2.2, RFC 7591 §2).
 *
 * @module
 */

import { checkChoice, type Members } from '../../keys/check.ts'
import type { Client } from './client.ts'
import { ASSERTION_ALGORITHMS, readSigner } from './signer.ts'

/**
 * Reads how a client signs its assertions; nothing when it does not.
 *
 * @param isLoopbackAllowed whether its keys may be fetched from this very machine: for development
 * @throws {TypeError | RangeError} when keys are missing or cannot verify, or there is a secret too
 */
export function readClientSigner(name: string, value: Members, isLoopbackAllowed: boolean): Client['signer'] {
  const { kind, token_endpoint_auth_method: method, token_endpoint_auth_signing_alg, secret_hash, jwks_uri } = value
  if (method !== 'private_key_jwt') {
    if (jwks_uri !== undefined || token_endpoint_auth_signing_alg !== undefined)
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
  return { ...signer, alg }
}
