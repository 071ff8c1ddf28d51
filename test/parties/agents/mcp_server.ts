/**
 * An MCP server over Streamable HTTP, made by MCP's own SDK, that lets in who has a token for it: one tool says who called.
 *
 * @module
 */

import { once } from 'node:events'
import { createServer } from 'node:http'
import { McpServer as SdkServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import express from 'express'
import { describe, type EntitledRequest, entitlementOf, resourceServer } from '../../../src/verifier/express.ts'
import { createVerifier, type Entitlement, remoteKeys } from '../../../src/verifier/index.ts'
import { freePort } from '../live_issuer.ts'

/** A running MCP server. */
export interface McpServer {
  /** Where clients connect to: the resource. */
  readonly url: string
  /** From now on, tokens that came before have ended. */
  expire(): void
  /** What its clients were, in the order of their calls. */
  readonly callers: Entitlement[]
  stop(): Promise<void>
}

/** What a server needs to know. */
export interface McpServerOptions {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  readonly scopes: readonly string[]
}

/** Seconds after which no token lives. */
const LONG = 90_000

function serverFor(entitlement: Entitlement): SdkServer {
  const server = new SdkServer({ name: 'who', version: '1.0.0' })
  server.registerTool('whoami', { description: 'Says who called' }, () => {
    const { sub, client_id, scope } = entitlement
    return { content: [{ type: 'text', text: JSON.stringify({ sub, client_id, scope }) }] }
  })
  return server
}

/** Starts a server on a port that nobody has. */
export async function startMcpServer({ issuer, clientId, clientSecret, scopes }: McpServerOptions): Promise<McpServer> {
  const port = await freePort()
  const url = `http://localhost:${port}/mcp`
  const callers: Entitlement[] = []
  const seen = new Set<string>()
  const ended = new Set<string>()
  const told = describe({ resource: url, issuer, scopes })
  const common = {
    ...{ issuer, resource: url, resourceMetadata: told.url, onProblem: () => {} },
    keys: remoteKeys({ url: `${issuer}/keys?resource=${encodeURIComponent(url)}`, clientId, clientSecret }),
  }
  const demand = { scope: 'tools:read', cors: '*' } as const
  const now = (): number => Math.floor(Date.now() / 1000)
  const today = resourceServer({ verifier: createVerifier({ ...common, now }), ...demand })
  const later = resourceServer({ verifier: createVerifier({ ...common, now: () => now() + LONG }), ...demand })

  const app = express()
  app.use(told)
  app.use((request, response, next) => {
    const { authorization = '' } = request.headers
    seen.add(authorization)
    const check = ended.has(authorization) ? later : today
    check(request, response, next)
  })
  app.post('/mcp', express.json(), async (request, response) => {
    const entitlement = entitlementOf(request as EntitledRequest)
    callers.push(entitlement)
    const server = serverFor(entitlement)
    const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
    response.on('close', () => void server.close())
    await server.connect(transport as Transport)
    await transport.handleRequest(request, response, request.body)
  })
  app.all('/mcp', (_, response) => void response.status(405).set('Allow', 'POST').end())

  const http = createServer(app)
  await once(http.listen(port, 'localhost'), 'listening')
  return {
    url,
    callers,
    expire() {
      for (const authorization of seen) ended.add(authorization)
    },
    async stop() {
      http.closeAllConnections()
      http.close()
    },
  }
}
