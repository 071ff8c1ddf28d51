import { describe, expect, it } from 'vitest'
import type { Attempt, KeptTokens, Lying, TokenPlace } from '../../src/grants/kept_tokens.ts'
import { createTokenLeases, type LyingTokens, type Refresh } from '../../src/grants/token_lease.ts'
import type { ProviderTokens } from '../../src/login/authenticate.ts'
import { OAuthError } from '../../src/protocol/error.ts'
import { createTime } from '../parties/virtual_time.ts'

const NOW = 1_800_000_000
const SKEW = 60
/** How often anything is done at the most: what would go on for ever ends so. */
const MOST = 300

const TOKENS = { accessToken: 'a', refreshToken: 'r', scope: ['repo'], sub: 'github|1', provider: 'github' }
/** Tokens that are at their end. */
const OLD: KeptTokens = { ...TOKENS, expiresAt: NOW + 9 }
/** What the provider gives for them. */
const GIVEN: ProviderTokens = { accessToken: 'b', refreshToken: 's', scope: ['repo'], expiresAt: NOW + 3600 }

const late = new OAuthError('temporarily_unavailable', 'late')

interface Changes {
  readonly refresh?: Refresh
  /** Whether nobody waits for the provider. */
  readonly isLate?: boolean
  readonly skew?: number
}

/** What lies at a place, and leases of it. */
function leasing(kept: KeptTokens, { refresh = async () => GIVEN, isLate, skew = SKEW }: Changes = {}) {
  const time = createTime(NOW, Number.POSITIVE_INFINITY)
  const [asked, lost, awake]: [unknown[], unknown[], Promise<unknown>[]] = [[], [], []]
  const waits: number[] = []
  const there = new Map<string, Lying>()
  let [names, steps] = [0, 0]
  const all = {
    /** What else is done before something is put down, in this order. */
    before: [] as (() => void)[],
    swaps: 0,
  }

  function step(): void {
    steps += 1
    if (steps > MOST) throw new Error('it goes on for ever')
  }

  function put(after: KeptTokens | undefined, until = NOW + 9000): Lying {
    const lying = { envelope: `envelope ${++names}`, kept: after, until }
    there.set('gid', lying)
    return lying
  }

  const place: TokenPlace = {
    async look(gid) {
      step()
      return there.get(gid)
    },
    async leave() {
      throw new Error('a lease leaves nothing where nothing is')
    },
    async swap(gid, before, after, until = before.until) {
      step()
      all.swaps += 1
      all.before.shift()?.()
      return there.get(gid)?.envelope === before.envelope ? put(after, until) : undefined
    },
  }

  async function look(): Promise<LyingTokens> {
    const lying = await place.look('gid')
    if (lying?.kept === undefined) throw new OAuthError('invalid_grant', 'it is over')
    return { ...lying, kept: lying.kept }
  }

  const leases = createTokenLeases({
    place,
    now: time.now,
    async wait(milliseconds) {
      step()
      waits.push(milliseconds)
      await time.wait(milliseconds)
    },
    newId: () => `id ${++names}`,
    skew: () => skew,
    async within(call) {
      const answer = call()
      if (isLate) throw late
      return answer
    },
    waitUntil: (promise) => void awake.push(promise),
    async lose(...given) {
      lost.push(given)
    },
  })

  put(kept)
  return Object.assign(all, {
    ...leases,
    time,
    waits,
    asked,
    lost,
    awake,
    put,
    there: () => there.get('gid'),
    end: () => there.delete('gid'),
    renew: async () =>
      leases.renew(
        'gid',
        await look(),
        async (...given) => {
          asked.push(given)
          return refresh(...given)
        },
        look,
      ),
  })
}

/** What something is refused with. */
async function refused(act: () => Promise<unknown>): Promise<OAuthError> {
  const error = await act().then(
    () => new Error('it is not refused'),
    (thrown: unknown) => thrown,
  )
  if (error instanceof OAuthError && error.message !== '') return error
  throw error
}

