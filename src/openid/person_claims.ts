/**
 * What is kept of what a login gave of a person: the claims that may be told, each in a form that every relying party can read
 * (OpenID Connect Core §5.1).
 *
 * @module
 */

import { refusal } from '../protocol/error.ts'
import type { Claims } from './told_claims.ts'

/** Bytes that all claims of a person may have, as JSON in UTF-8: they live in a cookie, in a code and in tokens. */
export const MOST_CLAIMS = 1536

/** Claims that have one type alone: JSON of another breaks those who read it (OpenID Connect Core §5.1). */
const TYPES: ReadonlyMap<string, 'boolean' | 'number'> = new Map([
  ['email_verified', 'boolean'],
  ['phone_number_verified', 'boolean'],
  ['updated_at', 'number'],
])

function fail(detail: string): never {
  throw refusal('login_failed', 'person_unfit', detail)
}

/** Returns the bytes of a value as JSON in UTF-8. */
function sizeOf(value: unknown): number {
  return new TextEncoder().encode(JSON.stringify(value)).length
}

/** Tells whether a value comes back from JSON as it was: no integer that was rounded, no half of a pair. */
function isPlain(value: unknown): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) || (Number.isFinite(value) && value % 1 !== 0)
  return typeof value === 'string' ? value.isWellFormed() : typeof value === 'boolean' || value === null
}

/** Tells whether a value is plain, or a list or an object of what is. */
function isFlat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return isPlain(value)
  // A hole is no value.
  if (Array.isArray(value)) return Array.from(value).every(isPlain)
  const isRecord = [Object.prototype, null].includes(Object.getPrototypeOf(value))
  const isNamed = (name: string): boolean => name !== '__proto__' && name.isWellFormed()
  // JSON leaves out what is undefined.
  const isGood = ([name, one]: [string, unknown]): boolean => isNamed(name) && (one === undefined || isPlain(one))
  return isRecord && Object.entries(value).every(isGood)
}

/** Reads a claim; nothing where nobody knows it: `null`, or an empty text (OpenID Connect Core §5.3.2). */
function readClaim(given: object, name: string): unknown {
  const value: unknown = Object.hasOwn(given, name) ? (given as Claims)[name] : undefined
  if (value === undefined || value === null || value === '') return undefined
  const type = TYPES.get(name) ?? typeof value
  if (typeof value !== type) fail(`the claim ${name} is no ${type}`)
  if (!isFlat(value)) fail(`the claim ${name} is no JSON, or deeper than a list or an object of plain values`)
  return JSON.parse(JSON.stringify(value))
}

/**
 * Returns what is kept of the claims of a person: those of these names, checked once. The others are not looked at. Nothing is
 * ever cut: a part of a claim would be another.
 *
 * @param given what somebody says of the person, in whatever form
 * @param names those that may be told
 * @throws {OAuthError} `login_failed` when the claims are no object, one is of a wrong type or deeper than a list or an object of
 * plain values, or they have more than {@link MOST_CLAIMS} bytes together: it names the claim, and never says its value
 */
export function keepClaims(given: unknown, names: Iterable<string>): Claims {
  if (given === undefined || given === null) return {}
  if (typeof given !== 'object' || Array.isArray(given)) return fail('the claims of the person are no object')
  const known = [...names].flatMap((name) => {
    const value = readClaim(given, name)
    return value === undefined ? [] : [[name, value] as const]
  })
  const claims = Object.fromEntries(known)
  const size = sizeOf(claims)
  if (size <= MOST_CLAIMS) return claims
  const sizes = known.map(([name, value]) => `${name} ${sizeOf(value)}`)
  return fail(`the claims of the person have ${size} bytes, and may have ${MOST_CLAIMS}: ${sizes.join(', ')}`)
}
