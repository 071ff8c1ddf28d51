import { describe, expect, it } from 'vitest'
import { createKeyring, revokeRoot, writeRing } from '../../keys/index.ts'
import type { FormRequest, IssuerSettings, LogEntry } from '../../src/index.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import {
  API,
  API2,
  basic,
  ISSUER,
  NOW,
  openEntitlement,
  SECRETS,
  type TokenAnswer,
  testIssuer,
  testRing,
  tokenRequest,
  VARS,
} from '../fixtures.ts'

/** Opens a token as its resource server would. */
function open(token: string, resource = API): Promise<Entitlement> {
  const { enc = 'A256GCM', access_token_lifetime = 600 } = VARS.RESOURCES[resource as typeof API] as {
    enc?: 'A256GCM'
    access_token_lifetime?: number
  }
  const leaves = createKeyring(testRing(NOW), ISSUER).leavesFor('access', resource, enc, access_token_lifetime)
  const expected = {
    issuer: ISSUER,
    resource,
    now: NOW,
    clockTolerance: 0,
    longestLife: access_token_lifetime,
    anonymous: true,
  }
  return openEntitlement(token, leaves, expected)
}

const form = (changes: Record<string, string> = {}) => ({ grant_type: 'client_credentials', resource: API, ...changes })
const ask = async (issuer = testIssuer(), changes: Parameters<typeof tokenRequest>[0] = {}) => {
  const response = await issuer.fetch(tokenRequest(changes))
  return { response, answer: (await response.json()) as TokenAnswer & Record<string, unknown> }
}

describe('the token that POST /token mints', () => {
  it('embeds client id, subject, scope and expiry', async () => {
    const { answer } = await ask(undefined, { form: form({ scope: 'read' }) })
    const entitlement = await open(answer.access_token)
    expect(entitlement).toEqual({
      sub: 'client:service',
      client_id: 'service',
      aud: API,
      scope: ['read'],
      iat: NOW,
      exp: NOW + 600,
      jti: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
      claims: {},
    })
  })

  it('is for the resource that was asked for, with its life and its content encryption', async () => {
    const { answer } = await ask(undefined, { form: form({ resource: API2, scope: 'mail' }) })
    expect(answer).toMatchObject({ expires_in: 300, scope: 'mail' })
    expect(await open(answer.access_token, API2)).toMatchObject({ aud: API2, exp: NOW + 300 })
  })

  // promise: T02
  it('never has the same jti twice', async () => {
    const issuer = testIssuer()
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask(issuer)))
    const ids = await Promise.all(answers.map(async ({ answer }) => (await open(answer.access_token)).jti))
    expect(new Set(ids).size).toBe(50)
  })

  it("has a subject that no user's can equal (H42)", async () => {
    const { answer } = await ask()
    expect((await open(answer.access_token)).sub).toBe('client:service')
  })
})

describe('an anonymous token', () => {
  const anonymous = (resource: string) => ask(undefined, { client: 'anon', form: form({ resource, scope: 'read' }) })

  it('names no client and a fresh subject where client and resource both say so (design §7)', async () => {
    const [a, b] = await Promise.all([anonymous(API2), anonymous(API2)])
    const [first, second] = await Promise.all([open(a.answer.access_token, API2), open(b.answer.access_token, API2)])
    expect(first.client_id).toBeUndefined()
    expect(first.sub).toMatch(/^anonymous:[A-Za-z0-9_-]{22}$/)
    expect(first.sub).not.toBe(second.sub)
  })

  it('is not minted where only one of them says so', async () => {
    const { answer } = await anonymous(API)
    expect(await open(answer.access_token)).toMatchObject({ client_id: 'anon', sub: 'client:anon' })
    const other = await ask(undefined, { form: form({ resource: API2, scope: 'read' }) })
    expect(await open(other.answer.access_token, API2)).toMatchObject({ client_id: 'service' })
  })
})

describe('the hooks', () => {
  const credentials: IssuerSettings['credentials'] = (request) => ({
    client_ip: request.headers.get('cf-connecting-ip'),
  })
  const headers = { 'cf-connecting-ip': '192.0.2.1' }

  it('see entitlement and credentials, and add to the token and to the answer (design §7)', async () => {
    const issuer = testIssuer({
      credentials,
      claims: (entitlement, { client_ip }) => ({ client_ip, tenant: `of ${entitlement.client_id}` }),
      response: (entitlement, { client_ip }) => ({ seen_from: client_ip, tenant: entitlement.claims['tenant'] }),
    })
    const { answer } = await ask(issuer, { headers })
    expect(answer).toMatchObject({ seen_from: '192.0.2.1', tenant: 'of service' })
    expect((await open(answer.access_token)).claims).toEqual({ client_ip: '192.0.2.1', tenant: 'of service' })
  })

  it("never override what is the protocol's, and the log says so without the value", async () => {
    const lines: LogEntry[] = []
    const issuer = testIssuer({
      log: (entry) => lines.push(entry),
      claims: () => ({ sub: 'mallory', exp: NOW + 9_999_999, scope: 'admin', cnf: { jkt: 'x' }, ok: 1 }),
      response: () => ({ access_token: 'mallory', expires_in: 9_999_999, refresh_token: 'mallory', ok: 2 }),
    })
    const { answer } = await ask(issuer)
    expect(answer).toMatchObject({ expires_in: 600, ok: 2 })
    expect(answer['refresh_token']).toBeUndefined()
    expect(await open(answer.access_token)).toMatchObject({ sub: 'client:service', exp: NOW + 600, claims: { ok: 1 } })
    expect(lines.map(({ detail }) => detail)).toEqual([
      'a hook may not give: sub, exp, scope, cnf',
      'a hook may not give: access_token, expires_in, refresh_token',
    ])
    expect(JSON.stringify(lines)).not.toContain('mallory')
  })

  it('that throw mint nothing, and their words stay inside (M14)', async () => {
    const lines: LogEntry[] = []
    const claims = () => {
      throw new Error('secret-internal-detail')
    }
    const { response, answer } = await ask(testIssuer({ claims, log: (entry) => lines.push(entry) }))
    expect(response.status).toBe(500)
    expect(answer).toEqual({ error: 'server_error', error_description: expect.any(String) })
    expect(JSON.stringify([lines, answer])).not.toContain('secret-internal-detail')
    expect(lines).toMatchObject([{ level: 'error', event: 'token', code: 'server_error' }])
  })

  it('that make the token too long mint nothing', async () => {
    const { response } = await ask(testIssuer({ claims: () => ({ text: 'x'.repeat(7000) }) }))
    expect(response.status).toBe(500)
  })
})

