import { describe, expect, it } from 'vitest'
import { createKeyring, exportKeys, writeKeys } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import { createDirectVerifier } from '../../src/verifier/direct.ts'
import { resourceServer as inExpress } from '../../src/verifier/express.ts'
import { resourceServer as inFastify } from '../../src/verifier/fastify.ts'
import { resourceServer as inHono } from '../../src/verifier/hono.ts'
import { createVerifier, describeResource, remoteKeys } from '../../src/verifier/index.ts'
import { API, ENTITLEMENT, ISSUER, NOW, PARTNER_KEY, testRing } from '../fixtures.ts'

const ring = testRing(NOW)
const keys = writeKeys(exportKeys(ring, { issuer: ISSUER, resource: API, now: NOW }))
const options = { issuer: ISSUER, resource: API, keys, now: () => NOW }
const verifier = createVerifier(options)
const remote = { url: `${ISSUER}/keys`, clientId: 'a', clientSecret: 'b' }
const about = { resource: API, issuer: ISSUER }
const token = await sealDirect(
  { ...ENTITLEMENT, scope: ['read', 'write'] },
  ISSUER,
  createKeyring(ring, ISSUER).leavesFor('access', API, 'A256GCM', 600),
  NOW,
)

/** What is built from options, by its name. */
const builders: Readonly<Record<string, (options: never) => unknown>> = {
  createVerifier,
  createDirectVerifier,
  remoteKeys,
  describeResource,
  Hono: inHono,
  Express: inExpress,
  Fastify: inFastify,
}
const frameworks = ['Hono', 'Express', 'Fastify']

/** A builder, what it is given, and what it says to that. */
type Row = readonly [string, object, string]

describe('an option that is unknown is refused when it is built,', () => {
  it.each<Row>([
    ['createVerifier', { scope: 'read' }, '"createVerifier" has no setting "scope"; it knows: issuer, resource,'],
    ['createVerifier', { revocation: {} }, 'no setting "revocation"; did you mean "revocations"? It knows: issuer,'],
    ['createVerifier', { dPoP: { required: true } }, 'no setting "dPoP"; did you mean "dpop"?'],
    ['createVerifier', { longest_life: 60 }, 'no setting "longest_life"; did you mean "longestLife"?'],
    ['createVerifier', { anonymus: false }, 'no setting "anonymus"; did you mean "anonymous"?'],
    ['createVerifier', { revocations: { uri: 'x' } }, '"revocations" has no setting "uri"; did you mean "url"?'],
    ['createVerifier', { revocations: 'https://as.example/revocations' }, '"revocations" expected an object'],
    ['createVerifier', { revocations: null }, '"revocations" expected an object, got null'],
    ['createVerifier', { dpop: { require: true } }, '"dpop" has no setting "require"; did you mean "required"?'],
    ['createVerifier', { dpop: true }, '"dpop" expected an object, got true'],
    ['createVerifier', { certificate: () => 'x' }, 'no setting "certificate"; it knows:'],
    ['createDirectVerifier', { revocations: { url: `${ISSUER}/revocations` } }, 'no setting "revocations"; it knows:'],
    ['createDirectVerifier', { dpop: { required: true } }, '"createDirectVerifier" has no setting "dpop"'],
    ['createDirectVerifier', { jwks: { keys: [] } }, 'no setting "jwks"'],
    ['createDirectVerifier', { decryptionKeys: { keys: [] } }, 'no setting "decryptionKeys"'],
    ['createDirectVerifier', { baseUrl: API }, 'no setting "baseUrl"'],
    ['createDirectVerifier', { enc: 'A256GCM' }, 'no setting "enc"'],
    ...frameworks.flatMap((name): Row[] => [
      [name, { scopes: 'read' }, '"createVerifier" has no setting "scopes"'],
      [
        name,
        { verifier: 'it' },
        '"resourceServer" has no setting "issuer"; it knows: verifier, scope, acr, maxAge, certificate',
      ],
    ]),
  ])('%s with %j', (name, more, message) => {
    expect(() => builders[name]?.({ ...options, ...more } as never)).toThrow(message)
    expect(() => builders[name]?.({ ...options, ...more } as never)).toThrow(TypeError)
  })

  it.each<Row>([
    ['remoteKeys', { ...remote, secret: 'b' }, '"remoteKeys" has no setting "secret"; it knows: url, clientId'],
    ['remoteKeys', { ...remote, client_id: 'a' }, 'no setting "client_id"; did you mean "clientId"?'],
    ['describeResource', { ...about, scope: ['read'] }, 'no setting "scope"; did you mean "scopes"?'],
    ...frameworks.flatMap((name): Row[] => [
      [name, { verifier, scopes: 'write' }, '"resourceServer" has no setting "scopes"; did you mean "scope"?'],
      [name, { verifier, revocations: { url: `${ISSUER}/revocations` } }, 'no setting "revocations"; it knows:'],
      [name, { verifier, dpop: { required: true } }, 'no setting "dpop"'],
      [name, { verifier, resource: API }, 'no setting "resource"'],
      [name, { verifier: undefined }, '"verifier" expected what createVerifier(…) returns'],
      [name, { verifier: options }, '"verifier" expected what createVerifier(…) returns'],
      [name, { verifier, certificate: 'x-client-cert' }, '"certificate" expected a function, got a string'],
    ]),
    ...[undefined, null, 'read', []].flatMap((nothing) =>
      Object.keys(builders).map((name): Row => [name, nothing as never, 'expected an object, got']),
    ),
  ])('%s with %j', (name, given, message) => {
    expect(() => builders[name]?.(given as never)).toThrow(message)
    expect(() => builders[name]?.(given as never)).toThrow(TypeError)
  })

  // promise: P18
  it('and known ones are taken, each with what goes with it', () => {
    expect(() =>
      createDirectVerifier({ ...options, anonymous: true, longestLife: 60, clockTolerance: 0 }),
    ).not.toThrow()
    const whole = { dpop: {}, baseUrl: API, revocations: { url: `${ISSUER}/revocations` }, waitUntil: () => {}, fetch }
    for (const name of frameworks) {
      expect(() => builders[name]?.({ ...options, ...whole, scope: 'read write' } as never)).not.toThrow()
      expect(() => builders[name]?.({ verifier, scope: 'read', certificate: () => undefined } as never)).not.toThrow()
    }
  })
})

