import type { RequestListener } from 'node:http'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { gzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { JSON_TYPE } from '../../../src/protocol/media_type.ts'
import { fetchText } from '../../../src/remote/document.ts'
import { createNodeFetch, createResolve, type Resolve } from '../../../src/remote/public/node_fetch.ts'
import { findIsPublic } from '../../../src/remote/public/public_address.ts'
import { type HttpsServer, makeCertificate, type OwnCertificate, startHttpsServer } from '../../parties/https_server.ts'
import { type NameServer, startNameServer } from '../../parties/name_server.ts'

const BOUNDS = { type: JSON_TYPE, longest: 5120 }
const PUBLIC = '2606:4700::1111'

let own: OwnCertificate
const known = getCACertificates('default')
const running: { stop(): Promise<void> }[] = []

beforeAll(() => {
  own = makeCertificate('client.example')
  setDefaultCACertificates([...known, own.cert])
})
afterAll(() => setDefaultCACertificates(known))
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()))
})

async function serve(listener: RequestListener): Promise<HttpsServer> {
  const server = await startHttpsServer(own, listener)
  running.push(server)
  return server
}

async function name(answer: (name: string, type: 'A' | 'AAAA') => readonly string[] | undefined): Promise<NameServer> {
  const server = await startNameServer(answer)
  running.push(server)
  return server
}

/** A listener that answers a JSON document. */
const answerJson: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
}

const isPublic = findIsPublic() ?? (() => false)

/** Fetches as the issuer does, where this machine is taken for a public host. */
function get(url: string, resolve: Resolve = async () => ['127.0.0.1'], patience?: number) {
  const fetch = createNodeFetch({
    isPublic: (address) => address === '127.0.0.1' || isPublic(address),
    resolve,
    isLoopbackAllowed: false,
  })
  return fetchText(url, fetch, {}, { ...BOUNDS, ...(patience && { patience }) })
}

/** Fetches as the issuer does. */
function getStrictly(url: string, resolve: Resolve, isLoopbackAllowed = false) {
  return fetchText(url, createNodeFetch({ isPublic, resolve, isLoopbackAllowed }), {}, BOUNDS)
}

