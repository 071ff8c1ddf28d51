import { describe, expect, it } from 'vitest'
import { encodeBase64url } from '../../../keys/base64url.ts'
import { sealKeySet } from '../../../src/jose/key_set.ts'
import { recipientOf } from '../../../src/jose/recipient.ts'
import { type RemoteKeysOptions, remoteKeys } from '../../../src/verifier/keys/remote_keys.ts'

const URL_OF = 'https://as.example/keys'
const NOW = 1_800_000_000
const DAY = 86_400
const EVERY = 1000

const KEY = new Uint8Array(32).fill(7)
const JWK = { kty: 'oct', kid: 'r1.1', k: encodeBase64url(KEY), enc: 'A256GCM', nbf: NOW - DAY, exp: NOW + DAY }
const LEAF = { kid: 'r1.1', key: KEY, enc: 'A256GCM', nbf: NOW - DAY, exp: NOW + DAY }
const LONG = { ...JWK, kid: 'r1.2', k: encodeBase64url(new Uint8Array(64)), enc: 'A256CBC-HS512' }
const NAMES = { kty: 'oct', kid: 'r1', k: encodeBase64url(KEY) }
const OWN = {
  ...{ kty: 'EC', crv: 'P-256', kid: 'own' },
  x: 'DQWf-Wrb3fB6E7gpL6jASdfgjCPdSohH_MOBqTD7H3U',
  y: 'SrwnEQVGsQ2VlB4-OdKJL4541g8JIF9nV9BHWkM6bP4',
  d: 'UE3lEPzFg20s5Og4aozQXPtuIZ7LnRxDm5S6tu01WdE',
}

const typed = (body: string, type = 'application/jwk-set+json'): Response =>
  new Response(body, { headers: { 'content-type': type } })
const tell = (set: object) => (): Response => typed(JSON.stringify(set))
const status = (code: number) => (): Response => new Response(null, { status: code })

/** Keys from an issuer that answers as the test says. */
function setUp(answer: () => Response | Promise<Response>, changes: Partial<RemoteKeysOptions> = {}) {
  let next = answer
  const asked: [string, RequestInit | undefined][] = []
  const besides: Promise<unknown>[] = []
  const keys = remoteKeys({
    url: URL_OF,
    clientId: 'api',
    clientSecret: 'secret',
    every: EVERY,
    waitUntil: (promise) => besides.push(promise),
    fetch: async (url, init) => {
      asked.push([url, init])
      return next()
    },
    ...changes,
  })
  return {
    keys,
    asked,
    besides,
    answer: (how: typeof next) => {
      next = how
    },
    /** Returns why there is no key. */
    why: async () => {
      expect(await keys.leaves(NOW)).toBeUndefined()
      return keys.failure?.()?.detail
    },
  }
}

