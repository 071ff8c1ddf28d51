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
  const own = Object.entries(claims).filter(([name]) => !PROTOCOL_CLAIMS.has(name) && name !== '__proto__')
  const granted = scope.length > 0 ? { scope: scope.join(' ') } : {}
  const protocol = { iss: issuer, sub, aud, client_id, ...granted, iat, exp, jti, ...others }
  return { ...protocol, ...Object.fromEntries(own) }
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

type Check = (value: unknown) => boolean

/** Claims that every token has, and what they are. */
const REQUIRED: Readonly<Record<string, Check>> = {
  iss: isText,
  sub: isText,
  aud: isText,
  iat: isInstant,
  exp: isInstant,
  jti: isText,
}

/** Claims that a token may lack, and what they are where they are there. */
const OPTIONAL: Readonly<Record<string, Check>> = {
  client_id: isText,
  scope: isText,
  gid: isText,
  auth_time: isInstant,
  acr: isText,
  amr: (value) => Array.isArray(value) && value.every(isText),
  cnf: isConfirmation,
  act: isActor,
  may_act: isActor,
  authorization_details: (value) =>
    Array.isArray(value) && value.length > 0 && value.every((detail) => isMembers(detail) && isText(detail['type'])),
}

/** What is done with each of the protocol's claims; the others are the operator's. */
const RULES: ReadonlyMap<string, { readonly isOf: Check; readonly use: 'required' | 'optional' | 'unread' }> = new Map(
  [...PROTOCOL_CLAIMS].map((name) => {
    const isOf = REQUIRED[name] ?? OPTIONAL[name] ?? (() => true)
    return [name, { isOf, use: REQUIRED[name] ? 'required' : OPTIONAL[name] ? 'optional' : 'unread' } as const]
  }),
)

/** The required claims, once each was found to be what it is to be. */
interface RequiredClaims extends Readonly<Record<'iss' | 'sub' | 'aud' | 'jti', string>> {
  readonly iat: number
  readonly exp: number
}

/** Optional claims that are looked at here. */
interface OptionalClaims {
  readonly client_id?: string
  readonly scope?: string
  readonly authorization_details?: unknown
}

const REQUIRED_COUNT = Object.keys(REQUIRED).length

function checkTimes(iat: number, exp: number, expected: Expectations): void {
  const { now, clockTolerance, longestLife } = expected
  if (now >= exp + clockTolerance) throw new TokenError('expired')
  if (iat > now + clockTolerance) throw new TokenError('early')
  if (exp <= iat || exp - iat > longestLife) throw new TokenError('lifetime')
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
  const optional: Record<string, unknown> = {}
  const extra: [string, unknown][] = []
  let required = 0
  let more = 0
  for (const name of Object.keys(claims)) {
    const value = claims[name]
    const rule = RULES.get(name)
    if (rule === undefined) extra.push([name, value])
    else if (!rule.isOf(value)) throw new TokenError('claims')
    else if (rule.use === 'required') required++
    else if (rule.use === 'optional') {
      optional[name] = value
      if (name !== 'scope' && name !== 'client_id') more++
    }
  }
  if (required !== REQUIRED_COUNT) throw new TokenError('claims')
  const { iss, sub, aud, iat, exp, jti } = claims as unknown as RequiredClaims
  const { scope, authorization_details, client_id } = optional as OptionalClaims
  // Who was given details alone has no scope (RFC 9396 §3); whoever has neither has nothing.
  if (scope === undefined && authorization_details === undefined) throw new TokenError('claims')
  if (iss !== expected.issuer) throw new TokenError('issuer')
  if (aud !== expected.resource) throw new TokenError('audience')
  if (client_id === undefined && !expected.anonymous) throw new TokenError('client')
  checkTimes(iat, exp, expected)
  const own = extra.length === 0 ? {} : Object.fromEntries(extra)
  const entitlement = { sub, client_id, aud, scope: scope?.split(' ') ?? [], iat, exp, jti, claims: own }
  if (more === 0) return entitlement
  const { scope: _, ...others } = optional
  return { ...entitlement, ...others }
}
