/**
 * The content encryptions A256GCM and A256CBC-HS512 under one key (RFC 7518 §5): by `node:crypto` in Node, and by
 * WebCrypto everywhere else.
 *
 * jose is the reference: test/token/content_encryption.test.ts shows that all take exactly the same.
 *
 * @module
 */

import type { ContentEncryption } from '../../keys/index.ts'

/** What an encryption gives, each part as base64url. */
export interface Sealed {
  readonly iv: string
  readonly ciphertext: string
  readonly tag: string
}

/** One key's content encryption. The key is imported once. */
export interface ContentCipher {
  /** Encrypts under a fresh initialization vector. */
  seal(plaintext: Bytes, aad: Bytes): Sealed | Promise<Sealed>
  /**
   * Decrypts what is spelled in canonical base64url: at once where the platform does, or in a promise.
   *
   * @throws whatever the platform throws, at once or in the promise, when it was not sealed by this key, or so
   */
  open(sealed: Sealed, aad: Bytes): Uint8Array | Promise<Uint8Array | ArrayBuffer>
}

/** Bytes that are nobody else's to change meanwhile. */
export type Bytes = Uint8Array<ArrayBuffer>

/** Makes the content encryption of a key: 32 bytes, or 64 for A256CBC-HS512. */
export type MakeCipher = (enc: ContentEncryption, key: Bytes) => ContentCipher

/** Bytes of an initialization vector. */
export const IV_BYTES = { A256GCM: 12, 'A256CBC-HS512': 16 } as const

/** Characters of initialization vector and tag. */
const IV_LENGTH = { A256GCM: 16, 'A256CBC-HS512': 22 } as const
const TAG_LENGTH = { A256GCM: 22, 'A256CBC-HS512': 43 } as const

/** Makes an initialization vector (RFC 7518 §5.2.2.1, §5.3). */
export function freshIv(enc: ContentEncryption): Bytes {
  return crypto.getRandomValues(new Uint8Array(IV_BYTES[enc]))
}

/** Checks both lengths: neither is ever another, and a shorter tag would be easier to guess (RFC 7518 §5.2.2.2, §5.3). */
export function checkLengths(enc: ContentEncryption, { iv, tag }: Sealed): void {
  if (iv.length !== IV_LENGTH[enc] || tag.length !== TAG_LENGTH[enc]) throw new RangeError('length of iv or tag')
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
