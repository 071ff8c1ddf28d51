import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations, type Guard, type IssuerSettings } from '../../src/index.ts'
import { homeOf } from '../../src/token/home.ts'
import { createPurposeEnvelopes, type PurposeFacts, type PurposeLives } from '../../src/token/purpose.ts'
import { API, ISSUER, NOW, testIssuer, testRing } from '../fixtures.ts'
import { createDevice, createOwner, DEVICE_CLIENTS } from '../parties/device.ts'
import { createApp, createPerson, type Person, REQUESTS, readAnswer } from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'

const lives = { code: 60, refresh: 2_592_000, session: 43_200 } as PurposeLives
// Looks into all, be there such a home or not.
const envelopes = createPurposeEnvelopes(createKeyring(testRing(NOW), ISSUER), lives, NOW, { isOurs: () => true })

/** A guard that notes what it is asked for. */
function noting(guard = createMemoryGuard(() => NOW, { single: true })): { guard: Guard; asked: string[] } {
  const asked: string[] = []
  const noted = new Proxy(guard, {
    get(target, method) {
      const call: unknown = Reflect.get(target, method)
      if (typeof call !== 'function') return call
      return (...given: readonly unknown[]) => {
        const [first] = given
        const names =
          typeof first === 'string' ? [first] : Array.isArray(first) ? first : [(first as { gid: string }).gid]
        asked.push(...(names as string[]))
        return call.apply(target, given)
      }
    },
  })
  return { guard: noted, asked }
}

/** An issuer whose guard notes what it is asked, with its app and persons. */
function setUp(
  homes: IssuerSettings['homes'] | undefined,
  { guard, asked } = noting(),
  more: Partial<IssuerSettings> = {},
) {
  const revocations = createMemoryRevocations('salt')
  const issuer = testIssuer({ guard, revocations, ...(homes && { homes }), ...more })
  const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
  const person = (cookies?: Map<string, string>): Person =>
    createPerson(ask, { now: () => NOW, ...(cookies && { cookies }) })
  const codeFor = async (one = person(), client = 'pub'): Promise<string> =>
    (await one.answer('allow', REQUESTS[client])).searchParams.get('code') ?? ''
  const introspect = async (token: string): Promise<{ active: boolean; jti: string; gid: string }> =>
    (await ask(formRequest('/introspect', 'api-server', { token }))).json() as never
  return { ask, asked, guard, person, codeFor, app: createApp(ask), web: createApp(ask, { client: 'web' }), introspect }
}

const homesIn = (names: readonly string[]): readonly (string | undefined)[] => [
  ...new Set(names.map((name) => homeOf(name.split(' ').at(-1) ?? '')?.text)),
]
const namesOf = ({ jti, gid, sid }: PurposeFacts) => [jti, String(gid), String(sid)]
/** Answers without what differs each time. */
const wordOf = async (answer: Response): Promise<unknown> => [answer.status, await answer.json()]

