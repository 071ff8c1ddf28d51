/**
 * The issuer's signing keys: derived from the ring like all others, so that tomorrow's public key can be told today; and
 * RSA keys from the ring, for verifiers that know nothing else.
 *
 * @module
 */

import { hkdf } from '@noble/hashes/hkdf.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { deriveBranch, encodeLabels, periodAt, readLeafKid, writeLeafKid } from './derive.ts'
import { type Dates, type Ring, type Root, type RsaJwk, stateOf } from './ring.ts'

/** How the issuer can sign (RFC 7518 §3.1, RFC 9864 §2.2). */
export type SigningAlgorithm = 'ES256' | 'Ed25519' | 'RS256'

/** The ways in which the issuer can sign. */
export const SIGNING_ALGORITHMS: readonly SigningAlgorithm[] = ['ES256', 'Ed25519', 'RS256']

/** A private signing key, in the form that WebCrypto imports. */
export interface SigningKey {
  readonly kid: string
  readonly alg: SigningAlgorithm
  /** PKCS #8 without the public point, which the platform computes; or the members of an RSA key. */
  readonly material: { readonly pkcs8: Uint8Array<ArrayBuffer> } | { readonly rsa: RsaJwk }
  /** Unix seconds from which it signs. */
  readonly nbf: number
  /** Unix seconds from which it no longer signs. */
  readonly exp: number
}

/** An issuer's signing keys. */
export interface SigningKeys {
  /** Returns the key that signs at `now`, or nothing when there is not exactly one. */
  signing(alg: SigningAlgorithm, now: number): SigningKey | undefined
  /**
   * Returns the keys whose public parts are told at `now`: the previous, the current and the next; and those before as
   * long as something that they signed can live.
   *
   * @param longestLife seconds that anything signed lives at the most
   */
  published(alg: SigningAlgorithm, now: number, longestLife: number): readonly SigningKey[]
  /**
   * Returns the key of exactly this kid, if it can have signed by `now`: in any period of a root, however long ago, as long as
   * that is not retired.
   */
  named(kid: string, now: number): SigningKey | undefined
}

/** The order of P-256's group (SEC 2 §2.4.2). */
const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n

/** PKCS #8 (RFC 5958) before the private key: P-256 (RFC 5915) without its point, and Ed25519 (RFC 8410). */
const PKCS8_P256 = '3041020100301306072a8648ce3d020106082a8648ce3d030107042730250201010420'
const PKCS8_ED25519 = '302e020100300506032b657004220420'

