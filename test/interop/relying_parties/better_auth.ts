/**
 * better-auth with its plugin genericOAuth, and no database: what it knows of a person is in its cookies.
 *
 * @module
 */

import { betterAuth } from 'better-auth'
import { genericOAuth } from 'better-auth/plugins/generic-oauth'
import { Hono } from 'hono'
import { type RelyingParty, saidBy, serveOn } from '../../parties/relying_party.ts'

export const betterAuthClient: RelyingParty = {
  login: '/login',
  callback: '/api/auth/callback/bulla',
  logout: '/logout',
  refreshes: true,
  async start({ issuer, clientId, clientSecret, origin, port, scope }) {
    const auth = betterAuth({
      baseURL: origin,
      secret: 'a secret of at least thirty-two characters',
      telemetry: { enabled: false },
      rateLimit: { enabled: false },
      plugins: [
        genericOAuth({
          config: [
            {
              providerId: 'bulla',
              discoveryUrl: `${issuer}/.well-known/openid-configuration`,
              clientId,
              clientSecret,
              scopes: scope.split(' '),
            },
          ],
        }),
      ],
    })
    const app = new Hono()
    app.get('/login', async () => {
      const body = { provider: 'bulla', callbackURL: '/me' }
      const { headers, response } = await auth.api.signInSocial({ body, returnHeaders: true })
      headers.set('location', response.url ?? '')
      return new Response(null, { status: 302, headers })
    })
    app.get('/me', async ({ req, json }) => {
      const session = await auth.api.getSession({ headers: req.raw.headers })
      if (session === null) return json({})
      const [account] = await auth.api.listUserAccounts({ headers: req.raw.headers })
      return json(saidBy({ ...session.user, sub: account?.accountId }))
    })
    app.get('/refresh', async ({ req }) => {
      const body = { useAccountCookie: true } as const
      const { headers } = await auth.api.refreshToken({ body, headers: req.raw.headers, returnHeaders: true })
      headers.set('location', '/me')
      return new Response(null, { status: 302, headers })
    })
    app.get('/logout', async ({ req }) => {
      const body = { callbackURL: '/' }
      const { headers, response } = await auth.api.signOut({ body, headers: req.raw.headers, returnHeaders: true })
      headers.set('location', response.url ?? '')
      return new Response(null, { status: 302, headers })
    })
    app.all('/api/auth/*', ({ req }) => auth.handler(req.raw))
    return serveOn(port, (request) => app.fetch(request))
  },
}
