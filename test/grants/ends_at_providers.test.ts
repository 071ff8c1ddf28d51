import { describe, expect, it, vi } from 'vitest'
import {
  createMemoryGuard,
  createMemoryRevocations,
  type Guard,
  type IssuerSettings,
  type LogEntry,
  type ProviderTokens,
} from '../../src/index.ts'
import { API, API2, basic, ISSUER, NOW, secretHash } from '../house.ts'
import { APP_SECRET, CANARY, createHandOver, createTestProvider } from '../parties/hand_over.ts'
import { type Changes, hiddenField, VERIFIER } from '../parties/person.ts'

const HOUR = 3600

/** An app that is let in at the API, by its name. */
const app = {
  secret_hash: secretHash(APP_SECRET),
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: ['https://app.example/cb'],
  resources: [API, API2],
  scopes: ['read', 'mail'],
}

interface SetUp extends Partial<IssuerSettings> {
  /** What the provider does when tokens are to be ended. Default: it ends them. */
  readonly revoke?: ((tokens: ProviderTokens) => Promise<void>) | undefined
}

/** An issuer, whose provider ends tokens; each login is given others. */
function setUp(changes: SetUp = {}) {
  const logs: LogEntry[] = []
  const ended: ProviderTokens[] = []
  const names: string[] = []
  let clock = NOW
  const memory = createMemoryGuard(() => clock)
  const guard: Guard = {
    ...memory,
    async leave(name, ...left) {
      names.push(name)
      return memory.leave?.(name, ...left) ?? 'taken'
    },
  }
  const { revoke = async () => {}, ...settings } = changes
  const given = createTestProvider()
  const { provider } = given
  const isEnding = !('revoke' in changes && changes.revoke === undefined)
  Object.assign(
    provider,
    isEnding && {
      async revoke(tokens: ProviderTokens) {
        ended.push(tokens)
        await revoke(tokens)
      },
    },
  )
  const there = createHandOver(given, {
    guard,
    revocations: createMemoryRevocations('salt'),
    log: (entry) => logs.push(entry),
    now: () => clock,
    clients: {
      app,
      other: { ...app, client_name: 'Other' },
      operator: { kind: 'operator', secret_hash: secretHash('operator-secret') },
    } as NonNullable<IssuerSettings['clients']>,
    ...settings,
  })
  let logins = 0
  /** Logs in for the API, and is let in; returns the tokens of the provider beside ours. */
  async function login(asked: Changes = {}, more: Partial<ProviderTokens> = {}) {
    const accessToken = `${CANARY}-${++logins}`
    given.tokens = { accessToken, refreshToken: `${CANARY}-refresh-${logins}`, scope: ['repo'], ...more }
    const code = (await there.authorize(asked)).searchParams.get('code') ?? ''
    const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
    const id = asked['client_id'] ?? 'app'
    const answer = (await (await post('/token', form, id)).json()) as { refresh_token: string; access_token: string }
    return { ...answer, accessToken, again: () => post('/token', form, id) }
  }
  const post = (path: string, form: Record<string, string>, id = 'app', secret = APP_SECRET) => {
    const headers = { authorization: basic(id, secret), 'content-type': 'application/x-www-form-urlencoded' }
    return there.ask(new Request(`${ISSUER}${path}`, { method: 'POST', headers, body: `${new URLSearchParams(form)}` }))
  }
  const { browser } = there
  /** Presses one of the buttons of `/apps`: the first is of the app that was allowed last. */
  async function press(index: number): Promise<string> {
    const page = await (await browser.get(`${ISSUER}/apps`)).text()
    const presses = [...page.matchAll(/name="press" value="([^"]*)"/g)].map(([, value = '']) => value)
    const pressed = await browser.post(`${ISSUER}/apps`, { press: presses.at(index) ?? '' }, { origin: ISSUER })
    expect(pressed.status).toBe(200)
    return pressed.text()
  }
  async function logOut(): Promise<void> {
    const token = hiddenField(await (await browser.get(`${ISSUER}/logout`)).text(), 'token')
    expect((await browser.post(`${ISSUER}/logout`, { token }, { origin: ISSUER })).status).toBe(200)
  }
  return {
    ...there,
    login,
    post,
    press,
    logOut,
    names,
    provider,
    /** Returns what was ended at the provider, once what goes on beside the answers is done. */
    async ended() {
      await there.settled()
      return ended.map(({ accessToken }) => accessToken)
    },
    wholly: ended,
    said: () => logs.filter(({ event }) => event === 'provider_tokens').map(({ code, detail }) => [code, detail]),
    pass: (seconds: number) => {
      clock += seconds
    },
  }
}

