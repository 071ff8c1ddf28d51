import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { createMemoryGuard } from '../../src/index.ts'
import { API, basic, ISSUER, NOW, SECRETS, secretHash, testIssuer, VARS } from '../fixtures.ts'
import { ERRORS, PAGES } from '../parties/authorization_requests.ts'
import {
  type Ask,
  authorizeUrl,
  type Changes,
  createApp,
  createBrowser,
  createPerson,
  hiddenField,
  pushedBy,
  readAnswer,
  signLogin,
  tampered,
} from '../parties/person.ts'

const live = (request: Request): Promise<Response> => exports.default.fetch(request)
const push = async (client = 'web', changes: Changes = {}, ask: Ask = live): Promise<Changes> =>
  pushedBy(client, await createApp(ask, { client }).push(changes))

/** Asks the endpoint directly. */
const par = (init: RequestInit = {}, url = `${ISSUER}/par`): Promise<Response> =>
  live(
    new Request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URL(authorizeUrl()).searchParams.toString(),
      ...init,
    }),
  )

/** An issuer whose clock the test turns, and its person. */
function setUp(changes: Parameters<typeof testIssuer>[0] = {}) {
  let now = NOW
  const issuer = testIssuer({ now: () => now, ...changes })
  const ask: Ask = (request) => issuer.fetch(request)
  return {
    ask,
    person: (name = 'alice') => createPerson(ask, { name, now: () => now }),
    wait: (s: number) => (now += s),
  }
}

/** Tells that a response is a page with an error, and no redirect. */
async function expectPage(response: Response, code = 'invalid_request_uri'): Promise<void> {
  expect([response.status, response.headers.get('location')]).toEqual([400, null])
  expect(await response.text()).toContain(code)
}

