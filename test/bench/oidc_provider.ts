/**
 * oidc-provider in a process of its own, as it comes, with its store in memory: opaque tokens for one resource, JWTs for
 * another.
 *
 * @module
 */

import { fork } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { importPeer } from './peers.ts'
import { API, LEDGER } from './tokens.ts'

/** A running provider. */
export interface OidcProvider {
  readonly port: number
  stop(): void
}

/** The client of the provider, and its secret. */
export const CLIENT = { id: 'billing', secret: 'sQ3nV1xO8wL5tY2kR7cB9mZ4jH6gF0dA' } as const

/** Starts a provider whose tokens for `API` are opaque, and for `LEDGER` JWTs signed by ES256. */
export function startOidcProvider(): Promise<OidcProvider> {
  const child = fork(import.meta.filename, ['serve'], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('oidc-provider ended')))
    child.once('message', (port) => resolve({ port: port as number, stop: () => child.disconnect() }))
  })
}

async function serve(): Promise<void> {
  const { default: Provider } = await importPeer('oidc-provider')
  const scope = 'orders:read orders:write'
  const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])
  const jwk = await crypto.subtle.exportKey('jwk', privateKey)
  const server = createServer()
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    const provider = new Provider(`http://127.0.0.1:${port}`, {
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
          id_token_signed_response_alg: 'ES256',
        },
      ],
      jwks: { keys: [{ ...jwk, kid: '1', alg: 'ES256', use: 'sig' }] },
      features: {
        devInteractions: { enabled: false },
        clientCredentials: { enabled: true },
        introspection: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: () => API,
          getResourceServerInfo: (_: unknown, resource: string) => ({
            scope,
            audience: resource,
            accessTokenTTL: 3600,
            accessTokenFormat: resource === LEDGER ? 'jwt' : 'opaque',
            jwt: { sign: { alg: 'ES256' } },
          }),
        },
      },
    })
    server.on('request', provider.callback())
    process.send?.(port)
  })
  process.on('disconnect', () => process.exit())
}

if (process.argv[2] === 'serve') await serve()
