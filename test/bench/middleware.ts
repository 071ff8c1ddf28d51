/**
 * The middleware of each framework beside what one would put there instead, and beside jose in the same framework: inside a request
 * of the framework's own, as often as is asked for, and over HTTP as a whole.
 *
 * @module
 */

import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import express, { type RequestHandler } from 'express'
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify'
import { Hono, type MiddlewareHandler } from 'hono'
import { jwt } from 'hono/jwt'
import { type CryptoKey, importPKCS8, importSPKI, jwtVerify, SignJWT } from 'jose'
import { resourceServer as expressServer } from '../../src/verifier/express.ts'
import { resourceServer as fastifyServer } from '../../src/verifier/fastify.ts'
import { resourceServer as honoServer } from '../../src/verifier/hono.ts'
import { es256Pair } from './jwt_peers.ts'
import { startLoadGenerator } from './load.ts'
import { type Contender, type Effort, race, ratioIn, timeIn } from './measure.ts'
import { importPeer } from './peers.ts'
import { type Row, writeTime } from './report.ts'
import { API, CLAIMS, directToken, ISSUER } from './tokens.ts'

/** Who checks a request: ours, whoever one would take, and jose in a middleware of five lines. */
const WAYS = ['ours', 'theirs', 'jose'] as const
type Way = (typeof WAYS)[number]

/** A framework that listens, with a path for each way: with `times`, what stands before the route is asked so often. */
interface Framework {
  readonly name: string
  readonly theirs: string
  readonly server: Server
}

interface Tokens {
  readonly direct: string
  readonly keys: string
  readonly jwt: string
  readonly pem: string
  readonly key: CryptoKey
}

async function tokens(): Promise<Tokens> {
  const { token, keys } = await directToken()
  const { publicKey, privateKey } = es256Pair()
  const signing = new SignJWT(CLAIMS).setProtectedHeader({ alg: 'ES256', typ: 'JWT' })
  const key = await importSPKI(publicKey, 'ES256')
  return { direct: token, keys, pem: publicKey, key, jwt: await signing.sign(await importPKCS8(privateKey, 'ES256')) }
}

const OPTIONS = { issuer: ISSUER, audience: API, algorithms: ['ES256'] }
const bearer = (header: string | undefined): string => header?.slice('Bearer '.length) ?? ''
/** A body for the answer. */
const DONE = { done: true }

async function onHono({ keys, key }: Tokens): Promise<Framework> {
  const ways: Record<Way, MiddlewareHandler> = {
    ours: honoServer({ issuer: ISSUER, resource: API, keys }) as MiddlewareHandler,
    theirs: jwt({ secret: key, alg: 'ES256', verification: { iss: ISSUER, aud: API } }),
    jose: async (c, next) => {
      const { payload } = await jwtVerify(bearer(c.req.header('authorization')), key, OPTIONS)
      c.set('jwtPayload', payload)
      await next()
    },
  }
  const app = new Hono()
  for (const way of WAYS) {
    app.post(`/${way}`, ways[way], (c) => c.json(DONE))
    app.post(`/${way}/:times`, async (c) => {
      const goOn = async (): Promise<void> => {}
      for (let left = Number(c.req.param('times')); left > 0; left--) {
        if ((await ways[way](c, goOn)) !== undefined) return c.json('a good token is refused', 500)
      }
      return c.json(DONE)
    })
  }
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }) as Server
  if (!server.listening) await once(server, 'listening')
  return { name: 'Hono', theirs: 'hono/jwt, ES256', server }
}

async function onExpress({ keys, key, pem }: Tokens): Promise<Framework> {
  const { auth } = await importPeer('express-oauth2-jwt-bearer')
  const ways: Record<Way, RequestHandler> = {
    ours: expressServer({ issuer: ISSUER, resource: API, keys }) as RequestHandler,
    theirs: auth({ issuer: ISSUER, audience: API, publicKey: pem, tokenSigningAlg: 'ES256' }),
    jose: (request, _, next) => {
      jwtVerify(bearer(request.headers.authorization), key, OPTIONS).then(({ payload }) => {
        Object.assign(request, { auth: payload })
        next()
      }, next)
    },
  }
  const app = express()
  for (const way of WAYS) {
    app.post(`/${way}`, ways[way], (_, response) => void response.json(DONE))
    app.post(`/${way}/:times`, async (request, response) => {
      for (let left = Number(request.params.times); left > 0; left--) {
        await new Promise<void>((resolve, reject) => {
          void ways[way](request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)))
          if (response.headersSent) reject(new Error('a good token is refused'))
        })
      }
      response.json(DONE)
    })
  }
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { name: 'Express', theirs: 'express-oauth2-jwt-bearer, ES256', server }
}

