/**
 * @hono/oidc-auth. What it knows is in the ID token; its session ends with each look here, so that it refreshes every time.
 *
 * @module
 */

import { getAuth, initOidcAuthMiddleware, oidcAuthMiddleware, processOAuthCallback } from '@hono/oidc-auth'
import { Hono } from 'hono'
import { type RelyingParty, saidBy, serveOn } from '../../parties/relying_party.ts'

export const honoOidcAuth: RelyingParty = {
  login: '/login',
  callback: '/callback',
  refreshes: true,
  // It never asks userinfo.
  thin: { sub: 'alice' },
  async start({ issuer, clientId, clientSecret, port, scope }) {
    const app = new Hono()
    app.use(
      initOidcAuthMiddleware({
        OIDC_AUTH_SECRET: 'a secret of at least thirty-two characters',
        OIDC_AUTH_REFRESH_INTERVAL: '-1',
        OIDC_ISSUER: issuer,
        OIDC_CLIENT_ID: clientId,
        OIDC_CLIENT_SECRET: clientSecret,
        OIDC_SCOPES: scope,
      }),
      async (context, next) => {
        context.set('oidcClaimsHook', async (before, claims) => ({ ...before, ...claims }) as never)
        await next()
      },
    )
    app.get('/login', oidcAuthMiddleware(), ({ redirect }) => redirect('/me'))
    app.get('/callback', (context) => processOAuthCallback(context))
    app.get('/me', async (context) => context.json(saidBy((await getAuth(context)) ?? {})))
    app.get('/refresh', ({ redirect }) => redirect('/me'))
    return serveOn(port, (request) => app.fetch(request))
  },
}