type Set = ReturnType<typeof setUp>
type LoggedIn = Awaited<ReturnType<Set['login']>>

/** Returns a guard that fails where it is told to, and counts what it is asked. */
function createFrailGuard() {
  const memory = createMemoryGuard(() => NOW)
  const frail = { asked: 0, fails: (_call: string) => false }
  const guard = Object.fromEntries(
    Object.entries(memory).map(([method, call]) => [
      method,
      async (...asked: unknown[]) => {
        frail.asked += 1
        if (frail.fails(`${method} ${asked[0]}`)) throw new Error('down')
        return (call as (...asked: unknown[]) => unknown)(...asked)
      },
    ]),
  ) as unknown as typeof memory
  return { frail, guard, memory }
}

/** Returns a list of what is revoked that tells what is added to it. */
function createHeardRevocations() {
  const memory = createMemoryRevocations('salt')
  const added: string[] = []
  const add: typeof memory.add = (addition, now) => {
    added.push(addition.kind)
    return memory.add(addition, now)
  }
  return { added, revocations: { ...memory, add } }
}

/** Where tokens lie, and nothing else. */
const isLookForTokens = (call: string): boolean => /^look provider [\w-]{22}$/.test(call)

/** What ends a grant. */
const ENDS: Readonly<Record<string, (there: Set, tokens: LoggedIn) => Promise<unknown>>> = {
  'its client, that revokes the refresh token': ({ post }, { refresh_token }) =>
    post('/revoke', { token: refresh_token }),
  'whoever brings its code twice': (_, { again }) => again(),
  'its person, who ends the app': ({ press }) => press(0),
  'its person, who ends everything': ({ press }) => press(-1),
  'its person, who logs out': ({ logOut }) => logOut(),
  'an operator, by the person': ({ post }) =>
    post('/revocations', { kind: 'sub', value: 'github|583231' }, 'operator', 'operator-secret'),
  async 'an operator, by the grant'({ post, open }, { access_token }) {
    const { gid = '' } = await open(access_token)
    return post('/revocations', { kind: 'grant', value: gid }, 'operator', 'operator-secret')
  },
}

