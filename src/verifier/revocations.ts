/**
 * The verifier's copy of the revocation bundle: fetched beside the requests, held in memory.
 *
 * @module
 */

import { checkChoice, checkInteger } from '../../keys/check.ts'
import { checkRemoteUrl, type Fetch, fetchText } from '../remote.ts'
import type { Opened } from '../token/entitlement.ts'
import { TokenError } from '../token/error.ts'
import type { VerificationKeys } from '../token/jwks.ts'
import { type Bundle, isRevoked, LONGEST_BUNDLE, REVOCATIONS_TYP, readBundle } from '../token/revocations.ts'
import { verifyClaims } from '../token/signed.ts'

/** How a verifier learns of revoked tokens. */
export interface RevocationOptions {
  /** The issuer's `/revocations`. */
  readonly url: string
  /** Seconds that what is known may be old before it is asked for again; from 1 to 3600. Default 10. */
  readonly every?: number
  /** Seconds that what is known may be old when the issuer cannot be reached; from `every` to 86400. Default 60. */
  readonly maxStale?: number
  /** What becomes of requests after that: `refuse` answers 503, `accept` lets tokens in unchecked. Default `refuse`. */
  readonly onStale?: 'refuse' | 'accept'
  /** Keeps a worker awake until the bundle is there: `ctx.waitUntil`. Default: nothing keeps it. */
  readonly waitUntil?: (promise: Promise<unknown>) => void
}

/** Holds tokens against what was revoked. */
export interface RevocationCheck {
  /** @throws {TokenError} `revoked`, or `unavailable` when nobody can tell */
  check(opened: Opened, now: number): Promise<void>
}

/** What the check needs of the verifier. */
export interface RevocationParts {
  readonly issuer: string
  readonly fetch: Fetch
  /** Returns the issuer's public keys; with `isLacking` newer ones. */
  readonly keys: (now: number, isLacking: boolean) => Promise<VerificationKeys>
}

/**
 * Returns the check.
 *
 * @throws {TypeError | RangeError} when an option is wrong
 */
export function createRevocationCheck(
  options: RevocationOptions,
  { issuer, fetch, keys }: RevocationParts,
): RevocationCheck {
  const { url, every = 10, maxStale = 60, onStale = 'refuse', waitUntil } = options
  checkRemoteUrl('revocations.url', url, true)
  checkInteger('revocations.every', every, 1, 3600)
  checkInteger('revocations.maxStale', maxStale, every, 86_400)
  checkChoice('revocations.onStale', onStale, ['refuse', 'accept'])
  let bundle: Bundle | undefined
  let at = Number.NEGATIVE_INFINITY
  let triedAt = Number.NEGATIVE_INFINITY
  let underWay: Promise<void> | undefined

  async function verify(jws: string, now: number): Promise<Readonly<Record<string, unknown>>> {
    const open = async (isLacking: boolean) =>
      (await verifyClaims(jws, REVOCATIONS_TYP, await keys(now, isLacking), LONGEST_BUNDLE)).claims
    return open(false).catch((error: unknown) => {
      const isKeyMissing = error instanceof TokenError && error.code === 'key'
      return isKeyMissing ? open(true) : Promise.reject(error)
    })
  }

  /** Takes a bundle that the issuer signed, is not over, and not older than what is known. */
  async function take(jws: string, now: number): Promise<void> {
    const claims = await verify(jws, now)
    const next = readBundle(claims)
    const isLive = typeof claims['exp'] === 'number' && now < claims['exp'] + 60
    if (next === undefined || claims['iss'] !== issuer || !isLive) throw new TokenError('claims')
    if (bundle !== undefined && next.seq < bundle.seq) throw new TokenError('early')
    bundle = next
    at = now
  }

  async function load(now: number): Promise<void> {
    triedAt = now
    try {
      const bounds = { type: /^application\/jwt\b/i, longest: LONGEST_BUNDLE }
      const fetched = await fetchText(url, fetch, { headers: { accept: 'application/jwt' } }, bounds)
      if (fetched.ok) await take(fetched.text.trim(), now)
    } catch (error) {
      // A bundle that is not good is as none: what is known grows old, and `onStale` decides.
      if (!(error instanceof TokenError)) throw error
    } finally {
      underWay = undefined
    }
  }

  /** Sees to it that what is known is young enough: beside the request while it is, before it when it is not. */
  async function refresh(now: number): Promise<void> {
    const age = now - at
    if (age < every / 2) return
    // An issuer that does not answer is not waited for again at every request.
    if (underWay === undefined && now - triedAt < every / 2) return
    underWay ??= load(now)
    if (age >= every) await underWay
    else waitUntil?.(underWay)
  }

  return {
    async check({ entitlement, kid }, now) {
      await refresh(now)
      if (bundle === undefined || now - at > maxStale) {
        if (onStale === 'refuse') throw new TokenError('unavailable')
        if (bundle === undefined) return
      }
      if (isRevoked(bundle, { ...entitlement, kid })) throw new TokenError('revoked')
    },
  }
}
