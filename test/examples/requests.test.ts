/**
 * Requests of other makers: real packages, real sockets, another realm.
 *
 * @module
 */

import { createServer, type IncomingMessage } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { type AddressInfo, connect, type Server as NetServer } from 'node:net'
import { text } from 'node:stream/consumers'
import { createContext, runInContext } from 'node:vm'
import { createAdaptorServer } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { createSchema, createYoga } from 'graphql-yoga'
import { Hono } from 'hono'
import * as nodeFetch from 'node-fetch'
import * as undici from 'undici'
import { afterEach, describe, expect, it } from 'vitest'
import { resourceServer as inExpress } from '../../src/verifier/express.ts'
import { resourceServer as inFastify } from '../../src/verifier/fastify.ts'
import { resourceServer as inHono } from '../../src/verifier/hono.ts'
import { createVerifier, type ResourceRequest } from '../../src/verifier/index.ts'
import { API } from '../fixtures.ts'
import { options, seal, verifier } from '../parties/api.ts'
import { createProver } from '../parties/dpop.ts'

const prover = await createProver()
const bound = await seal({ jkt: prover.jkt })
const url = `${API}/orders/7`
const proof = (): Promise<string> => prover.prove({ method: 'GET', url, token: bound })
const sent = async () => ({ headers: { authorization: `DPoP ${bound}`, dpop: await proof() } })

const stops: (() => unknown)[] = []
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())))

/** Sends lines as they stand there, and returns the status. */
function askRaw(port: number, lines: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`))
    text(socket).then((answer) => resolve(Number(answer.slice(9, 12))), reject)
    socket.on('error', reject)
  })
}

/** Waits until a server listens, sees to its end, and returns its port. */
async function portOf(server: NetServer): Promise<number> {
  if (!server.listening) await new Promise((resolve) => server.once('listening', () => resolve(undefined)))
  stops.push(() => server.close())
  return (server.address() as AddressInfo).port
}

describe('a bound token is taken from a request of', () => {
  it('undici, from npm', async () => {
    expect((await verifier.verify(new undici.Request(url, await sent()))).ok).toBe(true)
  })

  it('node-fetch', async () => {
    expect((await verifier.verify(new nodeFetch.Request(url, await sent()) as ResourceRequest)).ok).toBe(true)
  })

  it('another realm', async () => {
    const { headers } = await sent()
    const realm = createContext({ entries: Object.entries(headers) })
    for (const form of ['Object.fromEntries(entries)', 'new Map(entries)', '[...entries]'])
      expect(
        (await createVerifier(options).verify({ method: 'GET', url, headers: runInContext(form, realm) })).ok,
      ).toBe(true)
  })

  it('graphql-yoga', async () => {
    const yoga = createYoga({
      schema: createSchema<{ request: Request }>({
        typeDefs: 'type Query { who: String }',
        resolvers: {
          Query: {
            who: async (_, __, { request }) => {
              const verification = await verifier.verify(request)
              return verification.ok ? verification.entitlement.sub : verification.reason
            },
          },
        },
      }),
      logging: false,
    })
    const server = createServer(yoga).listen(0, '127.0.0.1')
    const at = `http://127.0.0.1:${await portOf(server)}/graphql?query={who}`
    const own = `Bearer ${await seal()}`
    const who = async (headers: Record<string, string>) =>
      ((await (await fetch(at, { headers })).json()) as { data: { who: string } }).data.who
    expect([await who({ authorization: own }), await who({})]).toEqual(['alice', 'no_credentials'])
  })

  it('API Gateway, which has names in any case and lists beside', async () => {
    const { authorization, dpop } = (await sent()).headers
    const event = {
      httpMethod: 'GET',
      path: '/orders/7',
      headers: { Authorization: authorization, DPoP: dpop, Host: 'api1.example' },
      multiValueHeaders: { Authorization: [authorization], DPoP: [dpop], Host: ['api1.example'] },
    }
    const asked = { ...event, method: event.httpMethod, url: event.path, scheme: 'https' }
    expect((await createVerifier(options).verify(asked)).ok).toBe(true)
    const twice = { ...asked, multiValueHeaders: { Authorization: ['Bearer x', authorization] } }
    expect(await verifier.verify(twice)).toMatchObject({ code: 'invalid_request' })
  })
})

