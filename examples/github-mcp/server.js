/** An MCP server with one tool, which lists the repositories of whoever calls it, at GitHub, with their own token. */
import { serve } from '@hono/node-server'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { remoteKeys } from 'bulla/verifier'
import { describe, resourceServer } from 'bulla/verifier/hono'
import { toAuthInfo } from 'bulla/verifier/mcp'
import { Hono } from 'hono'

const {
  ISSUER: issuer = 'http://localhost:8787',
  PORT = '8788',
  SECRET: clientSecret = 'github-mcp-secret',
  GITHUB_API = 'https://api.github.com',
} = process.env

const resource = `http://localhost:${PORT}/mcp`
const about = describe({ resource, issuer, scopes: ['repositories:read'], name: 'Your repositories, for agents' })
const keys = remoteKeys({ url: `${issuer}/keys`, clientId: 'github-mcp', clientSecret })
const revocations = { url: `${issuer}/revocations` }
const demand = { resourceMetadata: about.url, scope: 'repositories:read', cors: '*' }

const text = (said) => ({ content: [{ type: 'text', text: said }] })

/** Asks GitHub as the person. */
async function listRepositories({ http }) {
  const { providerToken } = http.authInfo.extra
  const headers = {
    authorization: `Bearer ${providerToken}`,
    accept: 'application/vnd.github+json',
    'user-agent': 'github-mcp-example', // GitHub refuses who has no name
  }
  const response = await fetch(`${GITHUB_API}/user/repos?per_page=100&sort=pushed`, { headers, redirect: 'error' })
  if (response.status === 401)
    return { isError: true, ...text('GitHub ended your login: remove this server, and add it again.') }
  if (!response.ok) return { isError: true, ...text(`GitHub answered ${response.status}.`) }
  const repositories = await response.json()
  return text(repositories.map(({ full_name }) => full_name).join('\n') || 'You have none.')
}

const mcp = createMcpHandler(() => {
  const server = new McpServer({ name: 'repositories', version: '1.0.0' })
  server.registerTool('list_repositories', { description: 'Lists your repositories at GitHub.' }, listRepositories)
  return server
})

const app = new Hono()
  .use(about)
  .use('/mcp', resourceServer({ issuer, resource, keys, revocations, ...demand }))
  .all('/mcp', (c) => mcp.fetch(c.req.raw, { authInfo: toAuthInfo(c.get('entitlement')) }))

serve({ fetch: app.fetch, port: Number(PORT) }, () => console.log(`The MCP server is at ${resource}.`))
