/**
 * A JSON object sealed in a compact JWE of `alg: dir` under a leaf, and out of it again (RFC 7516, RFC 7518 §4.5).
 *
 * @module
 */

import type { Leaf, Leaves } from '../../keys/index.ts'
import { type JweSegments, LONGEST_ENVELOPE, readJwe } from './canonical.ts'
import { contentCipherOf } from './content_cipher.ts'
import { openDir, sealDir } from './dir.ts'
import { TokenError } from './error.ts'
import { readHeader } from './header.ts'
import { parseStrictly } from './strict_json.ts'

/** Seals what an envelope carries under a leaf; `typ` says what the envelope is. */
export async function sealEnvelope(facts: Readonly<Record<string, unknown>>, typ: string, leaf: Leaf): Promise<string> {
  const { enc, kid } = leaf
  const envelope = await sealDir({ alg: 'dir', enc, kid, typ }, JSON.stringify(facts), contentCipherOf(leaf))
  if (envelope.length > LONGEST_ENVELOPE) throw new TokenError('size')
  return envelope
}

const MEMBERS = ['alg', 'enc', 'kid', 'typ'] as const

/** What a header says. */
type Said = ReturnType<typeof readHeader<(typeof MEMBERS)[number]>>

/** The header of the last envelope that each kind of leaves opened: spelled alike, it says the same. */
const lastOpened = new WeakMap<Leaves, { readonly header: string; readonly said: Said }>()

async function decrypt(segments: JweSegments, leaf: Leaf): Promise<Uint8Array> {
  try {
    return await openDir(segments, contentCipherOf(leaf))
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
  const { typ, kid } = readHeader(header, MEMBERS)
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
  const segments = readJwe(envelope)
  const { header, encryptedKey } = segments
  if (encryptedKey !== '') throw new TokenError('form')
  const last = lastOpened.get(leaves)
  const said = header === last?.header ? last.said : readHeader(header, MEMBERS)
  if (said.typ !== typ) throw new TokenError('type')
  const leaf = leaves.opening(said.kid, now)
  if (leaf === undefined) throw new TokenError('key')
  if (said.alg !== 'dir' || said.enc !== leaf.enc) throw new TokenError('algorithm')
  const facts = parseStrictly(await decrypt(segments, leaf))
  if (header !== last?.header) lastOpened.set(leaves, { header, said })
  if (facts === undefined) throw new TokenError('payload')
  return { facts, kid: said.kid }
}
