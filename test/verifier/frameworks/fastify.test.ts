import Fastify, { type InjectOptions } from 'fastify'
import { describe as context, expect, it } from 'vitest'
import { encodeBase64url } from '../../../keys/base64url.ts'
import { describe, entitlementOf, type FastifyRequestLike, resourceServer } from '../../../src/verifier/fastify.ts'
import type { ResourceServerOptions } from '../../../src/verifier/index.ts'
import { brokenVerifier, seal, verifier, watchedVerifier } from '../../parties/api.ts'
import { API, ISSUER } from '../../ring.ts'

const bearer = { authorization: `Bearer ${await seal()}` }
const digest = Uint8Array.from({ length: 32 }, (_, index) => index)
const fingerprint256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(':')
const bound = { authorization: `Bearer ${await seal({ 'x5t#S256': encodeBase64url(digest) })}` }

type App = ReturnType<typeof Fastify>

/** Asks once: for an answer that does not come nobody shall wait for long. */
const ask = (app: App, url: string, more: InjectOptions = {}) =>
  app.inject({ url, ...more, signal: AbortSignal.timeout(5000) })

/** An application with the hook before one route, headers of its own before that, and a socket that has more. */
function appWith(
  changes: object = {},
  own: Readonly<Record<string, string>> = {},
  more: object = {},
  app = Fastify(),
): App {
  const hook = resourceServer({ verifier, ...changes } as ResourceServerOptions<FastifyRequestLike>)
  app.addHook('onRequest', async ({ raw }, reply) => {
    Object.assign(raw.socket, more)
    reply.headers(own)
  })
  app.all('/orders', { onRequest: hook }, async (request) => entitlementOf(request).sub)
  return app.setErrorHandler((error: Error, _request, reply) => reply.code(500).send(error.message))
}

context('the hook for Fastify', () => {
  it('lets in who has a token, and nobody else to any handler', async () => {
    const app = appWith({ scope: 'read' })
    const admitted = await ask(app, '/orders', { headers: bearer })
    expect([admitted.statusCode, admitted.body]).toEqual([200, 'alice'])
    const refused = await ask(app, '/orders')
    expect([refused.statusCode, refused.json()]).toEqual([
      401,
      { error_description: 'The request has no access token.' },
    ])
    expect(refused.headers).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'application/json',
      'www-authenticate': expect.stringContaining(`Bearer realm="${API}", scope="read"`),
    })
  })

  it('hands what fails to the error handler', async () => {
    const response = await ask(appWith({ verifier: brokenVerifier }), '/orders', { headers: bearer })
    expect([response.statusCode, response.body]).toEqual([500, 'the verifier is broken'])
  })

  it('answers a preflight without a body', async () => {
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
    const preflight = await ask(appWith({ cors: '*' }), '/orders', { method: 'OPTIONS', headers })
    expect([preflight.statusCode, preflight.body]).toEqual([204, ''])
    for (const name of ['content-type', 'content-length']) expect(preflight.headers).not.toHaveProperty(name)
  })

  it('says of itself what another has not said, on what is let in and on what is not', async () => {
    const cors = ['https://app.example']
    const { verifier } = watchedVerifier('next')
    const sent = { headers: { ...bearer, origin: 'https://app.example' } }
    const admitted = await ask(appWith({ verifier, cors }, { Vary: 'Accept' }), '/orders', sent)
    expect(admitted.headers).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'dpop-nonce': 'next',
      vary: 'Accept, Origin',
    })
    const own = { 'Access-Control-Allow-Origin': 'https://own.example', 'Cache-Control': 'public' }
    expect((await ask(appWith({ cors }, own), '/orders')).headers).toMatchObject({
      'access-control-allow-origin': 'https://own.example',
      'cache-control': 'no-store',
    })
  })

  it('shows the verifier the request as it came, whatever was made of its URL', async () => {
    const { verifier, shown } = watchedVerifier()
    const requests: FastifyRequestLike[] = []
    const scope = (request: FastifyRequestLike): string => {
      requests.push(request)
      return ''
    }
    const app = appWith({ verifier, scope }, {}, {}, Fastify({ rewriteUrl: () => '/orders' }))
    await ask(app, '/old?a=b', { method: 'PUT', headers: bearer })
    expect(shown[0]).toMatchObject({ method: 'PUT', url: '/old?a=b', scheme: 'http', certificate: undefined })
    expect(shown[0]?.native).toBe(requests[0]?.raw)
    expect(shown[0]?.headers).toEqual(expect.arrayContaining([bearer.authorization]))
    const headers = { ...bearer, 'x-forwarded-proto': 'https' }
    await ask(appWith({ verifier }, {}, {}, Fastify({ trustProxy: true })), '/orders', { headers })
    expect(shown[1]?.scheme).toBe('https')
  })

  it('reads of what is no whole request of Fastify’s what there is', async () => {
    const { verifier, shown } = watchedVerifier()
    const request: FastifyRequestLike = { method: 'GET', originalUrl: '/orders', raw: { headers: bearer } }
    const app = Fastify()
    app.get('/orders', async (_request, reply) => {
      await resourceServer({ verifier })(request, reply)
      return entitlementOf(request).sub
    })
    expect((await ask(app, '/orders')).body).toBe('alice')
    expect(shown[0]).toMatchObject({ headers: bearer, scheme: 'http' })
  })

  it('takes a token that is bound to the certificate of the connection', async () => {
    const more = { getPeerCertificate: () => ({ fingerprint256: fingerprint256.toUpperCase() }) }
    expect((await ask(appWith({}, {}, more), '/orders', { headers: bound })).statusCode).toBe(200)
    expect((await ask(appWith(), '/orders', { headers: bound })).statusCode).toBe(401)
  })
})

context('the description for Fastify', () => {
  const about = describe({ resource: API, issuer: ISSUER })
  const path = '/.well-known/oauth-protected-resource'

  it('tells where it is, and answers there alone, whatever was made of the URL', async () => {
    expect(about.url).toBe(API + path)
    const app = Fastify({ rewriteUrl: () => '/orders' })
    app.addHook('onRequest', about)
    app.all('/orders', async () => 'in')
    const told = await ask(app, path)
    expect([told.statusCode, told.json()]).toMatchObject([200, { resource: API }])
    expect(told.headers).toMatchObject({ 'access-control-allow-origin': '*', 'content-type': 'application/json' })
    expect((await ask(app, '/orders')).body).toBe('in')
    expect((await ask(app, path, { method: 'POST' })).body).toBe('in')
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'GET' }
    expect((await ask(app, path, { method: 'OPTIONS', headers })).statusCode).toBe(204)
  })
})
