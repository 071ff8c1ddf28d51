/**
 * A JSON object sealed in a compact JWE of `alg: dir` under a leaf, and out of it again (RFC 7516, RFC 7518 §4.5).
 *
 * @module
 */

import type { CryptoKey } from 'jose'
import { compactDecrypt } from 'jose/jwe/compact/decrypt'
import { CompactEncrypt } from 'jose/jwe/compact/encrypt'
import type { ContentEncryption, Leaf, Leaves } from '../../keys/index.ts'
import { LONGEST_ENVELOPE, readSegments } from './canonical.ts'
import { TokenError } from './error.ts'

/** A key as jose takes it: imported once for A256GCM, raw for A256CBC-HS512, which WebCrypto does not know as one. */
type ContentKey = CryptoKey | Uint8Array<ArrayBuffer>

const LONGEST_HEADER = 512
const HEADER_MEMBERS = ['alg', 'enc', 'kid', 'typ'] as const
const imported = new WeakMap<Leaf, Promise<ContentKey>>()

async function importKey(leaf: Leaf): Promise<ContentKey> {
  if (leaf.enc === 'A256CBC-HS512') return leaf.key
  return crypto.subtle.importKey('raw', leaf.key, 'AES-GCM', false, ['encrypt', 'decrypt'])
}

function contentKeyOf(leaf: Leaf): Promise<ContentKey> {
  const known = imported.get(leaf)
  if (known !== undefined) return known
  const key = importKey(leaf)
  imported.set(leaf, key)
  return key
}

/** The members of a header, each a text. */
type Header = Readonly<Record<(typeof HEADER_MEMBERS)[number], string>>

/** Parses JSON of an object that has exactly one spelling: no member twice, no white space, strict UTF-8, no BOM. */
function parseStrictly(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    const json: unknown = JSON.parse(text)
    const isObject = typeof json === 'object' && json !== null && !Array.isArray(json)
    if (!isObject || Object.hasOwn(json, '__proto__') || JSON.stringify(json) !== text) return undefined
    return json as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
}

function readHeader(segment: string): Header {
  if (segment.length > (LONGEST_HEADER * 4) / 3) throw new TokenError('header')
  const text = atob(segment.replaceAll('-', '+').replaceAll('_', '/'))
  const header = parseStrictly(Uint8Array.from(text, (character) => character.charCodeAt(0)))
  const members = header === undefined ? [] : Object.keys(header)
  const isExact =
    members.length === HEADER_MEMBERS.length && HEADER_MEMBERS.every((name) => typeof header?.[name] === 'string')
  if (!isExact) throw new TokenError('header')
  return header as Header
}

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
  const contentEncryptionAlgorithms: ContentEncryption[] = [leaf.enc]
  const options = { keyManagementAlgorithms: ['dir'], contentEncryptionAlgorithms }
  try {
    return (await compactDecrypt(envelope, await contentKeyOf(leaf), options)).plaintext
  } catch (cause) {
    throw new TokenError('decryption', { cause })
  }
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
): Promise<Readonly<Record<string, unknown>>> {
  const header = readHeader(readSegments(envelope).header)
  if (header.typ !== typ) throw new TokenError('type')
  const leaf = leaves.opening(header.kid, now)
  if (leaf === undefined) throw new TokenError('key')
  if (header.alg !== 'dir' || header.enc !== leaf.enc) throw new TokenError('algorithm')
  const facts = parseStrictly(await decrypt(envelope, leaf))
  if (facts === undefined) throw new TokenError('payload')
  return facts
}
