import { describe, expect, it } from 'vitest'
import { createKeyring } from '../keys/index.ts'
import type { IssuerEvent, IssuerSettings, LogEntry } from '../src/index.ts'
import { createIssuer, createMemoryGuard, createMemoryRevocations, type Guard } from '../src/index.ts'
import { sealEnvelope } from '../src/token/envelope.ts'
import { LONGEST_SETTINGS, type SealedFacts } from '../src/token/sealed_settings.ts'
import { API, API2, basic, ISSUER, NOW, SECRETS, testRing, testSettings, tokenRequest, VARS } from './fixtures.ts'
import { NEWCOMER, sealBundle } from './parties/sealed_bundle.ts'

/** One process: an issuer, its clock, and what it says. */
function start(place: { sealed?: string | undefined }, changes: Partial<IssuerSettings> = {}) {
  const time = { now: NOW }
  const lines: LogEntry[] = []
  const events: IssuerEvent[] = []
  const under: Promise<unknown>[] = []
  const reads = { count: 0 }
  const issuer = createIssuer(
    testSettings({
      now: () => time.now,
      log: (entry) => void lines.push(entry),
      onEvent: (event) => void events.push(event),
      settingsBundle: async () => {
        reads.count++
        return place.sealed
      },
      ...changes,
    }),
  )
  const execution = {
    waitUntil: (promise: Promise<unknown>) => void under.push(promise),
    passThroughOnException: () => undefined,
    props: {},
  }
  const ask = async (request: Request) => issuer.fetch(request, {}, execution)
  const token = async (id: string, secret: string, resource: string = API) => {
    const { authorization } = { authorization: basic(id, secret) }
    const form = { grant_type: 'client_credentials', resource }
    const response = await ask(tokenRequest({ headers: { authorization }, form }))
    const { error = 'a token' } = (await response.json()) as { error?: string }
    return `${response.status} ${error}`
  }
  /** Lets what goes on beside answers end. */
  const settle = async () => {
    for (let seen = -1; seen < under.length; ) {
      seen = under.length
      await Promise.all(under)
    }
  }
  /** Lets so many seconds pass, and what goes on beside the next request end. */
  const pass = async (seconds: number) => {
    time.now += seconds
    await ask(new Request(`${ISSUER}/healthz`))
    await settle()
  }
  return { issuer, ask, token, pass, settle, lines, events, reads, time }
}

const newcomer = (process: ReturnType<typeof start>) => process.token('newcomer', 'newcomer-secret')
const service = (process: ReturnType<typeof start>) => process.token('service', 'service-secret')
const reasonsOf = async (process: ReturnType<typeof start>) => {
  await process.settle()
  return process.events.filter(({ type }) => type.startsWith('settings.')).map(({ type, reason }) => reason ?? type)
}

