import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { createProviderTokens } from '../../src/grants/provider_tokens.ts'
import type { ProviderTokens } from '../../src/index.ts'
import { OAuthError } from '../../src/protocol/error.ts'
import { createMemoryGuard } from '../../src/stores/guard_memory.ts'
import { createHomes } from '../../src/token/home.ts'
import { createPurposeEnvelopes, type PurposeEnvelopes, type PurposeFacts } from '../../src/token/purpose.ts'
import { API, ISSUER, NOW, testRing } from '../house.ts'
import { createProver } from '../parties/dpop.ts'
import { APP_SECRET, CANARY, createTestProvider } from '../parties/hand_over.ts'
import { formOf, VERIFIER } from '../parties/person.ts'
import { type Answered, createRefreshing, HOUR, type Kind, type Refreshing } from '../parties/refreshing_provider.ts'
import { createTime } from '../parties/virtual_time.ts'

const { skew } = testRing(NOW)
const KINDS: readonly Kind[] = ['rotating', 'fixed']
/** What a provider sees of one login whose tokens are refreshed twice. */
const TWICE = { rotating: ['login-1', 'login-1+'], fixed: ['login-1', 'login-1'] } as const

/** How often each answer came. */
function tally(answers: readonly Answered[]): Record<string, number> {
  const names = answers.map(({ status, body }) => `${status} ${body.error ?? 'token'}`)
  return Object.fromEntries([...new Set(names)].map((name) => [name, names.filter((one) => one === name).length]))
}

const times = <Result>(count: number, make: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => make(index)))

/** The name under which the only login's tokens lie. */
async function nameOf(all: Refreshing, refreshToken: string | undefined): Promise<string> {
  const { body } = await all.machine().refresh(refreshToken)
  return `provider ${(await all.machine().open(body.access_token ?? '')).gid}`
}

/** Returns what seals and opens as the issuer does. */
function envelopesAt(at: number): PurposeEnvelopes {
  const lives = { provider: 2_592_000 } as Parameters<typeof createPurposeEnvelopes>[1]
  return createPurposeEnvelopes(createKeyring(testRing(NOW), ISSUER), lives, at)
}

/** Opens what lies under a name. */
async function openKept(all: Refreshing, name: string): Promise<PurposeFacts> {
  return envelopesAt(all.time.now()).open('provider', (await all.guard.look(name)) ?? '')
}

/** Puts a lease in, as a machine does that is killed then. */
async function killAfterLease(all: Refreshing, name: string, at: number): Promise<void> {
  const before = (await all.guard.look(name)) ?? ''
  const facts = { ...(await openKept(all, name)), jti: 'killed', iat: at, attempt: { id: 'killed', at } }
  const after = await envelopesAt(at).seal('provider', facts)
  expect(await all.guard.swap(name, before, after, facts.exp)).toBe('swapped')
}

