/**
 * Those whose signatures are taken: clients that prove themselves by key, and trusted issuers; and how the operator says
 * where their public keys are (RFC 7517 §5, RFC 7591 §2).
 *
 * @module
 */

import type { Members } from '../../keys/check.ts'
import { checkRemoteUrl } from '../protocol/remote_url.ts'
import { readPublicKeys } from './public_keys.ts'

/** The algorithms by which clients and trusted issuers can sign (RFC 7518 §3.1, RFC 9864 §2.2). */
export const ASSERTION_ALGORITHMS = ['ES256', 'Ed25519', 'PS256', 'RS256'] as const

/** How a client or a trusted issuer can sign. */
export type AssertionAlgorithm = (typeof ASSERTION_ALGORITHMS)[number]

/** Somebody who signs, and where the public keys are. */
export interface Signer {
  /** What the log calls it. */
  readonly name: string
  /** The JWK Set of the settings; empty where there is a `jwksUri`. */
  readonly jwks: { readonly keys: readonly Members[] }
  /** Where the keys are told, if they are. */
  readonly jwksUri: string | undefined
  /** Whether a stranger said so, and not the operator. Default false. */
  readonly isStrangers?: true
}

/** The kind of key that each algorithm takes. */
const KIND_OF: Readonly<Record<AssertionAlgorithm, string>> = {
  ES256: 'EC P-256',
  Ed25519: 'OKP Ed25519',
  PS256: 'RSA ',
  RS256: 'RSA ',
}

/** Tells whether a key of the settings can verify by one of these algorithms. */
function isVerifying({ kty, crv = '', use = 'sig', alg }: Members, algorithms: readonly AssertionAlgorithm[]): boolean {
  const fits = algorithms.filter((algorithm) => KIND_OF[algorithm] === `${kty} ${crv}`)
  return use === 'sig' && fits.some((algorithm) => alg === undefined || alg === algorithm)
}

/** What is to be known to read a signer. */
export interface SignerOptions {
  /** The algorithms by which it signs. */
  readonly algorithms: readonly AssertionAlgorithm[]
  /** Whether its keys may be fetched from this very machine: for development. */
  readonly isLoopbackAllowed: boolean
}

/**
 * Reads where a signer's public keys are: either `jwks` or `jwks_uri`.
 *
 * @throws {TypeError | RangeError} when there is neither or both, or no key that can verify
 */
export function readSigner(name: string, value: Members, { algorithms, isLoopbackAllowed }: SignerOptions): Signer {
  const { jwks, jwks_uri } = value
  if ((jwks === undefined) === (jwks_uri === undefined))
    throw new TypeError(`"${name}" expected either "jwks" or "jwks_uri"`)
  if (jwks_uri !== undefined) {
    checkRemoteUrl(`${name}.jwks_uri`, jwks_uri, isLoopbackAllowed)
    return { name, jwks: { keys: [] }, jwksUri: jwks_uri }
  }
  const keys = readPublicKeys(`${name}.jwks`, jwks).filter((key) => isVerifying(key, algorithms))
  if (keys.length === 0) throw new RangeError(`"${name}.jwks" expected a key for ${algorithms.join(' or ')}`)
  return { name, jwks: { keys }, jwksUri: undefined }
}
