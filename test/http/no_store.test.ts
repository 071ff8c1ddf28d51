import { describe, expect, it } from 'vitest'
import { ISSUER, NOW, testIssuer } from '../fixtures.ts'
import {
  authorizeUrl,
  createApp,
  createBrowser,
  createPerson,
  hiddenField,
  REQUESTS,
  signLogin,
} from '../parties/person.ts'

/** Returns an issuer, and what each of its answers says of being kept, as it comes. */
function setUp(changes: Parameters<typeof testIssuer>[0] = {}) {
  const issuer = testIssuer(changes)
  const answers: (readonly [request: string, status: number, kept: string | null])[] = []
  const ask = async (request: Request): Promise<Response> => {
    const response = await issuer.fetch(request)
    const { pathname } = new URL(request.url)
    answers.push([`${request.method} ${pathname}`, response.status, response.headers.get('cache-control')])
    return response
  }
  return { ask, answers }
}

describe('no answer with a code, a state, a cookie or a redirect is kept by anybody', () => {
  // promise: I10
  it('on a whole way of a person, with its detours', async () => {
    const { ask, answers } = setUp()
    const alice = createPerson(ask, { now: () => NOW })
    const { browser } = alice
    const begun = (await browser.get(authorizeUrl({ prompt: 'login' }))).headers.get('location') ?? ''
    await browser.get(await signLogin(begun, 'alice', { now: NOW, claims: { nonce: 'x' } }))
    const code = (await alice.answer('allow')).searchParams.get('code') ?? ''
    await alice.answer('allow')
    await alice.answer('deny', { scope: 'write' })
    await alice.answer('allow', { scope: 'nothing' })
    await alice.answer('allow', { redirect_uri: 'https://other.example' })
    await browser.post(`${ISSUER}/authorize`, Object.fromEntries(new URL(authorizeUrl()).searchParams))
    await browser.get(authorizeUrl(), { 'sec-purpose': 'prefetch' })
    await browser.get(`${ISSUER}/login/callback?state=x`)
    await browser.post(`${ISSUER}/login`, { state: 'x' })
    await browser.post(`${ISSUER}/consent`, { consent: 'x', decision: 'allow' })
    await browser.get(`${ISSUER}/`)
    const token = hiddenField(await (await browser.get(`${ISSUER}/logout`)).text(), 'token')
    await browser.post(`${ISSUER}/logout`, { token })
    await createApp(ask).redeem(code)
    await createApp(ask).redeem(code)
    await createApp(ask, { client: 'web' }).push(REQUESTS['web'])
    await createApp(ask, { client: 'web' }).push({ scope: 'nothing' })
    expect(answers.filter(([, , kept]) => kept !== 'no-store')).toEqual([])
    expect([...new Set(answers.map(([request]) => request))].toSorted()).toEqual(
      ['/', '/authorize', '/login/callback', '/logout']
        .map((path) => `GET ${path}`)
        .concat(['/authorize', '/consent', '/login', '/logout', '/par', '/token'].map((path) => `POST ${path}`)),
    )
    for (const status of [200, 201, 204, 303, 400]) expect(answers.map(([, one]) => one)).toContain(status)
  })

  it('by whatever method, for anything, be it there or not', async () => {
    const { ask, answers } = setUp()
    const paths = ['/', '/authorize', '/login', '/login/callback', '/consent', '/logout', '/token', '/par', '/revoke']
    for (const method of ['GET', 'POST', 'PUT', 'OPTIONS']) {
      const init = { method, headers: { origin: 'https://app.example', 'access-control-request-method': 'POST' } }
      for (const path of [...paths, '/introspect', '/keys', '/healthz', '/nothing', `/${'x'.repeat(9000)}`])
        await ask(new Request(`${ISSUER}${path}`, init))
      await ask(new Request('https://other.example/authorize', init))
    }
    expect(answers.filter(([, , kept]) => kept !== 'no-store')).toEqual([])
  })

  it.each<[string, Record<string, string>]>([
    ['says nothing', {}],
    ['lets the browser keep it', { 'Cache-Control': 'private, max-age=600' }],
    ['lets everybody keep it', { 'Cache-Control': 'public, max-age=600' }],
    ['is framed by nobody', { 'Cache-Control': 'max-age=600', 'X-Frame-Options': 'DENY' }],
  ])("though the operator's own login %s", async (_, headers) => {
    const { ask, answers } = setUp({ authenticate: async (__, { state }) => new Response(state, { headers }) })
    const begun = await createBrowser(ask).get(authorizeUrl())
    await createBrowser(ask, new Map([['__Host-bulla-browser', 'x']])).get(
      `${ISSUER}/login?state=${await begun.text()}`,
    )
    expect(answers.map(([, , kept]) => kept)).toEqual(['no-store', 'no-store'])
  })
})

it('what is for everybody may be kept: metadata and keys', async () => {
  const { ask, answers } = setUp()
  for (const path of ['/.well-known/oauth-authorization-server', '/jwks']) await ask(new Request(ISSUER + path))
  expect(answers.map(([, , kept]) => kept)).toEqual([
    'public, max-age=300',
    expect.stringMatching(/^public, max-age=\d+$/),
  ])
})
