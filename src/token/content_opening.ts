/**
 * What opens under each leaf, its key imported once, in the way that is fastest here.
 *
 * @module
 */

import type { Leaf } from '../../keys/index.ts'
import type { ContentOpener, MakeOpener } from './content_encryption.ts'
import { findNodeOpening } from './node_opening.ts'
import { makeWebOpener } from './web_opening.ts'

/** Makes what opens under a key: 32 bytes, or 64 for A256CBC-HS512. */
export const makeOpener: MakeOpener = findNodeOpening() ?? makeWebOpener

const made = new WeakMap<Leaf, ContentOpener>()

/** Returns what opens under a leaf. */
export function contentOpenerOf(leaf: Leaf): ContentOpener {
  const known = made.get(leaf)
  if (known !== undefined) return known
  const opener = makeOpener(leaf.enc, leaf.key)
  made.set(leaf, opener)
  return opener
}
