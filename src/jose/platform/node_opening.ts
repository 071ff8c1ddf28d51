/**
 * Opening by `node:crypto` (RFC 7518 §5), which does at once what WebCrypto in Node hands to another thread: some twenty
 * times as fast.
 *
 * @module
 */

import {
  type Bytes,
  bitsOf,
  type ContentOpener,
  checkLengths,
  concatenate,
  type MakeOpener,
} from '../content_encryption.ts'
import { findNodeCrypto, type NodeCrypto } from './node_crypto.ts'

function gcm({ createDecipheriv, createSecretKey }: NodeCrypto, raw: Bytes): ContentOpener {
  const key = createSecretKey(raw)
  return {
    open(content, aad) {
      checkLengths('A256GCM', content)
      const { iv, sealed, tagBytes } = content
      const tag = sealed.length - tagBytes
      const decipher = createDecipheriv('aes-256-gcm', key, iv)
      decipher.setAAD(aad)
      decipher.setAuthTag(sealed.subarray(tag))
      const plaintext = decipher.update(sealed.subarray(0, tag))
      // Throws when the tag is not right; until then nobody has seen the plaintext.
      decipher.final()
      return plaintext
    },
  }
}

function cbc(crypto: NodeCrypto, raw: Bytes): ContentOpener {
  const { createDecipheriv, createHmac, createSecretKey, timingSafeEqual } = crypto
  const mac = createSecretKey(raw.subarray(0, 32))
  const key = createSecretKey(raw.subarray(32))
  return {
    open(content, aad) {
      checkLengths('A256CBC-HS512', content)
      const { iv, sealed, tagBytes } = content
      const ciphertext = sealed.subarray(0, -tagBytes)
      const hmac = createHmac('sha512', mac).update(aad).update(iv).update(ciphertext).update(bitsOf(aad))
      // The tag is looked at before anything is decrypted (RFC 7518 §5.2.2.2).
      if (!timingSafeEqual(hmac.digest().subarray(0, 32), sealed.subarray(-tagBytes))) throw new RangeError('tag')
      const decipher = createDecipheriv('aes-256-cbc', key, iv)
      return concatenate(decipher.update(ciphertext), decipher.final())
    },
  }
}

/** Opening as Node does it. */
export interface NodeOpening {
  readonly makeOpener: MakeOpener
  /** Derives a key by HKDF with SHA-256 and an empty salt (RFC 5869). */
  derive(key: Uint8Array, info: Bytes, length: number): Bytes
}

/** Returns opening by `node:crypto`, or nothing outside Node. */
export function findNodeOpening(): NodeOpening | undefined {
  const crypto = findNodeCrypto()
  return (
    crypto && {
      makeOpener: (enc, key) => (enc === 'A256GCM' ? gcm(crypto, key) : cbc(crypto, key)),
      derive: (key, info, length) => new Uint8Array(crypto.hkdfSync('sha256', key, '', info, length)),
    }
  )
}
