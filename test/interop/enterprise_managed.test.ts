import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import { json, text } from 'node:stream/consumers'
import {
  Client,
  CrossAppAccessProvider,
  discoverAndRequestJwtAuthGrant,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { exportKeys, writeKeys } from '../../keys/index.ts'
import { describe as describeServer, type EntitledRequest, resourceServer } from '../../src/verifier/express.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { listen } from '../browser/chromium.ts'
import { secretHash } from '../fixtures.ts'
import { freePort, type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { JWT_BEARER } from '../parties/trusted.ts'
import { shows } from './shows.ts'

const SECRET = 'agent-secret'
const ID_JAG = 'urn:ietf:params:oauth:token-type:id-jag'

let live: LiveIssuer
let idp = ''
let mcp = ''
const servers: Server[] = []

/** What the provider says of an assertion that it would have said otherwise. */
let changes: Readonly<Record<string, unknown>> = {}
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })

const signed = (typ: string, claims: Readonly<Record<string, unknown>>): Promise<string> => {
  const now = Math.floor(Date.now() / 1000)
  return new SignJWT({ iss: idp, sub: '00u1alice', iat: now, exp: now + 300, jti: crypto.randomUUID(), ...claims })
    .setProtectedHeader({ alg: 'ES256', kid: 'idp-1', typ })
    .sign(privateKey)
}

/** The provider of the enterprise: it gives an ID-JAG for an ID token of its own (RFC 8693), as the draft has it. */
const provider: RequestListener = async (request, response) => {
  const answer = (status: number, body: unknown): unknown =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  if (request.url?.startsWith('/.well-known/'))
    return answer(200, {
      issuer: idp,
      authorization_endpoint: `${idp}/authorize`,
      token_endpoint: `${idp}/token`,
      jwks_uri: `${idp}/jwks`,
      response_types_supported: ['code'],
      grant_types_supported: ['urn:ietf:params:oauth:grant-type:token-exchange'],
      identity_chaining_requested_token_types_supported: [ID_JAG],
    })
  if (request.url === '/jwks')
    return answer(200, { keys: [{ ...(await exportJWK(publicKey)), kid: 'idp-1', alg: 'ES256', use: 'sig' }] })
  const form = Object.fromEntries(new URLSearchParams(await text(request)))
  const { payload } = await jwtVerify(form['subject_token'] ?? '', publicKey, { audience: form['client_id'] ?? '' })
  if (form['requested_token_type'] !== ID_JAG) return answer(400, { error: 'invalid_request' })
  // The client's name there is another than at the issuer: the provider knows both.
  const { audience, resource, scope } = form
  const said = { sub: payload.sub, aud: audience?.replace(/\/$/, ''), resource, scope, client_id: 'agent' }
  const access_token = await signed('oauth-id-jag+jwt', { ...said, ...changes })
  return answer(200, { issued_token_type: ID_JAG, access_token, token_type: 'N_A', expires_in: 300, scope })
}

/** An MCP server with one tool, which says who asks. */
async function serveTools(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const server = new McpServer({ name: 'orders', version: '1.0.0' })
  server.registerTool('whoami', {}, () => ({
    content: [{ type: 'text', text: (request as EntitledRequest).entitlement?.sub ?? '' }],
  }))
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
  await server.connect(transport as never)
  await transport.handleRequest(request, response, request.method === 'POST' ? await json(request) : undefined)
}

beforeAll(async () => {
  const started = await listen((request, response) => void provider(request, response))
  idp = `http://localhost:${started.port}`
  const port = await freePort()
  mcp = `http://localhost:${port}/mcp`
  const other = 'https://other.example/mcp'
  const agent = {
    secret_hash: secretHash(SECRET),
    grant_types: [JWT_BEARER],
    resources: [mcp, other],
    scopes: ['tools:use', 'tools:admin'],
  }
  const trusted = {
    issuer: idp,
    profile: 'id-jag',
    jwks_uri: `${idp}/jwks`,
    algorithms: ['ES256'],
    allow: [{ subjects: ['*'], clients: ['agent'], resources: [mcp, other], scopes: ['tools:use', 'tools:admin'] }],
  }
  live = await startIssuer({
    RESOURCES: Object.fromEntries([mcp, other].map((uri) => [uri, { scopes: ['tools:use', 'tools:admin'] }])),
    CLIENTS: { agent },
    TRUSTED_ISSUERS: { acme: trusted },
  })
  const { issuer, ring } = live
  const now = Math.floor(Date.now() / 1000)
  const keys = writeKeys(exportKeys(ring, { issuer, resource: mcp, now }))
  const about = describeServer({ issuer, resource: mcp, scopes: ['tools:use'] })
  const verifier = createVerifier({ issuer, resource: mcp, keys, resourceMetadata: about.url })
  const guarded = resourceServer({ verifier, scope: 'tools:use' })
  const mcpServer = await listen((request, response) => {
    about(request as EntitledRequest, response, () =>
      guarded(request as EntitledRequest, response, () => void serveTools(request, response)),
    )
  }, port)
  servers.push(started.server, mcpServer.server)
}, 120_000)
afterAll(async () => {
  for (const server of servers) server.close()
  await live?.stop()
})

/** Asks the tool who asks, as MCP's own SDK does for somebody who has logged in at the enterprise. */
async function askTool(clientSecret = SECRET): Promise<unknown> {
  const idToken = await signed('JWT', { aud: 'agent-at-idp' })
  const authProvider = new CrossAppAccessProvider({
    clientId: 'agent',
    clientSecret,
    expectedIssuer: live.issuer,
    async assertion({ authorizationServerUrl, resourceUrl, scope }) {
      const asked = { idpUrl: idp, audience: authorizationServerUrl, resource: resourceUrl, idToken }
      const who = { clientId: 'agent-at-idp', clientSecret: 'secret-at-idp' }
      const granted = await discoverAndRequestJwtAuthGrant({
        ...asked,
        ...who,
        ...(scope === undefined ? {} : { scope }),
      })
      return granted.jwtAuthGrant
    },
  })
  const client = new Client({ name: 'agent', version: '1.0.0' })
  try {
    await client.connect(new StreamableHTTPClientTransport(new URL(mcp), { authProvider }))
    const { content } = await client.callTool({ name: 'whoami', arguments: {} })
    return content
  } finally {
    await client.close()
  }
}

describe("MCP's enterprise-managed authorization, by its own SDK", () => {
  it('lets a person of the enterprise use a tool, and nobody was asked anything', async () => {
    changes = {}
    expect(await askTool()).toEqual([{ type: 'text', text: 'external:acme:00u1alice' }])
    shows('@modelcontextprotocol/client', 'enterprise')
  })

  it.each([
    ['another client', { client_id: 'other' }],
    ['another resource', { resource: 'https://other.example/mcp' }],
    ['less scope than the server asks for', { scope: 'tools:admin' }],
    ['another audience', { aud: 'https://other.example' }],
    ['no jti', { jti: undefined }],
  ])('lets nobody in where the provider says %s', async (_, said) => {
    changes = said
    await expect(askTool()).rejects.toThrow()
  })

  it('lets nobody in whose client does not prove itself', async () => {
    changes = {}
    await expect(askTool('wrong')).rejects.toThrow()
  })
})
