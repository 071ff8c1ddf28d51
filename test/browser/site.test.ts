import { execFile } from 'node:child_process'
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLeaves, exportKeys, type ResourceKeys, writeKeys, writeRing } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import { ROOT } from '../checkout.ts'
import { PAGES } from '../docs.ts'
import { API, API2, ISSUER, testRing } from '../fixtures.ts'
import { type StaticSite, serveFolder } from '../parties/static_site.ts'
import { isWithoutChromium, startChromium } from './chromium.ts'

/** What an operator asks at night, and the section that answers: with how it begins, for each is read on in its page. */
const QUESTIONS: readonly (readonly [question: string, answer: RegExp])[] = [
  ['a key leaked', /\/when-something-leaks\.html/],
  ['one client gets 401', /\/errors\.html#what-a-client-is-told$/],
  ['how long until a revoked token is refused', /#revoked-tokens$|\/revocation\.html/],
  ['rotate keys now', /#rotating$/],
  ['postgres is down', /#when-the-guard-does-not-answer$|#the-guard-is-lost$/],
  ['invalid_grant on refresh', /#refreshing$/],
  ['clock skew', /#clocks$/],
  ['upgrade and roll back', /#upgrade-and-back$/],
  ['add a client without deploy', /\/sealed-settings\.html/],
  ['lost the key ring', /#the-ring-is-lost$/],
]

const build = { folder: '', out: '', err: '' }

/** Opens a window that notes what it asks of other hosts, and what it complains of. */
async function openWindow(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<{ context: BrowserContext; page: Page; elsewhere: string[]; complaints: string[] }> {
  const context = await browser.newContext(options)
  const elsewhere: string[] = []
  const complaints: string[] = []
  await context.route(
    (url) => url.hostname !== '127.0.0.1' && !['data:', 'file:'].includes(url.protocol),
    (route) => {
      elsewhere.push(route.request().url())
      return route.abort()
    },
  )
  const page = await context.newPage()
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return { context, page, elsewhere, complaints }
}

describe('the site of the documentation', { timeout: 240_000 }, () => {
  const pages = [...PAGES.keys()].map((path) => path.replace('docs/', ''))
  let site: StaticSite
  let browser: Browser
  let axe = ''

  beforeAll(async () => {
    build.folder = mkdtempSync(join(tmpdir(), 'bulla-site-'))
    const { stdout, stderr } = await promisify(execFile)('npm', ['run', 'docs', '--', '--outDir', build.folder], {
      cwd: ROOT,
      env: { ...process.env, NO_COLOR: '1' },
    })
    build.out = stdout
    build.err = stderr
    if (isWithoutChromium) return
    site = await serveFolder(build.folder)
    browser = await startChromium()
    axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  }, 240_000)
  afterAll(async () => {
    await browser?.close()
    site?.stop()
    rmSync(build.folder, { recursive: true, force: true })
  })

  it('is built without a warning', () => {
    expect(build.out).toContain('build complete')
    expect(`${build.out}${build.err}`).not.toMatch(/warn|\(!\)|deprecat/i)
  })

  it('has each page as HTML, and as Markdown beside it that leads on to Markdown', () => {
    const built = globSync('**/*.md', { cwd: build.folder }).toSorted()
    expect(built).toEqual(pages.toSorted())
    for (const page of pages) {
      expect(existsSync(join(build.folder, page.replace(/\.md$/, '.html'))), page).toBe(true)
      const text = readFileSync(join(build.folder, page), 'utf8')
      expect(text).not.toMatch(/<!-- test: /)
      expect(text.match(/\]\((?:\.\.\/)+(?:src|test|examples|[A-Z])[^)]*\)/g), page).toBeNull()
    }
  })

  it('tells programs that read of every page: each once, in llms.txt; and all of it in llms-full.txt', () => {
    const list = readFileSync(join(build.folder, 'llms.txt'), 'utf8')
    const told = [...list.matchAll(/^- \[[^\]]+\]\(([^)]+)\)/gm)].map(([, path = '']) => path)
    expect(told.toSorted()).toEqual(pages.filter((page) => page !== 'index.md').toSorted())
    expect(list).toMatch(/^# Bulla\n\n> .{40}/)
    const whole = readFileSync(join(build.folder, 'llms-full.txt'), 'utf8')
    expect(pages.filter((page) => !whole.includes(`<!-- ${page} -->`))).toEqual([])
  })

  it('lets no page do anything but what it brings: its scripts are named, by their digests', () => {
    const files = globSync('**/*.html', { cwd: build.folder })
    expect(files.length).toBeGreaterThan(pages.length)
    const policies = files.map(
      (file) => readFileSync(join(build.folder, file), 'utf8').match(/Security-Policy" content="([^"]+)/)?.[1],
    )
    expect(policies.filter((policy) => !policy?.startsWith("default-src 'none'; script-src"))).toEqual([])
    expect(policies.filter((policy) => /script-src[^;]*unsafe|https?:/.test(policy ?? ''))).toEqual([])
  })

  describe.skipIf(isWithoutChromium)('in Chromium', () => {
    /** Returns what stands against the accessibility guidelines on a page, but for what is VitePress' own and no page can change. */
    async function faultsOf(page: Page): Promise<readonly string[]> {
      await page.evaluate(axe)
      return page.evaluate(async () => {
        const { axe } = window as unknown as {
          axe: { run(options: object): Promise<{ violations: { id: string; nodes: { target: string[] }[] }[] }> }
        }
        const { violations } = await axe.run({
          runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
          // The search button says its key beside its name; the results are links in options of a list.
          rules: { 'label-content-name-mismatch': { enabled: false }, 'nested-interactive': { enabled: false } },
        })
        return violations.map(({ id, nodes }) => `${id} ${nodes.map(({ target }) => target.join(' ')).join(', ')}`)
      })
    }

    it('has no broken link, neither page nor anchor; asks no other host; and complains of nothing', async () => {
      const { context, page, elsewhere, complaints } = await openWindow(browser)
      const anchors = new Map<string, ReadonlySet<string>>()
      const links: (readonly [from: string, to: string])[] = []
      const waiting = [`${site.origin}/`, `${site.origin}/open.html`]
      for (const url of waiting) {
        const answer = await page.goto(url)
        if (answer?.status() !== 200) continue
        if (!url.endsWith('/open.html')) await page.locator('#app .VPNav').waitFor()
        const found = await page.evaluate(() => ({
          ids: [...document.querySelectorAll('[id]')].map(({ id }) => id),
          hrefs: [...document.querySelectorAll<HTMLAnchorElement>('a[href]')].map(({ href }) => href),
        }))
        anchors.set(url, new Set(found.ids))
        for (const href of found.hrefs.filter((one) => one.startsWith(site.origin))) {
          links.push([url, href])
          const [target = ''] = href.split('#')
          if (!waiting.includes(target)) waiting.push(target)
        }
      }
      const broken = links.filter(([, to]) => {
        const [target = '', anchor = ''] = to.split('#')
        const ids = anchors.get(target)
        return ids === undefined || (anchor !== '' && !ids.has(decodeURIComponent(anchor)))
      })
      expect(broken).toEqual([])
      expect([...anchors.keys()].length).toBeGreaterThan(pages.length)
      expect({ elsewhere, complaints }).toEqual({ elsewhere: [], complaints: [] })
      await context.close()
    })

    it('answers what an operator asks at night, within the first two results of its own search', async () => {
      const { context, page, elsewhere, complaints } = await openWindow(browser)
      await page.goto(`${site.origin}/guides/runbooks.html`)
      const missed: string[] = []
      await page.getByRole('button', { name: 'Search' }).first().click()
      for (const [question, answer] of QUESTIONS) {
        await page.locator('#localsearch-input').fill('')
        await page.locator('#localsearch-list .result').first().waitFor({ state: 'detached' })
        await page.locator('#localsearch-input').fill(question)
        await page.locator('#localsearch-list .result').nth(1).waitFor()
        const results = await page
          .locator('#localsearch-list a.result')
          .evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href))
        const first = results.slice(0, 2)
        if (!first.some((href) => answer.test(href))) missed.push(`${question}: ${first.join(' ')}`)
      }
      expect(missed).toEqual([])
      expect({ elsewhere, complaints }).toEqual({ elsewhere: [], complaints: [] })
      await context.close()
    })

    it.each(['light', 'dark'] as const)('can be read by everybody, in %s (WCAG 2.2)', async (colorScheme) => {
      for (const width of [1280, 390]) {
        const { context, page } = await openWindow(browser, { colorScheme, viewport: { width, height: 800 } })
        for (const path of ['/', '/guides/runbooks.html', '/open.html']) {
          await page.goto(`${site.origin}${path}`)
          if (path === '/open.html') await openExample(page)
          expect([path, width, await faultsOf(page)]).toEqual([path, width, []])
          const { wide, room } = await page.evaluate(() => ({
            wide: document.documentElement.scrollWidth,
            room: document.documentElement.clientWidth,
          }))
          expect([path, wide <= room]).toEqual([path, true])
        }
        await page.goto(`${site.origin}/`)
        await page.getByRole('button', { name: 'Search' }).first().click()
        await page.locator('#localsearch-input').fill('a key leaked')
        await page.locator('#localsearch-list .result').first().waitFor()
        expect(await faultsOf(page)).toEqual([])
        await context.close()
      }
    })

    async function openExample(page: Page): Promise<void> {
      await page.getByRole('button', { name: 'Show me an example' }).click()
      await page.locator('.verdict.good').waitFor()
    }

    describe('the page that opens a token', () => {
      const nowInSeconds = (): number => Math.floor(Date.now() / 1000)
      const keysAt = (now: number, resource = API): ResourceKeys =>
        exportKeys(testRing(now), { issuer: ISSUER, resource, now })

      async function seal(by: ResourceKeys, iat: number): Promise<string> {
        const entitlement = {
          sub: 'ada',
          client_id: 'desk',
          aud: by.resource,
          scope: ['orders:read'],
          iat,
          exp: iat + 600,
          jti: 'one',
        }
        return sealDirect(
          { ...entitlement, claims: { plan: '<b>gold</b>' } },
          ISSUER,
          createLeaves({ ...by, longestLife: 86_400 }),
          nowInSeconds(),
        )
      }

      /** Opens a token there as a person does, and returns what the page says. */
      async function show(page: Page, token: string, text: string): Promise<string> {
        await page.getByLabel('Access token').fill(token)
        await page.getByLabel('Keys of its API').fill(text)
        await page.getByRole('button', { name: 'Open' }).click()
        await page.locator('.verdict').waitFor()
        return page.locator('#result').innerText()
      }

      it('opens a token of ours, says why another does not open, and asks for nothing', async () => {
        const { context, page, complaints } = await openWindow(browser)
        await page.goto(`${site.origin}/open.html`)
        const asked: string[] = []
        page.on('request', (request) => asked.push(request.url()))
        const now = nowInSeconds()
        const keys = keysAt(now)
        const token = await seal(keys, now)
        const good = await show(page, token, writeKeys(keys))
        expect(good).toMatch(/^It opens, and is good for \d+ (?:minute|second)s?/)
        expect(good).toContain('<b>gold</b>')
        expect(await page.locator('.token span').allInnerTexts()).toEqual(token.split('.'))
        const at = token.lastIndexOf('.') - 20
        const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`
        expect(await show(page, changed, writeKeys(keys))).toContain('It does not open: the envelope does not open')
        expect(await show(page, await seal(keys, now - 700), writeKeys(keys))).toMatch(/\(expired\)[\s\S]*ada/)
        const others = keysAt(now, API2)
        expect(await show(page, token, writeKeys(others))).toContain('(decryption)')
        expect(await show(page, 'eyJhbGciOiJFUzI1NiJ9.e30.AA', writeKeys(keys))).toContain('a signed JWT')
        expect(asked).toEqual([])
        expect(complaints).toEqual([])
        await context.close()
      })

      it('takes no ring, keeps nothing, and could ask nobody', async () => {
        const { context, page, elsewhere } = await openWindow(browser)
        await page.goto(`${site.origin}/open.html`)
        const now = nowInSeconds()
        expect(await show(page, await seal(keysAt(now), now), writeRing(testRing(now)))).toContain(
          'That was a key ring',
        )
        expect(await page.getByLabel('Keys of its API').inputValue()).toBe('')
        await openExample(page)
        const refused = await page.evaluate(
          async (url) =>
            fetch(url).then(
              () => 'sent',
              () => 'refused',
            ),
          `${site.origin}/`,
        )
        expect(refused).toBe('refused')
        await page.reload()
        expect(await page.getByLabel('Access token').inputValue()).toBe('')
        expect(await page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie])).toEqual([
          0,
          0,
          '',
        ])
        expect(elsewhere).toEqual([])
        await context.close()
      })

      it('is one file, which opens a token from a disk as well', async () => {
        const { context, page } = await openWindow(browser)
        await page.goto(`file://${build.folder}/open.html`)
        await openExample(page)
        await context.close()
      })
    })
  })
})
