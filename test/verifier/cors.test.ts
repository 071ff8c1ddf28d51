import { describe, expect, it } from 'vitest'
import { besideOwn, type CorsOrigins, createCors, isPreflight } from '../../src/verifier/cors.ts'

const APP = 'https://app.example'

/** A request, by its method and headers. */
const asking = (method: string | undefined, headers: Readonly<Record<string, string>> = {}) => ({
  method,
  header: (name: string) => headers[name],
})
const preflight = (names?: string, origin = APP) =>
  asking('OPTIONS', {
    origin,
    'access-control-request-method': 'POST',
    ...(names === undefined ? {} : { 'access-control-request-headers': names }),
  })

const READ = {
  'Access-Control-Expose-Headers': 'WWW-Authenticate, DPoP-Nonce, Mcp-Session-Id, Mcp-Protocol-Version, Retry-After',
}
const SENT =
  'Authorization, DPoP, Content-Type, Accept, Last-Event-ID, Mcp-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name'
const ALLOWED = {
  'Access-Control-Allow-Methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
  'Access-Control-Allow-Headers': SENT,
  'Access-Control-Max-Age': '600',
}

describe('a preflight (Fetch, "CORS protocol")', () => {
  it.each<[boolean, ReturnType<typeof asking>]>([
    [true, preflight()],
    [false, asking('OPTIONS')],
    [false, asking('OPTIONS', { origin: APP })],
    [false, asking('OPTIONS', { 'access-control-request-method': 'POST' })],
    [false, asking('POST', { origin: APP, 'access-control-request-method': 'POST' })],
    [false, asking(undefined, { origin: APP, 'access-control-request-method': 'POST' })],
  ])('is one: %s', (is, request) => {
    expect(isPreflight(request)).toBe(is)
    expect(createCors('*').preflight(request) !== undefined).toBe(is)
  })

  it('is answered for everybody, or for whoever is listed', () => {
    const everybody = { 'Access-Control-Allow-Origin': '*', ...ALLOWED }
    expect(createCors('*').preflight(preflight())).toEqual(everybody)
    const listed = createCors(['http://localhost:3000', APP])
    expect(listed.preflight(preflight())).toEqual({ 'Access-Control-Allow-Origin': APP, Vary: 'Origin', ...ALLOWED })
    const evil = preflight(undefined, 'https://app.example.evil')
    expect(listed.preflight(evil)).toStrictEqual({ Vary: 'Origin', ...ALLOWED })
  })

  it('allows headers that MCP names after parameters, of those that are asked for, and no others', () => {
    const asked =
      "authorization, Mcp-Param-Region ,mcp-param-a.b!#$%&'*+^_`|~-9, x-mcp-param-a, mcp-param-, mcp-param-a b,,x"
    const headers = createCors('*').preflight(preflight(asked))?.['Access-Control-Allow-Headers']
    expect(headers).toBe(`${SENT}, Mcp-Param-Region, mcp-param-a.b!#$%&'*+^_\`|~-9`)
  })
})

describe('every answer', () => {
  it('says who may read it, and which headers', () => {
    expect(createCors('*').headersOf(asking('GET'))).toEqual({ 'Access-Control-Allow-Origin': '*', ...READ })
    const listed = createCors([APP])
    const own = { 'Access-Control-Allow-Origin': APP, Vary: 'Origin', ...READ }
    expect(listed.headersOf(asking('GET', { origin: APP }))).toEqual(own)
    for (const headers of [{}, { origin: 'https://other.example' }])
      expect(listed.headersOf(asking('GET', headers))).toStrictEqual({ Vary: 'Origin', ...READ })
  })

  it.each(['access-control-allow-origin', 'access-control-allow-credentials'])(
    'leaves to the operator’s own CORS what it has spoken of: %s',
    (told) => {
      const headers = {
        'Access-Control-Allow-Origin': APP,
        Vary: 'Origin',
        'X-Access-Control-': 'x',
        'DPoP-Nonce': 'n',
      }
      const get = (name: string) => (name === told ? 'told' : undefined)
      expect(besideOwn(headers, get)).toEqual({ 'X-Access-Control-': 'x', 'DPoP-Nonce': 'n' })
    },
  )

  it('varies by what it varied by before, and by the origin', () => {
    const headers = { 'Access-Control-Allow-Origin': APP, Vary: 'Origin' }
    expect(besideOwn(headers, () => undefined)).toEqual(headers)
    const get = (name: string) => (name === 'vary' ? 'Accept' : undefined)
    expect(besideOwn(headers, get)).toEqual({ ...headers, Vary: 'Accept, Origin' })
    expect(besideOwn({ A: 'b' }, get)).toEqual({ A: 'b' })
  })
})

describe('whose scripts may ask', () => {
  it.each([
    'https://app.example',
    'http://localhost:3000',
    'https://[::1]:8443',
    'vscode-webview://1-a_b',
    'x+y.z-0://a',
    'web+http://app',
  ])('is an origin, as a browser writes it: %s', (origin) => expect(() => createCors([origin])).not.toThrow())

  it.each<unknown>([
    'https://app.example',
    undefined,
    [],
    [1],
    [''],
    ['*'],
    ['null'],
    ['app.example'],
    ['https://'],
    ['https://app.example/'],
    ['https://app.example/path'],
    ['https://APP.example'],
    ['https://app.example:443'],
    ['https://app.example:99999'],
    ['https://user@app.example'],
    [' https://app.example'],
    ['https://app.example '],
    ['http://app.example:80'],
    ['9x://app'],
    ['vscode-webview://app/path'],
    [['vscode-webview://app']],
    [APP, 'no'],
  ])('is nothing else: %j', (origins) => {
    expect(() => createCors(origins as CorsOrigins)).toThrow('"cors" expected "*", or a list of origins')
  })
})
