/**
 * Request targets and hosts of every kind, by raw sockets, against each framework's own router: whenever a proof is taken,
 * the handler that ran is the one that the router has for exactly the URL of the proof, and the host is the true one.
 *
 * @module
 */

import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { createAdaptorServer } from '@hono/node-server'
import express from 'express'
import fc from 'fast-check'
import Fastify from 'fastify'
import { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring, exportKeys, writeKeys } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import { resourceServer as inExpress } from '../../src/verifier/express.ts'
import { resourceServer as inFastify } from '../../src/verifier/fastify.ts'
import { resourceServer as inHono } from '../../src/verifier/hono.ts'
import { createVerifier, type Verifier } from '../../src/verifier/index.ts'
import { createProver } from '../parties/dpop.ts'
import { ENTITLEMENT, ISSUER, NOW, testRing } from '../ring.ts'

const ORIGIN = 'http://api.example'
const ring = testRing(NOW)
const keys = writeKeys(exportKeys(ring, { issuer: ISSUER, resource: ORIGIN, now: NOW }))
const prover = await createProver()
const token = await sealDirect(
  { ...ENTITLEMENT, aud: ORIGIN, cnf: { jkt: prover.jkt } },
  ISSUER,
  createKeyring(ring, ISSUER).leavesFor('access', ORIGIN, 'A256GCM', 600),
  NOW,
)
const verifierWith = (baseUrl?: string): Verifier =>
  createVerifier({
    issuer: ISSUER,
    resource: ORIGIN,
    keys,
    now: () => NOW,
    onProblem: () => {},
    ...(baseUrl === undefined ? {} : { baseUrl }),
  })

/** The routes of all: which one ran, and with what, is the whole answer. */
const ROUTES = ['/orders/:id', '/orders/7', '/admin', '/admin/:id/:of', '/'] as const

interface App {
  /** Asks for a URL with the verifier before all, or without one. */
  readonly guarded: number
  readonly open: number
}

const stops: (() => unknown)[] = []
afterAll(() => Promise.all(stops.map((stop) => stop())))

async function listening(server: {
  once(event: string, then: () => void): unknown
  address(): unknown
  close(): unknown
}) {
  await new Promise<void>((resolve) => server.once('listening', resolve))
  stops.push(() => server.close())
  return (server.address() as AddressInfo).port
}

const makers: Record<string, (verifier: Verifier | undefined) => Promise<number>> = {
  Express: (verifier) => {
    const app = express()
    if (verifier !== undefined) app.use(inExpress({ verifier }))
    for (const route of ROUTES)
      app.get(route, ({ params }, response) => response.end(`ran ${route} ${JSON.stringify(params)}`))
    return listening(app.listen(0, '127.0.0.1'))
  },
  Fastify: async (verifier) => {
    const app = Fastify()
    if (verifier !== undefined) app.addHook('onRequest', inFastify({ verifier }))
    for (const route of ROUTES) app.get(route, async ({ params }) => `ran ${route} ${JSON.stringify(params)}`)
    await app.listen({ port: 0, host: '127.0.0.1' })
    stops.push(() => app.close())
    return (app.server.address() as AddressInfo).port
  },
  Hono: (verifier) => {
    const app = new Hono()
    if (verifier !== undefined) app.use(inHono({ verifier }))
    // Of routes that fit Hono takes the first, the others the most exact.
    for (const route of [...ROUTES].sort((a, b) => a.split(':').length - b.split(':').length))
      app.get(route, (c) => c.text(`ran ${route} ${JSON.stringify(c.req.param())}`))
    return listening(createAdaptorServer(app).listen(0, '127.0.0.1'))
  },
}

/** Sends a request to the letter, and returns what ran. */
async function ask(port: number, target: string, lines: readonly string[]): Promise<string> {
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () =>
      socket.write([`GET ${target} HTTP/1.1`, ...lines, 'Connection: close', '', ''].join('\r\n')),
    )
    socket.on('error', reject)
    text(socket).then(resolve, reject)
  })
  return /ran .*/.exec(answer)?.[0] ?? `status ${answer.slice(9, 12)}`
}

