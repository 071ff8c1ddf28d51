/** The MCP server: agents find the issuer by its URL alone; it opens their tokens by keys that it fetches now and then. */
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { remoteKeys } from 'bulla/verifier'
import { describe, resourceServer } from 'bulla/verifier/hono'
import { toAuthInfo } from 'bulla/verifier/mcp'
import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'

/** The variables of wrangler.toml, and the secret. */
export interface Settings {
  readonly ISSUER: string
  readonly RESOURCE: string
  readonly CLIENT_ID: string
  readonly CLIENT_SECRET: string
}

const mcp = createMcpHandler(() => {
  const server = new McpServer({ name: 'orders', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Tells who calls, and what they may.' }, ({ http }) => {
    const { extra, scopes = [] } = http?.authInfo ?? {}
    return { content: [{ type: 'text', text: `You are ${extra?.['sub']}, and may ${scopes.join(' ')}.` }] }
  })
  return server
})

/**
 * Makes the server.
 *
 * @param ask asks the issuer. Default: by the network
 */
export function createServer(settings: Settings, ask = (url: string, init?: RequestInit) => fetch(url, init)) {
  const { ISSUER: issuer, RESOURCE: resource, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret } = settings
  const about = describe({ resource, issuer, scopes: ['orders:read', 'orders:write'], name: 'Orders, for agents' })
  const keys = remoteKeys({ url: `${issuer}/keys`, clientId, clientSecret, fetch: ask })
  const revocations = { url: `${issuer}/revocations` }
  const demand = { resourceMetadata: about.url, scope: 'orders:read', cors: '*' as const }

  return new Hono()
    .use(about)
    .use('/mcp', bodyLimit({ maxSize: 102_400 }))
    .use('/mcp', resourceServer({ issuer, resource, keys, revocations, fetch: ask, ...demand }))
    .all('/mcp', (c) => mcp.fetch(c.req.raw, { authInfo: toAuthInfo(c.get('entitlement')) }))
}
