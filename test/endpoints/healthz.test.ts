import { afterEach, describe, expect, it, vi } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations, type IssuerSettings } from '../../src/index.ts'
import { VERSION } from '../../src/version.ts'
import { basic, ISSUER, NOW, named, SECRETS, secretHash, testIssuer, testKey, testRing, VARS } from '../fixtures.ts'
import { RING_RSA } from '../parties/partner.ts'
import { sealBundle } from '../parties/sealed_bundle.ts'
import { ASSERTION_TYPE, clientAssertion } from '../parties/trusted.ts'

const DEEP = `${ISSUER}/healthz?deep`

/** What a store can do instead of its work. */
type Fault = 'throw' | 'hang' | undefined

const SECRET_WORDS = 'redis://user:secret@host'

/** An issuer whose stores fail on demand, and how often they were asked. */
function setUp(changes: Partial<IssuerSettings> = {}) {
  let now = NOW
  const faults: { guard: Fault; revocations: Fault } = { guard: undefined, revocations: undefined }
  const asked = { guard: 0, revocations: 0 }
  async function answer<Answer>(store: keyof typeof faults, call: () => Promise<Answer>): Promise<Answer> {
    asked[store]++
    if (faults[store] === 'throw') throw new Error(SECRET_WORDS)
    if (faults[store] === 'hang') await new Promise(() => {})
    return call()
  }
  const memory = createMemoryGuard(() => now, { single: true })
  const list = createMemoryRevocations('salt')
  const issuer = testIssuer({
    guard: {
      ...memory,
      spend: (...of) => answer('guard', () => memory.spend(...of)),
      hasEnded: (ids) => answer('guard', () => memory.hasEnded(ids)),
    },
    revocations: { add: list.add, read: (...of) => answer('revocations', () => list.read(...of)) },
    now: () => now,
    ...changes,
  })
  const ask = async (init: RequestInit = {}, url = DEEP) => {
    const response = await issuer.request(url, init)
    const body: Readonly<Record<string, unknown>> = JSON.parse((await response.text()) || '{}')
    return { status: response.status, body, headers: response.headers }
  }
  const pass = (seconds: number): void => {
    now += seconds
  }
  return { ask, issuer, faults, asked, pass }
}

const KEYS = [{ kid: 'r1', state: 'primary', age: 0 }]
const OPERATOR = { headers: { authorization: basic('operator', SECRETS.operator) } }

/** Returns a form of somebody who proves itself. */
function form(members: Record<string, string>, headers: Record<string, string> = {}) {
  return { method: 'POST', body: new URLSearchParams(members), headers }
}

afterEach(() => void vi.useRealTimers())

