import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import { LONGEST_COOKIE } from '../../src/http/cookies.ts'
import { createMemoryGuard, createMemoryRevocations, type Guard, type LogEntry } from '../../src/index.ts'
import type { ClientSettings } from '../../src/registration/clients/client_registration.ts'
import { API, basic, ISSUER, NOW, secretHash } from '../fixtures.ts'
import { bareLine } from '../parties/bare_line.ts'
import { claimsOf, createProvider, type Provider, type ProviderChanges, RP } from '../parties/openid_provider.ts'
import { createBrowser, hiddenField } from '../parties/person.ts'

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const HEARS = 'https://rp.example/backchannel'

/** What came to a client. */
interface Heard {
  readonly url: string
  readonly init: RequestInit
  readonly token: string
}

/** Another client, with a callback of its own. */
const another = (id: string, more: Partial<ClientSettings> = {}): ClientSettings => ({
  ...RP,
  redirect_uris: [`https://${id}.example/cb`],
  backchannel_logout_uri: `https://${id}.example/backchannel`,
  ...more,
})

/** A provider whose clients hear of logouts at `answer`, and what they heard. */
function setUp(
  changes: ProviderChanges = {},
  answer: (url: string) => Response | Promise<Response> = () => new Response(),
) {
  const heard: Heard[] = []
  const lines: LogEntry[] = []
  const provider = createProvider({
    log: (entry) => void lines.push(entry),
    fetch: async (url, init = {}) => {
      heard.push({ url, init, token: new URLSearchParams(String(init.body)).get('logout_token') ?? '' })
      return answer(url)
    },
    ...changes,
    rp: { backchannel_logout_uri: HEARS, ...changes.rp },
  })
  const told = () => lines.filter(({ event }) => event === 'backchannel_logout')
  /** Waits until so many clients were told, or could not be. */
  const settled = async (count: number) => {
    await expect.poll(() => told().length, { timeout: 15_000 }).toBe(count)
    return heard
  }
  return { ...provider, provider, heard, lines, told, settled }
}

/** Presses the button of our own page. */
async function logOut({ browser }: Pick<Provider, 'browser'>): Promise<void> {
  const token = hiddenField(await (await browser.get(`${ISSUER}/logout`)).text(), 'token')
  expect((await browser.post(`${ISSUER}/logout`, { token })).status).toBe(200)
}

/** Verifies a logout token as a client must (§2.6). */
async function verify({ ask }: Pick<Provider, 'ask'>, token: string, audience = 'rp') {
  const jwks = (await (await ask(new Request(`${ISSUER}/jwks`))).json()) as JSONWebKeySet
  return jwtVerify(token, createLocalJWKSet(jwks), {
    issuer: ISSUER,
    audience,
    typ: 'logout+jwt',
    requiredClaims: ['iat', 'jti', 'events'],
    currentDate: new Date(NOW * 1000),
  })
}

describe('the modules of the conformance suite for back-channel logout', () => {
  it('oidcc-backchannel-rp-initiated-logout-discovery-endpoint-verification: discovery says that clients are told, and of which session (§2.1)', async () => {
    const told = await setUp().ask(new Request(`${ISSUER}/.well-known/openid-configuration`))
    expect(await told.json()).toMatchObject({
      backchannel_logout_supported: true,
      backchannel_logout_session_supported: true,
    })
  })

  it.each(['RS256', 'ES256', 'Ed25519'] as const)(
    'oidcc-backchannel-rp-initiated-logout: a client that logs a person out gets a logout token of the session in its ID token, by %s, without a nonce (§2.4, §2.5)',
    async (alg) => {
      const set = setUp({ rp: { id_token_signed_response_alg: alg } })
      const { id_token = '' } = await set.login()
      const { sid, sub } = claimsOf(id_token)
      await set.browser.get(`${ISSUER}/logout?id_token_hint=${id_token}`)
      const [{ url, init, token }] = (await set.settled(1)) as [Heard]
      expect([url, init.method, new Headers(init.headers).get('content-type'), init.redirect]).toEqual([
        HEARS,
        'POST',
        'application/x-www-form-urlencoded',
        'manual',
      ])
      const { payload, protectedHeader } = await verify(set, token)
      expect(protectedHeader).toMatchObject({ alg, typ: 'logout+jwt' })
      const { jti, ...claims } = payload
      expect(claims).toEqual({ iss: ISSUER, aud: 'rp', iat: NOW, exp: NOW + 120, events: { [EVENT]: {} }, sub, sid })
      expect(jti).toMatch(/^[\w-]{22}$/)
    },
  )
})

