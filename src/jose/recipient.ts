/**
 * Whom a nested envelope is sealed to: a resource server's public key, or its leaf (RFC 7518 §4).
 *
 * @module
 */

import type { CryptoKey } from 'jose'
import { importJWK } from 'jose/key/import'
import type { ContentEncryption, Leaf } from '../../keys/index.ts'
import { TokenError } from './error.ts'
import { checkStrength, importPublicKey } from './jwks.ts'

/** How the content key is managed. */
export type KeyManagement = 'ECDH-ES' | 'RSA-OAEP-256' | 'dir'

/** The ways that are for a resource server's own key. */
type KeyManagementByKey = Exclude<KeyManagement, 'dir'>

/** A resource server's own key: the public one that seals to it, or the private one that opens. */
export interface KeyRecipient {
  readonly kid: string
  readonly alg: KeyManagementByKey
  readonly enc: ContentEncryption
  readonly key: CryptoKey
}

/** A leaf, which seals and opens. */
export interface LeafRecipient {
  readonly kid: string
  readonly alg: 'dir'
  readonly enc: ContentEncryption
  readonly leaf: Leaf
}

/** What seals to a resource server, or opens as one. */
export type Recipient = KeyRecipient | LeafRecipient

type Jwk = Readonly<Record<string, unknown>>

/** What a kid may be: a header with it is no longer than a header may be. */
const KID = /^[\x21-\x7e]{1,64}$/

/** What a key that only signs, or only verifies, says that it does (RFC 7517 §4.3). */
const SIGNING_OPERATIONS = ['sign', 'verify']

/** Returns the key management that a key is for, or nothing: P-256 and X25519 agree, RSA from 2048 bits wraps. */
export function keyManagementOf(jwk: Jwk): KeyManagementByKey | undefined {
  const { kty, crv, use = 'enc', key_ops = [], alg, n } = jwk
  const kind = kty === 'RSA' ? 'RSA-OAEP-256' : 'ECDH-ES'
  if (use !== 'enc' || (alg !== undefined && alg !== kind)) return undefined
  if (!Array.isArray(key_ops) || key_ops.some((operation) => SIGNING_OPERATIONS.includes(operation))) return undefined
  if (kind === 'ECDH-ES')
    return (kty === 'EC' && crv === 'P-256') || (kty === 'OKP' && crv === 'X25519') ? kind : undefined
  return typeof n === 'string' && n.length >= 342 ? kind : undefined
}

/** Returns the kid of a key for encryption, and its key management; nothing when it is none. */
function readKey(jwk: Jwk): { readonly kid: string; readonly alg: KeyManagementByKey } | undefined {
  const { kid } = jwk
  const alg = keyManagementOf(jwk)
  return alg !== undefined && typeof kid === 'string' && KID.test(kid) ? { kid, alg } : undefined
}

/** Tells whether something may be sealed to a key: what has its private part told to everybody is nobody's. */
export function isRecipient(jwk: Jwk): boolean {
  return readKey(jwk) !== undefined && jwk['d'] === undefined
}

/** Tells whether a key may open. */
export function isOpener(jwk: Jwk): boolean {
  return readKey(jwk) !== undefined && typeof jwk['d'] === 'string'
}

/**
 * Returns a resource server's public key as the issuer seals to it. A private part is not looked at.
 *
 * @throws {TokenError} `key` when it is none
 */
export async function recipientOf(jwk: Jwk, enc: ContentEncryption): Promise<KeyRecipient> {
  const read = readKey(jwk)
  if (read === undefined) throw new TokenError('key')
  return { ...read, enc, key: await importPublicKey(jwk, read.alg) }
}

/**
 * Returns a resource server's private key as it opens with it.
 *
 * @throws {TokenError} `key` when it is none
 */
export async function openerOf(jwk: Jwk, enc: ContentEncryption): Promise<KeyRecipient> {
  const read = readKey(jwk)
  if (read === undefined || !isOpener(jwk)) throw new TokenError('key')
  const { use: _use, key_ops: _operations, alg: _alg, ...members } = jwk
  try {
    const key = (await importJWK(members, read.alg)) as CryptoKey
    checkStrength(key)
    return { ...read, enc, key }
  } catch (cause) {
    throw new TokenError('key', { cause })
  }
}

/** Returns a leaf as what seals, and opens, by `dir`. */
export async function leafRecipient(leaf: Leaf): Promise<LeafRecipient> {
  return { kid: leaf.kid, alg: 'dir', enc: leaf.enc, leaf }
}
