/**
 * Sealing by `node:crypto` (RFC 7518 §5), which does at once what WebCrypto in Node hands to another thread.
 *
 * @module
 */

import { encodeBase64url } from '../../../keys/base64url.ts'
import { type Bytes, bitsOf, type ContentSealer, IV_BYTES, type MakeSealer } from '../content_encryption.ts'
import { findNodeCrypto, type NodeCrypto } from './node_crypto.ts'

function gcm({ createCipheriv, createSecretKey }: NodeCrypto, raw: Bytes): ContentSealer {
  const key = createSecretKey(raw)
  return {
    seal(plaintext, aad, draw) {
      const iv = draw(IV_BYTES.A256GCM)
      const cipher = createCipheriv('aes-256-gcm', key, iv)
      cipher.setAAD(aad)
      const ciphertext = cipher.update(plaintext, 'utf8').toString('base64url')
      cipher.final()
      return { iv: encodeBase64url(iv), ciphertext, tag: cipher.getAuthTag().toString('base64url') }
    },
  }
}

function cbc(crypto: NodeCrypto, raw: Bytes): ContentSealer {
  const { createCipheriv, createHmac, createSecretKey } = crypto
  const mac = createSecretKey(raw.subarray(0, 32))
  const key = createSecretKey(raw.subarray(32))
  return {
    seal(plaintext, aad, draw) {
      const iv = draw(IV_BYTES['A256CBC-HS512'])
      const cipher = createCipheriv('aes-256-cbc', key, iv)
      const ciphertext = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final()])
      const tag = createHmac('sha512', mac).update(aad).update(iv).update(ciphertext).update(bitsOf(aad)).digest()
      return {
        iv: encodeBase64url(iv),
        ciphertext: ciphertext.toString('base64url'),
        tag: tag.subarray(0, 32).toString('base64url'),
      }
    },
  }
}

/** Returns what makes a sealer by `node:crypto`, or nothing outside Node. */
export function findNodeSealing(): MakeSealer | undefined {
  const crypto = findNodeCrypto()
  return crypto && ((enc, key) => (enc === 'A256GCM' ? gcm(crypto, key) : cbc(crypto, key)))
}
