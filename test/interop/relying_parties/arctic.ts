/**
 * arctic, as its guide for a provider of one's own has it: PKCE and state, no nonce, and userinfo.
 *
 * @module
 */

import * as arctic from 'arctic'
import { Hono } from 'hono'
import { createSessions, type RelyingParty, type Said, saidBy, serveOn } from '../../parties/relying_party.ts'

/** What it keeps of a browser. */
interface Session {
  state: string
  verifier: string
  tokens: arctic.OAuth2Tokens
}

/** Arctic has no discovery: an application writes the addresses down. */
function addressesOf(issuer: string) {
  return { authorize: `${issuer}/authorize`, token: `${issuer}/token`, userinfo: `${issuer}/userinfo` }
}

export const arcticClient: RelyingParty = {
  login: '/login',
  callback: '/callback',
  refreshes: true,
  checks: ['state', 'pkce'],
  async start({ issuer, clientId, clientSecret, origin, port, scope }) {
    const at = addressesOf(issuer)
    const client = new arctic.OAuth2Client(clientId, clientSecret, `${origin}/callback`)
    const sessionOf = createSessions<Session>()
    const app = new Hono()
    app.get('/login', ({ req }) => {
      const { session, headers } = sessionOf(req.raw)
      session.state = arctic.generateState()
      session.verifier = arctic.generateCodeVerifier()
      const { S256 } = arctic.CodeChallengeMethod
      const url = client.createAuthorizationURLWithPKCE(
        at.authorize,
        session.state,
        S256,
        session.verifier,
        scope.split(' '),
      )
      return new Response(null, { status: 302, headers: { ...headers, location: url.href } })
    })
    app.get('/callback', async ({ req, redirect, text }) => {
      const { session } = sessionOf(req.raw)
      const { code = '', state } = req.query()
      if (session.state === undefined || state !== session.state) return text('another state', 400)
      session.tokens = await client.validateAuthorizationCode(at.token, code, session.verifier ?? '')
      return redirect('/me')
    })
    app.get('/me', async ({ req, json }) => {
      const { tokens } = sessionOf(req.raw).session
      if (tokens === undefined) return json({})
      const claims: Said = arctic.decodeIdToken(tokens.idToken())
      const headers = { authorization: `Bearer ${tokens.accessToken()}` }
      const userinfo: Said = await (await fetch(at.userinfo, { headers })).json()
      return json(userinfo.sub === claims.sub ? saidBy(userinfo) : {})
    })
    app.get('/refresh', async ({ req, redirect }) => {
      const { session } = sessionOf(req.raw)
      session.tokens = await client.refreshAccessToken(at.token, session.tokens?.refreshToken() ?? '', [])
      return redirect('/me')
    })
    return serveOn(port, (request) => app.fetch(request))
  },
}
