/**
 * The issuer's public keys: those of the options, or fetched (RFC 7517 §5).
 *
 * @module
 */

import { readVerificationKeys, type VerificationKeys } from '../../jose/jwks.ts'
import { checkRemoteUrl } from '../../protocol/remote_url.ts'
import {
  createRemoteDocument,
  describeFailure,
  describeStatus,
  type Fetch,
  type RemoteDocument,
} from '../../remote/document.ts'
import type { WaitUntil } from '../../wait_until.ts'
import { type Problem, unavailable } from '../problem.ts'

type Jwk = Readonly<Record<string, unknown>>

/** A JWK Set (RFC 7517 §5). */
export interface JwkSet {
  readonly keys: readonly Jwk[]
}

/** Finds the issuer's public keys; with `isLacking` newer ones. */
export type FindKeys = (now: number, isLacking: boolean) => Promise<VerificationKeys>

function findKeysIn(jwks: JwkSet): FindKeys {
  const keys = readKeys(jwks)
  if (keys === undefined) throw new RangeError('"jwks" expected a JWK Set, each key with a "kid" of its own')
  return async () => keys
}

/** Reads a JWK Set; nothing when it is none. */
function readKeys(jwks: unknown): VerificationKeys | undefined {
  try {
    return readVerificationKeys(jwks)
  } catch {
    return undefined
  }
}

/**
 * What is fetched and is no JWK Set counts as not fetched: the last good one goes on serving. What is lacking in it may be in what could
 * not be had: then nobody can say that a token is no good.
 */
function findKeysAt(document: RemoteDocument): FindKeys {
  let read: unknown
  let latest: VerificationKeys | undefined
  let known: VerificationKeys | undefined
  return async (now, isLacking) => {
    const fetched = await document.get(now, isLacking)
    const failure = fetched.ok && isLacking ? document.failure() : fetched
    if (failure?.ok === false) throw unavailable('jwks', failure.detail)
    if (fetched.ok && read !== fetched.json) {
      read = fetched.json
      latest = readKeys(read)
      known = latest ?? known
    }
    const keys = isLacking ? latest : known
    if (keys === undefined) throw unavailable('jwks', 'what came is no JWK Set, each key with a kid of its own')
    return keys
  }
}

/** Where the issuer's public keys are. */
export interface IssuerKeysOptions {
  readonly issuer: string
  readonly jwks: JwkSet | undefined
  readonly jwksUri: string | undefined
  /** Whether they are needed even where neither is told: then they are at the issuer's `/jwks`. */
  readonly isNeeded: boolean
}

/** Returns where the issuer's public keys are found, where they are needed at all. */
export function findKeysOf(
  { issuer, jwks, jwksUri, isNeeded }: IssuerKeysOptions,
  fetch: Fetch,
  waitUntil: WaitUntil | undefined,
  tell: (problem: Problem) => void,
): FindKeys | undefined {
  if (jwks !== undefined && jwksUri !== undefined) throw new TypeError('"jwks" and "jwksUri" expected just one of them')
  if (jwks !== undefined) return findKeysIn(jwks)
  const url = jwksUri ?? (isNeeded ? `${issuer}/jwks` : undefined)
  if (url === undefined) return undefined
  checkRemoteUrl('jwksUri', url, true)
  const tellingFetch: Fetch = async (...request) => {
    const answer = await fetch(...request).catch((error: unknown) => {
      tell({ reason: 'unavailable', source: 'jwks', detail: `jwks: ${describeFailure(error)}` })
      throw error
    })
    if (answer.status !== 200)
      tell({ reason: 'unavailable', source: 'jwks', detail: `jwks: ${describeStatus(answer.status)}` })
    return answer
  }
  return findKeysAt(createRemoteDocument(url, tellingFetch, waitUntil))
}
