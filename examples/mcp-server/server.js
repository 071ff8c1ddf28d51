/** An MCP server with one tool, which tells who calls it. Tokens for it come from the issuer of `npm run dev`. */
import { serve } from '@hono/node-server'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { remoteKeys } from 'bulla/verifier'
import { describe, resourceServer } from 'bulla/verifier/hono'
import { toAuthInfo } from 'bulla/verifier/mcp'
import { Hono } from 'hono'

const { ISSUER: issuer = 'http://localhost:8787', PORT = '8788' } = process.env

// What people type into their client is what tokens are for, to the letter.
const resource = `http://localhost:${PORT}/mcp`
const about = describe({ resource, issuer, scopes: ['orders:read', 'orders:write'], name: 'Orders, for agents' })
const keys = remoteKeys({ url: `${issuer}/keys`, clientId: 'demo-mcp', clientSecret: 'demo-mcp-secret' })
const revocations = { url: `${issuer}/revocations` }
const demand = { resourceMetadata: about.url, scope: 'orders:read', cors: '*' }

const mcp = createMcpHandler(() => {
  const server = new McpServer({ name: 'whoami', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Tells who calls, and through which app.' }, ({ http }) => {
    const { sub, client_id, scope } = http.authInfo.extra
    return { content: [{ type: 'text', text: `You are ${sub}, by ${client_id}, and may ${scope.join(' ')}.` }] }
  })
  return server
})

const app = new Hono()
  .use(about)
  .use('/mcp', resourceServer({ issuer, resource, keys, revocations, ...demand }))
  .all('/mcp', (c) => mcp.fetch(c.req.raw, { authInfo: toAuthInfo(c.get('entitlement')) }))

serve({ fetch: app.fetch, port: Number(PORT) }, () => console.log(`The MCP server is at ${resource}.`))