/** `code reason`, and after how many seconds to come again. */
async function whyRefused(act: () => Promise<unknown>): Promise<string> {
  const { code, reason, retryAfter } = await refused(act)
  return [code, reason, retryAfter].filter((part) => part !== undefined).join(' ')
}

const DOWN = 'temporarily_unavailable provider_down 2'

const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0)

it.each([
  [undefined, true, true],
  [60, true, true],
  [59, false, true],
  [10, false, true],
  [9, false, false],
  [-1, false, false],
])('tokens that last for %s seconds are enough: %s; worth anything: %s', (left, enough, worth) => {
  const { isEnough, isWorth } = leasing(OLD)
  const kept = { ...TOKENS, ...(left === undefined ? {} : { expiresAt: NOW + left }) }
  expect([isEnough(kept), isWorth(kept)]).toEqual([enough, worth])
})

it('what lasts for a minute is returned, and nobody is asked', async () => {
  for (const kept of [TOKENS, { ...TOKENS, expiresAt: NOW + 60 }]) {
    const { renew, asked, swaps } = leasing(kept)
    expect(await renew()).toEqual(kept)
    expect([asked, swaps]).toEqual([[], 0])
  }
})

describe('whoever asks the provider', () => {
  it('puts in a lease before, and what it gives after', async () => {
    let during: Lying | undefined
    const all = leasing(
      { ...OLD, expiresAt: NOW + 59 },
      {
        async refresh() {
          during = all.there()
          return { ...GIVEN, sub: 'x', provider: 'x' } as ProviderTokens
        },
      },
    )
    const attempt = { id: expect.stringMatching(/^id /), at: NOW }
    const kept = { ...TOKENS, ...GIVEN, attempt: { ...attempt, ended: true } }
    expect(await all.renew()).toStrictEqual(kept)
    expect(during).toStrictEqual({
      envelope: expect.any(String),
      kept: { ...OLD, expiresAt: NOW + 59, attempt },
      until: NOW + 9000,
    })
    expect(all.there()).toStrictEqual({ envelope: expect.any(String), kept, until: NOW + 9000 })
    // It is shown what it gave, and nothing of ours.
    const { sub: _, provider: __, ...shown } = TOKENS
    expect(all.asked).toStrictEqual([[{ ...shown, expiresAt: NOW + 59 }, NOW]])
    expect([all.waits, all.lost]).toEqual([[], []])
  })

  it('does so once, for all who come at the same time, and for those who come meanwhile', async () => {
    // They get what is worth little, too: there is none that is worth more.
    for (const left of [3600, 11]) {
      const all = leasing(OLD, {
        async refresh() {
          await all.time.wait(500)
          return { ...GIVEN, expiresAt: NOW + left }
        },
      })
      const answers = [all.renew(), all.renew(), all.renew()]
      await all.time.wait(60)
      const tokens = await Promise.all([...answers, all.renew()])
      expect(new Set(tokens.map(({ accessToken }) => accessToken))).toEqual(new Set(['b']))
      expect(all.asked).toHaveLength(1)
    }
  })

  it('and got nothing is not followed by those who waited for it, but by who comes then', async () => {
    for (const outcome of ['short', 'down'] as const) {
      const all = leasing(OLD, {
        async refresh() {
          await all.time.wait(500)
          if (outcome === 'down') throw new OAuthError('temporarily_unavailable', 'x')
          return { ...GIVEN, expiresAt: NOW + 9 }
        },
      })
      const asking = outcome === 'down' ? whyRefused(all.renew) : all.renew()
      expect(await Promise.all([whyRefused(all.renew), whyRefused(all.renew)])).toEqual([DOWN, DOWN])
      expect(await asking).toEqual(outcome === 'down' ? DOWN : expect.objectContaining({ accessToken: 'b' }))
      expect(all.asked).toHaveLength(1)
      await all.renew().catch(() => undefined)
      expect(all.asked).toHaveLength(2)
    }
  })

  it('and is too slow for who waits for it puts down what comes all the same: a worker stays awake for that', async () => {
    const all = leasing(OLD, { isLate: true, refresh: () => all.time.wait(9000).then(() => GIVEN) })
    await expect(all.renew()).rejects.toBe(late)
    expect(all.awake).toHaveLength(1)
    await Promise.all(all.awake)
    expect(all.there()?.kept).toMatchObject(GIVEN)
  })

  it('and fails, too, and nobody but who waits for it hears of that', async () => {
    const all = leasing(OLD, { refresh: () => Promise.reject(new Error('x')) })
    await expect(all.renew()).rejects.toMatchObject({ code: 'server_error' })
    expect(await Promise.all(all.awake)).toEqual([undefined])
  })
})

