import { describe, expect, it } from 'vitest'
import type { KeptTokens } from '../../src/grants/kept_tokens.ts'
import type { ProviderEnding } from '../../src/grants/provider_endings.ts'
import { markOf } from '../../src/grants/provider_grants.ts'
import { createProviderTokens } from '../../src/grants/provider_tokens.ts'
import type { Guard, LoginProvider, ProviderTokens } from '../../src/index.ts'
import { OAuthError } from '../../src/protocol/error.ts'
import type { Keeping } from '../../src/stores/guard.ts'
import { NOW } from '../house.ts'
import { createGranting, refusalOf, whyRefused } from '../parties/granting.ts'

const TOKENS: KeptTokens = {
  accessToken: 'a',
  refreshToken: 'r',
  scope: ['repo', 'user'],
  sub: 'github|1',
  provider: 'github',
}
const BY = { sid: 'session', client_id: 'app' }
const HANDED = { provider: 'github', scope: ['repo'] }
const OF = { gid: 'one', sub: 'github|1' }
const END = NOW + 3600

interface Changes {
  readonly refresh?: LoginProvider['refresh'] | 'none'
  readonly revoke?: LoginProvider['revoke'] | 'none'
  readonly guard?: (guard: Guard & Keeping) => Guard & Keeping
}

/** Tokens that are kept, and what their provider sees; whoever waits turns the clock. */
function keeping(changes: Changes = {}) {
  const { context, guard, envelopesAt, settings } = createGranting()
  const clock = { now: NOW }
  const seen: (string | undefined)[] = []
  const revoked: ProviderTokens[] = []
  const waits: number[] = []
  const beside: Promise<unknown>[] = []
  const told: ProviderEnding[] = []
  const usual: LoginProvider['refresh'] = async () => ({
    accessToken: 'b',
    refreshToken: 's',
    scope: ['repo'],
    expiresAt: clock.now + 3600,
  })
  const { refresh = usual, revoke = async () => {} } = changes
  const provider: LoginProvider = {
    label: 'GitHub',
    authenticate: () => Promise.reject(new Error('nobody logs in here')),
    tellsAuthTime: false,
    ...(refresh !== 'none' && {
      refresh: async (tokens: ProviderTokens, now: number) => {
        seen.push(tokens.refreshToken)
        return refresh(tokens, now)
      },
    }),
    ...(revoke !== 'none' && {
      revoke: async (tokens: ProviderTokens, now: number) => {
        revoked.push(tokens)
        await revoke(tokens, now)
      },
    }),
  }
  const silent: LoginProvider = { label: 'Silent', authenticate: provider.authenticate, tellsAuthTime: false }
  const tokens = createProviderTokens({
    guard: changes.guard?.(guard) ?? guard,
    homes: settings.homes,
    envelopes: envelopesAt,
    now: () => clock.now,
    newId: context.newId,
    providers: new Map([
      ['github', provider],
      ['silent', silent],
    ]),
    within: (call) => call(),
    waitUntil: (promise) => void beside.push(promise),
    wait: async (milliseconds) => {
      waits.push(milliseconds)
      clock.now += milliseconds / 1000
    },
    skew: () => 60,
    tellEnding: (ending) => told.push(ending),
  })
  const open = async (gid = 'one') => {
    const envelope = await guard.look(`provider ${gid}`)
    return envelope === undefined ? undefined : openEnvelope(envelope)
  }
  const openEnvelope = (envelope: string) => envelopesAt(NOW).open('provider', envelope)
  const settled = () => Promise.allSettled(beside)
  return { ...tokens, clock, guard, seen, revoked, waits, beside, told, open, openEnvelope, settled }
}

const approval = (gid = 'one') => ({ ...BY, gid, grant_end: END })

