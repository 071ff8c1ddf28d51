/**
 * The content encryptions A256GCM and A256CBC-HS512 under one key (RFC 7518 §5), by the platform's own AES and HMAC: at
 * once by `node:crypto` in Node, where WebCrypto waits for another thread each time, and by WebCrypto everywhere else.
 *
 * jose is the reference: test/token/content_encryption.test.ts shows that both take exactly the same.
 *
 * @module
 */

import { isEqual } from '../../keys/digest.ts'
import type { ContentEncryption } from '../../keys/index.ts'

type Bytes = Uint8Array<ArrayBuffer>

/** What an encryption gives. */
export interface Sealed {
  readonly iv: Bytes
  readonly ciphertext: Bytes
  readonly tag: Bytes
}

/** One key's content encryption. The key is imported once. */
export interface ContentCipher {
  /** Encrypts under a fresh initialization vector. */
  seal(plaintext: Bytes, aad: Bytes): Sealed | Promise<Sealed>
  /** Decrypts, or throws whatever the platform throws: at once, or in the promise. */
  open(sealed: Sealed, aad: Bytes): Uint8Array | Promise<Uint8Array>
}

/** Makes the content encryption of a key: 32 bytes, or 64 for A256CBC-HS512. */
export type MakeCipher = (enc: ContentEncryption, key: Bytes) => ContentCipher

const IV_BYTES: Readonly<Record<ContentEncryption, number>> = { A256GCM: 12, 'A256CBC-HS512': 16 }
const TAG_BYTES: Readonly<Record<ContentEncryption, number>> = { A256GCM: 16, 'A256CBC-HS512': 32 }

function freshIv(enc: ContentEncryption): Bytes {
  return crypto.getRandomValues(new Uint8Array(IV_BYTES[enc]))
}

/** Both lengths are fixed: a shorter tag would be easier to guess (RFC 7518 §5.2.2.2, §5.3). */
function checkLengths(enc: ContentEncryption, { iv, tag }: Sealed): void {
  if (iv.length !== IV_BYTES[enc] || tag.length !== TAG_BYTES[enc]) throw new RangeError('length of iv or tag')
}

function concat(...parts: readonly Uint8Array[]): Bytes {
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    bytes.set(part, offset)
    offset += part.length
  }
  return bytes
}

/** Returns the bits of the additional data, as 64 bits big-endian (RFC 7518 §5.2.2.1). */
function bitsOf(aad: Uint8Array): Bytes {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(aad.length * 8))
  return bytes
}

function webGcm(raw: Bytes): ContentCipher {
  const imported = crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt'])
  const parameters = (iv: Bytes, additionalData: Bytes) => ({ name: 'AES-GCM', iv, additionalData, tagLength: 128 })
  return {
    async seal(plaintext, aad) {
      const iv = freshIv('A256GCM')
      const sealed = new Uint8Array(await crypto.subtle.encrypt(parameters(iv, aad), await imported, plaintext))
      return { iv, ciphertext: sealed.subarray(0, -16), tag: sealed.subarray(-16) }
    },
    async open(sealed, aad) {
      checkLengths('A256GCM', sealed)
      const { iv, ciphertext, tag } = sealed
      return new Uint8Array(await crypto.subtle.decrypt(parameters(iv, aad), await imported, concat(ciphertext, tag)))
    },
  }
}

