import { describe, expect, it } from 'vitest'
import { createMemoryGuard, type IssuerSettings } from '../../src/index.ts'
import { LANGUAGES } from '../../src/pages/language.ts'
import type { Language } from '../../src/protocol/language.ts'
import { API, ISSUER, NOW, testIssuer, VARS } from '../fixtures.ts'
import { setUpDevices } from '../parties/device.ts'
import {
  authorizeUrl,
  type Browser,
  createApp,
  createBrowser,
  createPerson,
  goesTo,
  hiddenField,
  pushedBy,
  REQUESTS,
  signLogin,
} from '../parties/person.ts'

const NAMES = Object.keys(LANGUAGES) as Language[]
const COOKIE = '__Host-bulla-language'

const langOf = (page: string): string | undefined => /<html lang="(\w+)"/.exec(page)?.[1]
const readLang = async (response: Response): Promise<string | undefined> => langOf(await response.text())

/** Returns where each link of the foot leads, by its language. */
function linksOf(page: string): ReadonlyMap<string, string> {
  const links = page.matchAll(/<a href="([^"]*)" lang="(\w+)" hreflang="(\w+)">/g)
  return new Map([...links].map(([, href = '', lang = '']) => [lang, href.replaceAll('&amp;', '&')]))
}

/** Follows the link of the foot to a language. */
async function switchTo(browser: Browser, page: string, language: Language): Promise<string> {
  const response = await browser.get(linksOf(page).get(language) ?? 'no link', OWN)
  const text = await response.text()
  expect([response.status < 400, langOf(text), response.headers.get('content-language')]).toEqual([
    true,
    language,
    language,
  ])
  return text
}

