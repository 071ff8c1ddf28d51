import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { API, API2, ISSUER } from '../fixtures.ts'
import { ERRORS, PAGES } from '../parties/authorization_requests.ts'
import {
  type App,
  authorizeUrl,
  type Changes,
  createApp,
  createBrowser,
  createPerson,
  REQUESTS,
  readAnswer,
} from '../parties/person.ts'

const ask = (request: Request): Promise<Response> => exports.default.fetch(request)
const code = async (changes: Changes = {}): Promise<string> =>
  (await createPerson(ask).answer('allow', changes)).searchParams.get('code') ?? ''

describe('the authorization request (RFC 6749 §4.1.1)', () => {
  it.each(['GET', 'POST'])('is taken by %s (RFC 6749 §3.1)', async (method) => {
    const [url, query = ''] = authorizeUrl().split('?')
    const browser = createBrowser(ask)
    const response =
      method === 'GET'
        ? await browser.get(`${url}?${query}`)
        : await browser.post(url ?? '', Object.fromEntries(new URLSearchParams(query))).then((posted) => {
            // Whoever posts goes on by GET.
            expect(posted.headers.get('location')).toBe(`${url}?${query}`)
            return browser.get(posted.headers.get('location') ?? '')
          })
    expect(response.status).toBe(303)
    expect(response.headers.get('location')).toMatch(/^https:\/\/login\.example\/login\?/)
  })

  it.each(['HEAD', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('refuses %s, and has no CORS (b.2, H56)', async (method) => {
    const response = await ask(new Request(authorizeUrl(), { method, headers: { origin: 'https://app.example' } }))
    expect([
      response.status,
      response.headers.get('allow'),
      response.headers.get('access-control-allow-origin'),
    ]).toEqual([405, 'GET, POST', null])
  })

  it('that is only looked ahead at has no effect (M15)', async () => {
    const response = await createBrowser(ask).get(authorizeUrl(), { 'sec-purpose': 'prefetch;prerender' })
    expect([response.status, response.headers.get('set-cookie'), response.headers.get('location')]).toEqual([
      204,
      null,
      null,
    ])
  })

  it.each(['iframe', 'empty', 'image'])('is refused where it is no page of its own: %s', async (dest) => {
    const response = await createBrowser(ask).get(authorizeUrl(), {
      'sec-fetch-dest': dest,
      'sec-fetch-mode': 'navigate',
    })
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
  })
})

describe('the error response (RFC 6749 §4.1.2.1)', () => {
  it.each(PAGES)('to %s is a page: the resource owner is told, and MUST NOT be redirected', async (_, url) => {
    const response = await createBrowser(ask).get(url)
    const page = await response.text()
    expect([response.status, response.headers.get('location'), response.headers.get('refresh')]).toEqual([
      400,
      null,
      null,
    ])
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(page).not.toMatch(/http-equiv="refresh"|evil\.example|<script/)
  })

  it.each(ERRORS)('to %s goes to the client, with state and iss', async (_, url, error) => {
    const response = await createBrowser(ask).get(url)
    expect(response.status).toBe(303)
    const location = new URL(response.headers.get('location') ?? '')
    expect(location.origin + location.pathname).toBe('https://app.example/cb')
    expect(Object.fromEntries(location.searchParams)).toEqual({
      error,
      error_description: expect.stringMatching(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/),
      state: 'xyz',
      iss: ISSUER,
    })
  })

  it('to state twice has no state: nobody could tell which', async () => {
    const location = new URL((await createBrowser(ask).get(`${authorizeUrl()}&state=2`)).headers.get('location') ?? '')
    expect([location.searchParams.get('error'), location.searchParams.has('state')]).toEqual(['invalid_request', false])
  })

  it('to a state of 5,000 characters is invalid_request; 4,000 come back as they went (L03)', async () => {
    const long = 's'.repeat(4000)
    const location = new URL(
      (await createBrowser(ask).get(authorizeUrl({ prompt: 'none', state: long }))).headers.get('location') ?? '',
    )
    expect([location.searchParams.get('error'), location.searchParams.get('state')]).toEqual(['login_required', long])
    const tooLong = await createBrowser(ask).get(authorizeUrl({ state: 's'.repeat(5000) }))
    expect(new URL(tooLong.headers.get('location') ?? '').searchParams.get('error')).toBe('invalid_request')
  })

  it('when the person says no is access_denied', async () => {
    const answer = await createPerson(ask).answer('deny')
    expect(Object.fromEntries(answer.searchParams)).toMatchObject({ error: 'access_denied', state: 'xyz', iss: ISSUER })
    expect(answer.searchParams.has('code')).toBe(false)
  })

  it('to a client that may not ask is unauthorized_client, or a page where it has no redirect URI', async () => {
    const response = await createBrowser(ask).get(authorizeUrl({ client_id: 'service' }))
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
  })
})

describe('the authorization response (RFC 6749 §4.1.2)', () => {
  it('has code, state and iss in the query, by a page that navigates; state comes back exactly', async () => {
    const state = 'ü+&=% 😀/?#"<'
    const answer = await createPerson(ask).answer('allow', { state })
    expect(answer.origin + answer.pathname).toBe('https://app.example/cb')
    expect([...answer.searchParams.keys()]).toEqual(['code', 'state', 'iss'])
    expect([answer.searchParams.get('state'), answer.searchParams.get('iss'), answer.hash]).toEqual([state, ISSUER, ''])
  })

  it('keeps the query of the redirect URI (RFC 6749 §3.1.2)', async () => {
    const answer = await createPerson(ask).answer('allow', {
      ...REQUESTS['web'],
      redirect_uri: 'https://web.example/cb?from=as',
    })
    expect(answer.search).toMatch(/^\?from=as&code=/)
  })

  it('has no state where there was none', async () => {
    const answer = await createPerson(ask).answer('allow', { state: undefined })
    expect([...answer.searchParams.keys()]).toEqual(['code', 'iss'])
  })

  it('has a code of at most 800 characters for an ordinary request, in which nothing can be read (H60)', async () => {
    const text = await code({ nonce: 'n'.repeat(64) })
    expect(text.length).toBeLessThanOrEqual(800)
    const shown = text
      .split('.')
      .map((segment) => atob(segment.replaceAll('-', '+').replaceAll('_', '/')))
      .join('')
    expect(shown).not.toMatch(/alice|read|app\.example|E9Melhoa/)
  })

  it('by redirect is a 303, never a 307 (H21)', async () => {
    const person = createPerson(ask)
    await person.answer('allow')
    const again = await person.visit()
    expect(again.status).toBe(303)
  })
})

describe('the access token request (RFC 6749 §4.1.3)', () => {
  const app = createApp(ask)

  it('is answered with tokens (RFC 6749 §4.1.4)', async () => {
    const response = await app.redeem(await code())
    expect(response.status).toBe(200)
    expect(await readAnswer(response)).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 600,
      refresh_token: expect.any(String),
      scope: 'read',
    })
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  it('may repeat the redirect URI', async () => {
    expect((await app.redeem(await code(), { redirect_uri: 'https://app.example/cb' })).status).toBe(200)
  })

  it('needs no scope, and is given what was approved, never more', async () => {
    expect(await readAnswer(await app.redeem(await code(), { scope: 'write admin' }))).toMatchObject({ scope: 'read' })
  })

  it.each<[string, (app: App, code: string) => Promise<Response>, number, string]>([
    ['without a code', (app) => app.redeem(''), 400, 'invalid_request'],
    ['with a code that is none', (app) => app.redeem('lsdkfhj230'), 400, 'invalid_grant'],
    [
      'with a changed code',
      (app, code) => app.redeem(code.slice(0, 200) + (code[200] === 'A' ? 'B' : 'A') + code.slice(201)),
      400,
      'invalid_grant',
    ],
    ['with a code and a character more', (app, code) => app.redeem(`${code}A`), 400, 'invalid_grant'],
    [
      'with another redirect URI',
      (app, code) => app.redeem(code, { redirect_uri: 'https://app.example/cb?x=1' }),
      400,
      'invalid_grant',
    ],
    ['without a verifier', (app, code) => app.redeem(code, { code_verifier: undefined }), 400, 'invalid_request'],
    ['with another verifier', (app, code) => app.redeem(code, { code_verifier: 'x'.repeat(43) }), 400, 'invalid_grant'],
    ['for another resource', (app, code) => app.redeem(code, { resource: API2 }), 400, 'invalid_target'],
    [
      'by another public client (C07)',
      (_, code) => createApp(ask, { client: 'evil' }).redeem(code),
      400,
      'invalid_grant',
    ],
    [
      'by a confidential client (C07)',
      (_, code) => createApp(ask, { client: 'web' }).redeem(code),
      400,
      'invalid_grant',
    ],
    ['by an unknown client', (_, code) => createApp(ask, { client: 'unknown' }).redeem(code), 401, 'invalid_client'],
  ])('%s is refused, and burns nothing: the right one still works (H59)', async (_, send, status, error) => {
    const good = await code()
    const response = await send(app, good)
    expect([response.status, (await readAnswer(response)).error]).toEqual([status, error])
    expect((await app.redeem(good)).status).toBe(200)
  })

  it('of a confidential client needs its secret, whatever else is right (C19)', async () => {
    const good = await code(REQUESTS['web'])
    const bare = await createApp(ask).ask({
      client_id: 'web',
      grant_type: 'authorization_code',
      code: good,
      code_verifier: 'x'.repeat(43),
    })
    expect([bare.status, (await readAnswer(bare)).error]).toEqual([401, 'invalid_client'])
    expect((await createApp(ask, { client: 'web' }).redeem(good)).status).toBe(200)
  })

  it('works once: the second time ends what came of the first (RFC 6749 §4.1.2, C10)', async () => {
    const good = await code()
    const first = await readAnswer(await app.redeem(good))
    const second = await app.redeem(good)
    expect([second.status, (await readAnswer(second)).error]).toEqual([400, 'invalid_grant'])
    const refreshed = await app.refresh(first.refresh_token ?? '')
    expect([refreshed.status, (await readAnswer(refreshed)).error]).toEqual([400, 'invalid_grant'])
  })

  // promise: I01
  it('works once of a hundred at the same time (C11)', async () => {
    const good = await code()
    const statuses = await Promise.all(Array.from({ length: 100 }, async () => (await app.redeem(good)).status))
    expect(statuses.toSorted()).toEqual([200, ...Array(99).fill(400)])
  })

  it('takes one spelling of a code alone (C12)', async () => {
    const good = await code()
    for (const spelling of [`${good}=`, `${good} `, `\n${good}`, good.replace('..', '. .')]) {
      expect((await readAnswer(await app.redeem(spelling))).error).toBe('invalid_grant')
    }
    expect((await app.redeem(good)).status).toBe(200)
  })
})

describe('refreshing (RFC 6749 §6)', () => {
  const setUp = async (client: 'pub' | 'web', changes: Changes = {}) => {
    const app = createApp(ask, { client })
    const first = await readAnswer(
      await app.redeem(await code({ ...REQUESTS[client], scope: 'read write', ...changes })),
    )
    return { app, first, token: first.refresh_token ?? '' }
  }

  it('gives an authenticated client a new access token, and repeats its refresh token (design §5)', async () => {
    const { app, token } = await setUp('web')
    for (let times = 0; times < 3; times++) {
      const response = await app.refresh(token)
      const answer = await readAnswer(response)
      expect([response.status, Object.keys(answer)]).toEqual([
        200,
        ['access_token', 'token_type', 'expires_in', 'refresh_token', 'scope'],
      ])
      expect(answer.refresh_token).toBe(token)
    }
  })

  it('gives a public client another refresh token each time (RFC 9700 §4.14.2)', async () => {
    const { app, token } = await setUp('pub')
    const next = await readAnswer(await app.refresh(token))
    expect(next.refresh_token).not.toBe(token)
    expect((await app.refresh(next.refresh_token ?? '')).status).toBe(200)
  })

  // promise: N02
  it('gives the same successor when an answer was lost, or two tabs ask at once (H50)', async () => {
    const { app, token } = await setUp('pub')
    const answers = await Promise.all([app.refresh(token), app.refresh(token)])
    const tokens = await Promise.all(answers.map(readAnswer))
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
    for (const { refresh_token } of tokens) expect((await app.refresh(refresh_token ?? '')).status).toBe(200)
  })

  it('with an older one ends the family: the thief and the owner both have nothing (C23)', async () => {
    const { app, token } = await setUp('pub')
    const second = await readAnswer(await app.refresh(token))
    const third = await readAnswer(await app.refresh(second.refresh_token ?? ''))
    expect((await readAnswer(await app.refresh(token))).error).toBe('invalid_grant')
    expect((await readAnswer(await app.refresh(third.refresh_token ?? ''))).error).toBe('invalid_grant')
  })

  it('may narrow the scope, for that one token alone', async () => {
    const { app, token } = await setUp('pub')
    const narrow = await readAnswer(await app.refresh(token, { scope: 'read' }))
    expect(narrow.scope).toBe('read')
    expect(await readAnswer(await app.refresh(narrow.refresh_token ?? ''))).toMatchObject({ scope: 'read write' })
  })

  it.each<[string, Changes, string]>([
    ['more scope (C24)', { scope: 'read write mail' }, 'invalid_scope'],
    ['an unknown scope', { scope: 'bogus' }, 'invalid_scope'],
    ['a malformed scope', { scope: 'read  write' }, 'invalid_scope'],
    ['another resource (C24)', { resource: API2 }, 'invalid_target'],
  ])('never gives %s, and the refresh token stays good', async (_, changes, error) => {
    const { app, token } = await setUp('web')
    const response = await app.refresh(token, changes)
    expect([response.status, (await readAnswer(response)).error]).toEqual([400, error])
    expect((await app.refresh(token)).status).toBe(200)
  })

  it.each<[string, (token: string) => Promise<Response>, number, string]>([
    ['of another client (C24)', (token) => createApp(ask, { client: 'evil' }).refresh(token), 400, 'invalid_grant'],
    ['without a token', () => createApp(ask).refresh(''), 400, 'invalid_request'],
    ['with what is none', () => createApp(ask).refresh('øå€£‰'), 400, 'invalid_grant'],
    [
      'by a client that may not',
      (token) => createApp(ask, { client: 'service' }).refresh(token),
      400,
      'unauthorized_client',
    ],
    [
      'of a confidential client without its secret (C19)',
      (token) => createApp(ask).ask({ client_id: 'web', grant_type: 'refresh_token', refresh_token: token }),
      401,
      'invalid_client',
    ],
  ])('%s is refused', async (_, send, status, error) => {
    const { token } = await setUp('web')
    const response = await send(token)
    expect([response.status, (await readAnswer(response)).error]).toEqual([status, error])
  })
})

describe('several resources in one approval (RFC 8707 §2)', () => {
  it('give each access token exactly one of them', async () => {
    const url = `${authorizeUrl({ ...REQUESTS['web'], scope: 'read mail' })}&resource=${encodeURIComponent(API2)}`
    const person = createPerson(ask)
    await person.answer('allow', REQUESTS['web'])
    const page = await (await person.browser.get(url)).text()
    const { hiddenField, goesTo } = await import('../parties/person.ts')
    const answered = await person.browser.post(`${ISSUER}/consent`, {
      consent: hiddenField(page, 'consent'),
      decision: 'allow',
    })
    const both = new URL(goesTo(await answered.text())).searchParams.get('code') ?? ''
    const app = createApp(ask, { client: 'web' })
    expect((await readAnswer(await app.redeem(both))).error).toBe('invalid_target')
    const first = await readAnswer(await app.redeem(both, { resource: API }))
    expect(first.scope).toBe('read')
    expect(await readAnswer(await app.refresh(first.refresh_token ?? '', { resource: API2 }))).toMatchObject({
      scope: 'read mail',
      expires_in: 300,
    })
  })
})