describe('the homes of what comes of a login', () => {
  it('are one: code, grant, family and session are at the home that the session got when it began', async () => {
    const { asked, codeFor, app } = setUp({ count: 4096 })
    const facts = await envelopes.open('code', await codeFor())
    const homes = homesIn(namesOf(facts))
    expect(homes).toEqual([expect.stringMatching(/^\d{1,4}$/)])
    asked.length = 0
    const tokens = await readAnswer(await app.redeem(await codeFor()))
    const after = await readAnswer(await app.refresh(tokens.refresh_token ?? ''))
    expect(after.access_token).toEqual(expect.any(String))
    const remembered = asked.filter((name) => !/^login /.test(name))
    expect(remembered.filter((name) => homeOf(name.split(' ').at(-1) ?? '') === undefined)).toEqual([
      // A consent is a family of its own, which no session outlives.
      expect.stringMatching(/^consent /),
    ])
  })

  it('are spread over all that there are, and one person in one browser has one', async () => {
    const { person, codeFor } = setUp({ count: 2 })
    const people = Array.from({ length: 24 }, () => person())
    const homes: (string | undefined)[] = []
    for (const one of people) {
      const [first, second] = [await codeFor(one), await codeFor(one)]
      const both = homesIn([
        ...namesOf(await envelopes.open('code', first)),
        ...namesOf(await envelopes.open('code', second)),
      ])
      expect(both).toHaveLength(1)
      homes.push(...both)
    }
    expect([...new Set(homes)].sort()).toEqual(['0', '1'])
  })

  it('are in no name where nobody set how many there are, and are read all the same', async () => {
    const given = setUp({ count: 4096 })
    const tokens = await readAnswer(await given.app.redeem(await given.codeFor()))
    const one = given.person()
    const code = await given.codeFor(one)
    const reading = setUp(undefined, given)
    expect(homesIn(namesOf(await envelopes.open('code', await reading.codeFor())))).toEqual([undefined])
    expect((await reading.app.refresh(tokens.refresh_token ?? '')).status).toBe(200)
    expect((await reading.app.redeem(code)).status).toBe(200)
    expect((await reading.app.redeem(code)).status).toBe(400)
    // A session keeps its home, and what comes of it is there.
    const later = await envelopes.open('code', await reading.codeFor(reading.person(one.browser.cookies)))
    expect(homesIn(namesOf(later))).toEqual([expect.stringMatching(/^\d/)])
  })

  it('are in the region of who logs in, where it has some, and else here', async () => {
    let where: string | undefined
    const homes = { count: 9, regions: ['eu', 'oc'], regionOf: () => where }
    const { codeFor, app } = setUp(homes)
    for (const [region, home] of [
      ['eu', /^eu-\d$/],
      ['oc', /^oc-\d$/],
      ['as', /^\d$/],
      [undefined, /^\d$/],
    ] as const) {
      where = region
      const code = await codeFor()
      where = 'eu'
      expect(homesIn(namesOf(await envelopes.open('code', code)))).toEqual([expect.stringMatching(home)])
      expect((await app.redeem(code)).status).toBe(200)
    }
  })

  it('are told to no resource with pairwise subjects: there a grant has a name without one', async () => {
    const resources = { [API]: { scopes: ['read'], subject_type: 'pairwise' } } as const
    const clients = {
      pub: {
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['https://app.example/cb'],
        resources: [API],
        scopes: ['read'],
      },
    }
    const more = {
      resources,
      clients,
      trustedIssuers: {},
      authorizationDetailsTypes: {},
      pairwiseSalt: `${'x7Kp'.repeat(4)}0123456789abcdefghijklmnopqrs`,
    }
    const seen: unknown[] = []
    const { codeFor, app } = setUp({ count: 7 }, noting(), {
      ...more,
      onEvent: ({ type, gid }) => void (type === 'token.issued' && seen.push(gid)),
    })
    expect((await app.redeem(await codeFor())).status).toBe(200)
    await expect.poll(() => seen).toEqual([expect.stringMatching(/^[\w-]{22}$/)])
  })

  it('of what a device gets is that of the session in which somebody let it in', async () => {
    const told: unknown[] = []
    const more = {
      clients: DEVICE_CLIENTS,
      onEvent: ({ type, gid }: { type: string; gid?: string }) =>
        void (/^(consent.given|token.issued)$/.test(type) && told.push(gid)),
    }
    const { ask, asked } = setUp({ count: 4096 }, noting(), more as never)
    const device = createDevice(ask)
    const { device_code, user_code } = await device.start()
    expect((await createOwner(ask, () => NOW).answer(user_code, 'allow')).status).toBe(200)
    asked.length = 0
    const { refresh_token } = await readAnswer(await device.poll(device_code))
    const { gid, sid } = await envelopes.open('refresh', refresh_token ?? '')
    expect(homesIn([String(gid), String(sid)])).toEqual([expect.stringMatching(/^\d/)])
    expect(asked).toContain(gid)
    await expect.poll(() => told).toEqual([gid, gid])
  })
})

