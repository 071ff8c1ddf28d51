/**
 * Assertions: JWTs that somebody else signed (RFC 7519, RFC 7523 §3, RFC 8725).
 *
 * @module
 */

import type { JSONWebKeySet, JWTPayload } from 'jose'
import { decodeProtectedHeader } from 'jose/decode/protected_header'
import { createLocalJWKSet } from 'jose/jwks/local'
import { jwtVerify } from 'jose/jwt/verify'
import { decodeBase64url } from '../../keys/base64url.ts'
import { readJws } from '../jose/canonical.ts'
import { TokenError } from '../jose/error.ts'

/** Seconds by which the clocks of those who sign may differ from ours. */
export const CLOCK_TOLERANCE = 30

/** Members of a header that bring a key, or change what the rest means: never taken. */
const REFUSED_MEMBERS = ['jwk', 'jku', 'x5u', 'x5c', 'crit', 'zip', 'b64']

/** What an assertion must be. */
export interface AssertionRules {
  /** `iss` must be this. Default: anything, or nothing. */
  readonly issuer?: string
  /** `aud` must name this. */
  readonly audience: string
  /** How `aud` must name it: among others; alone, be it in a list; or as a text. Default `'among'`. */
  readonly audienceForm?: 'among' | 'alone' | 'text'
  /** The signature algorithms that are taken. */
  readonly algorithms: readonly string[]
  /** Claims that must be there beside `iss` where there is an `issuer`, `aud`, `exp`, and `iat` unless there is a `longestRest`. */
  readonly required: readonly string[]
  /** `typ` of the header, where it must be one. */
  readonly typ?: string
  /** Whether it must be so letter by letter, without `application/`. Default false. */
  readonly isTypExact?: boolean
  /** What `typ` may be where it is there, in lower case and without `application/`. Default: anything. */
  readonly types?: readonly string[]
  /** Unix seconds. */
  readonly now: number
  /** Seconds by which clocks may differ. */
  readonly clockTolerance: number
  /** Seconds since `iat` at the most. */
  readonly longestLife: number
  /** Seconds until `exp` at the most. With it `iat` may be missing. Default: any. */
  readonly longestRest?: number
}

/** The claims of an assertion. */
export type AssertionClaims = Readonly<Record<string, unknown>>

/** What an assertion says of itself before anything is proved. */
export interface UnprovedAssertion {
  /** Nothing where it is no text, as with `sub`. */
  readonly iss: string | undefined
  readonly sub: string | undefined
  /** The key that it names; nothing where that is no text. */
  readonly kid: string | undefined
  /** The claims as they are spelled: base64url in its one canonical form. */
  readonly payload: string
}

/** Tells whether an assertion names a key that is not in the set: then the set may be out of date. */
export function isKeyMissing(error: unknown): boolean {
  return error instanceof TokenError && error.code === 'key'
}

function readPart(part: string): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(decodeBase64url(part)))
}

/** Returns a member of what was read, where it is a text. */
function textOf(read: unknown, name: string): string | undefined {
  const value = (read as AssertionClaims | null)?.[name]
  return typeof value === 'string' ? value : undefined
}

/**
 * Reads whom an assertion claims to be of. Nothing of it is proved.
 *
 * @throws {TokenError} `length`, `form`, `payload`
 */
export function readAssertion(jwt: string): UnprovedAssertion {
  const { header, payload } = readJws(jwt)
  try {
    const [head, claims] = [readPart(header), readPart(payload)]
    return { iss: textOf(claims, 'iss'), sub: textOf(claims, 'sub'), kid: textOf(head, 'kid'), payload }
  } catch (cause) {
    throw new TokenError('payload', { cause })
  }
}

/** Returns a media type in `typ` in its short form (RFC 7515 §4.1.9). */
function shortType(typ: string): string {
  return typ.toLowerCase().replace(/^application\//, '')
}

function checkHeader(jwt: string, { types, typ: expected, isTypExact = false }: AssertionRules): void {
  const header = decodeProtectedHeader(jwt)
  if (REFUSED_MEMBERS.some((member) => Object.hasOwn(header, member))) throw new TokenError('header')
  const { typ } = header
  if (isTypExact && typ !== expected) throw new TokenError('type')
  if (types === undefined || typ === undefined) return
  if (typeof typ !== 'string' || !types.includes(shortType(typ))) throw new TokenError('type')
}

/** Another audience beside ours could use the assertion at our door (RFC 9700's update on audience injection). */
function checkAudience(aud: unknown, { audience, audienceForm = 'among' }: AssertionRules): void {
  const isText = aud === audience
  const isAlone = isText || (Array.isArray(aud) && aud.length === 1)
  if (!(audienceForm === 'among' || (audienceForm === 'alone' ? isAlone : isText))) throw new TokenError('audience')
}

/** Checks what jose does not: how long an assertion still lives, and an `iat` that may be missing. */
function checkTimes({ iat, exp = 0 }: JWTPayload, rules: AssertionRules): void {
  const { now, clockTolerance, longestLife, longestRest = Number.POSITIVE_INFINITY } = rules
  const age = now - (iat ?? now)
  if (exp - now > longestRest + clockTolerance || age > longestLife + clockTolerance) throw new TokenError('lifetime')
  if (age < -clockTolerance) throw new TokenError('early')
}

const keySets = new WeakMap<object, ReturnType<typeof createLocalJWKSet>>()

/** Returns a JWK Set as jose takes it; its keys are imported once. */
function keySetOf(jwks: unknown): ReturnType<typeof createLocalJWKSet> {
  const known = keySets.get(jwks as object)
  if (known !== undefined) return known
  const made = createLocalJWKSet(jwks as JSONWebKeySet)
  keySets.set(jwks as object, made)
  return made
}

/**
 * Returns the claims of an assertion whose signature is right.
 *
 * This does NOT check whether it was used before.
 *
 * @param jwks a JWK Set, an object that is never changed
 * @throws {TokenError} `length`, `form`; `key` when the set has no key for it; `header`, `type`, `decryption` when it is
 * not to be trusted; `claims`, `issuer`, `audience`, `expired`, `early`, `lifetime`
 */
export async function openAssertion(jwt: string, jwks: unknown, rules: AssertionRules): Promise<AssertionClaims> {
  const { issuer, audience, algorithms, required, now, clockTolerance, longestLife, longestRest, typ } = rules
  readJws(jwt)
  try {
    checkHeader(jwt, rules)
    const { payload } = await jwtVerify(jwt, keySetOf(jwks), {
      ...(issuer === undefined ? {} : { issuer }),
      audience,
      algorithms: [...algorithms],
      requiredClaims: ['exp', ...required],
      currentDate: new Date(now * 1000),
      clockTolerance,
      ...(longestRest === undefined ? { maxTokenAge: longestLife } : {}),
      ...(typ === undefined ? {} : { typ }),
    })
    checkAudience(payload.aud, rules)
    checkTimes(payload, rules)
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
