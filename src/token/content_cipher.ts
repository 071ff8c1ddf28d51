/**
 * The content encryption of each leaf, its key imported once, in the way that is fastest here.
 *
 * @module
 */

import type { Leaf } from '../../keys/index.ts'
import type { ContentCipher } from './content_encryption.ts'
import { findNodeCipher } from './node_crypto.ts'
import { makeWebCipher } from './web_crypto.ts'

const makeCipher = findNodeCipher() ?? makeWebCipher

const made = new WeakMap<Leaf, ContentCipher>()

/** Returns the content encryption of a leaf. */
export function contentCipherOf(leaf: Leaf): ContentCipher {
  const known = made.get(leaf)
  if (known !== undefined) return known
  const cipher = makeCipher(leaf.enc, leaf.key)
  made.set(leaf, cipher)
  return cipher
}
