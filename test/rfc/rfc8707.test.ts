import { exports } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { openDirect } from '../../src/token/direct.ts'
import {
  API,
  API2,
  basic,
  ISSUER,
  NOW,
  SECRETS,
  type TokenAnswer,
  type TokenRequestChanges,
  testIssuer,
  testRing,
  tokenRequest,
} from '../fixtures.ts'
import { type Ask, type Changes, createApp, createPerson, pushedBy, REQUESTS, readAnswer } from '../parties/person.ts'

const send = async (form: [string, string][], client: TokenRequestChanges['client'] = 'service') => {
  const response = await exports.default.fetch(
    tokenRequest({ client, form: [['grant_type', 'client_credentials'], ...form] }),
  )
  const { access_token, ...answer } = (await response.json()) as TokenAnswer
  return { status: response.status, answer, hasToken: access_token !== undefined }
}

describe('the resource parameter (RFC 8707 §2)', () => {
  it.each<[string, [string, string][], string]>([
    ['named', [['resource', API2]], 'read mail'],
    [
      'named twice alike',
      [
        ['resource', API2],
        ['resource', API2],
      ],
      'read mail',
    ],
    ['told by the scope alone', [['scope', 'mail']], 'mail'],
  ])('%s decides for which resource the token is', async (_, form, scope) => {
    expect(await send(form)).toMatchObject({ status: 200, answer: { scope, expires_in: 300 } })
  })

  it.each([`${API}/`, 'HTTPS://api1.example', 'https://API1.example/', `${API}:443`, `${API}:443/`])(
    'may be spelled %s: an empty path is a slash, host and scheme have no case, 443 is the port anyway (RFC 3986 §6.2.3)',
    async (resource) => {
      const response = await exports.default.fetch(
        tokenRequest({ form: { grant_type: 'client_credentials', resource, scope: 'read' } }),
      )
      const { access_token } = await readAnswer(response)
      expect(response.status).toBe(200)
      // The spelling of the settings is `aud`, and the one that keys are derived for.
      const body = new URLSearchParams({ token: access_token }).toString()
      const headers = {
        authorization: basic('api-server', SECRETS['api-server']),
        'content-type': 'application/x-www-form-urlencoded',
      }
      const asked = new Request(`${ISSUER}/introspect`, { method: 'POST', headers, body })
      expect(await (await exports.default.fetch(asked)).json()).toMatchObject({ active: true, aud: API })
    },
  )

  it('may be left out by a client that has just one', async () => {
    expect(await send([], 'one')).toMatchObject({ status: 200, answer: { scope: 'read write' } })
  })

  it.each<[string, [string, string][]]>([
    ['MUST be an absolute URI', [['resource', '/api']]],
    ['MUST be an absolute URI, not a word', [['resource', 'api']]],
    ['MUST NOT include a fragment', [['resource', `${API}#f`]]],
    ['must be known', [['resource', 'https://unknown.example']]],
    ['is another by its path', [['resource', `${API}/a`]]],
    ['is another by its port', [['resource', `${API}:8443`]]],
    ['is another by its query', [['resource', `${API}?`]]],
    ['is another by its scheme', [['resource', API.replace('https', 'http')]]],
    ['is another with a user', [['resource', API.replace('//', '//a@')]]],
    ['is another with a dot segment', [['resource', `${API}/.`]]],
    [
      'must be one: an access token has one audience',
      [
        ['resource', API],
        ['resource', API2],
      ],
    ],
    ['must be told where there are several', []],
    ['must be told where several know the scope', [['scope', 'read']]],
  ])('%s (RFC 8707 §2)', async (_, form) => {
    const { status, answer, hasToken } = await send(form)
    expect([status, answer.error, hasToken]).toEqual([400, 'invalid_target', false])
  })

  it("must be the client's", async () => {
    expect(await send([['resource', API2]], 'one')).toMatchObject({ status: 400, answer: { error: 'invalid_target' } })
  })
})

