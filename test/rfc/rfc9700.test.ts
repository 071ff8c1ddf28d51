import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { API, ISSUER } from '../fixtures.ts'
import {
  authorizeUrl,
  createApp,
  createBrowser,
  createPerson,
  goesTo,
  hiddenField,
  REQUESTS,
  readAnswer,
  signLogin,
} from '../parties/person.ts'

const ask = (request: Request): Promise<Response> => exports.default.fetch(request)

describe('best current practice (RFC 9700)', () => {
  it('redirects only to registered redirect URIs, compared as texts (RFC 9700 §2.1, §4.1.3)', async () => {
    for (const redirect_uri of [
      'https://app.example/cb/',
      'https://app.example/cb?x',
      'https://app.example.evil.example/cb',
      'https://app.example/cb#f',
    ]) {
      const response = await createBrowser(ask).get(authorizeUrl({ redirect_uri }))
      expect([response.status, response.headers.get('location')]).toEqual([400, null])
    }
  })

  it('MUST support PKCE, and requires it: no code can be injected (RFC 9700 §2.1.1, §4.5)', async () => {
    const location = new URL(
      (await createBrowser(ask).get(authorizeUrl({ code_challenge: undefined }))).headers.get('location') ?? '',
    )
    expect(location.searchParams.get('error')).toBe('invalid_request')
  })

  it('has no implicit and no password grant (RFC 9700 §2.1.2, §2.4)', async () => {
    const metadata = (await (await ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))).json()) as {
      grant_types_supported: string[]
      response_types_supported: string[]
    }
    expect(metadata.grant_types_supported).toEqual([
      'authorization_code',
      'refresh_token',
      'client_credentials',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ])
    expect(metadata.response_types_supported).toEqual(['code'])
  })

  it('restricts each access token to one resource (RFC 9700 §2.3)', async () => {
    const code = (await createPerson(ask).answer('allow')).searchParams.get('code') ?? ''
    const { access_token } = await readAnswer(await createApp(ask).redeem(code))
    expect(access_token.split('.')).toHaveLength(5)
    expect(API).toBe('https://api1.example')
  })

  it('MUST NOT have CORS at the authorization endpoint (RFC 9700 §2.6)', async () => {
    for (const path of ['/authorize', '/login', '/consent', '/logout']) {
      const response = await ask(
        new Request(ISSUER + path, {
          method: 'OPTIONS',
          headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' },
        }),
      )
      expect([response.status, response.headers.get('access-control-allow-origin')]).toEqual([405, null])
    }
  })

  it('sends a referrer to nobody but itself, and asks nothing of anybody else (RFC 9700 §4.2)', async () => {
    const page = await createPerson(ask).visit()
    expect(page.headers.get('referrer-policy')).toBe('same-origin')
    const response = await createBrowser(ask).get(authorizeUrl())
    expect([response.status, response.headers.get('referrer-policy')]).toEqual([303, 'no-referrer'])
    expect(await page.text()).not.toMatch(/src=|@import|url\(/)
  })

  it('detects a code that is used twice, and ends what came of it (RFC 9700 §4.5)', async () => {
    const code = (await createPerson(ask).answer('allow')).searchParams.get('code') ?? ''
    const app = createApp(ask)
    const { refresh_token = '' } = await readAnswer(await app.redeem(code))
    await app.redeem(code)
    expect((await readAnswer(await app.refresh(refresh_token))).error).toBe('invalid_grant')
  })

  it('asks the person before anything of the client, and binds the login to the browser (RFC 9700 §4.7)', async () => {
    const attacker = createBrowser(ask)
    const begun = await attacker.get(authorizeUrl())
    const callback = await signLogin(begun.headers.get('location') ?? '', 'mallory')
    const victim = await createBrowser(ask).get(callback)
    expect([victim.status, victim.headers.get('set-cookie')?.includes('session') ?? false]).toEqual([400, false])
  })

  it('sends nobody on to a client, whose request is right, before they were asked who they are (RFC 9700 §4.11.2)', async () => {
    const response = await createBrowser(ask).get(authorizeUrl(REQUESTS['evil']))
    expect(response.headers.get('location')).toMatch(/^https:\/\/login\.example\//)
  })

  it('never answers with 307 or 308, which would send the credentials along (RFC 9700 §4.12)', async () => {
    const person = createPerson(ask)
    const statuses = [(await person.browser.get(authorizeUrl())).status, (await person.visit()).status]
    await person.answer('allow')
    statuses.push((await person.visit()).status)
    expect(statuses).toEqual([303, 200, 303])
  })

  it('gives refresh tokens of public clients a new generation each time (RFC 9700 §4.14.2)', async () => {
    const code = (await createPerson(ask).answer('allow')).searchParams.get('code') ?? ''
    const app = createApp(ask)
    const first = await readAnswer(await app.redeem(code))
    const second = await readAnswer(await app.refresh(first.refresh_token ?? ''))
    await app.refresh(second.refresh_token ?? '')
    expect((await readAnswer(await app.refresh(first.refresh_token ?? ''))).error).toBe('invalid_grant')
  })

  it('gives no client a subject that a user has (RFC 9700 §4.15)', async () => {
    const browser = createBrowser(ask)
    const begun = await browser.get(authorizeUrl())
    const back = await browser.get(await signLogin(begun.headers.get('location') ?? '', 'client:service'))
    expect([back.status, back.headers.get('location')]).toEqual([400, null])
  })

  it('can be framed by nobody (RFC 9700 §4.16)', async () => {
    const person = createPerson(ask)
    const pages = [
      await person.visit(),
      await person.browser.get(`${ISSUER}/logout`),
      await person.browser.get(`${ISSUER}/`),
      await person.browser.get(authorizeUrl({ client_id: 'x' })),
    ]
    for (const { headers } of pages) {
      expect(headers.get('content-security-policy')).toMatch(
        /^default-src 'none'; style-src 'nonce-[^']+'; .*frame-ancestors 'none'/,
      )
      expect(headers.get('x-frame-options')).toBe('DENY')
    }
  })

  it('answers the consent by a page that navigates, so that forms can go nowhere but here', async () => {
    const person = createPerson(ask)
    const consent = hiddenField(await (await person.visit()).text(), 'consent')
    const answered = await person.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
    expect([answered.status, answered.headers.get('location')]).toEqual([200, null])
    expect(answered.headers.get('content-security-policy')).toContain("form-action 'none'")
    expect(goesTo(await answered.text())).toMatch(/^https:\/\/app\.example\/cb\?code=/)
  })
})
