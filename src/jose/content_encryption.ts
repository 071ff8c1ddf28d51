/**
 * The content encryptions A256GCM and A256CBC-HS512 (RFC 7518 §5): what opening and sealing have in common.
 *
 * Both are by `node:crypto` in Node, and by WebCrypto everywhere else. jose is the reference:
 * test/jose/content_encryption.test.ts shows that all take exactly the same.
 *
 * @module
 */

import type { ContentEncryption } from '../../keys/index.ts'
import type { Draw } from '../randomness.ts'

/** Bytes that are nobody else's to change meanwhile. */
export type Bytes = Uint8Array<ArrayBuffer>

/** What is encrypted, as bytes. */
export interface Content {
  readonly iv: Bytes
  /** Ciphertext and tag, one after the other. */
  readonly sealed: Bytes
  readonly tagBytes: number
}

/** Opens under one key. The key is imported once. */
export interface ContentOpener {
  /**
   * Decrypts: at once where the platform does, or in a promise. The content may be overwritten as soon as this returns.
   *
   * @throws whatever the platform throws, at once or in the promise, when it was not sealed by this key, or so
   */
  open(content: Content, aad: Bytes): Uint8Array | Promise<Uint8Array | ArrayBuffer>
}

/** Makes what opens under a key: 32 bytes, or 64 for A256CBC-HS512. */
export type MakeOpener = (enc: ContentEncryption, key: Bytes) => ContentOpener

/** What an encryption gives, each part as base64url. */
export interface Sealed {
  readonly iv: string
  readonly ciphertext: string
  readonly tag: string
}

/** Seals under one key. The key is imported once. */
export interface ContentSealer {
  /** Encrypts a text under an initialization vector that is drawn for it: at once where the platform does, or in a promise. */
  seal(plaintext: string, aad: Bytes, draw: Draw): Sealed | Promise<Sealed>
}

/** Makes what seals under a key: 32 bytes, or 64 for A256CBC-HS512. */
export type MakeSealer = (enc: ContentEncryption, key: Bytes) => ContentSealer

/** Bytes of an initialization vector (RFC 7518 §5.2.2.1, §5.3). */
export const IV_BYTES = { A256GCM: 12, 'A256CBC-HS512': 16 } as const

/** Bytes of a tag. */
export const TAG_BYTES = { A256GCM: 16, 'A256CBC-HS512': 32 } as const

/** Checks both lengths: neither is ever another, and a shorter tag would be easier to guess (RFC 7518 §5.2.2.2, §5.3). */
export function checkLengths(enc: ContentEncryption, { iv, tagBytes }: Content): void {
  if (iv.length !== IV_BYTES[enc] || tagBytes !== TAG_BYTES[enc]) throw new RangeError('length of iv or tag')
}

/** Returns the bytes of all parts, one after the other. */
export function concatenate(...parts: readonly Uint8Array[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

/** Returns the number of bits of the additional data, 64 bits big-endian (RFC 7518 §5.2.2.1). */
export function bitsOf(aad: Uint8Array): Bytes {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(aad.length * 8))
  return bytes
}
