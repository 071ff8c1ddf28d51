/**
 * Compact JWEs whose content key is shared beforehand: `alg` is `dir` (RFC 7516 §7.1, RFC 7518 §4.5).
 *
 * @module
 */

import { decodeCanonical, encodeBase64url } from '../../keys/base64url.ts'
import type { JweSegments } from './canonical.ts'
import type { ContentCipher } from './content_encryption.ts'

const utf8 = new TextEncoder()

/** Seals a text under a header. */
export async function sealDir(
  header: Readonly<Record<string, string>>,
  text: string,
  cipher: ContentCipher,
): Promise<string> {
  const segment = encodeBase64url(utf8.encode(JSON.stringify(header)))
  const { iv, ciphertext, tag } = await cipher.seal(utf8.encode(text), utf8.encode(segment))
  return `${segment}..${encodeBase64url(iv)}.${encodeBase64url(ciphertext)}.${encodeBase64url(tag)}`
}

/**
 * Returns what was sealed: at once where the platform decrypts at once, or else a promise of it.
 *
 * This does NOT look at the header, but as what was sealed along. It throws, or rejects, when another key made the JWE, or
 * it was changed.
 */
export function openDir(segments: JweSegments, cipher: ContentCipher): Uint8Array | Promise<Uint8Array> {
  const sealed = {
    iv: decodeCanonical(segments.iv),
    ciphertext: decodeCanonical(segments.ciphertext),
    tag: decodeCanonical(segments.tag),
  }
  return cipher.open(sealed, utf8.encode(segments.header))
}
