import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest'
import { createMemoryGuard, createMemoryRevocations, type Guard } from '../../src/index.ts'
import { authorizeUrl, readAnswer } from '../parties/person.ts'
import { APP_CALLBACK, apiOf, createHouse, HOUSE, OTHER_API } from '../parties/providers/house.ts'
import { HOUR, type OpenidServer, startOpenidServer } from '../parties/providers/openid_server.ts'
import { EIGHT_HOURS, type PlainServer, startPlainServer } from '../parties/providers/plain_server.ts'
import { CLIENT_SECRET } from '../parties/providers/provider_party.ts'

const now = (): number => Math.floor(Date.now() / 1000)

/** Sets everybody's clock ahead. */
const pass = (seconds: number): unknown => vi.setSystemTime(Date.now() + 1000 * seconds)

const callbackOf = (name: string): string => `${HOUSE}/login/callback/${name}`

let github: PlainServer
let rotating: PlainServer
let openid: OpenidServer
let google: OpenidServer
beforeAll(async () => {
  github = await startPlainServer({ callback: callbackOf('github'), now })
  rotating = await startPlainServer({ callback: callbackOf('rotating'), isRotating: true, now })
  openid = await startOpenidServer({ callbacks: [callbackOf('openid')] })
  google = await startOpenidServer({ callbacks: [callbackOf('google')], refresh: 'fixed' })
})
afterAll(() => Promise.all([github, rotating, openid, google].map((party) => party?.stop())))
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** Returns a guard that tells what it was told, and what it answered. */
function overheard(guard: Guard, hear: (...heard: readonly unknown[]) => void): Guard {
  return new Proxy(guard, {
    get:
      (target, name: keyof Guard) =>
      async (...told: readonly unknown[]) => {
        const answer = await (target[name] as (...of: readonly unknown[]) => Promise<unknown>)(...told)
        hear(name, told, answer)
        return answer
      },
  })
}

/** Returns a text with all that stands in it as base64url. */
function unfolded(text: string): string {
  const folded = text.match(/[\w-]{12,}/g) ?? []
  return [text, ...folded.map((part) => Buffer.from(part, 'base64url').toString('latin1'))].join('\n')
}

it.each([
  ['github', 'its tokens do not end', 1200],
  ['rotating', 'its refresh tokens rotate', EIGHT_HOURS + 1],
  ['openid', 'it has no refresh tokens', HOUR + 1],
  ['google', 'its refresh token stays as it is', HOUR + 1],
])(
  'what %s gives is found nowhere but with its API, in a whole life of logins, refreshes and failures: %s',
  async (provider, _, life) => {
    const heard: string[] = []
    const hear = (...told: readonly unknown[]): void => void heard.push(JSON.stringify(told))
    for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const)
      vi.spyOn(console, level).mockImplementation(hear)
    const house = createHouse({
      parties: { github, rotating, openid, google },
      now,
      scopes: { github: 'repo' },
      changes: {
        guard: overheard(createMemoryGuard(now), hear),
        revocations: createMemoryRevocations('salt'),
        openid: {},
        log: (entry) => hear('log', entry),
        claims: (...told) => {
          hear('claims', told, Object.getOwnPropertyNames(told[0]))
          return {}
        },
        response: (...told) => {
          hear('response', told, Object.getOwnPropertyNames(told[0]))
          return {}
        },
      },
    })
    const party = house.parties[provider]
    const acted: (string | undefined)[] = []
    const person = house.person()
    const walkIn = await house.register()
    for (const asker of ['app', walkIn] as const) {
      const { access_token, refresh_token } = await house.login(provider, person, asker)
      acted.push((await house.api(provider, access_token))?.actedFor)
      expect(await house.api('other', access_token)).toBeUndefined()
      pass(600)
      let last = refresh_token
      for (const pause of [1, life]) {
        pass(pause)
        const answer = await readAnswer(await house.refresh(last, asker))
        last = answer.refresh_token ?? last
        // Nobody has a new one where there are no refresh tokens.
        if (pause === 1 || provider !== 'openid') acted.push((await house.api(provider, answer.access_token))?.actedFor)
      }
      // What the person ends there, or lets end, is an error here.
      for (const plain of [github, rotating]) for (const token of plain.given) plain.end(token)
      pass(life)
      await house.refresh(last, asker)
    }
    // Another API of the same app, and pages about the person.
    const { url } = await house.authorize(person, { resource: OTHER_API, scope: 'mail', idp_hint: provider })
    const code = url.searchParams.get('code') ?? ''
    const form = {
      grant_type: 'authorization_code',
      code,
      code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
    }
    const other = await readAnswer(await house.token(form))
    expect(await house.api('other', other.access_token)).toEqual({ sub: expect.any(String), actedFor: undefined })
    for (const path of ['/', '/apps', '/jwks', '/healthz', '/.well-known/oauth-authorization-server', '/logout'])
      await person.visit(`${HOUSE}${path}`)
    // A code that the provider does not know: it says what it was shown.
    const asked = { client_id: 'app', redirect_uri: APP_CALLBACK, resource: apiOf(provider) }
    await house.person('bob').visit(authorizeUrl(asked, HOUSE), (next) => {
      if (next.href.startsWith(callbackOf(provider))) next.searchParams.set('code', 'y')
      return next.href.startsWith(APP_CALLBACK) ? undefined : next
    })
    expect(heard.at(-1)).toContain('login_failed')

    expect([acted.length, new Set(acted).size, acted[0]]).toEqual([
      provider === 'openid' ? 4 : 6,
      1,
      expect.any(String),
    ])
    const all = unfolded([...house.heard, ...heard].join('\n'))
    // What is sought is found where it stands: here, of what must be there.
    expect(all).toContain('"leave"')
    expect(all).toContain(`"sub":"${provider}|`)
    for (const secret of [...(party?.given ?? []), CLIENT_SECRET]) {
      expect(secret.length).toBeGreaterThan(10)
      expect(all.includes(secret)).toBe(false)
    }
  },
)
