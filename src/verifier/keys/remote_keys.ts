/**
 * Keys from the issuer itself: a resource server learns tomorrow's keys today, and no rotation needs a redeploy.
 *
 * @module
 */

import { decodeBase64url } from '../../../keys/base64url.ts'
import { checkFunctions, checkInteger, checkMembers, checkText } from '../../../keys/check.ts'
import {
  CONTENT_ENCRYPTION_BYTES,
  type ContentEncryption,
  type Leaf,
  type Leaves,
  type NamesKey,
} from '../../../keys/index.ts'
import { openKeySet, readNamesKey } from '../../jose/key_set.ts'
import { isOpener } from '../../jose/recipient.ts'
import { checkRemoteUrl } from '../../protocol/remote_url.ts'
import { type Fetch, fetchText } from '../../remote/document.ts'
import { createKept } from '../../remote/kept.ts'
import type { WaitUntil } from '../../wait_until.ts'

/** Where keys come from. */
export interface RemoteKeysOptions {
  /** The issuer's `/keys`; https, or http on this machine for an issuer in development. */
  readonly url: string
  /** This resource server's own `client_id` at the issuer. */
  readonly clientId: string
  /** Its secret. */
  readonly clientSecret: string
  /** Its private key as a JWK, where the issuer has the public one and encrypts the keys to it. */
  readonly decryptionKey?: Readonly<Record<string, unknown>>
  /** Seconds after which the keys are asked for again, give or take a fifth; from 10 to 86400. Default 1800, which is
   * well below the hour in which a new root becomes known before it seals. */
  readonly every?: number
  /** Keeps a worker awake until the keys are there: `waitUntil` of `cloudflare:workers`. Default: the request waits there. */
  readonly waitUntil?: WaitUntil
  /** Default: the platform's. */
  readonly fetch?: Fetch
}

const OPTIONS: Readonly<Record<keyof RemoteKeysOptions, true>> = {
  url: true,
  clientId: true,
  clientSecret: true,
  decryptionKey: true,
  every: true,
  waitUntil: true,
  fetch: true,
}

/** Keys that are fetched, and fetched again before they are needed. */
export interface RemoteKeys {
  /** Where the keys come from. */
  readonly url: string
  /**
   * Returns the leaves that are known; the first calls wait for them, later ones fetch beside the request, and those after
   * a long quiet wait again.
   *
   * @param isLacking whether one was not found: then they are fetched and waited for, but not twice in 30 seconds; what is
   * under way is waited for
   * @returns nothing when there never were any
   */
  leaves(now: number, isLacking?: boolean): Promise<Leaves | undefined>
  /** Returns the keys by which this server alone can tell who of its people was revoked; else as `leaves`. */
  namesKeys(now: number, isLacking?: boolean): Promise<readonly NamesKey[]>
  /** Returns why the last fetch brought none, in plain words for the log; nothing when it did. Each failure is another object. */
  failure?(): { readonly detail: string } | undefined
}

/** Seconds between two fetches for a key that was not found, and after one that failed. */
const COOLDOWN = 30

/** Seconds between two fetches while there never were any keys: nobody waits for an issuer that is down in between. */
const RETRY = 5

/** What a fetch brought; or why nothing, in plain words. */
type Told = { readonly ok: true; readonly leaves: Leaves } | { readonly ok: false; readonly detail: string }

/** Reads a leaf as `GET /keys` gives it; anything else in the set is passed over. */
function readLeaf(jwk: Readonly<Record<string, unknown>>): Leaf | undefined {
  const { kty, kid, k, enc, nbf, exp } = jwk
  if (kty !== 'oct' || typeof kid !== 'string' || typeof k !== 'string' || typeof enc !== 'string') return undefined
  if (!Number.isSafeInteger(nbf) || !Number.isSafeInteger(exp)) return undefined
  try {
    const key = decodeBase64url(k)
    const bytes = CONTENT_ENCRYPTION_BYTES[enc as ContentEncryption]
    return key.length === bytes
      ? { kid, enc: enc as ContentEncryption, key, nbf: nbf as number, exp: exp as number }
      : undefined
  } catch {
    return undefined
  }
}

/** Returns what opens with these leaves: each from a while before it seals until what it sealed has ended. */
function leavesOf(all: readonly Leaf[], longestLife: number, tolerance: number): Leaves {
  const byKid = new Map(all.map((leaf) => [leaf.kid, leaf]))
  const enc = all[0]?.enc ?? 'A256GCM'
  return {
    enc,
    opening(kid, now) {
      const leaf = byKid.get(kid)
      return leaf !== undefined && now >= leaf.nbf - tolerance && now < leaf.exp + longestLife + tolerance
        ? leaf
        : undefined
    },
    sealing: () => undefined,
    told: () => [],
    within: () => [],
  }
}

