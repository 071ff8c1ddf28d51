import { describe, expect, it } from 'vitest'
import { type ReadRequest, type ResourceRequest, readRequest, UnreadableRequest } from '../../src/verifier/request.ts'

const read = (request: unknown): ReadRequest => readRequest(request as ResourceRequest)

/** Returns what a request has of the header `x-a`. */
const headerOf = (request: object): string | undefined => read(request).header('x-a')

/** Headers of another maker: of the shape of those of fetch, and that ask for a name in its own case. */
class Foreign extends Map<string, string> {}

const angry = (): never => {
  throw new Error('no')
}

describe('a header is read', () => {
  it.each<[string, unknown]>([
    ['of fetch', new Headers({ 'X-A': '1' })],
    ['of what has get alone', { get: (name: string) => (name === 'x-a' ? '1' : null) }],
    ['of a Map', new Map([['X-A', '1']])],
    ['of what has get, and goes through all', new Foreign([['x-A', '1']])],
    ['of an iterator, which goes by once', new Map([['b', '2'], ['X-A', '1']]).entries()], // biome-ignore format: one line
    ['of pairs', [['X-A', '1']]],
    ['of lines', ['Host', 'api.example', 'X-A', '1']],
    ['of lines whose values look like names', ['Host', 'x-a', 'X-A', '1', 'Via', 'x-a']],
    ['of members', { 'x-a': '1', b: '2' }],
    ['of members in any case', { 'X-a': '1' }],
    ['of members without a prototype', Object.assign(Object.create(null), { 'x-a': '1' })],
    ['of a list', { 'x-a': ['1'] }],
  ])('%s', (_, headers) => {
    const { header } = read({ headers })
    for (let time = 0; time < 2; time++) expect([header('x-a'), header('x-c')]).toEqual(['1', undefined])
  })

  it.each<[string, unknown]>([
    ['of fetch', new Headers([['x-a', '1'], ['X-A', '2']])], // biome-ignore format: one line
    ['of pairs', [['x-a', '1'], ['X-A', '2']]], // biome-ignore format: one line
    ['of lines', ['x-a', '1', 'X-A', '2']],
    ['of members in two cases', { 'x-a': '1', 'X-A': '2' }],
    ['of a list', { 'x-a': ['1', '2'] }],
    ['of a list in a Map', new Map([['x-a', ['1', '2']]])],
  ])('that stands there twice is joined (RFC 9110 §5.2): %s', (_, headers) => {
    expect(headerOf({ headers })).toBe('1, 2')
  })

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a number', 7],
    ['a text', 'x-a: 1'],
    ['a function', Object.assign(() => {}, { 'x-a': '1' })],
    ['a prototype', Object.create({ 'x-a': '1' })],
    ['what is no text', { 'x-a': 7 }],
    ['lists of what is no text', { 'x-a': [7, null, {}] }],
    ['what get returns that is none', { get: () => 7 }],
    ['names that are none', [[7, '1'], [null, '1'], [['x-a'], '1']]], // biome-ignore format: one line
    ['lines that are none', [7, '1', null, 'x-a']],
    ['a line without an end', ['x-a']],
    ['pairs among lines', ['b', '2', ['x-a', '1']]],
    ['pairs before lines', [['x-a', '1'], 'b', '2']],
  ])('nowhere of %s', (_, headers) => {
    expect(headerOf({ headers })).toBeUndefined()
  })

  it('that is empty is there', () => {
    expect(headerOf({ headers: { 'x-a': '' } })).toBe('')
    expect(headerOf({ headers: { 'x-a': [7, '1', null] } })).toBe('1')
  })

  it('by a name of HTTP/2 where there can be one', () => {
    const of = (headers: unknown): string | undefined => read({ headers }).header(':authority')
    expect(of({ ':authority': 'api.example' })).toBe('api.example')
    for (const headers of [new Headers(), { get: angry }]) expect(of(headers)).toBeUndefined()
    expect(() => read({ headers: { get: angry } }).header('authority:')).toThrow(UnreadableRequest)
  })

  it.each<[string, object]>([
    ['in the lines of Node', { rawHeaders: ['X-A', '1', 'X-A', '2'] }],
    ['in the lists of a gateway', { multiValueHeaders: { 'X-A': ['1', '2'] } }],
  ])('as often as it came, where members have one: %s', (_, more) => {
    expect(headerOf({ headers: { 'x-a': '2' }, ...more })).toBe('1, 2')
    expect(headerOf(more)).toBe('1, 2')
  })

  it('as members have it, where it is nowhere more often', () => {
    expect(headerOf({ headers: { 'x-a': '1' }, rawHeaders: ['X-A', '2'], multiValueHeaders: null })).toBe('1')
    const lists = { multiValueHeaders: { 'x-a': ['3'] } }
    expect(headerOf({ headers: { 'x-a': ['1', '2'] }, rawHeaders: ['X-A', '2'], ...lists })).toBe('1, 2')
    expect(headerOf({ rawHeaders: ['X-A', '1', 'X-A', '2'], ...lists })).toBe('1, 2')
  })
})

describe('of a request is read', () => {
  const NOTHING = { method: undefined, url: '', isTarget: false, scheme: undefined, certificate: undefined }

  it.each([undefined, null, 7, 'x', {}, { headers: {}, native: null, method: null, scheme: undefined, url: null }])(
    'nothing where there is none: %j',
    (request) => {
      const { header, ...others } = read(request)
      expect([others, header('authorization')]).toStrictEqual([{ ...NOTHING, native: undefined }, undefined])
    },
  )

  it('all that it says', () => {
    const native = {}
    const { header: _, ...others } = read({ method: 'GET', url: '/x', certificate: 'c', native })
    expect(others).toStrictEqual({ ...NOTHING, method: 'GET', url: '/x', certificate: 'c', native })
    expect(others.native).toBe(native)
  })

  it('what is no text as one, as a router would', () => {
    expect(read({ method: 7, url: new URL('https://api.example/x') })).toMatchObject({
      method: '7',
      url: 'https://api.example/x',
    })
  })

  it('what stands for it only where it is an object', () => {
    for (const native of ['x', 7, true, () => {}]) expect(read({ native }).native).toBeUndefined()
  })

  it.each<[object, string | undefined, boolean]>([
    [{}, undefined, false],
    [{ scheme: 'HTTPS' }, 'HTTPS', true],
    [{ scheme: null }, undefined, true],
    [{ socket: {} }, 'http', false],
    [{ socket: { encrypted: true } }, 'https', false],
    [{ socket: { encrypted: 'yes' } }, 'http', false],
    [{ socket: {}, scheme: 'https' }, 'http', true],
    [{ socket: null, scheme: 'https' }, 'https', true],
    [{ socket: 'tls', scheme: 'https' }, 'https', true],
    [{ socket: { encrypted: true }, rawHeaders: [] }, 'https', true],
    [{ rawHeaders: {} }, undefined, false],
  ])(
    'by which scheme it came, the socket’s above all, and whether its URL is a target: %j',
    (shown, scheme, isTarget) => {
      expect(read(shown)).toMatchObject({ scheme, isTarget })
      expect(read(shown).scheme).toBe(scheme)
    },
  )

  it('nothing where it throws, and never what it threw', () => {
    const trap = new Proxy({}, { get: angry, has: angry, ownKeys: angry })
    for (const request of [trap, { headers: trap }, { rawHeaders: trap }, { url: { toString: angry } }])
      expect(() => read(request)).toThrow(UnreadableRequest)
    const { header } = read({ headers: { get: angry } })
    expect(() => header('x-a')).toThrow(UnreadableRequest)
  })
})