describe('tokens of a provider are kept', () => {
  it('from the login on, and then until the grant ends', async () => {
    const { leave, keep, open } = keeping()
    await leave('one', TOKENS, BY, NOW + 60)
    expect(await open()).toMatchObject({ ...TOKENS, exp: NOW + 60 })
    expect(await whyRefused(() => leave('one', TOKENS, BY, NOW + 60))).toBe('login_failed stale')
    await keep(approval(), false)
    expect(await open()).toMatchObject({ ...TOKENS, exp: END })
    await keep({ ...approval(), grant_end: NOW + 90 }, false)
    expect(await open()).toMatchObject({ exp: END })
    await keep(approval('other'), false)
    expect(await open('other')).toBeUndefined()
  })

  it('as they lie there, where they last for as long as the grant', async () => {
    const swapped: string[] = []
    const { leave, keep } = keeping({
      guard: (guard) => ({
        ...guard,
        swap: async (...given) => {
          swapped.push(given[0])
          return guard.swap(...given)
        },
      }),
    })
    await leave('one', TOKENS, BY, END)
    await keep(approval(), false)
    expect(swapped).not.toContain('provider one')
  })

  it('and noted by what they end with, and by nothing else', async () => {
    const lists: string[] = []
    const { leave, keep, guard, openEnvelope } = keeping({
      guard: (of) => ({
        ...of,
        leave: async (...given) => {
          if (given[0].startsWith('provider grants ')) lists.push(given[0])
          return of.leave(...given)
        },
      }),
    })
    const noted = async () => (await openEnvelope((await guard.look(lists[0] ?? '')) ?? ''))['grants']
    const [session, app] = [markOf('session', BY.sid), markOf('app', BY.client_id)]
    await leave('one', TOKENS, BY, NOW + 60)
    expect(await noted()).toEqual([{ gid: 'one', until: NOW + 60, marks: [session, app] }])
    for (const [outlives, marks] of [
      [true, [app]],
      [false, [session, app]],
    ] as const) {
      await keep(approval(), outlives)
      expect(await noted()).toEqual([{ gid: 'one', until: END, marks }])
    }
  })

  it('not where they are over already', async () => {
    const { leave, keep, drop, open } = keeping()
    await leave('one', TOKENS, BY, NOW + 60)
    await drop('one')
    await keep(approval(), false)
    expect(await open()).toMatchObject({ exp: NOW + 60 })
  })

  it('in twelve tries, or not at all', async () => {
    for (const busy of [11, 12]) {
      let times = 0
      const { leave, keep, open } = keeping({
        guard: (guard) => ({
          ...guard,
          swap: async (...given) => (given[0] === 'provider one' && ++times <= busy ? 'other' : guard.swap(...given)),
        }),
      })
      await leave('one', TOKENS, BY, NOW + 60)
      if (busy === 11) {
        await keep(approval(), false)
        expect(await open()).toMatchObject({ exp: END })
        continue
      }
      const { code, reason, retryAfter } = await refusalOf(() => keep(approval(), false))
      expect([code, reason, retryAfter]).toEqual(['temporarily_unavailable', 'contention', 2])
    }
  })
})

describe('an API is handed', () => {
  it.each<[string, Partial<KeptTokens>, object]>([
    ['what is kept', {}, { accessToken: 'a' }],
    ['what lasts for a minute', { expiresAt: NOW + 60 }, { accessToken: 'a', expiresAt: NOW + 60 }],
    ['what is new, where it does not', { expiresAt: NOW + 59 }, { accessToken: 'b', expiresAt: NOW + 3600 }],
  ])('%s', async (_, changes, handed) => {
    const { leave, take, seen, beside, open } = keeping()
    await leave('one', { ...TOKENS, ...changes }, BY, END)
    expect(await take(OF, HANDED)).toStrictEqual(handed)
    const isNew = 'accessToken' in handed && handed.accessToken === 'b'
    expect([seen, beside.length > 0]).toEqual([isNew ? ['r'] : [], isNew])
    if (isNew)
      expect(await open()).toMatchObject({
        accessToken: 'b',
        refreshToken: 's',
        sub: TOKENS.sub,
        provider: 'github',
        attempt: { at: NOW, ended: true },
      })
  })

  it.each<[string, Changes, Partial<KeptTokens>]>([
    ['its provider gives no new ones', { refresh: 'none' }, {}],
    ['there is no refresh token', {}, { refreshToken: undefined as never }],
    ['its provider is there no more', {}, { provider: 'gone' }],
  ])('what is left, for ten seconds, where %s', async (_, changes, more) => {
    for (const [left, worth] of [
      [10, true],
      [9, false],
    ] as const) {
      const { leave, take, seen } = keeping(changes)
      const kept = { ...TOKENS, ...more, expiresAt: NOW + left }
      await leave('one', kept, BY, END)
      const taking = () => take(OF, { ...HANDED, provider: kept.provider })
      if (worth) expect(await taking()).toEqual({ accessToken: 'a', expiresAt: NOW + 10 })
      else expect(await whyRefused(taking)).toBe('invalid_grant provider_tokens')
      expect(seen).toEqual([])
    }
  })

  it('nothing where nothing is kept, or it is over', async () => {
    const { leave, take, drop } = keeping()
    expect(await whyRefused(() => take(OF, HANDED))).toBe('invalid_grant provider_tokens')
    await leave('one', TOKENS, BY, END)
    await drop('one')
    expect(await whyRefused(() => take(OF, HANDED))).toBe('invalid_grant provider_tokens')
  })

  it.each<[string, Partial<KeptTokens>, string]>([
    ['of another person', { sub: 'github|2' }, 'provider_tokens'],
    ['of another provider', { provider: 'silent' }, 'provider_tokens'],
    ['of less scope', { scope: ['user'] }, 'provider_scope'],
    ['of no scope', { scope: [] }, 'provider_scope'],
  ])('nothing that is %s', async (_, changes, reason) => {
    const { leave, take, seen } = keeping()
    await leave('one', { ...TOKENS, ...changes, expiresAt: NOW + 9 }, BY, END)
    expect(await whyRefused(() => take(OF, HANDED))).toBe(`invalid_grant ${reason}`)
    expect(seen).toEqual([])
  })

  it('nothing whose scope became less when it was new', async () => {
    const { leave, take } = keeping()
    await leave('one', { ...TOKENS, expiresAt: NOW + 9 }, BY, END)
    expect(await whyRefused(() => take(OF, { ...HANDED, scope: ['repo', 'user'] }))).toBe(
      'invalid_grant provider_scope',
    )
  })
})

