/** The MCP server with an issuer in memory, asked by MCP's own client: nothing listens to a port. */
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { createIssuer, createMemoryGuard, createMemoryRevocations, readBindings } from 'bulla'
import { describe, expect, it } from 'vitest'
import { localSettings, newSecrets } from '../local.ts'
import { createServer, type Settings } from '../server/mcp.ts'

const { issuer: there, server } = localSettings()
const issuer = createIssuer({
  ...readBindings({ ...there.vars, ...newSecrets(), EVENTS: 'none' }),
  guard: createMemoryGuard(),
  revocations: createMemoryRevocations('test'),
})
const ask = async (url: string, init?: RequestInit) => issuer.fetch(new Request(url, init))
const settings = server.vars as unknown as Settings
const mcp = createServer(settings, ask)

/** Returns a token of the service. */
async function token(): Promise<string> {
  const answer = await ask(`${settings.ISSUER}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('service:service-secret')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  const { access_token } = (await answer.json()) as { access_token: string }
  return access_token
}

describe('the MCP server', () => {
  it('tells a client who it is', async () => {
    const client = new Client({ name: 'test', version: '1.0.0' })
    const transport = new StreamableHTTPClientTransport(new URL(settings.RESOURCE), {
      fetch: async (url, init) => mcp.fetch(new Request(url, init)),
      requestInit: { headers: { authorization: `Bearer ${await token()}` } },
    })
    await client.connect(transport)
    expect(await client.callTool({ name: 'whoami', arguments: {} })).toMatchObject({
      content: [{ type: 'text', text: 'You are client:service, and may orders:read.' }],
    })
    await client.close()
  })

  it('tells who has no token where they come from', async () => {
    const answer = await mcp.request('/mcp', { method: 'POST' })
    const [, about = ''] = /resource_metadata="([^"]*)"/.exec(answer.headers.get('www-authenticate') ?? '') ?? []
    expect([answer.status, await (await mcp.request(about)).json()]).toMatchObject([
      401,
      { resource: settings.RESOURCE, authorization_servers: [settings.ISSUER] },
    ])
  })
})
