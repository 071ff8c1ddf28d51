import { describe, expect, it } from 'vitest'
import { createKeyring, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryGuard, type IssuerSettings, type LogEntry, loginProviders } from '../../src/index.ts'
import { openEnvelope } from '../../src/token/envelope.ts'
import { API, API2, basic, ISSUER, NOW, secretHash, testRing } from '../house.ts'
import { APP_SECRET, CANARY, createHandOver, createTestProvider } from '../parties/hand_over.ts'
import { createBrowser, goesTo, hiddenField } from '../parties/person.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** Returns all that is in an access token. */
async function inside(token: string, uri: string): Promise<Readonly<Record<string, unknown>>> {
  const leaves = createKeyring(testRing(NOW), ISSUER).leavesFor('access', uri, 'A256GCM', 600)
  return (await openEnvelope(token, 'at+jwe', leaves, NOW)).facts
}

const SETTINGS = {
  resources: {
    [API]: { scopes: ['read'], provider_token: 'github', provider_scope: 'repo', exchange: true },
    [API2]: { scopes: ['mail'], exchange: true },
  },
  clients: {
    app: {
      secret_hash: secretHash(APP_SECRET),
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: ['https://app.example/cb'],
      resources: [API, API2],
      scopes: ['read', 'mail'],
    },
    machine: {
      secret_hash: secretHash('machine-secret'),
      grant_types: ['client_credentials', EXCHANGE],
      resources: [API, API2],
      scopes: ['read', 'mail'],
      exchange: [
        { from: [API2], to: [API], scopes: { read: 'mail' }, impersonation: true },
        { from: [API], to: [API2], scopes: { mail: 'read' }, impersonation: true },
      ],
    },
  },
} as const satisfies Partial<IssuerSettings>

/** Gets a token as a program. */
async function ask(there: ReturnType<typeof createHandOver>, form: Record<string, string>): Promise<string> {
  const headers = {
    authorization: basic('machine', 'machine-secret'),
    'content-type': 'application/x-www-form-urlencoded',
  }
  const init = { method: 'POST', headers, body: new URLSearchParams(form).toString() }
  const answer = await (await there.ask(new Request(`${ISSUER}/token`, init))).json()
  return (answer as { access_token: string }).access_token
}

describe('the token of a provider', () => {
  it('is in no token that no login stands behind, whatever token was brought for it', async () => {
    const there = createHandOver(createTestProvider(), SETTINGS)
    const handed = await there.login({ resource: API })
    expect(await inside(handed.access_token, API)).toMatchObject({ provider_token: `${CANARY}-1` })
    const machine = await ask(there, { grant_type: 'client_credentials', resource: API })
    expect((await there.open(machine)).providerToken).toBeUndefined()
    const other = (await there.login({ resource: API2, scope: 'mail' })).access_token
    const brought = { grant_type: EXCHANGE, subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' }
    const exchanged = await ask(there, { ...brought, subject_token: other, resource: API })
    expect(await inside(exchanged, API)).not.toHaveProperty('provider_token')
    const back = await ask(there, { ...brought, subject_token: handed.access_token, resource: API2 })
    expect(await inside(back, API2)).not.toHaveProperty('provider_token')
  })

  it('is none of what an operator adds: the log says so', async () => {
    const logs: LogEntry[] = []
    const there = createHandOver(createTestProvider(), {
      ...SETTINGS,
      claims: () => ({ provider_token: 'mine', tenant: 'blue' }),
      log: (entry) => logs.push(entry),
    })
    const handed = await inside((await there.login({ resource: API })).access_token, API)
    expect(handed).toMatchObject({ provider_token: `${CANARY}-1`, tenant: 'blue' })
    const other = await inside((await there.login({ resource: API2, scope: 'mail' })).access_token, API2)
    expect(other).toMatchObject({ tenant: 'blue' })
    expect(other).not.toHaveProperty('provider_token')
    expect(logs.filter(({ event }) => event === 'hook').map(({ detail }) => detail)).toEqual(
      Array(2).fill('a hook may not give: provider_token'),
    )
  })

  it('is not shown where a development issuer shows what is in a token', async () => {
    const local = 'http://localhost:8787'
    const demo = 'https://api.example.com'
    const issuer = createIssuer({
      issuer: local,
      keyRing: writeRing(testRing(NOW)),
      resources: { [demo]: { scopes: ['orders:read', 'orders:write'], provider_token: 'github' } },
      clients: {
        'demo-app': {
          grant_types: ['authorization_code'],
          redirect_uris: [`${local}/demo`],
          resources: [demo],
          scopes: ['orders:read', 'orders:write'],
        },
      },
      guard: createMemoryGuard(() => NOW),
      authenticate: loginProviders({ github: createTestProvider().provider }),
      isDemo: true,
      log: () => {},
      now: () => NOW,
    })
    const browser = createBrowser((request) => issuer.fetch(request))
    const url = (await browser.post(`${local}/demo`, {}, { origin: local })).headers.get('location') ?? ''
    const asked = new URL((await browser.get(url)).headers.get('location') ?? '')
    const state = asked.searchParams.get('state') ?? ''
    const back = await browser.get(
      `${asked.searchParams.get('redirect_uri')}?${new URLSearchParams({ state, code: 'c' })}`,
    )
    const consent = hiddenField(await (await browser.get(back.headers.get('location') ?? '')).text(), 'consent')
    const allowed = await browser.post(`${local}/consent`, { consent, decision: 'allow' }, { origin: local })
    const page = await (await browser.get(goesTo(await allowed.text()))).text()
    expect(page).toContain('&quot;provider_token&quot;: &quot;not shown&quot;')
    expect(page).not.toContain(CANARY)
  })
})
