import { describe, expect, it, vi } from 'vitest'
import {
  createMemoryGuard,
  createMemoryRevocations,
  type Guard,
  type IssuerSettings,
  type LogEntry,
} from '../../src/index.ts'
import type { Sparing } from '../../src/stores/guard.ts'
import { StoreError, type StoreReason } from '../../src/stores/index.ts'
import { ISSUER, NOW, testIssuer, VARS } from '../fixtures.ts'
import { type Changes, createApp, createPerson, hiddenField, REQUESTS, readAnswer } from '../parties/person.ts'

/** What a guard can do instead of its work. */
type Fault = 'throw' | 'hang' | 'none' | Error

/**
 * An issuer whose guard fails on demand; everything else is as in life.
 *
 * @param isSparing whether it asks and changes at once. Default true
 */
function setUp(changes: Partial<IssuerSettings> = {}, isSparing = true) {
  const lines: LogEntry[] = []
  const real = createMemoryGuard(() => NOW)
  let fault: Fault = 'none'
  let calls = 0
  const faulty = <Name extends keyof Guard>(name: Name): Guard[Name] =>
    (async (...request: readonly unknown[]) => {
      calls++
      if (fault instanceof Error) throw fault
      if (fault === 'throw') throw new Error('secret-internal-detail')
      if (fault === 'hang') await new Promise(() => {})
      return (real[name] as (...request: readonly unknown[]) => unknown)(...request)
    }) as Guard[Name]
  const guard: Guard = {
    spend: faulty('spend'),
    advance: faulty('advance'),
    end: faulty('end'),
    hasEnded: faulty('hasEnded'),
    ...(isSparing && {
      spendUnlessEnded: faulty('spendUnlessEnded') as Sparing['spendUnlessEnded'],
      advanceUnlessEnded: faulty('advanceUnlessEnded') as Sparing['advanceUnlessEnded'],
    }),
  }
  const issuer = testIssuer({ guard, log: (entry) => lines.push(entry), ...changes })
  const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
  const person = createPerson(ask, { now: () => NOW })
  const code = async (of: Changes = {}): Promise<string> =>
    (await person.answer('allow', of)).searchParams.get('code') ?? ''
  return { ask, person, code, lines, calls: () => calls, fail: (how: Fault) => (fault = how) }
}

describe.each([
  ['throw', 'asks and changes at once', true],
  ['throw', 'is asked first', false],
  ['hang', 'asks and changes at once', true],
  ['hang', 'is asked first', false],
] as const)('a guard that does %s, and %s (F01, F02, C13)', (fault, _, isSparing) => {
  const act = async <Answer>(run: () => Promise<Answer>): Promise<Answer> => {
    if (fault === 'throw') return run()
    const realInterval = setInterval
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const ticker = realInterval(() => vi.advanceTimersByTime(500), 1)
      const answer = await run()
      clearInterval(ticker)
      return answer
    } finally {
      vi.useRealTimers()
    }
  }

  // promise: F01
  it('stops the code exchange with 503, mints nothing, and the same code works afterwards', async () => {
    const { ask, code, fail, lines } = setUp({}, isSparing)
    const good = await code()
    fail(fault)
    const response = await act(() => createApp(ask).redeem(good))
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await response.json()).toEqual({ error: 'temporarily_unavailable', error_description: expect.any(String) })
    expect(JSON.stringify(lines)).not.toContain('secret-internal-detail')
    const [line] = lines.filter(({ event }) => event === 'guard.failed')
    expect([line?.level, line?.reason]).toEqual(['error', fault === 'hang' ? 'late' : undefined])
    fail('none')
    expect((await createApp(ask).redeem(good)).status).toBe(200)
  })

  it.each(['pub', 'web'] as const)(
    'stops the refresh of %s with 503, and the same refresh token works afterwards',
    async (client) => {
      const { ask, code, fail } = setUp({}, isSparing)
      const app = createApp(ask, { client })
      const { refresh_token = '' } = await readAnswer(await app.redeem(await code(REQUESTS[client])))
      fail(fault)
      const response = await act(() => app.refresh(refresh_token))
      expect([response.status, await readAnswer(response)]).toMatchObject([503, { error: 'temporarily_unavailable' }])
      fail('none')
      expect((await app.refresh(refresh_token)).status).toBe(200)
    },
  )

  // promise: U02
  it('stops the consent with a page of 503, and the same consent works afterwards', async () => {
    const { person, fail } = setUp()
    const consent = hiddenField(await (await person.visit()).text(), 'consent')
    fail(fault)
    const stopped = await act(() => person.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' }))
    expect([stopped.status, stopped.headers.get('retry-after'), (await stopped.text()).includes('code=')]).toEqual([
      503,
      '2',
      false,
    ])
    fail('none')
    expect((await person.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })).status).toBe(200)
  })

  it('sends a logged-in person back with temporarily_unavailable', async () => {
    const { person, fail } = setUp()
    await person.visit()
    fail(fault)
    const response = await act(() => person.visit())
    expect(new URL(response.headers.get('location') ?? '').searchParams.get('error')).toBe('temporarily_unavailable')
  })
})