const PATHS = [
  '/orders/7',
  '/orders/8',
  '/admin',
  '/',
  '/orders//7',
  '//orders/7',
  '/Orders/7',
  '/orders/%37',
  '/orders/7/',
  '/orders/7;v=1',
  '/orders/a%2Fb',
  '/orders/a%2fb',
  '/%6Frders/7',
  '/admin/a|b/c',
  "/admin/'/c",
  '/orders/@alice',
]
const STEERED = [
  '/admin/"/{c}',
  '/orders/../admin',
  '/orders/./7',
  '/orders/%2e%2e/admin',
  '/orders/..;/admin',
  '/orders/..%2Fadmin',
  '/orders\\..\\admin',
  '/orders/7#/../../admin',
  '/admin?/orders/7',
  '/admin?x=/orders/7#y',
  'http://api.example/admin',
  'http://evil.example/orders/7',
  'http://api.example?/orders/7',
  'http://api.example/admin?http://api.example/orders/7',
  'http://u@api.example/admin',
  'HTTP://API.example/orders/7',
  '//api.example/orders/7',
  '//evil.example/orders/7',
  '*',
]
const HOSTS = [
  ['api.example'],
  ['API.example'],
  ['api.example:80'],
  ['evil.example'],
  ['api.example:8080'],
  ['api.example/orders/7?'],
  ['api.example/orders/8?x='],
  ['api.example?'],
  ['api.example#'],
  ['api.example\\@evil.example'],
  ['u@api.example'],
  ['api.example@evil.example'],
  ['evil.example/api.example'],
  ['api.example/'],
  ['api.example\torders'],
  ['%61pi.example'],
  ['api.example', 'evil.example'],
  ['evil.example', 'api.example'],
]
/** Hosts of which a server that stands at the origin can say that it is meant. */
const TRUE_HOSTS = ['api.example', 'api.example:80']

describe.each(Object.keys(makers))('a proof in %s', (name) => {
  const ports = new Map<string, App>()
  beforeAll(async () => {
    const make = makers[name] as (verifier: Verifier | undefined) => Promise<number>
    const open = await make(undefined)
    ports.set('without baseUrl', { guarded: await make(verifierWith()), open })
    ports.set('with baseUrl', { guarded: await make(verifierWith(ORIGIN)), open })
  }, 60_000)

  /** Asks with a proof for a URL; tells what ran, and what runs for exactly that URL. */
  async function compare(mode: string, htu: string, target: string, hosts: readonly string[]) {
    const { guarded, open } = ports.get(mode) as App
    const dpop = await prover.prove({ method: 'GET', url: htu, token })
    const lines = [`Authorization: DPoP ${token}`, `DPoP: ${dpop}`, ...hosts.map((host) => `Host: ${host}`)]
    const ran = await ask(guarded, target, lines)
    if (!ran.startsWith('ran')) return { ran, expected: ran }
    // Two spellings that RFC 3986 §6.2.2 calls equal are one URL: a client's library may have sent the other.
    const path = htu.slice(ORIGIN.length)
    const normal = path.replace(/%[46][1-9A-F]|%3\d/gi, (encoded) => decodeURIComponent(encoded))
    const expected = await Promise.all([path, normal].map((one) => ask(open, one, ['Host: api.example'])))
    const isAtHost =
      htu.startsWith(`${ORIGIN}/`) &&
      (mode === 'with baseUrl' || (hosts.length === 1 && TRUE_HOSTS.includes(hosts.join().toLowerCase())))
    return { ran, expected: isAtHost && expected.includes(ran) ? ran : `refused, or ${expected.join(' or ')}` }
  }

  // promise: P03
  it.each(['without baseUrl', 'with baseUrl'])('is taken for its own URL, as it is sent: %s', async (mode) => {
    for (const path of PATHS) {
      const { ran, expected } = await compare(mode, ORIGIN + path, `${path}?x=${path}`, ['api.example'])
      expect([path, ran]).toEqual([path, expected])
      expect([path, ran]).not.toEqual([path, 'status 401'])
    }
  })

  it.each(['without baseUrl', 'with baseUrl'])(
    'opens no other handler, and at no other host: %s',
    async (mode) => {
      const htu = fc.oneof(
        fc.constantFrom(...PATHS).map((path) => ORIGIN + path),
        fc
          .constantFrom(...STEERED, ...PATHS)
          .map((path) => `http://evil.example${path.startsWith('/') ? path : `/${path}`}`),
      )
      const target = fc.oneof(
        fc.constantFrom(...STEERED, ...PATHS),
        fc.array(fc.constantFrom('/', '.', '..', 'orders', 'admin', '7', '%2e', '%2F', ';', '?', '#', '\\', 'http://api.example', '@', '%37'), { minLength: 1, maxLength: 7 }).map((parts) => parts.join('')), // biome-ignore format: one line
      )
      await fc.assert(
        fc.asyncProperty(htu, target, fc.constantFrom(...HOSTS), async (named, asked, hosts) => {
          const { ran, expected } = await compare(mode, named, asked, hosts)
          expect(ran).toBe(expected)
        }),
        {
          numRuns: 400,
          examples: STEERED.flatMap((asked) =>
            HOSTS.slice(0, 8).map((hosts): [string, string, string[]] => [`${ORIGIN}/orders/7`, asked, hosts]),
          ),
        },
      )
    },
    120_000,
  )
})
