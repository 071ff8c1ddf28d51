/**
 * Opening by WebCrypto (RFC 7518 §5), which every runtime has.
 *
 * @module
 */

import type { CryptoKey } from 'jose'
import { isEqual } from '../../../keys/digest.ts'
import type { ContentEncryption } from '../../../keys/index.ts'
import { type Bytes, type Content, type ContentOpener, checkLengths } from '../content_encryption.ts'
import { importCbc } from './web_cbc.ts'

/** Returns a content that nothing overwrites. */
function keep({ iv, sealed, tagBytes }: Content): Content {
  return { iv: iv.slice(), sealed: sealed.slice(), tagBytes }
}

async function importGcm(raw: Bytes | Promise<Bytes>): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', await raw, 'AES-GCM', false, ['decrypt'])
}

function gcm(raw: Bytes | Promise<Bytes>): ContentOpener {
  let key: CryptoKey | undefined
  const imported = importGcm(raw).then((made) => {
    key = made
    return made
  })
  // WebCrypto copies what it is given before it returns (Web Cryptography API §14.3.2).
  const decrypt = ({ iv, sealed }: Content, additionalData: Bytes, by: CryptoKey): Promise<ArrayBuffer> =>
    crypto.subtle.decrypt({ name: 'AES-GCM', iv, additionalData }, by, sealed)
  return {
    open(content, aad) {
      checkLengths('A256GCM', content)
      if (key !== undefined) return decrypt(content, aad, key)
      const kept = keep(content)
      return imported.then((made) => decrypt(kept, aad, made))
    },
  }
}

function cbc(raw: Bytes | Promise<Bytes>): ContentOpener {
  const { key, tagOf } = importCbc(raw, ['decrypt'])
  return {
    async open(content, aad) {
      checkLengths('A256CBC-HS512', content)
      const { iv, sealed, tagBytes } = keep(content)
      const ciphertext = sealed.subarray(0, -tagBytes)
      // The tag is looked at before anything is decrypted (RFC 7518 §5.2.2.2).
      if (!isEqual(await tagOf(iv, ciphertext, aad), sealed.subarray(-tagBytes))) throw new RangeError('tag')
      return crypto.subtle.decrypt({ name: 'AES-CBC', iv }, await key, ciphertext)
    },
  }
}

/** Makes an opener of what every runtime has, under a key that may be still to come. */
export function makeWebOpener(enc: ContentEncryption, key: Bytes | Promise<Bytes>): ContentOpener {
  return enc === 'A256GCM' ? gcm(key) : cbc(key)
}

/** Derives a key by HKDF with SHA-256 and an empty salt (RFC 5869). */
export async function deriveByWeb(key: Bytes, info: Bytes, length: number): Promise<Bytes> {
  const from = await crypto.subtle.importKey('raw', key, 'HKDF', false, ['deriveBits'])
  const algorithm = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info }
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, from, length * 8))
}