describe('the door without a framework', () => {
  const request: FormRequest = {
    uri: `${ISSUER}/token`,
    method: 'POST',
    headers: { Authorization: basic('service', SECRETS.service), 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form({ scope: 'read' })).toString(),
    credentials: { client_ip: '192.0.2.1' },
  }

  it('gives the same answer as POST /token', async () => {
    const issuer = testIssuer({ claims: (_, { client_ip }) => ({ client_ip }) })
    const { status, headers, body } = await issuer.createTokenResponse(request)
    expect(status).toBe(200)
    expect(headers).toEqual({
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
      Pragma: 'no-cache',
      'Request-Id': expect.any(String),
    })
    const answer = JSON.parse(body) as TokenAnswer
    expect(answer).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: 600, scope: 'read' })
    expect((await open(answer.access_token)).claims).toEqual({ client_ip: '192.0.2.1' })
  })

  it.each<[string, Partial<FormRequest>, number, string]>([
    ['GET', { method: 'GET' }, 405, 'invalid_request'],
    ['a query', { uri: '/token?client_secret=x' }, 400, 'invalid_request'],
    ['no form', { headers: {} }, 400, 'invalid_request'],
    ['a body too long', { body: 'a'.repeat(16_385) }, 413, 'invalid_request'],
    ['no body', { body: '' }, 400, 'invalid_request'],
    [
      'a wrong secret',
      { headers: { ...request.headers, Authorization: basic('service', 'x') } },
      401,
      'invalid_client',
    ],
  ])('refuses %s', async (_, changes, status, error) => {
    const answer = await testIssuer().createTokenResponse({ ...request, ...changes })
    expect([answer.status, JSON.parse(answer.body).error]).toEqual([status, error])
  })
})

describe('without a usable ring', () => {
  it.each<[string, string | undefined, string]>([
    ['missing', undefined, 'ring_missing'],
    ['empty', '', 'ring_missing'],
    ['cut off', writeRing(testRing(NOW)).slice(0, -10), 'ring_malformed'],
    ['a word', 'secret', 'ring_malformed'],
    ['of another version', writeRing(testRing(NOW)).replace('"v":1', '"v":2'), 'ring_version'],
    ['without its primary', writeRing(revokeRoot(testRing(NOW), 'r1')), 'ring_no_primary'],
    ['with a short key', writeRing(testRing(NOW)).replace(/"k":"..../, '"k":"'), 'ring_bad_primary'],
    ['too large', `${writeRing(testRing(NOW))}${' '.repeat(6000)}`, 'ring_too_large'],
  ])('nothing is minted: %s (C14, K01)', async (_, keyRing, reason) => {
    const lines: LogEntry[] = []
    const issuer = testIssuer({ keyRing, log: (entry) => lines.push(entry) })
    const { response, answer } = await ask(issuer)
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '60'])
    expect(answer).toEqual({ error: 'temporarily_unavailable', error_description: expect.any(String) })
    const health = await issuer.request(`${ISSUER}/healthz`)
    expect(health.status).toBe(503)
    expect(await health.json()).toMatchObject({ status: 'unavailable', reason })
    const told = lines.find(({ code }) => code === reason)
    expect(told).toMatchObject({ level: 'error', event: 'ring', detail: expect.stringContaining('bulla keys init') })
    expect(lines.filter(({ code }) => code === reason)).toHaveLength(1)
  })

  // promise: K01
  it('minting stops when the last root ends, and health says so', async () => {
    let now = NOW
    const issuer = testIssuer({ now: () => now })
    expect((await ask(issuer)).response.status).toBe(200)
    now = NOW + 7_776_000
    expect((await ask(issuer)).response.status).toBe(503)
    expect(await (await issuer.request(`${ISSUER}/healthz`)).json()).toMatchObject({ reason: 'ring_no_primary' })
  })
})

// promise: X03
it('goes on when the log throws (X03)', async () => {
  const log = () => {
    throw new Error('disk full')
  }
  const { response } = await ask(testIssuer({ log }), { form: form({ scope: 'unknown' }) })
  expect(response.status).toBe(400)
})

// promise: I09
it('logs a refusal as one line without any value of the request (M11, M12)', async () => {
  const lines: LogEntry[] = []
  const issuer = testIssuer({ log: (entry) => lines.push(entry) })
  await ask(issuer, { form: form({ scope: 'canary-scope\nforged line' }) })
  await ask(issuer, { headers: { authorization: basic('canary-client', 'canary-secret') } })
  expect(lines.map(({ code }) => code)).toEqual(['invalid_scope', 'invalid_client'])
  expect(JSON.stringify(lines)).not.toMatch(/canary|forged/)
})
