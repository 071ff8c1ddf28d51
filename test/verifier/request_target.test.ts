import { describe, expect, it } from 'vitest'
import { readRequest } from '../../src/verifier/request.ts'
import { type Base, baseOf, urlOf } from '../../src/verifier/request_target.ts'

const RESOURCE = 'https://api.example/mcp'
const AT: Base = { url: 'https://api.example', hosts: ['api.example', 'api.example:443'] }
const BEHIND: Base = { url: 'https://public.example/v1', hosts: undefined }

/** Returns the URL of a request, or why it has none. */
function placeOf(
  url: string,
  base: Base | undefined,
  headers: object = { host: 'api.example' },
  more: object = { scheme: 'https' },
): string {
  try {
    return urlOf(readRequest({ url, headers: headers as Record<string, string>, ...more }), base)
  } catch (error) {
    return (error as { code: string }).code
  }
}

describe('the base of a server', () => {
  it.each([
    ['https://api.example/mcp?v=1', 'https://api.example', ['api.example', 'api.example:443']],
    ['https://API.example:443', 'https://api.example', ['api.example', 'api.example:443']],
    ['http://localhost/x', 'http://localhost', ['localhost', 'localhost:80']],
    ['https://api.example:8443/', 'https://api.example:8443', ['api.example:8443', 'api.example:8443']],
    ['http://[::1]:3000/', 'http://[::1]:3000', ['[::1]:3000', '[::1]:3000']],
  ])('is the origin of its resource, with the hosts that say so: %s', (resource, url, hosts) => {
    expect(baseOf(undefined, resource)).toEqual({ url, hosts })
  })

  it('is nothing where the resource is no http(s) URL', () => {
    expect(baseOf(undefined, 'urn:example:api')).toBeUndefined()
  })

  it.each([
    ['https://public.example', 'https://public.example'],
    ['http://public.example/', 'http://public.example'],
    ['https://public.example/v1', 'https://public.example/v1'],
    ['https://public.example/v1/..x/', 'https://public.example/v1/..x'],
  ])('is what it is told, whatever host a request names: %s', (told, url) => {
    expect(baseOf(told, RESOURCE)).toStrictEqual({ url, hosts: undefined })
  })

  it.each([
    '',
    '/v1',
    'public.example',
    'ftp://public.example',
    'https://user@public.example',
    'https://public.example?',
    'https://public.example/v1?x=y',
    'https://public.example/#v1',
    'https://public.example/a/../v1',
    'https://public.example/a/%2e',
  ])('is not %j', (told) => expect(() => baseOf(told, RESOURCE)).toThrow(RangeError))
})

