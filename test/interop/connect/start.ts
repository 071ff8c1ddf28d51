/**
 * APIs and issuers of others, as they come, each on a port of its own.
 *
 * @module
 */

import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { oauthProvider, oauthProviderAuthServerMetadata } from '@better-auth/oauth-provider'
import { serve } from '@hono/node-server'
import { InvalidGrantError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js'
import { getOAuthProtectedResourceMetadataUrl, mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js'
import type { OAuthClientInformationFull } from '@modelcontextprotocol/sdk/shared/auth.js'
import { betterAuth } from 'better-auth'
import { memoryAdapter } from 'better-auth/adapters/memory'
import { jwt } from 'better-auth/plugins/jwt'
import express from 'express'
import { Hono } from 'hono'
import Provider from 'oidc-provider'
import { unstable_startWorker } from 'wrangler'
import { exportKeys, writeKeys } from '../../../keys/index.ts'
import { describe, resourceServer } from '../../../src/verifier/hono.ts'
import { ROOT } from '../../checkout.ts'
import { freePort, startIssuer } from '../../parties/live_issuer.ts'
import { REGISTRATION_KEYS } from '../../parties/walk_in.ts'

/** A running API, and how it is stopped. */
export interface Running {
  readonly url: string
  stop(): Promise<void>
}

async function listen(handler: RequestListener, port: number): Promise<Server> {
  const server = createServer(handler)
  await once(server.listen(port, 'localhost'), 'listening')
  return server
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

/** Starts an API that sends its clients to an issuer, and is asked by pages of any origin. */
export async function startApi(issuer: string, scopes: readonly string[], port: number): Promise<Running> {
  const url = `http://localhost:${port}/mcp`
  const at = `http://localhost:${port}/.well-known/oauth-protected-resource/mcp`
  const document = { resource: url, authorization_servers: [issuer], scopes_supported: scopes }
  const headers = {
    'access-control-allow-origin': '*',
    'access-control-allow-headers': 'authorization, content-type, mcp-protocol-version',
    'access-control-expose-headers': 'www-authenticate',
  }
  const server = await listen((request, response) => {
    if (request.method === 'OPTIONS') response.writeHead(204, headers).end()
    else if (request.url === new URL(at).pathname)
      response.writeHead(200, { ...headers, 'content-type': 'application/json' }).end(JSON.stringify(document))
    else response.writeHead(401, { ...headers, 'www-authenticate': `Bearer resource_metadata="${at}"` }).end()
  }, port)
  return { url, stop: () => close(server) }
}

/** npm's oidc-provider, with registration and resources turned on. */
export async function startOidcProvider(): Promise<Running> {
  const [port, apiPort] = [await freePort(), await freePort()]
  const issuer = `http://localhost:${port}`
  const api = await startApi(issuer, ['read'], apiPort)
  const provider = new Provider(issuer, {
    features: {
      registration: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({ scope: 'read', audience: api.url }),
      },
    },
    scopes: ['openid', 'offline_access', 'read'],
    pkce: { required: () => true },
  })
  const server = await listen(provider.callback(), port)
  return {
    url: api.url,
    async stop() {
      await Promise.all([api.stop(), close(server)])
    },
  }
}

/** What better-auth keeps, with its plugin. */
const TABLES = [
  'user',
  'session',
  'account',
  'verification',
  'jwks',
  'oauthClient',
  'oauthResource',
  'oauthClientResource',
  'oauthAccessToken',
  'oauthRefreshToken',
  'oauthConsent',
  'oauthClientAssertion',
]

/** better-auth, with its plugin that makes it an issuer. */
export async function startBetterAuth(): Promise<Running> {
  const [port, apiPort] = [await freePort(), await freePort()]
  const origin = `http://localhost:${port}`
  const api = await startApi(`${origin}/api/auth`, ['read'], apiPort)
  const auth = betterAuth({
    baseURL: origin,
    secret: 'a secret of at least thirty-two characters',
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    database: memoryAdapter(Object.fromEntries(TABLES.map((name) => [name, []]))),
    plugins: [
      jwt({ disableSettingJwtHeader: true }),
      oauthProvider({
        loginPage: '/login',
        consentPage: '/consent',
        scopes: ['openid', 'offline_access', 'read'],
        resources: [{ identifier: api.url, allowedScopes: ['read'] }],
        clientRegistrationDefaultResources: [api.url],
        allowDynamicClientRegistration: true,
        allowUnauthenticatedClientRegistration: true,
        silenceWarnings: { oauthAuthServerConfig: true },
      }),
    ],
  })
  const metadata = oauthProviderAuthServerMetadata(auth)
  const app = new Hono()
    .get('/.well-known/oauth-authorization-server/api/auth', ({ req }) => metadata(req.raw))
    .all('/api/auth/*', ({ req }) => auth.handler(req.raw))
  const server = serve({ fetch: app.fetch, port, hostname: 'localhost' })
  await once(server, 'listening')
  return {
    url: api.url,
    async stop() {
      await Promise.all([api.stop(), close(server as Server)])
    },
  }
}

/** Cloudflare's workers-oauth-provider, in workerd. */
export async function startWorkersOauthProvider(): Promise<Running> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'bulla-connect-'))
  const source = await readFile(join(ROOT, 'test/interop/connect/workers_oauth_provider.mjs'), 'utf8')
  const entrypoint = join(folder, 'worker.mjs')
  await writeFile(entrypoint, source.replaceAll('PORT', String(port)))
  process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
  const library = join(ROOT, 'node_modules/@cloudflare/workers-oauth-provider/dist/oauth-provider.js')
  const worker = await unstable_startWorker({
    config: '/dev/null',
    name: 'mcp',
    entrypoint,
    compatibilityDate: '2026-10-01',
    bindings: { OAUTH_KV: { type: 'kv_namespace', id: 'memory' } },
    build: { alias: { '@cloudflare/workers-oauth-provider': library } },
    dev: {
      server: { port, hostname: 'localhost' },
      logLevel: 'none',
      watch: false,
      inspector: false,
      persist: await mkdtemp(join(tmpdir(), 'bulla-memory-')),
    },
  })
  await worker.ready
  return { url: `http://localhost:${port}/mcp`, stop: () => worker.dispose() }
}

