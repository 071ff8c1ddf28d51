/**
 * Texts that are encrypted to a resource server: by its public key, or under its leaf (RFC 7516, RFC 7518 §4).
 *
 * This proves nothing about who made them: with a public key, anybody can.
 *
 * @module
 */

import { compactDecrypt } from 'jose/jwe/compact/decrypt'
import { CompactEncrypt } from 'jose/jwe/compact/encrypt'
import { readJwe } from './canonical.ts'
import { contentOpenerOf } from './content_opening.ts'
import { contentSealerOf } from './content_sealing.ts'
import { openDir, sealDir } from './dir.ts'
import { TokenError } from './error.ts'
import { readHeader } from './header.ts'
import type { KeyRecipient, Recipient } from './recipient.ts'

/** Encrypts a text; `cty` says what it is. */
export async function encryptTo(to: Recipient, cty: string, text: string): Promise<string> {
  const { alg, enc, kid } = to
  const header = { alg, enc, kid, cty }
  if (to.alg === 'dir') return sealDir(header, text, contentSealerOf(to.leaf))
  return new CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader(header).encrypt(to.key)
}

/** What an encrypted text says of itself before it is decrypted. */
export interface EncryptedOutside {
  readonly alg: string
  readonly enc: string
  readonly kid: string
  /** Whether there is an ephemeral key in the header. */
  readonly hasKey: boolean
  /** Whether there is an encrypted content key. */
  readonly hasEncryptedKey: boolean
}

/**
 * Reads what an encrypted text says of itself. Nothing of it is proved.
 *
 * @param longest characters that it may have. Default 8192
 * @throws {TokenError} `length`, `form`, `header`, `type`
 */
export function readEncryptedOutside(jwe: string, cty: string, longest?: number): EncryptedOutside {
  const { header, encryptedKey } = readJwe(jwe, longest)
  const hasEncryptedKey = encryptedKey !== ''
  const hasKey = !hasEncryptedKey && isAgreed(header)
  const { alg, enc, kid, cty: said } = readHeader(header, ['alg', 'enc', 'kid', 'cty'], hasKey)
  if (said !== cty) throw new TokenError('type')
  return { alg, enc, kid, hasKey, hasEncryptedKey }
}

/** Tells whether a header has an ephemeral key; what it is, `readHeader` looks at. */
function isAgreed(header: string): boolean {
  return atob(header.replaceAll('-', '+').replaceAll('_', '/')).includes('"epk":')
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

async function decrypt(jwe: string, { alg, enc, key }: KeyRecipient): Promise<Uint8Array> {
  const options = { keyManagementAlgorithms: [alg], contentEncryptionAlgorithms: [enc] }
  return (await compactDecrypt(jwe, key, options)).plaintext
}

/**
 * Decrypts a text: one key, found by its kid, tried once.
 *
 * @param longest characters that it may have when encrypted. Default 8192
 * @throws {TokenError} `length`, `form`, `header`, `type`, `key`, `algorithm`, `decryption`
 */
export async function decryptWith(
  find: (kid: string) => Promise<Recipient | undefined>,
  cty: string,
  jwe: string,
  longest?: number,
): Promise<string> {
  const said = readEncryptedOutside(jwe, cty, longest)
  const to = await find(said.kid)
  if (to === undefined) throw new TokenError('key')
  if (said.alg !== to.alg || said.enc !== to.enc || said.hasEncryptedKey !== (to.alg === 'RSA-OAEP-256'))
    throw new TokenError('algorithm')
  if (said.hasKey !== (to.alg === 'ECDH-ES')) throw new TokenError('header')
  try {
    return utf8.decode(await (to.alg === 'dir' ? openDir(jwe, contentOpenerOf(to.leaf)) : decrypt(jwe, to)))
  } catch (cause) {
    throw new TokenError('decryption', { cause })
  }
}
