/**
 * Texts that are encrypted to a resource server: by its public key, or under its leaf (RFC 7516, RFC 7518 §4).
 *
 * This proves nothing about who made them: with a public key, anybody can.
 *
 * @module
 */

import { compactDecrypt } from 'jose/jwe/compact/decrypt'
import { CompactEncrypt } from 'jose/jwe/compact/encrypt'
import { decodeBase64url } from '../../keys/base64url.ts'
import type { Draw } from '../randomness.ts'
import { agreeOnKey, type EphemeralKey } from './agreement.ts'
import { readJwe } from './canonical.ts'
import { contentOpenerOf, makeOpener } from './content_opening.ts'
import { contentSealerOf } from './content_sealing.ts'
import { headerUnder, openDir, sealDir } from './dir.ts'
import { TokenError } from './error.ts'
import { readAgreementHeader, readHeader } from './header.ts'
import type { Recipient } from './recipient.ts'

/**
 * Encrypts a text; `cty` says what it is.
 *
 * @param draw gives the initialization vector under a leaf. Default: it is drawn for itself
 */
export async function encryptTo(to: Recipient, cty: string, text: string, draw?: Draw): Promise<string> {
  if (to.alg === 'dir') return sealDir(headerUnder(to.leaf, 'cty', cty), text, contentSealerOf(to.leaf), draw)
  const { alg, enc, kid } = to
  const header = { alg, enc, kid, cty }
  return new CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader(header).encrypt(to.key)
}

const MEMBERS = ['alg', 'enc', 'kid', 'cty'] as const

/** What an encrypted text says of itself before it is decrypted. */
export interface EncryptedOutside {
  readonly alg: string
  readonly enc: string
  readonly kid: string
  /** The ephemeral key in the header, if there is one. */
  readonly epk: EphemeralKey | undefined
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
  const isAgreed = !hasEncryptedKey && new TextDecoder().decode(decodeBase64url(header)).includes('"epk":')
  const read = isAgreed ? readAgreementHeader(header, MEMBERS) : { ...readHeader(header, MEMBERS), epk: undefined }
  const { alg, enc, kid, epk } = read
  if (read.cty !== cty) throw new TokenError('type')
  return { alg, enc, kid, epk, hasEncryptedKey }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

async function decrypt(jwe: string, to: Recipient, epk: EphemeralKey | undefined): Promise<Uint8Array | ArrayBuffer> {
  if (to.alg === 'dir') return openDir(jwe, contentOpenerOf(to.leaf))
  const { alg, enc, key } = to
  if (epk !== undefined) return openDir(jwe, makeOpener(enc, await agreeOnKey(key, epk, enc)))
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
  if ((said.epk !== undefined) !== (to.alg === 'ECDH-ES')) throw new TokenError('header')
  try {
    return utf8.decode(await decrypt(jwe, to, said.epk))
  } catch (cause) {
    throw new TokenError('decryption', { cause })
  }
}
