/** The API with an issuer in memory: the settings are those of `npm run dev`, and nothing listens to a port. */
import { createIssuer, createMemoryGuard, createMemoryRevocations, readBindings } from 'bulla'
import { describe, expect, it } from 'vitest'
import { localSettings, newSecrets } from '../local.ts'
import { createApi, type Settings } from '../server/api.ts'

const { issuer: there, server } = localSettings()
const issuer = createIssuer({
  ...readBindings({ ...there.vars, ...newSecrets(), EVENTS: 'none' }),
  guard: createMemoryGuard(),
  revocations: createMemoryRevocations('test'),
})
const ask = async (url: string, init?: RequestInit) => issuer.fetch(new Request(url, init))
const api = createApi(server.vars as unknown as Settings, ask)

/** Returns a token of the service. */
async function token(): Promise<string> {
  const answer = await ask(`${server.vars['ISSUER']}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('service:service-secret')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  const { access_token } = (await answer.json()) as { access_token: string }
  return access_token
}

describe('the API', () => {
  it('answers who has a token', async () => {
    const headers = { authorization: `Bearer ${await token()}` }
    const answer = await api.request('/orders/7', { headers })
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { id: '7', seen_by: 'client:service', through: 'service' },
    ])
  })

  it('refuses who has none, and tells where they come from', async () => {
    const answer = await api.request('/orders/7')
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('resource_metadata='),
    ])
  })

  it('refuses a token whose scope does not reach', async () => {
    const headers = { authorization: `Bearer ${await token()}` }
    expect((await api.request('/orders/7', { method: 'DELETE', headers })).status).toBe(403)
  })
})
