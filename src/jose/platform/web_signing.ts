/**
 * Signing by WebCrypto (RFC 7515 §5.1), which every runtime has.
 *
 * @module
 */

import type { CryptoKey } from 'jose'
import type { Bytes } from '../content_encryption.ts'

/** Signs bytes under one key: at once where the platform does, or in a promise. */
export type Sign = (bytes: Bytes) => Uint8Array | Promise<ArrayBuffer>

/** Returns what signs under a private key. */
export function signByWeb(privateKey: CryptoKey): Sign {
  // The digest is a matter of the signature by ECDSA, of the key by RSA, and of neither by Ed25519.
  const algorithm = { name: privateKey.algorithm.name, hash: 'SHA-256' }
  return (bytes) => crypto.subtle.sign(algorithm, privateKey, bytes)
}
