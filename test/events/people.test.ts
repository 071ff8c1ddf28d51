import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations, type IssuerSettings } from '../../src/index.ts'
import { createPairwise } from '../../src/registration/pairwise.ts'
import { API, API2, ISSUER, NOW, testRing, VARS } from '../fixtures.ts'
import { createDevice, createOwner, DEVICE_CLIENTS } from '../parties/device.ts'
import {
  authorizeUrl,
  type Changes,
  createApp,
  createBrowser,
  createPerson,
  hiddenField,
  REQUESTS,
  signLogin,
} from '../parties/person.ts'
import { createSeveral } from '../parties/several_providers.ts'
import { createReader, createTelling, lineOf } from '../parties/telling.ts'

const SALT = 'c2FsdCBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVzIGxvbmcu'
const { eventName } = createKeyring(testRing(NOW), ISSUER)
const ALICE = eventName('alice', NOW)
const CROSS_SITE = { 'sec-fetch-site': 'cross-site' }

/** Returns an issuer that tells, with somebody at it. */
function setUp(changes: Partial<IssuerSettings> = {}) {
  const telling = createTelling({ revocations: createMemoryRevocations('salt'), ...changes })
  const { ask, now, take } = telling
  return {
    ...telling,
    person: (name?: string) => createPerson(ask, { now, ...(name && { name }) }),
    lines: async () => (await take()).map(lineOf),
  }
}

describe('events of a login', () => {
  it('say who logged in, for which client and by which context, and whom each later one is about', async () => {
    const { ask, take } = setUp()
    const { browser } = createPerson(ask)
    const first = await browser.get(authorizeUrl(REQUESTS['web']))
    const claims = { acr: 'urn:example:strong' }
    const back = await browser.get(await signLogin(first.headers.get('location') ?? '', 'alice', { now: NOW, claims }))
    expect(back.status).toBe(303)
    const known = { client: 'web', proved: false, subject: ALICE, acr: 'urn:example:strong' }
    expect(await take()).toEqual([
      expect.objectContaining({ type: 'login.succeeded', ...known, request: back.headers.get('request-id') }),
    ])
    const asked = await browser.get(back.headers.get('location') ?? '')
    const consent = hiddenField(await asked.text(), 'consent')
    await browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
    expect(await take()).toEqual([
      expect.objectContaining({ type: 'consent.given', method: 'asked', ...known, resource: API, scope: 'read' }),
    ])
  })

  it('say at which provider it was, when it worked and when it did not', async () => {
    const { onEvent, take } = createReader()
    const several = createSeveral({ onEvent })
    const sent = await several.choose('GitHub', REQUESTS['web'])
    await several.comeBack(sent)
    const login = { client: 'web', method: 'github' }
    expect(await take()).toEqual([
      expect.objectContaining({ type: 'login.succeeded', ...login, subject: eventName('github|alice', NOW) }),
    ])
    await several.comeBack(sent)
    expect(await take()).toEqual([
      expect.objectContaining({ type: 'login.failed', outcome: 'refused', reason: 'stale', ...login }),
    ])
  })

  it('say that nobody was logged in, and why, whether a page or the client is told', async () => {
    const { ask, lines, person } = setUp()
    const begin = async (browser = createBrowser(ask)) => {
      const sent = await browser.get(authorizeUrl(REQUESTS['web']))
      return { browser, location: sent.headers.get('location') ?? '' }
    }
    const { browser, location } = await begin()
    const elsewhere = createBrowser(ask)
    await elsewhere.get(await signLogin(location, 'alice', { now: NOW }))
    expect(await lines()).toEqual(['login.failed refused foreign_login'])
    await browser.get(await signLogin(location, 'client:web', { now: NOW }))
    expect(await lines()).toEqual(['login.failed refused person_unfit'])
    await browser.get(`${ISSUER}/login/callback?state=x`)
    expect(await lines()).toEqual(['login.failed refused stale'])
    await browser.post(`${ISSUER}/login`, { state: 'x' }, CROSS_SITE)
    expect(await lines()).toEqual(['login.failed refused foreign_form'])
    const bob = person('bob')
    const hinted = await bob.browser.get(authorizeUrl({ ...REQUESTS['web'], max_age: '0' }))
    const old = await signLogin(hinted.headers.get('location') ?? '', 'bob', {
      now: NOW,
      claims: { auth_time: NOW - 600 },
    })
    await bob.browser.get(old)
    expect(await lines()).toEqual([expect.stringMatching(/^login\.failed refused (login_age|login_required)$/)])
  })

  it('say that the session of somebody else ended first', async () => {
    const { person, take } = setUp()
    const alice = person()
    await alice.visit(REQUESTS['web'])
    await take()
    const sent = await alice.browser.get(authorizeUrl({ ...REQUESTS['web'], prompt: 'login' }))
    await alice.browser.get(await signLogin(sent.headers.get('location') ?? '', 'bob', { now: NOW }))
    expect(await take()).toEqual([
      expect.objectContaining({ type: 'session.ended', subject: ALICE, method: 'another_login' }),
      expect.objectContaining({ type: 'login.succeeded', subject: eventName('bob', NOW) }),
    ])
  })
})

