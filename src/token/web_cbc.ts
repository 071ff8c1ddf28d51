/**
 * The two keys of A256CBC-HS512 in WebCrypto, and its tag (RFC 7518 §5.2).
 *
 * @module
 */

import type { CryptoKey } from 'jose'
import { type Bytes, bitsOf, concatenate, TAG_BYTES } from './content_encryption.ts'

/** Both keys at work. */
export interface Cbc {
  /** The second half. */
  readonly key: Promise<CryptoKey>
  /** Returns the tag, made by the first half: 32 bytes. */
  tagOf(iv: Bytes, ciphertext: Bytes, aad: Bytes): Promise<Bytes>
}

/** Imports a key of 64 bytes. */
export function importCbc(raw: Bytes, usages: ('decrypt' | 'encrypt')[]): Cbc {
  const hmac = { name: 'HMAC', hash: 'SHA-512' }
  const mac = crypto.subtle.importKey('raw', raw.slice(0, 32), hmac, false, ['sign'])
  return {
    key: crypto.subtle.importKey('raw', raw.slice(32), 'AES-CBC', false, usages),
    async tagOf(iv, ciphertext, aad) {
      const authenticated = concatenate(aad, iv, ciphertext, bitsOf(aad))
      const full = new Uint8Array(await crypto.subtle.sign('HMAC', await mac, authenticated))
      return full.slice(0, TAG_BYTES['A256CBC-HS512'])
    },
  }
}
