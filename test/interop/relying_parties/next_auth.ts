/**
 * next-auth 4, in a server that gives it what Next gives it; it stands on openid-client 5. Its default checks nothing but the state;
 * asked to, it sends PKCE and a nonce.
 *
 * @module
 */

import { createRequire } from 'node:module'
import express from 'express'
import type { NextAuthOptions } from 'next-auth'
import { type Check, listenOn, type RelyingParty, type Said, saidBy } from '../../parties/relying_party.ts'

type NextAuthModule = typeof import('next-auth', { with: { 'resolution-mode': 'require' }})
const { default: NextAuth, getServerSession }: NextAuthModule = createRequire(import.meta.url)('next-auth')

// It is where a request says, as behind a proxy that is trusted: the servers of one process have many addresses.
process.env['AUTH_TRUST_HOST'] = 'true'

/** How an application sets it up. */
interface Options {
  /** What it sends. Default: nothing but the state. */
  readonly checks?: readonly Check[]
  /** Whether it asks userinfo, and not the ID token alone. Default false. */
  readonly asksUserinfo?: boolean
}

function nextAuth({ checks, asksUserinfo = false }: Options): Pick<RelyingParty, 'login' | 'callback' | 'start'> {
  return {
    login: '/api/auth/signin?callbackUrl=/me',
    callback: '/api/auth/callback/bulla',
    async start({ issuer, clientId, clientSecret, port, alg, scope }) {
      const options: NextAuthOptions = {
        secret: 'a secret of at least thirty-two characters',
        providers: [
          {
            id: 'bulla',
            name: 'Bulla',
            type: 'oauth',
            wellKnown: `${issuer}/.well-known/openid-configuration`,
            clientId,
            clientSecret,
            idToken: true,
            authorization: { params: { scope } },
            ...(checks === undefined ? {} : { checks: [...checks] }),
            ...(alg === 'RS256' ? {} : { client: { id_token_signed_response_alg: alg } }),
            ...(asksUserinfo
              ? { userinfo: { request: ({ client, tokens }) => client.userinfo(tokens.access_token ?? '') } }
              : {}),
            profile: ({ sub, name, email }: { sub: string; name: string; email: string }) => ({ id: sub, name, email }),
          },
        ],
        callbacks: {
          session: ({ session, token }) => ({ ...session, user: { ...session.user, sub: token.sub } }),
        },
      }
      const app = express()
      app.use(express.urlencoded({ extended: false }))
      /** What Next adds to a request. */
      const asInNext = (request: express.Request) => ({
        method: request.method,
        headers: { ...request.headers, 'x-forwarded-host': request.headers.host, 'x-forwarded-proto': 'http' },
        cookies: Object.fromEntries(
          (request.headers.cookie ?? '')
            .split('; ')
            .map((pair) => [pair.slice(0, pair.indexOf('=')), decodeURIComponent(pair.slice(pair.indexOf('=') + 1))]),
        ),
        body: request.body,
        query: { ...request.query, ...request.params },
      })
      app.all('/api/auth/*nextauth', (request, response) =>
        NextAuth(asInNext(request) as never, response as never, options),
      )
      app.get('/me', async (request, response) => {
        const session = await getServerSession(asInNext(request) as never, response as never, options)
        response.json(saidBy((session?.user ?? {}) as Said))
      })
      return listenOn(port, app)
    },
  }
}

export const nextAuthAsItComes: RelyingParty = {
  ...nextAuth({}),
  checks: ['state'],
  thin: { sub: 'alice' },
}
export const nextAuthWithPkce: RelyingParty = {
  ...nextAuth({ checks: ['pkce', 'state', 'nonce'] }),
  thin: { sub: 'alice' },
}
export const nextAuthByUserinfo: RelyingParty = nextAuth({ checks: ['pkce', 'state', 'nonce'], asksUserinfo: true })