async function onFastify({ keys, key, pem }: Tokens): Promise<Framework> {
  const app = fastify()
  const { default: fastifyJwt } = await importPeer('@fastify/jwt')
  const verify = { algorithms: ['ES256'], allowedIss: ISSUER, allowedAud: API }
  await app.register(fastifyJwt, { secret: { public: pem }, verify })
  const hook = fastifyServer({ issuer: ISSUER, resource: API, keys })
  const ways: Record<Way, (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>> = {
    ours: (request, reply) => hook(request, reply),
    theirs: (request) => (request as FastifyRequest & { jwtVerify(): Promise<unknown> }).jwtVerify(),
    jose: async (request) => {
      const { payload } = await jwtVerify(bearer(request.headers.authorization), key, OPTIONS)
      Object.assign(request, { user: payload })
    },
  }
  for (const way of WAYS) {
    app.post(
      `/${way}`,
      { onRequest: async (request, reply) => void (await ways[way](request, reply)) },
      async () => DONE,
    )
    app.post<{ Params: { times: string } }>(`/${way}/:times`, async (request, reply) => {
      for (let left = Number(request.params.times); left > 0; left--) {
        await ways[way](request as FastifyRequest, reply as FastifyReply)
        if (reply.sent) throw new Error('a good token is refused')
      }
      return DONE
    })
  }
  await app.listen({ port: 0, host: '127.0.0.1' })
  return { name: 'Fastify', theirs: '@fastify/jwt, ES256', server: app.server }
}

const BARS: Readonly<Record<string, Row['bar']>> = { Hono: { atLeast: 5 }, Express: { atLeast: 5 } }

/** Measures the middlewares. */
export async function middleware(effort: Effort): Promise<readonly Row[]> {
  const told = await tokens()
  const generator = startLoadGenerator()
  const rows: Row[] = []
  for (const start of [onHono, onExpress, onFastify]) {
    const { name, theirs, server } = await start(told)
    const { port } = server.address() as AddressInfo
    const headersOf = (way: Way) => ({ authorization: `Bearer ${way === 'ours' ? told.direct : told.jwt}` })
    const inside = (way: Way): Contender => ({
      name: way,
      async run(times) {
        const response = await fetch(`http://127.0.0.1:${port}/${way}/${times}`, {
          method: 'POST',
          headers: headersOf(way),
        })
        const text = await response.text()
        if (text !== JSON.stringify(DONE)) throw new Error(`${name}, ${way}: ${response.status} ${text}`)
      },
    })
    const whole = (way: Way): Contender => ({
      name: way,
      async run(times) {
        const load = { port, connections: 8, times, path: `/${way}`, headers: headersOf(way), bodies: [''] }
        const { failed, nanoseconds, answer } = await generator.send(load)
        if (failed > 0) throw new Error(`${name}, ${way}: ${failed} of ${times} failed: ${answer}`)
        return nanoseconds
      },
    })
    try {
      for (const [group, contend, slice, bar] of [
        ['middleware', inside, effort.slice, BARS[name]],
        ['middleware, whole request', whole, effort.slice * 2, undefined],
      ] as const) {
        const times = await race(WAYS.map(contend), { ...effort, slice })
        const row = (other: Way, beside: string, more: Pick<Row, 'bar'> = {}): Row => ({
          group,
          ours: name,
          beside,
          figures: `${writeTime(timeIn(times, 'ours'))} : ${writeTime(timeIn(times, other))}`,
          ratio: ratioIn(times, 'ours', other),
          ...more,
        })
        rows.push(row('theirs', theirs, bar && { bar }), row('jose', 'jose jwtVerify, ES256'))
      }
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }
  generator.stop()
  return rows
}
