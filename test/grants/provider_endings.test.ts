import { describe, expect, it } from 'vitest'
import type { KeptTokens } from '../../src/grants/kept_tokens.ts'
import { createProviderEndings, type ProviderEnding } from '../../src/grants/provider_endings.ts'
import type { LoginProvider } from '../../src/login/authenticate.ts'
import { OAuthError } from '../../src/protocol/error.ts'
import type { Guard, Keeping } from '../../src/stores/guard.ts'
import { NOW } from '../house.ts'
import { createGranting } from '../parties/granting.ts'

const ALICE = { sub: 'alice', provider: 'github' }
const TOKENS: KeptTokens = { ...ALICE, accessToken: 'a', refreshToken: 'r', scope: ['repo'] }

/** What is shown to a provider, and when. */
const SHOWN = [{ accessToken: 'a', refreshToken: 'r', scope: ['repo'] }, NOW]

const noted = (gid: string, marks: readonly string[] = []) => ({ gid, until: NOW + 100, marks })

interface Changes {
  /** What the provider does. Default: it ends them. */
  readonly revoke?: () => Promise<void>
  /** What nobody waits for any longer. */
  readonly late?: Error
  readonly guard?: (guard: Guard & Keeping) => Guard & Keeping
}

/** What ends at `github` and `gitlab`, and what does not: at `silent`, and at all others. */
function ending({ revoke = async () => {}, late, guard: change = (guard) => guard }: Changes = {}) {
  const { context, guard, envelopesAt, settings } = createGranting()
  const [shown, told, beside]: [unknown[], ProviderEnding[], Promise<unknown>[]] = [[], [], []]
  const looks: string[] = []
  const silent: LoginProvider = {
    label: 'Silent',
    tellsAuthTime: false,
    authenticate: () => Promise.reject(new Error('nobody logs in here')),
  }
  const github = {
    ...silent,
    label: 'GitHub',
    revoke(...given: unknown[]) {
      shown.push(this === github ? given : 'it is called apart from its provider')
      return revoke()
    },
  }
  const heard = {
    ...guard,
    async look(name: string) {
      looks.push(name)
      return guard.look(name)
    },
  }
  const given = {
    guard: change(heard),
    homes: settings.homes,
    envelopes: envelopesAt,
    now: () => NOW,
    newId: context.newId,
    within: async <Answer>(call: () => Promise<Answer>) => {
      const answer = await call()
      if (late !== undefined) throw late
      return answer
    },
    waitUntil: (promise: Promise<unknown>) => void beside.push(promise),
    tellEnding: (ending: ProviderEnding) => void told.push(ending),
  }
  const endings = createProviderEndings({
    ...given,
    providers: new Map<string, LoginProvider>([
      ['github', github],
      ['gitlab', { ...github, revoke: async () => {} }],
      ['silent', silent],
    ]),
  })
  return {
    ...endings,
    /** The same guard, where the operator wants nothing to end any more. */
    later: createProviderEndings({ ...given, providers: new Map([['github', silent]]) }),
    told,
    looks,
    /** Returns what was shown to the provider, once nothing goes on beside the answers. */
    async shown() {
      await Promise.all(beside.splice(0))
      return shown
    },
  }
}

describe('the last grant of a person that is known at a provider', () => {
  it('ends what that gave, which nobody waits for', async () => {
    const { note, end, shown, told } = ending()
    await note(ALICE, noted('one'))
    expect(await end(ALICE, ['one'], TOKENS)).toBe(true)
    expect(told).toEqual([])
    expect(await shown()).toEqual([SHOWN])
    expect(told).toStrictEqual([{ provider: 'github' }])
  })

  it('need not be known itself', async () => {
    const { end, shown } = ending()
    expect(await end(ALICE, ['one'], TOKENS)).toBe(true)
    expect(await shown()).toEqual([SHOWN])
  })

  it('is not one that has others beside it', async () => {
    const { note, end, shown, told } = ending()
    for (const gid of ['one', 'two', 'three']) await note(ALICE, noted(gid))
    await note({ ...ALICE, sub: 'bob' }, noted('of bob'))
    await note({ ...ALICE, provider: 'gitlab' }, noted('there'))
    expect(await end(ALICE, ['one'], TOKENS)).toBe(false)
    expect([await shown(), told]).toEqual([[], []])
    expect(await end(ALICE, ['two', 'three'], TOKENS)).toBe(true)
    expect(await shown()).toEqual([SHOWN])
  })

  it('ends nothing where no tokens are known any more: that is told, if it was known itself', async () => {
    const { note, end, shown, told } = ending()
    expect(await end(ALICE, ['one'], undefined)).toBe(false)
    expect(told).toEqual([])
    await note(ALICE, noted('one'))
    expect(await end(ALICE, ['one'], undefined)).toBe(false)
    expect(told).toEqual([{ provider: 'github', livesOn: expect.stringMatching(/\w/) }])
    expect(await shown()).toEqual([])
  })
})