describe('a provider that gives nothing', () => {
  it.each<[string, Error, string, 'over' | 'kept']>([
    ['has ended it', new OAuthError('invalid_grant', 'x'), 'invalid_grant provider_tokens', 'over'],
    ['is down', new OAuthError('temporarily_unavailable', 'x'), DOWN, 'kept'],
    [
      'does not take us',
      new OAuthError('server_error', 'x', { reason: 'provider_refused' }),
      'server_error provider_refused',
      'kept',
    ],
    ['fails', new TypeError('x'), 'server_error unexpected', 'kept'],
  ])('%s', async (_, cause, why, left) => {
    const all = leasing(OLD, { refresh: () => Promise.reject(cause) })
    const error = await refused(all.renew)
    expect(await whyRefused(() => Promise.reject(error))).toBe(why)
    expect(error.cause).toBe(cause)
    // The log says whose tokens they are, and what its code was, or that there was none.
    expect(error.message).toMatch(cause instanceof OAuthError ? new RegExp(`"github".*${cause.code}`) : /"github": \w/)
    expect(all.there()?.kept).toEqual(
      left === 'over' ? undefined : { ...OLD, attempt: { id: expect.any(String), at: NOW, ended: true } },
    )
    expect([all.there()?.until, all.lost]).toEqual([NOW + 9000, []])
  })

  it('or what is no token, has ended it', async () => {
    const all = leasing(OLD, { refresh: async () => ({ ...GIVEN, accessToken: 'a b' }) })
    expect(await whyRefused(all.renew)).toBe('invalid_grant provider_tokens')
    expect(all.there()).toMatchObject({ kept: undefined })
  })
})

describe('what the provider gave is put down', () => {
  const down = new OAuthError('temporarily_unavailable', 'the guard is down')
  const fails = (error: Error) => () => {
    throw error
  }
  const none = (): void => {}

  it('though the guard fails once', async () => {
    const all = leasing(OLD)
    all.before = [none, fails(down)]
    expect(await all.renew()).toMatchObject(GIVEN)
    expect([all.there()?.kept, all.waits]).toMatchObject([GIVEN, [50]])
  })

  it.each([
    ['not where it fails twice', down, 3, [50]],
    ['not where something else fails', new Error('x'), 2, []],
  ])('%s: who asked is told so', async (_, error, swaps, waits) => {
    const all = leasing(OLD)
    all.before = [none, fails(error), fails(error)]
    await expect(all.renew()).rejects.toBe(error)
    expect([all.swaps, all.waits, all.lost, all.asked.length]).toEqual([swaps, waits, [], 1])
  })

  it('though its end was moved meanwhile, as often as that was', async () => {
    const all = leasing(OLD)
    const move = (): void => void all.put(all.there()?.kept, NOW + 9999)
    all.before = [none, move, move, move]
    expect(await all.renew()).toMatchObject(GIVEN)
    expect(all.there()).toMatchObject({ kept: GIVEN, until: NOW + 9999 })
    expect(all.waits).toEqual([])
  })

  it.each<[string, Attempt | undefined]>([
    ['asks', { id: 'other', at: NOW }],
    ['has asked', { id: 'other', at: NOW, ended: true }],
    ['put down tokens', undefined],
  ])('not where somebody else %s meanwhile: that stays, and nothing has ended', async (_, attempt) => {
    const all = leasing(OLD)
    const others = { ...TOKENS, accessToken: 'other', ...(attempt && { attempt }) }
    all.before = [none, () => void all.put(others)]
    expect(await whyRefused(all.renew)).toBe(DOWN)
    expect([all.there()?.kept, all.lost]).toEqual([others, []])
  })

  it.each<[string, (all: ReturnType<typeof leasing>) => void]>([
    ['has ended', (all) => all.put(undefined)],
    ['is gone', (all) => all.end()],
  ])('not where its grant %s meanwhile: it is lost, and said to be', async (_, end) => {
    const all = leasing(OLD)
    all.before = [none, () => end(all)]
    expect(await whyRefused(all.renew)).toBe('invalid_grant grant_ended')
    expect(all.there()?.kept).toBeUndefined()
    const attempt = { id: expect.any(String), at: NOW, ended: true }
    expect(all.lost).toEqual([['gid', { ...TOKENS, ...GIVEN, attempt }]])
  })

  it('and so is that it gave nothing, where the guard fails once', async () => {
    const all = leasing(OLD, { refresh: () => Promise.reject(late) })
    all.before = [none, fails(down)]
    expect(await whyRefused(all.renew)).toBe(DOWN)
    expect(all.there()?.kept?.attempt).toMatchObject({ ended: true })
  })
})

