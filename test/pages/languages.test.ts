import { describe, expect, it } from 'vitest'
import { createMemoryGuard } from '../../src/index.ts'
import { chooseLanguage, LANGUAGES } from '../../src/pages/language.ts'
import { type Page, toPageResponse } from '../../src/pages/page.ts'
import type { Language } from '../../src/protocol/language.ts'
import { ISSUER } from '../fixtures.ts'
import { setUpDevices } from '../parties/device.ts'
import { createProvider, RP_CALLBACK } from '../parties/openid_provider.ts'
import { hiddenField } from '../parties/person.ts'
import { catalogueOf, ownView } from './catalogue.ts'

const NAMES = Object.keys(LANGUAGES) as Language[]

/** All pages but the demo's, which are for developers. */
const SPOKEN = Object.keys(catalogueOf(ownView())).filter((name) => !name.startsWith('demo'))

/** Returns each text of a language under its path; forms of a plural under one. */
function textsOf(value: unknown, path = ''): readonly (readonly [path: string, text: string])[] {
  if (typeof value === 'string') return [[path, value]]
  const members = value as Readonly<Record<string, unknown>>
  if (typeof members['other'] === 'string') return [[path, members['other']]]
  return Object.entries(members).flatMap(([name, one]) => textsOf(one, path === '' ? name : `${path}.${name}`))
}

/** Returns the holes and marks of a text, in whatever order its language has them. */
const holesOf = (text: string): string => [...text.matchAll(/\{\w+\}|<\/?\w+>/g)].map(String).sort().join()

/** What a language may say in the same letters as English. */
const SAME: Readonly<Record<string, string>> = {
  'frame.direction': 'most are written from left to right',

  'common.time': 'UTC is called so in most',
  'common.code': 'German has the word, too',
  'consent.app': 'German has the word, too',
  'consent.no': 'Spanish has the word, too',
  'consent.detail': 'only a comma',
  'developmentLogin.name': 'German has the word, too',
  'device.code': 'German and French have the word, too',
  'claims.name': 'German has the word, too',
  'claims.website': 'German has the word, too',
}

/** A name that would turn round what stands beside it, and one that is markup. */
const APP = 'Caf\u00e9 \u05d0\u05d1\u05d2 <b>'

describe.each(NAMES.filter((name) => name !== 'en'))('the words in %s', (name) => {
  it('have the holes and marks of English, each as often, and no word of it', () => {
    const texts = new Map(textsOf(LANGUAGES[name]))
    for (const [path, english] of textsOf(LANGUAGES.en)) {
      const text = texts.get(path) ?? ''
      expect([path, holesOf(text)]).toEqual([path, holesOf(english)])
      if (!Object.hasOwn(SAME, path)) expect([path, text]).not.toEqual([path, english])
    }
  })

  it('have a form for each plural of the language', () => {
    const { formats } = LANGUAGES[name].frame
    const { intro } = LANGUAGES[name].deviceTries
    const forms = Array.from({ length: 60 }, (_, minutes) => new Intl.PluralRules(formats).select(minutes))
    for (const form of forms) expect(intro).toHaveProperty(form)
  })
})

