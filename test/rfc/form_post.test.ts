import { describe, expect, it } from 'vitest'
import { ISSUER, NOW, testIssuer, VARS } from '../fixtures.ts'
import { takeForms, takeLink } from '../parties/answers.ts'
import { authorizeUrl, type Changes, createPerson, goesTo, hiddenField, REQUESTS } from '../parties/person.ts'

const WEB = { ...REQUESTS['web'], state: 'xyz', response_mode: 'form_post' }

/** Alice's browser, and what she does with the question. */
function setUp(changes: Parameters<typeof testIssuer>[0] = {}) {
  const issuer = testIssuer(changes)
  const alice = createPerson((request) => issuer.fetch(request), { now: () => NOW })
  return {
    alice,
    async answer(asked: Changes, decision = 'allow'): Promise<Response> {
      const consent = hiddenField(await (await alice.visit(asked)).text(), 'consent')
      return alice.browser.post(`${ISSUER}/consent`, { consent, decision })
    },
  }
}

describe('an answer that is posted (OAuth 2.0 Form Post Response Mode §2)', () => {
  it('is a form for the redirect URI with the code, the state and the issuer, and nothing of it is in a URL', async () => {
    const page = await setUp().answer(WEB)
    const text = await page.text()
    expect([page.status, page.headers.get('location'), goesTo(text)]).toEqual([200, null, ''])
    expect(takeForms(text, ISSUER)).toEqual([
      {
        by: 'form',
        where: 'https://web.example/cb',
        told: { code: expect.stringMatching(/^ey/), state: 'xyz', iss: ISSUER },
        jwt: undefined,
      },
    ])
    expect(text).toContain('<form class="single" method="post" action="https://web.example/cb">')
    expect(text.replace(/value="[^"]*"/g, '')).not.toMatch(/ey[\w-]+\.|code=/)
  })

  it('is posted by the one script that its page allows, or by a press; the page says where to', async () => {
    const page = await setUp().answer(WEB)
    const text = await page.text()
    const scripts = [...text.matchAll(/<script>(.*?)<\/script>/gs)].map(([, script = '']) => script)
    const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(scripts[0]))
    const hash = btoa(String.fromCharCode(...new Uint8Array(digest)))
    const policy = (page.headers.get('content-security-policy') ?? '').replace(/'nonce-[^']*'/, 'NONCE')
    // No `form-action`: Chromium would hold it against every redirect of the app's own, too.
    expect([scripts.length, policy]).toEqual([
      1,
      `default-src 'none'; style-src NONCE; img-src data:; base-uri 'none'; frame-ancestors 'none'; script-src 'sha256-${hash}'`,
    ])
    expect(text).toMatch(/You are being taken back to <strong><bdi>web\.example<\/bdi><\/strong>/)
    expect(text).toContain('<button type="submit">Go on</button>')
  })

  it('tells the app where it comes from, that its form has an origin, and nobody keeps it', async () => {
    const { headers } = await setUp().answer(WEB)
    expect([headers.get('referrer-policy'), headers.get('cache-control')]).toEqual(['origin', 'no-store'])
  })

  it.each<[string, Changes, string]>([
    ['before anybody is asked', { prompt: 'none' }, 'login_required'],
    ['of a request that is wrong', { scope: 'bogus' }, 'invalid_scope'],
    ['of a request that is too long', { state: 'x', login_hint: 'x'.repeat(513) }, 'invalid_request'],
  ])('can be an error %s', async (_, changes, error) => {
    const page = await setUp().alice.visit({ ...WEB, ...changes })
    const [answer] = takeForms(await page.text(), ISSUER)
    expect([page.status, page.headers.get('location'), answer?.where]).toEqual([200, null, 'https://web.example/cb'])
    expect(answer?.told).toMatchObject({ error, state: changes['state'] ?? 'xyz', iss: ISSUER })
  })

  it('can be a "Deny"', async () => {
    const [answer] = takeForms(await (await setUp().answer(WEB, 'deny')).text(), ISSUER)
    expect(answer?.told).toMatchObject({ error: 'access_denied', state: 'xyz', iss: ISSUER })
  })

  it('gives the state back as it came, whatever it is', async () => {
    const state = `"><script>alert(1)</script><form action='x'>&amp;\u00e9`
    const text = await (await setUp().answer({ ...WEB, state })).text()
    expect([text.split('<script').length, text.split('<form').length]).toEqual([2, 2])
    expect(takeForms(text, ISSUER)[0]?.told['state']).toBe(state)
  })

  it('is sent by a press where the person has to choose: that page allows no script', async () => {
    const { alice } = setUp()
    const consent = hiddenField(await (await alice.visit(WEB)).text(), 'consent')
    await alice.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
    const page = await alice.browser.post(`${ISSUER}/consent`, { consent, decision: 'deny' })
    const [text, policy] = [await page.text(), page.headers.get('content-security-policy') ?? '']
    expect([page.status, text.includes('<script'), takeForms(text, ISSUER).length]).toEqual([409, false, 1])
    expect([policy.includes('script-src'), policy.includes('form-action')]).toEqual([false, false])
    expect(page.headers.get('referrer-policy')).toBe('origin')
  })
})

