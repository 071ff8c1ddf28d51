/**
 * What an API does with the provider's token of a person: in real frameworks, and as the docs say it, at a server that stands for the
 * provider.
 *
 * @module
 */

import { createServer, type RequestListener } from 'node:http'
import { stripTypeScriptTypes } from 'node:module'
import type { AddressInfo } from 'node:net'
import express from 'express'
import Fastify from 'fastify'
import { afterEach, describe, expect, it } from 'vitest'
import { createKeyring, exportKeys, writeKeys } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { entitlementOf, resourceServer as inExpress } from '../../src/verifier/express.ts'
import { resourceServer as inFastify } from '../../src/verifier/fastify.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { blockOf } from '../docs.ts'
import { API, ENTITLEMENT, ISSUER, NOW, testRing } from '../ring.ts'

const CANARY = 'gho_canary-7f3a'
const entitlement: Entitlement = { ...ENTITLEMENT, sub: 'github|583231' }
const ring = testRing(NOW)
const verifier = createVerifier({
  issuer: ISSUER,
  resource: API,
  keys: writeKeys(exportKeys(ring, { issuer: ISSUER, resource: API, now: NOW })),
  now: () => NOW,
})
const leaves = createKeyring(ring, ISSUER).leavesFor('access', API, 'A256GCM', 600)
const headers = {
  authorization: `Bearer ${await sealDirect({ ...entitlement, providerToken: CANARY }, ISSUER, leaves, NOW)}`,
}

const stops: (() => unknown)[] = []
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())))

/** Serves by Node, and returns the URL. */
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

describe('an API that answers, and logs, with the entitlement of a request', () => {
  it('in Express has the token of the provider by its name, and gives it to nobody', async () => {
    const seen: unknown[] = []
    const app = express()
      .use(inExpress({ verifier }))
      .get('/', (request, response) => {
        seen.push(entitlementOf(request).providerToken)
        response.json(request.entitlement)
      })
    const answer = await (await fetch(await serve(app), { headers })).json()
    expect([seen, answer]).toEqual([[CANARY], entitlement])
  })

  it('in Fastify has the token of the provider by its name, and gives it to nobody', async () => {
    const lines: string[] = []
    const seen: unknown[] = []
    const app = Fastify({ logger: { level: 'trace', stream: { write: (line: string) => lines.push(line) } } })
    app.get('/', { onRequest: inFastify({ verifier }) }, async (request) => {
      seen.push(entitlementOf(request).providerToken)
      request.log.info({ entitlement: request.entitlement }, 'asked')
      return request.entitlement
    })
    const answer = await app.inject({ url: '/', headers })
    expect([seen, answer.json()]).toEqual([[CANARY], entitlement])
    expect(lines.join()).toContain(entitlement.jti)
    expect(lines.join()).not.toContain(CANARY)
    await app.close()
  })
})

describe('an API that acts for the person at the provider, as the docs have it', () => {
  it('shows the token to the provider alone, and tells whoever has none, or one that has ended there, what to do', async () => {
    const asked: (string | undefined)[] = []
    const provider = await serve((request, response) => {
      asked.push(request.headers.authorization)
      response.statusCode = request.headers.authorization === `Bearer ${CANARY}` ? 200 : 401
      response.setHeader('content-type', 'application/json').end('[{"full_name":"octocat/hello"}]')
    })
    const program = stripTypeScriptTypes(blockOf('provider-token')).replace('https://api.github.com', provider)
    const { listRepositories } = await import(`data:text/javascript,${encodeURIComponent(program)}`)
    const verification = await verifier.verify(headers.authorization.slice('Bearer '.length))
    const good: Response = await listRepositories(verification.entitlement)
    expect([good.status, await good.json()]).toEqual([200, [{ full_name: 'octocat/hello' }]])
    expect((await listRepositories(entitlement)).status).toBe(403)
    expect((await listRepositories({ ...entitlement, providerToken: 'ended' })).status).toBe(403)
    expect(asked).toEqual([`Bearer ${CANARY}`, 'Bearer ended'])
  })
})