describe('who is told', () => {
  it('each client of the session, of its own name for it; none that was told nothing, or does not want to hear', async () => {
    const clients = {
      shop: another('shop'),
      deaf: another('deaf', { backchannel_logout_uri: undefined as never }),
      never: another('never'),
      pair: another('pair', { subject_type: 'pairwise', sector_identifier: 'pair.example' }),
    }
    const set = setUp({ clients, pairwiseSalt: 'Zk3sT9wQ1xY7uV5rN2mB8cL0pA6dF4gH-jKeWiOoPqE' })
    const rp = claimsOf((await set.login()).id_token)
    await set.authorize({ client_id: 'shop', redirect_uri: 'https://shop.example/cb' })
    await set.authorize({ client_id: 'deaf', redirect_uri: 'https://deaf.example/cb' })
    await set.authorize({ client_id: 'pair', redirect_uri: 'https://pair.example/cb' })
    // Once more, without a question: the list has each once.
    await set.authorize()
    await logOut(set)
    const heard = await set.settled(3)
    const tokens = new Map(heard.map(({ url, token }) => [url, claimsOf(token)]))
    expect([...tokens.keys()].sort()).toEqual([
      'https://pair.example/backchannel',
      HEARS,
      'https://shop.example/backchannel',
    ])
    expect(tokens.get(HEARS)).toMatchObject({ sub: 'alice', sid: rp['sid'] })
    expect(tokens.get('https://pair.example/backchannel')?.['sub']).toMatch(/^[\w-]{43}$/)
    expect(new Set([...tokens.values()].map(({ sid }) => sid)).size).toBe(3)
    expect(new Set([...tokens.values()].map(({ jti }) => jti)).size).toBe(3)
  })

  it('a client that asked without `openid` is not', async () => {
    const api = { resources: [API], scopes: ['openid', 'read'] }
    const set = setUp({ rp: api, clients: { shop: another('shop') } })
    await set.authorize({ scope: 'read' })
    await set.authorize({ client_id: 'shop', redirect_uri: 'https://shop.example/cb' })
    await logOut(set)
    expect((await set.settled(1)).map(({ url }) => url)).toEqual(['https://shop.example/backchannel'])
  })

  it('the clients of a session that another person’s login ends; not those of one that was ended before', async () => {
    let sub = 'alice'
    const set = setUp({ authenticate: async () => ({ sub, auth_time: NOW }) })
    const { sid } = claimsOf((await set.login()).id_token)
    const copy = new Map(set.browser.cookies)
    sub = 'bob'
    await set.login({ prompt: 'login' })
    const [{ token }] = (await set.settled(1)) as [Heard]
    expect(claimsOf(token)).toMatchObject({ sub: 'alice', sid })
    for (const [name, value] of copy) set.browser.cookies.set(name, value)
    sub = 'carol'
    await set.login({ prompt: 'login' })
    expect(set.told()).toHaveLength(1)
  })

  it('each once, however many copies of the cookie come at the same time', async () => {
    const memory = createMemoryGuard(() => NOW)
    // One that is asked over a network: all ask before the first has ended the session.
    const hasEnded: Guard['hasEnded'] = async (gids) => {
      const ended = await memory.hasEnded(gids)
      await new Promise((resolve) => setTimeout(resolve, 50))
      return ended
    }
    const set = setUp({ guard: { ...memory, hasEnded } })
    await set.login()
    const token = hiddenField(await (await set.browser.get(`${ISSUER}/logout`)).text(), 'token')
    const copies = Array.from({ length: 20 }, () => createBrowser(set.ask, new Map(set.browser.cookies)))
    await Promise.all(copies.map((browser) => browser.post(`${ISSUER}/logout`, { token })))
    await expect.poll(() => set.told().length).toBeGreaterThan(0)
    expect(set.heard).toHaveLength(1)
  })

  it('the same clients after a login of the same person, who goes on in the session', async () => {
    const set = setUp({ clients: { shop: another('shop') } })
    await set.login()
    await set.authorize({ prompt: 'login', client_id: 'shop', redirect_uri: 'https://shop.example/cb' })
    await logOut(set)
    expect((await set.settled(2)).map(({ url }) => url)).toEqual(['https://shop.example/backchannel', HEARS])
  })

  it('all clients that want to hear, of the person and of no session, when an operator revokes a person (§2.4)', async () => {
    const clients = {
      shop: another('shop'),
      pair: another('pair', { subject_type: 'pairwise', sector_identifier: 'pair.example' }),
      op: { kind: 'operator', secret_hash: secretHash('operator-secret') } as const,
    }
    const set = setUp({
      clients,
      revocations: createMemoryRevocations('a salt of the test'),
      pairwiseSalt: 'Zk3sT9wQ1xY7uV5rN2mB8cL0pA6dF4gH-jKeWiOoPqE',
    })
    const revoke = (kind: string, value: string) =>
      set.ask(
        new Request(`${ISSUER}/revocations`, {
          method: 'POST',
          headers: { authorization: basic('op', 'operator-secret') },
          body: new URLSearchParams({ kind, value }),
        }),
      )
    expect((await revoke('client', 'rp')).status).toBe(200)
    expect((await revoke('sub', 'client:rp')).status).toBe(200)
    expect((await revoke('sub', 'alice')).status).toBe(200)
    const heard = await set.settled(3)
    const told = heard.map(({ token }) => claimsOf(token))
    expect(told.every((claims) => !('sid' in claims))).toBe(true)
    expect(told.find(({ aud }) => aud === 'rp')).toMatchObject({ sub: 'alice', events: { [EVENT]: {} } })
    expect(told.find(({ aud }) => aud === 'pair')?.['sub']).toMatch(/^[\w-]{43}$/)
  })

  it('the clients of a session that ends with everything at /apps', async () => {
    const set = setUp({ revocations: createMemoryRevocations('a salt of the test') })
    await set.login()
    const page = await (await set.browser.get(`${ISSUER}/apps`)).text()
    const presses = [...page.matchAll(/name="press" value="([^"]+)"/g)].map(([, value = '']) => value)
    expect((await set.browser.post(`${ISSUER}/apps`, { press: presses.at(-1) ?? '' })).status).toBe(200)
    expect(await set.settled(1)).toHaveLength(1)
  })

  it('the newest twenty, in 160 characters of a cookie that no browser drops', async () => {
    const ids = Array.from({ length: 23 }, (_, at) => `rp${at}`)
    const set = setUp({ clients: Object.fromEntries(ids.map((id) => [id, another(id)])) })
    const lengths: number[] = []
    for (const id of ids) {
      await set.authorize({ client_id: id, redirect_uri: `https://${id}.example/cb` })
      lengths.push([...set.browser.cookies].find(([name]) => name.includes('session'))?.[1].length ?? 0)
    }
    // It grows with each, up to the twentieth.
    expect(lengths[19]).toBeGreaterThan(lengths[18] ?? 0)
    expect(lengths[22]).toBe(lengths[19])
    await logOut(set)
    const heard = await set.settled(20)
    expect(heard.map(({ url }) => url).sort()).toEqual(
      ids
        .slice(3)
        .map((id) => `https://${id}.example/backchannel`)
        .sort(),
    )
  })

  it('all twenty beside the longest person that can log in; the session stays whole', async () => {
    const ids = Array.from({ length: 20 }, (_, at) => `rp${at}`)
    const clients = Object.fromEntries(ids.map((id) => [id, another(id)]))
    const knowing = (methods: number) => {
      const amr = Array.from({ length: methods }, (_, index) => `${index}`.padStart(64, 'x'))
      return setUp({
        clients,
        person: { name: '𝕏'.repeat(255), acr: '"'.repeat(255), amr, claims: { nickname: 'x'.repeat(200) } },
      })
    }
    const at = (id: string) => ({ client_id: id, redirect_uri: `https://${id}.example/cb` })
    // The longest that can log in: one method more, and nobody could.
    let methods = 16
    let set = knowing(methods)
    while (methods > 0 && !(await set.authorize(at('rp0'))).searchParams.has('code')) set = knowing(--methods)
    expect([methods > 0, methods < 16]).toEqual([true, true])
    for (const id of ids) await set.authorize(at(id))
    const cookie = [...set.browser.cookies].find(([name]) => name.includes('session')) ?? []
    expect(`${cookie.join('=')}; Max-Age=43200; Path=/; HttpOnly; Secure; SameSite=Lax`.length).toBeLessThanOrEqual(
      LONGEST_COOKIE,
    )
    await logOut(set)
    expect(await set.settled(20)).toHaveLength(20)
  })

  it('nobody, where a session merely ends by itself', async () => {
    let now = NOW
    const set = setUp({ now: () => now })
    await set.login()
    now += 50_000
    expect((await set.authorize({ prompt: 'none' })).searchParams.get('error')).toBe('login_required')
    expect(set.heard).toEqual([])
  })
})

