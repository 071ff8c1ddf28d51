/**
 * The `claims` parameter: claims that are asked for one by one, and where they are to be told (OpenID Connect Core §5.5).
 *
 * @module
 */

import { isMembers, type Members } from '../../keys/check.ts'
import { type OAuthError, refusal } from '../protocol/error.ts'
import type { AskedClaims } from './told_claims.ts'

/** What the parameter asks for. */
export interface ClaimsRequest {
  /** The claims of the person. */
  readonly asked: AskedClaims
  /** What `sub` must be, as this client calls people; one of these. Nothing where anybody may log in. */
  readonly subjects: readonly string[] | undefined
  /** What `acr` must be, one of these. Nothing where every context is good enough. */
  readonly contexts: readonly string[] | undefined
  /** Whether `auth_time` must be told. */
  readonly needsAuthTime: boolean
}

/** A request without the parameter. */
export const NO_CLAIMS: ClaimsRequest = { asked: {}, subjects: undefined, contexts: undefined, needsAuthTime: false }

/** Characters that the parameter may have. */
const LONGEST = 1024

function refuse(detail: string, cause?: unknown): OAuthError {
  return refusal('invalid_request', 'malformed', detail, { cause })
}

/** Returns the claims of one place by their names; each is `null`, or says more. */
function readPlace(request: Members, place: string): ReadonlyMap<string, Members> {
  const value = request[place] ?? {}
  if (!isMembers(value)) throw refuse(`claims: ${place} is no object`)
  return new Map(
    Object.entries(value).map(([name, one]) => {
      if (one !== null && !isMembers(one)) throw refuse(`claims: what is asked of a claim in ${place} is no object`)
      return [name, one ?? {}]
    }),
  )
}

/** Returns the values that a claim may have; nothing where all are good (OpenID Connect Core §5.5.1). */
function valuesOf(claim: Members | undefined): readonly string[] | undefined {
  const { value, values } = claim ?? {}
  if (value === undefined && values === undefined) return undefined
  if (values !== undefined && !Array.isArray(values)) throw refuse('claims: values is no list')
  const all: readonly unknown[] = [...(value === undefined ? [] : [value]), ...(values ?? [])]
  return all.filter((one): one is string => typeof one === 'string')
}

/** Returns what is in both; nothing holds nobody back. */
function both(one: readonly string[] | undefined, other: readonly string[] | undefined): readonly string[] | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return one.filter((value) => other.includes(value))
}

/**
 * Reads the `claims` parameter. Claims that nobody may be told are passed over (§5.5), but for the `value(s)` of `sub`, which are
 * held in any case, and those of an `acr` that is essential (§5.5.1.1).
 *
 * @param mayBeTold the names of the claims that may be told
 * @throws {OAuthError} `invalid_request` when it is no JSON of the form that §5.5 gives, or too long
 */
export function readClaimsRequest(claims: string | undefined, mayBeTold: ReadonlySet<string>): ClaimsRequest {
  if (claims === undefined) return NO_CLAIMS
  if (claims.length > LONGEST) throw refuse('claims is too long')
  let request: unknown
  try {
    request = JSON.parse(claims)
  } catch (cause) {
    throw refuse('claims is no JSON', cause)
  }
  if (!isMembers(request)) throw refuse('claims is no object')
  const [userinfo, idToken] = [readPlace(request, 'userinfo'), readPlace(request, 'id_token')]
  const namesOf = (place: ReadonlyMap<string, Members>) => [...place.keys()].filter((name) => mayBeTold.has(name))
  const [byUserinfo, byIdToken] = [namesOf(userinfo), namesOf(idToken)]
  const acr = idToken.get('acr')
  return {
    asked: {
      ...(byUserinfo.length === 0 ? {} : { userinfo: byUserinfo }),
      ...(byIdToken.length === 0 ? {} : { id_token: byIdToken }),
    },
    subjects: both(valuesOf(userinfo.get('sub')), valuesOf(idToken.get('sub'))),
    contexts: acr?.['essential'] === true ? valuesOf(acr) : undefined,
    needsAuthTime: idToken.get('auth_time')?.['essential'] === true,
  }
}
