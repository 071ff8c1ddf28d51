/**
 * The content encryptions by WebCrypto (RFC 7518 §5).
 *
 * @module
 */

import { decodeCanonical, encodeBase64url } from '../../keys/base64url.ts'
import { isEqual } from '../../keys/digest.ts'
import {
  type Bytes,
  bitsOf,
  type ContentCipher,
  checkLengths,
  concatenate,
  freshIv,
  type MakeCipher,
} from './content_encryption.ts'

function gcm(raw: Bytes): ContentCipher {
  const imported = crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
  const parameters = (iv: Bytes, additionalData: Bytes) => ({ name: 'AES-GCM', iv, additionalData, tagLength: 128 })
  return {
    async seal(plaintext, aad) {
      const iv = freshIv('A256GCM')
      const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters(iv, aad), await imported, plaintext))
      return {
        iv: encodeBase64url(iv),
        ciphertext: encodeBase64url(sealed.subarray(0, -16)),
        tag: encodeBase64url(sealed.subarray(-16)),
      }
    },
    async open(sealed, aad) {
      checkLengths('A256GCM', sealed)
      const bytes = concatenate(decodeCanonical(sealed.ciphertext), decodeCanonical(sealed.tag))
      const iv = decodeCanonical(sealed.iv)
      return new Uint8Array(await crypto.subtle.decrypt(parameters(iv, aad), await imported, bytes))
    },
  }
}

function cbc(raw: Bytes): ContentCipher {
  const hmac = { name: 'HMAC', hash: 'SHA-512' }
  const mac = crypto.subtle.importKey('raw', raw.slice(0, 32), hmac, false, ['sign'])
  const imported = crypto.subtle.importKey('raw', raw.slice(32), 'AES-CBC', false, ['encrypt', 'decrypt'])
  const tagOf = async (iv: Bytes, ciphertext: Bytes, aad: Bytes): Promise<Bytes> => {
    const authenticated = concatenate(aad, iv, ciphertext, bitsOf(aad))
    return new Uint8Array(await crypto.subtle.sign('HMAC', await mac, authenticated)).slice(0, 32)
  }
  return {
    async seal(plaintext, aad) {
      const iv = freshIv('A256CBC-HS512')
      const encrypted = await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, await imported, plaintext)
      const ciphertext = new Uint8Array(encrypted)
      const tag = await tagOf(iv, ciphertext, aad)
      return { iv: encodeBase64url(iv), ciphertext: encodeBase64url(ciphertext), tag: encodeBase64url(tag) }
    },
    async open(sealed, aad) {
      checkLengths('A256CBC-HS512', sealed)
      const [iv, ciphertext] = [decodeCanonical(sealed.iv), decodeCanonical(sealed.ciphertext)]
      // The tag is looked at before anything is decrypted (RFC 7518 §5.2.2.2).
      if (!isEqual(await tagOf(iv, ciphertext, aad), decodeCanonical(sealed.tag))) throw new RangeError('tag')
      return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv }, await imported, ciphertext))
    },
  }
}

/** Makes a content encryption of what every runtime has. */
export const makeWebCipher: MakeCipher = (enc, key) => (enc === 'A256GCM' ? gcm(key) : cbc(key))
