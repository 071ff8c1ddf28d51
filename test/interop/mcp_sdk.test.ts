/**
 * MCP's own SDK, both versions of it, before servers of its own: their middlewares, our verifier of tokens, their clients.
 *
 * @module
 */

import { createServer, type Server as NetServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Client as Client2, StreamableHTTPClientTransport as Transport2 } from '@modelcontextprotocol/client'
import { requireBearerAuth as bearer2, mcpAuthMetadataRouter as metadata2 } from '@modelcontextprotocol/express'
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth as bearer1 } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { mcpAuthMetadataRouter as metadata1 } from '@modelcontextprotocol/sdk/server/auth/router.js'
import { McpServer as McpServer1 } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import {
  bearerAuthChallengeResponse,
  createMcpHandler,
  requireBearerAuth as fetchBearer2,
  McpServer as McpServer2,
  OAuthError,
  OAuthErrorCode,
} from '@modelcontextprotocol/server'
import express, { type RequestHandler } from 'express'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring, createRing, exportKeys, writeKeys } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { resourceServer } from '../../src/verifier/hono.ts'
import { createVerifier, remoteKeys } from '../../src/verifier/index.ts'
import { toAuthInfo, tokenVerifier } from '../../src/verifier/mcp.ts'
import { testKey } from '../fixtures.ts'

const issuer = 'http://localhost:8787'
const resource = 'https://mcp.example/mcp'
// The SDK looks at the clock itself.
const now = Math.floor(Date.now() / 1000)
const ring = createRing({ now: now - 7200, key: testKey() })
const keys = writeKeys(exportKeys(ring, { issuer, resource, now }))
const options = { issuer, resource, onProblem: () => {} }

const invalid1 = (description: string) => new InvalidTokenError(description)
const invalid2 = (description: string) => new OAuthError(OAuthErrorCode.InvalidToken, description)
/** Keys that nobody can fetch. */
const unreachable = () =>
  remoteKeys({
    url: 'http://localhost:1/keys',
    clientId: 'a',
    clientSecret: 'b',
    fetch: () => Promise.reject(new Error('down')),
  })

function seal(scope: readonly string[] = ['tools:read'], more: Partial<Entitlement> = {}): Promise<string> {
  const entitlement = {
    ...{ sub: 'alice', client_id: 'agent', aud: resource, scope, iat: now, exp: now + 600, jti: 'j', ...more },
    claims: {},
  }
  return sealDirect(entitlement, issuer, createKeyring(ring, issuer).leavesFor('access', resource, 'A256GCM', 600), now)
}

/** What a tool answers: who calls it. */
const whoami = (extra: unknown) => {
  const { sub, client_id, scope } = extra as Entitlement
  return { content: [{ type: 'text' as const, text: `${sub} by ${client_id}: ${scope.join(' ')}` }] }
}

const serve1: RequestHandler = async (request, response) => {
  const server = new McpServer1({ name: 'whoami', version: '1' })
  server.registerTool('whoami', {}, ({ authInfo }) => whoami(authInfo?.extra))
  const transport = new StreamableHTTPServerTransport({})
  await server.connect(transport as never)
  await transport.handleRequest(request, response)
}
const handler2 = createMcpHandler(() => {
  const server = new McpServer2({ name: 'whoami', version: '1' })
  server.registerTool('whoami', {}, ({ http }) => whoami(http?.authInfo?.extra))
  return server
})