describe('the fetch of Node', () => {
  it('connects to the address that was looked at, by the name in the handshake and the certificate', async () => {
    const server = await serve(answerJson)
    expect(await get(`https://client.example:${server.port}/app.json`)).toMatchObject({ ok: true, text: '{}' })
    expect(server.names).toEqual(['client.example'])
    const [{ url, method, headers } = {}] = server.requests
    expect([url, method]).toEqual(['/app.json', 'GET'])
    expect(headers).toEqual({
      host: `client.example:${server.port}`,
      'accept-encoding': 'identity',
      connection: 'close',
    })
  })

  it('takes no certificate of another name, and none that nobody vouches for', async () => {
    const server = await serve(answerJson)
    expect(await get(`https://other.example:${server.port}/`)).toMatchObject({
      ok: false,
      detail: 'TypeError: ERR_TLS_CERT_ALTNAME_INVALID',
    })
    setDefaultCACertificates(known)
    try {
      expect(await get(`https://client.example:${server.port}/`)).toMatchObject({ ok: false })
    } finally {
      setDefaultCACertificates([...known, own.cert])
    }
    expect(server.requests).toHaveLength(0)
  })

  it('has a connection for each request: none is kept that would be known by its name alone', async () => {
    const server = await serve(answerJson)
    for (let times = 0; times < 3; times++) await get(`https://client.example:${server.port}/`)
    expect(server.connections()).toBe(3)
  })

  it.each<[string, readonly string[]]>([
    ['this machine', ['127.0.0.1']],
    ['this machine by IPv6', ['::1']],
    ['a public address and this machine', [PUBLIC, '127.0.0.1']],
    ['this machine and a public address', ['127.0.0.1', PUBLIC]],
    ['a private network', ['10.0.0.1']],
    ['the metadata of a cloud', ['169.254.169.254']],
    ['this machine, written as IPv6', ['::ffff:127.0.0.1']],
    ['this machine through NAT64', ['64:ff9b::7f00:1']],
    ['this machine through 6to4', ['2002:7f00:1::']],
    ['nothing', []],
    ['what is no address', ['localhost']],
  ])('connects to nobody where a name resolves to %s', async (_, addresses) => {
    const server = await serve(answerJson)
    const fetched = await getStrictly(`https://client.example:${server.port}/`, async () => addresses)
    expect(fetched).toEqual({ ok: false, detail: 'TypeError: SPECIAL_ADDRESS' })
    expect(server.connections()).toBe(0)
  })

  it.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '169.254.169.254', '0x7f.1', '2130706433', '127.1', '0'])(
    'connects to nobody for the address %s, which is never looked up',
    async (host) => {
      const server = await serve(answerJson)
      const fetched = await getStrictly(`https://${host}:${server.port}/`, async () => [PUBLIC])
      expect(fetched).toEqual({ ok: false, detail: 'TypeError: SPECIAL_ADDRESS' })
      expect(server.connections()).toBe(0)
    },
  )

  // promise: J06
  it('asks a name server once for each kind of address: one that answers otherwise a moment later is not asked', async () => {
    const server = await serve(answerJson)
    let asked = 0
    const names = await name((_, type) => (type === 'AAAA' ? [] : asked++ === 0 ? ['127.0.0.1'] : ['127.0.0.2']))
    const fetched = await get(`https://client.example:${server.port}/`, createResolve([names.address]))
    expect(fetched).toMatchObject({ ok: true })
    expect(names.questions.toSorted()).toEqual(['A client.example', 'AAAA client.example'])
    // The next one sees what was not there before.
    const strict = await getStrictly(`https://client.example:${server.port}/`, createResolve([names.address]))
    expect(strict).toMatchObject({ detail: 'TypeError: SPECIAL_ADDRESS' })
  })

  it('asks for IPv6 too: a public address of one kind does not hide a private one of the other', async () => {
    const server = await serve(answerJson)
    const names = await name((_, type) => (type === 'AAAA' ? ['fd00::1'] : ['8.8.8.8']))
    const fetched = await getStrictly(`https://client.example:${server.port}/`, createResolve([names.address]))
    expect(fetched).toEqual({ ok: false, detail: 'TypeError: SPECIAL_ADDRESS' })
  })

  it('knows no name of this machine’s own list of hosts, and waits for a name server no longer than for anything', async () => {
    const names = await name((host) => (host === 'silent.example' ? undefined : []))
    const resolve = createResolve([names.address])
    expect(await getStrictly('https://localhost/app.json', resolve)).toMatchObject({ detail: 'TypeError: ENODATA' })
    const late = await get('https://silent.example/app.json', resolve, 300)
    expect(late).toEqual({ ok: false, detail: 'no answer in 300 ms' })
  })

  it('reaches this machine by its own names where that is allowed, and by no other name that leads there', async () => {
    const server = await serve(answerJson)
    const resolve = async (): Promise<readonly string[]> => ['127.0.0.1']
    for (const host of ['localhost', '127.0.0.1'])
      expect(await getStrictly(`https://${host}:${server.port}/`, resolve, true)).toMatchObject({ ok: true })
    const other = await getStrictly(`https://client.example:${server.port}/`, resolve, true)
    expect(other).toMatchObject({ detail: 'TypeError: SPECIAL_ADDRESS' })
  })

  it.each<[string, RequestListener, string]>([
    [
      'redirects with JSON',
      (_, r) => r.writeHead(307, { location: '/', 'content-type': 'application/json' }).end('{}'),
      'a redirect, which is not followed (status 307)',
    ],
    ['answers 201', (_, r) => r.writeHead(201, { 'content-type': 'application/json' }).end('{}'), 'status 201'],
    ['answers 204', (_, r) => r.writeHead(204).end(), 'status 204'],
    ['answers 404', (_, r) => r.writeHead(404, { 'content-type': 'application/json' }).end('{}'), 'status 404'],
    [
      'goes on in another protocol',
      (_, r) => r.socket?.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
      'TypeError: UPGRADE',
    ],
    ['answers HTML', (_, r) => r.writeHead(200, { 'content-type': 'text/html' }).end('{}'), 'another media type'],
    ['answers without a type', (_, r) => r.writeHead(200).end('{}'), 'another media type'],
    [
      'answers too much',
      (_, r) => r.writeHead(200, { 'content-type': 'application/json' }).end('{}'.padEnd(5121)),
      'too long',
    ],
    [
      'answers a little that unpacks to very much',
      (_, r) =>
        r
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
          .end(gzipSync(' '.repeat(20_000_000))),
      'TypeError: CONTENT_ENCODING',
    ],
    ['hangs up', (_, r) => r.socket?.destroy(), 'TypeError: ECONNRESET'],
    [
      'hangs up in the middle',
      (_, r) =>
        r
          .writeHead(200, { 'content-type': 'application/json', 'content-length': 9 })
          .write('{', () => r.socket?.destroy()),
      'Error',
    ],
    ['is no HTTP', (_, r) => r.socket?.end('hello\r\n\r\n'), 'TypeError: HPE_INVALID_CONSTANT'],
  ])('gets nothing of a server that %s', async (_, listener, detail) => {
    const server = await serve(listener)
    const fetched = await get(`https://client.example:${server.port}/app.json`)
    expect(fetched.ok).toBe(false)
    expect(fetched).toMatchObject({ detail })
    expect(server.requests).toHaveLength(1)
  })

  it('waits for an answer with all of its body for no longer than it may take', async () => {
    const timers: NodeJS.Timeout[] = []
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      timers.push(setInterval(() => response.write(' '), 20))
    })
    expect(await get(`https://client.example:${server.port}/`, undefined, 250)).toEqual({
      ok: false,
      detail: 'no answer in 250 ms',
    })
    for (const timer of timers) clearInterval(timer)
  })

  it('reads a body of as many bytes as it may have', async () => {
    const server = await serve((_, response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.app+json; charset=utf-8' }).end('{}'.padEnd(5120))
    })
    expect(await get(`https://client.example:${server.port}/`)).toMatchObject({ ok: true })
  })
})
