/**
 * Claims that the issuer signs, in a compact JWS (RFC 7515, RFC 8725).
 *
 * @module
 */

import { compactVerify } from 'jose/jws/compact/verify'
import { encodeBase64url } from '../../keys/base64url.ts'
import type { SigningKey } from '../../keys/index.ts'
import { readJws } from './canonical.ts'
import { TokenError } from './error.ts'
import { readHeader } from './header.ts'
import { readySigningKey, type VerificationKeys } from './jwks.ts'
import { parseStrictly } from './strict_json.ts'

const utf8 = new TextEncoder()

/** The headers that each key signed under, as they are spelled, by their `typ`. */
const spelled = new WeakMap<SigningKey, Map<string | undefined, string>>()

function headerOf(key: SigningKey, typ: string | undefined): string {
  const headers = spelled.get(key) ?? new Map<string | undefined, string>()
  const known = headers.get(typ)
  if (known !== undefined) return known
  const header = encode({ alg: key.alg, kid: key.kid, typ })
  spelled.set(key, headers.set(typ, header))
  return header
}

function encode(members: Readonly<Record<string, unknown>>): string {
  return encodeBase64url(utf8.encode(JSON.stringify(members)))
}

/** Signs claims: a compact JWS with `alg`, `kid` and, where it has one, `typ`, in this order, and nothing else. */
export async function signClaims(
  claims: Readonly<Record<string, unknown>>,
  typ: string | undefined,
  key: SigningKey,
): Promise<string> {
  const { sign } = await readySigningKey(key)
  const signed = `${headerOf(key, typ)}.${encode(claims)}`
  return `${signed}.${encodeBase64url(new Uint8Array(await sign(utf8.encode(signed))))}`
}

/** Claims that were signed. */
export interface VerifiedClaims {
  readonly claims: Readonly<Record<string, unknown>>
  /** The kid of the key that signed them. */
  readonly kid: string
}

/**
 * Returns the claims that the issuer signed. What they mean is not looked at.
 *
 * @param longest characters that the JWS may have. Default 8192
 * @throws {TokenError} `key` when the kid is not known, which a newer JWK Set may mend; any other when it is not good
 */
export async function verifyClaims(
  jws: string,
  typ: string,
  keys: VerificationKeys,
  longest?: number,
): Promise<VerifiedClaims> {
  const header = readHeader(readJws(jws, longest).header, ['alg', 'kid', 'typ'])
  if (header.typ !== typ) throw new TokenError('type')
  const found = await keys.find(header.kid)
  if (found === undefined) throw new TokenError('key')
  if (header.alg !== found.alg) throw new TokenError('algorithm')
  const payload = await verify(jws, found.key, found.alg)
  const claims = parseStrictly(payload)
  if (claims === undefined) throw new TokenError('payload')
  return { claims, kid: header.kid }
}

async function verify(jws: string, key: Parameters<typeof compactVerify>[1], alg: string): Promise<Uint8Array> {
  try {
    return (await compactVerify(jws, key, { algorithms: [alg] })).payload
  } catch (cause) {
    throw new TokenError('signature', { cause })
  }
}
