import { describe, expect, it, vi } from 'vitest'
import { createMemoryGuard, type Guard, type IssuerSettings } from '../../src/index.ts'
import { NOW, testIssuer } from '../fixtures.ts'
import { createProver, withProofs } from '../parties/dpop.ts'
import { createHandOver, createTestProvider } from '../parties/hand_over.ts'
import { createApp, createPerson, REQUESTS, readAnswer, VERIFIER } from '../parties/person.ts'

type Call = (...given: readonly unknown[]) => Promise<unknown>

/** Returns a guard in memory, and what it was asked. */
function createNoting() {
  const memory = createMemoryGuard(() => NOW, { single: true })
  const calls: { readonly method: string; readonly given: readonly unknown[] }[] = []
  const noting = Object.entries(memory as unknown as Readonly<Record<string, Call>>).map(([method, call]) => [
    method,
    (...given: readonly unknown[]) => {
      calls.push({ method, given })
      return call(...given)
    },
  ])
  const guard: typeof memory = Object.fromEntries(noting)
  const methods = (): readonly string[] => calls.splice(0).map(({ method }) => method)
  return { memory, guard, calls, methods }
}

/** An issuer whose guard is noted, a person, and an app that was let in. */
function setUp(changes: Partial<IssuerSettings> = {}, of = (guard: Required<Guard>): Guard => guard) {
  const noting = createNoting()
  const issuer = testIssuer({ guard: of(noting.guard as Required<Guard>), ...changes })
  const ask = (request: Request) => issuer.fetch(request)
  const person = createPerson(ask, { now: () => NOW })
  const code = async (client = 'pub'): Promise<string> => {
    const back = await person.answer('allow', REQUESTS[client])
    noting.methods()
    return back.searchParams.get('code') ?? ''
  }
  const refreshing = async (client = 'pub'): Promise<string> => {
    const answer = await readAnswer(await createApp(ask, { client }).redeem(await code(client)))
    noting.methods()
    return answer.refresh_token ?? ''
  }
  return { ...noting, ask, person, code, refreshing }
}

/** The names that a call of these asks for, beside what it changes. */
const unlessOf = ({ given }: { readonly given: readonly unknown[] }): readonly string[] =>
  given.at(-1) as readonly string[]

describe('the guard is asked once', () => {
  it('for a code: it is spent unless its grant or its session has ended', async () => {
    const { ask, code, calls, methods } = setUp()
    expect((await createApp(ask).redeem(await code())).status).toBe(200)
    expect(unlessOf(calls[0] as never)).toHaveLength(2)
    expect(methods()).toEqual(['spendUnlessEnded'])
  })

  it('for a refresh token that rotates: its family moves on unless its session has ended', async () => {
    const { ask, refreshing, calls, methods } = setUp()
    expect((await createApp(ask).refresh(await refreshing())).status).toBe(200)
    expect(unlessOf(calls[0] as never)).toHaveLength(1)
    expect(methods()).toEqual(['advanceUnlessEnded'])
  })

  it('for one that stays as it is: for all names together', async () => {
    const { ask, refreshing, calls, methods } = setUp()
    expect((await createApp(ask, { client: 'web' }).refresh(await refreshing('web'))).status).toBe(200)
    expect(unlessOf(calls[0] as never)).toHaveLength(2)
    expect(methods()).toEqual(['hasEnded'])
  })
})

it('a session that has ended spends no code of it, and ends no grant', async () => {
  const { ask, code, calls, methods, memory } = setUp()
  const [first, good] = [await code(), await code()]
  expect((await createApp(ask).redeem(first)).status).toBe(200)
  const [, sid = ''] = unlessOf(calls[0] as never)
  methods()
  await memory.end(sid, NOW + 9999)
  const refused = await createApp(ask).redeem(good)
  expect([refused.status, (await readAnswer(refused)).error]).toEqual([400, 'invalid_grant'])
  const [call] = calls
  expect(methods()).toEqual(['spendUnlessEnded'])
  expect(await memory.hasEnded(unlessOf(call as never).slice(0, 1))).toBe(false)
  expect(await memory.spend(String(call?.given[0]), NOW + 9999)).toBe('first')
})

it('a grant that has ended says so of its code, and not that it came again', async () => {
  const { ask, code, methods, memory, calls } = setUp()
  const good = await code()
  expect((await createApp(ask).redeem(good)).status).toBe(200)
  await memory.end(unlessOf(calls[0] as never)[0] ?? '', NOW + 9999)
  methods()
  expect((await createApp(ask).redeem(good)).status).toBe(400)
  expect(methods()).toEqual(['spendUnlessEnded'])
})