describe('what a provider gave ends there with the last grant that is known', () => {
  it.each(Object.entries(ENDS))('by %s', async (_, end) => {
    const there = setUp()
    const tokens = await there.login()
    expect(await there.ended()).toEqual([])
    await end(there, tokens)
    expect(await there.ended()).toEqual([tokens.accessToken])
    expect(there.wholly).toEqual([
      { accessToken: tokens.accessToken, refreshToken: `${CANARY}-refresh-1`, scope: ['repo'] },
    ])
    expect(there.said()).toEqual([['ended', 'github']])
    // Nothing ends twice.
    await end(there, tokens).catch(() => undefined)
    expect(await there.ended()).toHaveLength(1)
  })

  it('and not while the person has another one', async () => {
    const there = setUp()
    const [one, other] = [await there.login(), await there.login({ client_id: 'other' })]
    await there.post('/revoke', { token: one.refresh_token })
    expect(await there.ended()).toEqual([])
    await there.post('/revoke', { token: other.refresh_token }, 'other')
    expect(await there.ended()).toEqual([other.accessToken])
  })

  it('once, of several that end together, and at the same time', async () => {
    const together = setUp()
    await together.login()
    await together.login({ client_id: 'other' })
    await together.login()
    await together.logOut()
    expect(await together.ended()).toHaveLength(1)

    const there = setUp()
    const tokens = [await there.login(), await there.login({ client_id: 'other' })]
    await Promise.all(
      [0, 1, 0, 1, 0, 1].map((index) =>
        there.post('/revoke', { token: tokens[index]?.refresh_token ?? '' }, index === 0 ? 'app' : 'other'),
      ),
    )
    expect(await there.ended()).toHaveLength(1)
  })

  it('and not with a session that it outlives', async () => {
    const there = setUp({
      openid: { claims: [] },
      clients: {
        app: { ...app, scopes: ['read', 'openid', 'offline_access'], id_token_signed_response_alg: 'ES256' },
      } as NonNullable<IssuerSettings['clients']>,
    })
    const { refresh_token } = await there.login({ scope: 'read openid offline_access', prompt: 'consent' })
    await there.logOut()
    expect(await there.ended()).toEqual([])
    await there.post('/revoke', { token: refresh_token })
    expect(await there.ended()).toHaveLength(1)
  })

  it('and not with a grant that has ended by itself, which keeps no other alive', async () => {
    const there = setUp({ clients: { app, other: { ...app, refresh_token_lifetime: HOUR } } as never })
    await there.login({ client_id: 'other' })
    const { refresh_token, accessToken } = await there.login()
    there.pass(2 * HOUR)
    await there.post('/revoke', { token: refresh_token })
    expect(await there.ended()).toEqual([accessToken])
  })

  it('and so does what a provider gives while the grant ends', async () => {
    const there = setUp()
    let answer: (tokens: ProviderTokens) => void = () => {}
    const asked = new Promise<void>((resolve) => {
      Object.assign(there.provider, {
        refresh: () => {
          resolve()
          return new Promise<ProviderTokens>((give) => {
            answer = give
          })
        },
      })
    })
    const { refresh_token, accessToken } = await there.login({}, { expiresAt: NOW + HOUR })
    there.pass(HOUR)
    const refreshing = there.post('/token', { grant_type: 'refresh_token', refresh_token })
    await asked
    await there.post('/revoke', { token: refresh_token })
    answer({ accessToken: 'late', refreshToken: 'later', scope: ['repo'] })
    expect(await (await refreshing).json()).toMatchObject({ error: 'invalid_grant' })
    expect(await there.ended()).toEqual([accessToken, 'late'])
  })

  // promise: Y05
  it('and lives on where the operator did not ask for that: nothing more is kept, and the person is told', async () => {
    const there = setUp({ revoke: undefined })
    await there.login()
    expect(await there.press(0)).toContain('What you allowed at <strong><bdi>GitHub</bdi></strong> lives on there.')
    expect(there.names.filter((name) => name.startsWith('provider grants'))).toEqual([])
  })

  it('and the person and the log are told where it lives on, for nobody knows its tokens any more', async () => {
    const known = createMemoryGuard(() => NOW)
    const lost = setUp({
      guard: {
        ...known,
        look: async (name) => (/^provider [\w-]{22}$/.test(name) ? undefined : known.look?.(name)),
      },
    })
    await lost.authorize()
    expect(await lost.press(-1)).toContain('lives on there. You can end it in your settings at <bdi>GitHub</bdi>.')
    expect(lost.said()).toEqual([['lives_on', expect.stringContaining('no tokens of it are known any more')]])
  })

  it('and the log says that it lives on where the provider fails: nobody waits for it, and nothing of it is told', async () => {
    for (const revoke of [
      async (tokens: ProviderTokens) => Promise.reject(new Error(JSON.stringify(tokens))),
      () => new Promise<void>(() => {}),
    ]) {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const there = setUp({ revoke })
      const { refresh_token } = await there.login()
      expect((await there.post('/revoke', { token: refresh_token })).status).toBe(200)
      const settled = there.settled()
      await vi.advanceTimersByTimeAsync(10_000)
      vi.useRealTimers()
      await settled
      expect(there.said()).toEqual([['lives_on', expect.stringMatching(/^what "github" gave lives on there: /)]])
      expect(JSON.stringify(there.said())).not.toContain(CANARY)
    }
  })

  it('with the session, also while the person has logged in once more, and has left it at that', async () => {
    const there = setUp()
    await there.login()
    await there.authorize()
    await there.logOut()
    expect(await there.ended()).toHaveLength(1)
    expect(there.said()).toEqual([['ended', 'github']])
  })

  it('with a session, though an API calls one of its own scopes offline_access', async () => {
    const scopes = ['read', 'offline_access']
    const there = setUp({
      resources: { [API]: { scopes, provider_token: 'github', provider_scope: 'repo' } },
      clients: { app: { ...app, resources: [API], scopes } } as NonNullable<IssuerSettings['clients']>,
    })
    const { accessToken } = await there.login({ scope: 'read offline_access' })
    await there.logOut()
    expect(await there.ended()).toEqual([accessToken])
  })

  it('of twelve that end together, too, and a Worker may ask as often as that takes: less than 50 times', async () => {
    const { frail, guard } = createFrailGuard()
    const there = setUp({ guard })
    for (let count = 0; count < 12; count++) await there.login()
    frail.asked = 0
    await there.press(-1)
    expect(await there.ended()).toHaveLength(1)
    expect(frail.asked).toBeLessThan(50)
  })
})

