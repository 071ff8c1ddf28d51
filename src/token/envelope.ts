/**
 * A JSON object sealed in a compact JWE of `alg: dir` under a leaf, and out of it again (RFC 7516, RFC 7518 §4.5).
 *
 * @module
 */

import type { Leaf, Leaves, OpeningLeaves } from '../../keys/index.ts'
import { LONGEST_ENVELOPE, readJwe } from '../jose/canonical.ts'
import type { Content, ContentOpener } from '../jose/content_encryption.ts'
import { contentOpenerOf } from '../jose/content_opening.ts'
import { contentSealerOf } from '../jose/content_sealing.ts'
import { authenticatedOf, headerUnder, type SpelledHeader, sealDir } from '../jose/dir.ts'
import { TokenError } from '../jose/error.ts'
import { readHeader } from '../jose/header.ts'
import { parseStrictly } from '../jose/strict_json.ts'
import type { Draw } from '../randomness.ts'

/**
 * Seals what an envelope carries under a leaf; `typ` says what the envelope is.
 *
 * @param draw gives the initialization vector. Default: it is drawn for itself
 * @param longest characters that it may have. Default 8192
 * @throws {TokenError} `size` when it would have more
 */
export async function sealEnvelope(
  facts: Readonly<Record<string, unknown>>,
  typ: string,
  leaf: Leaf,
  draw?: Draw,
  longest: number = LONGEST_ENVELOPE,
): Promise<string> {
  const envelope = await sealDir(headerUnder(leaf, 'typ', typ), JSON.stringify(facts), contentSealerOf(leaf), draw)
  if (envelope.length > longest) throw new TokenError('size')
  return envelope
}

const MEMBERS = ['alg', 'enc', 'kid', 'typ'] as const

/** A header as it is spelled, what it says, and as what it is authenticated. */
interface Header extends SpelledHeader {
  readonly said: Readonly<Record<(typeof MEMBERS)[number], string>>
}

/** The header of the last envelope that leaves opened: spelled alike, it says the same. Nothing else is kept of it. */
const lastOpened = new WeakMap<ReadyLeaves, Header>()

/** Leaves that open; their keys may be openers already. */
export type ReadyLeaves = OpeningLeaves | OpeningLeaves<ContentOpener>

function readSaid(segment: string): Header {
  const aad = authenticatedOf(segment)
  // A text of its own: a part of the envelope's would keep the whole envelope.
  return { segment: new TextDecoder().decode(aad), said: readHeader(segment, MEMBERS), aad }
}

function refuse(cause: unknown): never {
  throw new TokenError('decryption', { cause })
}

function decrypt(
  content: Content,
  { aad }: Header,
  leaf: Leaf | Leaf<ContentOpener>,
): ReturnType<ContentOpener['open']> {
  try {
    return contentOpenerOf(leaf).open(content, aad)
  } catch (cause) {
    return refuse(cause)
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
 * Opens an envelope, and lets `read` make something of what is inside: one key, found by its kid, tried once. All at once
 * where the platform decrypts at once.
 *
 * The order is fixed: length, canonical form, exact header, `typ`, `kid`, algorithms, decryption. What is inside is not
 * looked at.
 *
 * @param longest characters that it may have. Default 8192
 * @throws {TokenError} as `openEnvelope`, or what `read` throws: at once, or in the promise
 */
export function openWith<Read>(
  envelope: string,
  expectedTyp: string,
  leaves: ReadyLeaves,
  now: number,
  read: (plaintext: Uint8Array | ArrayBuffer, leaf: Leaf | Leaf<ContentOpener>) => Read,
  longest: number = LONGEST_ENVELOPE,
): Read | Promise<Read> {
  const last = lastOpened.get(leaves)
  const { header: segment, encryptedKey, content } = readJwe(envelope, longest, last?.segment)
  if (encryptedKey !== '') throw new TokenError('form')
  const header = segment === last?.segment ? last : readSaid(segment)
  const { alg, enc, kid, typ } = header.said
  if (typ !== expectedTyp) throw new TokenError('type')
  const leaf = leaves.opening(kid, now)
  if (leaf === undefined) throw new TokenError('key')
  if (alg !== 'dir' || enc !== leaf.enc) throw new TokenError('algorithm')
  const readInside = (plaintext: Uint8Array | ArrayBuffer): Read => {
    if (header !== last) lastOpened.set(leaves, header)
    return read(plaintext, leaf)
  }
  const plaintext = decrypt(content, header, leaf)
  // A runtime inside another has promises of its own, and the platform's are not of these.
  return 'then' in plaintext ? plaintext.then(readInside, refuse) : readInside(plaintext)
}

/**
 * Opens an envelope of strict JSON.
 *
 * @param longest characters that it may have. Default 8192
 * @throws {TokenError} `length`, `form`, `header`, `type`, `key`, `algorithm`, `decryption`, `payload`
 */
export async function openEnvelope(
  envelope: string,
  typ: string,
  leaves: Leaves,
  now: number,
  longest: number = LONGEST_ENVELOPE,
): Promise<OpenedEnvelope> {
  const read = (plaintext: Uint8Array | ArrayBuffer, { kid }: { readonly kid: string }): OpenedEnvelope => {
    const facts = parseStrictly(plaintext)
    if (facts === undefined) throw new TokenError('payload')
    return { facts, kid }
  }
  return openWith(envelope, typ, leaves, now, read, longest)
}
