/**
 * A JWK Set of secrets on its way to the resource server: as it is, or encrypted to the server's key (RFC 7517 §7). Beside
 * the leaves that open tokens it has the keys that tell names, as a member that others pass over (RFC 7517 §5).
 *
 * @module
 */

import { decodeBase64url, encodeBase64url } from '../../keys/base64url.ts'
import { isMembers } from '../../keys/check.ts'
import type { NamesKey } from '../../keys/index.ts'
import { decryptWith, encryptTo } from './encrypted.ts'
import { openerOf, type Recipient } from './recipient.ts'

/** The type of what is inside (RFC 7517 §8.5.2). */
const CTY = 'jwk-set+json'

/** Characters that an encrypted set may have. */
const LONGEST_SET = 65_536

type Jwk = Readonly<Record<string, unknown>>

/** What a resource server is told. */
export interface KeySet {
  /** Its leaves. */
  readonly keys: readonly Jwk[]
  /** Its names keys, each with the kid of its root. Nothing where an issuer does not know of any. */
  readonly names_keys?: readonly Jwk[]
}

/** Seals a JWK Set to a resource server's key. */
export function sealKeySet(set: { readonly keys: readonly object[] }, to: Recipient): Promise<string> {
  return encryptTo(to, CTY, JSON.stringify(set))
}

/** Returns a names key as a JWK (RFC 7518 §6.4). */
export function writeNamesKey({ kid, key }: NamesKey): Jwk {
  return { kty: 'oct', kid, k: encodeBase64url(key()) }
}

/** Reads a names key; anything else is passed over. */
export function readNamesKey({ kty, kid, k }: Jwk): NamesKey | undefined {
  if (kty !== 'oct' || typeof kid !== 'string' || typeof k !== 'string' || !/^[\w-]{43}$/.test(k)) return undefined
  try {
    const key = decodeBase64url(k)
    return { kid, key: () => key }
  } catch {
    return undefined
  }
}

/** Reads a JWK Set that came as text; nothing when it is none, or does not open. What is no object in it is passed over. */
export async function openKeySet(text: string, decryptionKey: Jwk | undefined): Promise<KeySet | undefined> {
  try {
    const json = decryptionKey === undefined ? text : await decrypt(text.trim(), decryptionKey)
    const { keys, names_keys } = JSON.parse(json) as Readonly<Record<string, unknown>>
    if (!Array.isArray(keys)) return undefined
    const told = { keys: keys.filter(isMembers) }
    return Array.isArray(names_keys) ? { ...told, names_keys: names_keys.filter(isMembers) } : told
  } catch {
    return undefined
  }
}

async function decrypt(jwe: string, decryptionKey: Jwk): Promise<string> {
  const opener = await openerOf(decryptionKey, 'A256GCM')
  return decryptWith(async (kid) => (kid === opener.kid ? opener : undefined), CTY, jwe, LONGEST_SET)
}