describe('what an option cannot be is refused when it is built,', () => {
  it.each<Row>([
    ['createVerifier', { keys: JSON.parse(keys) }, '"keys" expected what `bulla keys export` printed, as a text'],
    [
      'createVerifier',
      { keys: new TextEncoder().encode(keys) },
      '"keys" expected what `bulla keys export` printed, as a text',
    ],
    [
      'createVerifier',
      { keys: remote },
      '"keys" expected what `bulla keys export` printed, as a text, or remoteKeys(…)',
    ],
    [
      'createVerifier',
      { keys: JSON.parse(keys), jwks: { keys: [] } },
      '"keys" expected what `bulla keys export` printed, as a text',
    ],
    [
      'createDirectVerifier',
      { keys: JSON.parse(keys) },
      '"keys" expected what `bulla keys export` printed, got an obj',
    ],
    ['createDirectVerifier', { keys: remoteKeys(remote) }, '"keys" expected what `bulla keys export` printed, got an'],
    ['createVerifier', { enc: 'A256GCM' }, '"enc" goes with "decryptionKeys"'],
    [
      'createVerifier',
      { keys: undefined, decryptionKeys: null, jwksUri: `${ISSUER}/jwks` },
      '"decryptionKeys" expected an',
    ],
    ['createVerifier', { jwks: JSON.stringify({ keys: [] }) }, '"jwks" expected a JWK Set'],
    ['createVerifier', { now: NOW }, `"now" expected a function, got ${NOW}`],
    ['createVerifier', { fetch: {} }, '"fetch" expected a function, got an object'],
    ['createVerifier', { waitUntil: Promise.resolve() }, '"waitUntil" expected a function'],
    ...[
      `${ISSUER}/`,
      `${ISSUER}?a=b`,
      `${ISSUER}#a`,
      ISSUER.toUpperCase(),
      'https://AS.example',
      'https://as.example:443',
      'https://a:b@as.example',
      'http://as.example',
      'as.example',
      ` ${ISSUER}`,
    ].flatMap((issuer): Row[] => [
      ['createVerifier', { issuer }, '"issuer" expected'],
      ['createDirectVerifier', { issuer }, '"issuer" expected'],
    ]),
    ...['orders', '/orders', `${API}#a`, `${API}/a b`, `${API}/"`, 'https://[', ''].flatMap((resource): Row[] => [
      ['createVerifier', { resource }, '"resource" expected the URI of the resource'],
      ['createDirectVerifier', { resource }, '"resource" expected the URI of the resource'],
    ]),
    ...[
      '',
      ' ',
      'read ',
      ' read',
      'read  write',
      'read\twrite',
      'read\n',
      'read,"write"',
      'réad',
      undefined,
      null,
      7,
      ['read'],
    ].flatMap((scope) =>
      frameworks.map((name): Row => [name, { scope }, '"scope" expected scope tokens with one space between']),
    ),
  ])('%s with %j', (name, more, message) => {
    expect(() => builders[name]?.({ ...options, ...more } as never)).toThrow(message)
  })

  it.each<Row>([
    ['remoteKeys', { ...remote, decryptionKey: null }, '"decryptionKey" expected an object, got null'],
    ['remoteKeys', { ...remote, decryptionKey: JSON.stringify(PARTNER_KEY) }, '"decryptionKey" expected an object'],
    ['remoteKeys', { ...remote, waitUntil: true }, '"waitUntil" expected a function, got true'],
    ['describeResource', { ...about, issuer: `${ISSUER}/` }, '"issuer" expected'],
    ['describeResource', { ...about, resource: 'http://api.example' }, 'https; http only on localhost'],
    ['describeResource', { ...about, scopes: 'read' }, '"scopes" expected a list'],
    ['describeResource', { ...about, scopes: ['read write'] }, '"scopes[0]" expected a scope token'],
    ['describeResource', { ...about, dpop: true }, '"dpop" expected "supported" or "required"'],
    ['describeResource', { ...about, name: 7 }, '"name" expected 1 to 64 characters'],
  ])('%s with %j', (name, given, message) => {
    expect(() => builders[name]?.(given as never)).toThrow(message)
  })

  it.each(
    [API, `${API}/`, API.replace('https', 'HTTPS'), `${API}:443`].flatMap((told, index, all) =>
      ['createVerifier', 'createDirectVerifier', ...frameworks].map(
        (name) => [name, told, all[(index + 1) % all.length] ?? ''] as const,
      ),
    ),
  )('%s with keys for %s beside the resource %s: both spellings are named', (name, told, resource) => {
    const text = writeKeys(exportKeys(ring, { issuer: ISSUER, resource: told, now: NOW }))
    const make = (as: string): unknown => builders[name]?.({ ...options, resource: as, keys: text } as never)
    expect(() => make(resource)).toThrow(
      new RangeError(
        `"keys" are for the resource in another spelling, ${told}, than "resource" names, ${resource}: the issuer's settings have the right one`,
      ),
    )
    expect(() => make(told)).not.toThrow()
    expect(() => make('https://other.example')).toThrow(`another resource, ${told}, than "resource" names, https://oth`)
  })
})

