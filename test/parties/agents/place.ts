/**
 * A place to which agents come that nobody knows: an issuer at which strangers may register, an MCP server that is its resource,
 * and a person with a browser.
 *
 * @module
 */

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { createRing, writeRing } from '../../../keys/index.ts'
import { createIssuer, createMemoryGuard, type IssuerSettings } from '../../../src/index.ts'
import { createDynamicIds, type DynamicMethod } from '../../../src/registration/walk_in/dynamic_id.ts'
import { readRegistrationKeys } from '../../../src/registration/walk_in/walk_in_registration.ts'
import { secretHash, testKey } from '../../fixtures.ts'
import { freePort, startIssuer } from '../live_issuer.ts'
import { createVisitor, type Visitor } from '../visitor.ts'
import { REGISTRATION_KEYS } from '../walk_in.ts'
import { type McpServer, startMcpServer } from './mcp_server.ts'

/** The runtimes in which the issuer can stand. */
export type Runtime = 'workerd' | 'Node'

/** A place. */
export interface Place {
  readonly issuer: string
  readonly server: McpServer
  /** The person who owns all apps. */
  readonly person: Visitor
  /** Returns a client as it was registered once, under a key that is no more. */
  forgotten(redirectUri: string, method?: DynamicMethod): Forgotten
  stop(): Promise<void>
}

/** A client that the issuer knows no more. */
export interface Forgotten {
  readonly client_id: string
  readonly client_secret?: string
  readonly redirect_uris: string[]
  readonly token_endpoint_auth_method: DynamicMethod
}

/** What is special about a place. */
export interface PlaceChanges {
  /** What stands behind the issuer's origin. Default: nothing. */
  readonly path?: string
  /** Members of the setting. */
  readonly registration?: Readonly<Record<string, unknown>>
  /** Further settings, by the names of the bindings. */
  readonly vars?: Readonly<Record<string, unknown>>
  /** The issuer's port. Default: one that nobody has. */
  readonly port?: number
}

/** The scopes of the MCP server. */
export const SCOPES = ['tools:read', 'tools:write'] as const

/** The MCP server's own client at the issuer. */
const OWN = { id: 'mcp-server', secret: 'mcp-server-secret' } as const

/** Starts an issuer in Node, as `createIssuer` is used there. */
async function startInNode(
  issuer: string,
  port: number,
  keyRing: string,
  vars: Record<string, unknown>,
): Promise<{ stop(): Promise<void> }> {
  const now = (): number => Math.floor(Date.now() / 1000)
  const settings = {
    ...{ issuer, keyRing, now, guard: createMemoryGuard(now), log: () => {} },
    resources: vars['RESOURCES'],
    clients: vars['CLIENTS'],
    registration: vars['REGISTRATION'],
    registrationKeys: vars['REGISTRATION_KEYS'],
    authenticate: async () => ({ sub: 'alice', auth_time: now() }),
  } as IssuerSettings
  const server: Server = createServer(getRequestListener(createIssuer(settings).fetch))
  await once(server.listen(port, 'localhost'), 'listening')
  return {
    async stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** Opens a place in a runtime. */
export async function startPlace(on: Runtime, changes: PlaceChanges = {}): Promise<Place> {
  const port = changes.port ?? (await freePort())
  const issuer = `http://localhost:${port}${changes.path ?? ''}`
  const server = await startMcpServer({ issuer, clientId: OWN.id, clientSecret: OWN.secret, scopes: SCOPES })
  const vars = {
    RESOURCES: { [server.url]: { scopes: SCOPES } },
    CLIENTS: { [OWN.id]: { kind: 'resource_server', secret_hash: secretHash(OWN.secret), resources: [server.url] } },
    REGISTRATION: { resources: [server.url], scopes: SCOPES, ...changes.registration },
    REGISTRATION_KEYS: REGISTRATION_KEYS[0],
    ...changes.vars,
  }
  const ring = createRing({ now: Math.floor(Date.now() / 1000), key: testKey() })
  const running =
    on === 'Node'
      ? await startInNode(issuer, port, writeRing(ring), vars)
      : await startIssuer(vars, { port, issuer, ring })
  const gone = createDynamicIds(issuer, readRegistrationKeys('gone', REGISTRATION_KEYS[1]))
  return {
    issuer,
    server,
    person: createVisitor(),
    forgotten(redirectUri, method = 'none') {
      const client_id = gone.make({
        ...{ random: 'AAAAAAAAAAA', hour: 490_000, name: 'Of old', method },
        ...{ redirectUris: [redirectUri], grantTypes: ['authorization_code', 'refresh_token'] },
      })
      const secret = method === 'none' ? {} : { client_secret: gone.open(client_id)?.secret() ?? '' }
      return { client_id, ...secret, redirect_uris: [redirectUri], token_endpoint_auth_method: method }
    },
    async stop() {
      await server.stop()
      await running.stop()
    },
  }
}
