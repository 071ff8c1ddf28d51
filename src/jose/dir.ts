/**
 * Compact JWEs whose content key is shared beforehand: `alg` is `dir` (RFC 7516 §7.1, RFC 7518 §4.5).
 *
 * @module
 */

import { encodeBase64url } from '../../keys/base64url.ts'
import { readJwe } from './canonical.ts'
import type { Bytes, ContentOpener, ContentSealer } from './content_encryption.ts'

const utf8 = new TextEncoder()

/** A header, and as what it is authenticated. */
export interface SpelledHeader {
  readonly segment: string
  readonly aad: Bytes
}

/** Spells a header out. */
export function spellHeader(header: Readonly<Record<string, string>>): SpelledHeader {
  const segment = encodeBase64url(utf8.encode(JSON.stringify(header)))
  return { segment, aad: authenticatedOf(segment) }
}

/** Seals a text under a header. */
export async function sealDir({ segment, aad }: SpelledHeader, text: string, sealer: ContentSealer): Promise<string> {
  const { iv, ciphertext, tag } = await sealer.seal(utf8.encode(text), aad)
  return `${segment}..${iv}.${ciphertext}.${tag}`
}

/** Returns what is authenticated beside the ciphertext: the header as it is spelled (RFC 7516 §5.2). */
export function authenticatedOf(header: string): Bytes {
  return utf8.encode(header)
}

/**
 * Opens a JWE under its content key. This does NOT look at its length, nor at the header but as what was sealed along.
 *
 * @throws as the opener does
 */
export function openDir(jwe: string, opener: ContentOpener): ReturnType<ContentOpener['open']> {
  const { header, content } = readJwe(jwe, jwe.length)
  return opener.open(content, authenticatedOf(header))
}