describe('a client that cannot be told', () => {
  const slow = () =>
    new Promise<Response>((_, reject) => setTimeout(() => reject(new DOMException('', 'TimeoutError')), 50))

  it.each<[how: string, answer: () => Response | Promise<Response>, times: number, detail: string]>([
    ['is down', () => Promise.reject(new TypeError('fetch failed')), 2, 'not told: TypeError'],
    ['takes too long', slow, 2, 'not told: no answer in 2500 ms'],
    ['answers 500', () => new Response('x', { status: 500 }), 2, 'not told: status 500'],
    ['answers 503', () => new Response('x', { status: 503 }), 2, 'not told: status 503'],
    ['does not believe it', () => new Response('x', { status: 400 }), 1, 'not told: status 400'],
    [
      'sends it elsewhere',
      () => new Response(null, { status: 307, headers: { location: 'https://evil.example/' } }),
      1,
      'not told: a redirect, which is not followed (status 307)',
    ],
  ])(
    'because it %s: nobody waits for it, the log says so once, and never the token',
    async (_, answer, times, detail) => {
      const set = setUp({}, answer)
      await set.login()
      await logOut(set)
      expect(await set.settled(1)).toHaveLength(times)
      expect(set.told().map(bareLine)).toEqual([{ level: 'warn', event: 'backchannel_logout', client: 'rp', detail }])
      expect(new Set(set.heard.map(({ token }) => token)).size).toBe(1)
      expect(JSON.stringify(set.lines)).not.toContain(set.heard[0]?.token.split('.')[2])
      expect((await set.authorize({ prompt: 'none' })).searchParams.get('error')).toBe('login_required')
    },
  )

  it.each([200, 204])('is told when it answers %s (§2.8)', async (status) => {
    const set = setUp({}, () => new Response(null, { status }))
    await set.login()
    await logOut(set)
    expect(await set.settled(1)).toHaveLength(1)
    expect(set.told().map(bareLine)).toEqual([{ level: 'info', event: 'backchannel_logout', client: 'rp' }])
  })

  it('and can the second time, is told', async () => {
    let count = 0
    const set = setUp({}, () => new Response(null, { status: count++ === 0 ? 502 : 200 }))
    await set.login()
    await logOut(set)
    expect(await set.settled(1)).toHaveLength(2)
    expect(set.told()[0]?.level).toBe('info')
  })

  it('holds up none of the others, and the answer waits for none', async () => {
    let release = () => {}
    const held = new Promise<Response>((resolve) => {
      release = () => resolve(new Response())
    })
    const ids = Array.from({ length: 12 }, (_, at) => `rp${at}`)
    let most = 0
    let open = 0
    const set = setUp({ clients: Object.fromEntries(ids.map((id) => [id, another(id)])) }, async (url) => {
      most = Math.max(most, ++open)
      if (url.includes('rp3.')) await held
      await new Promise((resolve) => setTimeout(resolve, 5))
      open--
      return new Response()
    })
    for (const id of ids) await set.authorize({ client_id: id, redirect_uri: `https://${id}.example/cb` })
    await logOut(set)
    await set.settled(11)
    expect([open, most]).toEqual([1, 5])
    release()
    await set.settled(12)
  })
})

describe('a logout token', () => {
  it('opens nothing here: no door takes it for an ID token, or for anything else (§2.4)', async () => {
    const set = setUp()
    await set.login()
    await logOut(set)
    const [{ token }] = (await set.settled(1)) as [Heard]
    const hinted = await set.browser.get(`${ISSUER}/logout?id_token_hint=${token}`)
    expect(hinted.status).toBe(400)
    expect((await set.userinfo(token)).status).toBe(401)
    expect((await set.token({ grant_type: 'refresh_token', refresh_token: token })).error).toBe('invalid_grant')
  })
})
