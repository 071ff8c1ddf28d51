/**
 * express-openid-connect, for the code flow.
 *
 * @module
 */

import express from 'express'
import { auth } from 'express-openid-connect'
import { MemoryStore } from 'express-session'
import { listenOn, type RelyingParty, saidBy } from '../../parties/relying_party.ts'

function expressClient(changes: { readonly response_mode?: 'form_post' }): RelyingParty {
  return {
    login: '/login',
    callback: '/callback',
    logout: '/logout',
    backchannelLogout: '/backchannel-logout',
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
          backchannelLogout: { store: new MemoryStore() as never },
          authorizationParams: { response_type: 'code', scope, ...changes },
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
}

export const expressOpenidConnect: RelyingParty = expressClient({})
export const expressByFormPost: RelyingParty = expressClient({ response_mode: 'form_post' })