/** What a browser says when somebody follows a link of our own page. */
const OWN = { 'sec-fetch-site': 'same-origin', 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate' }

function setUp(changes: Partial<IssuerSettings> = {}) {
  const issuer = testIssuer({ guard: createMemoryGuard(() => NOW), ...changes })
  const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
  return { ask, alice: createPerson(ask, { now: () => NOW }) }
}

describe('the language that a person chose', () => {
  it('counts before ui_locales and Accept-Language, through question, answer and error', async () => {
    const { alice } = setUp()
    const { browser } = alice
    const french = { ui_locales: 'fr' }
    const german = { 'accept-language': 'de' }
    const first = await (await alice.visit(french)).text()
    expect(langOf(first)).toBe('fr')
    const question = await switchTo(browser, first, 'ja')
    expect(await readLang(await browser.get(authorizeUrl(french), german))).toBe('ja')
    const form = { consent: hiddenField(question, 'consent'), decision: 'allow' }
    const left = await (await browser.post(`${ISSUER}/consent`, form, german)).text()
    expect([langOf(left), goesTo(left)]).toEqual(['ja', expect.stringContaining('https://app.example/cb?code=')])
    const wrong = await browser.get(authorizeUrl({ ...french, client_id: 'nobody' }), german)
    expect([wrong.status, await readLang(wrong)]).toEqual([400, 'ja'])
    const nothing = await browser.get(`${ISSUER}/nothing?ui_locales=fr`, { ...german, accept: 'text/html' })
    expect([nothing.status, await readLang(nothing)]).toEqual([404, 'ja'])
    const again = await browser.post(`${ISSUER}/consent`, { consent: 'x', decision: 'allow' }, german)
    expect([again.status, await readLang(again)]).toEqual([400, 'ja'])
  })

  it('is in a cookie of half a year, of this host, that holds the language and no more', async () => {
    const { ask } = setUp()
    const response = await ask(new Request(`${ISSUER}/?bulla_language=ar`, { headers: OWN }))
    expect(response.headers.getSetCookie()).toEqual([
      `${COOKIE}=ar; Max-Age=15552000; Path=/; HttpOnly; Secure; SameSite=Lax`,
    ])
    expect([response.headers.get('cache-control'), response.headers.get('vary')]).toEqual(['no-store', null])
    const plain = await ask(new Request(`${ISSUER}/`, { headers: { cookie: `${COOKIE}=ar` } }))
    expect([plain.headers.getSetCookie(), await readLang(plain)]).toEqual([[], 'ar'])
  })

  it('is told to whoever logs the person in, before what the app asks for', async () => {
    const { alice } = setUp()
    alice.browser.cookies.set(COOKIE, 'ja')
    const locales = async (changes = {}): Promise<string | null> => {
      const response = await alice.browser.get(authorizeUrl({ prompt: 'login', ...changes }))
      return new URL(response.headers.get('location') ?? '').searchParams.get('ui_locales')
    }
    expect([await locales({ ui_locales: 'fr de' }), await locales()]).toEqual(['ja fr de', 'ja'])
    alice.browser.cookies.delete(COOKIE)
    expect([await locales({ ui_locales: 'fr de' }), await locales()]).toEqual(['fr de', null])
  })

  it.each([
    'DE',
    'de-AT',
    'de ',
    'xx',
    '',
    '__proto__',
    'constructor',
    'toString',
    '"><script>',
    'de,fr',
    'x'.repeat(3000),
  ])('that is none of ours is passed over, in a cookie and in a link: %j', async (forged) => {
    const { ask } = setUp()
    const cookie = { cookie: `${COOKIE}=${encodeURIComponent(forged)}`, 'accept-language': 'es' }
    expect(await readLang(await ask(new Request(`${ISSUER}/`, { headers: cookie })))).toBe('es')
    const url = `${ISSUER}/?bulla_language=${encodeURIComponent(forged)}`
    const linked = await ask(new Request(url, { headers: { ...OWN, 'accept-language': 'es' } }))
    const page = await linked.text()
    expect([linked.headers.getSetCookie(), langOf(page)]).toEqual([[], 'es'])
    expect(page).not.toContain('<script>')
  })

  it.each<[string, Record<string, string>, string]>([
    ['a link of another site', { ...OWN, 'sec-fetch-site': 'cross-site' }, ''],
    ['a link of a neighbour', { ...OWN, 'sec-fetch-site': 'same-site' }, ''],
    ['an address that somebody was sent', { ...OWN, 'sec-fetch-site': 'none' }, ''],
    ['a picture', { ...OWN, 'sec-fetch-dest': 'image' }, ''],
    ['a browser that looks ahead', { ...OWN, 'sec-purpose': 'prefetch' }, ''],
    ['two languages', OWN, '&bulla_language=fr'],
  ])('is not chosen by %s', async (_, headers, more) => {
    const { ask } = setUp()
    const response = await ask(new Request(`${ISSUER}/?bulla_language=ja${more}`, { headers }))
    expect([response.headers.getSetCookie(), await readLang(response)]).toEqual([[], 'en'])
  })

  it('is chosen in a browser that does not tell where a link stands', async () => {
    const { ask } = setUp()
    const response = await ask(new Request(`${ISSUER}/?bulla_language=ja`))
    expect([response.headers.getSetCookie().length, await readLang(response)]).toEqual([1, 'ja'])
  })

  it('of six at once is the own one of each', async () => {
    const { ask } = setUp()
    const browsers = NAMES.map(() => createBrowser(ask))
    const chosen = NAMES.map((name, at) => browsers[at]?.get(`${ISSUER}/?bulla_language=${name}`, OWN))
    const shown = await Promise.all(chosen.map(async (response) => readLang((await response) as Response)))
    const later = browsers.map(async (one) => readLang(await one.get(`${ISSUER}/apps`)))
    expect([shown, await Promise.all(later)]).toEqual([NAMES, NAMES])
  })

  it('is of one issuer alone, where several share a host', async () => {
    const path = `${ISSUER}/tenant`
    const { ask } = setUp({ issuer: path })
    const response = await ask(new Request(`${path}/apps?x=1`))
    const links = linksOf(await response.text())
    expect(links.get('de')).toBe(`${path}/apps?x=1&bulla_language=de`)
    const chosen = await ask(new Request(links.get('de') ?? '', { headers: OWN }))
    expect(chosen.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-bulla-language-tenant=de; /)])
    expect(linksOf(await (await ask(new Request(path))).text()).get('de')).toBe(`${path}?bulla_language=de`)
  })
})

