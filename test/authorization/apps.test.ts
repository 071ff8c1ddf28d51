import { describe, expect, it } from 'vitest'
import { createMemoryGuard, createMemoryRevocations, type IssuerSettings } from '../../src/index.ts'
import { API, ISSUER, NOW, testIssuer, VARS } from '../fixtures.ts'
import {
  type Ask,
  createApp,
  createBrowser,
  createPerson,
  hiddenField,
  REQUESTS,
  readAnswer,
} from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'

function setUp(changes: Partial<IssuerSettings> = {}) {
  let now = NOW
  const revocations = createMemoryRevocations('salt')
  const guard = createMemoryGuard(() => now)
  const issuer = testIssuer({ now: () => now, guard, revocations, ...changes })
  const ask: Ask = (request) => issuer.fetch(request)
  const person = (name = 'alice', cookies?: Map<string, string>) =>
    createPerson(ask, { name, now: () => now, ...(cookies === undefined ? {} : { cookies }) })
  type Someone = ReturnType<typeof person>
  const page = async ({ browser }: Someone) => (await browser.get(`${ISSUER}/apps`)).text()
  return {
    person,
    page,
    ask,
    wait: (seconds: number) => {
      now += seconds
    },
    allow: async (someone: Someone, client: 'pub' | 'web') => {
      const app = createApp(ask, { client })
      const code = (await someone.answer('allow', REQUESTS[client])).searchParams.get('code') ?? ''
      return { app, ...(await readAnswer(await app.redeem(code))) }
    },
    /** Returns the sealed presses of a page by the words on their buttons. */
    press: async (someone: Someone, words: string) => {
      const [before = ''] = (await page(someone)).split(words)
      const press = hiddenField(before.slice(before.lastIndexOf('<form')), 'press')
      return someone.browser.post(`${ISSUER}/apps`, { press })
    },
    isActive: async (token: string) =>
      ((await (await ask(formRequest('/introspect', 'api-server', { token }))).json()) as { active: boolean }).active,
  }
}
const nameOf = (client: 'pub' | 'web'): string =>
  (VARS.CLIENTS as Record<string, { client_name?: string }>)[client]?.client_name ?? client

