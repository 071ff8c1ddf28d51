import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { CALLBACK, createApp } from '../parties/agents/app.ts'
import { type Home, openHome } from '../parties/agents/home.ts'
import { LIBRARIES } from '../parties/agents/libraries.ts'
import type { Place } from '../parties/agents/place.ts'
import { installPython, pythonLibraries } from '../parties/agents/python.ts'
import { type HttpsServer, makeCertificate, startHttpsServer } from '../parties/https_server.ts'
import { shows } from './shows.ts'

/** Clients that show a document in place of registering (draft-ietf-oauth-client-id-metadata-document), at an issuer in workerd. */
const certificate = makeCertificate()
// It is read when what starts workerd is loaded.
process.env['NODE_EXTRA_CA_CERTS'] = certificate.file
const { startPlace } = await import('../parties/agents/place.ts')
const { PROGRAMS } = await import('../parties/agents/programs.ts')
const python = await installPython()

let place: Place
let host: HttpsServer
let home: Home
const documentOf = (path: string): string => `https://localhost:${host.port}${path}`

beforeAll(async () => {
  host = await startHttpsServer(certificate, ({ url = '' }, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        client_id: documentOf(url),
        client_name: 'An app with a page',
        redirect_uris: [
          CALLBACK,
          'http://localhost/callback',
          ...['127.0.0.1', 'localhost'].map((host) => `http://${host}/oauth/callback`),
        ],
        grant_types: ['authorization_code', 'refresh_token'],
        token_endpoint_auth_method: 'none',
      }),
    )
  })
  place = await startPlace('workerd')
}, 60_000)
afterAll(async () => {
  await place?.stop()
  await host?.stop()
})
beforeEach(async () => {
  home = await openHome(place)
})
afterEach(() => home?.leave())

describe('a client that shows a document', () => {
  it.each(['@modelcontextprotocol/sdk 1.32', '@modelcontextprotocol/client 2.4'])(
    'by %s walks in, calls the tool, and refreshes its token, and registers nowhere',
    async (library) => {
      const id = documentOf(`/${encodeURIComponent(library)}`)
      const app = createApp(place, { token_endpoint_auth_method: 'none' }, id)
      const callTool = LIBRARIES[library]
      const caller = await callTool?.(place.server.url, app)
      expect(caller).toMatchObject({ client_id: id })
      place.server.expire()
      expect(await callTool?.(place.server.url, app)).toEqual(caller)
      expect(app.sent).toBe(1)
      expect(host.requests.map(({ url }) => documentOf(url ?? ''))).toContain(id)
      shows(['@modelcontextprotocol/sdk', '@modelcontextprotocol/client'], 'document', 'refresh')
    },
  )

  it.each(['mcp-remote 0.15', 'the inspector 2.12'])(
    'by %s walks in, calls the tool, and refreshes its token, and registers nowhere',
    async (program) => {
      const documentUrl = documentOf(`/${encodeURIComponent(program)}`)
      const asked = { home, url: place.server.url, documentUrl }
      const caller = await PROGRAMS[program]?.call(asked)
      expect(caller).toMatchObject({ client_id: documentUrl })
      place.server.expire()
      expect(await PROGRAMS[program]?.call(asked)).toEqual(caller)
      expect(home.arrivals.map(({ status }) => status)).toEqual([200])
      shows(['mcp-remote', '@modelcontextprotocol/inspector'], 'document', 'refresh')
    },
  )

  describe.skipIf(python === undefined)(python === undefined ? 'skipped: no Python registry' : 'in Python', () => {
    it.each(['mcp', 'fastmcp'] as const)('by %s walks in, calls the tool, and refreshes its token', async (library) => {
      const documentUrl = documentOf(`/python/${library}`)
      const [caller, later] = await pythonLibraries(python ?? '')[library]({ home, url: place.server.url, documentUrl })
      expect(caller).toMatchObject({ client_id: documentUrl })
      expect(later).toEqual(caller)
      expect(home.arrivals.map(({ status }) => status)).toEqual([200])
      shows(['mcp', 'fastmcp'], 'document', 'refresh')
    })
  })
})