describe('the mode of an answer', () => {
  it.each([
    ['a fragment, which scripts read', { response_mode: 'fragment' }],
    ['a signed fragment', { response_mode: 'fragment.jwt' }],
    ['a message to a window', { response_mode: 'web_message' }],
    ['in capitals', { response_mode: 'FORM_POST' }],
    ['a name of objects', { response_mode: '__proto__' }],
  ])('is never %s: that is said by a query', async (_, changes) => {
    const answer = await setUp().alice.visit({ ...REQUESTS['web'], ...changes })
    expect(answer.status).toBe(303)
    expect(takeLink(answer.headers.get('location') ?? '').told).toMatchObject({
      error: 'invalid_request',
      state: 'xyz',
    })
  })

  it('is nothing that stands there twice: that is said by a query', async () => {
    const { alice } = setUp()
    const answer = await alice.browser.get(`${authorizeUrl(WEB)}&response_mode=query`)
    expect([answer.status, takeLink(answer.headers.get('location') ?? '').told['error']]).toEqual([
      303,
      'invalid_request',
    ])
  })

  /** An app on a device, which has a scheme of its own there, and on loopback. */
  const clients = {
    app: {
      grant_types: ['authorization_code'],
      redirect_uris: ['com.example.app:/cb', 'http://127.0.0.1/cb'],
      resources: VARS.CLIENTS.pub.resources,
      scopes: ['read'],
    },
  }
  const APP = { client_id: 'app', redirect_uri: 'com.example.app:/cb', state: 'xyz' }

  it.each(['form_post', 'form_post.jwt'])(
    'is not %s where no web server takes it: that is said by a query',
    async (response_mode) => {
      const answer = await setUp({ clients }).alice.visit({ ...APP, response_mode })
      const location = new URL(answer.headers.get('location') ?? '')
      expect([answer.status, location.protocol, location.searchParams.get('error')]).toEqual([
        303,
        'com.example.app:',
        'invalid_request',
      ])
    },
  )

  it('can be form_post for a loopback address', async () => {
    const asked = { ...APP, redirect_uri: 'http://127.0.0.1:51004/cb', response_mode: 'form_post' }
    const [answer] = takeForms(await (await setUp({ clients }).answer(asked)).text(), ISSUER)
    expect([answer?.where, Object.keys(answer?.told ?? {})]).toEqual([
      'http://127.0.0.1:51004/cb',
      ['code', 'state', 'iss'],
    ])
  })

  it('is one of those that the metadata list', async () => {
    const metadata = await testIssuer().request(`${ISSUER}/.well-known/oauth-authorization-server`)
    expect(await metadata.json()).toMatchObject({
      response_modes_supported: ['query', 'form_post', 'jwt', 'query.jwt', 'form_post.jwt'],
    })
  })
})