describe("Node's own request, handed over as it is", () => {
  const serve = async (of: (request: IncomingMessage) => ResourceRequest): Promise<number> => {
    const server = createServer(async (request, response) => {
      const verification = await createVerifier({ ...options, baseUrl: API }).verify(of(request))
      response.statusCode = verification.ok ? 200 : verification.response.status
      response.end()
    }).listen(0, '127.0.0.1')
    return portOf(server)
  }
  const lines = async (...more: string[]) => {
    const { authorization, dpop } = (await sent()).headers
    return [
      'GET /orders/7 HTTP/1.1',
      'Host: x',
      `Authorization: ${authorization}`,
      `DPoP: ${dpop}`,
      'Connection: close',
      ...more,
    ]
  }

  it.each<[string, (request: IncomingMessage) => ResourceRequest]>([
    ['itself', (request) => request],
    ['its lines', ({ method, url, rawHeaders }) => ({ method, url, headers: rawHeaders })],
    ['its lists', ({ method, url, headersDistinct }) => ({ method, url, headers: headersDistinct })],
  ])('is taken; with two Authorization headers it is malformed: %s', async (_, of) => {
    const port = await serve(of)
    expect(await askRaw(port, await lines())).toBe(200)
    expect(await askRaw(port, await lines('Authorization: Bearer x'))).toBe(400)
    expect(await askRaw(port, await lines('authorization: Basic YTpi'))).toBe(400)
  })

  // promise: P20
  it('is so over HTTP/2, too', async () => {
    const server = createHttp2Server(async (request, response) => {
      const verification = await createVerifier({ ...options, baseUrl: API }).verify(request)
      response.writeHead(verification.ok ? 200 : verification.response.status).end()
    }).listen(0, '127.0.0.1')
    const session = connectHttp2(`http://127.0.0.1:${await portOf(server)}`)
    stops.unshift(() => session.close())
    const stream = session.request({ ':path': '/orders/7', ...(await sent()).headers })
    expect(await new Promise((resolve) => stream.on('response', (said) => resolve(said[':status'])))).toBe(200)
  })
})

describe('one verifier in two middlewares takes one proof once', () => {
  const own = (): { verifier: ReturnType<typeof createVerifier> } => ({
    verifier: createVerifier({ ...options, baseUrl: API }),
  })
  const apps: Record<string, () => Promise<number>> = {
    Express: async () => {
      const use = own()
      const app = express()
        .use(inExpress(use))
        .get('/orders/7', inExpress(use), (_, response) => response.end('in'))
      return portOf(app.listen(0, '127.0.0.1'))
    },
    Fastify: async () => {
      const use = own()
      const app = Fastify()
      app.addHook('onRequest', inFastify(use))
      app.get('/orders/7', { preHandler: inFastify(use) }, async () => 'in')
      await app.listen({ port: 0, host: '127.0.0.1' })
      return portOf(app.server)
    },
    Hono: async () => {
      const use = own()
      const app = new Hono().use(inHono(use)).get('/orders/7', inHono(use), (c) => c.text('in'))
      return portOf(createAdaptorServer(app).listen(0, '127.0.0.1') as NetServer)
    },
  }
  it.each(Object.keys(apps))('in %s, and refuses a second request with it', async (name) => {
    const at = `http://127.0.0.1:${await apps[name]?.()}/orders/7`
    const captured = await sent()
    expect([(await fetch(at, captured)).status, (await fetch(at, captured)).status]).toEqual([200, 401])
    const both = await Promise.all([await sent()].flatMap((once) => [fetch(at, once), fetch(at, once)]))
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401])
  })
})
