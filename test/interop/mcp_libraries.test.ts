import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CALLBACK, createApp } from '../parties/agents/app.ts'
import { LIBRARIES } from '../parties/agents/libraries.ts'
import { type Place, type Runtime, SCOPES, startPlace } from '../parties/agents/place.ts'
import { shows } from './shows.ts'

it('the reference tells of these', () => {
  const shown = shows(
    ['@modelcontextprotocol/sdk', '@modelcontextprotocol/client', '@ai-sdk/mcp'],
    'registers',
    'registers with a secret',
    'refresh',
    'anew by itself',
  )
  expect(Object.keys(LIBRARIES).map((name) => name.split(' ')[0])).toEqual(shown)
})

/** Libraries by which agents connect to MCP servers, unmodified, at an issuer that knows none of them. */
describe.each<Runtime>(['workerd', 'Node'])('an agent in %s', (runtime) => {
  let place: Place
  beforeAll(async () => {
    place = await startPlace(runtime)
  }, 60_000)
  afterAll(() => place?.stop())

  describe.each(Object.entries(LIBRARIES))('by %s', (_, callTool) => {
    it.each(['none', 'client_secret_basic', 'client_secret_post'])(
      'walks in by %s, calls the tool, and refreshes its token, with nothing configured for it',
      async (method) => {
        const app = createApp(place, { token_endpoint_auth_method: method })
        const caller = await callTool(place.server.url, app)
        expect(caller).toEqual({
          sub: expect.any(String),
          client_id: app.kept.client?.client_id,
          scope: expect.anything(),
        })
        expect(app.kept.client).toMatchObject({ token_endpoint_auth_method: method })
        expect('client_secret' in (app.kept.client ?? {})).toBe(method !== 'none')
        for (const scope of caller.scope) expect(SCOPES).toContain(scope)

        const before = app.kept.tokens
        place.server.expire()
        expect(await callTool(place.server.url, app)).toEqual(caller)
        expect(app.kept.tokens?.access_token).not.toBe(before?.access_token)
        // Those of clients that prove who they are stay as they are (RFC 9700 §2.2.2).
        expect(app.kept.tokens?.refresh_token === before?.refresh_token).toBe(method !== 'none')
        expect([app.sent, app.registered]).toEqual([1, 1])
      },
    )

    it('registers anew by itself when its id is not known any more and it has a refresh token', async () => {
      const app = createApp(place, { token_endpoint_auth_method: 'none' })
      await callTool(place.server.url, app)
      place.server.expire()
      const stale = place.forgotten(CALLBACK)
      app.kept.client = { ...app.kept.client, ...stale }
      const caller = await callTool(place.server.url, app)
      expect(caller.client_id).not.toBe(stale.client_id)
      expect([app.sent, app.registered]).toEqual([2, 2])
    })

    it('shows its person a page that says what to do when its id is not known any more', async () => {
      const app = createApp(place, { token_endpoint_auth_method: 'none' })
      app.kept.client = { ...place.forgotten(CALLBACK) }
      await expect(callTool(place.server.url, app)).rejects.toThrow('nobody came back')
      expect(app.arrived).toMatchObject({ status: 400, text: expect.stringMatching(/remove .* add it again/i) })
      // Which is what the person does there.
      app.kept.client = undefined
      expect((await callTool(place.server.url, app)).client_id).toBe(app.kept.client?.['client_id'])
    })
  })
})
