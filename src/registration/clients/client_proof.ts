/**
 * What the operator says of how a client proves itself, and of what its tokens are bound to (RFC 7591 §2, RFC 8705, RFC 9449
 * §5.2).
 *
 * @module
 */

import { decodeBase64url } from '../../../keys/base64url.ts'
import { checkTexts, type Members, readBoolean, readChoice } from '../../../keys/check.ts'
import { readAll } from '../../../keys/faults.ts'
import { readPublicKeys } from '../public_keys.ts'
import type { Client, ClientAuthenticationMethod } from './client.ts'
import { CERTIFICATE_METHODS, readCertificateRule } from './client_certificate.ts'
import { readClientSigner, readRequestSigner } from './client_signer.ts'

function readSecretHashes(name: string, value: unknown): readonly Uint8Array[] {
  const hashes = value === undefined ? [] : Array.isArray(value) ? value : [value]
  checkTexts(name, hashes, /^sha256:[A-Za-z0-9_-]{43}$/, '"sha256:…" as `bulla client new` prints it')
  if (hashes.length > 2) throw new RangeError(`"${name}" expected one hash, or two while the secret is changed`)
  return hashes.map((hash) => decodeBase64url(hash.slice('sha256:'.length)))
}

function readMethods(name: string, value: unknown, hasSecret: boolean): readonly ClientAuthenticationMethod[] {
  const possible: readonly ClientAuthenticationMethod[] = hasSecret
    ? ['client_secret_basic', 'client_secret_post']
    : ['none', 'private_key_jwt', ...CERTIFICATE_METHODS]
  if (value === undefined) return hasSecret ? possible : ['none']
  return [readChoice(name, value, possible)]
}

/** Tells whether there is a secret; an empty list has none. */
function hasSecret(hashes: unknown): boolean {
  return Array.isArray(hashes) ? hashes.length > 0 : hashes !== undefined
}

/** What a client is, and how it proves that. */
type Proof = Pick<
  Client,
  'kind' | 'secretHashes' | 'authenticationMethods' | 'signer' | 'requestSigner' | 'jwks' | 'certificate'
>

/**
 * Reads how a client proves itself.
 *
 * @param isLoopbackAllowed whether its keys may be fetched from this very machine: for development
 * @throws {TypeError | RangeError} all that is wrong with it
 */
export function readProof(name: string, value: Members, isLoopbackAllowed: boolean): Proof {
  const { kind: is = 'client', secret_hash, token_endpoint_auth_method: method, jwks: given, grant_types } = value
  const { kind, secretHashes, signer, requestSigner, methods, jwks } = readAll({
    kind: () => readChoice(`${name}.kind`, is, ['client', 'resource_server', 'operator']),
    secretHashes: () => readSecretHashes(`${name}.secret_hash`, secret_hash),
    signer: () => readClientSigner(name, value, isLoopbackAllowed),
    requestSigner: () => readRequestSigner(name, value, isLoopbackAllowed),
    methods: () => readMethods(`${name}.token_endpoint_auth_method`, method, hasSecret(secret_hash)),
    jwks: () => (given === undefined ? [] : readPublicKeys(`${name}.jwks`, given)),
  })
  if (kind !== 'client' && (methods.includes('none') || (Array.isArray(grant_types) && grant_types.length > 0))) {
    throw new RangeError(
      `"${name}" expected a secret, a key or a certificate, and no grant types for a ${kind.replace('_', ' ')}`,
    )
  }
  const certificate = readCertificateRule(name, value, methods[0], jwks)
  return { kind, secretHashes, authenticationMethods: methods, signer, requestSigner, jwks, certificate }
}

/**
 * Reads what a client's tokens are bound to.
 *
 * @throws {TypeError} when that is not said by true or false
 */
export function readBound(name: string, value: Members): Pick<Client, 'dpopBound' | 'certificateBound'> {
  const { dpop_bound_access_tokens: dpop = false, tls_client_certificate_bound_access_tokens: certificate = false } =
    value
  return readAll({
    dpopBound: () => readBoolean(`${name}.dpop_bound_access_tokens`, dpop),
    certificateBound: () => readBoolean(`${name}.tls_client_certificate_bound_access_tokens`, certificate),
  })
}
