/**
 * DPoP proofs: a request signed by the key that the proof itself brings (RFC 9449 §4.2, §4.3).
 *
 * @module
 */

import { calculateJwkThumbprint } from 'jose/jwk/thumbprint'
import { compactVerify } from 'jose/jws/compact/verify'
import { importJWK } from 'jose/key/import'
import { decodeBase64url, encodeBase64url } from '../../keys/base64url.ts'
import { isMembers, type Members } from '../../keys/check.ts'
import { digestLabels, digestText } from '../../keys/digest.ts'
import { readJws } from '../jose/canonical.ts'
import { TokenError } from '../jose/error.ts'
import { publicMembers } from '../jose/jwks.ts'
import { isAnybodys } from '../jose/weak_keys.ts'
import { isNamedBy } from './http_uri.ts'

/** The keys that each algorithm takes. `EdDSA` is what clients from before RFC 9864 call Ed25519. */
const KIND_OF = {
  ES256: 'EC P-256',
  Ed25519: 'OKP Ed25519',
  EdDSA: 'OKP Ed25519',
  PS256: 'RSA ',
} as const

/**
 * The algorithms that a proof may be signed by, as metadata and challenges list them. RS256 is not among them: RSASSA-PKCS1
 * v1.5 is refused for new uses (FAPI 2.0 §5.4.1), and every RSA key can sign by PS256.
 */
export const DPOP_ALGORITHMS: readonly string[] = Object.keys(KIND_OF)

/** Seconds by which `iat` may differ from now, either way: after that the same proof is not taken again. */
export const PROOF_WINDOW = 60

/** Members of a header that change what the rest means, or bring another key than `jwk`. */
const REFUSED_MEMBERS = ['crit', 'b64', 'zip', 'jku', 'x5u', 'x5c']

/** Members of a JWK that nobody else may see (RFC 7518 §6.2.2, §6.3.2, §6.4.1). */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/** What a proof must be for. */
export interface ProofExpectations {
  /** The method of the request; no proof is for one that tells none. */
  readonly method: string | undefined
  /** The URL of the request; its query and fragment do not count. */
  readonly url: string
  /** The access token beside it; at the issuer there is none. */
  readonly token?: string
  /** Unix seconds. */
  readonly now: number
}

/** What a good proof says. */
export interface OpenedProof {
  /** The thumbprint of its key (RFC 7638): 43 characters. */
  readonly jkt: string
  /** Names this proof, whoever made it: 43 characters. To be spent once. */
  readonly id: string
  /** Unix seconds until which the same proof would be taken again. */
  readonly expiresAt: number
  /** The nonce that it brings back, if any. */
  readonly nonce: string | undefined
}

/** Reads JSON of an object. Its spelling is the client's own: PHP escapes slashes, Python puts spaces. */
function readMembers(segment: string): Members {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(decodeBase64url(segment))
    const json: unknown = JSON.parse(text)
    if (isMembers(json)) return json
  } catch {
    // As what is no object.
  }
  throw new TokenError('proof')
}

/** Tells whether a key is one of this kind and a plain public one: RSA from 2048 to 4096 bits. */
function isKeyOf(kind: string, jwk: Members): boolean {
  const { kty, crv = '', x, y, n, e } = jwk
  if (typeof kty !== 'string' || typeof crv !== 'string') return false
  if (kind !== `${kty} ${crv}` || PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name))) return false
  const isText = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value)
  if (kty === 'RSA') return isText(n, /^[\w-]{342,683}$/) && isText(e, /^[\w-]{2,8}$/)
  return isText(x, /^[\w-]{43}$/) && (kty === 'OKP' || isText(y, /^[\w-]{43}$/))
}

/** Reads the header: `typ`, `alg`, `jwk`, and others that mean nothing here (RFC 7515 §4). */
function readHeader(segment: string): { readonly alg: keyof typeof KIND_OF; readonly jwk: Members } {
  const header = readMembers(segment)
  const { typ, alg, jwk } = header
  const isForeign = REFUSED_MEMBERS.some((member) => Object.hasOwn(header, member))
  if (typ !== 'dpop+jwt' || isForeign) throw new TokenError('proof')
  if (typeof alg !== 'string' || !Object.hasOwn(KIND_OF, alg)) throw new TokenError('proof_key')
  const known = alg as keyof typeof KIND_OF
  if (!isMembers(jwk) || !isKeyOf(KIND_OF[known], jwk) || isAnybodys(jwk)) throw new TokenError('proof_key')
  return { alg: known, jwk }
}

/** Checks that a proof was signed by its own key, and returns the key's thumbprint. */
async function verify(proof: string, alg: string, jwk: Members): Promise<string> {
  const key = publicMembers(jwk)
  try {
    await compactVerify(proof, await importJWK(key, alg), { algorithms: [alg] })
  } catch (cause) {
    throw new TokenError('proof_signature', { cause })
  }
  return calculateJwkThumbprint(key)
}

function isInstant(value: unknown): value is number {
  return Number.isFinite(value) && (value as number) >= 0
}

/** Checks that a proof was made now, and returns when; `nbf` and `exp` count where they are there. */
function checkTimes({ iat, nbf = 0, exp = Number.MAX_VALUE }: Members, now: number): number {
  if (!isInstant(iat) || !isInstant(nbf) || !isInstant(exp)) throw new TokenError('proof')
  const isOfNow = Math.abs(now - iat) <= PROOF_WINDOW && nbf <= now + PROOF_WINDOW && now < exp
  if (!isOfNow) throw new TokenError('proof_time')
  return iat
}

/** Returns the hash of a token as a proof names it (RFC 9449 §4.2). */
function tokenHash(token: string): string {
  return encodeBase64url(digestText(token))
}

/**
 * Checks a proof for a request, and returns what it proves (RFC 9449 §4.3).
 *
 * This does NOT check the nonce, nor whether the proof was used before.
 *
 * @param proof the value of the `DPoP` header; two of them are no proof
 * @throws {TokenError} `proof`, `proof_key`, `proof_signature`, `proof_request`, `proof_time`
 */
export async function openProof(proof: string, expected: ProofExpectations): Promise<OpenedProof> {
  const { method, url, token, now } = expected
  const segments = readSegments(proof)
  const { alg, jwk } = readHeader(segments.header)
  const claims = readMembers(segments.payload)
  const { jti, htm, htu, ath, nonce } = claims
  if ([jti, htm, htu].some((value) => typeof value !== 'string' || value === '')) throw new TokenError('proof')
  if (nonce !== undefined && typeof nonce !== 'string') throw new TokenError('proof')
  const iat = checkTimes(claims, now)
  const isForRequest = htm === method && isNamedBy(htu as string, url)
  if (!isForRequest || (token !== undefined && ath !== tokenHash(token))) throw new TokenError('proof_request')
  const jkt = await verify(proof, alg, jwk)
  const expiresAt = Math.floor(iat) + PROOF_WINDOW + 1
  return { jkt, id: digestLabels('dpop', jkt, jti as string), expiresAt, nonce }
}

function readSegments(proof: string): { readonly header: string; readonly payload: string } {
  try {
    return readJws(proof)
  } catch (cause) {
    throw new TokenError('proof', { cause })
  }
}
