import { describe, expect, it } from 'vitest'
import { createMemoryGuard } from '../../src/index.ts'
import { ISSUER, NOW, VARS } from '../fixtures.ts'
import { createDevice, DEVICE_CLIENTS, setUpDevices } from '../parties/device.ts'
import { authorizeUrl, createBrowser, createPerson, goesTo, hiddenField, readAnswer } from '../parties/person.ts'

const errorOf = async (response: Response): Promise<string | undefined> => (await readAnswer(response)).error
const titleOf = async (response: Response): Promise<string> =>
  /<h1>(.*?)<\/h1>/.exec(await response.text())?.[1]?.replace(/<[^>]*>/g, '') ?? ''

describe('the page for devices', () => {
  it('asks for a login first, whatever came with the link, and names no app there', async () => {
    const { ask, device } = setUpDevices()
    const { verification_uri_complete } = await device.start()
    for (const url of [`${ISSUER}/device`, verification_uri_complete, `${ISSUER}/device?user_code=%22%3E%3Cb%3E`]) {
      const response = await createBrowser(ask).get(url)
      const location = new URL(response.headers.get('location') ?? '')
      expect([response.status, location.href.startsWith(VARS.LOGIN.url)]).toEqual([303, true])
      expect(location.searchParams.get('client_name')).toBe('A device')
    }
  })

  it('is one that no other site frames, and that runs no script', async () => {
    const response = await setUpDevices().owner().visit()
    expect([response.status, response.headers.get('x-frame-options')]).toEqual([200, 'DENY'])
    expect(response.headers.get('content-security-policy')).toMatch(
      /default-src 'none'.*frame-ancestors 'none'; form-action 'self'$/,
    )
    expect([response.headers.get('cache-control'), await response.text()]).toEqual([
      'no-store',
      expect.not.stringContaining('<script'),
    ])
  })

  it('shows the code of the link to be compared, and takes it by a press alone (RFC 8628 §5.4)', async () => {
    const { owner, device } = setUpDevices()
    const { verification_uri_complete, user_code, device_code } = await device.start()
    const alice = owner()
    const page = await (await alice.visit(verification_uri_complete)).text()
    expect(page).toContain(`value="${user_code}"`)
    expect(page).toContain('Is this the code on your device?')
    expect(page).not.toContain('Telly')
    expect(await errorOf(await device.poll(device_code))).toBe('authorization_pending')
    const asked = await alice.browser.post(`${ISSUER}/device`, { form: hiddenField(page, 'form'), user_code })
    expect(await titleOf(asked)).toMatch(/^Telly wants access to your account at /)
  })

  it.each([
    ['small letters', (code: string) => code.toLowerCase()],
    ['no dash', (code: string) => code.replace('-', '')],
    ['spaces', (code: string) => ` ${[...code.replace('-', '')].join(' ')} `],
    ['a dash of a telephone', (code: string) => code.replace('-', '\u2013')],
  ])('takes a code with %s (RFC 8628 §6.1)', async (_, write) => {
    const { owner, device } = setUpDevices()
    const { user_code } = await device.start()
    expect((await owner().type(write(user_code))).status).toBe(200)
  })

  it('says who asks, for what, since when, and to allow only what one started oneself', async () => {
    const { owner, device, wait } = setUpDevices()
    const { user_code } = await device.start({ scope: 'read write' })
    wait(185)
    const page = await (await owner().type(user_code)).text()
    expect(page).toContain('Allow this only if you started this on your device')
    expect(page).toContain('3 minutes ago, at 15 Jan 2027, 08:00 UTC')
    expect(page).toContain(`the device that shows ${user_code}`)
    for (const words of ['Telly', 'read', 'write', 'https://api1.example', '30 days, or until you log out'])
      expect(page).toContain(words)
  })

  // promise: W14
  it('always asks: what was allowed before, or needs no question elsewhere, is asked again', async () => {
    const own = { ...DEVICE_CLIENTS.web, consent: 'skip' } as const
    const { owner, ask } = setUpDevices({ clients: { ...DEVICE_CLIENTS, web: own } })
    const alice = owner()
    const shop = createDevice(ask, 'web')
    for (let times = 0; times < 2; times++) {
      const { user_code } = await shop.start({ resource: 'https://api1.example' })
      const asked = await alice.type(user_code)
      expect(await asked.clone().text()).toContain('name="decision"')
      await alice.press(await asked.text(), 'allow')
    }
  })
})

