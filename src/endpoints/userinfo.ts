/**
 * The userinfo endpoint: tells a client of the person who let it, out of the token that asks (OpenID Connect Core §5.3). Nothing is
 * looked up but whether it has ended.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { USERINFO_CLAIM } from '../grants/login_facts.ts'
import { type Answer, answerJson } from '../http/respond.ts'
import type { AccessTokens } from '../issuing/access_tokens.ts'
import type { RevocationView } from '../stores/revocations.ts'

/** What the endpoint needs beside the context. */
export interface UserinfoParts {
  readonly accessTokens: AccessTokens
  readonly view: RevocationView
}

function refuse(): Answer {
  return answerJson(401, { error: 'invalid_token' }, { 'WWW-Authenticate': 'Bearer error="invalid_token"' })
}

/** Returns the userinfo endpoint. */
export function createUserinfoEndpoint(
  context: EndpointContext,
  { accessTokens, view }: UserinfoParts,
): (request: Request) => Promise<Answer> {
  const { userinfo, guard, clients, pairwise } = context.settings
  return async (request) => {
    const now = context.now()
    const token = /^Bearer ([\w.~+/=-]+)$/i.exec(request.headers.get('authorization') ?? '')?.[1]
    const opened =
      token === undefined || userinfo === undefined ? undefined : await accessTokens.open(token, [userinfo], now)
    if (opened === undefined || opened.entitlement.cnf !== undefined) return refuse()
    const { entitlement, ...keys } = opened
    const { aud: _, sub, gid = '', claims, client_id = '' } = entitlement
    const client = clients.get(client_id)
    const isDead = (await view.hits({ ...entitlement, ...keys }, now)) || (await guard?.hasEnded([gid])) === true
    if (client === undefined || isDead) return refuse()
    return answerJson(200, {
      ...(claims[USERINFO_CLAIM] as object),
      sub: pairwise.nameAt(client.openid, 'sub', sub),
    })
  }
}