describe('the pushed authorization request endpoint (RFC 9126 §2)', () => {
  it('answers 201 with a request URI and its lifetime, for nobody to keep (RFC 9126 §2.2)', async () => {
    const response = await createApp(live, { client: 'web' }).push()
    expect(response.status).toBe(201)
    expect(response.headers.get('content-type')).toBe('application/json')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(await response.json()).toEqual({
      request_uri: expect.stringMatching(/^urn:ietf:params:oauth:request_uri:eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/),
      expires_in: 90,
    })
  })

  it('gives names that cannot be guessed, nor read (RFC 9126 §2.2, §7.1)', async () => {
    const [one, other] = [await push('web', { state: 'canary' }), await push('web', { state: 'canary' })]
    expect(one['request_uri']).not.toBe(other['request_uri'])
    const shown = (one['request_uri'] ?? '')
      .split(/[.:]/)
      .filter((segment) => /^[\w-]{20,}$/.test(segment))
      .map((segment) => atob(segment.replaceAll('-', '+').replaceAll('_', '/')))
    expect(shown.join('')).not.toMatch(/canary|web\.example/)
  })

  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'])('refuses %s (RFC 9126 §2.3, A15)', async (method) => {
    const response = await live(new Request(`${ISSUER}/par`, { method }))
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
  })

  it('may be asked from any page, without cookies (b.4)', async () => {
    const preflight = await par({ method: 'OPTIONS', body: null, headers: { origin: 'https://app.example' } })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
    expect(preflight.headers.get('access-control-allow-credentials')).toBeNull()
    const nameless = await par({ headers: { origin: 'null', 'content-type': 'application/x-www-form-urlencoded' } })
    expect(nameless.headers.get('access-control-allow-origin')).toBeNull()
  })

  it.each<[string, RequestInit, string, number, string]>([
    ['JSON (H58)', { headers: { 'content-type': 'application/json' }, body: '{}' }, '', 400, 'invalid_request'],
    ['a query', {}, '?client_id=pub', 400, 'invalid_request'],
    ['a body over 16 KB (RFC 9126 §2.3)', { body: 'x='.padEnd(16_385, 'x') }, '', 413, 'invalid_request'],
    [
      'a parameter twice (H57)',
      { body: `${new URL(authorizeUrl()).searchParams}&scope=read` },
      '',
      400,
      'invalid_request',
    ],
  ])('refuses %s', async (_, init, query, status, error) => {
    const response = await par(init, `${ISSUER}/par${query}`)
    expect([response.status, (await readAnswer(response)).error]).toEqual([status, error])
  })

  const web = { ...Object.fromEntries(new URL(authorizeUrl()).searchParams), client_id: 'web' }
  const body = new URLSearchParams({ ...web, redirect_uri: 'https://web.example/cb' }).toString()
  it.each<[string, string, string | undefined, number, string]>([
    ['no secret', body, undefined, 401, 'invalid_client'],
    ['a wrong secret', body, basic('web', 'wrong'), 401, 'invalid_client'],
    ['a wrong secret in the body', `${body}&client_secret=wrong`, undefined, 401, 'invalid_client'],
    ["another client's secret", body, basic('service', SECRETS.service), 400, 'invalid_request'],
    [
      'two ways at once (H37)',
      `${body}&client_secret=${SECRETS.web}`,
      basic('web', SECRETS.web),
      400,
      'invalid_request',
    ],
    ['an unknown client', body.replace('client_id=web', 'client_id=x'), undefined, 401, 'invalid_client'],
    [
      'no client_id, which is needed here too',
      body.replace('client_id=web', ''),
      basic('web', SECRETS.web),
      400,
      'invalid_request',
    ],
  ])(
    'MUST authenticate the client as the token endpoint does: refuses %s (RFC 9126 §2, A4)',
    async (_, form, authorization, status, error) => {
      const response = await par({
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...(authorization && { authorization }) },
        body: form,
      })
      const answer = (await response.json()) as Record<string, unknown>
      expect([response.status, answer['error'], answer['request_uri']]).toEqual([status, error, undefined])
      expect(response.headers.has('www-authenticate')).toBe(status === 401 && authorization !== undefined)
    },
  )

  it('counts failed authentications as the token endpoint does (RFC 9126 §2.3)', async () => {
    const { ask } = setUp({ allowFailure: async () => false })
    const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: basic('web', 'wrong') }
    const response = await ask(new Request(`${ISSUER}/par`, { method: 'POST', headers, body }))
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60'])
  })

  it('MUST reject a request_uri in a pushed request (RFC 9126 §2.1)', async () => {
    const { request_uri } = await push()
    for (const inner of [request_uri, 'https://client.example/request', 'urn:x']) {
      const response = await createApp(live, { client: 'web' }).push({ request_uri: inner })
      expect([response.status, (await readAnswer(response)).error]).toEqual([400, 'invalid_request'])
    }
  })

  it('seals what an authorization request has, and neither secrets nor what nobody knows', async () => {
    const bare = (await push()) as Record<string, string>
    const form = { ...Object.fromEntries(new URL(authorizeUrl()).searchParams), ...{ unknown: 'x'.repeat(2000) } }
    const withSecret = await par({
      body: new URLSearchParams({
        ...form,
        client_id: 'web',
        redirect_uri: 'https://web.example/cb',
        resource: API,
        client_secret: SECRETS.web,
      }).toString(),
    })
    const { request_uri } = (await withSecret.json()) as { request_uri: string }
    expect(request_uri.length).toBe(bare['request_uri']?.length)
  })
})