/** This issuer, which lets anybody register, and an API that opens its tokens. */
export async function startBulla(vars: Readonly<Record<string, unknown>> = {}): Promise<Running> {
  const [port, apiPort] = [await freePort(), await freePort()]
  const [issuer, resource] = [`http://localhost:${port}`, `http://localhost:${apiPort}/mcp`]
  const scopes = ['read', 'write']
  const live = await startIssuer(
    {
      RESOURCES: { [resource]: { scopes } },
      REGISTRATION: { resources: [resource], scopes },
      REGISTRATION_KEYS: REGISTRATION_KEYS.join(' '),
      ...vars,
    },
    { port },
  )
  const keys = writeKeys(exportKeys(live.ring, { issuer, resource, now: Math.floor(Date.now() / 1000) }))
  const about = describe({ resource, issuer, scopes })
  const api = resourceServer({ issuer, resource, keys, scope: 'read', resourceMetadata: about.url, cors: '*' })
  const app = new Hono().use(about).use('/mcp', api)
  const server = serve({ fetch: app.fetch, port: apiPort, hostname: 'localhost' }) as Server
  await once(server, 'listening')
  return {
    url: resource,
    async stop() {
      await Promise.all([close(server), live.stop()])
    },
  }
}

/** The router and the middleware of MCP's own SDK, with clients that are kept in memory. */
export async function startSdkRouter(): Promise<Running> {
  const port = await freePort()
  const [issuerUrl, resourceServerUrl] = [new URL(`http://localhost:${port}`), new URL(`http://localhost:${port}/mcp`)]
  const clients = new Map<string, OAuthClientInformationFull>()
  const none = async (): Promise<never> => {
    throw new InvalidGrantError('nobody was given this')
  }
  const provider: OAuthServerProvider = {
    clientsStore: {
      getClient: (id) => clients.get(id),
      registerClient(said) {
        const client = { ...said, client_id: randomUUID() }
        clients.set(client.client_id, client)
        return client
      },
    },
    authorize: async (_client, _request, response) => void response.send('<!doctype html><p>May this app have it?'),
    challengeForAuthorizationCode: none,
    exchangeAuthorizationCode: none,
    exchangeRefreshToken: none,
    verifyAccessToken: none,
  }
  const resourceMetadataUrl = getOAuthProtectedResourceMetadataUrl(resourceServerUrl)
  const app = express()
    .use(mcpAuthRouter({ provider, issuerUrl, resourceServerUrl, scopesSupported: ['read'] }))
    .use('/mcp', requireBearerAuth({ verifier: provider, resourceMetadataUrl }))
  const server = await listen(app, port)
  return { url: resourceServerUrl.href, stop: () => close(server) }
}