describe('a provider that is asked for new tokens', () => {
  const dead = { ...TOKENS, expiresAt: NOW + 9 }

  it.each<[string, unknown, string, object | undefined]>([
    ['has ended them', new OAuthError('invalid_grant', 'x'), 'invalid_grant provider_tokens', undefined],
    [
      'may give some later',
      new OAuthError('temporarily_unavailable', 'x'),
      'temporarily_unavailable provider_down',
      dead,
    ],
    [
      'does not take us',
      new OAuthError('server_error', 'x', { reason: 'provider_refused' }),
      'server_error provider_refused',
      dead,
    ],
    ['fails', new TypeError('x'), 'server_error unexpected', dead],
  ])('%s', async (_, error, expected, left) => {
    const { leave, take, open } = keeping({ refresh: () => Promise.reject(error) })
    await leave('one', dead, BY, END)
    const refused = await refusalOf(() => take(OF, HANDED))
    expect(`${refused.code} ${refused.reason}`).toBe(expected)
    expect([refused.cause, refused.retryAfter]).toEqual([error, expected.endsWith('provider_down') ? 2 : undefined])
    const facts = await open()
    if (left === undefined) expect(facts).not.toHaveProperty('accessToken')
    else expect(facts).toMatchObject({ ...left, attempt: { at: NOW, ended: true } })
  })

  it('gives what is none: it is over', async () => {
    const { leave, take, open } = keeping({ refresh: async () => ({ accessToken: 'a b', scope: ['repo'] }) })
    await leave('one', dead, BY, END)
    expect(await whyRefused(() => take(OF, HANDED))).toBe('invalid_grant provider_tokens')
    expect(await open()).not.toHaveProperty('accessToken')
  })

  it('gives too late: the grant has ended meanwhile, and so does what it gave', async () => {
    const all = keeping({
      refresh: async () => {
        await all.drop('one')
        return { accessToken: 'late', scope: ['repo'] }
      },
    })
    await all.leave('one', dead, BY, END)
    expect(await whyRefused(() => all.take(OF, HANDED))).toBe('invalid_grant grant_ended')
    await all.settled()
    expect(all.revoked.map(({ accessToken }) => accessToken)).toEqual(['a', 'late'])
  })

  it('gives too late, while nobody can tell whether the grant was the last: what it gave ends all the same', async () => {
    const state = { isDown: false }
    const all = keeping({
      guard: (guard) => ({
        ...guard,
        look: async (name) => {
          if (state.isDown && name.startsWith('provider grants ')) throw new OAuthError('temporarily_unavailable', 'x')
          return guard.look(name)
        },
      }),
      refresh: async () => {
        state.isDown = true
        await expect(all.drop('one')).rejects.toThrow(OAuthError)
        state.isDown = false
        return { accessToken: 'late', scope: ['repo'] }
      },
    })
    await all.leave('one', dead, BY, END)
    expect(await whyRefused(() => all.take(OF, HANDED))).toBe('invalid_grant grant_ended')
    await all.settled()
    expect(all.revoked.map(({ accessToken }) => accessToken)).toEqual(['late'])
  })

  it('is asked by one: others wait for that, and then for no longer', async () => {
    const attempt = { id: 'other', at: NOW }
    const { leave, take, waits, seen, beside } = keeping()
    await leave('one', { ...dead, attempt }, BY, END)
    const { code, reason, retryAfter } = await refusalOf(() => take(OF, HANDED))
    expect([code, reason, retryAfter]).toEqual(['temporarily_unavailable', 'provider_down', 2])
    expect([waits.slice(0, 6), Math.max(...waits), seen]).toEqual([[50, 100, 200, 400, 500, 500], 500, []])
    expect(waits.reduce((sum, one) => sum + one, 0)).toBe(5000)
    // A worker stays awake for that.
    expect(await Promise.all(beside)).toEqual([undefined])
  })

  it('is asked again where whoever asked is over by every clock, and was seen for as long', async () => {
    for (const [at, asked] of [
      [NOW - 70, true],
      [NOW - 64, false],
    ] as const) {
      const { leave, take, waits, seen } = keeping()
      await leave('one', { ...dead, attempt: { id: 'other', at } }, BY, END)
      if (asked) expect(await take(OF, HANDED)).toMatchObject({ accessToken: 'b' })
      else expect(await whyRefused(() => take(OF, HANDED))).toBe('temporarily_unavailable provider_down')
      expect([seen, waits.reduce((sum, one) => sum + one, 0)]).toEqual(asked ? [['r'], 10_000] : [[], 5000])
    }
  })

  it('is asked again by who comes after an attempt that ended', async () => {
    const { leave, take, seen, waits } = keeping()
    await leave('one', { ...dead, attempt: { id: 'other', at: NOW, ended: true } }, BY, END)
    expect(await take(OF, HANDED)).toMatchObject({ accessToken: 'b' })
    expect([seen, waits]).toEqual([['r'], []])
  })
})

