/**
 * npm's oidc-provider over real HTTP, with refresh tokens that stay as they are, that rotate, or none.
 *
 * @module
 */

import { randomBytes } from 'node:crypto'
import Provider from 'oidc-provider'
import { CLIENT_ID, CLIENT_SECRET, count, type ProviderParty, serve } from './provider_party.ts'

/** Seconds that its access tokens live. */
export const HOUR = 3600

/** What is special about a server. */
export interface OpenidOptions {
  /** Where it sends browsers back to. */
  readonly callbacks: readonly string[]
  /** What its refresh tokens do: Google's are `fixed`. Default: there are none. */
  readonly refresh?: 'fixed' | 'rotating'
  /** Where it sends browsers back to whose session there has ended. Default: nowhere. */
  readonly logouts?: readonly string[]
}

/** An OpenID provider. */
export interface OpenidServer extends ProviderParty {
  /** Its token endpoint's answers to grants of this type are 503 from now on. */
  fail(grantType: string | undefined): void
  /** Its access tokens live for so many seconds from now on. Before that, for an hour. */
  live(seconds: number): void
  /** What it does when it has decided on a grant, before it answers. Default: nothing. */
  before: (() => Promise<void>) | undefined
}

/** Starts one. */
export async function startOpenidServer(options: OpenidOptions): Promise<OpenidServer> {
  const { callbacks, refresh, logouts = [] } = options
  const seen = new Map<string, number>()
  const given: string[] = []
  const actedFor: string[] = []
  let failing: string | undefined
  let life = HOUR

  const { url, stop } = await serve((origin) => {
    const { port } = new URL(origin)
    const provider = new Provider(origin, {
      clients: [
        {
          client_id: CLIENT_ID,
          client_secret: CLIENT_SECRET,
          redirect_uris: callbacks,
          post_logout_redirect_uris: logouts,
          grant_types: ['authorization_code', ...(refresh === undefined ? [] : ['refresh_token'])],
        },
      ],
      // Cookies know nothing of ports, and all of them are at one address.
      cookies: {
        names: { session: `session_${port}`, interaction: `interaction_${port}`, resume: `resume_${port}` },
        keys: [randomBytes(16).toString('hex')],
      },
      pkce: { required: () => true },
      discovery: { prompt_values_supported: ['none', 'login', 'consent'] },
      scopes: ['openid', 'profile', 'email', 'drive'],
      claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'] },
      conformIdTokenClaims: false,
      // As Google does: who may refresh is the app's matter, not of a scope.
      issueRefreshToken: () => refresh !== undefined,
      rotateRefreshToken: refresh === 'rotating',
      expiresWithSession: () => false,
      ttl: {
        AccessToken: () => life,
        RefreshToken: 30 * 86_400,
        IdToken: 300,
        Grant: 30 * 86_400,
        Session: 86_400,
        Interaction: 600,
      },
      findAccount: (_: unknown, id: string) => ({
        accountId: id,
        claims: () => ({
          sub: id,
          name: `${id} of the OpenID provider`,
          preferred_username: id,
          email: `${id}@openid.example`,
          email_verified: true,
        }),
      }),
    })
    provider.use(async (context, next) => {
      if (context.path === '/token' && failing !== undefined) {
        context.status = 503
        context.body = { error: 'temporarily_unavailable' }
        return
      }
      await next()
      const { refresh_token, code, grant_type } = context.oidc?.params ?? {}
      if (context.path === '/token' && grant_type !== undefined) {
        count(seen, refresh_token ?? code ?? '')
        const { access_token, refresh_token: next_one } = context.body as Record<string, string | undefined>
        given.push(...[access_token, next_one].filter((token) => token !== undefined))
        await party.before?.()
      }
      const { sub } = context.path === '/me' ? (context.body as { sub?: string }) : {}
      if (sub !== undefined) actedFor.push(sub)
    })
    return provider.callback()
  })

  const party: OpenidServer = {
    url,
    before: undefined,
    table: { type: 'openid', label: 'OpenID provider', client_id: CLIENT_ID, issuer: url, scope: 'openid profile' },
    seen,
    given,
    actedFor,
    fail: (grantType) => {
      failing = grantType
    },
    live: (seconds) => {
      life = seconds
    },
    async actsFor(accessToken) {
      const response = await fetch(`${url}/me`, { headers: { authorization: `Bearer ${accessToken}` } })
      return response.ok ? ((await response.json()) as { sub: string }).sub : undefined
    },
    stop,
  }
  return party
}
