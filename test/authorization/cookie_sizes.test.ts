import { anything, array, assert, asyncProperty, constant, oneof, record, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type Authenticate,
  createIssuer,
  createMemoryGuard,
  type IssuerSettings,
  type LogEntry,
} from '../../src/index.ts'
import { API, ISSUER, NOW, testSettings, VARS } from '../fixtures.ts'
import {
  authorizeUrl,
  createApp,
  createBrowser,
  createPerson,
  goesTo,
  hiddenField,
  readAnswer,
  signLogin,
} from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'

const SESSION = '__Host-bulla-session'
/** A character that takes six bytes as JSON has it, and one that takes four. */
const [QUOTED, BROAD] = ['"', '𝕏']

/** What no browser keeps, though each part of it is as long as it may be. */
const LONGEST = {
  sub: '界'.repeat(255),
  name: BROAD.repeat(255),
  acr: QUOTED.repeat(255),
  amr: Array.from({ length: 16 }, (_, index) => `${index}`.padStart(64, QUOTED)),
}

/** An issuer whose own code says who logged in. */
function setUp(person: unknown, changes: Partial<IssuerSettings> = {}) {
  const lines: LogEntry[] = []
  const who = { current: person }
  const authenticate = (async () => who.current) as unknown as Authenticate
  const log = (entry: LogEntry) => lines.push(entry)
  const issuer = createIssuer(testSettings({ authenticate, log, guard: createMemoryGuard(() => NOW), ...changes }))
  return { issuer, lines, who, browser: createBrowser((request) => issuer.fetch(request)) }
}

describe('what is said of a person', () => {
  it.each<readonly [string, unknown]>([
    ['a name of a megabyte', { sub: 'alice', name: 'a'.repeat(1_000_000) }],
    ['a context of a megabyte', { sub: 'alice', acr: 'a'.repeat(1_000_000) }],
    ['ten thousand methods', { sub: 'alice', amr: Array.from({ length: 10_000 }, (_, index) => `method-${index}`) }],
    ['a method of a megabyte', { sub: 'alice', amr: ['pwd', 'a'.repeat(1_000_000)] }],
    ['claims of other types', { sub: 'alice', name: ['a'], acr: { a: 'b' }, amr: 'pwd' }],
    ['a profile besides', { sub: 'alice', profile: 'a'.repeat(1_000_000), email: 'a'.repeat(5000) }],
    ['what a session says of itself', { sub: 'alice', jti: 'x', exp: 1, iat: 1, sid: 'y', started_at: 0 }],
  ])('in code, with %s, is bounded: the browser keeps the session, and goes on', async (_, person) => {
    const { browser } = setUp(person)
    expect((await browser.get(authorizeUrl())).headers.get('location')).toBe(`${authorizeUrl()}&logged_in=yes`)
    expect(await (await browser.get(authorizeUrl())).text()).toContain('Browser app')
  })

  it('by a page, or a provider, is bounded in the same way', async () => {
    const issuer = createIssuer(testSettings())
    const browser = createBrowser((request) => issuer.fetch(request))
    const location = (await browser.get(authorizeUrl())).headers.get('location') ?? ''
    const amr = Array.from({ length: 30 }, (_, index) => `urn:example:a-method-with-a-long-name-${index}`)
    const claims = { name: BROAD.repeat(255), acr: 'urn:example:loa'.padEnd(500, 'x'), amr }
    await browser.get(await signLogin(location, 'alice', { now: NOW, claims }))
    expect(browser.cookies.has(SESSION)).toBe(true)
    expect((await browser.get(authorizeUrl())).status).toBe(200)
  })

  it('keeps its meaning: a claim is whole in the token, or is not there', async () => {
    const amr = [
      'pwd',
      7,
      'a'.repeat(65),
      'with space',
      'otp',
      ...Array.from({ length: 20 }, (_, index) => `m${index}`),
    ]
    const { issuer, browser } = setUp({ sub: 'alice', acr: `urn:${'a'.repeat(255)}`, amr })
    const app = createApp((request) => issuer.fetch(request))
    await browser.get(authorizeUrl())
    const page = await (await browser.get(authorizeUrl())).text()
    const answered = await browser.post(`${ISSUER}/consent`, {
      consent: hiddenField(page, 'consent'),
      decision: 'allow',
    })
    const code = new URL(goesTo(await answered.text())).searchParams.get('code') ?? ''
    const { access_token } = await readAnswer(await app.redeem(code))
    const known = await issuer.fetch(formRequest('/introspect', 'api-server', { token: access_token }))
    const { acr, amr: methods } = (await known.json()) as { acr?: string; amr?: readonly string[] }
    expect(acr).toBeUndefined()
    expect(methods).toEqual(['pwd', 'otp', ...Array.from({ length: 14 }, (_, index) => `m${index}`)])
  })

  it('whatever it is: a browser keeps every cookie, or there is a page; nothing fails', async () => {
    const text = oneof(
      string({ maxLength: 300 }),
      string({ unit: 'binary', maxLength: 300 }),
      constant(BROAD.repeat(255)),
    )
    const claims = record(
      { sub: text, name: oneof(text, anything()), acr: oneof(text, anything()), amr: oneof(array(text), anything()) },
      { requiredKeys: ['sub'] },
    )
    await assert(
      asyncProperty(claims, async (person) => {
        const { browser } = setUp(person)
        const response = await browser.get(authorizeUrl())
        const longest = Math.max(...response.headers.getSetCookie().map((cookie) => cookie.length))
        expect([longest <= 4096, [303, 400].includes(response.status)]).toEqual([true, true])
        expect(browser.cookies.has(SESSION)).toBe(response.status === 303)
      }),
      { numRuns: 200 },
    )
  })
})

