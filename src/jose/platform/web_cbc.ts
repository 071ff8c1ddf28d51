/**
 * The two keys of A256CBC-HS512 in WebCrypto, and its tag (RFC 7518 §5.2).
 *
 * @module
 */

import type { CryptoKey } from 'jose'
import { type Bytes, bitsOf, concatenate, TAG_BYTES } from '../content_encryption.ts'

/** Both keys at work. */
export interface Cbc {
  /** The second half. */
  readonly key: Promise<CryptoKey>
  /** Returns the tag, made by the first half: 32 bytes. */
  tagOf(iv: Bytes, ciphertext: Bytes, aad: Bytes): Promise<Bytes>
}

const HMAC = { name: 'HMAC', hash: 'SHA-512' }

/** Imports a key of 64 bytes, which may be still to come. */
export function importCbc(raw: Bytes | Promise<Bytes>, usages: ('decrypt' | 'encrypt')[]): Cbc {
  const whole = Promise.resolve(raw)
  const mac = whole.then((key) => crypto.subtle.importKey('raw', key.slice(0, 32), HMAC, false, ['sign']))
  return {
    key: whole.then((key) => crypto.subtle.importKey('raw', key.slice(32), 'AES-CBC', false, usages)),
    async tagOf(iv, ciphertext, aad) {
      const authenticated = concatenate(aad, iv, ciphertext, bitsOf(aad))
      const full = new Uint8Array(await crypto.subtle.sign('HMAC', await mac, authenticated))
      return full.slice(0, TAG_BYTES['A256CBC-HS512'])
    },
  }
}
