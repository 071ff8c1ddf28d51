/**
 * The face of `bulla/verifier`: a resource server opens access tokens offline.
 *
 * @module
 */

import { checkChoice, checkFunctions, checkMembers } from '../../keys/check.ts'
import { CONTENT_ENCRYPTION_BYTES, type ContentEncryption, type Leaves } from '../../keys/index.ts'
import type { Fetch } from '../remote.ts'
import type { WaitUntil } from '../single_flight.ts'
import { openDirect } from '../token/direct.ts'
import type { Opened } from '../token/entitlement.ts'
import { TokenError } from '../token/error.ts'
import { type FindRecipient, openNested } from '../token/nested.ts'
import { isOpener, leafRecipient, openerOf, type Recipient } from '../token/recipient.ts'
import { createConfirmation, type DpopOptions } from './dpop.ts'
import { leavesOfKeys, openersOfKeys } from './exported_keys.ts'
import { type FindKeys, findKeysOf, type JwkSet } from './issuer_keys.ts'
import { findNamesKeysOf } from './names_keys.ts'
import { unavailable } from './problem.ts'
import type { RemoteKeys } from './remote_keys.ts'
import { createRevocationCheck, type RevocationOptions } from './revocations.ts'
import {
  type CheckedOptions,
  COMMON_OPTIONS,
  type CommonOptions,
  checkOptions,
  createVerifierAround,
  type Open,
  type Verifier,
} from './verifier.ts'

export type { Entitlement } from '../token/entitlement.ts'
export type { TokenErrorCode } from '../token/explain.ts'
export type { BearerErrorCode } from './bearer.ts'
export type { Demand } from './demand.ts'
export type { DpopOptions } from './dpop.ts'
export type { JwkSet } from './issuer_keys.ts'
export { describeResource, type ResourceDescription } from './metadata.ts'
export type { OnProblem, Problem, ProblemReason, ProblemSource } from './problem.ts'
export { type RemoteKeys, type RemoteKeysOptions, remoteKeys } from './remote_keys.ts'
export { createMemoryReplay, type ReplayStore } from './replay.ts'
export type { RequestHeaders, ResourceRequest } from './request.ts'
export type { ResourceServerOptions } from './resource_server.ts'
export type { RevocationOptions } from './revocations.ts'
export type { CommonOptions, Verification, Verifier } from './verifier.ts'

/**
 * All that a verifier is made from.
 *
 * Which envelope it takes follows from the keys that it is given: `keys` alone, `direct`; `decryptionKeys` with `jwks` or
 * `jwksUri`, `nested` to its own key; `keys` with `jwks` or `jwksUri`, `nested` under its leaf. It refuses the other.
 */
export interface VerifierOptions extends CommonOptions {
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
  /** How it takes tokens that are bound to a DPoP key. Default: where they come, with a proof of this request. */
  readonly dpop?: DpopOptions
  /**
   * The URL at which clients see this server; a request's path comes behind it, and what it says of its host does not count.
   * Default: the origin of `resource`, and only requests that say that they are for it. Needed for proofs behind a proxy that
   * changes scheme, host or path, in development, and where `resource` is no http(s) URL.
   */
  readonly baseUrl?: string
  /** How it learns of revoked tokens. Default: it does not. */
  readonly revocations?: RevocationOptions
  /**
   * Keeps a worker awake until what is fetched is there: `waitUntil` of `cloudflare:workers`. Default: on Workers the
   * request waits, elsewhere nothing need.
   */
  readonly waitUntil?: WaitUntil
  /** Default: the platform's. */
  readonly fetch?: Fetch
}

