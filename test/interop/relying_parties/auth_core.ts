/**
 * @auth/core, which Auth.js is made of: its default, which reads the ID token; and with `idToken: false`, which asks userinfo.
 *
 * @module
 */

import { Auth } from '@auth/core'
import { type RelyingParty, type Said, saidBy, serveOn } from '../../parties/relying_party.ts'

function authCore(changes: { readonly idToken?: false }): Pick<RelyingParty, 'login' | 'callback' | 'start'> {
  return {
    login: '/auth/signin?callbackUrl=/me',
    callback: '/auth/callback/bulla',
    async start({ issuer, clientId, clientSecret, origin, port, scope }) {
      const answer = (request: Request) =>
        Auth(request, {
          basePath: '/auth',
          secret: 'a secret of at least thirty-two characters',
          trustHost: true,
          providers: [
            {
              id: 'bulla',
              name: 'Bulla',
              type: 'oidc',
              issuer,
              clientId,
              clientSecret,
              checks: ['pkce', 'state', 'nonce'],
              authorization: { params: { scope } },
              ...changes,
            },
          ],
          callbacks: {
            jwt: ({ token, profile }) => (profile?.sub == null ? token : { ...token, sub: profile.sub }),
            session: ({ session, token }) => ({ ...session, user: { ...session.user, sub: token.sub } }),
          },
        })
      return serveOn(port, async (request) => {
        if (new URL(request.url).pathname !== '/me') return answer(request)
        const { headers } = request
        const session: { readonly user?: Said } | null = await (
          await answer(new Request(`${origin}/auth/session`, { headers }))
        ).json()
        return Response.json(saidBy(session?.user ?? {}))
      })
    },
  }
}

export const authJs: RelyingParty = { ...authCore({}), thin: { sub: 'alice' } }
export const authJsByUserinfo: RelyingParty = authCore({ idToken: false })
