import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Home, openHome } from '../parties/agents/home.ts'
import { type Place, SCOPES, startPlace } from '../parties/agents/place.ts'
import { PROGRAMS } from '../parties/agents/programs.ts'
import { shows } from './shows.ts'

it('the reference tells of these', () => {
  const packageOf = (name: string) => name.replace(/^the inspector/, '@modelcontextprotocol/inspector').split(' ')[0]
  const named = Object.entries(PROGRAMS).map(([name, { methods }]) => [packageOf(name), methods.length] as const)
  expect(named.map(([name]) => name)).toEqual(
    shows(['mcp-remote', '@modelcontextprotocol/inspector', 'mcporter'], 'registers', 'refresh', 'anew by itself'),
  )
  const secretly = shows(['mcp-remote', 'mcporter'], 'registers with a secret')
  expect(named.filter(([, methods]) => methods === 3).map(([name]) => name)).toEqual(secretly)
})

/** Programs that people start, unmodified, each in a home of its own, at an issuer that knows none of them. */
describe.each(Object.entries(PROGRAMS))('%s', (_, { methods, call }) => {
  let place: Place
  let home: Home
  beforeAll(async () => {
    place = await startPlace('workerd')
  }, 60_000)
  afterAll(() => place?.stop())
  beforeEach(async () => {
    home = await openHome(place)
  })
  afterEach(() => home?.leave())

  // promise: W21
  it.each(methods)('walks in by %s, calls the tool, and refreshes its token', async (method) => {
    const url = place.server.url
    const caller = await call({ home, url, method })
    expect(caller).toEqual({
      sub: expect.any(String),
      client_id: expect.stringMatching(/^dcr\./),
      scope: expect.anything(),
    })
    for (const scope of caller.scope) expect(SCOPES).toContain(scope)
    place.server.expire()
    expect(await call({ home, url, method })).toEqual(caller)
    expect(home.arrivals.map(({ status }) => status)).toEqual([200])
  })

  it('registers anew by itself when its id is not known any more and it has a refresh token', async () => {
    const url = place.server.url
    const { client_id } = await call({ home, url })
    expect(await home.replace(client_id, place.forgotten('http://127.0.0.1/callback').client_id)).toBeGreaterThan(0)
    place.server.expire()
    const caller = await call({ home, url })
    expect(caller.client_id).not.toBe(client_id)
    expect(home.arrivals.map(({ status }) => status)).toEqual([200, 200])
  })

  it('shows its person a page that says what to do when its id is not known any more', async () => {
    const url = place.server.url
    const { client_id } = await call({ home, url, isForgetful: true })
    await home.replace(client_id, place.forgotten('http://127.0.0.1/callback').client_id)
    // No token is left.
    await home.replace('"refresh_token"', '"refreshed_token"')
    place.server.expire()
    // The program would wait for ever: its person ends it.
    await expect(call({ home, url, isForgetful: true })).rejects.toThrow()
    const page = { status: 400, text: expect.stringMatching(/remove .* add it again/i) }
    expect(home.arrivals).toEqual([expect.objectContaining({ status: 200 }), expect.objectContaining(page)])
  })
})
