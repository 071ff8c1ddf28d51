/**
 * express-openid-connect, for the code flow.
 *
 * @module
 */

import express from 'express'
import { auth } from 'express-openid-connect'
import { listenOn, type RelyingParty, saidBy } from '../../parties/relying_party.ts'

export const expressOpenidConnect: RelyingParty = {
  login: '/login',
  callback: '/callback',
  logout: '/logout',
  refreshes: true,
  async start({ issuer, clientId, clientSecret, origin, port, alg, scope }) {
    const app = express()
    app.use(
      auth({
        issuerBaseURL: issuer,
        baseURL: origin,
        clientID: clientId,
        clientSecret,
        secret: 'a secret of at least thirty-two characters',
        authRequired: false,
        idpLogout: true,
        authorizationParams: { response_type: 'code', scope },
        ...(alg === 'RS256' ? {} : { idTokenSigningAlg: alg }),
      }),
    )
    app.get('/', (_, response) => response.type('text').send('home'))
    app.get('/me', async ({ oidc }, response) => {
      response.json(oidc.isAuthenticated() ? saidBy({ ...oidc.user, ...(await oidc.fetchUserInfo()) }) : {})
    })
    app.get('/refresh', async ({ oidc }, response) => {
      await oidc.accessToken?.refresh()
      response.redirect('/me')
    })
    return listenOn(port, app)
  },
}
