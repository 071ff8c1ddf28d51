/**
 * Whom a nested envelope is sealed to: a resource server's public key, or its leaf (RFC 7518 §4).
 *
 * @module
 */

import type { CryptoKey } from 'jose'
import { importJWK } from 'jose/key/import'
import type { ContentEncryption, Leaf } from '../../keys/index.ts'
import { contentCipherOf } from './content_cipher.ts'
import type { ContentCipher } from './content_encryption.ts'
import { TokenError } from './error.ts'
import { publicMembers } from './jwks.ts'

/** How the content key is managed. */
export type KeyManagement = 'ECDH-ES' | 'RSA-OAEP-256' | 'dir'

/** The ways in which the content key can be managed. */
export const KEY_MANAGEMENT: readonly KeyManagement[] = ['ECDH-ES', 'RSA-OAEP-256', 'dir']

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
  readonly cipher: ContentCipher
}

/** What seals to a resource server, or opens as one. */
export type Recipient = KeyRecipient | LeafRecipient

type Jwk = Readonly<Record<string, unknown>>

/** Returns the key management that a key is for, or nothing: P-256 and X25519 agree, RSA from 2048 bits wraps. */
export function keyManagementOf(jwk: Jwk): KeyManagementByKey | undefined {
  const { kty, crv, use = 'enc', alg, n } = jwk
  const kind = kty === 'RSA' ? 'RSA-OAEP-256' : kty === 'EC' || kty === 'OKP' ? 'ECDH-ES' : undefined
  if (kind === undefined || use !== 'enc' || (alg !== undefined && alg !== kind)) return undefined
  if (kind === 'ECDH-ES')
    return (kty === 'EC' && crv === 'P-256') || (kty === 'OKP' && crv === 'X25519') ? kind : undefined
  return typeof n === 'string' && n.length >= 342 ? kind : undefined
}

/** Returns a resource server's public key as the issuer seals to it. */
export async function recipientOf(jwk: Jwk, enc: ContentEncryption): Promise<KeyRecipient> {
  const alg = keyManagementOf(jwk)
  if (alg === undefined || typeof jwk['kid'] !== 'string') throw new TokenError('key')
  return { kid: jwk['kid'], alg, enc, key: (await importJWK(publicMembers(jwk), alg)) as CryptoKey }
}

/** Returns a resource server's private key as it opens with it. */
export async function openerOf(jwk: Jwk, enc: ContentEncryption): Promise<KeyRecipient> {
  const alg = keyManagementOf(jwk)
  if (alg === undefined || typeof jwk['kid'] !== 'string' || jwk['d'] === undefined) throw new TokenError('key')
  const { use: _use, key_ops: _operations, alg: _alg, ...key } = jwk
  return { kid: jwk['kid'], alg, enc, key: (await importJWK(key, alg)) as CryptoKey }
}

/** Returns a leaf as what seals, and opens, by `dir`. */
export function leafRecipient(leaf: Leaf): LeafRecipient {
  return { kid: leaf.kid, alg: 'dir', enc: leaf.enc, cipher: contentCipherOf(leaf) }
}