describe.each(KINDS)('a provider whose refresh tokens are %s', (kind) => {
  it('sees each of them once, though a hundred refresh at the same time, and nobody loses the login', async () => {
    const all = createRefreshing(kind)
    const machine = all.machine()
    const { refresh_token } = await machine.login()
    for (const round of [2, 3]) {
      all.time.pass(HOUR)
      const answers = await times(100, () => machine.refresh(refresh_token))
      expect(tally(answers)).toEqual({ '200 token': 100 })
      const handed = await Promise.all(answers.map((answer) => all.handed(machine, answer)))
      expect(new Set(handed)).toEqual(new Set([`${CANARY}-${round}`]))
    }
    expect(all.there.seen).toEqual(TWICE[kind])
  })

  it('sees it once from two machines whose clocks differ by 50 seconds', async () => {
    const all = createRefreshing(kind)
    const [one, other] = [all.machine(), all.machine(50)]
    const { refresh_token } = await one.login()
    all.time.pass(HOUR)
    all.there.before = () => all.time.wait(1000)
    const answers = await times(40, (index) => (index % 2 === 0 ? one : other).refresh(refresh_token))
    expect(tally(answers)).toEqual({ '200 token': 40 })
    expect(all.there.seen).toEqual(['login-1'])
  })

  it('is asked once where it takes four seconds: others wait for what it brings', async () => {
    const all = createRefreshing(kind)
    const machine = all.machine()
    const { refresh_token } = await machine.login()
    all.time.pass(HOUR)
    all.there.before = () => all.time.wait(4000)
    expect(tally(await times(10, () => machine.refresh(refresh_token)))).toEqual({ '200 token': 10 })
    expect(all.there.seen).toEqual(['login-1'])
  })

  it('is asked once where it takes longer than others wait: they are told to come again, and get what it brought', async () => {
    const all = createRefreshing(kind)
    const machine = all.machine()
    const { refresh_token } = await machine.login()
    all.time.pass(HOUR)
    all.there.before = () => all.time.wait(7000)
    const answers = await times(10, () => machine.refresh(refresh_token))
    expect(tally(answers)).toEqual({ '200 token': 1, '503 temporarily_unavailable': 9 })
    expect(new Set(answers.map(({ retryAfter }) => retryAfter))).toEqual(new Set([null, '2']))
    expect((await machine.refresh(refresh_token)).status).toBe(200)
    expect(all.there.seen).toEqual(['login-1'])
  })

  it('is asked at the code exchange, too, where a login took its time', async () => {
    const all = createRefreshing(kind)
    const machine = all.machine()
    all.there.changes = { expiresAt: NOW + 30 }
    const code = (await machine.authorize()).searchParams.get('code')
    all.there.changes = {}
    const answer = await machine.redeem(code)
    expect(await all.handed(machine, answer)).toBe(`${CANARY}-2`)
    all.time.pass(HOUR)
    expect(await all.handed(machine, await machine.refresh(answer.body.refresh_token))).toBe(`${CANARY}-3`)
    expect(all.there.seen).toEqual(TWICE[kind])
  })
})

it('a rotating family of our own, and the provider behind it, are moved on once by a hundred at the same time', async () => {
  const all = createRefreshing('rotating')
  const app = {
    grant_types: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_method: 'none',
    redirect_uris: ['https://app.example/cb'],
    resources: [API],
    scopes: ['read'],
    refresh_token_grace_uses: 200,
  } as const
  const machine = all.machine(0, { clients: { app } })
  const form = { client_id: 'app', resource: API }
  const none = { authorization: undefined }
  const code = (await machine.authorize()).searchParams.get('code') ?? ''
  const redeemed = await machine.post(
    { ...form, grant_type: 'authorization_code', code, code_verifier: VERIFIER },
    none,
  )
  all.time.pass(HOUR)
  const refresh = (refresh_token = '') => machine.post({ ...form, grant_type: 'refresh_token', refresh_token }, none)
  const answers = await times(100, () => refresh(redeemed.body.refresh_token))
  expect(tally(answers)).toEqual({ '200 token': 100 })
  expect(all.there.seen).toEqual(['login-1'])
  all.time.pass(HOUR)
  expect((await refresh(answers[99]?.body.refresh_token)).status).toBe(200)
})

it('a provider that is down is asked once, by whoever comes first; when it is up again, the same refresh token is good', async () => {
  const all = createRefreshing('fixed')
  const machine = all.machine()
  const { refresh_token } = await machine.login()
  all.time.pass(HOUR)
  all.there.before = async () => {
    await all.time.wait(500)
    throw new OAuthError('temporarily_unavailable', 'words of the provider')
  }
  const answers = await times(20, () => machine.refresh(refresh_token))
  expect(tally(answers)).toEqual({ '503 temporarily_unavailable': 20 })
  expect(new Set(answers.map(({ retryAfter }) => retryAfter))).toEqual(new Set(['2']))
  expect(all.there.seen).toEqual(['login-1'])
  all.there.before = undefined
  expect(await all.handed(machine, await machine.refresh(refresh_token))).toMatch(CANARY)
  expect(all.there.seen).toEqual(['login-1', 'login-1'])
})

