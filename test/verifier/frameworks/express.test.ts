import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type ErrorRequestHandler, type RequestHandler } from 'express'
import { afterEach, describe as context, expect, it } from 'vitest'
import { encodeBase64url } from '../../../keys/base64url.ts'
import { describe, type EntitledRequest, entitlementOf, resourceServer } from '../../../src/verifier/express.ts'
import type { ResourceServerOptions } from '../../../src/verifier/index.ts'
import { brokenVerifier, seal, verifier, watchedVerifier } from '../../parties/api.ts'
import { API, ISSUER } from '../../ring.ts'

const bearer = { authorization: `Bearer ${await seal()}` }
const digest = Uint8Array.from({ length: 32 }, (_, index) => index)
const fingerprint256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(':')
const bound = { authorization: `Bearer ${await seal({ 'x5t#S256': encodeBase64url(digest) })}` }
const headersOf = ({ headers }: Response): Record<string, string> => Object.fromEntries(headers)

const stops: (() => unknown)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** Asks a server of Node's once: for an answer that does not come nobody shall wait for long. */
async function ask(listener: RequestListener, path: string, init: RequestInit = {}): Promise<Response> {
  const server = createServer((request, response) => {
    try {
      listener(request, response)
    } catch {
      response.destroy()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  stops.push(() => server.close().closeAllConnections())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  return fetch(url, { ...init, signal: AbortSignal.timeout(5000) })
}

/** What an application has before the middleware: other middlewares, and headers. */
interface Before {
  readonly handler?: RequestHandler
  readonly own?: Readonly<Record<string, string>>
}

/** The methods that the route was asked by. */
const ran: string[] = []
afterEach(() => void ran.splice(0))

/** An application with the middleware before one route. */
function appWith(changes: object = {}, { handler = (_request, _response, next) => next(), own = {} }: Before = {}) {
  const handleError: ErrorRequestHandler = (error, _request, response, next) =>
    response.headersSent ? next(error) : response.status(500).end(error.message)
  return express()
    .use((_request, response, next) => {
      response.set(own)
      next()
    })
    .use(handler)
    .use('/orders', resourceServer({ verifier, ...changes } as ResourceServerOptions<EntitledRequest>))
    .use('/orders', (request, response) => {
      ran.push(request.method)
      response.end(entitlementOf(request).sub)
    })
    .use(handleError)
}

context('the middleware for Express', () => {
  it('lets in who has a token, and nobody else to any handler', async () => {
    const app = appWith({ scope: 'read' })
    const admitted = await ask(app, '/orders', { headers: bearer })
    expect([admitted.status, await admitted.text()]).toEqual([200, 'alice'])
    const refused = await ask(app, '/orders', { method: 'PUT' })
    expect(ran).toEqual(['GET'])
    expect([refused.status, await refused.json()]).toEqual([
      401,
      { error_description: 'The request has no access token.' },
    ])
    expect(headersOf(refused)).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'application/json',
      'www-authenticate': expect.stringContaining(`Bearer realm="${API}", scope="read"`),
    })
  })

  it('hands what fails to the error handler', async () => {
    const response = await ask(appWith({ verifier: brokenVerifier }), '/orders', { headers: bearer })
    expect([response.status, await response.text()]).toEqual([500, 'the verifier is broken'])
  })

  it('says of itself what another has not said, on what is let in and on what is not', async () => {
    const cors = ['https://app.example']
    const { verifier } = watchedVerifier('next')
    const sent = { headers: { ...bearer, origin: 'https://app.example' } }
    const admitted = await ask(appWith({ verifier, cors }, { own: { Vary: 'Accept' } }), '/orders', sent)
    expect(headersOf(admitted)).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'dpop-nonce': 'next',
      vary: 'Accept, Origin',
    })
    const own = { 'Access-Control-Allow-Origin': 'https://own.example', 'Cache-Control': 'public' }
    const refused = headersOf(await ask(appWith({ cors }, { own }), '/orders'))
    expect(refused).toMatchObject({
      'access-control-allow-origin': 'https://own.example',
      'cache-control': 'no-store',
    })
  })

  it('shows the verifier the request as it came, whatever a router made of it', async () => {
    const { verifier, shown } = watchedVerifier()
    const requests: EntitledRequest[] = []
    const scope = (request: EntitledRequest): string => {
      requests.push(request)
      return ''
    }
    const handler: RequestHandler = (request, _response, next) => {
      request.url = '/orders'
      next()
    }
    await ask(appWith({ verifier, scope }, { handler }), '/old?a=b', { method: 'PUT', headers: bearer })
    expect(shown[0]).toMatchObject({ method: 'PUT', url: '/old?a=b', scheme: 'http', certificate: undefined })
    expect(shown[0]?.native).toBe(requests[0])
    expect(shown[0]?.headers).toEqual(expect.arrayContaining([bearer.authorization]))
  })

  it('says by which scheme the client came: as a trusted proxy has it, or as the socket of a bare server', async () => {
    const { verifier, shown } = watchedVerifier()
    const proxied = appWith({ verifier }).set('trust proxy', true)
    await ask(proxied, '/orders', { headers: { ...bearer, 'x-forwarded-proto': 'https' } })
    const middleware = resourceServer({ verifier })
    for (const encrypted of [undefined, true])
      await ask((request, response) => {
        if (encrypted !== undefined) Object.assign(request.socket, { encrypted })
        middleware(request, response, () => response.end())
      }, '/orders')
    expect(shown.map(({ scheme, url }) => [scheme, url])).toEqual([
      ['https', '/orders'],
      ['http', '/orders'],
      ['https', '/orders'],
    ])
  })

  it('takes a token that is bound to the certificate of the connection', async () => {
    const handler: RequestHandler = ({ socket }, _response, next) => {
      Object.assign(socket, { getPeerCertificate: () => ({ fingerprint256: fingerprint256.toUpperCase() }) })
      next()
    }
    expect((await ask(appWith({}, { handler }), '/orders', { headers: bound })).status).toBe(200)
    expect((await ask(appWith(), '/orders', { headers: bound })).status).toBe(401)
  })
})

context('the description for Express', () => {
  const about = describe({ resource: API, issuer: ISSUER })
  const path = '/.well-known/oauth-protected-resource'

  it('tells where it is, and answers there alone, whatever a router made of the URL', async () => {
    expect(about.url).toBe(API + path)
    const app = express().use('/.well-known', about).use(about)
    const told = await ask(app, path)
    expect([told.status, await told.json()]).toMatchObject([200, { resource: API }])
    expect(headersOf(told)).toMatchObject({ 'access-control-allow-origin': '*', 'content-type': 'application/json' })
    expect((await ask(app, '/orders')).status).toBe(404)
    expect((await ask(app, path, { method: 'POST' })).status).toBe(404)
  })

  it('does so in a bare server of Node, too, and lets a browser ask first', async () => {
    const bare: RequestListener = (request, response) => about(request, response, () => response.writeHead(404).end())
    expect((await ask(bare, path)).status).toBe(200)
    expect((await ask(bare, '/orders')).status).toBe(404)
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'GET' }
    expect((await ask(bare, path, { method: 'OPTIONS', headers })).status).toBe(204)
  })
})