describe('settings that come sealed', () => {
  it('are read at the first request, and all wait for them that come meanwhile: what they know is there from the beginning', async () => {
    const process = start({ sealed: await sealBundle({ clients: { newcomer: NEWCOMER } }) })
    const first = await Promise.all(Array.from({ length: 20 }, () => newcomer(process)))
    expect(new Set(first)).toEqual(new Set(['200 a token']))
    expect(await service(process)).toBe('200 a token')
    expect(process.reads.count).toBe(1)
  })

  it('are read again every 30 seconds, once for all, beside the request', async () => {
    const place = { sealed: await sealBundle({}) }
    const process = start(place)
    expect(await newcomer(process)).toBe('401 invalid_client')
    place.sealed = await sealBundle({ seq: 2, clients: { newcomer: NEWCOMER } })
    await process.pass(29)
    expect([await newcomer(process), process.reads.count]).toEqual(['401 invalid_client', 1])
    process.time.now += 1
    const answers = await Promise.all(Array.from({ length: 20 }, () => newcomer(process)))
    expect([new Set(answers), process.reads.count]).toEqual([new Set(['401 invalid_client']), 2])
    await process.pass(0)
    expect(await newcomer(process)).toBe('200 a token')
    place.sealed = await sealBundle({ seq: 3, clients: { service: null } })
    await process.pass(30)
    expect([await newcomer(process), await service(process)]).toEqual(['401 invalid_client', '401 invalid_client'])
  })

  it('replace whole entries by name, and leave all others as the deploy has them', async () => {
    const { secret_hash, grant_types } = VARS.CLIENTS.service
    const process = start({
      sealed: await sealBundle({
        clients: { service: { secret_hash, grant_types, resources: [API2], scopes: ['mail'] }, one: null },
        resources: { 'https://new.example': { scopes: ['see'] } },
      }),
    })
    expect(await process.token('service', 'service-secret', API)).toBe('400 invalid_target')
    expect(await process.token('service', 'service-secret', API2)).toBe('200 a token')
    expect(await process.token('one', 'one-secret')).toBe('401 invalid_client')
    expect(await process.token('machine', 'machine-secret')).toBe('200 a token')
  })

  it('answer a token request without a framework, too', async () => {
    const { issuer } = start({ sealed: await sealBundle({ clients: { newcomer: NEWCOMER } }) })
    const { status } = await issuer.createTokenResponse({
      uri: `${ISSUER}/token`,
      method: 'POST',
      headers: new Headers({
        authorization: basic('newcomer', 'newcomer-secret'),
        'content-type': 'application/x-www-form-urlencoded',
      }),
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: API }).toString(),
    })
    expect(status).toBe(200)
  })

  it('leave what nobody has to the app that the issuer is a part of, and else to the answer that it gives', async () => {
    const sealed = await sealBundle({})
    const [with_, without] = [start({ sealed }).issuer, createIssuer(testSettings())]
    for (const issuer of [with_, without]) {
      const { Hono } = await import('hono')
      const app = new Hono()
      app.route('/', issuer)
      app.get('/mine', (c) => c.text('mine'))
      expect(await (await app.request(`${ISSUER}/mine`)).text()).toBe('mine')
      expect(
        (await issuer.request(`${ISSUER}/nothing`, { headers: { accept: 'text/html' } })).headers.get('content-type'),
      ).toMatch(/html/)
    }
  })

  const good: Partial<SealedFacts> = { seq: 4, clients: { newcomer: NEWCOMER } }
  const leafOf = (purpose: 'session' | 'settings') => {
    const leaf = createKeyring(testRing(NOW), ISSUER).leavesFor(purpose, '', 'A256GCM', 600).sealing(NOW)
    if (leaf === undefined) throw new Error('no leaf')
    return leaf
  }
  const other = {
    ...testRing(NOW),
    roots: testRing(NOW).roots.map((root) => ({
      ...root,
      k: testRing(NOW).roots[0]?.k.map((byte) => byte ^ 1) ?? root.k,
    })),
  }
  const whole = { seq: 5, issued_at: NOW, resources: {}, clients: {}, trusted_issuers: {}, details: {} }
  it.each<readonly [string, () => Promise<string | undefined>, string]>([
    ['are not there any more', async () => undefined, 'settings_unread'],
    ['are no text of ours', async () => 'nonsense', 'settings_unopened'],
    [
      'are forged: one letter is another',
      async () => (await sealBundle({ seq: 5 })).replace(/.(?=.$)/, (letter) => (letter === 'A' ? 'B' : 'A')),
      'settings_unopened',
    ],
    ['are sealed under another ring', () => sealBundle({ seq: 5 }, ISSUER, other), 'settings_unopened'],
    ['are of another issuer', () => sealBundle({ seq: 5 }, 'https://other.example'), 'settings_unopened'],
    [
      'are sealed for another purpose',
      () => sealEnvelope(whole, 'settings+jwe', leafOf('session')),
      'settings_unopened',
    ],
    ['are called something else', () => sealEnvelope(whole, 'session+jwe', leafOf('settings')), 'settings_unopened'],
    [
      'lack a table',
      () => sealEnvelope({ ...whole, details: undefined }, 'settings+jwe', leafOf('settings')),
      'settings_unopened',
    ],
    [
      'would change the issuer',
      () => sealEnvelope({ ...whole, issuer: 'https://evil.example' }, 'settings+jwe', leafOf('settings')),
      'settings_unopened',
    ],
    [
      'would change the guard',
      () => sealEnvelope({ ...whole, guard: 'none' }, 'settings+jwe', leafOf('settings')),
      'settings_unopened',
    ],
    [
      'have no number',
      () => sealEnvelope({ ...whole, seq: 0 }, 'settings+jwe', leafOf('settings')),
      'settings_unopened',
    ],
    ['are of tomorrow', () => sealBundle({ seq: 5, issued_at: NOW + 86_400 }), 'settings_unopened'],
    ['are older', () => sealBundle({ seq: 3 }), 'settings_older'],
    ['have the same number and other bytes', () => sealBundle({ seq: 4 }), 'settings_reused'],
    [
      'are half valid',
      () => sealBundle({ seq: 5, clients: { newcomer: NEWCOMER, wrong: { ...NEWCOMER, scopes: ['nobody:has'] } } }),
      'settings_invalid',
    ],
    ['are a byte longer than 1 MB', async () => 'x'.repeat(LONGEST_SETTINGS + 1), 'too_long'],
  ])(
    // promise: O06
    'are passed over where they %s: those of before go on, and the log and an event say why, once',
    async (_, make, reason) => {
      const place = { sealed: (await sealBundle(good)) as string | undefined }
      const process = start(place)
      expect(await newcomer(process)).toBe('200 a token')
      place.sealed = await make()
      for (let times = 0; times < 3; times++) await process.pass(30)
      expect(await newcomer(process)).toBe('200 a token')
      expect(await reasonsOf(process)).toEqual(['settings.loaded', reason])
      expect(process.lines.filter(({ level }) => level === 'error').map(({ reason: word }) => word)).toEqual([reason])
      place.sealed = await sealBundle({ ...good, seq: 6, clients: {} })
      await process.pass(30)
      expect([await newcomer(process), (await reasonsOf(process)).at(-1)]).toEqual([
        '401 invalid_client',
        'settings.loaded',
      ])
    },
  )

  it('are taken at 1 MB', async () => {
    const room = LONGEST_SETTINGS - (await sealBundle({ clients: { newcomer: NEWCOMER }, details: { x: '' } })).length
    const padded = { ...NEWCOMER, client_name: 'n' }
    const scopes = Array.from(
      { length: Math.floor((room * 3) / 4 / 12) - 20 },
      (_, index) => `s${String(index).padStart(8, '0')}`,
    )
    const sealed = await sealBundle({
      clients: { newcomer: padded },
      resources: { 'https://long.example': { scopes } },
    })
    expect(sealed.length).toBeGreaterThan(LONGEST_SETTINGS - 2000)
    expect(sealed.length).toBeLessThanOrEqual(LONGEST_SETTINGS)
    expect(await newcomer(start({ sealed }))).toBe('200 a token')
  })

  it('let no client out of the profile fapi2 that the deploy holds it to', async () => {
    const key = { kty: 'EC', crv: 'P-256', x: VARS.LOGIN.jwks.keys[0]?.x, y: VARS.LOGIN.jwks.keys[0]?.y, kid: 'k' }
    const { secret_hash: _, ...rest } = NEWCOMER
    const bank = {
      ...rest,
      profile: 'fapi2',
      dpop_bound_access_tokens: true,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [key] },
    }
    const clients = { ...VARS.CLIENTS, bank } as never
    const out = { ...bank, profile: undefined }
    const place = { sealed: await sealBundle({ clients: { bank: out } }) }
    const process = start(place, { clients, revocations: createMemoryRevocations('salt', undefined, { single: true }) })
    await process.pass(0)
    expect(await reasonsOf(process)).toEqual(['settings_invalid'])
    place.sealed = await sealBundle({ seq: 2, clients: { bank: { ...bank, scopes: [] } } })
    await process.pass(30)
    place.sealed = await sealBundle({ seq: 3, clients: { bank: null } })
    await process.pass(30)
    expect(await reasonsOf(process)).toEqual(['settings_invalid', 'settings.loaded', 'settings.loaded'])
  })

  // promise: O06
  it('are never older than those that another process knew, be it that this one has just begun', async () => {
    const guard = createMemoryGuard(() => NOW, { single: true })
    const [old, recent] = [await sealBundle({ clients: { newcomer: NEWCOMER } }), await sealBundle({ seq: 9 })]
    await service(start({ sealed: recent }, { guard }))
    const late = start({ sealed: old }, { guard })
    await service(late)
    expect(await reasonsOf(late)).toEqual(['settings_older'])
    const another = start({ sealed: await sealBundle({ seq: 9, clients: { newcomer: NEWCOMER } }) }, { guard })
    await service(another)
    expect(await reasonsOf(another)).toEqual(['settings_reused'])
  })

  it('that were put back are noticed by who still has them, and go on', async () => {
    const guard = createMemoryGuard(() => NOW, { single: true })
    const sealed = await sealBundle({ clients: { newcomer: NEWCOMER } })
    const process = start({ sealed }, { guard })
    await service(process)
    await service(start({ sealed: await sealBundle({ seq: 2 }) }, { guard }))
    await process.pass(30)
    expect([await newcomer(process), await reasonsOf(process)]).toEqual([
      '200 a token',
      ['settings.loaded', 'settings_older'],
    ])
  })

  it('need the guard to tell that they are the newest: without it those of before go on', async () => {
    const memory = createMemoryGuard(() => NOW, { single: true })
    const state = { isDown: false }
    const guard: Guard = {
      ...memory,
      raise: async (name, number) => (state.isDown ? Promise.reject(new Error('down')) : memory.raise(name, number)),
    }
    const place = { sealed: await sealBundle({}) }
    const process = start(place, { guard })
    await service(process)
    state.isDown = true
    place.sealed = await sealBundle({ seq: 2, clients: { newcomer: NEWCOMER } })
    await process.pass(30)
    expect(await newcomer(process)).toBe('401 invalid_client')
    state.isDown = false
    await process.pass(30)
    expect(await newcomer(process)).toBe('200 a token')
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('canary-7f')
      },
    ],
    ['rejects', () => Promise.reject(new Error('canary-7f'))],
    ['answers with no text', async () => 7 as never],
  ])('wait for nobody who %s: the deploy’s go on, and 5 seconds later it is tried again', async (_, read) => {
    const place: { read: () => Promise<string | undefined> } = { read }
    const process = start({}, { settingsBundle: { read: () => place.read() } })
    expect(await service(process)).toBe('200 a token')
    expect(await reasonsOf(process)).toEqual(['settings_unread'])
    expect(JSON.stringify([process.lines, process.events])).not.toContain('canary-7f')
    const sealed = await sealBundle({ clients: { newcomer: NEWCOMER } })
    place.read = async () => sealed
    await process.pass(5)
    expect(await newcomer(process)).toBe('200 a token')
  })

  it('are read beside a request also where `waitUntil` throws, as it does taken off its object: then that waits', async () => {
    const { issuer, reads, time } = start({ sealed: await sealBundle({}) })
    const ask = () =>
      issuer.createTokenResponse({
        uri: `${ISSUER}/token`,
        method: 'POST',
        headers: new Headers({
          authorization: basic('service', 'service-secret'),
          'content-type': 'application/x-www-form-urlencoded',
        }),
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: API }).toString(),
        waitUntil() {
          throw new TypeError('Illegal invocation')
        },
      })
    const first = await ask()
    time.now += 30
    expect([first.status, (await ask()).status, reads.count]).toEqual([200, 200, 2])
  })

  it('that an issuer passes over are made once, however often they are read', async () => {
    const guard = createMemoryGuard()
    await guard.raise?.(`settings ${ISSUER}`, 9)
    const process = start({ sealed: await sealBundle({ seq: 3 }) }, { guard })
    for (let times = 0; times < 4; times++) await process.pass(5)
    expect(process.reads.count).toBe(4)
    expect(process.lines.map(({ level, reason }) => reason ?? level)).toEqual(['warn', 'warn', 'settings_older'])
  })

  it('with a thousand faults are told of in a line that a log takes', async () => {
    const wrong = { ...NEWCOMER, scopes: ['nobody:has'] }
    const clients = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`c${index}`, wrong]))
    const process = start({ sealed: await sealBundle({ clients }) })
    await process.pass(0)
    const [{ detail = '' } = {}] = process.lines
    expect([detail.length < 8192, detail]).toEqual([true, expect.stringMatching(/"c0".*\nand 980 more/s)])
  })

  it('that were not read yet hold revoking up: a resource that they alone know would have no name in the list', async () => {
    const place: { sealed?: string } = {}
    const process = start(place, { revocations: createMemoryRevocations('salt', undefined, { single: true }) })
    const revoke = async () => {
      const headers = { authorization: basic('operator', SECRETS.operator) }
      const body = new URLSearchParams({ kind: 'sub', value: 'zoe' })
      const { status, headers: told } = await process.ask(
        new Request(`${ISSUER}/revocations`, { method: 'POST', headers, body }),
      )
      return [status, told.get('retry-after')]
    }
    expect(await revoke()).toEqual([503, '5'])
    place.sealed = await sealBundle({})
    await process.pass(5)
    expect(await revoke()).toEqual([200, null])
  })

  it.each([
    ['no guard', { guard: 'none' as const }],
    [
      'a guard without raise',
      { guard: { ...createMemoryGuard(() => NOW, { single: true }), raise: undefined } as never },
    ],
  ])('are refused at the start with %s: an old one could be put back', (_, changes) => {
    const { clients } = { clients: { newcomer: NEWCOMER } }
    expect(() => createIssuer(testSettings({ clients, settingsBundle: async () => undefined, ...changes }))).toThrow(
      '"guard" expected a guard with raise',
    )
  })

  it('that come later than newer ones are passed over, and nobody is alarmed', async () => {
    const [older, newer] = [await sealBundle({ seq: 2 }), await sealBundle({ seq: 3 })]
    const slow = Promise.withResolvers<string>()
    const brought: (string | Promise<string>)[] = [await sealBundle({ seq: 1 }), slow.promise, newer]
    const process = start({}, { settingsBundle: async () => brought.shift() })
    await service(process)
    // The second reading is slow, and taken for dead; the third is fast.
    for (let reading = 0; reading < 2; reading++) {
      process.time.now += 30
      await service(process)
    }
    await expect.poll(() => process.lines.map(({ detail }) => detail)).toContain('the sealed settings 3 are in force')
    slow.resolve(older)
    await process.settle()
    expect(await reasonsOf(process)).toEqual(['settings.loaded', 'settings.loaded'])
  })

  // promise: O07
  it('replaced every two requests under load fail nobody', async () => {
    const place = { sealed: await sealBundle({}) }
    const process = start(place)
    const answers: string[] = []
    for (let seq = 2; seq < 40; seq++) {
      place.sealed = await sealBundle({ seq, clients: { newcomer: seq % 2 === 0 ? NEWCOMER : null } })
      process.time.now += 30
      answers.push(...(await Promise.all(Array.from({ length: 5 }, () => service(process)))))
      await process.settle()
    }
    expect(new Set(answers)).toEqual(new Set(['200 a token']))
    expect((await reasonsOf(process)).filter((one) => one !== 'settings.loaded')).toEqual([])
  })
})