it('a session that has ended moves no family, and ends none', async () => {
  const { ask, refreshing, calls, methods, memory } = setUp()
  const app = createApp(ask)
  const token = await refreshing()
  const answer = await readAnswer(await app.refresh(token))
  const [call] = calls
  methods()
  await memory.end(unlessOf(call as never)[0] ?? '', NOW + 9999)
  for (const one of [answer.refresh_token ?? '', token]) {
    const refused = await app.refresh(one)
    expect([refused.status, (await readAnswer(refused)).error]).toEqual([400, 'invalid_grant'])
    expect(methods()).toEqual(['advanceUnlessEnded'])
  }
  const [{ gid }] = (call?.given ?? []) as [{ readonly gid: string }]
  expect(await memory.hasEnded([gid])).toBe(false)
})

it('a session that ends while a request is under way gives no token any more', async () => {
  const ending = (guard: Required<Guard>): Guard => ({
    ...guard,
    spendUnlessEnded: async (id, expiresAt, unless) => {
      await guard.end(unless.at(-1) ?? '', NOW + 9999)
      return guard.spendUnlessEnded(id, expiresAt, unless)
    },
    advanceUnlessEnded: async (step, unless) => {
      await guard.end(unless.at(-1) ?? '', NOW + 9999)
      return guard.advanceUnlessEnded(step, unless)
    },
  })
  const { ask, code } = setUp({}, ending)
  const refused = await createApp(ask).redeem(await code())
  expect([refused.status, (await readAnswer(refused)).error]).toEqual([400, 'invalid_grant'])
  const moving = setUp({}, (guard) => ({ ...ending(guard), spendUnlessEnded: guard.spendUnlessEnded }))
  const late = await createApp(moving.ask).refresh(await moving.refreshing())
  expect([late.status, (await readAnswer(late)).error]).toEqual([400, 'invalid_grant'])
})

describe('the guard is asked first, and changed when it has answered', () => {
  it.each([
    ['code', 'spend'],
    ['refresh token', 'advance'],
  ] as const)('where it cannot do both at once: never for a %s beside', async (what, changing) => {
    const asked = Promise.withResolvers<void>()
    let isWaiting = false
    const { ask, code, refreshing, methods } = setUp({}, ({ spend, advance, end, hasEnded }) => ({
      spend,
      advance,
      end,
      async hasEnded(ids) {
        const answer = await hasEnded(ids)
        if (isWaiting) await asked.promise
        return answer
      },
    }))
    const good = what === 'code' ? await code() : await refreshing()
    isWaiting = true
    const app = createApp(ask)
    const answer = what === 'code' ? app.redeem(good) : app.refresh(good)
    const seen: string[] = []
    await vi.waitFor(() => {
      seen.push(...methods())
      expect(seen).toEqual(['hasEnded'])
    })
    asked.resolve()
    expect((await answer).status).toBe(200)
    expect(methods()).toEqual([changing])
  })

  it('where a proof is good once: what comes for something that has ended costs none', async () => {
    const { ask, code, calls, methods, memory } = setUp()
    const app = createApp(withProofs(ask, await createProver(), () => NOW))
    expect((await app.redeem(await code())).status).toBe(200)
    const [, sid] = unlessOf(calls[0] as never)
    const good = await code()
    methods()
    await memory.end(sid ?? '', NOW + 9999)
    expect((await app.redeem(good)).status).toBe(400)
    expect(methods()).toEqual(['hasEnded'])
  })

  it('where tokens of a person are counted: what has ended counts for nobody', async () => {
    const counted: string[] = []
    const { ask, code, calls, methods, memory } = setUp({
      limits: { subject: async (key) => counted.push(key) > 0 },
    })
    expect((await createApp(ask).redeem(await code())).status).toBe(200)
    const [, sid] = unlessOf(calls[0] as never)
    const good = await code()
    methods()
    counted.length = 0
    await memory.end(sid ?? '', NOW + 9999)
    expect((await createApp(ask).redeem(good)).status).toBe(400)
    expect([methods(), counted]).toEqual([['hasEnded'], []])
  })

  it('where something of a provider is handed over: that is kept and renewed before a code is spent', async () => {
    const { guard, methods } = createNoting()
    const there = createHandOver(createTestProvider(), { guard })
    const code = (await there.authorize()).searchParams.get('code') ?? ''
    methods()
    await there.token({
      grant_type: 'authorization_code',
      code,
      code_verifier: VERIFIER,
      redirect_uri: 'https://app.example/cb',
    })
    const asked = methods()
    expect([asked[0], asked.at(-1), asked.filter((one) => /spend|hasEnded/.test(one)).length]).toEqual([
      'hasEnded',
      'spendUnlessEnded',
      2,
    ])
  })
})
