/**
 * An API and its issuer on one port, as a client of MCP would have them; and what is changed of it.
 *
 * @module
 */

import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An answer; without a status it is 200, and a body that is no text is sent as JSON. */
export interface Scripted {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** What was asked. */
export interface Seen {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** What answers: a script, or a hand on the socket itself. */
export type Handler = (seen: Seen, raw: ServerResponse) => Scripted | 'taken'

/** What is answered by `METHOD /path`, or `/path` for all methods. */
export type Handlers = Readonly<Record<string, Handler>>

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'authorization, content-type, mcp-protocol-version',
  'access-control-expose-headers': 'www-authenticate',
}

/** The paths of the server. */
export const API = '/mcp'
export const RESOURCE = '/.well-known/oauth-protected-resource/mcp'
export const ISSUER = '/.well-known/oauth-authorization-server/t'

/** Returns the document of the API. */
export function resourceDocument(origin: string): Record<string, unknown> {
  return { resource: `${origin}/mcp`, authorization_servers: [`${origin}/t`], scopes_supported: ['read', 'write'] }
}

/** Returns the document of the issuer. */
export function issuerDocument(origin: string): Record<string, unknown> {
  return {
    issuer: `${origin}/t`,
    authorization_endpoint: `${origin}/t/authorize`,
    token_endpoint: `${origin}/t/token`,
    registration_endpoint: `${origin}/t/register`,
    scopes_supported: ['read', 'write'],
    response_types_supported: ['code'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: ['none', 'client_secret_basic'],
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
  }
}

/** What it answers where nothing is changed. */
export const GOOD: Handlers = {
  [API]: ({ url }) => ({
    status: 401,
    headers: { 'www-authenticate': `Bearer realm="mcp", resource_metadata="${url.origin}${RESOURCE}"` },
  }),
  [`GET ${RESOURCE}`]: ({ url }) => ({ body: resourceDocument(url.origin) }),
  [`GET ${ISSUER}`]: ({ url }) => ({ body: issuerDocument(url.origin) }),
  'POST /t/register': ({ body }) => ({ status: 201, body: { client_id: 'c-1', ...JSON.parse(body) } }),
  'GET /t/authorize': () => ({ headers: { 'content-type': 'text/html' }, body: '<!doctype html><p>Log in' }),
  'POST /t/token': ({ body }) =>
    new URLSearchParams(body).get('client_id') === 'c-1'
      ? { status: 400, body: { error: 'invalid_grant' } }
      : { status: 401, body: { error: 'invalid_client' } },
}

/** A running server. */
export interface ConnectServer {
  readonly origin: string
  /** All that was asked, in order. */
  readonly seen: readonly Seen[]
  stop(): void
}

/** Starts the server, with these changes. */
export async function startConnectServer(changes: Handlers = {}): Promise<ConnectServer> {
  const handlers: Handlers = { ...GOOD, ...changes }
  const seen: Seen[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const part of request) body += part
    const url = new URL(request.url ?? '', `http://${request.headers.host}`)
    const asked: Seen = { method: request.method ?? '', url, headers: request.headers, body }
    seen.push(asked)
    const handler =
      handlers[`${asked.method} ${url.pathname}`] ?? (asked.method === 'OPTIONS' ? undefined : handlers[url.pathname])
    const answer = handler?.(asked, response) ?? { status: asked.method === 'OPTIONS' ? 204 : 404 }
    if (answer === 'taken') return
    const { status = 200, headers, body: content = '' } = answer
    const type = typeof content === 'string' ? {} : { 'content-type': 'application/json' }
    response
      .writeHead(status, { ...CORS, ...type, ...headers })
      .end(typeof content === 'string' ? content : JSON.stringify(content))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