describe('where what lies there cannot be ended, all else ends', () => {
  it('for no key opens it any more', async () => {
    const { memory } = createFrailGuard()
    const look = async (name: string) =>
      isLookForTokens(`look ${name}`) && isLost ? 'of.another.ring..' : memory.look(name)
    let isLost = false
    const { added, revocations } = createHeardRevocations()
    const there = setUp({ guard: { ...memory, look }, revocations })
    const { refresh_token } = await there.login()
    isLost = true
    expect((await there.post('/revoke', { token: refresh_token })).status).toBe(200)
    expect(added).not.toEqual([])
  })

  it('for the guard does not answer: the app is told to come again, and the list of what is revoked has it already', async () => {
    const { frail, guard } = createFrailGuard()
    const { added, revocations } = createHeardRevocations()
    const there = setUp({ guard, revocations })
    const { refresh_token, accessToken } = await there.login()
    frail.fails = isLookForTokens
    expect((await there.post('/revoke', { token: refresh_token })).status).toBe(503)
    expect(added).not.toEqual([])
    frail.fails = () => false
    expect((await there.post('/revoke', { token: refresh_token })).status).toBe(200)
    expect(await there.ended()).toEqual([accessToken])
  })

  it('and the log says that it lives on; whoever ends all of the person later ends it there', async () => {
    const { frail, guard } = createFrailGuard()
    const there = setUp({ guard })
    const { accessToken } = await there.login()
    frail.fails = isLookForTokens
    await there.logOut()
    expect(await there.ended()).toEqual([])
    expect(there.said()).toEqual([['lives_on', expect.stringContaining('the guard did not answer')]])
    frail.fails = () => false
    await there.post('/revocations', { kind: 'sub', value: 'github|583231' }, 'operator', 'operator-secret')
    expect(await there.ended()).toEqual([accessToken])
  })

  it('and the log says so where the list of the grants cannot be had, and the tokens are gone', async () => {
    const { frail, guard } = createFrailGuard()
    const there = setUp({ guard })
    const { refresh_token } = await there.login()
    frail.fails = (call) => call.startsWith('look provider grants')
    expect((await there.post('/revoke', { token: refresh_token })).status).toBe(503)
    expect(there.said()).toEqual([['lives_on', expect.stringContaining('the guard did not answer')]])
  })
})

it('what was given for a grant at a home that is gone keeps nobody from ending all that is here', async () => {
  const { frail, guard } = createFrailGuard()
  await setUp({ guard, homes: { count: 4, regions: ['eu'], regionOf: () => 'eu' } }).login()
  // Its region is configured no more: on Workers there is no object to be asked.
  frail.fails = (call) => call.includes(' provider eu-')
  const there = setUp({ guard, homes: { count: 4 } })
  const first = await there.login()
  await there.press(-1)
  expect(await there.ended()).toEqual([first.accessToken])
  expect((await there.post('/token', { grant_type: 'refresh_token', refresh_token: first.refresh_token })).status).toBe(
    400,
  )
  expect(await (await there.browser.get(`${ISSUER}/apps`)).text()).not.toContain('name="press"')
})

it('an operator who revokes a person is told that it is done, though a grant of theirs was at a home that is gone', async () => {
  const { frail, guard } = createFrailGuard()
  await setUp({ guard, homes: { count: 4, regions: ['eu'], regionOf: () => 'eu' } }).login()
  frail.fails = (call) => call.includes(' provider eu-')
  const there = setUp({ guard, homes: { count: 4 } })
  const form = { kind: 'sub', value: 'github|583231' }
  expect((await there.post('/revocations', form, 'operator', 'operator-secret')).status).toBe(200)
  await there.settled()
  expect(there.said()).toEqual([['lives_on', 'what "github" gave lives on there: no tokens of it are known any more']])
})