describe('what a person allowed', () => {
  it('is listed newest first, with where, what and when; in this browser, and to nobody else', async () => {
    const { person, page, allow, wait } = setUp()
    const alice = person()
    await allow(alice, 'web')
    wait(60)
    await allow(alice, 'pub')
    const text = await page(alice)
    expect(text.indexOf(`>${nameOf('pub')}<`)).toBeGreaterThan(0)
    expect(text.indexOf(`>${nameOf('web')}<`)).toBeGreaterThan(text.indexOf(`>${nameOf('pub')}<`))
    expect(text).toContain('in this browser')
    expect(text).toContain('read')
    const nobody = await (await createBrowser(setUp().ask).get(`${ISSUER}/apps`)).text()
    expect(nobody).toContain('You are not logged in')
    const bob = person('bob', new Map(alice.browser.cookies))
    await bob.visit({ ...REQUESTS['web'], prompt: 'login' })
    expect(await page(bob)).toContain('No app is known in this browser')
  })

  it('ends for one app everywhere: its tokens and refresh tokens, of other browsers too; it is asked for again', async () => {
    const { person, allow, press, isActive, wait, page } = setUp()
    const [alice, elsewhere] = [person(), person()]
    const [here, there, other] = [await allow(alice, 'web'), await allow(elsewhere, 'web'), await allow(alice, 'pub')]
    expect((await press(alice, `End <bdi>${nameOf('web')}`)).status).toBe(200)
    wait(11)
    expect(await Promise.all([here, there, other].map(({ access_token }) => isActive(access_token)))).toEqual([
      false,
      false,
      true,
    ])
    for (const { app, refresh_token = '' } of [here, there])
      expect((await readAnswer(await app.refresh(refresh_token))).error).toBe('invalid_grant')
    expect((await other.app.refresh(other.refresh_token ?? '')).status).toBe(200)
    expect(await page(alice)).not.toContain(`>${nameOf('web')}<`)
    const asked = await alice.visit(REQUESTS['web'])
    expect([asked.status, hiddenField(await asked.text(), 'consent')]).toEqual([200, expect.stringMatching(/./)])
    wait(1)
    expect(await isActive((await allow(alice, 'web')).access_token)).toBe(true)
  })

  it('ends everything everywhere, and the session with it', async () => {
    const { person, allow, press, isActive, wait, page } = setUp()
    const alice = person()
    const copy = person('alice', new Map())
    const [here, there] = [await allow(alice, 'web'), await allow(copy, 'pub')]
    expect((await press(alice, 'End everything')).status).toBe(200)
    wait(11)
    for (const { access_token } of [here, there]) expect(await isActive(access_token)).toBe(false)
    for (const someone of [alice, copy]) expect(await page(someone)).toContain('You are not logged in')
  })

  it.each<[string, (own: string, set: ReturnType<typeof setUp>) => Promise<string>]>([
    ['nothing', async () => ''],
    [
      'the cookie itself',
      async (_, set) => {
        const alice = set.person()
        await set.allow(alice, 'web')
        return alice.browser.cookies.get('__Host-bulla-apps') ?? ''
      },
    ],
    [
      'a press of another session',
      async (_, set) => {
        const other = set.person()
        await set.allow(other, 'web')
        return hiddenField(await set.page(other), 'press')
      },
    ],
  ])('is ended by no form that holds %s', async (_, forge) => {
    const set = setUp()
    const alice = set.person()
    const { access_token } = await set.allow(alice, 'web')
    const press = await forge(hiddenField(await set.page(alice), 'press'), set)
    expect((await alice.browser.post(`${ISSUER}/apps`, { press })).status).toBeGreaterThanOrEqual(400)
    set.wait(11)
    expect(await set.isActive(access_token)).toBe(true)
  })

  it('is forgotten at logout where that is wanted, and only then', async () => {
    for (const [form, isKept] of [
      [{}, true],
      [{ forget: 'yes' }, false],
    ] as const) {
      const { person, allow } = setUp()
      const alice = person()
      await allow(alice, 'web')
      const token = hiddenField(await (await alice.browser.get(`${ISSUER}/logout`)).text(), 'token')
      expect((await alice.browser.post(`${ISSUER}/logout`, { token, ...form })).status).toBe(200)
      for (const kind of ['apps', 'remember'])
        expect([kind, Boolean(alice.browser.cookies.get(`__Host-bulla-${kind}`))]).toEqual([kind, isKept])
    }
  })

  it.each([
    ['a guard alone: logging out', {}, 'Log out</a>, and no app gets anything new'],
    ['neither guard nor list: nothing', { guard: 'none' }, 'Nothing can be ended here'],
  ] as const)('says what can end with %s', async (_, changes, words) => {
    const { guard: _g, ...rest } = { guard: undefined, ...changes }
    const clients = { web: VARS.CLIENTS.web, 'api-server': VARS.CLIENTS['api-server'] } as IssuerSettings['clients']
    const set = setUp({ clients, revocations: undefined as never, ...(_g === undefined ? rest : { guard: 'none' }) })
    const alice = set.person()
    await set.allow(alice, 'web')
    const text = await set.page(alice)
    expect(text).toContain(words)
    expect(text).not.toContain('<button')
  })

  it('has as many apps as a browser keeps in a cookie: the oldest have no room, and the page says so', async () => {
    const scopes = Array.from({ length: 40 }, (_, index) => `a-scope-with-a-long-name-${index}`)
    const names = Array.from({ length: 12 }, (_, index) => `app${index}`)
    const client = (name: string) => ({
      client_name: `${name} ${'x'.repeat(50)}`,
      redirect_uris: ['https://web.example/cb'],
      grant_types: ['authorization_code'],
      resources: [API],
      scopes,
    })
    const set = setUp({
      resources: { [API]: { scopes } },
      clients: Object.fromEntries(names.map((name) => [name, client(name)])),
      authorizationDetailsTypes: {},
      trustedIssuers: {},
    })
    const alice = set.person()
    for (const client_id of names)
      await alice.answer('allow', { ...REQUESTS['web'], client_id, scope: scopes.join(' ') })
    const cookie = alice.browser.cookies.get('__Host-bulla-apps') ?? ''
    expect(cookie.length).toBeGreaterThan(1000)
    const text = await set.page(alice)
    expect(text).toContain('app11 ')
    expect(text).not.toContain('app0 ')
    expect(text).toContain('Older apps had no room')
  })
})
