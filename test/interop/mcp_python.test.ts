import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Home, openHome } from '../parties/agents/home.ts'
import { type Place, SCOPES, startPlace } from '../parties/agents/place.ts'
import { type CallTwice, installPython, pythonLibraries } from '../parties/agents/python.ts'
import { shows } from './shows.ts'

/** Python's libraries by which agents connect to MCP servers, unmodified, where their registry is within reach. */
const libraries = await installPython()

const METHODS = ['none', 'client_secret_basic', 'client_secret_post', undefined] as const
const PAGE = { status: 400, text: expect.stringMatching(/remove .* add it again/i) }

describe.skipIf(libraries === undefined)(libraries === undefined ? 'skipped: no Python registry' : 'Python', () => {
  const calls = pythonLibraries(libraries ?? '')
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
  const shown = (): readonly number[] => home.arrivals.map(({ status }) => status)

  describe.each(Object.entries(calls))('%s', (_, call) => {
    it.each(METHODS)('walks in by %s, calls the tool, and refreshes its token', async (method) => {
      const before = place.server.callers.length
      const [caller, later] = await call({ home, url: place.server.url, ...(method && { method }) })
      const client_id = expect.stringMatching(/^dcr\./)
      expect(caller).toEqual({ sub: expect.any(String), client_id, scope: expect.anything() })
      for (const scope of caller?.scope ?? []) expect(SCOPES).toContain(scope)
      expect(later).toEqual(caller)
      expect(shown()).toEqual([200])
      const tokens = new Set(place.server.callers.slice(before).map(({ jti }) => jti))
      expect(tokens.size).toBe(2)
    })
  })

  it('has each library that the reference tells of', () => {
    expect(Object.keys(calls)).toEqual(shows(['mcp', 'fastmcp'], 'registers', 'registers with a secret', 'refresh'))
  })

  const forgetIt = async (call: CallTwice): Promise<string> => {
    const [caller] = await call({ home, url: place.server.url, method: 'none' })
    const { client_id: stale } = place.forgotten('http://127.0.0.1/callback')
    expect(await home.replace(caller?.client_id ?? '', stale)).toBeGreaterThan(0)
    place.server.expire()
    return stale
  }

  it('mcp never forgets its id by itself: its person sees a page that says what to do', async () => {
    await forgetIt(calls.mcp)
    await expect(calls.mcp({ home, url: place.server.url, method: 'none' })).rejects.toThrow()
    expect(home.arrivals[1]).toMatchObject(PAGE)
  })

  it('fastmcp finds by itself that its id is not known any more, and registers anew before it opens the browser', async () => {
    const stale = await forgetIt(calls.fastmcp)
    const [caller] = await calls.fastmcp({ home, url: place.server.url, method: 'none' })
    expect(caller?.client_id).toMatch(/^dcr\./)
    expect(caller?.client_id).not.toBe(stale)
    expect(shown()).toEqual([200, 200])
    shows('fastmcp', 'anew by itself')
  })
})