describe('what lives on at a provider is told', () => {
  it.each<[string, unknown, string]>([
    ['an error of ours: its code and words', new OAuthError('server_error', 'no'), 'server_error, no'],
    ['another error: its kind, and no word of it', new TypeError('a token'), 'TypeError'],
    ['what is no error: its type', 'a token', 'string'],
    ['nothing: its type', undefined, 'undefined'],
  ])('for %s', async (_, error, livesOn) => {
    const { end, shown, told, tellFailed } = ending({ revoke: () => Promise.reject(error) })
    expect(await end(ALICE, [], TOKENS)).toBe(true)
    await shown()
    tellFailed('gitlab', error)
    expect(told).toEqual([
      { provider: 'github', livesOn },
      { provider: 'gitlab', livesOn },
    ])
  })

  it('for it did not answer in time', async () => {
    const { end, shown, told } = ending({ late: new OAuthError('temporarily_unavailable', 'late') })
    await end(ALICE, [], TOKENS)
    await shown()
    expect(told).toEqual([{ provider: 'github', livesOn: 'temporarily_unavailable, late' }])
  })

  it('for nobody knows whether there are others, where its tokens are gone then', async () => {
    const down = new OAuthError('temporarily_unavailable', 'down')
    const { end, shown, told } = ending({ guard: (guard) => ({ ...guard, look: () => Promise.reject(down) }) })
    await expect(end(ALICE, ['one'], undefined)).rejects.toBe(down)
    expect(told).toEqual([])
    await expect(end(ALICE, ['one'], TOKENS)).rejects.toBe(down)
    expect(told).toEqual([{ provider: 'github', livesOn: 'temporarily_unavailable, down' }])
    expect(await shown()).toEqual([])
  })
})

it('grants of a person are found, by what they end with, at the providers where any are', async () => {
  const { note, find } = ending()
  expect(await find('alice')).toEqual([])
  await note(ALICE, noted('one', ['x']))
  await note(ALICE, noted('two', ['y']))
  const there = { ...ALICE, provider: 'gitlab' }
  await note(there, noted('three', ['y']))
  expect(await find('alice')).toEqual([
    { owner: ALICE, gids: ['two', 'one'] },
    { owner: there, gids: ['three'] },
  ])
  expect(await find('alice', 'x')).toEqual([{ owner: ALICE, gids: ['one'] }])
  expect([await find('alice', 'z'), await find('bob')]).toEqual([[], []])
})

it.each(['silent', 'gone'])(
  'where nothing ends at a provider, nothing is known, asked or told: %s',
  async (provider) => {
    const { note, end, find, tellFailed, looks, told, shown } = ending()
    const owner = { ...ALICE, provider }
    await note(owner, noted('one'))
    expect(await end(owner, ['one'], { ...TOKENS, provider })).toBe(false)
    expect(await end(owner, ['one'], undefined)).toBe(false)
    tellFailed(provider, new Error('x'))
    expect([looks, told, await shown()]).toEqual([[], [], []])
    expect(await find('alice')).toEqual([])
  },
)

it('and what was known is not asked for any more, once that is so', async () => {
  const { note, later, looks } = ending()
  await note(ALICE, noted('one'))
  looks.length = 0
  expect([await later.find('alice'), await later.end(ALICE, ['one'], TOKENS)]).toEqual([[], false])
  expect(looks).toEqual([])
})
