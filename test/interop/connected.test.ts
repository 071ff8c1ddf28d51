import type { Server } from 'node:http'
import { serve } from '@hono/node-server'
import { getConnInfo } from '@hono/node-server/conninfo'
import { transform } from 'esbuild'
import { afterAll, describe, expect, it } from 'vitest'
import type { IssuerSettings } from '../../src/index.ts'
import { blockOf } from '../docs.ts'
import { basic, testIssuer } from '../fixtures.ts'
import { freePort } from '../parties/live_issuer.ts'

/** What the docs have as `addressOf`. */
async function shown(): Promise<NonNullable<IssuerSettings['addressOf']>> {
  const { code } = await transform(blockOf('connected').replace(/^import .*\n/gm, ''), { loader: 'ts', format: 'cjs' })
  const module = { exports: {} as { addressOf: NonNullable<IssuerSettings['addressOf']> } }
  new Function('module', 'getConnInfo', code)(module, getConnInfo)
  return module.exports.addressOf
}

describe('hooks of an issuer in Node', () => {
  const servers: Server[] = []
  afterAll(() => servers.map((server) => server.close()))

  it('know who is connected by what Hono reads of `env`, whatever the caller writes of itself (H65)', async () => {
    const addressOf = await shown()
    const failures: unknown[] = []
    const port = await freePort()
    const issuer = testIssuer({
      issuer: `http://127.0.0.1:${port}`,
      allowFailure: async (request, env) => failures.push(addressOf(request, env)) < 2,
    })
    const server = await new Promise<Server>((resolve) => {
      const started: Server = serve({ fetch: issuer.fetch, port, hostname: '127.0.0.1' }, () =>
        resolve(started),
      ) as Server
    })
    servers.push(server)
    const fail = async (): Promise<number> => {
      const headers = { authorization: basic('service', 'wrong'), 'x-forwarded-for': '203.0.113.7' }
      const body = new URLSearchParams({ grant_type: 'client_credentials' })
      return (await fetch(`http://127.0.0.1:${port}/token`, { method: 'POST', headers, body })).status
    }
    expect([await fail(), await fail(), failures]).toEqual([401, 429, ['127.0.0.1', '127.0.0.1']])
  })
})