describe('a wrong code', () => {
  it('is one that nobody was given, was answered, or is over: all look alike', async () => {
    const { owner, device, wait } = setUpDevices()
    const alice = owner()
    const answered = await device.start()
    await alice.answer(answered.user_code, 'deny')
    const old = await device.start()
    wait(600)
    const pages = []
    for (const code of ['BCDF-GHJK', 'not a code', answered.user_code, old.user_code]) {
      const response = await alice.type(code)
      expect(response.status).toBe(400)
      pages.push((await response.text()).replace(/nonce="[^"]*"|nonce-[^']*|name="form" value="[^"]*"/g, ''))
    }
    expect(new Set(pages).size).toBe(1)
    expect(pages[0]).toContain('Nothing waits for this code')
  })

  // promise: W13
  it('is counted by person at the guard: after ten in ten minutes none is looked at, be it right', async () => {
    const { owner, device, wait } = setUpDevices()
    const [alice, again, bob] = [owner(), owner(), owner('bob')]
    const { user_code } = await device.start()
    // A right one is not counted.
    expect((await alice.type(user_code)).status).toBe(200)
    for (let times = 0; times < 10; times++) {
      expect((await (times % 2 === 0 ? alice : again).type('BCDF-GHJK')).status).toBe(400)
      wait(20)
    }
    const refused = await again.type(user_code)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '400'])
    expect(await titleOf(refused)).toBe('Too many wrong codes')
    expect((await bob.type(user_code)).status).toBe(200)
    wait(400)
    expect((await alice.type((await device.start()).user_code)).status).toBe(200)
  })

  it('is counted before anybody looks: of thirty at once no more than ten are tried', async () => {
    const { owner, ask } = setUpDevices()
    const alice = owner()
    const form = hiddenField(await (await alice.visit()).text(), 'form')
    const cookies = alice.browser.cookies
    const answers = await Promise.all(
      Array.from({ length: 30 }, () =>
        createBrowser(ask, new Map(cookies)).post(`${ISSUER}/device`, { form, user_code: 'BCDF-GHJK' }),
      ),
    )
    expect(answers.filter(({ status }) => status === 400).length).toBeLessThanOrEqual(10)
    for (let times = 0; times < 10; times++) await alice.type('BCDF-GHJK')
    expect((await alice.type('BCDF-GHJK')).status).toBe(429)
  })
})