describe('where a request is for', () => {
  it.each([
    ['/', '/'],
    ['/orders/7', '/orders/7'],
    ['/orders/7?page=2', '/orders/7'],
    ['/orders?', '/orders'],
    ['/orders?to=/a/../b', '/orders'],
    ['//orders//7', '//orders//7'],
    [`/!"$%&'()*+,-./0:;<=>@AZ[]^_\`az{|}~`, `/!"$%&'()*+,-./0:;<=>@AZ[]^_\`az{|}~`],
    ['/..7/...', '/..7/...'],
    ['/7../a.', '/7../a.'],
    ['/.well-known/x', '/.well-known/x'],
    ['/%2e%2ewell', '/%2e%2ewell'],
  ])('is the text of its path: %s', (target, path) => {
    expect(placeOf(target, AT)).toBe(`https://api.example${path}`)
    expect(placeOf(target, BEHIND)).toBe(`https://public.example/v1${path}`)
  })

  it.each([
    '',
    '*',
    'orders',
    'x/orders',
    '?/orders',
    '/a#b',
    '/a?b#c',
    '/a?x=\n#',
    '/a\\b',
    '/a b',
    '/a\tb',
    '/a\n',
    '/ä',
    '/\u007f',
    '/..',
    '/.',
    '/a/./b',
    '/a/../b',
    '/a/%2e/b',
    '/a/.%2E/b',
    '/a/..;x',
    '/a/..%3Bx',
    '/a/..%2Fb',
    '/a/.%5cb',
    '/a%2F..',
    '/a%5C../b',
    'api.example:443',
    'https://api.example/orders',
    'https://api.example',
  ])('is nowhere that may be elsewhere: %j', (target) => {
    expect([placeOf(target, AT), placeOf(target, BEHIND)]).toEqual(['proof_request', 'proof_request'])
  })

  it('is told of a path before anything is told of an origin', () => {
    expect([placeOf('*', undefined), placeOf('/orders', undefined)]).toEqual(['proof_request', 'proof_origin'])
  })

  it.each([
    ['https://api.example/orders/7?page=2', '/orders/7'],
    ['HTTPS://API.example:443/orders#part', '/orders'],
    ['https://api.example/orders?a#b\nc', '/orders'],
    ['https://api.example/#?/../x', '/'],
    ['https://api.example', '/'],
    ['https://api.example#part', '/'],
    ['/orders', 'proof_origin'],
    ['http://api.example/orders', 'proof_origin'],
    ['https://evil.example/orders', 'proof_origin'],
    ['https://evil-api.example/orders', 'proof_origin'],
    ['https://user@api.example/orders', 'proof_origin'],
    ['https://api.example:8443/orders', 'proof_origin'],
    ['https:///orders', 'proof_origin'],
    ['https://api.example?/orders', 'proof_request'],
    ['https://api.example\\orders', 'proof_request'],
    ['https://api.example/a/../orders', 'proof_request'],
    ['ftp://api.example/orders', 'proof_request'],
    ['xhttps://api.example/orders', 'proof_request'],
    ['x https://api.example/orders', 'proof_request'],
  ])('is where its URL says, which may have a fragment: %s', (url, place) => {
    expect(placeOf(url, AT, {}, {})).toBe(place.replace(/^\//, 'https://api.example/'))
  })

  it('may be plain http, where the resource is', () => {
    const base = baseOf(undefined, 'http://localhost:3000')
    expect(placeOf('http://localhost:3000/orders', base, {}, {})).toBe('http://localhost:3000/orders')
    expect(placeOf('/orders', base, { host: 'localhost:3000' }, { socket: {} })).toBe('http://localhost:3000/orders')
    expect(placeOf('https://localhost:3000/orders', base, {}, {})).toBe('proof_origin')
  })

  it.each<[object, object?]>([
    [{ host: 'api.example' }],
    [{ host: 'API.Example' }],
    [{ host: 'api.example:443' }],
    [{ ':authority': 'api.example' }],
    [{ ':authority': 'api.example', host: 'api.example:443' }],
    [{ host: 'api.example' }, { scheme: 'HTTPS' }],
    [{ host: 'api.example' }, { socket: { encrypted: true }, rawHeaders: [] }],
  ])('is the origin of the resource where all that it says is of that: %j %j', (headers, more) => {
    expect(placeOf('/orders', AT, headers, more)).toBe('https://api.example/orders')
  })

  it.each<[object, object?]>([
    [{}],
    [{ host: '' }],
    [{ host: 'evil.example' }],
    [{ host: 'api.example/orders' }],
    [{ host: 'api.example, api.example' }],
    [{ ':authority': 'evil.example', host: 'api.example' }],
    [{ ':authority': 'api.example', host: 'evil.example' }],
    [{ host: 'api.example' }, { scheme: 'http' }],
    [{ host: 'api.example' }, { scheme: 'https:' }],
    [{ host: 'api.example' }, { scheme: '' }],
    [{ host: 'api.example' }, { socket: {} }],
    [{ host: 'api.example' }, {}],
  ])('is not where anything that it says is of another, or nothing of any: %j %j', (headers, more) => {
    expect(placeOf('/orders', AT, headers, more)).toBe('proof_origin')
    expect(placeOf('/orders', BEHIND, headers, more)).toBe('https://public.example/v1/orders')
  })

  it('is never a target that calls itself a URL: a server of Node’s took it, or its scheme came from beside', () => {
    for (const more of [{ rawHeaders: ['Host', 'api.example'] }, { scheme: 'https' }])
      expect(placeOf('https://api.example/orders', BEHIND, {}, more)).toBe('proof_request')
    expect(placeOf('https://api.example/orders', BEHIND, {}, {})).toBe('https://public.example/v1/orders')
  })
})
