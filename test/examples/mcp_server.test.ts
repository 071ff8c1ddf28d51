/**
 * The example of an MCP server, as its reader runs it: with the packed package, in a process of its own, asked by the clients of
 * MCP's own SDK.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { Client as Client2, StreamableHTTPClientTransport as Transport2 } from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENV } from '../checkout.ts'
import { basic, secretHash } from '../fixtures.ts'
import { installExample } from '../parties/installed_example.ts'
import { freePort, type LiveIssuer, startIssuer, waitFor } from '../parties/live_issuer.ts'

let live: LiveIssuer
let child: ChildProcess | undefined
let resource = ''

beforeAll(async () => {
  const port = await freePort()
  resource = `http://localhost:${port}/mcp`
  // The same as in development, at a port that is free here.
  const CLIENTS = {
    'demo-mcp': { kind: 'resource_server', secret_hash: secretHash('demo-mcp-secret'), resources: [resource] },
    'demo-agent': {
      secret_hash: secretHash('demo-agent-secret'),
      grant_types: ['client_credentials'],
      resources: [resource],
      scopes: ['orders:read', 'orders:write'],
    },
  }
  const [issuer, folder] = await Promise.all([
    startIssuer({ RESOURCES: { [resource]: { scopes: ['orders:read', 'orders:write'] } }, CLIENTS }),
    installExample('mcp-server'),
  ])
  live = issuer
  const env = { ...ENV, ISSUER: live.issuer, PORT: String(port) }
  child = spawn('npm', ['start', '--silent'], { cwd: folder, env, stdio: 'inherit', detached: true })
  await waitFor(resource)
}, 240_000)
afterAll(async () => {
  if (child?.pid !== undefined) process.kill(-child.pid)
  await live?.stop()
})

/** Gets a token from the issuer. */
async function tokenFor(uri: string, scope: string): Promise<string> {
  const response = await fetch(`${live.issuer}/token`, {
    method: 'POST',
    headers: { authorization: basic('demo-agent', 'demo-agent-secret') },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource: uri, scope }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}

describe('the example of an MCP server', () => {
  it("answers the clients of MCP's own SDK, of both versions, with who calls", async () => {
    const requestInit = { headers: { authorization: `Bearer ${await tokenFor(resource, 'orders:read')}` } }
    const one = new Client1({ name: 'one', version: '1' })
    await one.connect(new Transport1(new URL(resource), { requestInit }) as never)
    const two = new Client2({ name: 'two', version: '1' })
    await two.connect(new Transport2(new URL(resource), { requestInit }))
    const text = 'You are client:demo-agent, by demo-agent, and may orders:read.'
    for (const client of [one, two]) {
      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['whoami'])
      expect(await client.callTool({ name: 'whoami', arguments: {} })).toMatchObject({
        content: [{ type: 'text', text }],
      })
      await client.close()
    }
  })

  it('leads who has nothing but its URL to the issuer, and to what to ask there', async () => {
    const refused = await fetch(resource, { method: 'POST' })
    const challenge = refused.headers.get('www-authenticate') ?? ''
    expect([refused.status, challenge]).toEqual([401, expect.stringContaining('scope="orders:read"')])
    const told = /resource_metadata="([^"]*)"/.exec(challenge)?.[1] ?? ''
    for (const url of [told, new URL('/.well-known/oauth-protected-resource', resource)])
      expect(await (await fetch(url)).json()).toMatchObject({
        resource,
        authorization_servers: [live.issuer],
        scopes_supported: ['orders:read', 'orders:write'],
      })
  })

  it('lets in nobody whose token lacks the scope', async () => {
    const headers = { authorization: `Bearer ${await tokenFor(resource, 'orders:write')}` }
    expect((await fetch(resource, { method: 'POST', headers })).status).toBe(403)
  })
})

describe('a fresh start of the issuer', () => {
  it('knows the example by its URL, and gives it its keys', async () => {
    const fresh = await startIssuer()
    try {
      const headers = { authorization: basic('demo-mcp', 'demo-mcp-secret') }
      const answers = ['', '?resource=http://localhost:8788/mcp'].map((query) =>
        fetch(`${fresh.issuer}/keys${query}`, { headers }),
      )
      expect((await Promise.all(answers)).map(({ status }) => status)).toEqual([200, 200])
    } finally {
      await fresh.stop()
    }
  })
})
