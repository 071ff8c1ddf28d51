/**
 * Entitlement ⇄ claims of an access token (RFC 9068 §2.2, by name).
 *
 * @module
 */

import { isMembers } from '../../keys/check.ts'
import { TokenError } from '../jose/error.ts'
import { carryProviderToken, type Entitlement } from './entitlement.ts'

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
  'provider_token',
])

/** Seconds of clock tolerance that a verifier may have at the most: so much longer than its `exp` says a token can live somewhere. */
export const MOST_TOLERANT = 60

/** What a token must be to be taken. */
export interface Expectations {
  readonly issuer: string
  /** The resource's URI: `aud` must be this text. */
  readonly resource: string
  /** Unix seconds. */
  readonly now: number
  /** Seconds by which the clocks may differ. */
  readonly clockTolerance: number
  /** Seconds after its `exp` for which a token is taken still. Default `clockTolerance`. */
  readonly overdue?: number
  /** Seconds that a token may live: `exp − iat`. */
  readonly longestLife: number
  /** Whether a token without `client_id` is taken. */
  readonly anonymous: boolean
}

/** Returns the claims of a token for this entitlement. The operator's come last, and never in place of the protocol's. */
export function writeClaims(entitlement: Entitlement, issuer: string): Readonly<Record<string, unknown>> {
  const { claims, scope, sub, aud, client_id, iat, exp, jti, providerToken: provider_token, ...others } = entitlement
  const granted = scope.length > 0 ? { scope: scope.join(' ') } : {}
  const protocol = {
    iss: issuer,
    sub,
    aud,
    client_id,
    ...granted,
    iat,
    exp,
    jti,
    ...others,
    ...(provider_token && { provider_token }),
  }
  const own = Object.entries(claims).filter(([name]) => !PROTOCOL_CLAIMS.has(name) && name !== '__proto__')
  return own.length === 0 ? protocol : { ...protocol, ...Object.fromEntries(own) }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0
}

function isInstant(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
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

/** Tells whether a value is an access token that can be shown to a provider: visible ASCII characters (RFC 6749 §A.12, without spaces). */
export function isProviderToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value)
}

type Check = (value: unknown) => boolean

/** Claims that every token has, and what they are. */
const REQUIRED: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['iss', isText],
  ['sub', isText],
  ['aud', isText],
  ['iat', isInstant],
  ['exp', isInstant],
  ['jti', isText],
])

/** Claims that say more of an entitlement. */
const MORE: ReadonlyMap<string, Check> = new Map<string, Check>([
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

/** Claims that a token may lack, and what they are where they are there. */
const OPTIONAL: ReadonlyMap<string, Check> = new Map<string, Check>([
  ['client_id', isText],
  ['scope', isText],
  ['provider_token', isProviderToken],
  ...MORE,
])

/** Claims, once each was found to be what it is to be. */
export interface CheckedClaims {
  readonly iss: string
  readonly sub: string
  readonly aud: string
  readonly client_id: string | undefined
  readonly scope: string | undefined
  /** Unix seconds. */
  readonly iat: number
  /** Unix seconds. */
  readonly exp: number
  readonly jti: string
  readonly provider_token: string | undefined
  /** What else there is of an entitlement. */
  readonly more: Partial<Entitlement> | undefined
  /** The operator's own; nothing where all else is texts and numbers alone. */
  readonly own: Entitlement['claims'] | undefined
}

/**
 * Checks that each claim is what it is to be. What it says is not looked at.
 *
 * Required: `iss sub aud iat exp jti`, `aud` as a single text. Members of the prototype do not count.
 *
 * @throws {TokenError} `claims`
 */
export function checkClaims(claims: Readonly<Record<string, unknown>>): CheckedClaims {
  const own = new Map(Object.entries(claims))
  const isGood = ([name, isOf]: readonly [string, Check]): boolean => own.has(name) && isOf(own.get(name))
  const areGood = [...REQUIRED].every(isGood) && [...OPTIONAL].every((one) => !own.has(one[0]) || isGood(one))
  if (!areGood) throw new TokenError('claims')
  const pick = (isPicked: (name: string) => boolean): Readonly<Record<string, unknown>> =>
    Object.fromEntries([...own].filter(([name]) => isPicked(name)))
  const usual = {
    client_id: undefined,
    scope: undefined,
    provider_token: undefined,
    ...pick((name) => !MORE.has(name) && PROTOCOL_CLAIMS.has(name)),
  }
  return {
    ...(usual as unknown as CheckedClaims),
    more: pick((name) => MORE.has(name)),
    own: pick((name) => !PROTOCOL_CLAIMS.has(name)),
  }
}

function checkTimes(iat: number, exp: number, expected: Expectations): void {
  const { now, clockTolerance, overdue = clockTolerance, longestLife } = expected
  if (now >= exp + overdue) throw new TokenError('expired')
  if (iat > now + clockTolerance) throw new TokenError('early')
  if (exp <= iat || exp - iat > longestLife) throw new TokenError('lifetime')
}

/**
 * Returns the entitlement that checked claims make, if they are for whom they are to be, and of now.
 *
 * Who was given details alone has no `scope` (RFC 9396 §3); whoever has neither has nothing.
 *
 * @throws {TokenError} `claims`, `issuer`, `audience`, `client`, `expired`, `early`, `lifetime`
 */
export function entitlementOf(checked: CheckedClaims, expected: Expectations): Entitlement {
  const { iss, sub, aud, client_id, scope, iat, exp, jti, provider_token, more, own } = checked
  if (scope === undefined && more?.authorization_details === undefined) throw new TokenError('claims')
  if (iss !== expected.issuer) throw new TokenError('issuer')
  if (aud !== expected.resource) throw new TokenError('audience')
  if (client_id === undefined && !expected.anonymous) throw new TokenError('client')
  checkTimes(iat, exp, expected)
  const entitlement = { sub, client_id, aud, scope: scope?.split(' ') ?? [], iat, exp, jti, claims: own ?? {} }
  const whole = more === undefined ? entitlement : { ...entitlement, ...more }
  return provider_token === undefined ? whole : carryProviderToken(whole, provider_token)
}

/**
 * Returns the entitlement that the claims of an opened token make.
 *
 * @throws {TokenError} as {@link checkClaims} and {@link entitlementOf}
 */
export function readClaims(claims: Readonly<Record<string, unknown>>, expected: Expectations): Entitlement {
  return entitlementOf(checkClaims(claims), expected)
}