it.each([
  ['does not take this issuer', new OAuthError('server_error', 'words of the provider'), 500, 'server_error'],
  ['answers what makes no sense', new OAuthError('login_failed', 'words of the provider'), 500, 'server_error'],
  ['makes its code throw', new TypeError('words of the provider'), 500, 'server_error'],
])('a provider that %s ends nothing; the log has the code, and no word of its own', async (_, thrown, status, code) => {
  const all = createRefreshing('fixed')
  const machine = all.machine()
  const { refresh_token } = await machine.login()
  all.time.pass(HOUR)
  all.there.before = () => Promise.reject(thrown)
  expect(await machine.refresh(refresh_token)).toMatchObject({ status, body: { error: code } })
  expect(JSON.stringify(all.log)).toContain('no new tokens of the provider')
  expect(JSON.stringify(all.log)).not.toMatch(/words of the provider|canary|login-1/)
  all.there.before = undefined
  expect((await machine.refresh(refresh_token)).status).toBe(200)
})

it("a provider's invalid_grant is ours, for all who wait and all who come, and it is asked no more", async () => {
  const all = createRefreshing('fixed')
  const machine = all.machine()
  const { refresh_token } = await machine.login()
  all.time.pass(HOUR)
  all.there.before = async () => {
    await all.time.wait(500)
    throw new OAuthError('invalid_grant', 'words of the provider')
  }
  expect(tally(await times(20, () => machine.refresh(refresh_token)))).toEqual({ '400 invalid_grant': 20 })
  all.there.before = undefined
  expect((await machine.refresh(refresh_token)).body.error).toBe('invalid_grant')
  expect(all.there.seen).toEqual(['login-1'])
})

describe('a machine that is killed', () => {
  it('with a lease in its hand makes others wait until that is over by every clock, and no login is lost', async () => {
    const all = createRefreshing('rotating')
    const machine = all.machine()
    const { refresh_token } = await machine.login()
    const name = await nameOf(all, refresh_token)
    all.time.pass(HOUR)
    const at = all.time.now()
    await killAfterLease(all, name, at)
    // One that is as far ahead as it may be, and one that is right.
    expect((await all.machine(skew).refresh(refresh_token)).status).toBe(503)
    expect((await machine.refresh(refresh_token)).status).toBe(503)
    expect(all.there.seen).toEqual([])
    all.time.pass(at + 10 + skew - all.time.now())
    expect(tally(await times(5, () => machine.refresh(refresh_token)))).toMatchObject({
      '200 token': expect.any(Number),
    })
    expect(all.there.seen).toEqual(['login-1'])
    expect(all.time.now()).toBeGreaterThanOrEqual(at + 20 + skew)
    expect((await machine.refresh(refresh_token)).status).toBe(200)
  })

  it('after the provider answered takes that one login with it, and no other', async () => {
    const all = createRefreshing('rotating')
    const machine = all.machine()
    const [one, other] = [await machine.login(), await machine.login()]
    all.time.pass(HOUR)
    let isDead = false
    const swap: typeof all.guard.swap = async (...asked) => {
      if (isDead) throw new Error('killed')
      return all.guard.swap(...asked)
    }
    all.there.before = async () => {
      isDead = true
    }
    const killed = all.machine(0, { guard: { ...all.guard, swap } })
    expect((await killed.refresh(one.refresh_token)).status).toBe(503)
    all.there.before = undefined
    all.time.pass(10 + skew)
    expect((await machine.refresh(one.refresh_token)).body.error).toBe('invalid_grant')
    expect((await machine.refresh(other.refresh_token)).status).toBe(200)
    expect(all.there.seen).toEqual(['login-1', 'login-1', 'login-2'])
  })

  it('is not taken for one that lives, by a clock that is half an hour ahead', async () => {
    const all = createRefreshing('rotating')
    const [machine, wrong] = [all.machine(), all.machine(1800)]
    const { refresh_token } = await machine.login()
    all.time.pass(HOUR)
    let asked: Promise<Answered> | undefined
    all.there.before = async () => {
      asked = wrong.refresh(refresh_token)
      await all.time.wait(5000)
    }
    expect((await machine.refresh(refresh_token)).status).toBe(200)
    expect((await asked)?.status).toBe(200)
    expect(all.there.seen).toEqual(['login-1'])
  })
})

