/**
 * Logging out: asks first, then ends the session for good, so that a copy of its cookie is dead too.
 *
 * @module
 */

import type { Context } from 'hono'
import { digestLabels } from '../../keys/digest.ts'
import type { Session, Sessions } from '../authorization/session.ts'
import type { EndpointContext } from '../context.ts'
import { checkOwnForm, readBody } from '../http/browser.ts'
import { type Cookies, withCookies } from '../http/cookies.ts'
import { answerErrorPage } from '../http/respond.ts'
import { accountOf } from '../login/person.ts'
import { loggedOutPage, logoutPage } from '../pages/logout.ts'
import { toPageResponse } from '../pages/page.ts'
import { OAuthError } from '../protocol/error.ts'
import { readParameters } from '../protocol/parameters.ts'

/** Ties the form to the session: who can send it has seen the page in that session. */
function tokenOf({ sid }: Session): string {
  return digestLabels('logout', sid)
}

/** What the endpoint needs beside the context. */
export interface LogoutParts {
  readonly sessions: Sessions
  readonly cookies: Cookies
}

/** Returns the logout endpoint, for GET and POST. */
export function createLogoutEndpoint(
  context: EndpointContext,
  { sessions, cookies }: LogoutParts,
): (c: Context) => Promise<Response> {
  const { settings, keyRing, log } = context
  const { issuer, guard } = settings

  async function answer(c: Context, now: number): Promise<Response> {
    const session = await sessions.readToEnd(c, context.envelopes(keyRing.open(now), now), now)
    if (session === undefined) return withCookies(c, await toPageResponse(200, loggedOutPage(issuer)))
    if (c.req.method !== 'POST') {
      return withCookies(
        c,
        await toPageResponse(200, logoutPage(issuer, accountOf(session), tokenOf(session), guard !== undefined)),
      )
    }
    checkOwnForm(c.req.raw.headers, issuer)
    const form = readParameters(await readBody(c.req.raw))
    if (form.get('token') !== tokenOf(session))
      throw new OAuthError('foreign_form', 'the form was made for another session')
    await sessions.end(c, session, now)
    // Who shares the browser with others need not leave them what was answered.
    if (form.get('forget') === 'yes') for (const kind of ['remember', 'apps'] as const) cookies.drop(c, kind)
    log({ level: 'info', event: 'logout' })
    return withCookies(c, await toPageResponse(200, loggedOutPage(issuer)))
  }

  return async (c) => {
    try {
      return await answer(c, context.now())
    } catch (error) {
      return answerErrorPage(error, { issuer, event: 'logout', log, retryAt: `${issuer}/logout` })
    }
  }
}
