/**
 * Assertions: JWTs that somebody else signed (RFC 7519, RFC 8725).
 *
 * @module
 */

import type { JSONWebKeySet } from 'jose'
import { decodeProtectedHeader } from 'jose/decode/protected_header'
import { createLocalJWKSet } from 'jose/jwks/local'
import { jwtVerify } from 'jose/jwt/verify'
import { TokenError } from './error.ts'

/** Members of a header that bring a key, or change what the rest means: never taken. */
const REFUSED_MEMBERS = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'zip', 'b64']

/** What an assertion must be. */
export interface AssertionRules {
  /** `iss` must be this. */
  readonly issuer: string
  /** `aud` must be this, or a list with it. */
  readonly audience: string
  /** The signature algorithms that are taken. */
  readonly algorithms: readonly string[]
  /** Claims that must be there beside `iss`, `aud`, `exp` and `iat`. */
  readonly required: readonly string[]
  /** `typ` of the header, where it must be one. */
  readonly typ?: string
  /** Unix seconds. */
  readonly now: number
  /** Seconds by which clocks may differ. */
  readonly clockTolerance: number
  /** Seconds since `iat` at the most. */
  readonly longestLife: number
}

/** The claims of an assertion. */
export type AssertionClaims = Readonly<Record<string, unknown>>

/** Tells whether an assertion names a key that is not in the set: then the set may be out of date. */
export function isKeyMissing(error: unknown): boolean {
  return error instanceof TokenError && error.code === 'key'
}

/**
 * Returns the claims of an assertion whose signature is right.
 *
 * This does NOT check whether it was used before.
 *
 * @throws {TokenError} `key` when the set has no key for it; `header`, `decryption` when it is not to be trusted;
 * `claims`, `issuer`, `audience`, `expired`, `early`
 */
export async function openAssertion(jwt: string, jwks: unknown, rules: AssertionRules): Promise<AssertionClaims> {
  const { issuer, audience, algorithms, required, now, clockTolerance, longestLife, typ } = rules
  try {
    if (jwt.length > 8192) throw new TokenError('length')
    const header = decodeProtectedHeader(jwt)
    if (REFUSED_MEMBERS.some((member) => Object.hasOwn(header, member))) throw new TokenError('header')
    const { payload } = await jwtVerify(jwt, createLocalJWKSet(jwks as JSONWebKeySet), {
      issuer,
      audience,
      algorithms: [...algorithms],
      requiredClaims: ['exp', 'iat', ...required],
      currentDate: new Date(now * 1000),
      clockTolerance,
      maxTokenAge: longestLife,
      ...(typ === undefined ? {} : { typ }),
    })
    return payload
  } catch (cause) {
    if (cause instanceof TokenError) throw cause
    throw new TokenError(codeOf(cause), { cause })
  }
}

/** What jose's errors mean here. */
function codeOf(error: unknown): TokenError['code'] {
  const { code, claim, reason } = error as { code?: string; claim?: string; reason?: string }
  if (code === 'ERR_JWKS_NO_MATCHING_KEY') return 'key'
  if (code === 'ERR_JWT_EXPIRED') return 'expired'
  if (code === 'ERR_JWT_CLAIM_VALIDATION_FAILED') {
    if (reason !== 'check_failed') return 'claims'
    return claim === 'iss'
      ? 'issuer'
      : claim === 'aud'
        ? 'audience'
        : claim === 'iat' || claim === 'nbf'
          ? 'early'
          : 'claims'
  }
  return code === 'ERR_JOSE_ALG_NOT_ALLOWED' ? 'algorithm' : 'decryption'
}
