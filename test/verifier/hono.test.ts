import { Hono } from 'hono'
import { describe as context, expect, it } from 'vitest'
import { encodeBase64url } from '../../keys/base64url.ts'
import { describe, type ResourceServerOptions, resourceServer } from '../../src/verifier/hono.ts'
import { brokenVerifier, seal, verifier, watchedVerifier } from '../parties/api.ts'
import { API, ISSUER } from '../ring.ts'

const bearer = { authorization: `Bearer ${await seal()}` }
const digest = Uint8Array.from({ length: 32 }, (_, index) => index)
const fingerprint = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0'))
const bound = { authorization: `Bearer ${await seal({ 'x5t#S256': encodeBase64url(digest) })}` }
const headersOf = ({ headers }: Response): Record<string, string> => Object.fromEntries(headers)

/** An application with the middleware before all, and headers of its own before that. */
function appWith(changes: Partial<ResourceServerOptions> = {}, own: Record<string, string> = {}) {
  let ran = 0
  const app = new Hono()
    .use(async (c, next) => {
      for (const [name, value] of Object.entries(own)) c.header(name, value)
      await next()
    })
    .use(resourceServer({ verifier, ...changes } as ResourceServerOptions))
    .all('/orders', (c) => {
      ran++
      return c.text((c.get('entitlement') as { sub: string }).sub, 200, { Vary: 'Accept' })
    })
    .onError((error, c) => c.text(error.message, 500))
  return { app, ran: () => ran }
}

context('the middleware for Hono', () => {
  it('lets in who has a token, and nobody else to any handler', async () => {
    const { app, ran } = appWith({ scope: 'read' })
    const admitted = await app.request('/orders', { headers: bearer })
    expect([admitted.status, await admitted.text(), ran()]).toEqual([200, 'alice', 1])
    const refused = await app.request('/orders')
    expect([refused.status, await refused.json(), ran()]).toEqual([
      401,
      { error_description: 'The request has no access token.' },
      1,
    ])
    expect(headersOf(refused)).toMatchObject({
      'cache-control': 'no-store',
      'content-type': 'application/json',
      'www-authenticate': expect.stringContaining(`Bearer realm="${API}", scope="read"`),
    })
  })

  it('hands what fails to the error handler', async () => {
    const response = await appWith({ verifier: brokenVerifier } as object).app.request('/orders', { headers: bearer })
    expect([response.status, await response.text()]).toEqual([500, 'the verifier is broken'])
  })

  it('says of itself what another has not said, on what is let in and on what is not', async () => {
    const cors = ['https://app.example']
    const sent = { headers: { ...bearer, origin: 'https://app.example' } }
    const { verifier } = watchedVerifier('next')
    const admitted = headersOf(await appWith({ verifier, cors } as object).app.request('/orders', sent))
    expect(admitted).toMatchObject({
      'access-control-allow-origin': 'https://app.example',
      'dpop-nonce': 'next',
      vary: 'Accept, Origin',
    })
    const own = { 'Access-Control-Allow-Origin': 'https://own.example', 'Cache-Control': 'public' }
    for (const headers of [sent.headers, { origin: 'https://app.example' }]) {
      const said = headersOf(await appWith({ cors } as object, own).app.request('/orders', { headers }))
      expect(said['access-control-allow-origin']).toBe('https://own.example')
      expect(said['access-control-expose-headers']).toBeUndefined()
    }
    expect(headersOf(await appWith({}, own).app.request('/orders'))['cache-control']).toBe('no-store')
    const varied = await appWith({ cors } as object, { Vary: 'Accept' }).app.request('/orders')
    expect(headersOf(varied)['vary']).toBe('Accept, Origin')
  })

  it('answers a preflight', async () => {
    const headers = { origin: 'https://app.example', 'access-control-request-method': 'POST' }
    const preflight = await appWith({ cors: '*' }).app.request('/orders', { method: 'OPTIONS', headers })
    expect([preflight.status, await preflight.text()]).toEqual([204, ''])
    expect(headersOf(preflight)['access-control-allow-methods']).toContain('POST')
  })

  it('shows the verifier the request as it came, by its method, URL and headers', async () => {
    const { verifier, shown } = watchedVerifier()
    const contexts: object[] = []
    const scope = (c: object): string => {
      contexts.push(c)
      return ''
    }
    await appWith({ verifier, scope } as object).app.request('/orders?a=b', { method: 'PUT', headers: bearer })
    const [request] = shown
    expect(request).toMatchObject({ method: 'PUT', url: 'http://localhost/orders?a=b', certificate: undefined })
    expect(new Headers(request?.headers as Headers).get('authorization')).toBe(bearer.authorization)
    expect(request?.native).toBe(contexts[0])
  })

  it.each([
    ['/orders?a=b', 'http://localhost/orders?a=b'],
    ['/orders?c=d', 'http://localhost/orders?a=b'],
    ['/orders#x?y\nz', 'http://localhost/orders?a=b'],
    ['/a/../orders?a=b', '/a/../orders?a=b'],
    ['/orders/?a=b', '/orders/?a=b'],
    ['http://localhost/orders', 'http://localhost/orders?a=b'],
    ['http://evil.example/orders', 'http://evil.example/orders'],
    [undefined, 'http://localhost/orders?a=b'],
    [7, 'http://localhost/orders?a=b'],
  ])('shows what Node’s server had to resolve as it came: %s', async (target, url) => {
    const { verifier, shown } = watchedVerifier()
    const env = { incoming: { url: target } }
    await appWith({ verifier } as object).app.request('/orders?a=b', { headers: bearer }, env)
    expect(shown[0]?.url).toBe(url)
  })

  it('takes a token that is bound to a certificate, where Workers or the socket of Node’s server tells of it', async () => {
    const status = async (cf: object | undefined, env?: object): Promise<number> => {
      const request = Object.defineProperty(new Request(`${API}/orders`, { headers: bound }), 'cf', { value: cf })
      return (await appWith().app.fetch(request, env)).status
    }
    const socket = { getPeerCertificate: () => ({ fingerprint256: fingerprint.join(':').toUpperCase() }) }
    const tlsClientAuth = { certPresented: '1', certFingerprintSHA256: fingerprint.join('') }
    expect(await status({ tlsClientAuth })).toBe(200)
    expect(await status(undefined, { incoming: { socket } })).toBe(200)
    for (const env of [undefined, {}, { incoming: {} }, { incoming: { socket: {} } }])
      expect(await status(undefined, env)).toBe(401)
  })
})

context('the description for Hono', () => {
  const about = describe({ resource: API, issuer: ISSUER })
  const path = '/.well-known/oauth-protected-resource'

  it('tells where it is, and answers there alone', async () => {
    expect(about.url).toBe(API + path)
    const app = new Hono().use(about).get('/orders', (c) => c.text('in'))
    const told = await app.request(path)
    expect([told.status, await told.json()]).toMatchObject([200, { resource: API }])
    expect(headersOf(told)).toMatchObject({ 'access-control-allow-origin': '*', 'content-type': 'application/json' })
    expect(await (await app.request('/orders')).text()).toBe('in')
    expect((await app.request(path, { method: 'POST' })).status).toBe(404)
  })

  it('says no CORS where another has', async () => {
    const own = 'https://own.example'
    const app = new Hono()
      .use(async (c, next) => {
        c.header('Access-Control-Allow-Origin', own)
        await next()
      })
      .use(about)
    expect(headersOf(await app.request(path))['access-control-allow-origin']).toBe(own)
  })
})
