/**
 * What seals under each leaf, by WebCrypto, its key imported once (RFC 7518 §5).
 *
 * @module
 */

import { encodeBase64url } from '../../keys/base64url.ts'
import type { ContentEncryption, Leaf } from '../../keys/index.ts'
import { type Bytes, IV_BYTES, TAG_BYTES } from './content_encryption.ts'
import { importCbc } from './web_cbc.ts'

/** What an encryption gives, each part as base64url. */
export interface Sealed {
  readonly iv: string
  readonly ciphertext: string
  readonly tag: string
}

/** Seals under one key. */
export interface ContentSealer {
  /** Encrypts under a fresh initialization vector. */
  seal(plaintext: Bytes, aad: Bytes): Promise<Sealed>
}

/** Makes an initialization vector (RFC 7518 §5.2.2.1, §5.3). */
function freshIv(enc: ContentEncryption): Bytes {
  return crypto.getRandomValues(new Uint8Array(IV_BYTES[enc]))
}

function write(iv: Bytes, ciphertext: Uint8Array, tag: Uint8Array): Sealed {
  return { iv: encodeBase64url(iv), ciphertext: encodeBase64url(ciphertext), tag: encodeBase64url(tag) }
}

function gcm(raw: Bytes): ContentSealer {
  const key = crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt'])
  return {
    async seal(plaintext, additionalData) {
      const iv = freshIv('A256GCM')
      const algorithm = { name: 'AES-GCM', iv, additionalData }
      const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, await key, plaintext))
      const tag = sealed.length - TAG_BYTES.A256GCM
      return write(iv, sealed.subarray(0, tag), sealed.subarray(tag))
    },
  }
}

function cbc(raw: Bytes): ContentSealer {
  const { key, tagOf } = importCbc(raw, ['encrypt'])
  return {
    async seal(plaintext, aad) {
      const iv = freshIv('A256CBC-HS512')
      const ciphertext = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, await key, plaintext))
      return write(iv, ciphertext, await tagOf(iv, ciphertext, aad))
    },
  }
}

/** Makes what seals under a key: 32 bytes, or 64 for A256CBC-HS512. */
export function makeSealer(enc: ContentEncryption, key: Bytes): ContentSealer {
  return enc === 'A256GCM' ? gcm(key) : cbc(key)
}

const made = new WeakMap<Leaf, ContentSealer>()

/** Returns what seals under a leaf. */
export function contentSealerOf(leaf: Leaf): ContentSealer {
  const known = made.get(leaf)
  if (known !== undefined) return known
  const sealer = makeSealer(leaf.enc, leaf.key)
  made.set(leaf, sealer)
  return sealer
}