describe('the links to other languages', () => {
  it('are all but the one that the page is in, each by its own name, after all forms of the page', async () => {
    const { alice } = setUp()
    const page = await (await alice.visit()).text()
    expect([...linksOf(page).keys()]).toEqual(NAMES.filter((name) => name !== 'en'))
    expect(page).toContain('<nav aria-label="Language"><ul><li><span lang="en" aria-current="true">English</span></li>')
    for (const name of NAMES) expect(page).toContain(`>${LANGUAGES[name].frame.name}</`)
    expect(page.indexOf('<nav')).toBeGreaterThan(page.lastIndexOf('</form>'))
  })

  it('keep every other parameter as it is written, and replace an earlier choice', async () => {
    const { ask } = setUp()
    const odd = `state=a%20b+c%2B~'*&bulla_language=xx&resource=${encodeURIComponent(API)}&resource=x&bulla%5Flanguage=fr&empty=&=&%FF`
    const page = await (await ask(new Request(`${ISSUER}/apps?${odd}`))).text()
    expect(linksOf(page).get('ja')?.replaceAll('&#39;', "'").replaceAll('%27', "'")).toBe(
      `${ISSUER}/apps?state=a%20b+c%2B~'*&resource=${encodeURIComponent(API)}&resource=x&empty=&=&%FF&bulla_language=ja`,
    )
  })

  it('stay at this host, and are no markup, whatever was asked', async () => {
    const { ask } = setUp()
    for (const query of [
      '"><script>alert(1)</script>',
      'https://evil.example/',
      '//evil.example',
      'bulla_language=//evil.example',
      'bulla_language=javascript:alert(1)',
    ]) {
      const page = await (await ask(new Request(`${ISSUER}/apps?${query}`))).text()
      expect(page).not.toContain('<script')
      for (const href of linksOf(page).values()) expect(href).toMatch(/^https:\/\/as\.example\/apps\?[^"<>\s]*$/)
      expect(linksOf(page).size).toBe(5)
    }
  })

  it('are left out where no room is left for them in an address', async () => {
    const { ask } = setUp()
    const room = 8192 - `${ISSUER}/apps?x=&bulla_language=de`.length
    for (const [length, links] of [
      [room, 5],
      [room + 1, 0],
    ] as const) {
      const page = await (await ask(new Request(`${ISSUER}/apps?x=${'x'.repeat(length)}`))).text()
      expect(linksOf(page).size).toBe(links)
      for (const href of linksOf(page).values())
        expect((await ask(new Request(href, { headers: OWN }))).status).toBe(200)
    }
  })

  it('go on with a request that was pushed, as often as somebody likes, and it leads to its code once', async () => {
    const { ask, alice } = setUp()
    const { browser } = alice
    const pushed = await pushedBy(
      'pub',
      await createApp(ask).push({ prompt: 'login', max_age: '60', ui_locales: 'es' }),
    )
    let page = await (await alice.visit(pushed)).text()
    expect(langOf(page)).toBe('es')
    for (const language of ['ja', 'ar', 'de', 'en', 'ja'] as const) page = await switchTo(browser, page, language)
    const form = { consent: hiddenField(page, 'consent'), decision: 'allow' }
    const code = new URL(goesTo(await (await browser.post(`${ISSUER}/consent`, form)).text())).searchParams.get('code')
    expect((await createApp(ask).redeem(code ?? '')).status).toBe(200)
    expect((await browser.get(linksOf(page).get('de') ?? '', OWN)).status).toBe(400)
  })

  it.each<[string, Record<string, string>]>([
    ['prompt=login', { prompt: 'login' }],
    ['prompt=consent', { prompt: 'consent' }],
    ['max_age=0', { max_age: '0' }],
  ])('ask nobody to log in once more: %s', async (_, changes) => {
    const { ask, alice } = setUp()
    const page = await switchTo(alice.browser, await (await alice.visit(changes)).text(), 'ja')
    const form = { consent: hiddenField(page, 'consent'), decision: 'allow' }
    const answered = await (await alice.browser.post(`${ISSUER}/consent`, form)).text()
    const code = new URL(goesTo(answered)).searchParams.get('code') ?? ''
    expect((await createApp(ask).redeem(code)).status).toBe(200)
  })

  it('lead to the code where a device is let in, and from there to the same question', async () => {
    const { owner, device } = setUpDevices({ guard: createMemoryGuard(() => NOW) })
    const { user_code, device_code, verification_uri_complete } = await device.start()
    const alice = owner()
    const { browser } = alice
    const brought = await (await alice.visit(verification_uri_complete)).text()
    const compared = await switchTo(browser, brought, 'ja')
    expect(compared).toContain(`value="${user_code}"`)
    const typed = { form: hiddenField(compared, 'form'), user_code }
    const question = await (await browser.post(`${ISSUER}/device`, typed)).text()
    expect([langOf(question), hiddenField(question, 'consent')]).toEqual(['ja', expect.stringMatching(/./)])
    const again = await switchTo(browser, question, 'de')
    expect(again).toContain(`value="${user_code}"`)
    const wrong = { form: hiddenField(again, 'form'), user_code: 'BBBB-BBBB' }
    const refused = await browser.post(`${ISSUER}/device`, wrong)
    expect([refused.status, linksOf(await refused.text()).get('fr')]).toEqual([
      400,
      `${ISSUER}/device?bulla_language=fr`,
    ])
    const last = { form: hiddenField(again, 'form'), user_code }
    await alice.press(await (await browser.post(`${ISSUER}/device`, last)).text(), 'allow')
    expect((await device.poll(device_code)).status).toBe(200)
  })

  it('stand on no page that comes of a form, goes by itself, or cannot be had again', async () => {
    const { ask, alice } = setUp()
    const { browser } = alice
    const shown: (readonly [string, number, number])[] = []
    const look = async (name: string, response: Response): Promise<string> => {
      const text = await response.text()
      shown.push([name, response.status, linksOf(text).size])
      return text
    }
    const begun = (await browser.get(authorizeUrl())).headers.get('location') ?? ''
    await look(
      'a login that failed',
      await browser.get(await signLogin(begun, 'alice', { now: NOW, claims: { nonce: 'x' } })),
    )
    const question = await look('question', await alice.visit())
    const form = (decision: string) => ({ consent: hiddenField(question, 'consent'), decision })
    await look('another account', await browser.post(`${ISSUER}/consent`, form('switch')))
    await look('allowed', await browser.post(`${ISSUER}/consent`, form('allow')))
    await look('answered', await browser.post(`${ISSUER}/consent`, form('deny')))
    await look('no address', await browser.get(`${ISSUER}/nothing`, { accept: 'text/html' }))
    await look('no GET', await browser.get(`${ISSUER}/consent`, { accept: 'text/html' }))
    await look('posted by GET', await browser.get(authorizeUrl({ response_mode: 'form_post' })))
    await look('an error', await browser.get(authorizeUrl({ client_id: 'nobody' })))
    await look('apps', await browser.get(`${ISSUER}/apps`))
    const token = hiddenField(await look('logout', await browser.get(`${ISSUER}/logout`)), 'token')
    await look('logged out', await browser.post(`${ISSUER}/logout`, { token }))
    await look('logged out before', await browser.get(`${ISSUER}/logout`))
    expect(shown).toEqual([
      ['a login that failed', 400, 0],
      ['question', 200, 5],
      ['another account', 200, 0],
      ['allowed', 200, 0],
      ['answered', 409, 0],
      ['no address', 404, 0],
      ['no GET', 405, 0],
      ['posted by GET', 200, 0],
      ['an error', 400, 0],
      ['apps', 200, 5],
      ['logout', 200, 5],
      ['logged out', 200, 0],
      ['logged out before', 200, 5],
    ])
    expect((await ask(new Request(`${ISSUER}/logout`, { method: 'HEAD' }))).headers.getSetCookie()).toEqual([])
  })

  it('keep the opener of a client that opens popups', async () => {
    const { pub, ...clients } = VARS.CLIENTS
    const { alice } = setUp({ clients: { ...clients, pub: { ...pub, opens_popup: true } } })
    const page = await (await alice.visit()).text()
    const response = await alice.browser.get(linksOf(page).get('ja') ?? '', OWN)
    expect([response.status, response.headers.get('cross-origin-opener-policy')]).toEqual([200, 'unsafe-none'])
  })

  it('say nothing in the log, and make no event', async () => {
    const lines: unknown[] = []
    const { alice } = setUp({ log: (entry) => lines.push(entry), onEvent: (event) => void lines.push(event) })
    const page = await (await alice.visit(REQUESTS['pub'])).text()
    await switchTo(alice.browser, page, 'ja')
    expect(JSON.stringify(lines)).not.toMatch(/bulla_language|"ja"/)
  })
})