function fromHex(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Returns a scalar from 1 to the order minus 1: 48 bytes, so that none is likelier than another (FIPS 186-5 A.2.1). */
function toScalar(bytes: Uint8Array): string {
  return ((BigInt(`0x${toHex(bytes)}`) % (P256_ORDER - 1n)) + 1n).toString(16).padStart(64, '0')
}

/**
 * Returns the private key of a `sign` branch for one algorithm and period, as PKCS #8.
 *
 * @example
 * import { deriveBranch, deriveSigningKey, periodAt } from 'bulla/keys'
 *
 * export function importSigningKey(root: Uint8Array, now: number) {
 *   const branch = deriveBranch(root, 'https://auth.example.com', 'sign', '')
 *   const pkcs8 = deriveSigningKey(branch, 'Ed25519', periodAt(now, 86_400))
 *   return crypto.subtle.importKey('pkcs8', pkcs8, 'Ed25519', false, ['sign'])
 * }
 */
export function deriveSigningKey(
  branchKey: Uint8Array,
  alg: 'ES256' | 'Ed25519',
  period: number,
): Uint8Array<ArrayBuffer> {
  const info = encodeLabels('bulla/1/leaf', alg, String(period))
  if (alg === 'ES256') return fromHex(PKCS8_P256 + toScalar(hkdf(sha256, branchKey, undefined, info, 48)))
  return fromHex(PKCS8_ED25519 + toHex(hkdf(sha256, branchKey, undefined, info, 32)))
}

/** Returns the kid of a derived signing key: a leaf's, and for another algorithm than ES256 its name behind. */
function kidOf(rootKid: string, alg: 'ES256' | 'Ed25519', period: number): string {
  return alg === 'ES256' ? writeLeafKid(rootKid, period) : `${writeLeafKid(rootKid, period)}-${alg}`
}

/**
 * Returns the signing keys of an issuer. Each is derived when it is first asked for.
 *
 * @example
 * import { createSigningKeys, type Ring } from 'bulla/keys'
 *
 * export function signingKid(ring: Ring, now: number): string | undefined {
 *   return createSigningKeys(ring, 'https://auth.example.com').signing('ES256', now)?.kid
 * }
 */
export function createSigningKeys(ring: Ring, issuer: string): SigningKeys {
  const { period } = ring
  const live = <Key extends Dates & { readonly kid: string }>(keys: readonly Key[]): readonly Key[] =>
    keys.filter(({ kid }) => !ring.revoked.includes(kid))
  const roots = live(ring.roots)
  const branches = new Map<string, Uint8Array>()
  const made = new Map<string, SigningKey>()

  function derive(root: Root, alg: 'ES256' | 'Ed25519', number: number): SigningKey {
    const kid = kidOf(root.kid, alg, number)
    const known = made.get(kid)
    if (known !== undefined) return known
    const branch = branches.get(root.kid) ?? deriveBranch(root.k, issuer, 'sign', '')
    branches.set(root.kid, branch)
    const dates = { nbf: Math.max(root.use, number * period), exp: Math.min(root.end, (number + 1) * period) }
    const key: SigningKey = { kid, alg, material: { pkcs8: deriveSigningKey(branch, alg, number) }, ...dates }
    made.set(kid, key)
    return key
  }

  function derived(alg: 'ES256' | 'Ed25519', now: number, longestLife: number): readonly SigningKey[] {
    const first = Math.min(periodAt(now, period) - 1, periodAt(now - longestLife - 2 * ring.skew, period))
    const numbers = Array.from({ length: periodAt(now, period) + 2 - first }, (_, index) => first + index)
    for (const [kid, key] of made) if (key.exp <= first * period) made.delete(kid)
    return numbers.flatMap((number) =>
      roots
        .filter((root) => root.pub <= now + ring.skew && root.use < (number + 1) * period && root.end > number * period)
        .map((root) => derive(root, alg, number)),
    )
  }

  const rsa = live(ring.rsa ?? []).map((dates) => {
    const { kid, jwk, use, end } = dates
    const key: SigningKey = { kid, alg: 'RS256', material: { rsa: jwk }, nbf: use, exp: end }
    return { dates, key }
  })

  const isLive = (dates: Dates & { readonly kid: string }, now: number): boolean =>
    ['staged', 'primary', 'retiring'].includes(stateOf(dates, [], now + ring.skew))

  function published(alg: SigningAlgorithm, now: number, longestLife: number): readonly SigningKey[] {
    if (alg !== 'RS256') return derived(alg, now, longestLife)
    return rsa.filter(({ dates }) => isLive(dates, now)).map(({ key }) => key)
  }

  function named(kid: string, now: number): SigningKey | undefined {
    const alg = kid.endsWith('-Ed25519') ? 'Ed25519' : 'ES256'
    const leaf = readLeafKid(alg === 'ES256' ? kid : kid.slice(0, -'-Ed25519'.length))
    const root = leaf?.branch === 1 ? roots.find((one) => one.kid === leaf.root && isLive(one, now)) : undefined
    const key =
      leaf === undefined || root === undefined
        ? rsa.find(({ dates }) => dates.kid === kid && isLive(dates, now))?.key
        : derive(root, alg, leaf.period)
    return key !== undefined && key.nbf < key.exp && key.nbf <= now + ring.skew ? key : undefined
  }

  function signing(alg: SigningAlgorithm, now: number): SigningKey | undefined {
    const isPrimary = ({ use, end }: Dates): boolean => now >= use && now < end
    const [key, another] =
      alg === 'RS256'
        ? rsa.filter(({ dates }) => isPrimary(dates)).map(({ key }) => key)
        : roots.filter(isPrimary).map((root) => derive(root, alg, periodAt(now, period)))
    return another === undefined ? key : undefined
  }

  return { signing, published, named }
}