describe('the answer', () => {
  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a site beside it', { origin: 'https://other.example' }],
  ])('is not taken from %s', async (_, headers) => {
    const { owner, device } = setUpDevices()
    const { user_code, device_code } = await device.start()
    const alice = owner()
    const consent = hiddenField(await (await alice.type(user_code)).text(), 'consent')
    const form = hiddenField(await (await alice.visit()).text(), 'form')
    for (const fields of [
      { consent, decision: 'allow' },
      { form, user_code },
    ])
      expect((await alice.browser.post(`${ISSUER}/device`, fields, headers)).status).toBe(403)
    expect(await errorOf(await device.poll(device_code))).toBe('authorization_pending')
  })

  it("is not taken with another person's form, nor with the form for the code, nor with one of /consent", async () => {
    const { owner, device, ask } = setUpDevices({ clients: { ...DEVICE_CLIENTS, nat: VARS.CLIENTS.pub } })
    const { user_code, device_code } = await device.start()
    const [alice, bob] = [owner(), owner('bob')]
    const asked = await (await alice.type(user_code)).text()
    const form = hiddenField(await (await bob.visit()).text(), 'form')
    const person = createPerson(ask, { now: () => NOW, cookies: bob.browser.cookies })
    const elsewhere = hiddenField(await (await person.visit({ client_id: 'nat' })).text(), 'consent')
    expect(elsewhere).not.toBe('')
    const consent = hiddenField(asked, 'consent')
    for (const envelope of [consent, form, elsewhere, 'x']) {
      const page = await (await bob.browser.post(`${ISSUER}/device`, { consent: envelope, decision: 'allow' })).text()
      expect(goesTo(page)).toMatch(/^https:\/\/as\.example\/device/)
    }
    // Nor is the form of a device taken where apps get their codes.
    expect((await alice.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })).status).toBe(400)
    expect(await errorOf(await device.poll(device_code))).toBe('authorization_pending')
  })

  it('that is pressed twice leads on twice; another one after it does not count', async () => {
    const { owner, device } = setUpDevices()
    const { user_code, device_code } = await device.start()
    const alice = owner()
    const page = await (await alice.type(user_code)).text()
    for (let times = 0; times < 2; times++) expect((await alice.press(page, 'allow')).status).toBe(200)
    const other = await alice.press(page, 'deny')
    expect([other.status, await titleOf(other)]).toEqual([409, 'This was answered before, or is over'])
    expect((await device.poll(device_code)).status).toBe(200)
    expect((await alice.press(page, 'allow')).status).toBe(200)
  })

  it('of two persons at once: the first counts', async () => {
    const { owner, device } = setUpDevices()
    const { user_code, device_code } = await device.start()
    const [alice, bob] = [owner(), owner('bob')]
    const pages = await Promise.all([alice, bob].map(async (one) => (await one.type(user_code)).text()))
    const answers = await Promise.all(
      [alice, bob].map((one, index) => one.press(pages[index] ?? '', index === 0 ? 'deny' : 'allow')),
    )
    const statuses = answers.map(({ status }) => status)
    expect(statuses.toSorted()).toEqual([200, 409])
    expect((await device.poll(device_code)).status).toBe(statuses[0] === 200 ? 400 : 200)
  })

  it('after the end of the code counts for nothing', async () => {
    const { owner, device, wait } = setUpDevices()
    const { user_code, device_code } = await device.start()
    const alice = owner()
    const page = await (await alice.type(user_code)).text()
    wait(600)
    const late = await alice.press(page, 'allow')
    expect(goesTo(await late.text())).toBe(`${ISSUER}/device`)
    expect(await errorOf(await device.poll(device_code))).toBe('expired_token')
  })

  it('by another account goes through the login again, with the same code', async () => {
    const { owner, device } = setUpDevices()
    const { user_code } = await device.start()
    const alice = owner()
    const page = await (await alice.answer(user_code, 'switch')).text()
    const code = user_code.replace('-', '')
    expect(goesTo(page)).toBe(`${ISSUER}/device?user_code=${code}&prompt=login`)
    const login = await alice.browser.get(goesTo(page))
    const location = new URL(login.headers.get('location') ?? '')
    expect([location.searchParams.get('prompt'), location.href.startsWith(VARS.LOGIN.url)]).toEqual(['login', true])
  })

  it('is not asked for where the client lost what it asks for meanwhile, and a client that is gone is nobody', async () => {
    const guard = createMemoryGuard(() => NOW)
    const { device } = setUpDevices({ guard })
    const { user_code } = await device.start({ scope: 'write' })
    const less = { ...DEVICE_CLIENTS, pub: { ...DEVICE_CLIENTS.pub, scopes: ['read'] } }
    expect((await setUpDevices({ guard, clients: less }).owner().type(user_code)).status).toBe(400)
    const { pub: _, ...others } = DEVICE_CLIENTS
    const gone = await setUpDevices({ guard, clients: others }).owner('bob').type(user_code)
    expect(await gone.text()).toContain('Nothing waits for this code')
  })
})

