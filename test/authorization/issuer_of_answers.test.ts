import { describe, expect, it } from 'vitest'
import { type Authenticate, OAuthError } from '../../src/index.ts'
import { API, ISSUER, NOW, testIssuer } from '../fixtures.ts'
import { type TakenAnswer, takeForms, takeLink } from '../parties/answers.ts'
import {
  authorizeUrl,
  type Changes,
  challengeless,
  createApp,
  createBrowser,
  goesTo,
  hiddenField,
  pushedBy,
  REQUESTS,
} from '../parties/person.ts'

const WEB = REQUESTS['web'] ?? {}
const MODES = ['query', 'form_post', 'jwt', 'form_post.jwt']

/** An issuer whose login goes as it is told, a browser, and what an app is told at last. */
function setUp(path: string, login: () => ReturnType<Authenticate> = async () => ({ sub: 'alice', auth_time: NOW })) {
  const issuer = `${ISSUER}${path}`
  const as = testIssuer({ issuer, authenticate: login })
  const ask = async (request: Request): Promise<Response> => as.fetch(request)
  const browser = createBrowser(ask)

  /** Reads what an app is told by a response: by a redirect, a page that goes on by itself, a link, or a form. */
  async function taken(response: Response): Promise<TakenAnswer> {
    const location = response.headers.get('location')
    if (location !== null) return takeLink(location)
    const page = await response.text()
    const [form] = takeForms(page, issuer)
    if (form !== undefined) return form
    const link =
      goesTo(page) || /<a [^>]*href="(https:\/\/web\.example[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&')
    return takeLink(link ?? `page:${response.status}`)
  }
  async function visit(changes: Changes): Promise<Response> {
    let response = await browser.get(authorizeUrl(changes, issuer))
    while (response.status === 303 && (response.headers.get('location') ?? '').startsWith(ISSUER))
      response = await browser.get(response.headers.get('location') ?? '')
    return response
  }
  const post = (consent: string, decision: string) => browser.post(`${issuer}/consent`, { consent, decision })
  return { issuer, ask, taken, visit, post }
}

const throwing = (error: OAuthError) => () => Promise.reject(error)

describe.each(['', '/tenant/a'])('an app is told who answers (RFC 9207 §2), by an issuer with the path %j', (path) => {
  it.each(MODES)('with a code, and with a no, by %s', async (response_mode) => {
    const { issuer, taken, visit, post } = setUp(path)
    for (const [decision, told] of [
      ['deny', { error: 'access_denied' }],
      ['allow', { code: expect.any(String) }],
    ] as const) {
      const consent = hiddenField(await (await visit({ ...WEB, response_mode })).text(), 'consent')
      expect((await taken(await post(consent, decision))).told).toMatchObject({ ...told, iss: issuer })
    }
  })

  it.each<readonly [string, Changes]>([
    ['login_required', { prompt: 'none' }],
    ['invalid_request', { prompt: 'none login' }],
    ['invalid_request', challengeless],
    ['invalid_request', { code_challenge_method: 'plain' }],
    ['invalid_request', { response_mode: 'fragment' }],
    ['invalid_request', { max_age: '-1' }],
    ['invalid_scope', { scope: 'unknown' }],
    ['invalid_target', { resource: 'https://other.example' }],
    ['invalid_authorization_details', { authorization_details: '[{"type":"unknown"}]' }],
    ['unsupported_response_type', { response_type: 'token' }],
    ['unsupported_response_type', { response_type: 'code id_token' }],
    ['request_not_supported', { request: 'e30.e30.' }],
  ])('with %s, before anybody was asked: %j', async (error, changes) => {
    for (const response_mode of MODES) {
      const { issuer, taken, visit } = setUp(path)
      const { told } = await taken(await visit({ ...WEB, response_mode, ...changes }))
      expect(told).toMatchObject({ error, state: 'xyz', iss: issuer })
    }
  })

  it.each([
    ['access_denied', new OAuthError('access_denied', 'cancelled')],
    ['login_required', new OAuthError('login_required', 'nobody is there')],
    ['server_error', new OAuthError('server_error', 'broken', { isForClient: true })],
    ['temporarily_unavailable', new OAuthError('temporarily_unavailable', 'busy', { isForClient: true })],
  ])('with %s, when the login failed', async (error, thrown) => {
    for (const response_mode of MODES) {
      const { issuer, taken, visit } = setUp(path, throwing(thrown))
      expect((await taken(await visit({ ...WEB, response_mode }))).told).toMatchObject({ error, iss: issuer })
    }
  })

  it('with consent_required, when somebody is logged in', async () => {
    const { issuer, taken, visit } = setUp(path)
    await visit(WEB)
    const { told } = await taken(await visit({ ...WEB, prompt: 'none' }))
    expect(told).toMatchObject({ error: 'consent_required', iss: issuer })
  })

  it('by the page for a question that was answered before', async () => {
    const { issuer, taken, visit, post } = setUp(path)
    const consent = hiddenField(await (await visit(WEB)).text(), 'consent')
    await post(consent, 'allow')
    const again = await post(consent, 'deny')
    expect(again.status).toBe(409)
    expect((await taken(again)).told).toMatchObject({ error: 'access_denied', iss: issuer })
  })

  it('for a request that was pushed', async () => {
    const { issuer, ask, taken, visit, post } = setUp(path)
    const push = async (changes: Changes) =>
      pushedBy('web', await createApp(ask, { issuer, client: 'web' }).push({ ...WEB, resource: API, ...changes }))
    const none = await taken(await visit(await push({ prompt: 'none' })))
    expect(none.told).toMatchObject({ error: 'login_required', iss: issuer })
    const consent = hiddenField(await (await visit(await push({}))).text(), 'consent')
    expect((await taken(await post(consent, 'allow'))).told).toMatchObject({ code: expect.any(String), iss: issuer })
  })
})
