/**
 * openid-client 6, as its README has it: PKCE, state and nonce, and what the ID token and userinfo say.
 *
 * @module
 */

import { Hono } from 'hono'
import * as client from 'openid-client'
import { createSessions, type RelyingParty, saidBy, serveOn } from '../../parties/relying_party.ts'

/** What it keeps of a browser. */
interface Session {
  readonly checks: client.AuthorizationCodeGrantChecks
  readonly tokens: client.TokenEndpointResponse & client.TokenEndpointResponseHelpers
}

export const openidClient: RelyingParty = {
  login: '/login',
  callback: '/callback',
  logout: '/logout',
  refreshes: true,
  async start({ issuer, clientId, clientSecret, origin, port, scope }) {
    const config = await client.discovery(new URL(issuer), clientId, clientSecret, undefined, {
      execute: [client.allowInsecureRequests],
    })
    const sessionOf = createSessions<{ -readonly [Member in keyof Session]: Session[Member] }>()
    const app = new Hono()
    app.get('/login', async ({ req }) => {
      const { session, headers } = sessionOf(req.raw)
      const pkceCodeVerifier = client.randomPKCECodeVerifier()
      session.checks = { pkceCodeVerifier, expectedState: client.randomState(), expectedNonce: client.randomNonce() }
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: `${origin}/callback`,
        scope,
        state: session.checks.expectedState as string,
        nonce: session.checks.expectedNonce as string,
        code_challenge: await client.calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
      })
      return new Response(null, { status: 302, headers: { ...headers, location: url.href } })
    })
    app.get('/callback', async ({ req, redirect }) => {
      const { session } = sessionOf(req.raw)
      session.tokens = await client.authorizationCodeGrant(config, new URL(req.url), session.checks)
      return redirect('/me')
    })
    app.get('/me', async ({ req, json }) => {
      const { tokens } = sessionOf(req.raw).session
      const claims = tokens?.claims()
      if (tokens === undefined || claims === undefined) return json({})
      const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
      return json(saidBy({ ...claims, ...userinfo }))
    })
    app.get('/refresh', async ({ req, redirect }) => {
      const { session } = sessionOf(req.raw)
      session.tokens = await client.refreshTokenGrant(config, session.tokens?.refresh_token ?? '')
      return redirect('/me')
    })
    app.get('/logout', ({ req, redirect }) => {
      const { session } = sessionOf(req.raw)
      const parameters = { post_logout_redirect_uri: `${origin}/`, id_token_hint: session.tokens?.id_token ?? '' }
      delete session.tokens
      return redirect(client.buildEndSessionUrl(config, parameters).href)
    })
    return serveOn(port, (request) => app.fetch(request))
  },
}