describe('the log of a store that did not do it', () => {
  const secret = 'redis://user:secret@host'

  it.each<StoreReason>([
    'late',
    'connection',
    'refused_by_server',
    'memory_full',
    'readonly_replica',
    'schema',
    'contention',
    'settings',
    'clock',
  ])('says why, as %s, in words of ours, and the client is told 503 and to come again in 2 seconds', async (reason) => {
    const error = new StoreError(reason, `Redis: ${reason}`, { cause: new Error(secret) })
    const { code, lines, ask, fail } = setUp()
    const good = await code()
    fail(error)
    const response = await createApp(ask).redeem(good)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
    expect(await response.text()).not.toMatch(/Redis|secret/)
    const [line] = lines.filter(({ event }) => event === 'guard.failed')
    expect(line).toEqual({
      level: 'error',
      event: 'guard.failed',
      request: expect.any(String),
      reason,
      detail: `the guard did not answer: Redis: ${reason}`,
    })
    expect(JSON.stringify(lines)).not.toContain('secret')
  })

  it('says of any other error its kind alone', async () => {
    const { code, lines, ask, fail } = setUp()
    const good = await code()
    fail(new TypeError(secret))
    await createApp(ask).redeem(good)
    const detail = 'the guard did not answer: TypeError'
    expect(lines.filter(({ event }) => event === 'guard.failed')).toEqual([
      { level: 'error', event: 'guard.failed', request: expect.any(String), detail },
    ])
    expect(JSON.stringify(lines)).not.toContain('secret')
  })

  it('says it of the list of revocations, too', async () => {
    const error = new StoreError('connection', 'Redis did not do it: connection')
    const { ask, lines } = setUp({
      revocations: { ...createMemoryRevocations('salt'), read: () => Promise.reject(error) },
    })
    expect((await ask(new Request(`${ISSUER}/revocations`))).status).toBe(503)
    expect(lines).toContainEqual(expect.objectContaining({ event: 'revocations.failed', reason: 'connection' }))
  })
})

it('is not asked for anything that is wrong in any other way (H51)', async () => {
  const { ask, code, calls } = setUp()
  const good = await code()
  const before = calls()
  const app = createApp(ask)
  await Promise.all([
    app.redeem('junk'),
    app.redeem(`${good}A`),
    app.redeem(good, { code_verifier: 'x'.repeat(43) }),
    app.refresh('junk'),
    createApp(ask, { client: 'evil' }).redeem(good),
  ])
  expect(calls()).toBe(before)
})

describe('without a guard, written out (F05)', () => {
  // promise: F05
  it('codes live 30 seconds, public clients get no refresh token, and the log says so at start', async () => {
    let now = NOW
    const { pub, web } = VARS.CLIENTS
    const { ask, code, lines } = setUp({ guard: 'none', now: () => now, clients: { pub, web }, trustedIssuers: {} })
    expect(lines).toMatchObject([
      { level: 'warn', event: 'guard', detail: expect.stringMatching(/there is no guard.*logging out ends no copy/) },
    ])
    const first = await createApp(ask).redeem(await code())
    expect(Object.keys(await readAnswer(first))).toEqual(['access_token', 'token_type', 'expires_in', 'scope'])
    const refreshing = await createApp(ask, { client: 'web' }).redeem(await code(REQUESTS['web']))
    expect(await readAnswer(refreshing)).toHaveProperty('refresh_token')
    const late = await code()
    now = NOW + 30
    expect((await readAnswer(await createApp(ask).redeem(late))).error).toBe('invalid_grant')
  })
})
