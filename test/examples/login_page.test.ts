import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeRing } from '../../keys/index.ts'
import { createMemoryGuard, type Issuer, ownLoginPage } from '../../src/index.ts'
import { run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { testIssuer, testRing } from '../fixtures.ts'
import { authorizeUrl, createBrowser, hiddenField } from '../parties/person.ts'

const FILE = join(import.meta.dirname, 'login_page.ts')
const ISSUER = 'https://auth.example.com'

/** Who the page knows to have logged in, and when. */
interface Known {
  readonly sub: string
  readonly auth_time: number
}

describe("the docs' own login page", () => {
  const seconds = (): number => Math.floor(Date.now() / 1000)
  let page: { isEnough(url: string, known: Known): boolean; goBack(url: string, known: Known): Promise<string> }
  let issuer: Issuer
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bulla-login-'))
    const program = blockOf('login_key').replace("'jose'", () => JSON.stringify(import.meta.resolve('jose')))
    await writeFile(join(folder, 'make_key.mjs'), program)
    const made = await run('node', ['make_key.mjs'], { cwd: folder })
    process.env['LOGIN_KEY'] = await readFile(join(folder, 'login.jwk'), 'utf8')
    page = await import(FILE)
    const jwks = { keys: [JSON.parse(made.out)] }
    const authenticate = ownLoginPage({ url: 'https://www.example.com/login', issuer: 'https://www.example.com', jwks })
    const keyRing = writeRing(testRing(seconds()))
    issuer = testIssuer({ issuer: ISSUER, keyRing, authenticate, now: seconds, guard: createMemoryGuard() })
  })
  const browser = () => createBrowser((request) => issuer.fetch(request))
  const begin = async (one: ReturnType<typeof browser>, changes = {}): Promise<string> =>
    (await one.get(authorizeUrl(changes, ISSUER))).headers.get('location') ?? ''

  it('is in the docs as it runs here', () => {
    expect(blockOf('login_page')).toBe(readFileSync(FILE, 'utf8'))
  })

  it('logs a person in', async () => {
    const alice = browser()
    const location = await begin(alice, { prompt: 'login' })
    const back = await alice.get(await page.goBack(location, { sub: 'alice', auth_time: seconds() }))
    const shown = await (await alice.get(back.headers.get('location') ?? '')).text()
    expect(hiddenField(shown, 'consent')).not.toBe('')
    expect(shown).toContain('<bdi>alice</bdi>')
  })

  // promise: P06
  it('gives no login away by a link: it goes to the issuer alone, and there to no browser but the one that began', async () => {
    const mallory = browser()
    const link = new URL(await begin(mallory))
    for (const name of ['return_to', 'callback', 'redirect_uri']) link.searchParams.set(name, 'https://evil.example/cb')
    const back = await page.goBack(link.href, { sub: 'alice', auth_time: seconds() })
    expect(back).toMatch(/^https:\/\/auth\.example\.com\/login\/callback\?state=[^&]+&login=[^&]+$/)
    const victim = browser()
    expect([(await victim.get(back)).status, victim.cookies.has('__Host-bulla-session')]).toEqual([400, false])
  })

  it.each([
    [{}, 3600, true],
    [{ prompt: 'login' }, 0, false],
    [{ max_age: '60' }, 0, true],
    [{ max_age: '60' }, 3600, false],
    [{ max_age: '0' }, 0, false],
  ])('knows for %o whether a session of %i seconds will do: %s', async (changes, age, isEnough) => {
    const location = await begin(browser(), changes)
    expect(page.isEnough(location, { sub: 'alice', auth_time: seconds() - age })).toBe(isEnough)
  })
})
