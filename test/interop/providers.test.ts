import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { readAnswer } from '../parties/person.ts'
import { createHouse, HOUSE, type House, OTHER_API } from '../parties/providers/house.ts'
import { HOUR, type OpenidServer, startOpenidServer } from '../parties/providers/openid_server.ts'
import { ACCOUNTS, EIGHT_HOURS, type PlainServer, startPlainServer } from '../parties/providers/plain_server.ts'
import type { ProviderParty } from '../parties/providers/provider_party.ts'

const now = (): number => Math.floor(Date.now() / 1000)

/** Sets everybody's clock ahead. */
const pass = (seconds: number): unknown => vi.setSystemTime(Date.now() + 1000 * seconds)

let github: PlainServer
let rotating: PlainServer
let openid: OpenidServer
let google: OpenidServer
beforeAll(async () => {
  const callback = (name: string): string => `${HOUSE}/login/callback/${name}`
  github = await startPlainServer({ callback: callback('github'), now })
  rotating = await startPlainServer({ callback: callback('rotating'), isRotating: true, now })
  openid = await startOpenidServer({ callbacks: [callback('openid')] })
  google = await startOpenidServer({ callbacks: [callback('google')], refresh: 'fixed' })
})
afterAll(() => Promise.all([github, rotating, openid, google].map((party) => party?.stop())))
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] })
  github.misbehave({})
  rotating.misbehave({})
  google.fail(undefined)
})
afterEach(() => vi.useRealTimers())

/** Returns an issuer that nobody has asked yet. */
function setUp(): House {
  const parties = { github, rotating, openid, google }
  return createHouse({ parties, now, scopes: { github: 'repo', google: 'drive' } })
}

/** How the providers call a person. */
const CALLED: Readonly<Record<string, (name: string) => string>> = {
  github: (name) => String(ACCOUNTS[name]),
  rotating: (name) => String(ACCOUNTS[name]),
  openid: (name) => name,
  google: (name) => name,
}

describe.each([
  ['github', 'a plain OAuth 2 server, whose tokens do not end'],
  ['rotating', 'a plain OAuth 2 server, whose refresh tokens rotate'],
  ['openid', 'an OpenID provider without refresh tokens'],
  ['google', 'an OpenID provider whose refresh token stays as it is'],
])('with %s, %s', (provider) => {
  const idOf = (name: string): string => CALLED[provider]?.(name) ?? ''

  it('an API acts there as the person who logged in, for an app with a secret and for one that registered itself', async () => {
    const house = setUp()
    for (const asker of ['app', await house.register()] as const)
      for (const name of ['alice', 'bob']) {
        const { access_token } = await house.login(provider, house.person(name), asker)
        const acted = { sub: `${provider}|${idOf(name)}`, actedFor: idOf(name) }
        expect(await house.api(provider, access_token)).toEqual(acted)
      }
  })

  it('a refresh goes on for the person, as long as the token of the provider is good', async () => {
    const house = setUp()
    for (const asker of ['app', await house.register()] as const) {
      const { refresh_token } = await house.login(provider, house.person('carol'), asker)
      pass(1200)
      const { access_token } = await readAnswer(await house.refresh(refresh_token, asker))
      expect((await house.api(provider, access_token))?.actedFor).toBe(idOf('carol'))
    }
  })

  it('who is logged in already is sent there again for its API, and not for another one', async () => {
    const house = setUp()
    const person = house.person()
    await house.login(provider, person)
    const before = house.parties[provider]?.given.length ?? 0
    const { url } = await house.authorize(person, { resource: OTHER_API, scope: 'mail' })
    expect([url.searchParams.has('code'), house.parties[provider]?.given.length]).toEqual([true, before])
    await house.login(provider, person)
    expect(house.parties[provider]?.given.length).toBeGreaterThan(before)
  })
})

describe('a token of ours', () => {
  it.each([
    ['rotating', EIGHT_HOURS],
    ['google', HOUR],
    ['openid', HOUR],
  ])('of %s never outlives the one that it carries', async (provider, life) => {
    const house = setUp()
    const { refresh_token } = await house.login(provider)
    pass(life - 100)
    const response = await house.refresh(refresh_token)
    const { expires_in } = (await response.json()) as { expires_in?: number }
    // A hundred seconds are left of theirs; of ours it would be six hundred.
    expect(expires_in).toBeGreaterThan(60)
    expect(expires_in).toBeLessThanOrEqual(100)
  })

  it('ends with that of a provider without refresh tokens: the app logs in again', async () => {
    const house = setUp()
    const { refresh_token } = await house.login('openid')
    pass(HOUR)
    const response = await house.refresh(refresh_token)
    expect([response.status, ((await response.json()) as { error: string }).error]).toEqual([400, 'invalid_grant'])
  })
})

/** Returns how often each token was seen that was not seen before. */
const seenSince = ({ seen }: ProviderParty, before: ReadonlyMap<string, number>): number[] =>
  [...seen].filter(([token]) => !before.has(token)).map(([, times]) => times)

describe.each([
  ['rotating', EIGHT_HOURS],
  ['google', HOUR],
])('tokens that %s gives anew', (name, life) => {
  const partyOf = (): ProviderParty => (name === 'google' ? google : rotating)

  // promise: Y03
  it('a hundred refreshes at once, and the provider sees each of its tokens once: nobody loses the login', async () => {
    const house = setUp()
    const before = new Map(partyOf().seen)
    const { refresh_token } = await house.login(name)
    pass(life + 1)
    const answers = await Promise.all(Array.from({ length: 100 }, () => house.refresh(refresh_token)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const tokens = await Promise.all(answers.map(async (answer) => (await readAnswer(answer)).access_token))
    const acted = await Promise.all(tokens.map((token) => house.api(name, token)))
    expect(new Set(acted.map((one) => one?.actedFor))).toEqual(new Set([CALLED[name]?.('alice')]))
    // The code, and the one refresh token.
    expect(seenSince(partyOf(), before)).toEqual([1, 1])
  })

  it('go on for a month of days, one after the other', async () => {
    const house = setUp()
    const { refresh_token } = await house.login(name)
    for (let day = 0; day < 28; day++) {
      pass(86_400)
      const { access_token } = await readAnswer(await house.refresh(refresh_token))
      expect((await house.api(name, access_token))?.actedFor).toBe(CALLED[name]?.('alice'))
    }
  })

  it('wait for a provider that is down: 503, and nothing is lost', async () => {
    const house = setUp()
    const { refresh_token } = await house.login(name)
    pass(life + 1)
    google.fail('refresh_token')
    rotating.misbehave({ isDown: true })
    const answer = await house.refresh(refresh_token)
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, expect.stringMatching(/^\d+$/)])
    google.fail(undefined)
    rotating.misbehave({})
    const { access_token } = await readAnswer(await house.refresh(refresh_token))
    expect((await house.api(name, access_token))?.actedFor).toBe(CALLED[name]?.('alice'))
  })
})

it('a login that the person ended at the provider is over, and the app logs in again', async () => {
  const house = setUp()
  const person = house.person()
  const { refresh_token } = await house.login('rotating', person)
  for (const token of rotating.given) rotating.end(token)
  pass(EIGHT_HOURS + 1)
  const answer = await house.refresh(refresh_token)
  expect([answer.status, await answer.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_grant' })])
  const { access_token } = await house.login('rotating', person)
  expect((await house.api('rotating', access_token))?.actedFor).toBe('583231')
})