/** Servers of `/mcp`, each with good keys or with none to be had. */
const required = {
  requiredScopes: ['tools:read'],
  resourceMetadataUrl: 'https://mcp.example/.well-known/oauth-protected-resource/mcp',
}
const oauthMetadata = {
  issuer,
  authorization_endpoint: `${issuer}/authorize`,
  token_endpoint: `${issuer}/token`,
  response_types_supported: ['code'],
}
type Given = typeof keys | ReturnType<typeof unreachable>
const SERVERS: Readonly<Record<string, (given: Given) => NetServer>> = {
  'version 1': (given) => {
    const verifier = tokenVerifier({ ...options, keys: given, invalidToken: invalid1 })
    const app = express()
      .use(metadata1({ oauthMetadata, resourceServerUrl: new URL(resource) }))
      .post('/mcp', bearer1({ ...required, verifier, expectedResource: new URL(resource) }), serve1)
    return createServer(app)
  },
  'version 2, Express': (given) => {
    const verifier = tokenVerifier({ ...options, keys: given, invalidToken: invalid2 })
    const app = express()
      .use(metadata2({ oauthMetadata, resourceServerUrl: new URL(resource) }))
      .post('/mcp', bearer2({ ...required, verifier, expectedResource: new URL(resource) }), serve1)
    return createServer(app)
  },
  'version 2, fetch': (given) => {
    const verifier = tokenVerifier({ verifier: createVerifier({ ...options, keys: given }), invalidToken: invalid2 })
    const gate = fetchBearer2({ ...required, verifier, expectedResource: new URL(resource) })
    const fetch = async (request: Request): Promise<Response> => {
      const authInfo = await gate(request)
      return authInfo instanceof Response ? authInfo : handler2.fetch(request, { authInfo })
    }
    return createAdaptorServer({ fetch }) as NetServer
  },
  'version 2, behind our own middleware': (given) => {
    const app = new Hono()
      .use(
        '/mcp',
        resourceServer({
          ...options,
          keys: given,
          scope: 'tools:read',
          dpop: 'off',
          resourceMetadata: required.resourceMetadataUrl,
        }),
      )
      .all('/mcp', (c) => handler2.fetch(c.req.raw, { authInfo: toAuthInfo(c.get('entitlement')) }))
    return createAdaptorServer(app) as NetServer
  },
}
const NAMES = Object.keys(SERVERS)
const THEIRS = NAMES.slice(0, 3)

