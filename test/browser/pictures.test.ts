import type { Browser, Page as Tab } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Page, toPageResponse } from '../../src/pages/page.ts'
import { catalogueOf, ownView, plainView } from '../pages/catalogue.ts'
import { isWithoutChromium, startChromium } from './chromium.ts'
import { besideEachOther, comparePicture } from './pictures.ts'

const SIZES = { phone: { width: 375, height: 667 }, desk: { width: 720, height: 700 } }

/** One font for all machines that have Debian's, no caret that blinks, and the answers where they end, not within reach. */
const STILL =
  '#question{position:static!important}*{font-family:"DejaVu Sans",VL Gothic,sans-serif!important;caret-color:transparent!important}'

describe.skipIf(isWithoutChromium)('the pages', { timeout: 60_000 }, () => {
  let browser: Browser
  let tabs: readonly Tab[]

  beforeAll(async () => {
    browser = await startChromium()
    const looks = Object.values(SIZES).flatMap((viewport) =>
      (['light', 'dark'] as const).map((colorScheme) => ({ viewport, colorScheme, javaScriptEnabled: false })),
    )
    tabs = await Promise.all(looks.map(async (look) => (await browser.newContext(look)).newPage()))
  }, 60_000)
  afterAll(() => browser.close())

  /** Returns pictures of a page, on a phone and at a desk, light and dark, beside each other. */
  async function draw({ goesTo: _, postsAway: __, ...page }: Page): Promise<Buffer> {
    const text = await (await toPageResponse(200, page)).text()
    const body = text.replace('</head>', `<style>${STILL}</style></head>`)
    const pictures: Buffer[] = []
    for (const tab of tabs) {
      await tab.route('**/*', (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body }))
      await tab.goto(`${page.view.issuer}/`)
      pictures.push(await tab.screenshot({ fullPage: true, animations: 'disabled' }))
      await tab.unroute('**/*')
    }
    return besideEachOther(pictures)
  }

  it.each(Object.keys(catalogueOf(ownView())))('%s looks as it is kept', async (name) => {
    const page = catalogueOf(ownView())[name] as Page
    expect(comparePicture(name, await draw(page))).toBeUndefined()
  })

  it.each(['ar', 'ja', 'de'])('the question in %s looks as it is kept', async (language) => {
    const { consent } = catalogueOf(ownView(language))
    expect(comparePicture(`consent_${language}`, await draw(consent as Page))).toBeUndefined()
  })

  it('of an operator who says nothing, in development, looks as it is kept', async () => {
    const { consent } = catalogueOf(plainView())
    expect(comparePicture('consent_plain', await draw(consent as Page))).toBeUndefined()
  })
})
