/**
 * Claims that the issuer signs, in a compact JWS (RFC 7515, RFC 8725).
 *
 * @module
 */

import { CompactSign } from 'jose/jws/compact/sign'
import { compactVerify } from 'jose/jws/compact/verify'
import type { SigningKey } from '../../keys/index.ts'
import { readJws } from './canonical.ts'
import { TokenError } from './error.ts'
import { readHeader } from './header.ts'
import { readySigningKey, type VerificationKeys } from './jwks.ts'
import { parseStrictly } from './strict_json.ts'

/** Signs claims: a compact JWS with `alg`, `kid` and, where it has one, `typ`, in this order, and nothing else. */
export async function signClaims(
  claims: Readonly<Record<string, unknown>>,
  typ: string | undefined,
  key: SigningKey,
): Promise<string> {
  const { privateKey } = await readySigningKey(key)
  return new CompactSign(new TextEncoder().encode(JSON.stringify(claims)))
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...(typ === undefined ? {} : { typ }) })
    .sign(privateKey)
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