describe('the same rules at both doors (RFC 9126 §2.1, H45)', () => {
  /** Pushes what a URL has in its query. */
  const pushUrl = (url: string): Promise<Response> => par({ body: new URL(url).search.slice(1) })

  it.each(PAGES)('refuse %s', async (_, url) => {
    const answer = (await (await pushUrl(url)).json()) as Record<string, unknown>
    expect([typeof answer['error'], answer['request_uri']]).toEqual(['string', undefined])
  })

  it.each(ERRORS)('judge %s alike', async (_, url, error) => {
    const response = await pushUrl(url)
    const answer = (await response.json()) as Record<string, unknown>
    // Whether somebody is logged in only the browser can tell.
    const isOfPerson = error === 'login_required'
    expect([response.status, answer['error']]).toEqual(isOfPerson ? [201, undefined] : [400, error])
  })

  it('refuse what was pushed before when the rules have changed since (RFC 9126 §7.4, C25)', async () => {
    const { ask } = setUp()
    const pushed = await push('web', { scope: 'read write' }, ask)
    const stricter = { ...VARS.CLIENTS, web: { ...VARS.CLIENTS.web, scopes: ['read'] as const } }
    const other = setUp({ clients: stricter })
    const response = await createBrowser(other.ask).get(authorizeUrl(pushed))
    expect(new URL(response.headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_scope')
    const gone = setUp({
      clients: { ...VARS.CLIENTS, web: { ...VARS.CLIENTS.web, redirect_uris: ['https://x.example/'] } },
    })
    await expectPage(await createBrowser(gone.ask).get(authorizeUrl(pushed)), 'invalid_request')
  })
})

describe('the authorization request by request URI (RFC 9126 §4)', () => {
  it.each(['web', 'pub', 'pushing'])('leads %s to a code, and to a token', async (client) => {
    const state = 'ü+&=% 😀/?#"<'
    const pushed = await push(client, { state })
    const answer = await createPerson(live).answer('allow', pushed)
    expect([answer.searchParams.get('state'), answer.searchParams.get('iss')]).toEqual([state, ISSUER])
    const redeemed = await createApp(live, { client }).redeem(answer.searchParams.get('code') ?? '')
    expect(await readAnswer(redeemed)).toMatchObject({ scope: 'read', token_type: 'Bearer' })
  })

  it('is taken by POST too (RFC 6749 §3.1)', async () => {
    const pushed = (await push()) as Record<string, string>
    const browser = createBrowser(live)
    const posted = await browser.post(`${ISSUER}/authorize`, pushed)
    const response = await browser.get(posted.headers.get('location') ?? '')
    expect(response.headers.get('location')).toMatch(/^https:\/\/login\.example\/login\?/)
  })

  it('takes nothing from outside the pushed request (RFC 9101 §6.3, H44, A15)', async () => {
    const pushed = await push('web', { state: undefined, scope: 'read' })
    const outside = { redirect_uri: 'https://evil.example/cb', scope: 'write', state: 'outside', prompt: 'none' }
    const more = { code_challenge: 'x'.repeat(43), response_type: 'token', resource: 'https://unknown.example' }
    const answer = await createPerson(live).answer('allow', { ...pushed, ...outside, ...more })
    expect([answer.origin, answer.searchParams.has('state')]).toEqual(['https://web.example', false])
    const redeemed = await createApp(live, { client: 'web' }).redeem(answer.searchParams.get('code') ?? '')
    expect(await readAnswer(redeemed)).toMatchObject({ scope: 'read' })
  })

  it.each<[string, (pushed: Changes) => string]>([
    ['another client (RFC 9126 §2.2)', (pushed) => authorizeUrl({ ...pushed, client_id: 'pub' })],
    ['an unknown client', (pushed) => authorizeUrl({ ...pushed, client_id: 'x' })],
    [
      'a changed request URI',
      (pushed) => authorizeUrl({ ...pushed, request_uri: tampered(pushed['request_uri'] ?? '') }),
    ],
    ['request_uri twice', (pushed) => `${authorizeUrl(pushed)}&request_uri=x`],
    ['client_id twice', (pushed) => `${authorizeUrl(pushed)}&client_id=web`],
    [
      'a foreign URI, which is not fetched (H43)',
      (pushed) => authorizeUrl({ ...pushed, request_uri: 'https://evil.example/r' }),
    ],
    ['a foreign URI beside a good request (H43)', () => `${authorizeUrl()}&request_uri=https://evil.example/r`],
    [
      'another URN',
      (pushed) => authorizeUrl({ ...pushed, request_uri: (pushed['request_uri'] ?? '').replace('oauth', 'OAuth') }),
    ],
    [
      'the bare envelope',
      (pushed) => authorizeUrl({ ...pushed, request_uri: (pushed['request_uri'] ?? '').split(':').at(-1) }),
    ],
    [
      'nothing behind the prefix',
      (pushed) => authorizeUrl({ ...pushed, request_uri: 'urn:ietf:params:oauth:request_uri:' }),
    ],
  ])('refuses %s with a page', async (_, change) => {
    const response = await createBrowser(live).get(change(await push()))
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
  })

  it('needs client_id beside it (RFC 9101 §5)', async () => {
    const { request_uri } = await push()
    await expectPage(await createBrowser(live).get(authorizeUrl({ request_uri })), 'invalid_request')
  })

  it('MUST be made before the request URI expires (RFC 9126 §4, A12)', async () => {
    const { ask, wait } = setUp()
    const pushed = await push('web', {}, ask)
    wait(89)
    expect((await createBrowser(ask).get(authorizeUrl(pushed))).status).toBe(303)
    wait(1)
    await expectPage(await createBrowser(ask).get(authorizeUrl(pushed)))
  })

  it('can be reloaded before the login, and after it, until there is a code (RFC 9126 §4, A12)', async () => {
    const pushed = await push()
    const alice = createPerson(live)
    for (let reloads = 0; reloads < 3; reloads++)
      expect((await alice.browser.get(authorizeUrl(pushed))).headers.get('location')).toMatch(
        /^https:\/\/login\.example/,
      )
    await alice.visit(pushed)
    expect(await (await alice.visit(pushed)).text()).toContain('name="decision"')
    expect((await alice.answer('deny', pushed)).searchParams.get('error')).toBe('access_denied')
    expect((await alice.answer('allow', pushed)).searchParams.has('code')).toBe(true)
  })

  it('leads to one code: another time it is a page, in whichever browser (RFC 9126 §7.3, H43, M25)', async () => {
    const pushed = await push()
    const alice = createPerson(live)
    expect((await alice.answer('allow', pushed)).searchParams.has('code')).toBe(true)
    await expectPage(await alice.browser.get(authorizeUrl(pushed)))
    await expectPage(await createPerson(live, { name: 'mallory' }).browser.get(authorizeUrl(pushed)))
  })

  it('leads to one code of many that are asked for at the same time (H43)', async () => {
    const pushed = await push()
    const alice = createPerson(live)
    const consents = []
    for (let tabs = 0; tabs < 8; tabs++) consents.push(hiddenField(await (await alice.visit(pushed)).text(), 'consent'))
    const answers = await Promise.all(
      consents.map(async (consent) => {
        const response = await alice.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
        return [response.status, (await response.text()).includes('code=ey')] as const
      }),
    )
    expect(answers.toSorted((a, b) => a[0] - b[0])).toEqual([[200, true], ...Array(7).fill([400, false])])
  })

  it('leads to one code at a guard that tells no keys apart, too: one without `bound` and `graceUses`', async () => {
    const memory = createMemoryGuard(() => NOW)
    const advance: typeof memory.advance = ({ bound: _, graceUses: __, ...step }) => memory.advance(step)
    const { ask, person } = setUp({ guard: { ...memory, advance } })
    const alice = person()
    const pushed = await push('web', {}, ask)
    const consents: string[] = []
    for (let tabs = 0; tabs < 3; tabs++) consents.push(hiddenField(await (await alice.visit(pushed)).text(), 'consent'))
    const statuses: number[] = []
    for (const consent of consents)
      statuses.push((await alice.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })).status)
    expect(statuses).toEqual([200, 400, 400])
  })

  it('leads to one code of a client that never asks, too, and the second is a page', async () => {
    const clients = { ...VARS.CLIENTS, web: { ...VARS.CLIENTS.web, consent: 'skip' as const } }
    const { ask, person } = setUp({ clients })
    const pushed = await push('web', {}, ask)
    const alice = person()
    await alice.visit(await push('web', {}, ask))
    const both = await Promise.all([1, 2].map(() => alice.browser.get(authorizeUrl(pushed))))
    expect(both.map(({ status }) => status).toSorted()).toEqual([303, 400])
  })

  it('waits for a login that takes longer than the request URI lives, and goes on under another', async () => {
    const { ask, person, wait } = setUp()
    const pushed = await push('web', {}, ask)
    const alice = person()
    const location = (await alice.browser.get(authorizeUrl(pushed))).headers.get('location') ?? ''
    wait(590)
    const back = await alice.browser.get(await signLogin(location, 'alice', { now: NOW + 590 }))
    const next = new URL(back.headers.get('location') ?? '')
    expect([...next.searchParams.keys()]).toEqual(['client_id', 'request_uri'])
    const consent = hiddenField(await (await alice.browser.get(next.href)).text(), 'consent')
    wait(590)
    const answered = await alice.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
    expect(await answered.text()).toContain('code=ey')
    // The other name is spent with the first.
    await expectPage(await alice.browser.get(next.href))
  })

  it.each([{ prompt: 'login' }, { max_age: '0' }, { max_age: '60' }])(
    'that asks for a new login by %o is met by the person who was proved, and by nobody else in another browser',
    async (changes) => {
      const { ask, person, wait } = setUp()
      const [alice, mallory] = [person(), person('mallory')]
      await alice.visit()
      wait(61)
      const location = (await mallory.browser.get(authorizeUrl(await push('web', changes, ask)))).headers.get(
        'location',
      )
      const back = await mallory.browser.get(await signLogin(location ?? '', 'mallory', { now: NOW + 61 }))
      const next = back.headers.get('location') ?? ''
      // His login is no login of hers, whose session is from before.
      const hers = await alice.browser.get(next)
      expect(hers.headers.get('location')).toMatch(/^https:\/\/login\.example\//)
      const his = await mallory.browser.get(next)
      expect(hiddenField(await his.text(), 'consent')).not.toBe('')
    },
  )

  it('ends for good however often a login is begun again: nothing outlives the memory of what was spent', async () => {
    const { ask, person, wait } = setUp()
    let next = authorizeUrl(await push('web', { prompt: 'login' }, ask))
    const alice = person()
    let seconds = 0
    for (let logins = 0; logins < 5; logins++) {
      const response = await alice.browser.get(next)
      if (response.status !== 303) break
      const location = response.headers.get('location') ?? ''
      seconds += 3000
      wait(3000)
      alice.browser.cookies.delete('__Host-bulla-session')
      const back = await alice.browser.get(await signLogin(location, 'alice', { now: NOW + seconds }))
      next = back.headers.get('location') ?? ''
      alice.browser.cookies.delete('__Host-bulla-session')
    }
    expect(seconds).toBeLessThanOrEqual(9000)
    await expectPage(await alice.browser.get(next))
  })

  it('keeps a request that failed at the guard: it works afterwards (C13)', async () => {
    const guard = createMemoryGuard(() => NOW)
    let isDown = false
    const broken = {
      ...guard,
      spend: async (...of: Parameters<typeof guard.spend>) => {
        if (isDown) throw new Error('down')
        return guard.spend(...of)
      },
    }
    const { ask, person } = setUp({
      guard: broken,
      clients: { ...VARS.CLIENTS, web: { ...VARS.CLIENTS.web, consent: 'skip' } },
    })
    const alice = person()
    await alice.visit(await push('web', {}, ask))
    const pushed = await push('web', {}, ask)
    isDown = true
    const failed = await alice.answer('allow', pushed)
    expect([failed.searchParams.get('error'), failed.searchParams.has('code')]).toEqual([
      'temporarily_unavailable',
      false,
    ])
    isDown = false
    expect((await alice.answer('allow', pushed)).searchParams.has('code')).toBe(true)
  })

  it('asks again for consent as any other, and remembers it (C18)', async () => {
    const alice = createPerson(live)
    await alice.answer('allow', await push())
    expect((await alice.visit(await push())).status).toBe(303)
    expect((await alice.visit(await push('web', { scope: 'write' }))).status).toBe(200)
  })
})

describe('requests that must be pushed (RFC 9126 §5, §6, A3)', () => {
  it('are refused otherwise, where the client says so', async () => {
    const changes = { client_id: 'pushing', redirect_uri: 'https://pushing.example/cb' }
    const location = new URL((await createBrowser(live).get(authorizeUrl(changes))).headers.get('location') ?? '')
    expect([location.origin, location.searchParams.get('error')]).toEqual([
      'https://pushing.example',
      'invalid_request',
    ])
  })

  it('are refused otherwise of every client, where the issuer says so, as the metadata tell', async () => {
    const { ask, person } = setUp({ requirePushedAuthorizationRequests: true })
    const location = new URL((await createBrowser(ask).get(authorizeUrl())).headers.get('location') ?? '')
    expect(location.searchParams.get('error')).toBe('invalid_request')
    const metadata = await (await ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))).json()
    expect(metadata).toMatchObject({ require_pushed_authorization_requests: true })
    expect((await person().answer('allow', await push('web', {}, ask))).searchParams.has('code')).toBe(true)
  })

  it('go on after a login without becoming requests that were not pushed', async () => {
    const answer = await createPerson(live).answer('allow', await push('pushing', { prompt: 'login' }))
    expect(answer.searchParams.has('code')).toBe(true)
  })

  it('have an endpoint in the metadata, where anybody can be asked at all', async () => {
    const metadata = async (ask: Ask) =>
      (await (await ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))).json()) as object
    expect(await metadata(live)).toMatchObject({
      pushed_authorization_request_endpoint: `${ISSUER}/par`,
      require_pushed_authorization_requests: false,
    })
    const service = {
      service: VARS.CLIENTS.service,
      api: { kind: 'resource_server' as const, secret_hash: secretHash('x') },
    }
    const issuer = testIssuer({ clients: service, authenticate: undefined as never })
    expect(await metadata((request) => issuer.fetch(request))).not.toHaveProperty(
      'pushed_authorization_request_endpoint',
    )
    expect((await issuer.request(`${ISSUER}/par`, { method: 'POST' })).status).toBe(404)
  })
})
