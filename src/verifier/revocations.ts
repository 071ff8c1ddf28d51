/**
 * The verifier's copy of the revocation bundle: fetched beside the requests, held in memory.
 *
 * @module
 */

import { checkChoice, checkInteger, checkMembers } from '../../keys/check.ts'
import { createKept } from '../kept.ts'
import { checkRemoteUrl, type Fetch, fetchText } from '../remote.ts'
import type { WaitUntil } from '../single_flight.ts'
import type { Opened } from '../token/entitlement.ts'
import { TokenError } from '../token/error.ts'
import type { VerificationKeys } from '../token/jwks.ts'
import {
  type Bundle,
  compareBundles,
  isRevoked,
  LONGEST_BUNDLE,
  REVOCATIONS_TYP,
  readBundle,
} from '../token/revocations.ts'
import { verifyClaims } from '../token/signed.ts'

/** How a verifier learns of revoked tokens. */
export interface RevocationOptions {
  /** The issuer's `/revocations`. */
  readonly url: string
  /** Seconds after which what is known is asked for again; from 1 to 3600. Default 10. */
  readonly every?: number
  /**
   * Seconds that what is known may be old, by the issuer's own date in it, when no newer can be had; from `every` + 40 to
   * 86400. Default 60.
   */
  readonly maxStale?: number
  /** What becomes of requests after that: `refuse` answers 503, `accept` holds tokens against what was last known. Default `refuse`. */
  readonly onStale?: 'refuse' | 'accept'
}

const OPTIONS: Readonly<Record<keyof RevocationOptions, true>> = {
  url: true,
  every: true,
  maxStale: true,
  onStale: true,
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
  readonly waitUntil: WaitUntil | undefined
}

/** Seconds after a fetch that failed: an issuer that does not answer is not waited for again at every request. */
const RETRY = 5

/** Seconds by which the issuer's clock may be ahead. */
const AHEAD = 60

/** Seconds between the issuer's dates, and those on the bundle's way: what is newest may be so old. */
const UNAVOIDABLE = 40

/**
 * Returns the check.
 *
 * @throws {TypeError | RangeError} when an option is wrong, or unknown
 */
export function createRevocationCheck(
  options: RevocationOptions,
  { issuer, fetch, keys, waitUntil }: RevocationParts,
): RevocationCheck {
  checkMembers('revocations', options as unknown, Object.keys(OPTIONS))
  const { url, every = 10, maxStale = 60, onStale = 'refuse' } = options
  checkRemoteUrl('revocations.url', url, true)
  checkInteger('revocations.every', every, 1, 3600)
  checkInteger('revocations.maxStale', maxStale, every + UNAVOIDABLE, 86_400)
  checkChoice('revocations.onStale', onStale, ['refuse', 'accept'])
  let known: { readonly bundle: Bundle; readonly issuedAt: number; readonly etag: string | null } | undefined

  async function verify(jws: string, now: number): Promise<Readonly<Record<string, unknown>>> {
    const open = async (isLacking: boolean) =>
      (await verifyClaims(jws, REVOCATIONS_TYP, await keys(now, isLacking), LONGEST_BUNDLE)).claims
    return open(false).catch((error: unknown) => {
      const isKeyMissing = error instanceof TokenError && error.code === 'key'
      return isKeyMissing ? open(true) : Promise.reject(error)
    })
  }

  /** Takes a bundle that the issuer signed, is not from the future, and not older than what is known. */
  async function take(jws: string, etag: string | null, now: number): Promise<void> {
    const claims = await verify(jws, now)
    const bundle = readBundle(claims)
    const issuedAt = claims['iat']
    if (bundle === undefined || claims['iss'] !== issuer || typeof issuedAt !== 'number') throw new TokenError('claims')
    if (issuedAt > now + AHEAD) throw new TokenError('early')
    // A date ahead of now is of a clock that was set back since, the issuer's or this one: it orders nothing.
    const dated = known !== undefined && known.issuedAt > now ? { ...known, issuedAt: Math.min(now, issuedAt) } : known
    if (dated !== undefined && compareBundles(dated, { bundle, issuedAt }) === 'older') throw new TokenError('early')
    known = { bundle, issuedAt, etag }
  }

  /** Asks for what is new; tells whether what is known is current now. */
  async function ask(now: number): Promise<boolean> {
    const etag = known?.etag ?? null
    const headers = { accept: 'application/jwt', ...(etag === null ? {} : { 'if-none-match': etag }) }
    try {
      const fetched = await fetchText(
        url,
        fetch,
        { headers },
        { type: /^application\/jwt\b/i, longest: LONGEST_BUNDLE },
      )
      // Not modified: what is known is current, but it grows old all the same, so that nobody can freeze it.
      if (!fetched.ok) return fetched.status === 304 && etag !== null
      await take(fetched.text.trim(), fetched.etag, now)
      return true
    } catch (error) {
      // A bundle that is not good is as none: what is known grows old, and `onStale` decides.
      if (error instanceof TokenError) return false
      throw error
    }
  }

  // Beside the request while what is known is young enough, before it when it is not: nobody is let in by what was known
  // before, because newer is on its way for another.
  const list = createKept(async (now) => ({ ok: await ask(now) }), {
    fresh: () => every / 2,
    hold: every,
    cooldown: RETRY,
    retry: RETRY,
    waitUntil,
  })

  return {
    async check({ entitlement, kid }, now) {
      await list.get(now)
      if (known === undefined || now - known.issuedAt > maxStale || known.issuedAt > now + AHEAD) {
        if (onStale === 'refuse') throw new TokenError('unavailable')
        if (known === undefined) return
      }
      if (isRevoked(known.bundle, { ...entitlement, kid })) throw new TokenError('revoked')
    },
  }
}