describe('GET /healthz?deep', () => {
  it('says of guard and revocations that they answer, and nothing else to a stranger', async () => {
    const { status, body, headers } = await setUp().ask()
    expect([status, body]).toEqual([200, { status: 'ok', keys: KEYS, parts: { guard: 'ok', revocations: 'ok' } }])
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it('says nothing of stores that there are none of', async () => {
    const none = setUp({ guard: 'none', trustedIssuers: {}, clients: { service: VARS.CLIENTS.service } })
    expect((await none.ask()).body).toEqual({ status: 'ok', keys: KEYS, parts: { revocations: 'ok' } })
    const list = await testIssuer().request(DEEP)
    expect(await list.json()).toEqual({ status: 'ok', keys: KEYS, parts: { guard: 'ok' } })
  })

  it.each(['guard', 'revocations'] as const)('names the %s that throws, in no words of its own', async (store) => {
    const { ask, faults } = setUp()
    faults[store] = 'throw'
    const { status, body } = await ask()
    const parts = { guard: 'ok', revocations: 'ok', [store]: 'unavailable' }
    expect([status, body]).toEqual([503, { status: 'unavailable', reason: store, keys: KEYS, parts }])
    expect(JSON.stringify(body)).not.toContain('secret')
  })

  it.each(['guard', 'revocations'] as const)('waits half a second for the %s, and no longer', async (store) => {
    const { ask, faults } = setUp()
    faults[store] = 'hang'
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let answer: Awaited<ReturnType<typeof ask>> | undefined
    const answered = ask().then((came) => {
      answer = came
    })
    await vi.advanceTimersByTimeAsync(499)
    expect(answer).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    vi.useRealTimers()
    await answered
    expect(answer?.body['reason']).toBe(store)
  })

  // promise: O04
  it('names the first that is down, and says of each how it is', async () => {
    const { ask, faults } = setUp()
    Object.assign(faults, { guard: 'throw', revocations: 'throw' })
    expect((await ask()).body).toMatchObject({
      reason: 'guard',
      parts: { guard: 'unavailable', revocations: 'unavailable' },
    })
  })

  it('says of a ring by which nothing can be sealed what it is, beside the stores', async () => {
    const { ask } = setUp({ keyRing: undefined })
    const { status, body } = await ask()
    expect([status, body]).toMatchObject([503, { reason: 'ring_missing', parts: { guard: 'ok', revocations: 'ok' } }])
  })

  it('asks each store once for all who come within five seconds, and is red, and green again, after these', async () => {
    const { ask, asked, faults, pass } = setUp()
    const statuses = await Promise.all(Array.from({ length: 50 }, async () => (await ask()).status))
    expect([new Set(statuses), asked]).toEqual([new Set([200]), { guard: 1, revocations: 1 }])
    faults.guard = 'throw'
    pass(4)
    expect([(await ask()).status, asked.guard]).toEqual([200, 1])
    pass(1)
    expect([(await ask()).status, (await ask()).status, asked.guard]).toEqual([503, 503, 2])
    faults.guard = undefined
    pass(5)
    expect([(await ask()).status, asked.guard]).toEqual([200, 3])
  })

  it('leaves liveness as it is: that asks no store', async () => {
    const { ask, asked, faults } = setUp()
    Object.assign(faults, { guard: 'throw', revocations: 'throw' })
    const { status, body } = await ask({}, `${ISSUER}/healthz`)
    expect([status, body, asked]).toEqual([200, { status: 'ok', keys: KEYS }, { guard: 0, revocations: 0 }])
  })

  it.each(['/healthz', '/healthz?deep'])('bears the time of the clock by which tokens end: %s', async (path) => {
    const { headers } = await setUp().ask({}, ISSUER + path)
    expect(headers.get('date')).toBe(new Date(NOW * 1000).toUTCString())
  })

  it('has no body for HEAD, and the status', async () => {
    const { ask, faults } = setUp()
    faults.guard = 'throw'
    expect(await ask({ method: 'HEAD' })).toMatchObject({ status: 503, body: {} })
  })
})

describe('what an operator is told beside that', () => {
  const inside = {
    version: VERSION,
    time: '2027-01-15T08:00:00Z',
    rotation: { due: '2027-04-01T08:00:00Z', days_left: 90, overdue: false },
  }
  const { token_endpoint_auth_method, jwks } = VARS.CLIENTS.keyed
  const signing = { kind: 'operator', token_endpoint_auth_method, jwks } as const
  const assertion = () => clientAssertion(ISSUER, NOW, { iss: 'signing-operator', sub: 'signing-operator' })
  const clients = { ...VARS.CLIENTS, 'signing-operator': signing }

  it.each<readonly [string, () => Promise<RequestInit>]>([
    ['by Basic', async () => OPERATOR],
    ['by a form with its secret', async () => form({ client_id: 'operator', client_secret: SECRETS.operator })],
    [
      'by an assertion',
      async () => form({ client_assertion: await assertion(), client_assertion_type: ASSERTION_TYPE }),
    ],
  ])('is when the ring must be rotated, and which version this is: %s', async (_, proof) => {
    const { ask } = setUp({ clients })
    const { status, body } = await ask(await proof())
    expect([status, body]).toEqual([
      200,
      { status: 'ok', keys: KEYS, parts: { guard: 'ok', revocations: 'ok' }, ...inside },
    ])
  })

  it('is that a rotation is overdue, and how many days are left until nothing can be sealed', async () => {
    const { ask, pass } = setUp()
    pass(76 * 86_400)
    expect((await ask(OPERATOR)).body['rotation']).toEqual({ ...inside.rotation, days_left: 14, overdue: true })
    pass(14 * 86_400)
    const { status, body } = await ask(OPERATOR)
    expect([status, body]).toMatchObject([
      503,
      { reason: 'ring_no_primary', rotation: { due: '2027-04-15T08:00:00Z', days_left: 0, overdue: true } },
    ])
  })

  it('is the same of the RSA keys, where the ring has some', async () => {
    const keyRing = writeRing(named(createRing({ now: NOW, key: testKey(), rsaKey: RING_RSA })))
    expect((await setUp({ keyRing }).ask(OPERATOR)).body['rsa']).toMatchObject({
      keys: [{ kid: 's1', state: 'primary', age: 0 }],
      days_left: 90,
      overdue: false,
    })
  })

  it('is told beside what is down, also to one whose assertion cannot be spent then: as to a stranger', async () => {
    const { ask, faults } = setUp({ clients })
    faults.guard = 'throw'
    expect(await ask(OPERATOR)).toMatchObject({ status: 503, body: { reason: 'guard', version: VERSION } })
    const { status, body } = await ask(
      form({ client_assertion: await assertion(), client_assertion_type: ASSERTION_TYPE }),
    )
    expect([status, Object.keys(body)]).toEqual([503, ['status', 'keys', 'reason', 'parts']])
  })

  it.each<readonly [string, RequestInit, number, string]>([
    ['a client', { headers: { authorization: basic('service', SECRETS.service) } }, 400, 'unauthorized_client'],
    [
      'a resource server',
      { headers: { authorization: basic('api-server', SECRETS['api-server']) } },
      400,
      'unauthorized_client',
    ],
    ['a public client', form({ client_id: 'app' }), 400, 'unauthorized_client'],
    ['another secret', { headers: { authorization: basic('operator', 'wrong') } }, 401, 'invalid_client'],
    ['no secret', form({ client_id: 'operator' }), 401, 'invalid_client'],
    ['an unknown name', { headers: { authorization: basic('nobody', 'wrong') } }, 401, 'invalid_client'],
    ['a token', { headers: { authorization: 'Bearer abc' } }, 401, 'invalid_client'],
    [
      'no form',
      { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } },
      400,
      'invalid_request',
    ],
  ])('is nothing for %s', async (_, init, status, error) => {
    const answer = await setUp().ask(init)
    expect([answer.status, answer.body]).toEqual([status, { error, error_description: expect.any(String) }])
  })

  it.each(['client_secret', 'client_assertion'])('is nothing for a %s in the URL, which ends in logs', async (name) => {
    const { status, body } = await setUp().ask({}, `${DEEP}&client_id=operator&${name}=${SECRETS.operator}`)
    expect([status, body['error']]).toEqual([400, 'invalid_request'])
  })

  it.each(['http://as.example', 'http://10.0.0.7:8080', 'https://other.example'])(
    'is asked of us alone, and by TLS: at %s there is nothing but what everybody is told',
    async (origin) => {
      const { ask } = setUp()
      expect((await ask(OPERATOR, `${origin}/healthz?deep`)).status).toBe(421)
      expect((await ask(form({}), `${origin}/healthz?deep`)).status).toBe(421)
      expect((await ask({}, `${origin}/healthz?deep`)).status).toBe(200)
      // As what watches a machine from inside may do.
      expect((await ask(OPERATOR, `${origin}/healthz`)).status).toBe(200)
    },
  )

  it('is guessed at no faster than a secret elsewhere', async () => {
    const { ask } = setUp({ allowFailure: async () => false })
    expect((await ask({ headers: { authorization: basic('operator', 'wrong') } })).status).toBe(429)
    expect((await ask(OPERATOR)).status).toBe(200)
  })

  it('holds nothing secret', async () => {
    const text = JSON.stringify((await setUp().ask(OPERATOR)).body)
    for (const secret of [secretHash(SECRETS.operator).slice(7), writeRing(testRing(NOW)).slice(60, 100)])
      expect(text).not.toContain(secret)
  })
})

describe('settings that come sealed', () => {
  it('are a part that is down until some were good: what they alone know is not served', async () => {
    const { status, body } = await setUp({ settingsBundle: async () => undefined }).ask()
    expect([status, body]).toMatchObject([503, { reason: 'settings', parts: { guard: 'ok', settings: 'unavailable' } }])
  })

  it('are well once some are in force, of what number and age the operator is told, and until when they open', async () => {
    const sealed = await sealBundle({ seq: 7 })
    const { ask } = setUp({ settingsBundle: async () => sealed })
    expect((await ask()).body).toMatchObject({ status: 'ok', parts: { settings: 'ok' } })
    const { settings } = (await ask(OPERATOR)).body
    const issued_at = '2027-01-15T08:00:00Z'
    expect(settings).toEqual({ seq: 7, issued_at, age: 0, due: '2027-05-08T08:02:00Z', days_left: 120, overdue: false })
    expect((await ask(OPERATOR, `${ISSUER}/admin/settings`)).body['seq']).toBe(7)
  })

  it('go on when what lies there then is refused: the operator is told why, and since when', async () => {
    let sealed = await sealBundle({ seq: 7 })
    const { ask, pass } = setUp({ settingsBundle: async () => sealed })
    await ask()
    sealed = 'junk'
    pass(31)
    await ask()
    await expect.poll(async () => (await ask()).body['parts']).toMatchObject({ settings: 'refused' })
    const { status, body } = await ask(OPERATOR)
    const refused = { reason: 'settings_unopened', since: '2027-01-15T08:00:31Z' }
    expect([status, body['settings']]).toMatchObject([200, { seq: 7, age: 31, refused }])
  })
})

describe('GET /admin/settings', () => {
  const ADMIN = `${ISSUER}/admin/settings`

  it.each<readonly [string, RequestInit]>([
    ['by Basic', OPERATOR],
    ['by a form', form({ client_id: 'operator', client_secret: SECRETS.operator })],
  ])('tells an operator by which settings the issuer works, names alone: %s', async (_, init) => {
    const { status, body, headers } = await setUp().ask(init, ADMIN)
    expect([status, body]).toEqual([
      200,
      {
        issuer: ISSUER,
        version: VERSION,
        resources: Object.keys(VARS.RESOURCES),
        clients: Object.keys(VARS.CLIENTS),
        trusted_issuers: Object.keys(VARS.TRUSTED_ISSUERS),
        details: Object.keys(VARS.AUTHORIZATION_DETAILS_TYPES),
      },
    ])
    expect(headers.get('cache-control')).toBe('no-store')
  })

  it.each<readonly [string, RequestInit, number, string]>([
    ['nobody', {}, 401, 'invalid_client'],
    ['a client', { headers: { authorization: basic('service', SECRETS.service) } }, 400, 'unauthorized_client'],
    ['another secret', { headers: { authorization: basic('operator', 'wrong') } }, 401, 'invalid_client'],
  ])('tells %s nothing', async (_, init, status, error) => {
    const answer = await setUp().ask(init, ADMIN)
    expect([answer.status, answer.body]).toEqual([status, { error, error_description: expect.any(String) }])
  })

  it('is read, and never written', async () => {
    for (const method of ['PUT', 'PATCH', 'DELETE'])
      expect((await setUp().ask({ method, ...OPERATOR }, ADMIN)).status).toBe(405)
  })

  it('is of this issuer alone', async () => {
    expect((await setUp().ask(OPERATOR, 'https://other.example/admin/settings')).status).toBe(421)
  })
})