describe('a demand that is none lets nobody in, and is said to be one', () => {
  const request = new Request(`${API}/orders`, { headers: { authorization: `Bearer ${token}` } })

  it.each<[string, unknown]>([
    ['a text', 'orders:write'],
    ['a list', ['write']],
    ['null', null],
    ['a number', 7],
    ['a misspelt scope', { scopes: 'write' }],
    ['more than there is', { scope: 'read', client: 'app' }],
    ['a scope with a space at its end', { scope: 'read ' }],
    ['no scope token', { scope: '' }],
    ['a scope as a list', { scope: ['read'] }],
    ['a scope that is undefined', { scope: undefined }],
  ])('%s', async (_, demand) => {
    for (const one of [verifier, createDirectVerifier(options)]) {
      for (const input of [token, request, new Request(API), 'x']) {
        const refused = await one.verify(input, demand as never)
        expect(refused).toMatchObject({ ok: false, code: 'server_error', reason: 'demand' })
        if (refused.ok) throw new Error('let in')
        expect([refused.response.status, ...refused.response.headers]).toEqual([
          500,
          ['cache-control', 'no-store'],
          ['content-type', 'application/json'],
        ])
        expect(await refused.response.json()).toEqual({
          error: 'server_error',
          error_description: 'What this request needs is not known.',
        })
      }
    }
  })

  it('and none at all, or a good one, is one', async () => {
    for (const demand of [undefined, {}, { scope: 'read' }, { scope: 'write read' }])
      expect((await verifier.verify(request, ...(demand === undefined ? [] : [demand]))).ok).toBe(true)
    expect((await verifier.verify(request, undefined)).ok).toBe(true)
  })
})
