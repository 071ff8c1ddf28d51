/**
 * Consents that are remembered: in the person's own sealed cookie, and nowhere else.
 *
 * @module
 */

import type { Context } from 'hono'
import { digestLabels } from '../../keys/digest.ts'
import type { EndpointContext } from '../context.ts'
import type { Cookies } from '../http/cookies.ts'
import { isOnDevice } from '../protocol/redirect_uri.ts'
import type { PurposeEnvelopes } from '../token/purpose.ts'
import type { AuthorizationRequest } from './authorization_request.ts'
import type { Destination } from './destination.ts'
import { openCookie } from './sealed_cookie.ts'
import type { Session } from './session.ts'

/** Consents that the persons who are asked have given before. */
export interface RememberedConsents {
  /** Tells whether the person has said yes to just this. */
  has(c: Context, request: AuthorizationRequest, session: Session, envelopes: PurposeEnvelopes): Promise<boolean>
  /** Notes a yes, if it holds for the next time too. */
  note(
    c: Context,
    request: AuthorizationRequest,
    session: Session,
    envelopes: PurposeEnvelopes,
    now: number,
  ): Promise<void>
}

/** How many consents are remembered, where as many fit into a cookie. */
const MOST_REMEMBERED = 60

/** Names a consent: who, to which client, where to, for what. */
function nameOf(request: AuthorizationRequest, { sub }: Session): string {
  const { destination, scope, resources, details, claims, handOver, handed } = request
  const { userinfo = [], id_token = [] } = claims.asked
  const asked = [...new Set([...userinfo, ...id_token])].sort()
  const wanted = details.length === 0 ? [] : [JSON.stringify(details)]
  if (asked.length > 0) wanted.push(`claims ${asked.join(' ')}`)
  if (handOver !== undefined) {
    const { provider, scope: given } = handOver
    wanted.push(`hands ${provider} ${[...given].sort().join(' ')}`, [...handed].sort().join(' '))
  }
  const { client, redirectUri } = destination
  // What it says of itself it can say otherwise tomorrow.
  const { name, redirectUris, authenticationMethods } = client
  if (client.walkIn !== undefined) wanted.push(`said ${JSON.stringify([name, redirectUris, authenticationMethods])}`)
  const what = [[...scope].sort().join(' '), [...resources].sort().join(' '), ...wanted]
  return digestLabels('consent', sub, client.id, redirectUri, ...what).slice(0, 22)
}

/** Returns the remembered consents of an issuer. */
export function createRememberedConsents({ settings, newId }: EndpointContext, cookies: Cookies): RememberedConsents {
  const { detailTypes, lives, walkIns } = settings

  /** Tells whether there is somebody behind an answer: of a client that walked in, its own host, or one that the operator wrote out. */
  function isBehind({ client: { walkIn, id }, redirectUri }: Destination): boolean {
    // An app on a device can be pretended to be: it is asked for each time (OAuth 2.1 §7.3.1).
    if (isOnDevice(redirectUri)) return false
    if (walkIn === undefined) return true
    const { hostname } = new URL(redirectUri)
    return (
      walkIn.kind === 'document' &&
      (new URL(id).hostname === hostname || walkIns?.redirectHosts?.has(hostname) === true)
    )
  }

  async function read(c: Context, session: Session, envelopes: PurposeEnvelopes): Promise<readonly string[]> {
    const facts = await openCookie(c, cookies, 'remember', envelopes)
    const consents: unknown = facts?.['consents']
    return facts?.['sub'] === session.sub && Array.isArray(consents) ? consents : []
  }

  /** Tells whether an answer holds for the next time too. */
  function isRemembered({ destination, details }: AuthorizationRequest): boolean {
    return isBehind(destination) && details.every(({ detail }) => detailTypes.get(detail.type)?.isRemembered === true)
  }

  return {
    async has(c, request, session, envelopes) {
      return isRemembered(request) && (await read(c, session, envelopes)).includes(nameOf(request, session))
    },
    async note(c, request, session, envelopes, now) {
      if (!isRemembered(request)) return
      const name = nameOf(request, session)
      const others = (await read(c, session, envelopes)).filter((other) => other !== name)
      const consents = [name, ...others].slice(0, MOST_REMEMBERED)
      const facts = { jti: newId(), iat: now, exp: now + lives.remember, sub: session.sub }
      const seal = (kept: number) => envelopes.seal('remember', { ...facts, consents: consents.slice(0, kept) })
      await cookies.setMost(c, 'remember', consents.length, seal, lives.remember)
    },
  }
}