it('tokens that live for half a minute are had once for all who come at the same time', async () => {
  const all = createRefreshing('fixed')
  const machine = all.machine()
  const { refresh_token } = await machine.login()
  all.time.pass(HOUR)
  all.there.before = () => all.time.wait(500)
  all.there.changes = { expiresAt: all.time.now() + 30 }
  const answers = await times(20, () => machine.refresh(refresh_token))
  expect(tally(answers)).toEqual({ '200 token': 20 })
  expect(Math.max(...answers.map(({ body }) => body.expires_in ?? 0))).toBe(30)
  expect(all.there.seen).toEqual(['login-1'])
})

it('what the provider answers too late for whoever asked is there for who comes then, and a worker stays awake for it', async () => {
  const time = createTime(NOW)
  const awake: Promise<unknown>[] = []
  const asked: ProviderTokens[] = []
  const tokens = { sub: 'github|1', provider: 'github', accessToken: 'a', refreshToken: 'r', scope: ['repo'] }
  const provider = {
    ...createTestProvider().provider,
    async refresh(shown: ProviderTokens) {
      await time.wait(9000)
      asked.push(shown)
      return { ...shown, accessToken: 'b', refreshToken: 's', expiresAt: NOW + HOUR }
    },
  }
  const kept = createProviderTokens({
    guard: createMemoryGuard(() => NOW),
    homes: createHomes(),
    envelopes: envelopesAt,
    now: time.now,
    wait: time.wait,
    newId: () => crypto.randomUUID(),
    skew: () => skew,
    providers: new Map([['github', provider]]),
    within: async (call) => {
      void call()
      throw new OAuthError('temporarily_unavailable', 'late')
    },
    waitUntil: (promise) => awake.push(promise),
    tellEnding: () => {},
  })
  const approval = { gid: 'g', sub: tokens.sub }
  await kept.leave('g', { ...tokens, expiresAt: NOW + 5 }, { sid: 's', client_id: 'app' }, NOW + HOUR)
  await expect(kept.take(approval, tokens)).rejects.toMatchObject({ code: 'temporarily_unavailable' })

  await Promise.all(awake)
  expect(asked).toHaveLength(1)
  expect(await kept.take(approval, tokens)).toEqual({ accessToken: 'b', expiresAt: NOW + HOUR })
  expect(asked).toEqual([{ accessToken: 'a', refreshToken: 'r', expiresAt: NOW + 5, scope: ['repo'] }])
})

it('what the provider gave is put down though the guard fails once', async () => {
  const all = createRefreshing('rotating')
  let fails = 0
  const swap: typeof all.guard.swap = async (...asked) => {
    if (fails-- > 0) throw new Error('down')
    return all.guard.swap(...asked)
  }
  const machine = all.machine(0, { guard: { ...all.guard, swap } })
  const { refresh_token } = await machine.login()
  all.time.pass(HOUR)
  all.there.before = async () => {
    fails = 1
  }
  expect(await all.handed(machine, await machine.refresh(refresh_token))).toBe(`${CANARY}-2`)
  expect(all.log.filter(({ event }) => event === 'guard.failed')).toHaveLength(1)
})

