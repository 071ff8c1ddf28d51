/**
 * A JWK Set of secrets on its way to the resource server: as it is, or encrypted to the server's key (RFC 7517 §7).
 *
 * @module
 */

import { compactDecrypt } from 'jose/jwe/compact/decrypt'
import { CompactEncrypt } from 'jose/jwe/compact/encrypt'
import { type KeyRecipient, openerOf } from './recipient.ts'

/** The type of what is inside (RFC 7517 §8.5.2). */
const CTY = 'jwk-set+json'

type Jwk = Readonly<Record<string, unknown>>

/** Seals a JWK Set to a resource server's key. */
export async function sealKeySet(keys: readonly object[], { alg, enc, kid, key }: KeyRecipient): Promise<string> {
  const plaintext = new TextEncoder().encode(JSON.stringify({ keys }))
  return new CompactEncrypt(plaintext).setProtectedHeader({ alg, enc, kid, cty: CTY }).encrypt(key)
}

/** Reads the keys of a JWK Set that came as text; nothing when it is none, or does not open. */
export async function openKeySet(text: string, decryptionKey: Jwk | undefined): Promise<readonly Jwk[] | undefined> {
  try {
    const json = decryptionKey === undefined ? text : await decrypt(text, decryptionKey)
    const { keys } = JSON.parse(json) as { keys?: unknown }
    return Array.isArray(keys) ? keys : undefined
  } catch {
    return undefined
  }
}

async function decrypt(jwe: string, decryptionKey: Jwk): Promise<string> {
  const { key, alg } = await openerOf(decryptionKey, 'A256GCM')
  const options = { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: ['A256GCM'] }
  const { plaintext, protectedHeader } = await compactDecrypt(jwe.trim(), key, options)
  if (protectedHeader.cty !== CTY) throw new TypeError('not a JWK Set')
  return new TextDecoder('utf-8', { fatal: true }).decode(plaintext)
}
