/**
 * The demo of a development issuer: the demo app gets a token as any app would, and shows it beside what is inside.
 *
 * @module
 */

import type { Context } from 'hono'
import { decodeBase64url } from '../../keys/base64url.ts'
import { readLeafKid } from '../../keys/index.ts'
import type { EndpointContext } from '../context.ts'
import { DEMO_CLIENT, DEMO_PERSON, DEMO_RESOURCE, DEMO_SCOPE } from '../development.ts'
import { checkOwnForm } from '../http/browser.ts'
import type { Cookies } from '../http/cookies.ts'
import type { FormEndpoint } from '../http/form_endpoint.ts'
import { answerErrorPage } from '../http/respond.ts'
import { viewOf } from '../http/view.ts'
import { demoTokenPage, type ShownIdToken } from '../pages/demo.ts'
import { errorPage } from '../pages/error.ts'
import { toPageResponse } from '../pages/page.ts'
import { inEnglish, type View } from '../pages/view.ts'
import { readParameters } from '../protocol/parameters.ts'
import { challengeOf } from '../protocol/pkce.ts'
import { addParameters } from '../protocol/redirect_uri.ts'
import { openEnvelope } from '../token/envelope.ts'

/** Returns an ID token with what is written in it: it was signed a moment ago, by this issuer. */
function showIdToken(token: string): ShownIdToken {
  const read = (part = ''): Readonly<Record<string, unknown>> =>
    JSON.parse(new TextDecoder().decode(decodeBase64url(part)))
  const [header, claims] = token.split('.')
  return { token, alg: String(read(header)['alg']), claims: read(claims) }
}

/** Returns the demo: POST begins it, GET is where the code comes back. */
export function createDemo(
  context: EndpointContext,
  cookies: Cookies,
  token: FormEndpoint,
): (c: Context) => Promise<Response> {
  const { settings, keyRing, log, newId } = context
  const { issuer, resources, clients, lives } = settings
  const redirect_uri = `${issuer}/demo`
  const ofPerson = DEMO_PERSON.split(' ').filter((token) => clients.get(DEMO_CLIENT)?.scopes.has(token))

  function begin(c: Context): Response {
    checkOwnForm(c.req.raw.headers, issuer)
    const [verifier, state] = [`${newId()}${newId()}`, newId()]
    cookies.set(c, 'demo', `${state}.${verifier}`, lives.login + lives.consent)
    const location = addParameters(`${issuer}/authorize`, {
      response_type: 'code',
      client_id: DEMO_CLIENT,
      redirect_uri,
      scope: [...DEMO_SCOPE.split(' '), ...ofPerson].join(' '),
      resource: DEMO_RESOURCE,
      state,
      code_challenge: challengeOf(verifier),
      code_challenge_method: 'S256',
    })
    return c.redirect(location, 303)
  }

  async function finish(c: Context): Promise<Response> {
    const view = inEnglish(viewOf(c, settings))
    const parameters = readParameters(new URL(c.req.url).search)
    const [state, code_verifier = ''] = (cookies.get(c, 'demo') ?? '').split('.')
    const code = parameters.get('code')
    if (code === undefined || state === '' || parameters.get('state') !== state || parameters.get('iss') !== issuer) {
      const words = 'The demo app got no token: you denied it, or this answer is not for it.'
      const page = errorPage(view, {
        title: 'No token',
        words,
        code: parameters.get('error') ?? 'none',
        retryAt: `${issuer}/`,
      })
      return toPageResponse(400, page)
    }
    cookies.drop(c, 'demo')
    const body = new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: DEMO_CLIENT,
      code,
      code_verifier,
      redirect_uri,
    })
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await token({ uri: `${issuer}/token`, method: 'POST', headers, body: body.toString() })
    return show(view, JSON.parse(answer.body))
  }

  async function show(view: View, answer: Readonly<Record<string, unknown>>): Promise<Response> {
    const { access_token, id_token, expires_in, refresh_token, error } = answer
    const resource = resources.get(DEMO_RESOURCE)
    if (typeof access_token !== 'string' || resource === undefined) {
      const page = errorPage(view, {
        title: 'No token',
        words: 'The code was not good for one.',
        code: String(error),
        retryAt: `${issuer}/`,
      })
      return toPageResponse(400, page)
    }
    const now = context.now()
    const { uri, enc, accessTokenLifetime, branch } = resource
    const leaves = keyRing.open(now).leavesFor('access', uri, enc, accessTokenLifetime, branch)
    const { facts: claims, kid } = await openEnvelope(access_token, 'at+jwe', leaves, now)
    const leaf = leaves.opening(kid, now)
    const page = demoTokenPage(view, {
      token: access_token,
      expiresIn: Number(expires_in),
      hasRefreshToken: refresh_token !== undefined,
      claims: 'provider_token' in claims ? { ...claims, provider_token: 'not shown' } : claims,
      idToken: typeof id_token === 'string' ? showIdToken(id_token) : undefined,
      kid,
      period: `number ${readLeafKid(kid)?.period}, until ${new Date((leaf?.exp ?? now) * 1000).toUTCString()}`,
      leafEndsIn: (leaf?.exp ?? now) - now,
    })
    return toPageResponse(200, page)
  }

  return async (c) => {
    try {
      return c.req.method === 'POST' ? begin(c) : await finish(c)
    } catch (error) {
      return answerErrorPage(error, { view: viewOf(c, settings), event: 'demo', log })
    }
  }
}