describe('where somebody else asks,', () => {
  const attempt = { id: 'other', at: NOW }

  it('others wait for five seconds, and look ever less often', async () => {
    const all = leasing({ ...OLD, attempt })
    expect(await whyRefused(all.renew)).toBe(DOWN)
    expect(all.waits).toEqual([50, 100, 200, 400, ...Array.from({ length: 8 }, () => 500), 250])
    expect([all.asked, all.swaps]).toEqual([[], 0])
  })

  it('and puts that in at the same time, it is waited for', async () => {
    const all = leasing(OLD)
    all.before = [() => void all.put({ ...OLD, attempt }), () => {}]
    const renewing = all.renew()
    await all.time.wait(60)
    all.put({ ...TOKENS, ...GIVEN, attempt: { ...attempt, ended: true } })
    expect(await renewing).toMatchObject(GIVEN)
    expect(all.asked).toEqual([])
  })

  it('and what is waited for ends, that is said', async () => {
    const all = leasing({ ...OLD, attempt })
    const said = expect(all.renew()).rejects.toMatchObject({ code: 'invalid_grant', message: 'it is over' })
    await all.time.wait(60)
    all.put(undefined)
    await said
  })

  it.each([
    ['over when it is seen first', SKEW, -70, true],
    ['over when five seconds have passed', SKEW, -65, true],
    ['not over then', SKEW, -64, false],
    ['over by the clocks that there are', 5, -10, true],
    ['not over by them', 5, -9, false],
  ])('it is asked again where that is %s, and it has been seen for ten seconds', async (_, skew, ago, again) => {
    const all = leasing({ ...OLD, attempt: { id: 'killed', at: NOW + ago } }, { skew })
    if (again) expect(await all.renew()).toMatchObject({ accessToken: 'b', attempt: { at: NOW + 10, ended: true } })
    else expect(await whyRefused(all.renew)).toBe(DOWN)
    expect([all.asked.length, sum(all.waits)]).toEqual(again ? [1, 10_000] : [0, 5000])
  })

  it('and is killed, and another after that, each must have been seen for ten seconds', async () => {
    const all = leasing({ ...OLD, attempt: { id: 'killed', at: NOW - 100 } })
    const renewing = whyRefused(all.renew)
    await all.time.wait(5000)
    all.put({ ...OLD, attempt: { id: 'also killed', at: NOW - 100 } })
    expect(await renewing).toBe(DOWN)
    expect([all.asked, sum(all.waits)]).toEqual([[], 10_000])
  })
})

it.each([
  ['what an attempt that has ended left', { id: 'other', at: NOW - 5, ended: true }],
  ['what was never new', undefined],
] as const)('%s is made new at once', async (_, attempt) => {
  const all = leasing({ ...OLD, ...(attempt && { attempt }) })
  expect(await all.renew()).toMatchObject({ ...GIVEN, attempt: { ended: true } })
  expect([all.asked.length, all.waits]).toEqual([1, []])
})