describe('events of a consent', () => {
  it('tie what is given by its grant id to the tokens that come of it', async () => {
    const { ask, take, person } = setUp()
    const answer = await person().answer('allow', REQUESTS['web'])
    await createApp(ask, { client: 'web' }).redeem(answer.searchParams.get('code') ?? '')
    const [, given, issued] = await take()
    expect(given).toMatchObject({ type: 'consent.given', gid: expect.stringMatching(/^[\w-]{22}$/) })
    expect(issued).toMatchObject({ type: 'token.issued', gid: given?.gid, subject: ALICE, client: 'web', proved: true })
  })

  it('say whether the person was asked, had been, or is never', async () => {
    const { person, take } = setUp()
    const alice = person()
    await alice.answer('allow', REQUESTS['web'])
    await alice.visit(REQUESTS['web'])
    await alice.visit(REQUESTS['own'])
    const given = (await take()).filter(({ type }) => type === 'consent.given')
    expect(given.map(({ client, method }) => [client, method])).toEqual([
      ['web', 'asked'],
      ['web', 'remembered'],
      ['own', 'skipped'],
    ])
    expect(new Set(given.map(({ gid }) => gid)).size).toBe(3)
  })

  it('say that the person said no, to whom and for what', async () => {
    const { person, take } = setUp()
    await person().answer('deny', REQUESTS['pub'])
    const [, denied] = await take()
    expect(denied).toMatchObject({
      type: 'consent.denied',
      outcome: 'refused',
      reason: 'person_denied',
      client: 'pub',
      subject: ALICE,
      scope: 'read',
    })
  })

  it('say that a page that was answered otherwise before, or comes from elsewhere, led to nothing', async () => {
    const { person, lines } = setUp()
    const alice = person()
    const consent = hiddenField(await (await alice.visit(REQUESTS['web'])).text(), 'consent')
    const press = (decision: string, headers = {}) =>
      alice.browser.post(`${ISSUER}/consent`, { consent, decision }, headers)
    await press('allow', CROSS_SITE)
    await press('maybe')
    await press('allow')
    await press('deny')
    expect(await lines()).toEqual([
      'login.succeeded',
      'authorization.refused refused foreign_form',
      'authorization.refused refused malformed',
      'consent.given',
      'authorization.refused refused stale',
    ])
  })
})

describe('events of an authorization request that leads to nothing', () => {
  it.each<[string, Changes, string, string | undefined]>([
    ['of a client that nobody knows', { client_id: 'nobody' }, 'unknown_client', undefined],
    ['to a redirect URI of somebody else', { redirect_uri: 'https://evil.example/cb' }, 'redirect_uri', 'web'],
    ['without PKCE', { code_challenge: undefined, code_challenge_method: undefined }, 'pkce', 'web'],
    ['for more than may be had', { scope: 'admin' }, 'scope', 'web'],
    ['that names a pushed one of nobody', { request_uri: 'urn:x', client_id: 'web' }, 'request_uri', 'web'],
    ['when nobody is logged in, and may be asked', { prompt: 'none' }, 'login_required', 'web'],
  ])('%s say why, and name the client if it is known', async (_, changes, reason, client) => {
    const { ask, take } = setUp()
    await createBrowser(ask).get(authorizeUrl({ ...REQUESTS['web'], ...changes }))
    const [event, ...more] = await take()
    expect([event, more]).toEqual([
      expect.objectContaining({ type: 'authorization.refused', outcome: 'refused', reason }),
      [],
    ])
    expect(event?.client).toBe(client)
    expect(event?.proved).toBe(client && false)
    expect(event?.subject).toBeUndefined()
  })

  it('name the person where somebody is logged in who may not be asked', async () => {
    const { person, take } = setUp()
    const alice = person()
    await alice.visit(REQUESTS['web'])
    await alice.browser.get(authorizeUrl({ ...REQUESTS['web'], prompt: 'none' }))
    expect((await take()).at(-1)).toMatchObject({
      type: 'authorization.refused',
      reason: 'consent_required',
      subject: ALICE,
    })
  })

  it('say that it is an error, and nobody’s fault, when the guard does not answer', async () => {
    const guard = {
      ...createMemoryGuard(() => NOW, { single: true }),
      spend: () => Promise.reject(new Error('down')),
    }
    const { person, lines } = setUp({ guard })
    await person().visit(REQUESTS['web'])
    expect((await lines()).filter((line) => line.startsWith('login.'))).toEqual(['login.failed error guard_down'])
  })
})

