/**
 * Agreeing on the content key with the ephemeral key of an envelope: ECDH-ES in direct mode (RFC 7518 §4.6).
 *
 * WebCrypto agrees. jose does the same with three waits more; test/jose/agreement.test.ts holds the two together.
 *
 * @module
 */

import type { CryptoKey } from 'jose'
import { digestBytes } from '../../keys/digest.ts'
import { CONTENT_ENCRYPTION_BYTES, type ContentEncryption } from '../../keys/index.ts'
import { type Bytes, concatenate } from './content_encryption.ts'

/** A public key on P-256 or X25519, and nothing more. */
export type EphemeralKey = Readonly<Record<string, string>>

function uint32(value: number): Bytes {
  const bytes = new Uint8Array(4)
  new DataView(bytes.buffer).setUint32(0, value)
  return bytes
}

const NOBODY = uint32(0)

/** Concat KDF with SHA-256, for `enc` and between parties that are not named (RFC 7518 §4.6.2). */
function deriveKey(secret: Uint8Array, enc: ContentEncryption): Bytes {
  const length = CONTENT_ENCRYPTION_BYTES[enc]
  const algorithm = new TextEncoder().encode(enc)
  const info = concatenate(uint32(algorithm.length), algorithm, NOBODY, NOBODY, uint32(length * 8))
  const rounds = Array.from({ length: length / 32 }, (_, round) =>
    digestBytes(concatenate(uint32(round + 1), secret, info)),
  )
  return concatenate(...rounds)
}

/**
 * Returns the content key that our private key and an ephemeral key agree on: 32 bytes, or 64 for A256CBC-HS512.
 *
 * @throws whatever the platform throws when the ephemeral key is none, or not on the curve of ours
 */
export async function agreeOnKey(
  privateKey: CryptoKey,
  ephemeral: EphemeralKey,
  enc: ContentEncryption,
): Promise<Bytes> {
  const { algorithm } = privateKey
  const their = await crypto.subtle.importKey('jwk', { ...ephemeral }, algorithm, false, [])
  const secret = await crypto.subtle.deriveBits({ name: algorithm.name, public: their }, privateKey, 256)
  return deriveKey(new Uint8Array(secret), enc)
}
