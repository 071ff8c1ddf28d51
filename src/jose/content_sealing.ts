/**
 * What seals under each leaf, its key imported once, in the way that is fastest here.
 *
 * @module
 */

import type { Leaf } from '../../keys/index.ts'
import type { ContentSealer } from './content_encryption.ts'
import { findNodeSealing } from './platform/node_sealing.ts'
import { makeWebSealer } from './platform/web_sealing.ts'

const makeSealer = findNodeSealing() ?? makeWebSealer

const made = new WeakMap<Leaf, ContentSealer>()

/** Returns what seals under a leaf. */
export function contentSealerOf(leaf: Leaf): ContentSealer {
  const known = made.get(leaf)
  if (known !== undefined) return known
  const sealer = makeSealer(leaf.enc, leaf.key)
  made.set(leaf, sealer)
  return sealer
}
