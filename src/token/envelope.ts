/**
 * A JSON object sealed in a compact JWE of `alg: dir` under a leaf, and out of it again (RFC 7516, RFC 7518 §4.5).
 *
 * @module
 */

import { compactDecrypt } from 'jose/jwe/compact/decrypt'
import { CompactEncrypt } from 'jose/jwe/compact/encrypt'
import type { Leaf, Leaves } from '../../keys/index.ts'
import { LONGEST_ENVELOPE, readJwe } from './canonical.ts'
import { contentKeyOf } from './content_key.ts'
import { TokenError } from './error.ts'
import { readHeader } from './header.ts'
import { parseStrictly } from './strict_json.ts'

/** Seals what an envelope carries under a leaf; `typ` says what the envelope is. */
export async function sealEnvelope(facts: Readonly<Record<string, unknown>>, typ: string, leaf: Leaf): Promise<string> {
  const plaintext = new TextEncoder().encode(JSON.stringify(facts))
  const envelope = await new CompactEncrypt(plaintext)
    .setProtectedHeader({ alg: 'dir', enc: leaf.enc, kid: leaf.kid, typ })
    .encrypt(await contentKeyOf(leaf))
  if (envelope.length > LONGEST_ENVELOPE) throw new TokenError('size')
  return envelope
}

async function decrypt(envelope: string, leaf: Leaf): Promise<Uint8Array> {
  const options = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms: [leaf.enc] }
  try {
    return (await compactDecrypt(envelope, await contentKeyOf(leaf), options)).plaintext
  } catch (cause) {
    throw new TokenError('decryption', { cause })
  }
}

/** What an envelope says of itself before it is opened: the kind of it, and the key. */
export interface Outside {
  readonly typ: string
  readonly kid: string
}

/**
 * Reads what an envelope says of itself. Nothing of it is proved.
 *
 * @throws {TokenError} `length`, `form`, `header`
 */
export function readOutside(envelope: string): Outside {
  const { header, encryptedKey } = readJwe(envelope)
  if (encryptedKey !== '') throw new TokenError('form')
  const { typ, kid } = readHeader(header, ['alg', 'enc', 'kid', 'typ'])
  return { typ, kid }
}

/** What came out of an envelope. */
export interface OpenedEnvelope {
  readonly facts: Readonly<Record<string, unknown>>
  /** The kid of the leaf. */
  readonly kid: string
}

/**
 * Opens an envelope: one key, found by its kid, tried once.
 *
 * The order is fixed: length, canonical form, exact header, `typ`, `kid`, algorithms, decryption, strict JSON. What the
 * facts mean is not looked at.
 *
 * @throws {TokenError} `length`, `form`, `header`, `type`, `key`, `algorithm`, `decryption`, `payload`
 */
export async function openEnvelope(
  envelope: string,
  typ: string,
  leaves: Leaves,
  now: number,
): Promise<OpenedEnvelope> {
  const { header, encryptedKey } = readJwe(envelope)
  if (encryptedKey !== '') throw new TokenError('form')
  const said = readHeader(header, ['alg', 'enc', 'kid', 'typ'])
  if (said.typ !== typ) throw new TokenError('type')
  const leaf = leaves.opening(said.kid, now)
  if (leaf === undefined) throw new TokenError('key')
  if (said.alg !== 'dir' || said.enc !== leaf.enc) throw new TokenError('algorithm')
  const facts = parseStrictly(await decrypt(envelope, leaf))
  if (facts === undefined) throw new TokenError('payload')
  return { facts, kid: said.kid }
}
