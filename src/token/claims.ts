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
  const protocol = { iss: issuer, sub, aud, client_id, scope: scope.join(' '), iat, exp, jti, ...others }
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

/** A confirmation by a way that is not known could not be checked, and is none. */
function isConfirmation(value: unknown): boolean {
  if (!isMembers(value)) return false
  const names = Object.keys(value)
  return names.length > 0 && names.every((name) => ['jkt', 'x5t#S256'].includes(name) && isText(value[name]))
}

function isActor(value: unknown): boolean {
  return isMembers(value) && isText(value['sub']) && (value['act'] === undefined || isActor(value['act']))
}

/** Claims that a token may lack, and what they are where they are there. */
const OPTIONAL: ReadonlyMap<string, (value: unknown) => boolean> = new Map(
  Object.entries({
    client_id: isText,
    gid: isText,
    auth_time: isInstant,
    acr: isText,
    amr: (value: unknown) => Array.isArray(value) && value.every(isText),
    cnf: isConfirmation,
    act: isActor,
    may_act: isActor,
    authorization_details: (value: unknown) =>
      Array.isArray(value) && value.every((detail) => isMembers(detail) && isText(detail['type'])),
  }),
)

function checkTimes(iat: number, exp: number, expected: Expectations): void {
  const { now, clockTolerance, longestLife } = expected
  if (now >= exp + clockTolerance) throw new TokenError('expired')
  if (iat > now + clockTolerance) throw new TokenError('early')
  if (exp <= iat || exp - iat > longestLife) throw new TokenError('lifetime')
}

/**
 * Returns the entitlement that the claims of an opened token make.
 *
 * Required: `iss sub aud client_id scope iat exp jti`, `aud` as a single text. Members of the prototype do not count.
 *
 * @throws {TokenError} `claims`, `issuer`, `audience`, `client`, `expired`, `early`, `lifetime`
 */
export function readClaims(claims: Readonly<Record<string, unknown>>, expected: Expectations): Entitlement {
  const own = (name: string): unknown => (Object.hasOwn(claims, name) ? claims[name] : undefined)
  const iss = own('iss')
  const sub = own('sub')
  const aud = own('aud')
  const scope = own('scope')
  const iat = own('iat')
  const exp = own('exp')
  const jti = own('jti')
  if (!isText(iss) || !isText(sub) || !isText(aud) || !isText(scope) || !isText(jti)) throw new TokenError('claims')
  if (!isInstant(iat) || !isInstant(exp)) throw new TokenError('claims')
  const optional: Record<string, unknown> = {}
  const extra: [string, unknown][] = []
  for (const name of Object.keys(claims)) {
    const value = claims[name]
    const isOf = OPTIONAL.get(name)
    if (isOf === undefined && !PROTOCOL_CLAIMS.has(name)) extra.push([name, value])
    if (isOf === undefined || value === undefined) continue
    if (!isOf(value)) throw new TokenError('claims')
    optional[name] = value
  }
  const client_id = own('client_id') as string | undefined
  if (iss !== expected.issuer) throw new TokenError('issuer')
  if (aud !== expected.resource) throw new TokenError('audience')
  if (client_id === undefined && !expected.anonymous) throw new TokenError('client')
  checkTimes(iat, exp, expected)
  const known = { sub, client_id, aud, scope: scope.split(' '), iat, exp, jti }
  return { ...known, ...optional, claims: extra.length === 0 ? {} : Object.fromEntries(extra) }
}
