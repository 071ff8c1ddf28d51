/**
 * The verifier's copy of the revocation bundle: fetched beside the requests, held in memory.
 *
 * @module
 */

import { checkChoice, checkInteger, checkMembers } from '../../keys/check.ts'
import type { NamesKey } from '../../keys/index.ts'
import { TokenError } from '../jose/error.ts'
import { explain } from '../jose/explain.ts'
import type { VerificationKeys } from '../jose/jwks.ts'
import { verifyClaims } from '../jose/signed.ts'
import { checkRemoteUrl } from '../protocol/remote_url.ts'
import { type Fetch, fetchText } from '../remote/document.ts'
import { createKept } from '../remote/kept.ts'
import type { Opened } from '../token/entitlement.ts'
import {
  type Bundle,
  compareBundles,
  isRevoked,
  LONGEST_BUNDLE,
  needsNamesKey,
  REVOCATIONS_TYP,
  readBundle,
} from '../token/revocations.ts'
import type { WaitUntil } from '../wait_until.ts'
import type { RemoteKeys } from './keys/remote_keys.ts'
import { type Problem, problemOfError, unavailable } from './problem.ts'

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
  /**
   * For tokens to this server's own key (`decryptionKeys`): `remoteKeys(…)`, by which it proves itself and gets the keys that
   * tell who of its people was revoked. Needed there; elsewhere they come with `keys`.
   */
  readonly keys?: RemoteKeys
}

/** Finds the names keys of this server's resource; with `isLacking` newer ones. */
export type FindNamesKeys = (now: number, isLacking: boolean) => Promise<readonly NamesKey[]>

const OPTIONS: Readonly<Record<keyof RevocationOptions, true>> = {
  url: true,
  every: true,
  maxStale: true,
  onStale: true,
  keys: true,
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
  readonly names: FindNamesKeys
  readonly waitUntil: WaitUntil | undefined
  /** Tells of a problem. */
  readonly tell: (problem: Problem) => void
}

/** Seconds after a fetch that failed: an issuer that does not answer is not waited for again at every request. */
const RETRY = 5

/** Seconds by which the issuer's clock may be ahead. */
const AHEAD = 60

/** Seconds between the issuer's dates, and those on the bundle's way: what is newest may be so old. */
const UNAVOIDABLE = 40

const SET_BACK = 'the issuer lost its list, or set it back: what was revoked before and still lives counts again'

const STALE = 'the list that is told is older than maxStale: the clocks differ, or a cache keeps it'

/** Returns what an answer means that is none. */
function whyNot({ detail, status }: { readonly detail: string; readonly status?: number }): string {
  if (detail === 'too long') return `the list is longer than ${LONGEST_BUNDLE} bytes`
  return status === 404 ? `${detail}: url is not the issuer's /revocations, or it has no REVOCATIONS` : detail
}

/** Returns what is wrong with a list that came. */
function whyBad({ code, cause }: TokenError): string {
  if (code === 'unavailable')
    return `its signature cannot be checked: ${problemOfError(new TokenError(code, { cause })).detail}`
  if (code === 'key' || code === 'signature')
    return 'the list is not signed by a key of this issuer: another one made it'
  if (code === 'claims') return 'the list is of another issuer, or is none'
  if (code === 'early')
    return 'the list is from the future, or older than one that came before: a clock, a cache or a lost store'
  return `the list is not good: ${explain(code)}`
}

/**
 * Returns the check.
 *
 * @throws {TypeError | RangeError} when an option is wrong, or unknown
 */
export function createRevocationCheck(
  options: RevocationOptions,
  { issuer, fetch, keys, names, waitUntil, tell }: RevocationParts,
): RevocationCheck {
  checkMembers('revocations', options as unknown, Object.keys(OPTIONS))
  const { url, every = 10, maxStale = 60, onStale = 'refuse' } = options
  checkRemoteUrl('revocations.url', url, true)
  checkInteger('revocations.every', every, 1, 3600)
  checkInteger('revocations.maxStale', maxStale, every + UNAVOIDABLE, 86_400)
  checkChoice('revocations.onStale', onStale, ['refuse', 'accept'])
  let known: { readonly bundle: Bundle; readonly issuedAt: number; readonly etag: string | null } | undefined

  let failure: string | undefined

  /** Keeps, and tells, why there is no newer list. */
  function fail(why: string): false {
    failure = why
    tell(problemOfError(unavailable('revocations', why)))
    return false
  }

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
    const held = known !== undefined && known.issuedAt > now ? { ...known, issuedAt } : known
    const standing = held && compareBundles(held, { bundle, issuedAt })
    if (standing === 'older') throw new TokenError('early')
    if (standing === 'set back') tell(problemOfError(unavailable('revocations', SET_BACK)))
    known = { bundle, issuedAt, etag }
  }

  /** Asks for what is new; tells whether what is known is current now. */
  async function ask(now: number): Promise<boolean> {
    const etag = known?.etag ?? null
    const headers = { accept: 'application/jwt', ...(etag === null ? {} : { 'if-none-match': etag }) }
    try {
      const fetched = await fetchText(url, fetch, { headers }, { type: /^application\/jwt$/, longest: LONGEST_BUNDLE })
      // Not modified: what is known is current, but it grows old all the same, so that nobody can freeze it.
      if (fetched.ok) await take(fetched.text.trim(), fetched.headers.get('etag'), now)
      else if (fetched.status !== 304 || etag === null) return fail(whyNot(fetched))
      failure = undefined
      return true
    } catch (error) {
      // A bundle that is not good is as none: what is known grows old, and `onStale` decides.
      if (error instanceof TokenError) return fail(whyBad(error))
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

  /** Returns the names keys by which a token's people are told: of its root, or of all that are known. */
  async function findNamesKeys(kid: string, now: number): Promise<readonly NamesKey[]> {
    const root = kid.includes('.') ? kid.split('.')[0] : undefined
    for (const isLacking of [false, true]) {
      const all = await names(now, isLacking)
      const own = root === undefined ? all : all.filter((key) => key.kid === root)
      if (own.length > 0) return own
    }
    if (onStale === 'refuse')
      throw unavailable('revocations', 'the keys that tell names in the list cannot be had: /keys does not give them')
    return []
  }

  return {
    async check({ entitlement, kid, leaf }, now) {
      await list.get(now)
      if (known === undefined || now - known.issuedAt > maxStale || known.issuedAt > now + AHEAD) {
        if (onStale === 'refuse') throw unavailable('revocations', failure ?? STALE)
        if (known === undefined) return
      }
      const { bundle } = known
      const namesKeys = needsNamesKey(bundle) ? await findNamesKeys(kid, now) : undefined
      if (isRevoked(bundle, { ...entitlement, kid, leaf }, namesKeys)) throw new TokenError('revoked')
    },
  }
}
