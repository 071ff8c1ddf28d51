/**
 * What opens under each leaf, its key imported once, in the way that is fastest here.
 *
 * @module
 */

import { CONTENT_ENCRYPTION_BYTES, type ContentEncryption, type Leaf, leafInfo } from '../../keys/index.ts'
import type { ContentOpener, MakeOpener } from './content_encryption.ts'
import { findNodeOpening } from './platform/node_opening.ts'
import { deriveByWeb, makeWebOpener } from './platform/web_opening.ts'

const node = findNodeOpening()

/** Makes what opens under a key: 32 bytes, or 64 for A256CBC-HS512. */
export const makeOpener: MakeOpener = node?.makeOpener ?? makeWebOpener

/** Makes what opens under a branch's leaf. The platform derives: who does nothing but open needs no hash of its own. */
export function deriveOpener(branchKey: Uint8Array, enc: ContentEncryption, period: number): ContentOpener {
  const [info, length] = [leafInfo(enc, period), CONTENT_ENCRYPTION_BYTES[enc]]
  if (node !== undefined) return node.makeOpener(enc, node.derive(branchKey, info, length))
  return makeWebOpener(enc, deriveByWeb(Uint8Array.from(branchKey), info, length))
}

const made = new WeakMap<Leaf, ContentOpener>()

/** Returns what opens under a leaf. */
export function contentOpenerOf(leaf: Leaf | Leaf<ContentOpener>): ContentOpener {
  if (isOpener(leaf)) return leaf.key
  const known = made.get(leaf)
  if (known !== undefined) return known
  const opener = makeOpener(leaf.enc, leaf.key)
  made.set(leaf, opener)
  return opener
}

function isOpener(leaf: Leaf | Leaf<ContentOpener>): leaf is Leaf<ContentOpener> {
  return 'open' in leaf.key
}
