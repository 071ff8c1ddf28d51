import { describe, expect, it } from 'vitest'
import { createMemoryRevocations, type IssuerSettings } from '../../src/index.ts'
import { API, API2, ISSUER, secretHash } from '../fixtures.ts'
import { APP_SECRET, createHandOver, createTestProvider } from '../parties/hand_over.ts'

const WORDS = new Map([
  ['read:user', 'read your profile'],
  ['repo', 'read and change your repositories'],
  ['public_repo', 'Read and change your  repositories'],
])

/** The app of the others, with changes. */
const app = (changes: object = {}) => ({
  app: {
    secret_hash: secretHash(APP_SECRET),
    grant_types: ['authorization_code', 'refresh_token'],
    redirect_uris: ['https://app.example/cb'],
    resources: [API, API2],
    scopes: ['read', 'mail'],
    ...changes,
  },
})

/** The resources of the others, whose API needs this scope of the provider. */
const resources = (provider_scope?: string) => ({
  [API]: {
    scopes: ['read'],
    provider_token: 'github',
    ...(provider_scope === undefined ? {} : { provider_scope }),
  },
  [API2]: { scopes: ['mail'] },
})

/** An issuer of which every question is kept that a person was asked. */
function setUp(changes: Partial<IssuerSettings> = {}, browser?: ReturnType<typeof createHandOver>['browser']) {
  const pages: Promise<string>[] = []
  const given = createTestProvider()
  given.tokens = { accessToken: 'x', scope: ['read:user', 'repo', 'public_repo', 'gist', '<b>'] }
  Object.assign(given.provider, { scopeDescriptions: WORDS })
  const there = createHandOver(given, changes, (_, response) => {
    if (response.headers.get('content-type')?.startsWith('text/html')) pages.push(response.text())
  })
  for (const [name, value] of browser?.cookies ?? []) there.browser.cookies.set(name, value)
  /** Returns what a person was asked, line by line. */
  async function asked(): Promise<readonly string[]> {
    const [page] = (await Promise.all(pages)).filter((text) => text.includes('name="consent"'))
    if (page === undefined) return []
    return page
      .slice(page.indexOf('</h1>'), page.indexOf('<dt>App'))
      .replace(/<p class="account">.*?<\/p>/, '')
      .replace(/<(?:p|li)\b[^>]*>/g, '\n')
      .replace(/<(?!\/?code)[^>]*>/g, '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
  }
  return { ...there, asked }
}

const ELSE = 'do whatever else you allowed there when you logged in'

describe('a person who lets an app act for them at a provider', () => {
  it.each([
    ['read:user', ['read your profile', ELSE]],
    ['read:user gist', ['read your profile', '<code>gist</code>', ELSE]],
    [
      'repo public_repo',
      ['read and change your repositories (repo)', 'Read and change your  repositories (public_repo)', ELSE],
    ],
    ['<b>', ['<code>&lt;b&gt;</code>', ELSE]],
    [undefined, ['do what you allowed there when you logged in']],
  ])(
    'reads what it does there, in the words of the provider, or as the provider calls it: %j',
    async (scope, words) => {
      const { authorize, asked } = setUp({ resources: resources(scope) as never })
      await authorize({ resource: `${API} ${API2}`, scope: 'read mail' })
      expect(await asked()).toEqual([
        'At api1.example (https://api1.example) it will be able to:',
        '<code>read</code>',
        'It will act for you at GitHub:',
        ...words,
        'At api2.example (https://api2.example) it will be able to:',
        '<code>mail</code>',
      ])
    },
  )

  it('reads nothing of it where the app asks for another API', async () => {
    const { authorize, asked } = setUp({ resources: resources('repo') as never })
    await authorize({ resource: API2, scope: 'mail' })
    expect((await asked()).join()).not.toContain('act for you')
  })

  it('is asked again when more, less or something else is handed over, and not for the same', async () => {
    const first = setUp({ resources: resources('repo gist') as never })
    await first.authorize()
    expect(await first.asked()).not.toEqual([])
    for (const [scope, isAsked] of [
      ['gist repo', false],
      ['repo', true],
      ['repo gist read:user', true],
      [undefined, true],
    ] as const) {
      const again = setUp({ resources: resources(scope) as never }, first.browser)
      expect((await again.authorize()).searchParams.get('code')).toBeTruthy()
      expect([scope, (await again.asked()).length > 0]).toEqual([scope, isAsked])
    }
    const none = setUp({ resources: { [API]: { scopes: ['read'] }, [API2]: { scopes: ['mail'] } } }, first.browser)
    await none.authorize()
    expect(await none.asked()).not.toEqual([])
  })

  it('is asked again when another API is handed it, too', async () => {
    const both = { resource: `${API} ${API2}`, scope: 'read mail' }
    const first = setUp({ resources: resources('repo') as never })
    await first.authorize(both)
    const same = setUp({ resources: resources('repo') as never }, first.browser)
    await same.authorize(both)
    expect(await same.asked()).toEqual([])
    const handed = { ...resources('repo')[API], scopes: ['mail'] }
    const again = setUp({ resources: { ...resources('repo'), [API2]: handed } as never }, first.browser)
    await again.authorize(both)
    expect((await again.asked()).filter((line) => line.includes('act for you'))).toHaveLength(2)
  })

  it('is asked nothing by a client of the operator that asks nobody', async () => {
    const own = setUp({ clients: app({ consent: 'skip' }) as never })
    expect((await own.authorize()).searchParams.get('code')).toBeTruthy()
    expect(await own.asked()).toEqual([])
  })

  it('sees at /apps which of them do so', async () => {
    const { authorize, browser } = setUp({ revocations: createMemoryRevocations('salt') })
    await authorize({ resource: `${API} ${API2}`, scope: 'read mail' })
    expect(await (await browser.get(`${ISSUER}/apps`)).text()).toContain(
      '<dt>Acts for you</dt><dd>at <bdi>GitHub</bdi></dd>',
    )
    const other = setUp({ revocations: createMemoryRevocations('salt') })
    await other.authorize({ resource: API2, scope: 'mail' })
    expect(await (await other.browser.get(`${ISSUER}/apps`)).text()).not.toContain('Acts for you')
  })
})
