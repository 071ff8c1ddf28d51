import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createDirectVerifier } from '../../src/verifier/direct.ts'
import { createVerifier, type ResourceRequest, type Verification } from '../../src/verifier/index.ts'
import { API } from '../fixtures.ts'
import { options, seal, verifier } from '../parties/api.ts'
import { createProver } from '../parties/dpop.ts'

const prover = await createProver()
const bearer = `Bearer ${await seal()}`
const bound = await seal({ jkt: prover.jkt })

/** Asks with anything at all. */
const ask = (input: unknown): Promise<Verification> => verifier.verify(input as ResourceRequest)
const codeOf = async (input: unknown): Promise<string> => {
  const result = await ask(input)
  return result.ok ? 'ok' : result.code
}

/** Headers of another maker: of the same shape, and not of this class. */
class ForeignHeaders {
  readonly #headers: Headers
  constructor(init: Record<string, string>) {
    this.#headers = new Headers(init)
  }
  get(name: string): string | null {
    return this.#headers.get(name)
  }
  [Symbol.iterator](): Iterator<[string, string]> {
    return this.#headers[Symbol.iterator]()
  }
}

describe('any headers', () => {
  it.each<[string, unknown]>([
    ['of fetch', new Headers({ Authorization: bearer })],
    ['of another realm or package', new ForeignHeaders({ authorization: bearer })],
    ['with get alone', { get: (name: string) => (name.toLowerCase() === 'authorization' ? bearer : null) }],
    ['as a Map', new Map([['Authorization', bearer]])],
    ['as pairs', [['AUTHORIZATION', bearer]]],
    ['as lines', ['Host', 'api1.example', 'Authorization', bearer]],
    ['as members', { authorization: bearer }],
    ['as members with a capital', { Authorization: bearer }],
    ['as members in capitals', { AUTHORIZATION: bearer }],
    ['as lists', { Authorization: [bearer] }],
    ['without a prototype', Object.assign(Object.create(null), { authorization: bearer })],
  ])('are read: %s', async (_, headers) => {
    expect(await codeOf({ headers })).toBe('ok')
    expect((await createDirectVerifier(options).verify({ headers } as ResourceRequest)).ok).toBe(true)
  })

  it('are read to the last where there are more: an iterator goes by once', async () => {
    const dpop = await prover.prove({ method: 'GET', url: `${API}/x`, token: bound })
    const headers = new Map([['DPoP', dpop], ['Authorization', `DPoP ${bound}`]]).entries() // biome-ignore format: one line
    expect(await codeOf({ method: 'GET', url: `${API}/x`, headers })).toBe('ok')
  })

  it.each<[string, unknown]>([
    ['an event of API Gateway, version 1', { httpMethod: 'GET', path: '/', headers: { Authorization: bearer } }],
    ['one that has lists', { headers: null, multiValueHeaders: { authorization: [bearer] } }],
    ['one of version 2', { rawPath: '/', headers: { authorization: bearer } }],
  ])('are those of %s', async (_, event) => {
    expect(await codeOf(event)).toBe('ok')
  })

  it.each<[string, unknown]>([
    [
      'of fetch',
      {
        headers: new Headers([
          ['authorization', bearer],
          ['authorization', 'Bearer x'],
        ]),
      },
    ],
    ['in a list', { headers: { authorization: [bearer, 'Bearer x'] } }],
    ['in two cases', { headers: { authorization: bearer, Authorization: 'Bearer x' } }],
    [
      'in pairs',
      {
        headers: [
          ['authorization', bearer],
          ['Authorization', bearer],
        ],
      },
    ],
    [
      'in the lines of Node beside the first',
      { headers: { authorization: bearer }, rawHeaders: ['Authorization', bearer, 'Authorization', 'Bearer x'] },
    ],
    [
      'in the lists of a gateway beside the last',
      { headers: { Authorization: bearer }, multiValueHeaders: { Authorization: ['Bearer x', bearer] } },
    ],
    ['behind another scheme', { headers: { authorization: ['Basic YTpi', bearer] } }],
  ])('that are two for Authorization are malformed: %s (RFC 9110 §5.3)', async (_, request) => {
    expect(await ask(request)).toMatchObject({ code: 'invalid_request', reason: 'malformed' })
  })

  it('are what the request itself has: nothing of a prototype counts', async () => {
    expect(await codeOf({ headers: Object.create({ authorization: bearer }) })).toBe('no_credentials')
  })
})

