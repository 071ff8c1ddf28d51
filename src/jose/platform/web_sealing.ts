/**
 * Sealing by WebCrypto (RFC 7518 §5), which every runtime has.
 *
 * @module
 */

import type { CryptoKey } from 'jose'
import { encodeBase64url } from '../../../keys/base64url.ts'
import {
  type Bytes,
  type ContentSealer,
  IV_BYTES,
  type MakeSealer,
  type Sealed,
  TAG_BYTES,
} from '../content_encryption.ts'
import { importCbc } from './web_cbc.ts'

const utf8 = new TextEncoder()

function write(iv: Bytes, ciphertext: Uint8Array, tag: Uint8Array): Sealed {
  return { iv: encodeBase64url(iv), ciphertext: encodeBase64url(ciphertext), tag: encodeBase64url(tag) }
}

function gcm(raw: Bytes): ContentSealer {
  let key: CryptoKey | undefined
  const imported = crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt']).then((made) => {
    key = made
    return made
  })
  return {
    async seal(plaintext, additionalData, draw) {
      const iv = draw(IV_BYTES.A256GCM)
      const algorithm = { name: 'AES-GCM', iv, additionalData }
      const sealed = new Uint8Array(
        await crypto.subtle.encrypt(algorithm, key ?? (await imported), utf8.encode(plaintext)),
      )
      const tag = sealed.length - TAG_BYTES.A256GCM
      return write(iv, sealed.subarray(0, tag), sealed.subarray(tag))
    },
  }
}

function cbc(raw: Bytes): ContentSealer {
  const { key, tagOf } = importCbc(raw, ['encrypt'])
  return {
    async seal(plaintext, aad, draw) {
      const iv = draw(IV_BYTES['A256CBC-HS512'])
      const ciphertext = new Uint8Array(
        await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, await key, utf8.encode(plaintext)),
      )
      return write(iv, ciphertext, await tagOf(iv, ciphertext, aad))
    },
  }
}

/** Makes a sealer of what every runtime has. */
export const makeWebSealer: MakeSealer = (enc, key) => (enc === 'A256GCM' ? gcm(key) : cbc(key))