describe('tokens of a provider end', () => {
  const names = (of: readonly ProviderTokens[]) => of.map(({ accessToken }) => accessToken)

  it('with their grant, there and here, where the operator wants that', async () => {
    const { leave, drop, open, revoked, told, settled } = keeping()
    await leave('one', { ...TOKENS, expiresAt: NOW + 9 }, BY, END)
    await drop('one')
    await settled()
    const { sub: _, provider: __, ...tokens } = TOKENS
    expect(revoked).toStrictEqual([{ ...tokens, expiresAt: NOW + 9 }])
    expect(told).toEqual([{ provider: 'github' }])
    expect(await open()).not.toHaveProperty('accessToken')
    await drop('one')
    await drop('two')
    expect(revoked).toHaveLength(1)
  })

  it('here alone, where the operator does not', async () => {
    const { leave, drop, open, told, dropOf, settled } = keeping({ revoke: 'none' })
    await leave('one', TOKENS, BY, END)
    await drop('one')
    await settled()
    expect([told, await dropOf('github|1', 'all')]).toEqual([[], []])
    expect(await open()).not.toHaveProperty('accessToken')
  })

  it('with the last grant of the person that is known', async () => {
    const { leave, drop, revoked, settled } = keeping()
    for (const gid of ['one', 'two']) await leave(gid, { ...TOKENS, accessToken: gid }, BY, END)
    await leave('other', { ...TOKENS, sub: 'github|2', accessToken: 'other' }, BY, END)
    await drop('one')
    await settled()
    expect(names(revoked)).toEqual([])
    await drop('two')
    await settled()
    expect(names(revoked)).toEqual(['two'])
  })

  it('not where nobody can open them, or others change them all the time', async () => {
    const { guard, drop, revoked } = keeping()
    await guard.leave('provider one', 'x', END)
    await expect(drop('one')).resolves.toBeUndefined()
    let times = 0
    const busy = keeping({
      guard: (of) => ({
        ...of,
        swap: async (...given) => (given[0] === 'provider one' && ++times > 0 ? 'other' : of.swap(...given)),
      }),
    })
    await busy.leave('one', TOKENS, BY, END)
    await busy.drop('one')
    expect([revoked, busy.revoked, times]).toEqual([[], [], 12])
  })

  it('and somebody is told where they live on there', async () => {
    for (const [error, livesOn] of [
      [new OAuthError('server_error', 'no'), 'server_error, no'],
      [new TypeError('no'), 'TypeError'],
      ['no', 'string'],
    ] as const) {
      const { leave, drop, told, settled } = keeping({ revoke: () => Promise.reject(error) })
      await leave('one', TOKENS, BY, END)
      await drop('one')
      await settled()
      expect(told).toEqual([{ provider: 'github', livesOn }])
    }
  })

  it.each<[string, Parameters<ReturnType<typeof keeping>['dropOf']>[1], readonly string[], readonly string[]]>([
    ['a session', { session: 'session' }, ['one'], []],
    ['an app', { app: 'app' }, ['two', 'one'], ['github']],
    ['all', 'all', ['two', 'one'], ['github']],
    ['another session', { session: 'x' }, [], []],
    ['another app', { app: 'x' }, [], []],
  ])('together with %s; what outlives a session is not of it', async (_, ended, over, at) => {
    const { leave, keep, dropOf, open, revoked, settled } = keeping()
    for (const gid of ['one', 'two']) await leave(gid, { ...TOKENS, accessToken: gid }, BY, NOW + 60)
    await keep(approval('one'), false)
    await keep(approval('two'), true)
    expect(await dropOf('github|1', ended)).toEqual(at)
    await settled()
    for (const gid of ['one', 'two'])
      expect(typeof (await open(gid))?.['accessToken']).toBe(over.includes(gid) ? 'undefined' : 'string')
    // The newest is shown: what ends with it is all that the person gave.
    expect(names(revoked)).toEqual(at.length > 0 ? ['two'] : [])
  })

  it('by the newest tokens that are known', async () => {
    const { leave, dropOf, guard, revoked, settled } = keeping()
    for (const gid of ['one', 'two', 'three']) await leave(gid, { ...TOKENS, accessToken: gid }, BY, END)
    await guard.swap('provider three', (await guard.look('provider three')) ?? '', 'what no key opens', END)
    expect(await dropOf('github|1', 'all')).toEqual(['github'])
    await settled()
    expect(names(revoked)).toEqual(['two'])
  })

  it('together with a session or an app, before anything is kept for longer, too', async () => {
    for (const ended of [{ session: 'session' }, { app: 'app' }] as const) {
      const { leave, dropOf } = keeping()
      await leave('one', TOKENS, BY, END)
      expect(await dropOf('github|1', ended)).toEqual(['github'])
    }
  })

  it('as far as the guard answers: who tries again finds what is left', async () => {
    const state = { isDown: false }
    const down = new OAuthError('temporarily_unavailable', 'guard', { reason: 'guard_down' })
    const { leave, dropOf, open, told, revoked, settled } = keeping({
      guard: (guard) => ({
        ...guard,
        look: async (name) => {
          if (state.isDown && name === 'provider one') throw down
          return guard.look(name)
        },
      }),
    })
    for (const gid of ['one', 'two']) await leave(gid, { ...TOKENS, accessToken: gid }, BY, END)
    state.isDown = true
    await expect(dropOf('github|1', 'all')).rejects.toBe(down)
    expect(told).toEqual([{ provider: 'github', livesOn: 'temporarily_unavailable, guard' }])
    expect([typeof (await open('one'))?.['accessToken'], names(revoked)]).toEqual(['string', []])
    state.isDown = false
    expect(await dropOf('github|1', 'all')).toEqual(['github'])
    await settled()
    expect(names(revoked)).toEqual(['one'])
  })

  it('where the guard answers for none of them, and that is told', async () => {
    const down = new OAuthError('temporarily_unavailable', 'guard')
    const { leave, dropOf, told } = keeping({
      guard: (guard) => ({
        ...guard,
        look: async (name) => (name === 'provider one' ? Promise.reject(down) : guard.look(name)),
      }),
    })
    await leave('one', TOKENS, BY, END)
    await expect(dropOf('github|1', 'all')).rejects.toBe(down)
    expect(told).toEqual([{ provider: 'github', livesOn: 'temporarily_unavailable, guard' }])
  })
})
