import { mkdtemp, readFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect as connectByTls } from 'node:tls'
import { createAdaptorServer, type HttpBindings } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { createIssuer, type IssuerSettings } from '../../src/index.ts'
import { run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { API, basic, ISSUER, SECRETS, testKey, VARS } from '../fixtures.ts'
import { startWorker } from '../parties/workerd.ts'

const ring = createRing({ now: Math.floor(Date.now() / 1000) - 5, key: testKey() })
const servers: Server[] = []
let pair: { readonly key: string; readonly cert: string }

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bulla-http-'))
  const [key, cert] = [join(folder, 'key'), join(folder, 'crt')]
  const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -keyout ${key} -out ${cert} -subj /CN=as.example`
  expect((await run('openssl', args.split(' '))).code).toBe(0)
  pair = { key: await readFile(key, 'utf8'), cert: await readFile(cert, 'utf8') }
})
afterAll(() => {
  for (const server of servers) server.close()
})

/** An issuer that is https, as an operator starts it in Node. */
async function serve(changes: Partial<IssuerSettings>, isTls = false, create = createIssuer): Promise<number> {
  const issuer = create({
    issuer: ISSUER,
    keyRing: writeRing(ring),
    resources: { [API]: VARS.RESOURCES[API] },
    clients: { one: VARS.CLIENTS.one },
    log: () => {},
    ...changes,
  })
  const options = isTls ? { createServer: createTlsServer, serverOptions: pair } : {}
  return listen(
    createAdaptorServer({ fetch: (request, env) => issuer.fetch(request, env as HttpBindings), ...options }) as Server,
  )
}

async function listen(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

/** A proxy that ends TLS, and says so in the way of all proxies. */
function startProxy(port: number): Promise<number> {
  return listen(
    createTlsServer(pair, (incoming, outgoing) => {
      const headers = { ...incoming.headers, 'x-forwarded-proto': 'https' }
      const { method, url: path } = incoming
      const onward = httpRequest({ host: '127.0.0.1', port, method, path, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      })
      incoming.pipe(onward)
    }),
  )
}

/** Asks for a token by a raw socket, and returns the status. */
async function ask(port: number, isTls: boolean, more: readonly string[] = []): Promise<number> {
  const body = 'grant_type=client_credentials'
  const socket: Socket = isTls
    ? connectByTls({ host: '127.0.0.1', port, ca: pair.cert, servername: 'as.example' })
    : connect(port, '127.0.0.1')
  const lines = [
    'POST /token HTTP/1.1',
    `Host: ${new URL(ISSUER).host}`,
    `Authorization: ${basic('one', SECRETS.one)}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${body.length}`,
    'Connection: close',
    ...more,
  ]
  socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
  const answer = await text(socket)
  return Number(/^HTTP\/1.1 (\d{3}) /.exec(answer)?.[1])
}

describe('an https issuer in Node', () => {
  it('answers by TLS that Node ends itself, and refuses plain http whatever it says of itself', async () => {
    expect(await ask(await serve({}, true), true)).toBe(200)
    const plain = await serve({})
    expect(await ask(plain, false)).toBe(421)
    expect(await ask(plain, false, ['X-Forwarded-Proto: https', 'Forwarded: proto=https'])).toBe(421)
  })

  it('answers behind a proxy that ends TLS when it is told how to know, and refuses what came past the proxy', async () => {
    // As the docs say it.
    const shown = new Function('createIssuer', 'settings', `${blockOf('scheme')}\nreturn issuer`)
    const plain = await serve({}, false, (settings) => shown(createIssuer, settings))
    expect(await ask(await startProxy(plain), true)).toBe(200)
    expect(await ask(plain, false)).toBe(421)
    expect(await ask(plain, false, ['X-Forwarded-Proto: http'])).toBe(421)
  })

  it('can be told by the socket', async () => {
    const bySocket: IssuerSettings['scheme'] = (_, env) =>
      'encrypted' in (env as HttpBindings).incoming.socket ? 'https' : 'http'
    expect(await ask(await serve({ scheme: bySocket }, true), true)).toBe(200)
    expect(await ask(await serve({ scheme: bySocket }), false)).toBe(421)
  })
})

describe('an https issuer in workerd', () => {
  it('refuses plain http: there the URL says by what a request came', async () => {
    const source = `
      import { env } from 'cloudflare:workers'
      import { createIssuer, readBindings } from './src/index.ts'
      const issuer = createIssuer(readBindings(env))
      export default { fetch: (request) => issuer.fetch(request) }`
    const worker = await startWorker(source, { ISSUER, KEY_RING: writeRing(ring) })
    try {
      const { port } = new URL(worker.url)
      expect(await ask(Number(port), false, ['X-Forwarded-Proto: https'])).toBe(421)
      expect((await fetch(`${worker.url}/healthz`)).status).toBe(200)
    } finally {
      await worker.stop()
    }
  }, 60_000)
})