describe('several resources in one approval (RFC 8707 §2.1, §2.2)', () => {
  const BOTH = `${API} ${API2}`
  const ACCOUNT = { type: 'account', actions: ['balance'] }

  /** An issuer at `NOW`, and how its shop comes to an approval for these resources. */
  function setUp() {
    const issuer = testIssuer()
    const ask: Ask = (request) => issuer.fetch(request)
    const app = createApp(ask, { client: 'web' })
    const approve = async (changes: Changes, isPushed = false): Promise<URL> => {
      const request = { ...REQUESTS['web'], ...changes }
      const visit = isPushed ? await pushedBy('web', await app.push(request)) : request
      return createPerson(ask, { now: () => NOW }).answer('allow', visit)
    }
    const code = async (changes: Changes, isPushed?: boolean) =>
      (await approve(changes, isPushed)).searchParams.get('code') ?? ''
    return { ask, app, approve, code }
  }
  const open = async (token: string, resource: string) => {
    const enc = resource === API ? ('A256GCM' as const) : ('A256CBC-HS512' as const)
    const leaves = createKeyring(testRing(NOW), ISSUER).leavesFor('access', resource, enc, 600)
    const expected = { issuer: ISSUER, resource, now: NOW, clockTolerance: 0, longestLife: 600, anonymous: false }
    return (await openDirect(token, leaves, expected)).entitlement
  }

  it.each([false, true])(
    'are carried by code and refresh token; each access token is for one; pushed: %s',
    async (isPushed) => {
      const { app, code } = setUp()
      const good = await code({ resource: BOTH, scope: 'read write mail' }, isPushed)
      const first = await readAnswer(await app.redeem(good, { resource: API2 }))
      expect(await open(first.access_token, API2)).toMatchObject({ aud: API2, scope: ['read', 'mail'] })
      const second = await readAnswer(await app.refresh(first.refresh_token ?? '', { resource: API }))
      expect(await open(second.access_token, API)).toMatchObject({ aud: API, scope: ['read', 'write'] })
      // Neither opens at the other.
      await expect(open(first.access_token, API)).rejects.toThrow()
      await expect(open(second.access_token, API2)).rejects.toThrow()
    },
  )

  it('may be spelled otherwise at each door: /par, /authorize, /token, and in details (RFC 3986 §6.2.3)', async () => {
    const { app, code } = setUp()
    const details = JSON.stringify([{ ...ACCOUNT, locations: [`${API2}/`] }])
    const request = { resource: `${API}/ ${API2}:443`, scope: 'read mail', authorization_details: details }
    for (const isPushed of [false, true]) {
      const first = await readAnswer(await app.redeem(await code(request, isPushed), { resource: `${API}:443/` }))
      expect(await open(first.access_token, API)).toMatchObject({ aud: API, scope: ['read'] })
      const second = await readAnswer(await app.refresh(first.refresh_token ?? '', { resource: `${API2}/` }))
      expect(await open(second.access_token, API2)).toMatchObject({
        aud: API2,
        authorization_details: [{ ...ACCOUNT, locations: [API2] }],
      })
    }
  })

  it('with details: each token has those of its own resource (RFC 9396 §3.2)', async () => {
    const { app, code } = setUp()
    const details = [API, API2].map((uri) => ({ ...ACCOUNT, locations: [uri] }))
    const good = await code({ resource: BOTH, scope: 'read mail', authorization_details: JSON.stringify(details) })
    const first = await readAnswer(await app.redeem(good, { resource: API }))
    const second = await readAnswer(await app.refresh(first.refresh_token ?? '', { resource: API2 }))
    expect(await open(first.access_token, API)).toMatchObject({ scope: ['read'], authorization_details: [details[0]] })
    expect(await open(second.access_token, API2)).toMatchObject({
      scope: ['read', 'mail'],
      authorization_details: [details[1]],
    })
  })

  it.each<[string, Changes, string]>([
    ['without a word which', {}, 'invalid_target'],
    ['for both at once', { resource: BOTH }, 'invalid_target'],
    ['for one that was not approved', { resource: 'https://unknown.example' }, 'invalid_target'],
    ['for one that only looks alike', { resource: `${API}/x` }, 'invalid_target'],
    ['for one that was approved and one that was not', { resource: `${API} ${API}/x` }, 'invalid_target'],
  ])('give no token %s, and lose nothing by it (H29, H59)', async (_, changes, error) => {
    const { app, code } = setUp()
    const good = await code({ resource: BOTH, scope: 'read' })
    expect((await readAnswer(await app.redeem(good, changes))).error).toBe(error)
    const { refresh_token = '' } = await readAnswer(await app.redeem(good, { resource: API }))
    expect((await readAnswer(await app.refresh(refresh_token, changes))).error).toBe(error)
    expect((await app.refresh(refresh_token, { resource: API2 })).status).toBe(200)
  })

  it('are never more than were approved (RFC 8707 §2.2)', async () => {
    const { app, code } = setUp()
    const good = await code({ resource: API, scope: 'read' })
    expect((await readAnswer(await app.redeem(good, { resource: API2 }))).error).toBe('invalid_target')
    const { refresh_token = '' } = await readAnswer(await app.redeem(good))
    expect((await readAnswer(await app.refresh(refresh_token, { resource: API2 }))).error).toBe('invalid_target')
  })

  it('have no token for one at which nothing of the scope is left', async () => {
    const { app, code } = setUp()
    const good = await code({ resource: BOTH, scope: 'mail' })
    expect((await readAnswer(await app.redeem(good, { resource: API }))).error).toBe('invalid_scope')
    expect((await app.redeem(good, { resource: API2 })).status).toBe(200)
  })

  it('are each shown to the person, with what the scope means there', async () => {
    const { ask } = setUp()
    const visit = { ...REQUESTS['web'], resource: BOTH, scope: 'write mail' }
    const page = await (await createPerson(ask, { now: () => NOW }).visit(visit)).text()
    expect(page).toMatch(/api1\.example[\s\S]*<code>write<\/code>[\s\S]*api2\.example[\s\S]*<code>mail<\/code>/)
  })

  it("are refused when one is not the client's (RFC 8707 §2)", async () => {
    const answer = await setUp().approve({ resource: `${API} https://unknown.example` })
    expect(answer.searchParams.get('error')).toBe('invalid_target')
  })
})