const running: NetServer[] = []
const urls = new Map<string, URL>()
beforeAll(async () => {
  for (const [name, make] of Object.entries(SERVERS))
    for (const [state, given] of [
      ['good', keys],
      ['down', unreachable()],
    ] as const) {
      const server = make(given)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      running.push(server)
      urls.set(`${name} ${state}`, new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`))
    }
})
afterAll(() => Promise.all(running.map((server) => new Promise((resolve) => server.close(resolve)))))

const urlOf = (name: string, state = 'good'): URL => urls.get(`${name} ${state}`) ?? new URL('http://localhost:1')

/** Asks for a tool's answer, with whatever token. */
async function ask(name: string, token: string | undefined, state = 'good') {
  const response = await fetch(urlOf(name, state), {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'whoami', arguments: {} } }),
  })
  return { status: response.status, challenge: response.headers.get('www-authenticate'), text: await response.text() }
}

/** A provider of tokens that notes what the client does with them. */
function noting(token: string): { provider: OAuthClientProvider; did: string[] } {
  const did: string[] = []
  const provider: OAuthClientProvider = {
    redirectUrl: 'http://127.0.0.1/callback',
    clientMetadata: { redirect_uris: ['http://127.0.0.1/callback'] },
    clientInformation: () => ({ client_id: 'agent' }),
    tokens: () => ({ access_token: token, token_type: 'Bearer', refresh_token: 'r' }),
    saveTokens: () => void did.push('saves'),
    redirectToAuthorization: () => void did.push('goes to the issuer'),
    saveCodeVerifier: () => {},
    codeVerifier: () => '',
    invalidateCredentials: (scope) => void did.push(`forgets ${scope}`),
    discoveryState: (): undefined => {
      did.push('looks for the issuer')
      return undefined
    },
  }
  return { provider, did }
}

describe.each(NAMES)("MCP's own SDK, %s", (name) => {
  it('answers a tool call of its clients with who calls, by a token of ours', async () => {
    const requestInit = { headers: { authorization: `Bearer ${await seal(['tools:read', 'tools:write'])}` } }
    const answers = []
    const one = new Client1({ name: 'one', version: '1' })
    await one.connect(new Transport1(urlOf(name), { requestInit }) as never)
    answers.push(await one.callTool({ name: 'whoami', arguments: {} }))
    await one.close()
    const two = new Client2({ name: 'two', version: '1' })
    await two.connect(new Transport2(urlOf(name), { requestInit }))
    answers.push(await two.callTool({ name: 'whoami', arguments: {} }))
    await two.close()
    const told = { content: [{ type: 'text', text: 'alice by agent: tools:read tools:write' }] }
    expect(answers).toMatchObject([told, told])
  })

  it.each<[string, () => Promise<string | undefined>, number, string]>([
    ['without a token', async () => undefined, 401, 'invalid_token'],
    ['with what is no token', async () => 'x', 401, 'invalid_token'],
    [
      'with a token that has ended',
      () => seal(['tools:read'], { iat: now - 700, exp: now - 100 }),
      401,
      'invalid_token',
    ],
    ['without the scope', () => seal(['tools:write']), 403, 'insufficient_scope'],
  ])('refuses who comes %s, and names its metadata', async (_, make, status, code) => {
    const answer = await ask(name, await make())
    expect([answer.status, answer.challenge]).toEqual([status, expect.stringContaining(required.resourceMetadataUrl)])
    if (name !== NAMES[3] || status !== 401) expect(JSON.parse(answer.text)).toMatchObject({ error: code })
    expect(answer.challenge).toContain('scope="tools:read"')
  })

  // promise: W20
  it('is no 401 where the keys are out of reach: the client keeps its tokens, and throws none away', async () => {
    const token = await seal()
    const down = await ask(name, token, 'down')
    expect([down.status, down.challenge]).toEqual([name === NAMES[3] ? 503 : 500, null])
    const { provider, did } = noting(token)
    const client = new Client1({ name: 'one', version: '1' })
    await expect(
      client.connect(new Transport1(urlOf(name, 'down'), { authProvider: provider }) as never),
    ).rejects.toThrow()
    expect(did).toEqual([])
    // A 401 is what sets it off.
    const { provider: other, did: begun } = noting('x')
    await client.connect(new Transport1(urlOf(name), { authProvider: other }) as never).catch(() => undefined)
    expect(begun).toContain('looks for the issuer')
  })
})

describe("the SDK's verifier of tokens", () => {
  it.each(THEIRS)('refuses a bound token by a sentence that says why: %s', async (name) => {
    for (const cnf of [{ jkt: 'A'.repeat(43) }, { 'x5t#S256': 'A'.repeat(43) }]) {
      const answer = await ask(name, await seal(['tools:read'], { cnf }))
      const error_description =
        'The access token is bound to a key: this server takes bearer tokens alone, so ask for one without DPoP and certificate.'
      expect([answer.status, JSON.parse(answer.text)]).toEqual([401, { error: 'invalid_token', error_description }])
      expect(answer.challenge).toContain(`error_description="${error_description}"`)
    }
  })

  it('says what the token says, and hands the token on only where it was shown it', async () => {
    const verifier = tokenVerifier({ ...options, keys, invalidToken: invalid1 })
    const token = await seal(['tools:read'], { acr: 'high' })
    const info = await verifier.verifyAccessToken(token)
    expect(info).toMatchObject({
      token,
      clientId: 'agent',
      scopes: ['tools:read'],
      expiresAt: now + 600,
      resource: new URL(resource),
      extra: { sub: 'alice', acr: 'high', jti: 'j' },
    })
    expect(toAuthInfo(info.extra)).toEqual({ ...info, token: '' })
  })

  it.each([
    ['no error of the SDK', {}, '"invalidToken" expected a function'],
    ['what is about requests', { invalidToken: invalid1, keys, dpop: 'off' }, '"dpop" is about requests'],
    ['a URL of requests', { invalidToken: invalid1, keys, baseUrl: resource }, '"baseUrl" is about requests'],
    ['what is unknown', { invalidToken: invalid1, keys, scopes: [] }, '"createVerifier" has no setting "scopes"'],
    [
      'options beside a verifier',
      { invalidToken: invalid1, verifier: createVerifier({ ...options, keys }) },
      'goes with no "verifier"',
    ],
    ['no verifier', { invalidToken: invalid1, verifier: {}, issuer: undefined }, 'goes with no "verifier"'],
  ])('cannot be made with %s', (_, more, message) => {
    expect(() => tokenVerifier({ ...options, ...more } as never)).toThrow(message)
  })

  it('is nothing but a 500 to the SDK where it throws what the SDK does not know', () => {
    expect(bearerAuthChallengeResponse(new InvalidTokenError('x')).status).toBe(500)
  })
})
