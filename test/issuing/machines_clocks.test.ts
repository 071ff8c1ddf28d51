import { describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations } from '../../src/index.ts'
import { API, NOW, testIssuer, testKey, VARS } from '../fixtures.ts'
import { type Ask, createApp, createPerson, pushedBy, readAnswer } from '../parties/person.ts'
import { type Asker, formRequest } from '../parties/servers.ts'
import { ACCESS_TOKEN, FRONT, INNER, NEST, TOKEN_EXCHANGE } from '../parties/trusted.ts'

/** By how much any two clocks may differ: what every ring says unless it is told otherwise. */
const SKEW = 60
/** Seconds that an access token of these resources lives. */
const LIFE = 600

/** Machines of one issuer: they share ring, guard and list, and each has a clock of its own. */
function setUp({ skew = SKEW }: { readonly skew?: number } = {}) {
  let now = NOW
  // A ring of a day ago: what a root of this very second seals is known to nobody who is behind.
  const keyRing = writeRing(createRing({ now: NOW - 86_400, key: testKey(), skew }))
  const guard = createMemoryGuard(() => now)
  const revocations = createMemoryRevocations('salt', () => now * 1000)
  const clients = {
    ...VARS.CLIENTS,
    pub: { ...VARS.CLIENTS.pub, resources: [API, FRONT, NEST] },
    web: { ...VARS.CLIENTS.web, resources: [API, FRONT, NEST] },
    'api-server': { ...VARS.CLIENTS['api-server'], resources: [API, FRONT, NEST] },
  }
  /** Returns a machine whose clock is ahead by so many seconds; behind, where it is less than none. */
  function machine(ahead: number) {
    const issuer = testIssuer({ now: () => now + ahead, keyRing, guard, revocations, clients })
    const ask: Ask = (request) => issuer.fetch(request)
    const exchange = (subject_token: string) =>
      createApp(ask, { client: 'gateway' }).ask({
        grant_type: TOKEN_EXCHANGE,
        subject_token,
        subject_token_type: ACCESS_TOKEN,
        resource: INNER,
      })
    return {
      ask,
      exchange,
      revoke: (asker: Asker, token: string) => ask(formRequest('/revoke', asker, { token })),
      introspect: async (token: string) =>
        (await (await ask(formRequest('/introspect', 'api-server', { token }))).json()) as { active: boolean },
      async mint(resource: string = API) {
        const person = createPerson(ask, { now: () => now + ahead })
        const asked = { client_id: 'web', redirect_uri: 'https://web.example/cb', resource }
        const code = (await person.answer('allow', asked)).searchParams.get('code') ?? ''
        return readAnswer(await createApp(ask, { client: 'web' }).redeem(code))
      },
    }
  }
  return {
    machine,
    wait: (seconds: number) => {
      now += seconds
    },
    /** Lets the guard forget what it need not remember any more. */
    tidy: async () => {
      for (let calls = 0; calls < 1000; calls++) await guard.end('nothing', 0)
    },
    countRevoked: async (kind: 'jti' | 'name' = 'jti') =>
      Object.keys((await revocations.read(now, 'access tokens')).events[kind] ?? {}).length,
  }
}

describe.each([1, 10, SKEW])('a machine of the issuer that is %i seconds behind another', (behind) => {
  it.each([API, FRONT, NEST])('calls its fresh tokens active (%s)', async (resource) => {
    const { machine } = setUp()
    const { access_token } = await machine(0).mint(resource)
    expect(await machine(-behind).introspect(access_token)).toMatchObject({ active: true, aud: resource })
  })

  it.each([API, FRONT, NEST])('writes their revocation when it answers 200 (%s)', async (resource) => {
    const { machine, countRevoked } = setUp()
    const { access_token } = await machine(0).mint(resource)
    expect((await machine(-behind).revoke('web', access_token)).status).toBe(200)
    expect(await countRevoked()).toBe(1)
    expect(await machine(0).introspect(access_token)).toEqual({ active: false })
  })

  it.each([API, NEST])('hits each of them by the one event that takes the place of many (%s)', async (resource) => {
    const { machine, wait, countRevoked } = setUp()
    const one = await machine(0).mint(resource)
    const refresh = createApp(machine(0).ask, { client: 'web' })
    const tokens = [one.access_token]
    for (let count = 0; count < 12; count++)
      tokens.push((await readAnswer(await refresh.refresh(one.refresh_token ?? ''))).access_token)
    for (const token of tokens) expect((await machine(-behind).revoke('web', token)).status).toBe(200)
    expect(await countRevoked()).toBeLessThan(tokens.length)
    wait(6)
    for (const token of tokens) expect(await machine(0).introspect(token)).toEqual({ active: false })
  })

  it.each([FRONT, NEST])('exchanges them, for what lives as long as they do (%s)', async (resource) => {
    const { machine } = setUp()
    const { access_token } = await machine(0).mint(resource)
    const response = await machine(-behind).exchange(access_token)
    expect(response.status).toBe(200)
    const exchanged = await readAnswer(response)
    expect(exchanged.expires_in).toBeLessThanOrEqual(LIFE + behind)
    expect(await machine(0).introspect(access_token)).toMatchObject({ active: true })
  })
})

