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
  ['how long until a revoked token is refused', /\/api-in-production\.html#revoked-tokens$/],
  ['rotate keys now', /\/keys-and-rotation\.html#rotating$/],
  ['postgres is down', /\/errors\.html#when-the-guard-does-not-answer$/],
  ['invalid_grant on refresh', /\/clients\.html#refreshing$/],
  ['clock skew', /\/keys-and-rotation\.html#clocks$/],
  ['upgrade and roll back', /\/runbooks\.html#upgrade-and-back$/],
  ['add a client without deploy', /\/sealed-settings\.html/],
  ['lost the key ring', /\/runbooks\.html#the-ring-is-lost$/],
]

const build = { folder: '', out: '', err: '' }

/** Returns the values of an attribute of a page's tags. */
function valuesOf(html: string, attribute: string): readonly string[] {
  const tags = html.replace(/<script\b[\s\S]*?<\/script>/g, '').match(/<[a-z][^>]*>/g) ?? []
  const found = tags.flatMap((tag) => [...tag.matchAll(new RegExp(`\\s(?:${attribute})="([^"]*)"`, 'g'))])
  return found.map(([, value = '']) => value.replaceAll('&amp;', '&'))
}

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
  let pages: readonly string[]
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
    const ofApi = globSync('docs/reference/api/*.md', { cwd: ROOT })
    pages = [...PAGES.keys(), ...ofApi].map((path) => path.replace('docs/', '')).toSorted()
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
    expect(built).toEqual(pages)
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
    expect(told.toSorted()).toEqual(pages.filter((page) => page !== 'index.md'))
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

  it('has no broken link, neither page nor anchor, and brings all that its pages are made of', () => {
    const files = globSync('**/*.html', { cwd: build.folder })
    const texts = new Map(files.map((file) => [file, readFileSync(join(build.folder, file), 'utf8')]))
    const anchors = new Map([...texts].map(([file, html]) => [file, new Set(valuesOf(html, 'id'))]))
    const broken = [...texts].flatMap(([file, html]) => {
      const bad = valuesOf(html, 'href|src').filter((link) => {
        const { origin, pathname, hash } = new URL(link, `http://site.invalid/${file}`)
        if (origin !== 'http://site.invalid') return false
        const target = decodeURIComponent(pathname.slice(1)).replace(/^$|\/$/, (end) => `${end}index.html`)
        const ids = anchors.get(target)
        return hash === ''
          ? !existsSync(join(build.folder, target))
          : ids?.has(decodeURIComponent(hash.slice(1))) !== true
      })
      return bad.map((link) => `${file}: ${link}`)
    })
    expect(broken).toEqual([])
    const foreign = [...texts].flatMap(([file, html]) =>
      [...html.matchAll(/<(?!a\b)[a-z]+[^>]*\s(?:src|href|srcset)="(?:https?:)?\/\/[^>]*>/g)].map(
        ([tag]) => `${file}: ${tag}`,
      ),
    )
    expect(foreign).toEqual([])
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

    /** Asks the search of the site, and returns where its results lead. */
    async function ask(page: Page, question: string): Promise<readonly string[]> {
      const field = page.locator('#localsearch-input')
      const results = page.locator('#localsearch-list a.result')
      if (!(await field.isVisible())) await page.getByRole('button', { name: 'Search' }).first().click()
      await field.fill('')
      await results.first().waitFor({ state: 'detached' })
      await field.fill(question)
      await results.nth(1).waitFor()
      return results.evaluateAll((all) => all.map((one) => (one as HTMLAnchorElement).href))
    }

    it('answers what an operator asks at night, within the first two results of its own search', async () => {
      const { context, page, elsewhere, complaints } = await openWindow(browser)
      await page.goto(`${site.origin}/guides/runbooks.html`)
      await page.evaluate(() => localStorage.setItem('vitepress:local-search-detailed-list', 'false'))
      const missed: string[] = []
      for (const [question, answer] of QUESTIONS) {
        const first = (await ask(page, question)).slice(0, 2)
        if (!first.some((href) => answer.test(href))) missed.push(`${question}: ${first.join(' ')}`)
      }
      expect(missed).toEqual([])
      expect({ elsewhere, complaints }).toEqual({ elsewhere: [], complaints: [] })
      await context.close()
    })

    it.each([
      ['home', 'light', '/', 1280],
      ['guide', 'dark', '/guides/runbooks.html', 375],
      ['search', 'light', '/guides/runbooks.html', 375],
      ['page that opens a token', 'dark', '/open.html', 1280],
    ] as const)(
      'has a %s that everybody can read, in %s (WCAG 2.2), and never scrolls sideways',
      async (what, colorScheme, path, width) => {
        const { context, page, elsewhere, complaints } = await openWindow(browser, {
          colorScheme,
          viewport: { width, height: 800 },
        })
        await page.goto(`${site.origin}${path}`)
        if (path === '/open.html') await openExample(page)
        if (what === 'search') await ask(page, 'a key leaked')
        expect(await faultsOf(page)).toEqual([])
        for (const other of [1280, 375]) {
          await page.setViewportSize({ width: other, height: 800 })
          const room = await page.evaluate(() => document.documentElement.clientWidth)
          expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(room)
        }
        expect({ elsewhere, complaints }).toEqual({ elsewhere: [], complaints: [] })
        await context.close()
      },
    )

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