it('a grant that ends while its provider is asked stays without tokens', async () => {
  const all = createRefreshing('fixed')
  const machine = all.machine()
  const { refresh_token: token = '' } = await machine.login()
  const name = await nameOf(all, token)
  all.time.pass(HOUR)
  all.there.before = async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const body = formOf({ token, client_id: 'app', client_secret: APP_SECRET }).toString()
    await machine.ask(new Request(`${ISSUER}/revoke`, { method: 'POST', headers, body }))
  }
  expect((await machine.refresh(token)).body.error).toBe('invalid_grant')
  expect(await openKept(all, name)).not.toHaveProperty('accessToken')
})

it('whoever stood still until another asked is told to come again: nothing has ended', async () => {
  const all = createRefreshing('fixed')
  const machine = all.machine()
  const { refresh_token } = await machine.login()
  all.time.pass(HOUR)
  let other: Answered | undefined
  all.there.before = async () => {
    all.there.before = undefined
    all.time.pass(10 + skew)
    other = await machine.refresh(refresh_token)
  }
  expect(await machine.refresh(refresh_token)).toMatchObject({ status: 503, retryAfter: '2' })
  expect(other?.status).toBe(200)
  expect((await machine.refresh(refresh_token)).status).toBe(200)
})

describe('before the provider is asked all else is checked:', () => {
  async function start() {
    const all = createRefreshing('rotating')
    const machine = all.machine()
    all.there.changes = { expiresAt: NOW + 30 }
    const code = (await machine.authorize()).searchParams.get('code') ?? ''
    return { all, machine, code }
  }

  it.each([
    ['the secret of the client', { client_secret: 'wrong', client_id: 'app' }, { authorization: undefined }],
    ['the verifier of PKCE', { code_verifier: 'x'.repeat(43) }, {}],
    ['the redirect URI', { redirect_uri: 'https://app.example/other' }, {}],
    ['the resource', { resource: 'https://other.example' }, {}],
    ['a proof', {}, { dpop: 'none' }],
  ])('%s', async (_, changes, headers) => {
    const { all, machine, code } = await start()
    const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER, ...changes }
    expect((await machine.post(form, headers)).status).toBeGreaterThanOrEqual(400)
    expect(all.there.seen).toEqual([])
    expect((await machine.redeem(code)).status).toBe(200)
  })

  it('a proof that was used before', async () => {
    const all = createRefreshing('rotating')
    const machine = all.machine(0, { dpopNonce: false })
    const { refresh_token } = await machine.login()
    all.time.pass(HOUR)
    const dpop = await (await createProver()).prove({ now: all.time.now() })
    all.there.before = () => Promise.reject(new OAuthError('temporarily_unavailable', ''))
    expect((await machine.refresh(refresh_token, { dpop })).status).toBe(503)
    expect((await machine.refresh(refresh_token, { dpop })).body.error).toBe('invalid_dpop_proof')
    expect(all.there.seen).toEqual(['login-1'])
  })
})

describe('without a way to new ones', () => {
  it.each([
    ['a token of ours ends with that of the provider', 100, { status: 200, expires_in: 100 }],
    ['ten seconds are worth a token', 10, { status: 200, expires_in: 10 }],
    ['nine are not: the app logs in again', 9, { status: 400, error: 'invalid_grant' }],
  ])('%s', async (_, left, { status, ...body }) => {
    const all = createRefreshing('fixed')
    const machine = all.machine()
    all.there.changes = { refreshToken: undefined } as object
    const { refresh_token } = await machine.login()
    all.time.pass(HOUR - left)
    expect(await machine.refresh(refresh_token)).toMatchObject({ status, body })
  })
})

it('new tokens that cannot be kept end the login, and say why', async () => {
  const all = createRefreshing('fixed')
  const machine = all.machine()
  const { refresh_token } = await machine.login()
  all.time.pass(HOUR)
  all.there.changes = { accessToken: 'a'.repeat(6000) }
  expect((await machine.refresh(refresh_token)).body.error).toBe('invalid_grant')
  expect((await machine.refresh(refresh_token)).body.error).toBe('invalid_grant')
  expect(all.there.seen).toEqual(['login-1'])
  expect(JSON.stringify(all.log)).toContain('have')
})