/** Returns what an answer means that is none. */
function whyNot({ detail, status }: { readonly detail: string; readonly status?: number }): string {
  if (status === 401) return `${detail}: the issuer does not know clientId, or another clientSecret`
  if (status === 400) return `${detail}: the entry of clientId serves no such resource, or several (name one in url)`
  if (status === 404) return `${detail}: url is not the issuer's /keys`
  return detail
}

/** Returns why there is no key in what came. */
function whyNone(set: object | undefined, decryptionKey: unknown): string {
  if (set !== undefined) return 'what came has no key of a good form in it'
  return decryptionKey === undefined
    ? 'what came is no JWK Set; one that is encrypted needs decryptionKey'
    : 'what came is not encrypted to decryptionKey, or is no JWK Set'
}

/** Returns a number from 0 to 1 by which those who began together come apart. */
function jitter(): number {
  return (crypto.getRandomValues(new Uint8Array(1))[0] ?? 0) / 255
}

/**
 * Returns keys that come from the issuer.
 *
 * While the issuer is down, what is known goes on serving until the last leaf has ended. Nothing is fetched before the
 * first request.
 *
 * @throws {TypeError | RangeError} when an option is wrong, or unknown
 * @example
 * import { createVerifier, remoteKeys } from 'bulla/verifier'
 *
 * const clientSecret = process.env['CLIENT_SECRET'] ?? ''
 * const keys = remoteKeys({ url: 'https://auth.example.com/keys', clientId: 'notes-api', clientSecret })
 * const verifier = createVerifier({ issuer: 'https://auth.example.com', resource: 'https://api.example.com', keys })
 */
export function remoteKeys(options: RemoteKeysOptions): RemoteKeys {
  checkMembers('remoteKeys', options as unknown, Object.keys(OPTIONS))
  checkFunctions(options, ['waitUntil', 'fetch'])
  const { url, clientId, clientSecret, decryptionKey, every = 1800, waitUntil } = options
  const fetch: Fetch = options.fetch ?? ((to, init) => globalThis.fetch(to, init))
  checkRemoteUrl('url', url, true)
  checkInteger('every', every, 10, 86_400)
  checkText('clientId', clientId, /^[\x20-\x7e]+$/, 'the client_id of this resource server')
  checkText('clientSecret', clientSecret, /^[\x20-\x7e]+$/, 'its secret')
  if (decryptionKey !== undefined) checkMembers('decryptionKey', decryptionKey as unknown)
  if (decryptionKey !== undefined && !isOpener(decryptionKey))
    throw new RangeError('"decryptionKey" expected a private JWK with "kid", on P-256 or X25519, or RSA')
  const [id, secret] = [clientId, clientSecret].map((half) =>
    new URLSearchParams({ half }).toString().slice('half='.length),
  )
  const headers = {
    authorization: `Basic ${btoa(`${id}:${secret}`)}`,
    accept: 'application/jwk-set+json, application/jose',
  }
  const bounds = { type: /^application\/(?:jwk-set\+json|jose)$/ }

  let names: readonly NamesKey[] = []
  const kept = createKept(
    async (): Promise<Told> => {
      const fetched = await fetchText(url, fetch, { headers }, bounds)
      const set = fetched.ok ? await openKeySet(fetched.text, decryptionKey) : undefined
      const leaves = set?.keys.flatMap((jwk) => readLeaf(jwk) ?? []) ?? []
      const told = set?.names_keys?.flatMap((jwk) => readNamesKey(jwk) ?? []) ?? []
      // An issuer that went back to an older version tells no names keys: those that are known are as good as before.
      if (told.length > 0) names = told
      if (leaves.length + told.length > 0) return { ok: true, leaves: leavesOf(leaves, 86_400, 60) }
      return { ok: false, detail: fetched.ok ? whyNone(set, decryptionKey) : whyNot(fetched) }
    },
    {
      // A while that differs from server to server.
      fresh: () => every * (0.8 + 0.4 * jitter()),
      hold: 2 * every,
      cooldown: COOLDOWN,
      retry: RETRY,
      waitUntil,
    },
  )

  return {
    url,
    failure: kept.failure,
    async leaves(now, isLacking) {
      const result = await kept.get(now, isLacking)
      return result.ok ? result.leaves : undefined
    },
    async namesKeys(now, isLacking) {
      await kept.get(now, isLacking)
      return names
    },
  }
}