function webCbc(raw: Bytes): ContentCipher {
  const hmac = { name: 'HMAC', hash: 'SHA-512' }
  const mac = crypto.subtle.importKey('raw', raw.slice(0, 32), hmac, false, ['sign'])
  const imported = crypto.subtle.importKey('raw', raw.slice(32), 'AES-CBC', false, ['encrypt', 'decrypt'])
  const tagOf = async (iv: Bytes, ciphertext: Bytes, aad: Bytes): Promise<Bytes> =>
    new Uint8Array(await crypto.subtle.sign('HMAC', await mac, concat(aad, iv, ciphertext, bitsOf(aad)))).slice(0, 32)
  return {
    async seal(plaintext, aad) {
      const iv = freshIv('A256CBC-HS512')
      const ciphertext = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, await imported, plaintext))
      return { iv, ciphertext, tag: await tagOf(iv, ciphertext, aad) }
    },
    async open(sealed, aad) {
      checkLengths('A256CBC-HS512', sealed)
      const { iv, ciphertext, tag } = sealed
      if (!isEqual(await tagOf(iv, ciphertext, aad), tag)) throw new RangeError('tag')
      return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-CBC', iv }, await imported, ciphertext))
    },
  }
}

/** By WebCrypto. */
export const webCipher: MakeCipher = (enc, key) => (enc === 'A256GCM' ? webGcm(key) : webCbc(key))

/** What is used of `node:crypto`. */
type NodeCrypto = ReturnType<typeof builtin>

function builtin() {
  return process.getBuiltinModule('node:crypto')
}

function nodeGcm({ createCipheriv, createDecipheriv, createSecretKey }: NodeCrypto, raw: Bytes): ContentCipher {
  const key = createSecretKey(raw)
  return {
    seal(plaintext, aad) {
      const iv = freshIv('A256GCM')
      const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(aad)
      const ciphertext = cipher.update(plaintext)
      cipher.final()
      return { iv, ciphertext, tag: cipher.getAuthTag() }
    },
    open(sealed, aad) {
      checkLengths('A256GCM', sealed)
      const decipher = createDecipheriv('aes-256-gcm', key, sealed.iv).setAAD(aad).setAuthTag(sealed.tag)
      const plaintext = decipher.update(sealed.ciphertext)
      // Throws when the tag is not right: nothing of `plaintext` was looked at until then.
      decipher.final()
      return plaintext
    },
  }
}

function nodeCbc(crypto: NodeCrypto, raw: Bytes): ContentCipher {
  const { createCipheriv, createDecipheriv, createHmac, createSecretKey, timingSafeEqual } = crypto
  const mac = createSecretKey(raw.subarray(0, 32))
  const key = createSecretKey(raw.subarray(32))
  const tagOf = (iv: Bytes, ciphertext: Bytes, aad: Bytes): Bytes => {
    const hmac = createHmac('sha512', mac).update(aad).update(iv).update(ciphertext)
    return hmac.update(bitsOf(aad)).digest().subarray(0, 32)
  }
  return {
    seal(plaintext, aad) {
      const iv = freshIv('A256CBC-HS512')
      const cipher = createCipheriv('aes-256-cbc', key, iv)
      const ciphertext = concat(cipher.update(plaintext), cipher.final())
      return { iv, ciphertext, tag: tagOf(iv, ciphertext, aad) }
    },
    open(sealed, aad) {
      checkLengths('A256CBC-HS512', sealed)
      const { iv, ciphertext, tag } = sealed
      if (!timingSafeEqual(tagOf(iv, ciphertext, aad), tag)) throw new RangeError('tag')
      const decipher = createDecipheriv('aes-256-cbc', key, iv)
      return concat(decipher.update(ciphertext), decipher.final())
    },
  }
}

/**
 * Returns the way by `node:crypto`, or nothing outside Node.
 *
 * Other runtimes that know the module too decrypt inline by WebCrypto, and by the module more slowly, or not in full.
 */
export function findNodeCipher(): MakeCipher | undefined {
  const isNode = typeof navigator === 'undefined' || /^Node\.js\//.test(navigator.userAgent)
  if (!isNode || typeof process === 'undefined' || process.getBuiltinModule === undefined) return undefined
  const crypto = builtin()
  return (enc, key) => (enc === 'A256GCM' ? nodeGcm(crypto, key) : nodeCbc(crypto, key))
}

/** The way that is the fastest here. */
export const makeCipher: MakeCipher = findNodeCipher() ?? webCipher
