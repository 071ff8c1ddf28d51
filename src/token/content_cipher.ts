/**
 * The content encryption of each leaf, its key imported once.
 *
 * @module
 */

import type { Leaf } from '../../keys/index.ts'
import { type ContentCipher, makeCipher } from './content_encryption.ts'

const made = new WeakMap<Leaf, ContentCipher>()

/** Returns the content encryption of a leaf. */
export function contentCipherOf(leaf: Leaf): ContentCipher {
  const known = made.get(leaf)
  if (known !== undefined) return known
  const cipher = makeCipher(leaf.enc, leaf.key)
  made.set(leaf, cipher)
  return cipher
}
