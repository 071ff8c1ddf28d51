/**
 * How a verifier opens a token: with which keys, and again with newer ones when one is missing.
 *
 * @module
 */

import { checkChoice, checkMembers } from '../../keys/check.ts'
import { CONTENT_ENCRYPTION_BYTES, type ContentEncryption, type Leaves } from '../../keys/index.ts'
import { TokenError } from '../jose/error.ts'
import { isOpener, leafRecipient, openerOf, type Recipient } from '../jose/recipient.ts'
import { openDirect } from '../token/direct.ts'
import type { Opened } from '../token/entitlement.ts'
import { type FindRecipient, openNested } from '../token/nested.ts'
import { type Before, createBefore } from '../token/opened_before.ts'
import type { CheckedOptions } from './common_options.ts'
import { leavesOfKeys, openersOfKeys } from './keys/exported_keys.ts'
import type { FindKeys, JwkSet } from './keys/issuer_keys.ts'
import type { RemoteKeys } from './keys/remote_keys.ts'
import { unavailable } from './problem.ts'
import type { Open } from './verifier.ts'

/**
 * The keys that a verifier is given.
 *
 * Which envelope it takes follows from them: `keys` alone, `direct`; `decryptionKeys` with `jwks` or `jwksUri`, `nested` to
 * its own key; `keys` with `jwks` or `jwksUri`, `nested` under its leaf. It refuses the other.
 */
export interface OpeningOptions {
  /** What `bulla keys export` printed for this resource, a secret; or `remoteKeys(…)`, which fetches them. */
  readonly keys?: string | RemoteKeys
  /** This resource server's private keys, each with `kid`: P-256, X25519, or RSA from 2048 bits. */
  readonly decryptionKeys?: JwkSet
  /** The content encryption of nested tokens to `decryptionKeys`. Default `A256GCM`. */
  readonly enc?: ContentEncryption
  /** The issuer's public keys. */
  readonly jwks?: JwkSet
  /** Where the issuer's public keys are: its `/jwks`. Fetched when first needed, kept for five minutes. */
  readonly jwksUri?: string
}

/** Returns what finds a leaf: among exported keys, or those that are fetched. */
function findLeavesOf(
  keys: string | RemoteKeys,
  checked: CheckedOptions,
): (now: number, isLacking: boolean) => Promise<Leaves> {
  if (typeof keys !== 'string') {
    let told: object | undefined
    return async (now, isLacking) => {
      const leaves = await keys.leaves(now, isLacking)
      const failure = keys.failure?.()
      if (leaves === undefined) throw unavailable('keys', failure?.detail ?? 'they were never told')
      // What is lacking may be among those that could not be had: nobody can say that the token is no good.
      if (isLacking && failure !== undefined) throw unavailable('keys', failure.detail)
      if (failure !== undefined && failure !== told)
        checked.tell({ reason: 'unavailable', source: 'keys', detail: `keys: ${failure.detail}` })
      told = failure
      return leaves
    }
  }
  const leaves = leavesOfKeys(keys, checked)
  return async () => leaves
}

/** Tries again with newer keys when one is missing. */
async function withNewer(open: (isLacking: boolean) => Promise<Opened>, code: 'key' | 'signing_key'): Promise<Opened> {
  try {
    return await open(false)
  } catch (error) {
    if (error instanceof TokenError && error.code === code) return open(true)
    throw error
  }
}

function openDirectWith(keys: string | RemoteKeys, checked: CheckedOptions, before: Before | undefined): Open {
  if (typeof keys === 'string') {
    const leaves = openersOfKeys(keys, checked)
    return (token, expected) => openDirect(token, leaves, expected, before)
  }
  const leavesAt = findLeavesOf(keys, checked)
  return (token, expected) =>
    withNewer(async (isLacking) => openDirect(token, await leavesAt(expected.now, isLacking), expected, before), 'key')
}

function findRecipientIn(decryptionKeys: JwkSet, enc: ContentEncryption): FindRecipient {
  checkChoice('enc', enc, Object.keys(CONTENT_ENCRYPTION_BYTES) as ContentEncryption[])
  checkMembers('decryptionKeys', decryptionKeys as unknown)
  const { keys } = decryptionKeys
  const jwks = new Map((Array.isArray(keys) ? keys : []).map((jwk) => [jwk['kid'], jwk]))
  if (jwks.size === 0 || jwks.size !== keys.length || ![...jwks.values()].every(isOpener)) {
    throw new RangeError('"decryptionKeys" expected private keys for encryption, each with a "kid" of its own')
  }
  const imported = new Map<string, Promise<Recipient>>()
  return async (kid) => {
    const jwk = jwks.get(kid)
    if (jwk === undefined) return undefined
    const known = imported.get(kid) ?? openerOf(jwk, enc)
    imported.set(kid, known)
    return known
  }
}

function openNestedWith(
  find: (isLacking: boolean) => FindRecipient,
  keysAt: FindKeys,
  before: Before | undefined,
): Open {
  return (token, expected) =>
    withNewer(
      (isLacking) =>
        withNewer(
          async (isSigningLacking) =>
            openNested(token, find(isLacking), await keysAt(expected.now, isSigningLacking), expected, before),
          'signing_key',
        ),
      'key',
    )
}

/**
 * Returns the way to open that the options ask for.
 *
 * @param keysAt finds the keys that sign what is inside; without it tokens are direct
 * @throws {TypeError | RangeError} when the keys do not go together, or are for another issuer or resource
 */
export function openOf(options: OpeningOptions, checked: CheckedOptions, keysAt: FindKeys | undefined): Open {
  const { keys, decryptionKeys, enc = 'A256GCM' } = options
  if (decryptionKeys === undefined && options.enc !== undefined)
    throw new TypeError('"enc" goes with "decryptionKeys": exported keys have their own')
  const before = createBefore(checked.keep)
  if (decryptionKeys !== undefined) {
    if (keys !== undefined) throw new TypeError('"keys" and "decryptionKeys" expected just one of them')
    if (keysAt === undefined)
      throw new TypeError(
        '"decryptionKeys" expected "jwks" or "jwksUri" beside them: without a signature anybody could have made the token',
      )
    const find = findRecipientIn(decryptionKeys, enc)
    return openNestedWith(() => find, keysAt, before)
  }
  // What was read by JSON.parse, or as bytes, is no text.
  if (typeof keys !== 'string' && typeof keys?.leaves !== 'function')
    throw new TypeError('"keys" expected what `bulla keys export` printed, as a text, or remoteKeys(…)')
  if (keysAt === undefined) return openDirectWith(keys, checked, before)
  const leavesAt = findLeavesOf(keys, checked)
  return openNestedWith(
    (isLacking) => async (kid, now) => {
      const leaf = (await leavesAt(now, isLacking)).opening(kid, now)
      return leaf === undefined ? undefined : leafRecipient(leaf)
    },
    keysAt,
    before,
  )
}
