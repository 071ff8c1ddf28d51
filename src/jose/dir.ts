/**
 * Compact JWEs whose content key is shared beforehand: `alg` is `dir` (RFC 7516 §7.1, RFC 7518 §4.5).
 *
 * @module
 */

import { encodeBase64url } from '../../keys/base64url.ts'
import type { Leaf } from '../../keys/index.ts'
import { type Draw, drawAnew } from '../randomness.ts'
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

/** The header that each leaf sealed under last: there is one to a leaf, nearly always. */
const lastUnder = new WeakMap<Leaf, SpelledHeader & { readonly member: string; readonly what: string }>()

/** Returns the header of what is sealed under a leaf: `typ` says what the envelope is, or `cty` what is in it. */
export function headerUnder(leaf: Leaf, member: 'typ' | 'cty', what: string): SpelledHeader {
  const last = lastUnder.get(leaf)
  if (last?.what === what && last.member === member) return last
  const { enc, kid } = leaf
  const header = { ...spellHeader({ alg: 'dir', enc, kid, [member]: what }), member, what }
  lastUnder.set(leaf, header)
  return header
}

/**
 * Seals a text under a header.
 *
 * @param draw gives the initialization vector. Default: it is drawn for itself
 */
export async function sealDir(
  { segment, aad }: SpelledHeader,
  text: string,
  sealer: ContentSealer,
  draw: Draw = drawAnew,
): Promise<string> {
  const { iv, ciphertext, tag } = await sealer.seal(text, aad, draw)
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
