/**
 * The `claims` parameter: claims that are asked for one by one (OpenID Connect Core §5.5).
 *
 * @module
 */

import { OAuthError } from '../protocol/error.ts'
import type { AskedClaims } from './told_claims.ts'

/** Characters that the parameter may have. */
const LONGEST = 1024

function isMembers(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Reads the `claims` parameter.
 *
 * @throws {OAuthError} `invalid_request` when it is no object of objects, or too long
 */
export function readClaimsRequest(claims: string | undefined): AskedClaims {
  if (claims === undefined) return {}
  if (claims.length > LONGEST) throw new OAuthError('invalid_request', 'claims is too long')
  let value: unknown
  try {
    value = JSON.parse(claims)
  } catch (cause) {
    throw new OAuthError('invalid_request', 'claims is no JSON', { cause })
  }
  if (!isMembers(value)) throw new OAuthError('invalid_request', 'claims is no object')
  const namesIn = (member: unknown): readonly string[] => (isMembers(member) ? Object.keys(member) : [])
  return { userinfo: namesIn(value['userinfo']), id_token: namesIn(value['id_token']) }
}