describe('a session', () => {
  const pub = {
    ...DEVICE_CLIENTS.pub,
    scopes: ['read', 'openid'],
    id_token_signed_response_alg: 'ES256',
    default_max_age: 300,
  } as const
  const setUpOld = () => setUpDevices({ openid: {}, clients: { ...DEVICE_CLIENTS, pub } })
  const toLogin = (code: string): string => `${ISSUER}/device?user_code=${code.replace('-', '')}&prompt=login`

  it('that is older than its client may be told of is not enough: one since the device asked is (OpenID Connect Core §2)', async () => {
    const { owner, device, wait } = setUpOld()
    const alice = owner()
    await alice.visit()
    wait(301)
    const { user_code, device_code } = await device.start({ scope: 'openid read' })
    const login = goesTo(await (await alice.type(user_code)).text())
    expect(login).toBe(toLogin(user_code))
    wait(100)
    const form = hiddenField(await (await alice.visit(login)).text(), 'form')
    wait(301)
    const page = await (await alice.browser.post(`${ISSUER}/device`, { form, user_code })).text()
    expect((await alice.press(page, 'allow')).status).toBe(200)
    expect((await device.poll(device_code)).status).toBe(200)
    const other = await device.start({ scope: 'read' })
    expect(await (await alice.type(other.user_code)).text()).toContain('value="allow"')
  })

  it('that grows too old, or becomes another one, before the answer is not enough for a yes', async () => {
    const { owner, device, wait } = setUpOld()
    const alice = owner()
    await alice.visit()
    wait(200)
    const { user_code, device_code } = await device.start({ scope: 'openid' })
    const page = await (await alice.type(user_code)).text()
    wait(200)
    expect(goesTo(await (await alice.press(page, 'allow')).text())).toBe(toLogin(user_code))
    expect(await errorOf(await device.poll(device_code))).toBe('authorization_pending')
    expect((await alice.press(page, 'deny')).status).toBe(200)
  })
})

it('an answer that the guard took and was late to tell of is in no way lost when it is given again', async () => {
  const guard = createMemoryGuard(() => NOW)
  let isLate = false
  const swap: typeof guard.swap = async (...swapped) => {
    const outcome = await guard.swap(...swapped)
    if (isLate) throw new Error('late')
    return outcome
  }
  const { owner, device } = setUpDevices({ guard: { ...guard, swap } })
  const { user_code, device_code } = await device.start()
  const alice = owner()
  const page = await (await alice.type(user_code)).text()
  isLate = true
  expect((await alice.press(page, 'allow')).status).toBe(503)
  isLate = false
  expect((await alice.press(page, 'allow')).status).toBe(200)
  expect((await device.poll(device_code)).status).toBe(200)
  expect(await (await alice.browser.get(`${ISSUER}/apps`)).text()).toContain('Telly')
})

it('a login that the person gives up leads back to the page for devices, and to no app', async () => {
  const { owner, device } = setUpDevices({
    authenticate: async (_, { step, state }) =>
      step === 'begin'
        ? Response.redirect(`${VARS.LOGIN.url}?state=${state}`, 303)
        : Promise.reject(
            Object.assign(new (await import('../../src/index.ts')).OAuthError('access_denied', 'given up')),
          ),
  })
  const { verification_uri_complete, user_code } = await device.start()
  const { browser } = owner()
  const begun = await browser.get(verification_uri_complete)
  const state = new URL(begun.headers.get('location') ?? '').searchParams.get('state') ?? ''
  const page = await browser.get(`${ISSUER}/login/callback?state=${state}`)
  const text = await page.text()
  expect([page.status, /<h1>(.*?)<\/h1>/.exec(text)?.[1]]).toEqual([400, 'Nothing was allowed'])
  expect(text).toContain(`href="${ISSUER}/device?user_code=${user_code.replace('-', '')}"`)
})

it('nothing of a code is in a line of the log', async () => {
  const { owner, device, lines, ask } = setUpDevices()
  const { user_code, device_code } = await device.start()
  await owner().type('BCDF-GHJK')
  await owner().answer(user_code, 'allow')
  await device.poll(device_code)
  await createBrowser(ask).get(authorizeUrl({ client_id: 'unknown' }))
  const log = JSON.stringify(lines)
  expect(lines.map(({ event }) => event)).toEqual(expect.arrayContaining(['device_authorization', 'device']))
  for (const secret of [user_code, user_code.replace('-', ''), device_code, 'BCDF']) expect(log).not.toContain(secret)
})
