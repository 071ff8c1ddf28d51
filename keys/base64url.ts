/**
 * Base64url without padding, one spelling per value (RFC 4648 §5; RFC 7515 §2).
 *
 * @module
 */

/** Returns the base64url text of `bytes`, without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/**
 * Returns the bytes that `text` spells.
 *
 * Only the one canonical spelling is taken: no padding, no white space, and the unused bits of the last character zero.
 *
 * @throws {RangeError} when `text` is any other spelling, or none
 */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1)
    throw new RangeError('expected base64url without padding')
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
  if (encodeBase64url(bytes) !== text) throw new RangeError('expected base64url with its unused bits zero')
  return bytes
}