describe('an envelope of a home that there is not', () => {
  // promise: O18
  it('is not ours, and the guard is not asked: a code, a refresh token, a session, and an access token at introspection', async () => {
    const many = setUp({ count: 4096 })
    const home = async (code: string) => homeOf(String((await envelopes.open('code', code)).jti))?.number ?? 0
    const one = many.person()
    let code = await many.codeFor(one)
    // One of 4096 logins would be at home 0.
    while ((await home(code)) === 0) code = await many.codeFor()
    const second = many.person()
    const tokens = await readAnswer(await many.app.redeem(await many.codeFor(second)))
    const few = setUp({ count: 1 }, many)
    const regions = setUp({ count: 4096, regions: ['eu'], regionOf: () => 'eu' }, many)
    const inEurope = await regions.codeFor()
    many.asked.length = 0
    const unopened = await wordOf(await few.app.redeem('AAAA'))
    expect(await wordOf(await few.app.redeem(code))).toEqual(unopened)
    expect(await wordOf(await many.app.redeem(inEurope))).toEqual(unopened)
    expect(await wordOf(await few.app.refresh(tokens.refresh_token ?? ''))).toEqual(
      await wordOf(await few.app.refresh('AAAA')),
    )
    expect(await few.introspect(tokens.access_token)).toEqual({ active: false })
    expect(
      await few
        .person(new Map(second.browser.cookies))
        .browser.get(`${ISSUER}/logout`)
        .then((page) => page.text()),
    ).not.toContain('name="token"')
    expect(many.asked).toEqual([])
    // Where there is that home, nothing was spent.
    expect((await regions.app.redeem(inEurope)).status).toBe(200)
    expect((await many.introspect(tokens.access_token)).active).toBe(true)
    expect((await many.app.refresh(tokens.refresh_token ?? '')).status).toBe(200)
    expect((await many.app.redeem(code)).status).toBe(200)
  })

  it('is revoked by an operator all the same, for whoever still has a token; of the guard nothing is asked', async () => {
    const { ask, asked } = setUp({ count: 4 })
    const revoke = (value: string) => ask(formRequest('/revocations', 'operator', { kind: 'grant', value }))
    expect((await revoke(`eu-3.${'A'.repeat(22)}`)).status).toBe(200)
    expect((await revoke(`4.${'A'.repeat(22)}`)).status).toBe(200)
    expect(asked.filter((name) => /^(eu-3|4)\./.test(name.split(' ').at(-1) ?? ''))).toEqual([])
    expect((await revoke(`3.${'A'.repeat(22)}`)).status).toBe(200)
    expect(asked).toContain(`3.${'A'.repeat(22)}`)
  })
})

describe('a browser with a session of a home that there is not', () => {
  it('keeps no cookie of it once its person was told to be logged out: the home may be put back', async () => {
    const here = setUp({ count: 4, regions: ['eu'], regionOf: () => 'eu' })
    const one = here.person()
    await here.codeFor(one)
    const gone = setUp({ count: 4 }, here)
    const { browser } = gone.person(one.browser.cookies)
    expect((await browser.get(`${ISSUER}/logout`)).status).toBe(200)
    expect([...browser.cookies.keys()].filter((name) => name.includes('session'))).toEqual([])
  })
})

describe('an access token that came of a home that there is not', () => {
  it('is good at its API as long as it lives, so its client can revoke it, alone', async () => {
    const revocations = createMemoryRevocations('salt')
    const [seen, noted] = [[] as unknown[], noting()]
    const here = setUp({ count: 4, regions: ['eu'], regionOf: () => 'eu' }, noted, { revocations })
    const gone = setUp({ count: 4 }, noted, {
      revocations,
      onEvent: ({ type, reason }) => void (type === 'token.revoked' && seen.push(reason)),
    })
    const { access_token } = await readAnswer(await here.web.redeem(await here.codeFor(here.person(), 'web')))
    noted.asked.length = 0
    expect((await gone.ask(formRequest('/revoke', 'one', { token: access_token }))).status).toBe(200)
    expect((await here.introspect(access_token)).active).toBe(true)
    expect((await gone.ask(formRequest('/revoke', 'web', { token: access_token }))).status).toBe(200)
    await expect.poll(() => seen).toEqual(['other_client', undefined])
    expect(noted.asked.filter((name) => !name.startsWith('eu-'))).toEqual([])
    expect(await setUp({ count: 4, regions: ['eu'] }, noted, { revocations }).introspect(access_token)).toEqual({
      active: false,
    })
  })
})

describe('more homes', () => {
  it('strand nothing that lives, and let nothing be used twice that was used before', async () => {
    const few = setUp({ count: 2 })
    const [spent, waiting] = [await few.codeFor(), await few.codeFor()]
    const tokens = await readAnswer(await few.app.redeem(spent))
    const alice = few.person()
    await few.codeFor(alice)
    for (const count of [undefined, 4096]) {
      const grown = setUp(count === undefined ? undefined : { count }, few)
      expect((await grown.introspect(tokens.access_token)).active).toBe(true)
      const code = await grown.codeFor(grown.person(alice.browser.cookies))
      expect(homesIn(namesOf(await envelopes.open('code', code)))).toEqual([expect.stringMatching(/^[01]$/)])
      expect((await grown.app.redeem(code)).status).toBe(200)
    }
    const grown = setUp({ count: 4096 }, few)
    const both = await Promise.all(
      Array.from({ length: 100 }, (_, index) => (index % 2 ? few : grown).app.redeem(waiting)),
    )
    expect(both.filter(({ status }) => status === 200)).toHaveLength(1)
    expect((await grown.app.redeem(spent)).status).toBe(400)
    // All that came of it has ended with that.
    expect((await grown.app.refresh(tokens.refresh_token ?? '')).status).toBe(400)
  })
})
