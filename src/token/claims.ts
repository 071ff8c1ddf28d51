/**
 * Entitlement ⇄ claims of an access token (RFC 9068 §2.2, by name).
 *
 * @module
 */

import type { Entitlement } from './entitlement.ts'
import { TokenError } from './error.ts'

/** Claims whose meaning the protocol gives: the operator's own can never override them. */
export const PROTOCOL_CLAIMS: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'client_id',
  'scope',
  'iat',
  'exp',
  'nbf',
  'jti',
  'gid',
  'auth_time',
  'acr',
  'amr',
  'cnf',
  'act',
  'may_act',
  'authorization_details',
  'mark',
])

/** What a token must be to be taken. */
export interface Expectations {
  readonly issuer: string
  /** The resource's URI: `aud` must be this text. */
  readonly resource: string
  /** Unix seconds. */
  readonly now: number
  /** Seconds by which the clocks may differ. */
  readonly clockTolerance: number
  /** Seconds that a token may live: `exp − iat`. */
  readonly longestLife: number
  /** Whether a token without `client_id` is taken. */
  readonly anonymous: boolean
}

/** Returns the claims of a token for this entitlement. The operator's come last, and never in place of the protocol's. */
export function writeClaims(entitlement: Entitlement, issuer: string): Readonly<Record<string, unknown>> {
  const { claims, scope, sub, aud, client_id, iat, exp, jti, ...others } = entitlement
  const granted = scope.length > 0 ? { scope: scope.join(' ') } : {}
  const protocol = { iss: issuer, sub, aud, client_id, ...granted, iat, exp, jti, ...others }
  const own = Object.entries(claims).filter(([name]) => !PROTOCOL_CLAIMS.has(name) && name !== '__proto__')
  return own.length === 0 ? protocol : { ...protocol, ...Object.fromEntries(own) }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0
}

function isInstant(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Tells whether a value is a confirmation: one by a way that is not known could not be checked, and is none. */
export function isConfirmation(value: unknown): boolean {
  if (!isMembers(value)) return false
  const names = Object.keys(value)
  return names.length > 0 && names.every((name) => ['jkt', 'x5t#S256'].includes(name) && isText(value[name]))
}

function isActor(value: unknown): boolean {
  return isMembers(value) && isText(value['sub']) && (value['act'] === undefined || isActor(value['act']))
}

/** Claims beyond the usual ones that say more of an entitlement, and what they are. */
const MORE: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['gid', isText],
  ['auth_time', isInstant],
  ['acr', isText],
  ['amr', (value) => Array.isArray(value) && value.every(isText)],
  ['cnf', isConfirmation],
  ['act', isActor],
  ['may_act', isActor],
  [
    'authorization_details',
    (value) =>
      Array.isArray(value) && value.length > 0 && value.every((detail) => isMembers(detail) && isText(detail['type'])),
  ],
])

/** What the claims beyond the usual ones say. */
interface More {
  /** Members of the entitlement. */
  readonly known: Partial<Entitlement>
  /** The operator's own. */
  readonly own: Entitlement['claims']
}

function readMore(claims: Readonly<Record<string, unknown>>, names: readonly string[]): More {
  const entriesOf = (some: readonly string[]): Readonly<Record<string, unknown>> =>
    Object.fromEntries(some.map((name) => [name, claims[name]]))
  if (!names.every((name) => MORE.get(name)?.(claims[name]) ?? true)) throw new TokenError('claims')
  return {
    known: entriesOf(names.filter((name) => MORE.has(name))),
    own: entriesOf(names.filter((name) => !PROTOCOL_CLAIMS.has(name))),
  }
}

function checkTimes(iat: number, exp: number, expected: Expectations): void {
  const { now, clockTolerance, longestLife } = expected
  if (now >= exp + clockTolerance) throw new TokenError('expired')
  if (iat > now + clockTolerance) throw new TokenError('early')
  if (exp <= iat || exp - iat > longestLife) throw new TokenError('lifetime')
}

/** The usual claims, once each was found to be what it is to be. */
interface UsualClaims extends Readonly<Record<'iss' | 'sub' | 'aud' | 'jti', string>> {
  readonly iat: number
  readonly exp: number
}

/**
 * Returns the entitlement that the claims of an opened token make.
 *
 * Required: `iss sub aud client_id scope iat exp jti`, `aud` as a single text. Who was given details alone has no `scope`
 * (RFC 9396 §3). Members of the prototype do not count.
 *
 * @throws {TokenError} `claims`, `issuer`, `audience`, `client`, `expired`, `early`, `lifetime`
 */
export function readClaims(claims: Readonly<Record<string, unknown>>, expected: Expectations): Entitlement {
  let required = 0
  let client_id: string | undefined
  let scope: string | undefined
  const others: string[] = []
  // Claim by claim, because most tokens have the usual ones alone: to look each up in a table costs half as much again.
  for (const name of Object.keys(claims)) {
    const value = claims[name]
    switch (name) {
      case 'iss':
      case 'sub':
      case 'aud':
      case 'jti':
        if (!isText(value)) throw new TokenError('claims')
        required++
        break
      case 'iat':
      case 'exp':
        if (!isInstant(value)) throw new TokenError('claims')
        required++
        break
      case 'client_id':
        if (!isText(value)) throw new TokenError('claims')
        client_id = value
        break
      case 'scope':
        if (!isText(value)) throw new TokenError('claims')
        scope = value
        break
      default:
        others.push(name)
    }
  }
  if (required !== 6) throw new TokenError('claims')
  const { iss, sub, aud, iat, exp, jti } = claims as unknown as UsualClaims
  const more = others.length === 0 ? undefined : readMore(claims, others)
  // Who was given details alone has no scope (RFC 9396 §3); whoever has neither has nothing.
  if (scope === undefined && more?.known.authorization_details === undefined) throw new TokenError('claims')
  if (iss !== expected.issuer) throw new TokenError('issuer')
  if (aud !== expected.resource) throw new TokenError('audience')
  if (client_id === undefined && !expected.anonymous) throw new TokenError('client')
  checkTimes(iat, exp, expected)
  const entitlement = { sub, client_id, aud, scope: scope?.split(' ') ?? [], iat, exp, jti, claims: more?.own ?? {} }
  return more === undefined ? entitlement : { ...entitlement, ...more.known }
}
