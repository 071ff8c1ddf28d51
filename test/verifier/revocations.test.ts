import { describe, expect, it } from 'vitest'
import { createRing, createSigningKeys, type NamesKey, nameUnder, type SigningKey } from '../../keys/index.ts'
import type { TokenError } from '../../src/jose/error.ts'
import { readVerificationKeys, readySigningKey, type VerificationKeys } from '../../src/jose/jwks.ts'
import { signClaims } from '../../src/jose/signed.ts'
import { hashRevoked, LONGEST_BUNDLE } from '../../src/token/revocations.ts'
import { type Problem, unavailable } from '../../src/verifier/problem.ts'
import { createRevocationCheck, type RevocationOptions } from '../../src/verifier/revocations.ts'

const ISSUER = 'https://as.example'
const URL_OF = `${ISSUER}/revocations`
const NOW = 1_800_000_000
const SALT = 'salt'

const ring = createRing({ now: NOW, key: new Uint8Array(32) })
const signer = createSigningKeys(ring, ISSUER).signing('ES256', NOW) as SigningKey
const keys = readVerificationKeys({ keys: [(await readySigningKey(signer)).publicJwk] })
const none = readVerificationKeys({ keys: [] })
const stranger = createSigningKeys(createRing({ now: NOW, key: new Uint8Array(32).fill(1) }), ISSUER)

/** A token of alice's. */
const TOKEN = {
  entitlement: {
    ...{ sub: 'alice', client_id: 'app', aud: 'https://api.example', scope: [], jti: 'j1', claims: {} },
    ...{ iat: NOW, exp: NOW + 600 },
  },
  kid: 'r1.20833',
  leaf: 'r1.20833',
}
/** Events that hit it, or another. */
const eventsOf = (jti: string) => ({ jti: { [hashRevoked(SALT, 'jti', jti)]: NOW } })

interface Told {
  readonly typ?: string
  readonly key?: SigningKey
  readonly etag?: string
  readonly before?: string
  readonly after?: string
  readonly contentType?: string
}

/** A list as the issuer signs it, but for what is changed. */
async function list(claims: object = {}, told: Told = {}): Promise<Response> {
  const { typ = 'revocations+jwt', key = signer, etag, before = '', after = '', contentType = 'application/jwt' } = told
  const whole = { iss: ISSUER, iat: NOW, exp: NOW + 3600, epoch: 1, seq: 1, salt: SALT, events: {}, ...claims }
  const jws = await signClaims(whole, typ, key)
  const headers = { 'content-type': contentType, ...(etag === undefined ? {} : { etag }) }
  return new Response(before + jws + after, { headers })
}

/** A check of what an issuer tells that answers as the test says. */
function setUp(
  changes: object = {},
  parts: {
    readonly keys?: (now: number, isLacking: boolean) => Promise<VerificationKeys>
    readonly names?: (now: number, isLacking: boolean) => Promise<readonly NamesKey[]>
  } = {},
) {
  let next: () => Response | Promise<Response> = () => list()
  const asked: [string, RequestInit | undefined][] = []
  const told: Problem[] = []
  const besides: Promise<unknown>[] = []
  const options = { url: URL_OF, ...changes } as RevocationOptions
  const check = createRevocationCheck(options, {
    issuer: ISSUER,
    fetch: async (url, init) => {
      asked.push([url, init])
      return next()
    },
    keys: async () => keys,
    names: async () => [],
    ...parts,
    waitUntil: (promise) => besides.push(promise),
    tell: (problem) => told.push(problem),
  })
  return {
    asked,
    told,
    answer: (how: typeof next) => {
      next = how
    },
    /** Returns `ok`, or why a token is refused; and lets come what is fetched beside it. */
    see: async (now: number, of: object = {}) => {
      const seen = await check.check({ ...TOKEN, ...of }, now).then(
        () => 'ok',
        ({ code, cause }: TokenError & { cause?: Problem }) =>
          cause === undefined ? code : `${code}: ${cause.source}: ${cause.detail}`,
      )
      await Promise.all(besides)
      return seen
    },
    check,
  }
}
const status = (code: number) => (): Response => new Response(null, { status: code })

