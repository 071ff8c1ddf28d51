/**
 * Whether a session is what a request asks for: new enough, of the person and in the way that the client wants, with the claims that
 * are kept now. It is asked before a code, or a question, comes of it, and again when the question is answered: the session may have
 * become another one meanwhile, under the same name.
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { isNewEnough } from '../login/person.ts'
import { keptOfLogin } from '../openid/openid.ts'
import { told } from '../openid/told_claims.ts'
import { readParameters } from '../protocol/parameters.ts'
import type { AuthorizationRequest } from './authorization_request.ts'
import type { Session, Sessions } from './session.ts'
import type { WantedPersons } from './wanted_person.ts'

/**
 * Tells whether a session is what a request asks for. None is not, and the request's hint is looked at in any case.
 *
 * @throws {OAuthError} `invalid_request` when its `id_token_hint` is none of ours for this client
 */
export type IsSufficient = (
  session: Session | undefined,
  request: AuthorizationRequest,
  now: number,
) => Promise<boolean>

/**
 * Tells whether a session is as new as the request asks for; `max_age=0` is `prompt=login` (OpenID Connect Core §3.1.2.1). A session
 * since a login that was made for it need not be of that login: another tab may have made another one, of which less was asked.
 */
function isNew(session: Session, { prompt, maxAge, pushed }: AuthorizationRequest, now: number): boolean {
  const isFresh = prompt.has('login') || maxAge === 0
  const { metAt: begunAt } = pushed ?? {}
  if (begunAt !== undefined && session.started_at >= begunAt)
    return isNewEnough(session, { begunAt, isFresh, maxAge, now: session.started_at })
  if (isFresh || prompt.has('select_account') || prompt.has('create')) return false
  if (maxAge === undefined) return true
  return session.auth_time !== undefined && now - session.auth_time <= maxAge
}

/** Returns what tells whether a session is sufficient. */
export function createIsSufficient(
  { settings }: EndpointContext,
  { sessions, wanted }: { readonly sessions: Sessions; readonly wanted: WantedPersons },
): IsSufficient {
  const { openid } = settings

  /** Tells whether a client is told anything of what the login gave. */
  function isTold({ scope, claims: { asked } }: AuthorizationRequest): boolean {
    return openid !== undefined && keptOfLogin(openid).size > 0 && told(openid, { scope, asked }).size > 0
  }

  return async (session, request, now) => {
    const person = await wanted.read(readParameters(request.parameters), request.destination.client, now)
    if (session === undefined) return false
    const isWanted = person.isSubject(session) && person.isContext(session)
    const { handOver, pushed } = request
    // The settings may hand over what another provider gives by now.
    const isHanded =
      handOver === undefined || (pushed?.handed?.sub === session.sub && session.provider === handOver.provider)
    return (
      isWanted && isHanded && isNew(session, request, now) && !(isTold(request) && sessions.isOutdated(session, now))
    )
  }
}
