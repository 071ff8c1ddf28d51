/**
 * Who is told what of a person: what the scope asks for, and the `claims` parameter, and never more (OpenID Connect Core §5.4, §5.5).
 *
 * @module
 */

import { keptOfLogin, OPENID, type Openid } from './openid.ts'

/** Claims of a person by their name. */
export type Claims = Readonly<Record<string, unknown>>

/** The names of claims that a request asks for one by one, and where it wants to be told (OpenID Connect Core §5.5). */
export interface AskedClaims {
  readonly userinfo?: readonly string[]
  readonly id_token?: readonly string[]
}

/** What an approval says of what may be told. */
export interface Asking {
  readonly scope: readonly string[]
  readonly asked?: AskedClaims
}

/** Returns those of a person's claims that have one of these names. */
export function pickClaims(claims: Claims, names: ReadonlySet<string>): Claims {
  return Object.fromEntries(Object.entries(claims).filter(([name]) => names.has(name)))
}

/**
 * Returns what is sealed of the claims that a request is told: those of the login; or, where somebody tells them later, their names
 * alone, each without a value.
 */
export function sealClaims({ profile }: Openid, claims: Claims, names: ReadonlySet<string>): Claims {
  return profile === undefined ? pickClaims(claims, names) : Object.fromEntries([...names].map((name) => [name, null]))
}

function namesOf(
  { claims, scopes }: Openid,
  scope: readonly string[],
  asked: readonly string[] = [],
): ReadonlySet<string> {
  return new Set([...scope.flatMap((token) => scopes.get(token) ?? []), ...asked.filter((name) => claims.has(name))])
}

/**
 * Returns the names of the claims that a client may ask for one by one: those that a scope of its own asks for, and those that no
 * scope does.
 *
 * @param may the scope tokens that the client may have
 */
export function askable({ claims, scopes }: Openid, may: ReadonlySet<string>): ReadonlySet<string> {
  const asking = (name: string) => [...scopes].filter(([, names]) => names.includes(name)).map(([scope]) => scope)
  const isAskable = (scopes: readonly string[]): boolean =>
    scopes.length === 0 || scopes.some((scope) => may.has(scope))
  return new Set([...claims].filter((name) => isAskable(asking(name))))
}

/**
 * Returns what of a login goes on with an approval: only what is told of it somewhere.
 *
 * @param isHooked whether a program of the operator's looks at all of it when a token is made
 */
export function approvedClaims(openid: Openid, claims: Claims, asking: Asking, isHooked: boolean): Claims {
  const kept = pickClaims(claims, keptOfLogin(openid))
  return isHooked ? kept : pickClaims(kept, told(openid, asking))
}

/** Returns the names of the claims that the userinfo endpoint tells. */
export function toldByUserinfo(openid: Openid, { scope, asked }: Asking): ReadonlySet<string> {
  return scope.includes(OPENID) ? namesOf(openid, scope, asked?.userinfo) : new Set()
}

/**
 * Returns the names of the claims that an ID token tells.
 *
 * @param isThick whether what the scope asks for stands there too, and not in userinfo alone
 */
export function toldByIdToken(openid: Openid, { scope, asked }: Asking, isThick: boolean): ReadonlySet<string> {
  return scope.includes(OPENID) ? namesOf(openid, isThick ? scope : [], asked?.id_token) : new Set()
}

/** Returns the names of all that is told anywhere. */
export function told(openid: Openid, asking: Asking): ReadonlySet<string> {
  return new Set([...toldByUserinfo(openid, asking), ...toldByIdToken(openid, asking, true)])
}

/**
 * Returns what may still be told, by the settings of now, of claims that were picked for a scope before: what the issuer tells no
 * more is left out, and what a scope asked for that is not there any more.
 *
 * @param may the scope tokens that the client may have now
 */
export function stillTold(openid: Openid, picked: Claims, scope: readonly string[], may: ReadonlySet<string>): Claims {
  const left = scope.filter((token) => may.has(token))
  const kept = namesOf(openid, left)
  const lost = namesOf(
    openid,
    scope.filter((token) => !left.includes(token)),
  )
  return pickClaims(picked, new Set([...askable(openid, may)].filter((name) => kept.has(name) || !lost.has(name))))
}