describe('events at the page for devices', () => {
  function setUpDevice() {
    const set = setUp({ clients: DEVICE_CLIENTS })
    return { ...set, device: createDevice(set.ask), owner: createOwner(set.ask, set.now) }
  }

  it('say who let which device in, by the grant id of its tokens', async () => {
    const { device, owner, take } = setUpDevice()
    const { device_code, user_code } = await device.start()
    await owner.answer(user_code, 'allow')
    await device.poll(device_code)
    const told = (await take()).filter(({ type }) => type !== 'device.started')
    expect(told).toMatchObject([
      { type: 'login.succeeded', subject: ALICE },
      { type: 'consent.given', method: 'device', client: 'pub', proved: false, subject: ALICE, scope: 'read' },
      { type: 'token.issued', client: 'pub', gid: told[1]?.gid, subject: ALICE },
    ])
    expect(told[0]?.client).toBeUndefined()
  })

  it('say who said no, whose code was wrong, and when that was too often', async () => {
    const { device, owner, take } = setUpDevice()
    const { user_code } = await device.start()
    const page = await (await owner.type(user_code)).text()
    await owner.press(page, 'deny')
    await owner.press(page, 'allow')
    const told = (await take()).filter(({ type }) => type !== 'device.started')
    expect(told.map(lineOf)).toEqual([
      'login.succeeded',
      'consent.denied refused person_denied',
      'authorization.refused refused stale',
    ])
    expect(told[1]).toMatchObject({ client: 'pub', method: 'device', subject: ALICE })
    for (let turn = 0; turn < 11; turn++) await owner.type('BCDF-GHJK')
    const wrong = await take()
    expect(wrong.slice(0, 10).map(lineOf)).toEqual(Array(10).fill('authorization.refused refused user_code'))
    expect(wrong.slice(10).map(lineOf)).toEqual(['limit.reached refused limited'])
    for (const { subject, client } of wrong) expect([subject, client]).toEqual([ALICE, undefined])
  })
})

describe('events of what ends', () => {
  it('say who logged out, and that a form from elsewhere ended nothing', async () => {
    const { person, take } = setUp()
    const alice = person()
    await alice.visit(REQUESTS['web'])
    await take()
    const token = hiddenField(await (await alice.browser.get(`${ISSUER}/logout`)).text(), 'token')
    await alice.browser.post(`${ISSUER}/logout`, { token }, CROSS_SITE)
    await alice.browser.post(`${ISSUER}/logout`, { token })
    const told = await take()
    expect(told.map(lineOf)).toEqual(['session.ended refused foreign_form', 'session.ended'])
    expect(told[1]).toMatchObject({ subject: ALICE, method: 'logout' })
  })

  it('say what a person took back from which app, and that all took the session along', async () => {
    const { person, take } = setUp()
    const alice = person()
    const press = async (words: string, headers = {}) => {
      const page = await (await alice.browser.get(`${ISSUER}/apps`)).text()
      const [before = ''] = page.split(words)
      const form = { press: hiddenField(before.slice(before.lastIndexOf('<form')), 'press') }
      return alice.browser.post(`${ISSUER}/apps`, form, headers)
    }
    await alice.answer('allow', REQUESTS['web'])
    await take()
    await press('End <bdi>Web shop', CROSS_SITE)
    await press('End <bdi>Web shop')
    const [refused, ended, ...more] = await take()
    expect(refused).toMatchObject({ type: 'subject.revoked', outcome: 'refused', reason: 'foreign_form' })
    expect(ended).toMatchObject({
      type: 'subject.revoked',
      outcome: 'ok',
      method: 'app',
      client: 'web',
      subject: ALICE,
    })
    expect(more).toEqual([])
    await press('End all')
    expect(await take()).toMatchObject([
      { type: 'subject.revoked', method: 'all', subject: ALICE },
      { type: 'session.ended', method: 'apps', subject: ALICE },
    ])
  })
})

it('events at a resource with pairwise subjects tie a person together no further than its tokens do', async () => {
  const { ask, person, take } = setUp({
    resources: { [API]: VARS.RESOURCES[API], [API2]: { ...VARS.RESOURCES[API2], subject_type: 'pairwise' } },
    clients: { web: VARS.CLIENTS.web },
    pairwiseSalt: SALT,
  })
  const answer = await person().answer('allow', { ...REQUESTS['web'], resource: API2 })
  await createApp(ask, { client: 'web' }).redeem(answer.searchParams.get('code') ?? '')
  const [, given, issued] = await take()
  const there = createPairwise(ISSUER, new TextEncoder().encode(SALT), new Map())
  expect([given?.subject, issued?.subject]).toEqual([
    ALICE,
    eventName(there.nameAt({ sector: API2 }, 'sub', 'alice'), NOW),
  ])
  expect(issued?.gid).toBe(there.nameAt({ sector: API2 }, 'gid', given?.gid ?? ''))
})