describe.each([9, SKEW])('a machine of the issuer that is %i seconds ahead of another', (ahead) => {
  it.each([API, FRONT, NEST])('revokes what lives elsewhere still (%s)', async (resource) => {
    const { machine, wait, countRevoked } = setUp()
    const { access_token } = await machine(0).mint(resource)
    wait(LIFE - 1)
    expect(await machine(0).introspect(access_token)).toMatchObject({ active: true })
    expect((await machine(ahead).revoke('web', access_token)).status).toBe(200)
    expect(await countRevoked()).toBe(1)
    expect(await machine(0).introspect(access_token)).toEqual({ active: false })
  })
})

describe('what is over is over, whatever may still live elsewhere:', () => {
  it('introspection and exchange go by their own clock, to the second', async () => {
    const { machine, wait } = setUp()
    const { introspect, exchange, mint } = machine(0)
    const { access_token } = await mint(FRONT)
    wait(LIFE - 1)
    expect(await introspect(access_token)).toMatchObject({ active: true })
    expect((await exchange(access_token)).status).toBe(200)
    wait(1)
    expect(await introspect(access_token)).toEqual({ active: false })
    expect((await exchange(access_token)).status).toBe(400)
  })

  it('a revocation stays in the list until no verifier of any clock takes the token', async () => {
    const { machine, wait, countRevoked } = setUp()
    const { access_token } = await machine(0).mint()
    wait(LIFE + 60 + SKEW - 1)
    expect((await machine(0).revoke('web', access_token)).status).toBe(200)
    expect(await countRevoked()).toBe(1)
    wait(1)
    expect(await countRevoked()).toBe(0)
  })

  it('an approval that a machine which is behind has ended stays in it as long', async () => {
    const { machine, wait, countRevoked } = setUp()
    const { refresh_token = '' } = await machine(0).mint()
    expect((await machine(-SKEW).revoke('web', refresh_token)).status).toBe(200)
    wait(LIFE + 60 + SKEW - 1)
    expect(await countRevoked('name')).toBe(1)
    wait(1)
    expect(await countRevoked('name')).toBe(0)
  })

  it('nothing is written of what lives nowhere any more', async () => {
    const { machine, wait, countRevoked } = setUp()
    const { access_token } = await machine(0).mint()
    wait(LIFE + 60 + SKEW)
    expect((await machine(0).revoke('web', access_token)).status).toBe(200)
    expect(await countRevoked()).toBe(0)
  })
})

describe('a clock that differs by more than the ring says', () => {
  it.each([
    [SKEW, SKEW + 1],
    [5, 6],
  ])('of %i seconds, %i, is believed nothing', async (skew, behind) => {
    const { machine, countRevoked } = setUp({ skew })
    const { access_token } = await machine(0).mint(FRONT)
    const late = machine(-behind)
    expect(await late.introspect(access_token)).toEqual({ active: false })
    expect((await late.exchange(access_token)).status).toBe(400)
    await late.revoke('web', access_token)
    expect(await countRevoked()).toBe(0)
    expect(await machine(1 - behind).introspect(access_token)).toMatchObject({ active: true })
  })
})

describe.each([
  [1, 0],
  [SKEW, 0],
  [0, SKEW],
])('a login that is begun on a machine %i seconds ahead, and ends on one %i seconds ahead,', (begun, ended) => {
  it.each([{ prompt: 'login' }, { max_age: '5' }])('is a new one, and is not asked for again (%o)', async (asked) => {
    const { machine } = setUp()
    const [first, second] = [machine(begun), machine(ended)]
    const ask: Ask = (request) => (new URL(request.url).pathname.startsWith('/login') ? second : first).ask(request)
    const person = createPerson(ask, { now: () => NOW + ended })
    const pushed = await pushedBy('web', await createApp(first.ask, { client: 'web' }).push(asked))
    const page = await person.visit(pushed)
    expect([page.status, await page.text()]).toEqual([
      200,
      expect.stringContaining('<bdi>Web shop</bdi> wants access to your account at'),
    ])
  })
})

