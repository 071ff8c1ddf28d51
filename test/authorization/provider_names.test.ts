import { describe, expect, it } from 'vitest'
import { type LogEntry, type LoginProvider, loginProviders } from '../../src/index.ts'
import { developmentLogin } from '../../src/login/development.ts'
import { upstreamSubject } from '../../src/protocol/subject.ts'
import { NOW, testIssuer } from '../fixtures.ts'
import { authorizeUrl, createBrowser } from '../parties/person.ts'

/** Returns a provider that logs in somebody of this name at once. */
function naming(sub: string, changes: Partial<LoginProvider> = {}): LoginProvider {
  return { label: 'One', tellsAuthTime: true, authenticate: async () => ({ sub, auth_time: NOW }), ...changes }
}

/** Logs in at `first`, beside a provider `github`; returns what the log says, nothing where somebody was logged in. */
async function logIn(first: LoginProvider): Promise<string | undefined> {
  const lines: LogEntry[] = []
  const authenticate = loginProviders({ first, github: naming('github|7') })
  const issuer = testIssuer({ authenticate, now: () => NOW, log: (entry) => lines.push(entry) })
  const browser = createBrowser(async (request) => issuer.fetch(request))
  await browser.get(authorizeUrl({ idp_hint: 'first' }))
  expect(browser.cookies.has('__Host-bulla-session')).toBe(lines.length === 0)
  return lines.find(({ event }) => event === 'login')?.detail
}

describe('a provider among several', () => {
  const PLAIN = { hasPlainNames: true }
  const another = 'the login names a person as another provider would'
  const nobody = 'the subject does not begin with what the provider is called and a bar'

  it.each<[string, string, Partial<LoginProvider>, string | undefined]>([
    ['its own', 'first|7', {}, undefined],
    ['a digest', upstreamSubject('https://accounts.example', '7'), {}, undefined],
    ["another's", 'github|7', {}, nobody],
    ['no name of any', '7', {}, nobody],
    ['a name that only begins so', 'first7', {}, nobody],
    ['a page of your own: any', '7', PLAIN, undefined],
    ['a page of your own: a bar', 'other|7', PLAIN, undefined],
    ["a page of your own: a provider's", 'github|7', PLAIN, another],
    ['a page of your own: as the settings call it', 'first|7', PLAIN, another],
    ['a page of your own: a digest', upstreamSubject('https://accounts.example', '7'), PLAIN, another],
  ])('names its own people, and nobody whom another could name: %s', async (_, sub, changes, detail) => {
    expect(await logIn(naming(sub, changes))).toBe(detail)
  })

  it('is the only page of your own', () => {
    const pages = { one: naming('1', PLAIN), two: naming('1', PLAIN) }
    expect(() => loginProviders(pages)).toThrow('"LOGIN" expected one page of your own at the most')
  })

  it('is the development login, whose people are its own, too', async () => {
    const issuer = 'http://localhost:8787'
    const asked = { issuer, step: 'continue', provider: 'dev', now: NOW }
    const request = new Request(`${issuer}/login`, { method: 'POST', body: new URLSearchParams({ username: 'alice' }) })
    expect(await developmentLogin(request, asked as never)).toMatchObject({ sub: 'dev|alice' })
  })
})