describe('a list of what was revoked', () => {
  it('is asked for at its URL, and refuses what it names', async () => {
    const { see, asked, answer, told } = setUp()
    expect(await see(NOW)).toBe('ok')
    expect(asked.map(([url, init]) => [url, init?.headers])).toEqual([[URL_OF, { accept: 'application/jwt' }]])
    answer(() => list({ seq: 2, events: eventsOf('j1') }, { after: '\n' }))
    expect([await see(NOW + 5), await see(NOW + 6)]).toEqual(['ok', 'revoked'])
    expect(await see(NOW + 6, { entitlement: { ...TOKEN.entitlement, jti: 'j2' } })).toBe('ok')
    expect(told).toEqual([])
  })

  it('names keys, and branches of a resource, too', async () => {
    const { see, answer } = setUp()
    answer(() =>
      list({
        events: {
          kid: { [hashRevoked(SALT, 'kid', 'r2')]: NOW },
          resource: { [hashRevoked(SALT, 'resource', TOKEN.entitlement.aud)]: 2 },
        },
      }),
    )
    expect(await see(NOW, { leaf: undefined })).toBe('ok')
    expect(await see(NOW, { leaf: undefined, kid: 'r2.20833' })).toBe('revoked')
    expect([await see(NOW), await see(NOW, { leaf: 'r1.20833.2' })]).toEqual(['revoked', 'ok'])
  })

  it('that did not change is not sent again, and grows old all the same', async () => {
    const { see, asked, answer, told } = setUp()
    answer(() => list({ events: eventsOf('j2') }, { etag: '"1"' }))
    await see(NOW)
    answer(status(304))
    for (let at = 5; at <= 60; at += 5) expect(await see(NOW + at)).toBe('ok')
    expect(await see(NOW + 65)).toMatch(/^unavailable: revocations: .*older than maxStale/)
    expect(new Set(asked.slice(1).map(([, init]) => JSON.stringify(init?.headers)))).toEqual(
      new Set([JSON.stringify({ accept: 'application/jwt', 'if-none-match': '"1"' })]),
    )
    expect(told).toEqual([])
    answer(status(503))
    expect([await see(NOW + 75), told.length]).toEqual(['unavailable: revocations: status 503', 1])
  })

  it('that is not asked for if it changed cannot be told not to have', async () => {
    const { see, answer, told } = setUp()
    await see(NOW)
    answer(status(304))
    expect([await see(NOW + 5), told.map(({ detail }) => detail)]).toEqual(['ok', ['revocations: status 304']])
  })

  it.each([
    [undefined, 5, 10],
    [1, 1, 1],
    [20, 10, 20],
  ])('is asked for beside a request by half of every = %s, and waited for by the whole', async (every, half, whole) => {
    const revoking = () => list({ seq: 2, iat: NOW + 1, events: eventsOf('j1') })
    const beside = setUp({ every })
    await beside.see(NOW)
    beside.answer(revoking)
    if (half > 1) expect([await beside.see(NOW + half - 1), beside.asked.length]).toEqual(['ok', 1])
    if (half < whole) expect([await beside.see(NOW + half), beside.asked.length]).toEqual(['ok', 2])
    const before = setUp({ every })
    await before.see(NOW)
    before.answer(revoking)
    expect(await before.see(NOW + whole)).toBe('revoked')
  })

  it.each([
    ['60 seconds', {}, 60],
    ['50 at the least', { maxStale: 50 }, 50],
    ['what it may be', { maxStale: 600 }, 600],
  ])('serves while no newer can be had, until it is too old: %s', async (_, changes, seconds) => {
    const { see, answer } = setUp(changes)
    await see(NOW)
    answer(status(503))
    expect([await see(NOW + seconds), await see(NOW + seconds + 1)]).toEqual([
      'ok',
      'unavailable: revocations: status 503',
    ])
    answer(() => list({ iat: NOW + seconds + 5 }))
    expect(await see(NOW + seconds + 10)).toBe('ok')
    // The reason is of the last that could not be had, and of none after one that could.
    answer(status(304))
    expect(await see(NOW + 2 * seconds + 10)).toMatch(/status 304$/)
  })

  it('serves on with what was last known where the operator wants that, and lets in where nothing was', async () => {
    const { see, answer } = setUp({ onStale: 'accept' })
    answer(status(503))
    expect(await see(NOW)).toBe('ok')
    answer(() => list({ events: eventsOf('j1') }))
    expect(await see(NOW + 5)).toBe('revoked')
    answer(status(503))
    expect(await see(NOW + 500)).toBe('revoked')
    expect(await see(NOW + 500, { entitlement: { ...TOKEN.entitlement, jti: 'j2' } })).toBe('ok')
  })

  it('is told of when it cannot be had: once for each try, five seconds apart', async () => {
    const { see, asked, told, answer } = setUp()
    answer(() => {
      throw new TypeError('secret')
    })
    const reason = 'unavailable: revocations: TypeError'
    expect([await see(NOW), await see(NOW + 4)]).toEqual([reason, reason])
    const problem = { reason: 'unavailable', source: 'revocations', detail: 'revocations: TypeError' }
    expect([told, asked.length]).toEqual([[problem], 1])
    answer(() => list())
    expect([await see(NOW + 5), told.length]).toEqual(['ok', 1])
  })
})