// promise: T01
it('what is done once is done once by every clock, however far the ring lets them differ', async () => {
  const skew = 3600
  const { machine, wait, tidy } = setUp({ skew })
  const [ahead, behind] = [machine(0), machine(-skew)]
  const person = createPerson(ahead.ask, { now: () => NOW })
  const asked = { client_id: 'web', redirect_uri: 'https://web.example/cb', resource: API }
  await person.answer('allow', asked)
  // Nobody is asked again, so the code is over when it says so.
  const code = (await person.visit(asked)).headers.get('location') ?? ''
  const redeem = ({ ask }: typeof ahead) =>
    createApp(ask, { client: 'web' }).redeem(new URL(code).searchParams.get('code') ?? '')
  expect((await redeem(ahead)).status).toBe(200)
  wait(skew - 1)
  await tidy()
  const again = await redeem(behind)
  expect([again.status, (await readAnswer(again)).error]).toEqual([400, 'invalid_grant'])
})

describe('what was revoked is remembered until nothing that it hits can live by any clock', () => {
  const skew = 300
  /** What lives on by the clock of a tolerant verifier, behind one that is behind. */
  const margin = 60 + 2 * skew
  const monthly = 2_592_000

  /** An issuer, and what it writes into its list. */
  function writing(keyRing: string, changes: object = {}, now = NOW) {
    const memory = createMemoryRevocations('salt', () => now * 1000)
    const written: { readonly kind: string; readonly keep: number }[] = []
    const revocations = {
      ...memory,
      add: (...call: Parameters<typeof memory.add>) => {
        written.push(call[0])
        return memory.add(...call)
      },
    }
    const issuer = testIssuer({ now: () => now, keyRing, revocations, ...changes })
    return { ask: (request: Request) => issuer.fetch(request), written }
  }
  const ring = writeRing(createRing({ now: NOW - 86_400, key: testKey(), skew }))

  it.each([
    ['sub', 'alice'],
    ['client', 'web'],
    ['grant', 'any'],
  ])('by an operator (%s)', async (kind, value) => {
    const { ask, written } = writing(ring)
    expect((await ask(formRequest('/revocations', 'operator', { kind, value }))).status).toBe(200)
    const longest = Math.max(...written.map(({ keep }) => keep))
    expect(longest).toBeGreaterThanOrEqual(NOW + monthly + margin)
  })

  it('by a client, of an approval that only the list knows to have ended', async () => {
    const { ask, written } = writing(ring, { guard: 'none', trustedIssuers: {}, clients: { web: VARS.CLIENTS.web } })
    const asked = { client_id: 'web', redirect_uri: 'https://web.example/cb', resource: API }
    const answer = await createPerson(ask, { now: () => NOW }).answer('allow', asked)
    const code = answer.searchParams.get('code')
    const { refresh_token = '' } = await readAnswer(await createApp(ask, { client: 'web' }).redeem(code ?? ''))
    expect((await ask(formRequest('/revoke', 'web', { token: refresh_token }))).status).toBe(200)
    const family = written.find(({ kind }) => kind === 'gid')
    expect(family?.keep).toBeGreaterThanOrEqual(NOW + monthly + margin)
  })

  it.each([
    [LIFE + margin - 1, 2],
    [LIFE + margin, 1],
  ])(
    'under the name that a root gives which ended %i seconds ago, while what it sealed can live (%i names)',
    async (ago, count) => {
      const [old, next] = [
        createRing({ now: NOW - 86_400 * 3, key: testKey(), skew }),
        createRing({ now: NOW, key: testKey(2), skew }),
      ]
      const [retiring, primary] = [old.roots[0], next.roots[0]]
      if (retiring === undefined || primary === undefined) throw new Error('a ring has a root')
      const [end, del] = [NOW - ago, NOW + monthly * 2]
      const roots = [
        { ...retiring, end, del },
        { ...primary, pub: end - 7200, use: end },
      ]
      const { ask, written } = writing(writeRing({ ...old, roots }), {
        resources: { [API]: VARS.RESOURCES[API] },
        trustedIssuers: {},
        authorizationDetailsTypes: {},
        clients: { operator: VARS.CLIENTS.operator },
      })
      expect((await ask(formRequest('/revocations', 'operator', { kind: 'sub', value: 'alice' }))).status).toBe(200)
      expect(written.filter(({ kind }) => kind === 'name').length).toBe(count)
    },
  )
})
