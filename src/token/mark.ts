/**
 * The mark of a `direct` token: by it the issuer knows its own among those that the resource server could have made
 * itself. An HMAC over the claims, under a key that only the issuer has.
 *
 * @module
 */

import type { CryptoKey } from 'jose'
import { decodeBase64url, encodeBase64url } from '../../keys/base64url.ts'
import { type Leaf, type Leaves, readLeafKid, writeLeafKid } from '../../keys/index.ts'
import { TokenError } from '../jose/error.ts'
import type { Draw } from '../randomness.ts'
import { type Expectations, readClaims, writeClaims } from './claims.ts'
import { DIRECT_TYP } from './direct.ts'
import type { Entitlement, Opened } from './entitlement.ts'
import { openEnvelope, sealEnvelope } from './envelope.ts'

const imported = new WeakMap<Leaf, Promise<CryptoKey>>()

/** Returns the key of a `mark` leaf, imported once. */
function markingKeyOf(leaf: Leaf): Promise<CryptoKey> {
  const known = imported.get(leaf)
  if (known !== undefined) return known
  const key = crypto.subtle.importKey('raw', leaf.key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify'])
  imported.set(leaf, key)
  return key
}

function bytesOf(claims: Readonly<Record<string, unknown>>): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(claims))
}

async function markOf(claims: Readonly<Record<string, unknown>>, leaf: Leaf): Promise<string> {
  return encodeBase64url(new Uint8Array(await crypto.subtle.sign('HMAC', await markingKeyOf(leaf), bytesOf(claims))))
}

/** Returns the leaf that marked what has this kid: of the same root and period, whichever the resource's branch. */
function markingLeaf(marks: Leaves, kid: string, now: number): Leaf | undefined {
  const name = readLeafKid(kid)
  return name === undefined ? undefined : marks.opening(writeLeafKid(name.root, name.period), now)
}

/**
 * Seals an entitlement into a direct access token with its mark.
 *
 * @param leaves those of the entitlement's resource
 * @param marks those of the purpose `mark`: of the same roots and periods, so that the kid names both
 * @param draw gives the initialization vector. Default: it is drawn for itself
 * @throws {TokenError} as `sealDirect`
 */
export async function sealMarked(
  entitlement: Entitlement,
  issuer: string,
  leaves: Leaves,
  marks: Leaves,
  now: number,
  draw?: Draw,
): Promise<string> {
  const [leaf, marking] = [leaves.sealing(now), marks.sealing(now)]
  if (leaf === undefined || marking === undefined) throw new TokenError('sealing')
  const claims = writeClaims(entitlement, issuer)
  const mark = await markOf(claims, marking)
  return sealEnvelope({ ...claims, mark }, DIRECT_TYP, leaf, draw)
}

/**
 * Opens a direct access token that the issuer itself made.
 *
 * @throws {TokenError} `mark` when it may be another's; else as `openDirect`
 */
export async function openMarked(
  token: string,
  leaves: Leaves,
  marks: Leaves,
  expected: Expectations,
): Promise<Opened> {
  const { facts, kid } = await openEnvelope(token, DIRECT_TYP, leaves, expected.now)
  const { mark, ...claims } = facts
  const marking = markingLeaf(marks, kid, expected.now)
  if (marking === undefined || typeof mark !== 'string' || !/^[\w-]{43}$/.test(mark)) throw new TokenError('mark')
  const isOwn = await crypto.subtle.verify('HMAC', await markingKeyOf(marking), decodeBase64url(mark), bytesOf(claims))
  if (!isOwn) throw new TokenError('mark')
  return { entitlement: readClaims(claims, expected), kid, leaf: kid }
}
