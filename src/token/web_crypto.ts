/**
 * The content encryptions by WebCrypto (RFC 7518 §5).
 *
 * @module
 */

import type { CryptoKey } from 'jose'
import { decodeCanonical, encodeBase64url } from '../../keys/base64url.ts'
import { isEqual } from '../../keys/digest.ts'
import { LONGEST_ENVELOPE } from './canonical.ts'
import {
  type Bytes,
  bitsOf,
  type ContentCipher,
  checkLengths,
  concatenate,
  freshIv,
  IV_BYTES,
  type MakeCipher,
  type Sealed,
} from './content_encryption.ts'

/** What engines have that decode into what is there already. */
interface Decoding extends Uint8Array<ArrayBuffer> {
  readonly setFromBase64?: (text: string, options: { alphabet: 'base64url' }) => unknown
}

/**
 * Where tokens are spelled out, one after the other: WebCrypto copies what it is given before it returns (Web Cryptography
 * API §14.3.2), and to make room anew for each costs a third of the decryption.
 */
const room: Decoding = new Uint8Array(LONGEST_ENVELOPE)
const ivRoom: Decoding = new Uint8Array(IV_BYTES.A256GCM)

/** Returns initialization vector and ciphertext with its tag, as WebCrypto takes them for AES-GCM. */
function spell({ iv, ciphertext, tag }: Sealed): { readonly iv: Bytes; readonly data: Bytes } {
  if (room.setFromBase64 === undefined || ivRoom.setFromBase64 === undefined || ciphertext.length > room.length)
    return { iv: decodeCanonical(iv), data: concatenate(decodeCanonical(ciphertext), decodeCanonical(tag)) }
  const end = (ciphertext.length * 3) >> 2
  const tagRoom: Decoding = room.subarray(end)
  ivRoom.setFromBase64(iv, BASE64URL)
  room.setFromBase64(ciphertext, BASE64URL)
  tagRoom.setFromBase64?.(tag, BASE64URL)
  return { iv: ivRoom, data: room.subarray(0, end + 16) }
}

const BASE64URL = { alphabet: 'base64url' } as const

function gcm(raw: Bytes): ContentCipher {
  let key: CryptoKey | undefined
  const imported = crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']).then((made) => {
    key = made
    return made
  })
  const decrypt = (sealed: Sealed, additionalData: Bytes, by: CryptoKey): Promise<ArrayBuffer> => {
    const { iv, data } = spell(sealed)
    return crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, by, data)
  }
  return {
    async seal(plaintext, additionalData) {
      const iv = freshIv('A256GCM')
      const algorithm = { name: 'AES-GCM', iv, additionalData }
      const sealed = new Uint8Array(await crypto.subtle.encrypt(algorithm, key ?? (await imported), plaintext))
      return {
        iv: encodeBase64url(iv),
        ciphertext: encodeBase64url(sealed.subarray(0, -16)),
        tag: encodeBase64url(sealed.subarray(-16)),
      }
    },
    open(sealed, aad) {
      checkLengths('A256GCM', sealed)
      return key === undefined ? imported.then((made) => decrypt(sealed, aad, made)) : decrypt(sealed, aad, key)
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
      return crypto.subtle.decrypt({ name: 'AES-CBC', iv }, await imported, ciphertext)
    },
  }
}

/** Makes a content encryption of what every runtime has. */
export const makeWebCipher: MakeCipher = (enc, key) => (enc === 'A256GCM' ? gcm(key) : cbc(key))
