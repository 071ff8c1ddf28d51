import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { basic, secretHash } from '../fixtures.ts'
import { freePort, type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { authorizeUrl, type FullAnswer, formOf, readAnswer, VERIFIER } from '../parties/person.ts'
import { APP_CALLBACK, APP_SECRET, apiOf, askApi } from '../parties/providers/house.ts'
import { type OpenidServer, startOpenidServer } from '../parties/providers/openid_server.ts'
import { type PlainServer, startPlainServer } from '../parties/providers/plain_server.ts'
import { CLIENT_SECRET, type ProviderParty } from '../parties/providers/provider_party.ts'
import { createVisitor } from '../parties/visitor.ts'

const now = (): number => Math.floor(Date.now() / 1000)

/** Returns the settings of the API that is handed the token of a provider. */
const resourceOf = (name: string): Readonly<Record<string, unknown>> => ({
  scopes: ['read'],
  provider_token: name,
  ...(name === 'github' ? { provider_scope: 'repo' } : {}),
})

describe('on Workers', () => {
  let live: LiveIssuer
  let github: PlainServer
  let rotating: PlainServer
  let google: OpenidServer

  beforeAll(async () => {
    const port = await freePort()
    const callbackOf = (name: string): string => `http://localhost:${port}/login/callback/${name}`
    github = await startPlainServer({ callback: callbackOf('github'), now })
    // Too short for anybody to be handed it again.
    rotating = await startPlainServer({ callback: callbackOf('rotating'), isRotating: true, life: 50, now })
    google = await startOpenidServer({ callbacks: [callbackOf('google')], refresh: 'fixed' })
    const parties: Readonly<Record<string, ProviderParty>> = { github, rotating, google }
    const names = Object.keys(parties)
    live = await startIssuer(
      {
        LOGIN: Object.fromEntries(names.map((name) => [name, parties[name]?.table])),
        ...Object.fromEntries(names.map((name) => [`LOGIN_CLIENT_SECRET_${name.toUpperCase()}`, CLIENT_SECRET])),
        RESOURCES: Object.fromEntries(names.map((name) => [apiOf(name), resourceOf(name)])),
        CLIENTS: {
          app: {
            secret_hash: secretHash(APP_SECRET),
            grant_types: ['authorization_code', 'refresh_token'],
            redirect_uris: [APP_CALLBACK],
            resources: names.map(apiOf),
            scopes: ['read'],
          },
        },
      },
      { port },
    )
  }, 60_000)
  afterAll(() => Promise.all([live?.stop(), ...[github, rotating, google].map((party) => party?.stop())]))

  async function token(form: Readonly<Record<string, string>>): Promise<Response> {
    const headers = { authorization: basic('app', APP_SECRET) }
    return fetch(`${live.issuer}/token`, { method: 'POST', headers, body: formOf(form) })
  }

  async function login(provider: string, name: string): Promise<FullAnswer> {
    const asked = { client_id: 'app', redirect_uri: APP_CALLBACK, resource: apiOf(provider) }
    const { url, text } = await createVisitor({ name }).visit(authorizeUrl(asked, live.issuer), (next) =>
      next.href.startsWith(APP_CALLBACK) ? undefined : next,
    )
    const code = url.searchParams.get('code')
    if (code === null) throw new Error(`no code at ${url.href}: ${text}`)
    const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER, redirect_uri: APP_CALLBACK }
    return readAnswer(await token(form))
  }

  const api = (provider: string, party: ProviderParty, accessToken: string) =>
    askApi({ issuer: live.issuer, ring: live.ring, resource: apiOf(provider), party, accessToken, now: now() })

  it('an API acts as the person at each of its providers, and no other API does', async () => {
    for (const [provider, party, id] of [
      ['github', github, '583232'],
      ['google', google, 'bob'],
      ['rotating', rotating, '583232'],
    ] as const) {
      const { access_token } = await login(provider, 'bob')
      expect(await api(provider, party, access_token)).toEqual({ sub: `${provider}|${id}`, actedFor: id })
      expect(await api(provider === 'github' ? 'google' : 'github', party, access_token)).toBeUndefined()
    }
  })

  it('a hundred refreshes at once, and the provider sees each of its refresh tokens once: nobody loses the login', async () => {
    const { refresh_token = '' } = await login('rotating', 'alice')
    const form = { grant_type: 'refresh_token', refresh_token }
    const answers = await Promise.all(Array.from({ length: 100 }, () => token(form)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(Math.max(...rotating.seen.values())).toBe(1)
    const { access_token } = await readAnswer(await token(form))
    expect((await api('rotating', rotating, access_token))?.actedFor).toBe('583231')
  })
})