describe('keys from the issuer', () => {
  it('are asked for by a client that says who it is, each half form-encoded (RFC 6749 §2.3.1)', async () => {
    const { keys, asked } = setUp(tell({ keys: [JWK] }), { clientId: 'my api:', clientSecret: 'a+b%' })
    await keys.leaves(NOW)
    const [[url, init] = []] = asked
    expect([keys.url, url, init?.headers]).toEqual([
      URL_OF,
      URL_OF,
      {
        authorization: `Basic ${btoa('my+api%3A:a%2Bb%25')}`,
        accept: 'application/jwk-set+json, application/jose',
      },
    ])
  })

  it("come by the platform's own fetch where there is no other", async () => {
    const own = globalThis.fetch
    const asked: unknown[] = []
    globalThis.fetch = (async (url: unknown) => {
      asked.push(url)
      return tell({ keys: [JWK] })()
    }) as typeof fetch
    try {
      const keys = remoteKeys({ url: URL_OF, clientId: 'api', clientSecret: 'secret' })
      expect([(await keys.leaves(NOW))?.opening('r1.1', NOW), asked]).toEqual([LEAF, [URL_OF]])
    } finally {
      globalThis.fetch = own
    }
  })

  it('open from a minute before they seal until what they sealed has ended, and seal nothing', async () => {
    const { keys } = setUp(tell({ keys: [LONG, JWK] }))
    const leaves = await keys.leaves(NOW)
    expect([leaves?.enc, leaves?.opening('r1.1', NOW)]).toEqual(['A256CBC-HS512', LEAF])
    const opens = [JWK.nbf - 61, JWK.nbf - 60, JWK.exp + DAY + 59, JWK.exp + DAY + 60].map(
      (at) => leaves?.opening('r1.1', at)?.kid,
    )
    expect(opens).toEqual([undefined, 'r1.1', 'r1.1', undefined])
    expect(leaves?.opening('r1.3', NOW)).toBeUndefined()
    expect([leaves?.sealing(NOW), leaves?.told(NOW), leaves?.within(0, 9)]).toEqual([undefined, [], []])
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['a text', 'r2'],
    ['of another kind', { kty: 'RSA' }],
    ['of a kid that is no text', { kid: 2 }],
    ['of a key that is no text', { k: [JWK.k] }],
    ['of an encryption that is no text', { enc: ['A256GCM'] }],
    ['of an encryption that is not known', { enc: 'A128GCM' }],
    ['of an encryption from the prototype', { enc: 'constructor' }],
    ['of a key of another length', { k: LONG.k }],
    ['of a key in another spelling', { k: `${JWK.k}=` }],
    ['of no beginning', { nbf: undefined }],
    ['of no end', { exp: undefined }],
    ['of a beginning that is no number', { nbf: '0' }],
    ['of half an end', { exp: NOW + 0.5 }],
  ])('are taken though one of them is %s', async (_, bad) => {
    const changed = typeof bad === 'object' && bad !== null ? { ...JWK, kid: 'r2', ...bad } : bad
    const { keys } = setUp(tell({ keys: [changed, JWK] }))
    const leaves = await keys.leaves(NOW)
    expect([leaves?.opening('r1.1', NOW), keys.failure?.()]).toEqual([LEAF, undefined])
    for (const kid of ['r2', 2 as never]) expect(leaves?.opening(kid, NOW)).toBeUndefined()
  })

  it('bring those that tell names; an issuer that does not tell them any more takes none away', async () => {
    const { keys, answer } = setUp(tell({ keys: [JWK], names_keys: [NAMES, { ...NAMES, kid: 2 }] }))
    const namesAt = async (now: number, isLacking?: boolean) =>
      (await keys.namesKeys(now, isLacking)).map(({ kid, key }) => [kid, key()])
    expect(await namesAt(NOW)).toEqual([['r1', KEY]])
    for (const names of [{}, { names_keys: [] }, { names_keys: [{}] }]) {
      answer(tell({ keys: [JWK], ...names }))
      expect(await namesAt(NOW + 30, true)).toEqual([['r1', KEY]])
    }
    answer(tell({ keys: [], names_keys: [NAMES, { ...NAMES, kid: 'r2' }] }))
    expect(await namesAt(NOW + 60, true)).toEqual([
      ['r1', KEY],
      ['r2', KEY],
    ])
    // That is a good answer, too, though nothing opens any more.
    const leaves = await keys.leaves(NOW + 60)
    expect([leaves?.enc, leaves?.opening('r1.1', NOW), keys.failure?.()]).toEqual(['A256GCM', undefined, undefined])
  })

  it.each([
    ['as many names keys as leaves', [NAMES]],
    ['more names keys than leaves', [NAMES, { ...NAMES, kid: 'r2' }]],
  ])('come with %s', async (_, names_keys) => {
    const { keys } = setUp(tell({ keys: [JWK], names_keys }))
    expect([(await keys.leaves(NOW))?.opening('r1.1', NOW), keys.failure?.()]).toEqual([LEAF, undefined])
  })

  it('tell no names where the issuer tells none', async () => {
    const { keys } = setUp(tell({ keys: [JWK] }))
    expect(await keys.namesKeys(NOW)).toEqual([])
  })

  it('come encrypted where a key was agreed on, and no other way', async () => {
    const sealed = await sealKeySet({ keys: [JWK] }, await recipientOf(OWN, 'A256GCM'))
    const { keys } = setUp(() => typed(`${sealed}\n`, 'Application/JOSE'), { decryptionKey: OWN })
    expect((await keys.leaves(NOW))?.opening('r1.1', NOW)).toEqual(LEAF)
    expect(await setUp(tell({ keys: [JWK] }), { decryptionKey: OWN }).why()).toMatch(/not encrypted to decryptionKey/)
    expect(await setUp(() => typed(sealed, 'application/jose')).why()).toMatch(/needs decryptionKey$/)
  })

  it.each<[string, () => Response, RegExp]>([
    ['a set without a key', tell({ keys: [] }), /^what came has no key of a good form/],
    ['a set without a good key', tell({ keys: [{ ...JWK, nbf: undefined }] }), /^what came has no key of a good form/],
    ['no set', tell({}), /^what came is no JWK Set; .* needs decryptionKey$/],
    ['status 400', status(400), /^status 400: .* no such resource/],
    ['status 401', status(401), /^status 401: .* does not know clientId/],
    ['status 404', status(404), /^status 404: url is not the issuer's/],
    ['status 503', status(503), /^status 503$/],
    ['another media type', () => typed('{"keys":[]}', 'application/json'), /^another media type$/],
    ['one that begins as ours', () => typed('{}', 'application/jwk-set+json-not'), /^another media type$/],
    ['one that ends as ours', () => typed('{}', 'xapplication/jose'), /^another media type$/],
  ])('are none when %s comes, and the log can say why', async (_, answer, detail) => {
    const { why, asked } = setUp(answer)
    expect(await why()).toMatch(detail)
    expect(await why()).toMatch(detail)
    expect(asked.length).toBe(1)
  })

  it('serve on when no newer come, and the last failure is told until they do', async () => {
    const { keys, answer } = setUp(tell({ keys: [JWK] }))
    const opens = async (now: number) => (await keys.leaves(now, true))?.opening('r1.1', NOW)?.kid
    expect([await opens(NOW), keys.failure?.()]).toEqual(['r1.1', undefined])
    answer(status(503))
    expect([await opens(NOW + 30), keys.failure?.()?.detail]).toEqual(['r1.1', 'status 503'])
    answer(tell({ keys: [JWK] }))
    expect([await opens(NOW + 59), keys.failure?.()?.detail]).toEqual(['r1.1', 'status 503'])
    expect([await opens(NOW + 60), keys.failure?.()]).toEqual(['r1.1', undefined])
  })

  it('are asked for anew at a time that differs from server to server: a fifth before or after', async () => {
    const servers = Array.from({ length: 100 }, () => setUp(tell({ keys: [JWK] })))
    const askedBy = async (seconds: number): Promise<number> => {
      for (const { keys } of servers) await keys.leaves(NOW + seconds)
      await Promise.all(servers.flatMap(({ besides }) => besides))
      return servers.filter(({ asked }) => asked.length > 1).length
    }
    expect([await askedBy(0), await askedBy(0.8 * EVERY - 1)]).toEqual([0, 0])
    const some = await askedBy(EVERY)
    expect(some > 0 && some < 100).toBe(true)
    expect(await askedBy(1.2 * EVERY + 1)).toBe(100)
    for (const { besides } of servers) expect(besides.length).toBe(1)
  })

  it('are not waited for until they are twice as old', async () => {
    const { keys, answer, asked } = setUp(tell({ keys: [JWK] }))
    await keys.leaves(NOW)
    let land: () => void = () => {}
    answer(() => new Promise((resolve) => (land = () => resolve(tell({ keys: [LONG] })()))))
    expect((await keys.leaves(NOW + 2 * EVERY - 1))?.enc).toBe('A256GCM')
    expect(asked.length).toBe(2)
    const late = keys.leaves(NOW + 2 * EVERY)
    land()
    expect((await late)?.enc).toBe('A256CBC-HS512')
  })
})

describe('the options', () => {
  it.each<[string, object, RegExp]>([
    ['one that is unknown', { urls: [] }, /^"remoteKeys" has no setting "urls"/],
    ['no URL', { url: undefined }, /^"url" expected an https URL/],
    ['http elsewhere', { url: 'http://as.example/keys' }, /^"url" expected an https URL/],
    ['9 seconds', { every: 9 }, /^"every" expected/],
    ['more than a day', { every: DAY + 1 }, /^"every" expected/],
    ['a client without a name', { clientId: '' }, /^"clientId" expected the client_id/],
    ['a name that begins beyond ASCII', { clientId: 'äpi' }, /^"clientId" expected/],
    ['a name that ends beyond ASCII', { clientId: 'apiä' }, /^"clientId" expected/],
    ['no secret', { clientSecret: undefined }, /^"clientSecret" expected its secret/],
    ['a secret that begins with a line', { clientSecret: '\na' }, /^"clientSecret" expected/],
    ['a secret that ends with a line', { clientSecret: 'a\n' }, /^"clientSecret" expected/],
    ['no key', { decryptionKey: null }, /^"decryptionKey" expected an object/],
    ['a public key', { decryptionKey: { ...OWN, d: undefined } }, /^"decryptionKey" expected a private JWK/],
    ['a key without a kid', { decryptionKey: { ...OWN, kid: undefined } }, /^"decryptionKey" expected a private/],
    ['a waitUntil that cannot be called', { waitUntil: true }, /^"waitUntil" expected a function/],
    ['a fetch that cannot be called', { fetch: {} }, /^"fetch" expected a function/],
  ])('refuse %s', (_, changes, message) => {
    expect(() => setUp(status(404), changes)).toThrow(message)
  })

  it.each<[string, object]>([
    ['an issuer in development', { url: 'http://localhost:8787/keys' }],
    ['10 seconds', { every: 10 }],
    ['a day', { every: DAY }],
    ['none that can be left out', { every: undefined, waitUntil: undefined, decryptionKey: undefined }],
  ])('take %s', async (_, changes) => {
    const { keys } = setUp(tell({ keys: [JWK] }), changes)
    expect((await keys.leaves(NOW))?.opening('r1.1', NOW)).toEqual(LEAF)
  })
})
