/**
 * What the middlewares do where something beside them is unusual: real frameworks, in this process.
 *
 * @module
 */

import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import express, { type ErrorRequestHandler } from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { afterEach, describe, expect, it } from 'vitest'
import { createKeyring, exportKeys, writeKeys } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import { type EntitledRequest, entitlementOf, resourceServer as inExpress } from '../../src/verifier/express.ts'
import { resourceServer as inFastify } from '../../src/verifier/fastify.ts'
import { resourceServer as inHono } from '../../src/verifier/hono.ts'
import { createVerifier, type Entitlement, type Verifier } from '../../src/verifier/index.ts'
import { API, ENTITLEMENT, ISSUER, NOW, testRing } from '../ring.ts'

const ring = testRing(NOW)
const verifier = createVerifier({
  issuer: ISSUER,
  resource: API,
  keys: writeKeys(exportKeys(ring, { issuer: ISSUER, resource: API, now: NOW })),
  now: () => NOW,
})
const token = await sealDirect(
  ENTITLEMENT,
  ISSUER,
  createKeyring(ring, ISSUER).leavesFor('access', API, 'A256GCM', 600),
  NOW,
)
const headers = { authorization: `Bearer ${token}` }

/** A verifier that breaks its word, and throws. */
const broken: Verifier = {
  async verify() {
    throw new Error('the verifier is broken')
  },
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

/** Returns what asks a server by HTTP/2, and gives status and body. */
function askHttp2(url: string): (sent: Readonly<Record<string, string>>) => Promise<readonly unknown[]> {
  const session = connect(url)
  stops.unshift(() => session.close())
  return async (sent) => {
    const stream = session.request({ ':path': '/', ...sent })
    const status = new Promise((resolve) => stream.on('response', (said) => resolve(said[':status'])))
    return [await status, await text(stream)]
  }
}

describe('the middleware for Express', () => {
  const handleError: ErrorRequestHandler = (error, _request, response, next) =>
    response.headersSent ? next(error) : response.status(500).json({ message: error.message })

  it('hands what fails to the error handler', async () => {
    const url = await serve(
      express()
        .use(inExpress({ verifier: broken }))
        .use(handleError),
    )
    const response = await fetch(url, { headers })
    expect([response.status, await response.json()]).toEqual([500, { message: 'the verifier is broken' }])
  })

  it('survives that somebody answered before it', async () => {
    const seen: unknown[] = []
    const app = express()
      .use((_request, response, next) => {
        response.end('too slow')
        next()
      })
      .use(inExpress({ verifier }))
      .use(((error, _request, _response, _next) => seen.push(error.code)) satisfies ErrorRequestHandler)
    expect(await (await fetch(await serve(app))).text()).toBe('too slow')
    await expect.poll(() => seen).toEqual(['ERR_HTTP_HEADERS_SENT'])
  })

  it('looks at the URL as it came, whatever was made of it since (RFC 6750 §2)', async () => {
    const app = express()
      .use((request, _response, next) => {
        request.url = '/orders'
        next()
      })
      .use('/orders', inExpress({ verifier }), (_request, response) => response.end('in'))
    const url = await serve(app)
    expect((await fetch(`${url}/old?access_token=x`, { headers })).status).toBe(400)
    expect(await (await fetch(`${url}/old`, { headers })).text()).toBe('in')
  })

  it('says its own headers once, in place of what stood there', async () => {
    const app = express().use((_request, response, next) => {
      response.set({ 'Cache-Control': 'public', 'WWW-Authenticate': 'Basic', 'X-Own': '1' })
      next()
    })
    const response = await fetch(await serve(app.use(inExpress({ verifier }))))
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'cache-control': 'no-store',
      'www-authenticate': `Bearer realm="${API}", DPoP realm="${API}", algs="ES256 Ed25519 EdDSA PS256"`,
      'x-own': '1',
    })
  })

  it('lets no handler run that it should not', async () => {
    let ran = 0
    const url = await serve(
      express().use(inExpress({ verifier, scope: 'read' }), (_request, response) => {
        ran++
        response.end('in')
      }),
    )
    const answers = [
      await fetch(url),
      await fetch(url, { headers: { authorization: 'Bearer x' } }),
      await fetch(url, { headers }),
    ]
    expect([answers.map(({ status }) => status), ran]).toEqual([[401, 401, 200], 1])
  })

  it('tells a handler what was let in, and by an error of the server where the route stands behind no middleware', async () => {
    const app = express()
      .use('/orders', inExpress({ verifier }))
      .get(['/orders', '/open'], (request, response) => response.end(entitlementOf(request).sub))
    const url = await serve(app.use(handleError))
    expect(await (await fetch(`${url}/orders`, { headers })).text()).toBe('alice')
    const open = await fetch(`${url}/open`, { headers })
    const message = 'the request has no entitlement: no resourceServer(…) stands before this route'
    expect([open.status, await open.json()]).toEqual([500, { message }])
  })

  it('serves without Express, in a bare server of Node', async () => {
    const middleware = inExpress({ verifier, scope: 'read' })
    const url = await serve((request, response) =>
      middleware(request, response, () => response.end((request as EntitledRequest).entitlement?.sub)),
    )
    expect(await (await fetch(url, { headers })).text()).toBe('alice')
    expect((await fetch(url)).status).toBe(401)
  })

  it('serves HTTP/2', async () => {
    const middleware = inExpress({ verifier })
    const server = createHttp2Server((request, response) => {
      const asked = request as unknown as EntitledRequest
      middleware(asked, response as unknown as ServerResponse, () => response.end(asked.entitlement?.sub ?? ''))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    stops.push(() => server.close())
    const ask = askHttp2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    expect([await ask(headers), await ask({})]).toEqual([
      [200, 'alice'],
      [401, '{"error_description":"The request has no access token."}'],
    ])
  })
})

describe('the hook for Fastify', () => {
  it('hands what fails to the error handler', async () => {
    const app = Fastify().setErrorHandler((error: Error, _request, reply) => reply.code(500).send(error.message))
    app.addHook('onRequest', inFastify({ verifier: broken }))
    app.get('/', async () => 'in')
    const { statusCode, body } = await app.inject({ url: '/', headers })
    expect([statusCode, body]).toEqual([500, 'the verifier is broken'])
  })

  it.each(['onRequest', 'preHandler'] as const)(
    'serves as %s of a scope, with a decorated request, and lets no handler run that it should not',
    async (name) => {
      let ran = 0
      const app = Fastify().decorateRequest('entitlement')
      app.register(async (orders) => {
        orders.addHook(name as 'onRequest', inFastify({ verifier, scope: 'read' }))
        orders.get('/orders', async (request) => {
          ran++
          return request.getDecorator<Entitlement>('entitlement').sub
        })
      })
      app.get('/open', async (request) => request.entitlement?.sub ?? 'nobody')
      expect((await app.inject({ url: '/orders', headers })).body).toBe('alice')
      expect((await app.inject('/orders')).statusCode).toBe(401)
      expect((await app.inject({ url: '/open', headers })).body).toBe('nobody')
      expect(ran).toBe(1)
    },
  )

  it('looks at the URL as it came, whatever was made of it since (RFC 6750 §2)', async () => {
    const app = Fastify({ rewriteUrl: () => '/orders' })
    app.get('/orders', { onRequest: inFastify({ verifier }) }, async () => 'in')
    expect((await app.inject({ url: '/old?access_token=x', headers })).statusCode).toBe(400)
    expect((await app.inject({ url: '/old', headers })).body).toBe('in')
  })

  it('serves HTTP/2', async () => {
    const app = Fastify({ http2: true })
    app.get('/', { onRequest: inFastify({ verifier }) }, async ({ entitlement }) => entitlement?.sub)
    stops.push(() => app.close())
    const ask = askHttp2(await app.listen({ port: 0, host: '127.0.0.1' }))
    expect([await ask(headers), await ask({})]).toEqual([
      [200, 'alice'],
      [401, '{"error_description":"The request has no access token."}'],
    ])
  })
})

describe('the middleware for Hono', () => {
  it('hands what fails to the error handler', async () => {
    const app = new Hono().use(inHono({ verifier: broken })).onError((error, c) => c.text(error.message, 500))
    const response = await app.request('/', { headers })
    expect([response.status, await response.text()]).toEqual([500, 'the verifier is broken'])
  })
})
