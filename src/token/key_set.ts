/**
 * A JWK Set of secrets on its way to the resource server: as it is, or encrypted to the server's key (RFC 7517 §7).
 *
 * @module
 */

import { decryptWith, encryptTo } from './encrypted.ts'
import { openerOf, type Recipient } from './recipient.ts'

/** The type of what is inside (RFC 7517 §8.5.2). */
const CTY = 'jwk-set+json'

/** Characters that an encrypted set may have. */
const LONGEST_SET = 65_536

type Jwk = Readonly<Record<string, unknown>>

/** Seals a JWK Set to a resource server's key. */
export function sealKeySet(keys: readonly object[], to: Recipient): Promise<string> {
  return encryptTo(to, CTY, JSON.stringify({ keys }))
}

/** Reads the keys of a JWK Set that came as text; nothing when it is none, or does not open. */
export async function openKeySet(text: string, decryptionKey: Jwk | undefined): Promise<readonly Jwk[] | undefined> {
  try {
    const json = decryptionKey === undefined ? text : await decrypt(text.trim(), decryptionKey)
    const { keys } = JSON.parse(json) as { keys?: unknown }
    return Array.isArray(keys) ? keys : undefined
  } catch {
    return undefined
  }
}

async function decrypt(jwe: string, decryptionKey: Jwk): Promise<string> {
  const opener = await openerOf(decryptionKey, 'A256GCM')
  return decryptWith(async (kid) => (kid === opener.kid ? opener : undefined), CTY, jwe, LONGEST_SET)
}
