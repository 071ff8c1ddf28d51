/**
 * Signing by `node:crypto` (RFC 7515 §5.1), which does at once what WebCrypto in Node hands to another thread.
 *
 * @module
 */

import type { CryptoKey } from 'jose'
import { findNodeCrypto } from './node_crypto.ts'
import type { Sign } from './web_signing.ts'

/** The digest of each algorithm that signs at once. An RSA key takes so long that all others would wait: it stays with the other thread. */
const DIGESTS: ReadonlyMap<string, 'sha256' | null> = new Map([
  ['ECDSA', 'sha256'],
  ['Ed25519', null],
])

/** Returns what signs under a private key at once; nothing outside Node, and where that would keep others waiting. */
export function signByNode(privateKey: CryptoKey): Sign | undefined {
  const crypto = findNodeCrypto()
  const digest = DIGESTS.get(privateKey.algorithm.name)
  if (crypto === undefined || digest === undefined) return undefined
  const { KeyObject, sign } = crypto
  const key = { key: KeyObject.from(privateKey), dsaEncoding: 'ieee-p1363' } as const
  return (bytes) => sign(digest, bytes, key)
}