describe('verify never throws', () => {
  const angry = (): never => {
    throw new Error('no')
  }
  const trap = new Proxy({}, { get: angry, has: angry, ownKeys: angry, getPrototypeOf: angry })
  it.each<[string, unknown, string]>([
    ['nothing', undefined, 'no_credentials'],
    ['null', null, 'no_credentials'],
    ['a number', 7, 'no_credentials'],
    ['a symbol', Symbol('x'), 'no_credentials'],
    ['a function', () => {}, 'no_credentials'],
    ['an empty object', {}, 'no_credentials'],
    ['headers that are a number', { headers: 7 }, 'no_credentials'],
    ['a token that is a number', { headers: { authorization: 7 } }, 'no_credentials'],
    ['an empty text', '', 'invalid_token'],
    ['a proxy that throws', trap, 'invalid_request'],
    ['headers that throw', { headers: trap }, 'invalid_request'],
    [
      'a getter that throws',
      {
        get headers() {
          return angry()
        },
      },
      'invalid_request',
    ],
    ['a get that throws', { headers: { get: angry } }, 'invalid_request'],
    ['a URL that is none', { headers: { authorization: bearer }, url: { toString: angry } }, 'invalid_request'],
    [
      'a proof with a method that is a number',
      { headers: { authorization: 'DPoP x', dpop: 'x' }, method: 7, url: 8 },
      'invalid_dpop_proof',
    ],
  ])('at %s', async (_, input, code) => {
    const result = await ask(input)
    expect(result).toMatchObject({ ok: false, code })
    expect([400, 401]).toContain(!result.ok && result.response.status)
  })

  it('at a clock that does', async () => {
    const stopped = createVerifier({ ...options, now: angry })
    expect(await stopped.verify({ headers: { authorization: bearer } })).toMatchObject({
      code: 'temporarily_unavailable',
    })
  })

  // promise: P20
  it('at anything', async () => {
    const member = fc.oneof(fc.anything({ withMap: true, withNullPrototype: true }), fc.constant(bearer))
    const headers = fc.oneof(
      fc.dictionary(fc.constantFrom('authorization', 'Authorization', 'dpop', 'host', ':authority'), member),
      fc.array(fc.tuple(fc.constantFrom('authorization', 'DPoP', 'x'), member)),
      member,
    )
    const request = fc.record({
      headers,
      url: member,
      method: member,
      rawHeaders: member,
      native: member,
      socket: member,
    })
    await fc.assert(
      fc.asyncProperty(fc.oneof(request, fc.anything()), async (input) => {
        const result = await ask(input)
        expect(result.ok || [400, 401, 503].includes(result.response.status)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })
})

describe('the target of a request that brings a proof', () => {
  const dpopFor = (url: string): Promise<string> => prover.prove({ method: 'GET', url, token: bound })
  const asked = async (
    url: string,
    htu: string,
    lines: readonly string[] = ['Host', 'api1.example'],
    more: Partial<ResourceRequest> = {},
    from = verifier,
  ): Promise<string | undefined> => {
    const headers = ['Authorization', `DPoP ${bound}`, 'DPoP', await dpopFor(htu), ...lines]
    const result = await from.verify({ method: 'GET', url, headers, scheme: 'https', ...more })
    return result.ok ? 'ok' : result.reason
  }

  it.each([
    ['/orders/7?page=2', `${API}/orders/7`],
    ['//orders//7', `${API}//orders//7`],
    ['/orders/a%2Fb;v=1/@', `${API}/orders/a%2Fb;v=1/@`],
    ['/orders/..7/.well-known/...', `${API}/orders/..7/.well-known/...`],
    ['/', API],
  ])('is taken: %s', async (target, htu) => {
    expect(await asked(target, htu)).toBe('ok')
  })

  it('is taken by a scheme in capitals: it has no case (RFC 3986 §3.1)', async () => {
    for (const scheme of ['HTTPS', 'Https'])
      expect(await asked('/orders/7', `${API}/orders/7`, undefined, { scheme })).toBe('ok')
    expect(await asked('/orders/7', `${API}/orders/7`, undefined, { scheme: 'HTTP' })).toBe('proof_origin')
  })

  it.each([
    '/orders/../orders/7',
    '/orders/./7',
    '/orders/7/.',
    '/orders/7/..?x',
    '/orders/%2e%2e/7',
    '/orders/.%2E/7',
    '/orders/..;/7',
    '/orders/..%2f7',
    '/orders/%2e%2e%5c7',
    '/orders\\7',
    '/orders/7#x',
    '/orders/7?x#/../y',
    '/orders/\t7',
    '/ordérs/7',
    '*',
    '',
    'api1.example:443',
    'https://api1.example/orders/7',
    'orders/7',
    '?/orders/7',
  ])('is refused where it may lead elsewhere: %j', async (target) => {
    const htus = [`${API}/orders/7`, `${API}${target}`, target]
    expect(await Promise.all(htus.map((htu) => asked(target, htu)))).toEqual(htus.map(() => 'proof_request'))
    const based = createVerifier({ ...options, baseUrl: API })
    const reasons = await Promise.all(htus.map((htu) => asked(target, htu, undefined, {}, based)))
    expect(reasons).toEqual(htus.map(() => 'proof_request'))
  })

  it.each<[string, readonly string[], Partial<ResourceRequest>?]>([
    ['no host', []],
    ['another host', ['Host', 'evil.example']],
    ['another host that ends so', ['Host', 'evil.api1.example']],
    ['a path in the host', ['Host', 'api1.example/orders']],
    ['a query in the host', ['Host', 'api1.example/x?']],
    ['a user', ['Host', 'api1.example@evil.example']],
    ['a user before it', ['Host', 'u@api1.example']],
    ['a tab', ['Host', 'api1.example\t']],
    ['a percent sign', ['Host', '%61pi1.example']],
    ['another port', ['Host', 'api1.example:8443']],
    ['two hosts', ['Host', 'api1.example', 'Host', 'evil.example']],
    ['the same twice', ['Host', 'api1.example', 'Host', 'api1.example']],
    ['an authority and another host', [':authority', 'api1.example', 'host', 'evil.example']],
    ['another authority', [':authority', 'evil.example', 'host', 'api1.example']],
    ['plain http', ['Host', 'api1.example'], { scheme: 'http' }],
    ['a socket without TLS', ['Host', 'api1.example'], { socket: {} }],
  ])('is refused with %s, and taken all the same where "baseUrl" tells it', async (_, lines, more) => {
    expect(await asked('/orders/7', `${API}/orders/7`, lines, more)).toBe('proof_origin')
    const based = createVerifier({ ...options, baseUrl: API })
    expect(await asked('/orders/7', `${API}/orders/7`, lines, more, based)).toBe('ok')
    expect(await asked('/orders/8', `${API}/orders/7`, lines, more, based)).toBe('proof_request')
  })

  it.each([
    ['Host', 'API1.Example'],
    ['Host', 'api1.example:443'],
    [':authority', 'api1.example'],
    [':authority', 'api1.example', 'Host', 'api1.example'],
  ])('is taken with the host %s %s', async (...lines) => {
    expect(await asked('/orders/7', `${API}/orders/7`, lines)).toBe('ok')
  })
})

describe('a proof of one request', () => {
  // promise: P21
  it('is used once however often its framework has it verified, and by no other request', async () => {
    const dpop = await prover.prove({ method: 'GET', url: `${API}/x`, token: bound })
    const shown = { method: 'GET', url: `${API}/x`, headers: { authorization: `DPoP ${bound}`, dpop } }
    const native = {}
    const own = createVerifier(options)
    const both = await Promise.all([own.verify({ ...shown, native }), own.verify({ ...shown, native })])
    expect([...both, await own.verify({ ...shown, native })].map(({ ok }) => ok)).toEqual([true, true, true])
    for (const other of [{ ...shown, native: {} }, shown, { ...shown, native: undefined }])
      expect(await own.verify(other)).toMatchObject({ ok: false, reason: 'proof_replayed' })
  })

  it('is not used by a request that another one with the same proof came before', async () => {
    const dpop = await prover.prove({ method: 'GET', url: `${API}/x`, token: bound })
    const shown = { method: 'GET', url: `${API}/x`, headers: { authorization: `DPoP ${bound}`, dpop } }
    const own = createVerifier(options)
    const [late, early] = [{}, {}]
    expect((await own.verify({ ...shown, native: early })).ok).toBe(true)
    for (let time = 0; time < 2; time++)
      expect(await own.verify({ ...shown, native: late })).toMatchObject({ reason: 'proof_replayed' })
  })
})
