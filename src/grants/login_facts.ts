/**
 * What comes of an approval for a client that asked who logged in: the facts of an ID token, and those that a token carries to the
 * issuer's own resource (OpenID Connect Core §2, §5.3).
 *
 * @module
 */

import { OPENID, type Openid } from '../openid/openid.ts'
import { askable, type Claims, sealClaims, toldByIdToken, toldByUserinfo } from '../openid/told_claims.ts'
import type { Client } from '../registration/clients/client.ts'
import type { Resource } from '../registration/resource.ts'
import { type Approval, loginOf } from './approval_facts.ts'
import type { Approvals, Decision, LoginFacts } from './grant.ts'

/** The claim of a token for the issuer's own resource under which stands what may be told: no claim of a person has its name. */
export const USERINFO_CLAIM = 'userinfo'

/** Returns those of the names of claims that a client may be told, by the settings of now. */
function allowedOf(names: ReadonlySet<string>, openid: Openid, { scopes }: Client): ReadonlySet<string> {
  const may = askable(openid, scopes)
  return new Set([...names].filter((name) => may.has(name)))
}

/** Returns the claims of a token of this scope that carry what may be told of the person: for the issuer's own resource alone. */
export function tellUserinfo(
  approval: Approval,
  scope: readonly string[],
  client: Client,
  { purpose }: Resource,
  { openid }: Approvals,
): Claims {
  if (purpose !== 'userinfo' || openid === undefined) return {}
  const names = allowedOf(toldByUserinfo(openid, { ...approval, scope }), openid, client)
  return { [USERINFO_CLAIM]: sealClaims(openid, approval.claims ?? {}, names) }
}

/** Returns what a client is told of who logged in; nothing where it did not ask, or may not any more. */
function tellLogin(
  approval: Approval,
  scope: readonly string[],
  client: Client,
  { openid }: Approvals,
): LoginFacts | undefined {
  const left = scope.filter((token) => client.scopes.has(token))
  if (openid === undefined || !left.includes(OPENID)) return undefined
  const asked = toldByIdToken(openid, { ...approval, scope: left }, client.openid.hasThickIdTokens)
  const names = allowedOf(asked, openid, client)
  const { sub, sid, grant_end: until } = approval
  return { sub, sid, login: loginOf(approval), claims: sealClaims(openid, approval.claims ?? {}, names), until }
}

/**
 * Returns what a decision says of the person: to the client, if it asked who logged in, and to the operator's own hook.
 *
 * @param scope what is asked for of the approval
 * @param nonce what the client wants to find in the ID token. Default: nothing
 */
export function tellPerson(
  approval: Approval,
  scope: readonly string[],
  client: Client,
  approvals: Approvals,
  nonce?: string,
): Pick<Decision, 'login' | 'person'> {
  const login = tellLogin(approval, scope, client, approvals)
  return {
    ...(login && { login: { ...login, ...(nonce === undefined ? {} : { nonce }) } }),
    ...(approval.claims && { person: approval.claims }),
  }
}