const OPTIONS: Readonly<Record<keyof VerifierOptions, true>> = {
  ...COMMON_OPTIONS,
  keys: true,
  decryptionKeys: true,
  enc: true,
  jwks: true,
  jwksUri: true,
  dpop: true,
  baseUrl: true,
  revocations: true,
  waitUntil: true,
  fetch: true,
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

function openDirectWith(keys: string | RemoteKeys, checked: CheckedOptions): Open {
  if (typeof keys === 'string') {
    const leaves = openersOfKeys(keys, checked)
    return (token, expected) => openDirect(token, leaves, expected)
  }
  const leavesAt = findLeavesOf(keys, checked)
  return (token, expected) =>
    withNewer(async (isLacking) => openDirect(token, await leavesAt(expected.now, isLacking), expected), 'key')
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

function openNestedWith(find: (isLacking: boolean) => FindRecipient, keysAt: FindKeys): Open {
  return (token, expected) =>
    withNewer(
      (isLacking) =>
        withNewer(
          async (isSigningLacking) =>
            openNested(token, find(isLacking), await keysAt(expected.now, isSigningLacking), expected),
          'signing_key',
        ),
      'key',
    )
}

/** Returns the way to open that the options ask for. */
function openOf(options: VerifierOptions, checked: CheckedOptions, keysAt: FindKeys | undefined): Open {
  const { keys, decryptionKeys, enc = 'A256GCM', jwks, jwksUri } = options
  if (decryptionKeys === undefined && options.enc !== undefined)
    throw new TypeError('"enc" goes with "decryptionKeys": exported keys have their own')
  const isNested = jwks !== undefined || jwksUri !== undefined
  if (decryptionKeys !== undefined) {
    if (keys !== undefined) throw new TypeError('"keys" and "decryptionKeys" expected just one of them')
    if (!isNested || keysAt === undefined)
      throw new TypeError(
        '"decryptionKeys" expected "jwks" or "jwksUri" beside them: without a signature anybody could have made the token',
      )
    const find = findRecipientIn(decryptionKeys, enc)
    return openNestedWith(() => find, keysAt)
  }
  // What was read by JSON.parse, or as bytes, is no text.
  if (typeof keys !== 'string' && typeof keys?.leaves !== 'function')
    throw new TypeError('"keys" expected what `bulla keys export` printed, as a text, or remoteKeys(…)')
  if (!isNested || keysAt === undefined) return openDirectWith(keys, checked)
  const leavesAt = findLeavesOf(keys, checked)
  return openNestedWith(
    (isLacking) => async (kid, now) => {
      const leaf = (await leavesAt(now, isLacking)).opening(kid, now)
      return leaf === undefined ? undefined : leafRecipient(leaf)
    },
    keysAt,
  )
}

/** Returns a secret of the verifier's own, where it holds one from the start. */
function secretOf({ keys, decryptionKeys }: VerifierOptions): string | undefined {
  if (decryptionKeys !== undefined) return JSON.stringify(decryptionKeys)
  return typeof keys === 'string' ? keys : undefined
}

/**
 * Makes a verifier.
 *
 * @throws {TypeError} when an option is unknown or of a wrong type, or the keys do not go together
 * @throws {RangeError} when an option is out of bounds, or the keys are for another issuer or resource
 */
export function createVerifier(options: VerifierOptions): Verifier {
  checkMembers('createVerifier', options as unknown, Object.keys(OPTIONS))
  const checked = checkOptions(options)
  checkFunctions(options, ['waitUntil', 'fetch'])
  const { jwks, jwksUri, revocations, waitUntil, dpop = {}, baseUrl } = options
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init))
  const where = { issuer: checked.issuer, jwks, jwksUri, isNeeded: revocations !== undefined }
  const keysAt = findKeysOf(where, fetch, waitUntil, checked.tell)
  const open = openOf(options, checked, keysAt)
  const confirm = createConfirmation(dpop, { checked, baseUrl, secret: secretOf(options) })
  if (revocations === undefined || keysAt === undefined) return createVerifierAround(open, checked, confirm)
  const check = createRevocationCheck(revocations, {
    issuer: checked.issuer,
    fetch,
    keys: keysAt,
    names: findNamesKeysOf(options, checked),
    waitUntil,
    tell: checked.tell,
  })
  const openUnrevoked: Open = async (token, expected) => {
    const opened = await open(token, expected)
    await check.check(opened, expected.now)
    return opened
  }
  return createVerifierAround(openUnrevoked, checked, confirm)
}
