/**
 * The claims of usual tokens, known by sight: an expression reads them in one pass, where to parse JSON and to spell it
 * again for comparison takes three times as long.
 *
 * @module
 */

import type { CheckedClaims } from './claims.ts'

/** A text that JSON spells as it is: nothing in it is escaped. */
const TEXT = String.raw`"([^"\\\x00-\x1f]+)"`

/** An integer that JSON spells so, and that a number holds exactly. */
const INTEGER = '(0|[1-9][0-9]{0,14})'

/** What a client or a user has, in the order in which `writeClaims` writes it. */
const USUAL = new RegExp(
  `^{"iss":${TEXT},"sub":${TEXT},"aud":${TEXT},"client_id":${TEXT},"scope":${TEXT},"iat":${INTEGER},"exp":${INTEGER},"jti":${TEXT}(?:,"gid":${TEXT},"auth_time":${INTEGER}(?:,"acr":${TEXT})?)?}$`,
)

/**
 * Returns what `checkClaims` would of what `parseText` reads, or nothing where the claims are not just the usual ones in
 * their one spelling.
 */
export function recogniseClaims(text: string): CheckedClaims | undefined {
  const found = USUAL.exec(text)
  if (found === null) return undefined
  const [, iss = '', sub = '', aud = '', client_id, scope, iat, exp, jti = '', gid, auth_time, acr] = found
  const login = gid === undefined ? undefined : { gid, auth_time: Number(auth_time) }
  const more = acr === undefined ? login : { ...login, acr }
  const times = { iat: Number(iat), exp: Number(exp) }
  return { iss, sub, aud, client_id, scope, ...times, jti, provider_token: undefined, more, own: undefined }
}