describe('a list that is not good', () => {
  const forged = stranger.signing('ES256', NOW) as SigningKey

  it.each<[string, () => Response | Promise<Response>, RegExp]>([
    ['an older seq', () => list({ seq: 4, iat: NOW + 9 }), /from the future, or older/],
    ['an older date', () => list({ iat: NOW - 1 }), /from the future, or older/],
    ['a date in the future', () => list({ iat: NOW + 71 }), /from the future, or older/],
    ['another issuer', () => list({ iss: 'https://evil.example' }), /of another issuer, or is none/],
    ['no date', () => list({ iat: undefined }), /of another issuer, or is none/],
    ['a date that is no number', () => list({ iat: `${NOW}` }), /of another issuer, or is none/],
    ['no seq', () => list({ seq: undefined }), /of another issuer, or is none/],
    ['another typ', () => list({}, { typ: 'at+jwt' }), /not good: the envelope is of another type/],
    ["a stranger's key", () => list({}, { key: forged }), /not signed by a key of this issuer/],
    ["a stranger's signature", () => list({}, { key: { ...forged, kid: signer.kid } }), /not signed by a key of this/],
    ['letters before it', () => list({}, { before: 'x' }), /not good/],
    ['more than it may have', () => list({}, { after: ' '.repeat(LONGEST_BUNDLE) }), /is longer than 4000000 bytes/],
    ['another media type', () => list({}, { contentType: 'text/plain' }), /another media type$/],
    ['one that begins as ours', () => list({}, { contentType: 'application/jwt-not' }), /another media type$/],
    ['one that ends as ours', () => list({}, { contentType: 'xapplication/jwt' }), /another media type$/],
    ['status 404', status(404), /status 404: url is not the issuer's \/revocations, or it has no REVOCATIONS$/],
    ['status 500', status(500), /^revocations: status 500$/],
  ])('is as none, and the log is told why: %s', async (_, answer, detail) => {
    const { see, told, answer: set } = setUp()
    set(() => list({ seq: 5, events: eventsOf('j2') }))
    await see(NOW)
    set(answer)
    const other = { entitlement: { ...TOKEN.entitlement, jti: 'j2' } }
    expect([await see(NOW + 10), await see(NOW + 10, other)]).toEqual(['ok', 'revoked'])
    expect(told).toEqual([
      { reason: 'unavailable', source: 'revocations', detail: expect.stringMatching(detail) as unknown },
    ])
    expect(told[0]?.detail).toMatch(/^revocations: /)
    // What is known grows old.
    set(status(500))
    expect(await see(NOW + 61)).toMatch(/^unavailable: revocations: /)
  })

  it('may be dated a minute ahead, and no more', async () => {
    for (const [ahead, seen] of [
      [60, 'ok'],
      [61, 'unavailable'],
    ] as const) {
      const { see, answer } = setUp()
      answer(() => list({ iat: NOW + ahead }))
      expect((await see(NOW)).split(':')[0]).toBe(seen)
    }
  })

  it('whose key is not known yet is asked again with newer ones, and with no others', async () => {
    for (const [told, expected] of [
      [() => list(), [false, true]],
      [() => list({}, { key: { ...forged, kid: signer.kid } }), [false]],
    ] as const) {
      const asked: boolean[] = []
      const lacking = expected.length > 1
      const find = async (now: number, isLacking: boolean) => {
        expect(now).toBe(NOW)
        asked.push(isLacking)
        return isLacking || !lacking ? keys : none
      }
      const { see, answer } = setUp({}, { keys: find })
      answer(told)
      expect((await see(NOW)).startsWith('ok')).toBe(lacking)
      expect(asked).toEqual(expected)
    }
  })

  it('cannot be told from a good one where no key can be had', async () => {
    const { see } = setUp({}, { keys: () => Promise.reject(unavailable('jwks', 'status 500')) })
    expect(await see(NOW)).toBe('unavailable: revocations: its signature cannot be checked: jwks: status 500')
  })

  it('is a fault of ours where anything else is thrown: nobody is let in', async () => {
    const { check } = setUp({ onStale: 'accept' }, { keys: () => Promise.reject(new SyntaxError('ours')) })
    await expect(check.check(TOKEN, NOW)).rejects.toThrow(SyntaxError)
  })
})

describe('a list that was lost or set back', () => {
  it('is taken, and that is told', async () => {
    const { see, answer, told } = setUp()
    answer(() => list({ seq: 9, events: eventsOf('j2') }))
    await see(NOW)
    answer(() => list({ epoch: 2, iat: NOW + 5, events: eventsOf('j1') }))
    expect(await see(NOW + 10)).toBe('revoked')
    expect(told).toEqual([
      { reason: 'unavailable', source: 'revocations', detail: expect.stringMatching(/lost its list/) as unknown },
    ])
  })

  it('is not taken where a clock was set back: a date ahead of now orders nothing, but seq does', async () => {
    const { see, answer, told } = setUp()
    answer(() => list({ seq: 5, iat: NOW + 50 }))
    expect(await see(NOW)).toBe('ok')
    answer(() => list({ seq: 6, iat: NOW + 10, events: eventsOf('j1') }))
    expect([await see(NOW + 10), told]).toEqual(['revoked', []])
    const late = setUp()
    late.answer(() => list({ seq: 5, iat: NOW + 50 }))
    await late.see(NOW)
    late.answer(() => list({ seq: 4, iat: NOW + 10, events: eventsOf('j1') }))
    expect([await late.see(NOW + 10), late.told.length]).toEqual(['ok', 1])
    // A date of now is a good one: what is older than that is older.
    const exact = setUp()
    exact.answer(() => list({ seq: 5, iat: NOW + 10 }))
    await exact.see(NOW)
    exact.answer(() => list({ seq: 6, iat: NOW + 9, events: eventsOf('j1') }))
    expect([await exact.see(NOW + 10), exact.told.length]).toEqual(['ok', 1])
  })

  it('that is ahead by more than a minute, since the clock here was set back, is none', async () => {
    const { see, answer, told } = setUp()
    await see(NOW)
    answer(status(503))
    expect(await see(NOW - 60)).toBe('ok')
    expect(await see(NOW - 61)).toMatch(/^unavailable: revocations: /)
    expect(told.length > 0).toBe(true)
  })
})

describe('a list that names persons under keys', () => {
  const key = (kid: string, fill: number): NamesKey => ({ kid, key: () => new Uint8Array(32).fill(fill) })
  const [first, second] = [key('r1', 1), key('r2', 2)]
  const hit = ({ key: of }: NamesKey) => {
    const { name, shift } = nameUnder(of(), 'sub', 'alice')
    return { name: { [hashRevoked(SALT, 'name', name)]: NOW + shift } }
  }

  /** Looks for names with keys of which the test says which are known, and which can be had. */
  function withNames(known: readonly NamesKey[], newer: readonly NamesKey[] = known, changes: object = {}) {
    const asked: unknown[] = []
    const names = async (now: number, isLacking: boolean) => {
      asked.push([now, isLacking])
      return isLacking ? newer : known
    }
    return { ...setUp(changes, { names }), lookups: asked }
  }

  it('is held against a token with the key of its root alone', async () => {
    const { see, answer, lookups } = withNames([second, first])
    answer(() => list({ events: hit(first) }))
    expect([await see(NOW), lookups]).toEqual(['revoked', [[NOW, false]]])
    expect(await see(NOW, { kid: 'r2.20833', leaf: 'r2.20833' })).toBe('ok')
  })

  it('is held against a token that names no root with all keys', async () => {
    const { see, answer } = withNames([second, first])
    answer(() => list({ events: hit(first) }))
    expect(await see(NOW, { kid: 'own', leaf: undefined })).toBe('revoked')
    const { see: other, answer: set } = withNames([second])
    set(() => list({ events: hit(first) }))
    expect(await other(NOW, { kid: 'own', leaf: undefined })).toBe('ok')
  })

  it('asks for newer keys where that of the root is lacking', async () => {
    const { see, answer, lookups } = withNames([second], [second, first])
    answer(() => list({ events: hit(first) }))
    expect(await see(NOW)).toBe('revoked')
    expect(lookups).toEqual([
      [NOW, false],
      [NOW, true],
    ])
  })

  it('lets nobody in without a key, unless the operator wants that', async () => {
    for (const known of [[], [second]]) {
      const { see, answer } = withNames(known)
      answer(() => list({ events: hit(first) }))
      expect(await see(NOW)).toMatch(/^unavailable: revocations: the keys that tell names/)
      const { see: lax, answer: set } = withNames(known, known, { onStale: 'accept' })
      set(() => list({ events: { ...hit(first), ...eventsOf('j2') } }))
      expect(await lax(NOW)).toBe('ok')
      expect(await lax(NOW, { entitlement: { ...TOKEN.entitlement, jti: 'j2' } })).toBe('revoked')
    }
  })

  it('asks for no key where nobody is named', async () => {
    const { see, lookups } = withNames([])
    expect([await see(NOW), lookups]).toEqual(['ok', []])
  })
})

describe('the options', () => {
  it.each<[string, unknown, RegExp]>([
    ['one that is unknown', { urls: [] }, /^"revocations" has no setting "urls"/],
    ['no URL', { url: undefined }, /^"revocations\.url" expected an https URL/],
    ['http elsewhere', { url: 'http://as.example/revocations' }, /^"revocations\.url" expected an https URL/],
    ['too often', { every: 0 }, /^"revocations\.every" expected/],
    ['too seldom', { every: 3601 }, /^"revocations\.every" expected/],
    ['less than what is newest may be old', { maxStale: 49 }, /^"revocations\.maxStale" expected/],
    ['less than that, when it is asked for seldom', { every: 21 }, /^"revocations\.maxStale" expected/],
    ['more than a day', { maxStale: 86_401 }, /^"revocations\.maxStale" expected/],
    ['another way', { onStale: 'maybe' }, /^"revocations\.onStale" expected "refuse" or "accept"/],
  ])('refuse %s', (_, changes, message) => {
    expect(() => setUp(changes as object)).toThrow(message)
  })

  it.each([
    ['an issuer in development', { url: 'http://localhost:8787/revocations' }],
    ['each second', { every: 1, maxStale: 41 }],
    ['each hour', { every: 3600, maxStale: 86_400 }],
    ['refuse', { onStale: 'refuse' }],
  ])('take %s', async (_, changes) => {
    const { see } = setUp(changes)
    expect(await see(NOW)).toBe('ok')
  })

  it('are an object', () => {
    expect(() => createRevocationCheck(null as never, {} as never)).toThrow(/^"revocations" expected an object/)
  })
})
