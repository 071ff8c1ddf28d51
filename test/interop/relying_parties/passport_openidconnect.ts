/**
 * passport with passport-openidconnect, in Express with its sessions. It knows no PKCE.
 *
 * @module
 */

import express from 'express'
import expressSession from 'express-session'
import passport, { type Profile } from 'passport'
import OpenIDConnectStrategy from 'passport-openidconnect'
import { listenOn, type RelyingParty } from '../../parties/relying_party.ts'

function passportClient(changes: { readonly skipUserProfile?: false }): RelyingParty {
  return {
    login: '/login',
    callback: '/callback',
    checks: ['state', 'nonce'],
    async start({ issuer, clientId, clientSecret, port, scope }) {
      const authenticator = new passport.Passport()
      authenticator.serializeUser((user, done) => done(null, user))
      authenticator.deserializeUser((user, done) => done(null, user))
      authenticator.use(
        new OpenIDConnectStrategy(
          {
            issuer,
            authorizationURL: `${issuer}/authorize`,
            tokenURL: `${issuer}/token`,
            userInfoURL: `${issuer}/userinfo`,
            clientID: clientId,
            clientSecret,
            callbackURL: '/callback',
            scope: scope.split(' ').slice(1),
            nonce: true,
            ...changes,
          },
          (_issuer, profile, done) => done(null, profile),
        ),
      )
      const app = express()
      app.use(expressSession({ secret: 'a secret', resave: false, saveUninitialized: false }))
      app.use(authenticator.session())
      app.get('/login', authenticator.authenticate('openidconnect'))
      app.get('/callback', authenticator.authenticate('openidconnect', { failureMessage: true }), (_, response) =>
        response.redirect('/me'),
      )
      app.get('/me', (request: express.Request & { readonly user?: Profile }, response) => {
        const { id, displayName, emails } = request.user ?? {}
        response.json({ sub: id, name: displayName, email: emails?.[0]?.value })
      })
      return listenOn(port, app)
    },
  }
}

export const passportOpenidconnect: RelyingParty = { ...passportClient({}), thin: { sub: 'alice' } }
export const passportByUserinfo: RelyingParty = passportClient({ skipUserProfile: false })
