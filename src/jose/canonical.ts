/**
 * One envelope, one spelling: what jose would take in several is refused before it (RFC 7515 §2, RFC 7516 §7.1).
 *
 * @module
 */

import { decodeInPlace } from '../../keys/base64url.ts'
import { type Bytes, type Content, IV_BYTES } from './content_encryption.ts'
import { TokenError } from './error.ts'

/** Characters that an envelope may have. */
export const LONGEST_ENVELOPE = 8192

/** A compact JWE. */
export interface Jwe {
  /** As it is spelled. */
  readonly header: string
  /** Empty where the key is agreed on or shared. */
  readonly encryptedKey: string
  /** What is encrypted: to be used, or copied, at once. The next envelope overwrites it. */
  readonly content: Content
}

const utf8 = new TextEncoder()

/** Where envelopes are spelled out, one after the other: to make room anew for each costs a third of the decryption. */
const room: Bytes = new Uint8Array(LONGEST_ENVELOPE)
const roomView = new DataView(room.buffer)
const ivRoom = room.subarray(0, IV_BYTES.A256GCM)

/** Returns the letters of a text, in a place where they stay until the next text is read. */
function lettersOf(text: string, longest: number): Bytes {
  if (text.length === 0 || text.length > longest) throw new TokenError('length')
  const letters = text.length > room.length ? new Uint8Array(text.length) : room
  // A letter that is not of ASCII takes more bytes than one.
  const { read, written } = utf8.encodeInto(text, letters)
  if (read !== text.length || written !== read) throw new TokenError('form')
  return letters
}

/** Decodes a segment; one that is empty, or ends before it begins, is none. */
function decode(letters: Bytes, start: number, end: number, to: number): number {
  const view = letters === room ? roomView : new DataView(letters.buffer)
  const at = start < end ? decodeInPlace(view, start, end, to) : -1
  if (at < 0) throw new TokenError('form')
  return at
}

/**
 * Reads a compact JWE (RFC 7516 §7.1).
 *
 * @param longest characters that it may have. Default 8192
 * @param known a header that was found good before
 * @throws {TokenError} `length` when it is empty or longer; `form` when it is any but the one canonical spelling
 */
export function readJwe(envelope: string, longest: number = LONGEST_ENVELOPE, known?: string): Jwe {
  const letters = lettersOf(envelope, longest)
  const key = envelope.indexOf('.') + 1
  const iv = envelope.indexOf('.', key) + 1
  const ciphertext = envelope.indexOf('.', iv) + 1
  const tag = envelope.indexOf('.', ciphertext) + 1
  // A dot that is not found is 0, so some segment ends before it begins; a sixth segment is a dot in the fifth.
  const segment = envelope.slice(0, key - 1)
  const header = segment === known ? known : segment
  if (header !== known) decode(letters, 0, key - 1, 0)
  if (key < iv - 1) decode(letters, key, iv - 1, key)
  const ivEnd = decode(letters, iv, ciphertext - 1, 0)
  const ciphertextEnd = decode(letters, ciphertext, tag - 1, ivEnd)
  const end = decode(letters, tag, envelope.length, ciphertextEnd)
  return {
    header,
    encryptedKey: envelope.slice(key, iv - 1),
    content: {
      iv: letters === room && ivEnd === ivRoom.length ? ivRoom : letters.subarray(0, ivEnd),
      sealed: letters.subarray(ivEnd, end),
      tagBytes: end - ciphertextEnd,
    },
  }
}

/**
 * Reads a compact JWS (RFC 7515 §7.1).
 *
 * @param longest characters that it may have. Default 8192
 * @throws {TokenError} as `readJwe`
 */
export function readJws(
  jws: string,
  longest: number = LONGEST_ENVELOPE,
): {
  readonly header: string
  readonly payload: string
  readonly signature: string
} {
  const letters = lettersOf(jws, longest)
  const payload = jws.indexOf('.') + 1
  const signature = jws.indexOf('.', payload) + 1
  decode(letters, 0, payload - 1, 0)
  decode(letters, payload, signature - 1, payload)
  decode(letters, signature, jws.length, signature)
  return {
    header: jws.slice(0, payload - 1),
    payload: jws.slice(payload, signature - 1),
    signature: jws.slice(signature),
  }
}