describe('a session that no browser would keep', () => {
  it('is a page, whose reason the log has to the byte; trying again changes nothing, and nothing loops', async () => {
    const { browser, lines } = setUp(LONGEST)
    for (let times = 0; times < 2; times++) {
      const response = await browser.get(authorizeUrl())
      const page = await response.text()
      expect([response.status, browser.cookies.has(SESSION)]).toEqual([400, false])
      expect(page).toContain('This account cannot be kept here')
      expect(page).toContain('longer than a browser keeps')
      expect(lines.at(-1)).toMatchObject({ level: 'warn', event: 'login', code: 'login_too_long' })
      expect(lines.at(-1)?.detail).toMatch(
        /^the cookie of the session would have \d{4} bytes, and may have 3800; characters of its person: sub 257, name 512, acr 512, amr \d{4}$/,
      )
    }
  })

  it('spends nothing, and ends nobody else: who is logged in stays so', async () => {
    const { browser, who } = setUp({ sub: 'bob' })
    await browser.get(authorizeUrl())
    const session = browser.cookies.get(SESSION)
    who.current = { ...LONGEST, auth_time: NOW }
    expect((await browser.get(authorizeUrl({ prompt: 'login' }))).status).toBe(400)
    expect(browser.cookies.get(SESSION)).toBe(session)
    expect(await (await browser.get(authorizeUrl())).text()).toContain('<bdi>bob</bdi>')
  })
})

it('on an issuer with a long path, whose cookies have long names, less is remembered, and the last is', async () => {
  const issuer = `${ISSUER}/${'path/'.repeat(400)}x`
  const redirect_uris = Array.from({ length: 10 }, (_, index) => `https://web.example/cb?from=${index}`)
  const { secret_hash: _, ...app } = VARS.CLIENTS.web
  const ids = Array.from({ length: 7 }, (__, index) => `app-${index}`)
  const clients = Object.fromEntries(ids.map((id) => [id, { ...app, redirect_uris }]))
  const asked = ids.flatMap((client_id) =>
    redirect_uris.map((redirect_uri) => ({ client_id, redirect_uri, resource: API })),
  )
  const instance = createIssuer({ ...testSettings({ clients, trustedIssuers: {} }), issuer })
  const person = createPerson((request) => instance.fetch(request), { issuer, now: () => NOW })
  for (const one of asked) expect((await person.answer('allow', one)).searchParams.get('code')).not.toBeNull()
  expect((await person.visit(asked.at(-1))).headers.get('location')).toContain('code=')
  expect((await person.visit(asked[0])).status).toBe(200)
})