describe.each(NAMES)('pages in %s', (language) => {
  it.each(SPOKEN)('%s: say so, fill every hole, and isolate every name', async (name) => {
    const response = await toPageResponse(200, catalogueOf(ownView(language), APP)[name] as Page)
    const page = await response.text()
    expect(response.headers.get('content-language')).toBe(language)
    expect(page).toContain(`<html lang="${language}" dir="${language === 'ar' ? 'rtl' : 'ltr'}">`)
    const shown = page.slice(page.indexOf('<body>'))
    expect(shown).not.toMatch(/undefined|\[object|\{\w+\}|&lt;\/?(?:strong|a)&gt;/)
    // Whatever is isolated is taken away: nothing of a name is left.
    expect(shown.replace(/<bdi>[^<]*<\/bdi>/g, '')).not.toMatch(/Caf\u00e9|GitHub|>alice|editor\.example/)
    expect(page).not.toContain('<b>')
  })
})

describe('the language of a page', () => {
  it.each([
    ['nothing', undefined, undefined, 'en'],
    ['what the app asks for, before the browser', 'fr', 'de', 'fr'],
    ['the best that is there', 'se tlh de-AT fr', 'ja', 'de'],
    ['the browser, where the app asks for what is not there', 'se', 'ja', 'ja'],
    ['a region, cut off (RFC 4647 §3.4)', undefined, 'es-419', 'es'],
    ['a script', undefined, 'ar-Arab-EG', 'ar'],
    ['weights (RFC 9110 §12.4.2)', undefined, 'en;q=0.5, de;q=0.9, fr;q=0.7', 'de'],
    ['the first of equals', undefined, 'fr,de', 'fr'],
    ['spaces around', undefined, '  de ; q=0.3 ,\tes;Q=0.8', 'es'],
    ['what is refused', undefined, 'de;q=0, fr;q=0.1', 'fr'],
    ['any', undefined, '*', 'en'],
    ['any, after what is not there', undefined, 'xx, *;q=0.5, de;q=0.1', 'en'],
    ['capital letters', 'DE-de', undefined, 'de'],
    ['what is no header', undefined, ';;,,q=,de-,=', 'en'],
    ['a weight that is none', undefined, 'de;q=2, fr;q=x, ja;q=0.001', 'ja'],
    ['a name of every object', 'constructor __proto__ toString', 'hasOwnProperty', 'en'],
    ['more than anybody reads', `${'x '.repeat(40)}de`, `${'xx,'.repeat(5000)}de`, 'en'],
  ])('goes by %s', (_, uiLocales, header, language) => {
    expect(chooseLanguage(uiLocales, header)).toBe(language)
  })
})

const langOf = (page: string): string | undefined => /<html lang="(\w+)"/.exec(page)?.[1]

describe('ui_locales (OpenID Connect Core §3.1.2.1)', () => {
  const ASKED = {
    response_type: 'code',
    client_id: 'rp',
    redirect_uri: RP_CALLBACK,
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  }
  const german = { 'accept-language': 'de' }

  it('is kept through login and question, whatever the browser prefers', async () => {
    const { browser } = createProvider()
    let response = await browser.get(
      `${ISSUER}/authorize?${new URLSearchParams({ ...ASKED, ui_locales: 'fr' })}`,
      german,
    )
    while (response.status === 303) response = await browser.get(response.headers.get('location') ?? '', german)
    const page = await response.text()
    expect(langOf(page)).toBe('fr')
    const form = { consent: hiddenField(page, 'consent'), decision: 'deny' }
    expect(langOf(await (await browser.post(`${ISSUER}/consent`, form, german)).text())).toBe('fr')
  })

  it('without it is what the browser prefers', async () => {
    const { browser } = createProvider()
    const response = await browser.get(`${ISSUER}/apps`, german)
    expect(langOf(await response.text())).toBe('de')
    expect(langOf(await (await browser.get(`${ISSUER}/apps?ui_locales=ja`, german)).text())).toBe('ja')
  })

  it('counts on the page of an error, too, and where nothing is', async () => {
    const { browser } = createProvider()
    const wrong = new URLSearchParams({ ...ASKED, client_id: 'nobody', ui_locales: 'es' })
    expect(langOf(await (await browser.get(`${ISSUER}/authorize?${wrong}`, german)).text())).toBe('es')
    const nothing = await browser.get(`${ISSUER}/nothing`, { ...german, accept: 'text/html' })
    expect([nothing.status, langOf(await nothing.text())]).toEqual([404, 'de'])
  })

  it('goes on where somebody logs out', async () => {
    const { browser } = createProvider()
    await browser.get(`${ISSUER}/authorize?${new URLSearchParams(ASKED)}`)
    const page = await (await browser.get(`${ISSUER}/logout?ui_locales=ar`, german)).text()
    const form = { token: hiddenField(page, 'token'), ui_locales: hiddenField(page, 'ui_locales') }
    expect([langOf(page), form.ui_locales]).toEqual(['ar', 'ar'])
    expect(langOf(await (await browser.post(`${ISSUER}/logout`, form, german)).text())).toBe('ar')
  })

  it('goes on where a device is let in', async () => {
    const { owner, device } = setUpDevices({ guard: createMemoryGuard(() => 0) })
    const { user_code } = await device.start()
    const alice = owner()
    const page = await (await alice.visit(`${ISSUER}/device?ui_locales=ja`)).text()
    const form = { form: hiddenField(page, 'form'), user_code, ui_locales: hiddenField(page, 'ui_locales') }
    expect([langOf(page), form.ui_locales]).toEqual(['ja', 'ja'])
    expect(langOf(await (await alice.browser.post(`${ISSUER}/device`, form, german)).text())).toBe('ja')
  })

  it('of six at once gives each its own', async () => {
    const { browser } = createProvider()
    const pages = await Promise.all(NAMES.map((name) => browser.get(`${ISSUER}/apps`, { 'accept-language': name })))
    expect(await Promise.all(pages.map(async (page) => langOf(await page.text())))).toEqual(NAMES)
  })
})
