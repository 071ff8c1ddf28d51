/**
 * Keys as jose takes them, each imported once.
 *
 * @module
 */

import type { CryptoKey } from 'jose'
import type { Leaf } from '../../keys/index.ts'

/** A content key: imported for A256GCM, raw for A256CBC-HS512, which WebCrypto does not know as one. */
export type ContentKey = CryptoKey | Uint8Array<ArrayBuffer>

const imported = new WeakMap<Leaf, Promise<ContentKey>>()

async function importLeaf(leaf: Leaf): Promise<ContentKey> {
  if (leaf.enc === 'A256CBC-HS512') return leaf.key
  return crypto.subtle.importKey('raw', leaf.key, 'AES-GCM', false, ['encrypt', 'decrypt'])
}

/** Returns the content key of a leaf. */
export function contentKeyOf(leaf: Leaf): Promise<ContentKey> {
  const known = imported.get(leaf)
  if (known !== undefined) return known
  const key = importLeaf(leaf)
  imported.set(leaf, key)
  return key
}
