import { describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { createMemoryRevocations } from '../../src/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { API, API2, basic, ISSUER, NOW, SECRETS, secretHash, testKey } from '../fixtures.ts'
import { createProver, withProofs } from '../parties/dpop.ts'
import { type Changes, formOf, hiddenField, VERIFIER } from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'
import {
  CALLBACK,
  createWalkInIssuer,
  type Registered,
  type WalkInChanges,
  type WalkInIssuer,
} from '../parties/walk_in.ts'

interface Answer {
  readonly access_token: string
  readonly refresh_token?: string
  readonly expires_in?: number
  readonly scope?: string
  readonly error?: string
}

const DAY = 86_400

/** Redeems a fresh code. */
async function redeem(
  issuer: WalkInIssuer,
  client: Registered,
  asked: Changes = {},
  form: Changes = {},
): Promise<Answer> {
  const code = (await issuer.authorize(client, asked)).searchParams.get('code') ?? ''
  const whole = { grant_type: 'authorization_code', code, code_verifier: VERIFIER, ...form }
  return (await (await issuer.token(client, whole)).json()) as Answer
}

/** Asks at the token endpoint by the header: each half as it is, as many libraries have it. */
function byHeader({ ask }: WalkInIssuer, authorization: string, form: Changes): Promise<Response> {
  const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' }
  return ask(new Request(`${ISSUER}/token`, { method: 'POST', headers, body: formOf(form).toString() }))
}

/** An issuer whose clock goes. */
function aging(changes: WalkInChanges = {}) {
  let at = NOW
  const issuer = createWalkInIssuer({ now: () => at, ...changes })
  return {
    ...issuer,
    wait(seconds: number) {
      at += seconds
    },
  }
}

describe('habits of agents', () => {
  it('1: they keep an id for ever: it is known 400 days later, and to an issuer that has another ring', async () => {
    const client = await createWalkInIssuer().register()
    const then = NOW + 400 * DAY
    const keyRing = writeRing(createRing({ now: then, key: testKey(7) }))
    const later = createWalkInIssuer({ now: () => then, keyRing })
    expect((await redeem(later, client)).scope).toBe('read')
  })

  it('2: they register anew by 401 invalid_client, before the grant is looked at', async () => {
    const { token } = createWalkInIssuer()
    const answer = await token({ client_id: 'dcr.gone' }, { grant_type: 'refresh_token', refresh_token: 'none' })
    expect([answer.status, await answer.json()]).toMatchObject([401, { error: 'invalid_client' }])
  })

  it.each([
    ['http://localhost/cb', 'http://127.0.0.1/cb'],
    ['http://127.0.0.1/cb', 'http://localhost/cb'],
    ['http://[::1]/cb', 'http://127.0.0.1/cb'],
  ])('6: %s is not %s', async (registered, asked) => {
    const { register, question } = createWalkInIssuer()
    const response = await question(await register({ redirect_uris: [registered] }), { redirect_uri: asked })
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
    expect(await response.text()).not.toContain(asked)
  })

  it.each(['http://127.0.0.1', 'http://localhost', 'http://[::1]'])(
    '10: the port changes at each login at %s',
    async (host) => {
      const issuer = createWalkInIssuer()
      const client = await issuer.register({ redirect_uris: [`${host}:1234/cb`] })
      for (const port of ['', ':1234', ':51004'])
        expect((await redeem(issuer, client, { redirect_uri: `${host}${port}/cb` })).scope).toBe('read')
    },
  )

  it('13, 14: they register in every session, twice in a second, and use one: each id works, and they differ', async () => {
    const issuer = createWalkInIssuer()
    const clients = await Promise.all([1, 2, 3].map(() => issuer.register({ scope: undefined })))
    expect(new Set(clients.map(({ client_id }) => client_id)).size).toBe(3)
    for (const client of clients) expect((await redeem(issuer, client, { scope: undefined })).scope).toBe('read write')
  })

  it.each(['client_secret_basic', 'client_secret_post'])(
    '15, 16, 18: registered with %s, they prove themselves by the header or the form, raw or encoded, client_id beside it or not',
    async (method) => {
      const issuer = createWalkInIssuer()
      const client = await issuer.register({ token_endpoint_auth_method: method })
      const { client_id: id, client_secret: secret = '' } = client
      const form = async (): Promise<Changes> => ({
        grant_type: 'authorization_code',
        code: (await issuer.authorize(client)).searchParams.get('code') ?? '',
        code_verifier: VERIFIER,
      })
      expect((await issuer.token(client, await form())).status).toBe(200)
      expect((await byHeader(issuer, basic(id, secret), await form())).status).toBe(200)
      expect((await byHeader(issuer, `Basic ${btoa(`${id}:${secret}`)}`, await form())).status).toBe(200)
      expect((await byHeader(issuer, basic(id, secret), { client_id: id, ...(await form()) })).status).toBe(200)
      for (const wrong of ['', 'A'.repeat(43)])
        expect((await byHeader(issuer, basic(id, wrong), await form())).status).toBe(401)
      expect((await issuer.token({ client_id: id }, await form())).status).toBe(401)
    },
  )

  it('17: they send an empty secret though they have none, in the form or the header', async () => {
    const issuer = createWalkInIssuer()
    const client = await issuer.register()
    expect(client.client_secret).toBeUndefined()
    expect((await redeem(issuer, client, {}, { client_secret: '' })).scope).toBe('read')
    const code = (await issuer.authorize(client)).searchParams.get('code') ?? ''
    const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
    expect((await byHeader(issuer, `Basic ${btoa(`${client.client_id}:`)}`, form)).status).toBe(200)
  })

  it('23, 24, 26: resource may be missing, or have a slash more where it has no path, and only there', async () => {
    const [bare, deep] = ['https://one.example', 'https://one.example/mcp']
    const resources = { [bare]: { scopes: ['read'] }, [deep]: { scopes: ['read'] } }
    const issuer = createWalkInIssuer({
      resources,
      registration: { resources: [bare, deep], scopes: ['read'], default_resource: deep },
    })
    const client = await issuer.register()
    for (const resource of [undefined, bare, `${bare}/`, deep])
      expect((await redeem(issuer, client, { resource }, { resource })).scope).toBe('read')
    expect(await (await issuer.question(client, { resource: `${deep}/` })).text()).toContain('invalid_target')
  })

  it('25: a resource has its path, and all of it', async () => {
    const deep = 'https://one.example/v1/mcp'
    const issuer = createWalkInIssuer({
      resources: { [deep]: { scopes: ['read'] } },
      registration: { resources: [deep], scopes: ['read'] },
    })
    const client = await issuer.register()
    expect((await redeem(issuer, client, { resource: deep })).scope).toBe('read')
    for (const resource of ['https://one.example', 'https://one.example/v1', `${deep}/x`])
      expect(await (await issuer.question(client, { resource })).text()).toContain('invalid_target')
  })

  it.each([
    ['27', 'read offline_access'],
    ['28', 'openid email profile read'],
  ])('%s: they ask for %s by habit, and are told what they have', async (_, scope) => {
    const issuer = createWalkInIssuer()
    expect((await redeem(issuer, await issuer.register(), { scope })).scope).toBe('read')
  })

  it('28: what is left of “openid” alone is nothing', async () => {
    const { register, question } = createWalkInIssuer()
    expect(await (await question(await register(), { scope: 'openid' })).text()).toContain('<code>invalid_scope</code>')
  })

  it('29: the metadata list of scopes what they may have, for they ask for all of it', async () => {
    const issuer = createWalkInIssuer({ registration: { scopes: ['read', 'write'] } })
    const response = await issuer.ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))
    const { scopes_supported } = (await response.json()) as { scopes_supported: readonly string[] }
    expect(scopes_supported).toEqual(['read', 'write'])
    const scope = scopes_supported.join(' ')
    expect((await redeem(issuer, await issuer.register(), { scope })).scope).toBe(scope)
  })

  it('29: grants and methods that they need are listed though no configured client has them', async () => {
    const issuer = createWalkInIssuer()
    const told = (await (
      await issuer.ask(new Request(`${ISSUER}/.well-known/oauth-authorization-server`))
    ).json()) as Readonly<Record<string, readonly string[]>>
    expect(told['registration_endpoint']).toBe(`${ISSUER}/register`)
    expect(told['client_id_metadata_document_supported']).toBe(true)
    expect(told['grant_types_supported']).toEqual(expect.arrayContaining(['authorization_code', 'refresh_token']))
    expect(told['token_endpoint_auth_methods_supported']).toEqual(
      expect.arrayContaining(['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt']),
    )
    expect(told['code_challenge_methods_supported']).toEqual(['S256'])
  })

  it('32: many processes use one refresh token, minutes apart: as long as the grace lasts, and 200 times', async () => {
    for (const [grace, later, isGood] of [
      [1800, 1799, true],
      [1800, 1801, false],
      [30, 30, true],
      [30, 31, false],
      [0, 0, false],
    ] as const) {
      const issuer = aging({ registration: { refresh_token_grace: grace } })
      const client = await issuer.register()
      const { refresh_token } = await redeem(issuer, client)
      const form = { grant_type: 'refresh_token', refresh_token }
      const first = (await (await issuer.token(client, form)).json()) as Answer
      issuer.wait(later)
      const statuses = await Promise.all(
        Array.from({ length: grace > 30 ? 60 : 5 }, async () => (await issuer.token(client, form)).status),
      )
      expect([grace, later, new Set(statuses)]).toEqual([grace, later, new Set([isGood ? 200 : 400])])
      const next = await issuer.token(client, { ...form, refresh_token: first.refresh_token })
      expect([grace, later, next.status]).toEqual([grace, later, isGood ? 200 : 400])
    }
  })

  it('33: a refresh token that is dead is 400 invalid_grant, in a few words', async () => {
    const { register, token } = createWalkInIssuer()
    const answer = await token(await register(), { grant_type: 'refresh_token', refresh_token: 'dead' })
    const text = await answer.text()
    expect([answer.status, JSON.parse(text).error, text.length < 200]).toEqual([400, 'invalid_grant', true])
  })

  it('34, 35: a refresh without a scope has that of the approval, told; and expires_in is a positive number', async () => {
    const issuer = createWalkInIssuer()
    const client = await issuer.register()
    const first = await redeem(issuer, client, { scope: 'read write' })
    const form = { grant_type: 'refresh_token', refresh_token: first.refresh_token }
    const next = (await (await issuer.token(client, form)).json()) as Answer
    for (const { scope, expires_in } of [first, next]) expect([scope, expires_in]).toEqual(['read write', 600])
  })

  it('43: they look at the address before the browser goes there: nothing comes of it, and only an unknown id is 400', async () => {
    const issuer = createWalkInIssuer()
    const client = await issuer.register()
    const asked = {
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri: CALLBACK,
      scope: 'read',
      code_challenge: challengeOf(VERIFIER),
      code_challenge_method: 'S256',
    }
    const look = (changes: Changes) =>
      issuer.ask(new Request(`${ISSUER}/authorize?${formOf({ ...asked, ...changes })}`, { redirect: 'manual' }))
    const looks = [{}, {}, { scope: 'bogus' }, { prompt: 'none' }, { client_id: 'dcr.gone' }].map(look)
    const statuses = (await Promise.all(looks)).map(({ status }) => status)
    expect(statuses.map((status) => (status === 303 ? 200 : status))).toEqual([200, 200, 200, 200, 400])
    expect((await redeem(issuer, client)).scope).toBe('read')
  })

  it.each(['consent', 'select_account', 'login'])('44: they ask with prompt=%s', async (prompt) => {
    const issuer = createWalkInIssuer()
    const response = await issuer.question(await issuer.register(), { prompt, scope: 'read offline_access' })
    expect(await response.text()).not.toContain('invalid_request')
  })

  it('45: an id that the operator configured is as good as ever', async () => {
    const client = {
      redirect_uris: ['http://127.0.0.1/cb'],
      grant_types: ['authorization_code'],
      resources: [API],
      scopes: ['read'],
    }
    const issuer = createWalkInIssuer({ clients: { static: client } })
    expect((await redeem(issuer, { client_id: 'static' }, { redirect_uri: 'http://127.0.0.1:1/cb' })).scope).toBe(
      'read',
    )
  })

  it.each(['token', 'revoke', 'par', 'introspect', 'register'])(
    '46: /%s answers with JSON, never by a redirect',
    async (path) => {
      const { ask } = createWalkInIssuer()
      const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html, */*' }
      const answer = await ask(new Request(`${ISSUER}/${path}`, { method: 'POST', headers, body: 'a=b' }))
      expect([answer.headers.get('location'), answer.headers.get('content-type')]).toEqual([null, 'application/json'])
      expect([400, 401]).toContain(answer.status)
    },
  )

  it('50: the resources of strangers are those of the policy, whatever others may have', async () => {
    const issuer = createWalkInIssuer({
      resources: { [API]: { scopes: ['read'] }, [API2]: { scopes: ['read'] } },
      registration: { resources: [API2], scopes: ['read'] },
    })
    const client = await issuer.register()
    expect((await redeem(issuer, client)).scope).toBe('read')
    expect(await (await issuer.question(client, { resource: API })).text()).toContain('invalid_target')
  })
})

describe('what a client can do that walked in', () => {
  it('is a code, a refresh, and nothing else', async () => {
    const issuer = createWalkInIssuer()
    for (const method of ['none', 'client_secret_post']) {
      const client = await issuer.register({ token_endpoint_auth_method: method })
      for (const grant_type of [
        'client_credentials',
        'urn:ietf:params:oauth:grant-type:token-exchange',
        'urn:ietf:params:oauth:grant-type:jwt-bearer',
        'urn:ietf:params:oauth:grant-type:device_code',
        'password',
      ]) {
        const answer = await issuer.token(client, {
          grant_type,
          resource: API,
          subject_token: 'x',
          assertion: 'x',
          device_code: 'x',
        })
        const { error } = (await answer.json()) as Answer
        expect([grant_type, answer.status]).toEqual([grant_type, 400])
        expect(['unauthorized_client', 'unsupported_grant_type']).toContain(error)
      }
      const { client_id, client_secret } = client
      for (const [path, form] of [
        ['introspect', { token: 'x' }],
        ['introspect', {}],
      ] as const) {
        const sent = { client_id, client_secret, ...form }
        const headers = { 'content-type': 'application/x-www-form-urlencoded' }
        const answer = await issuer.ask(
          new Request(`${ISSUER}/${path}`, { method: 'POST', headers, body: formOf(sent).toString() }),
        )
        expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'unauthorized_client' }])
      }
    }
  })

  it('is not a refresh, where it did not register one', async () => {
    const issuer = createWalkInIssuer()
    const said = { grant_types: ['authorization_code'], token_endpoint_auth_method: 'client_secret_post' }
    expect((await redeem(issuer, await issuer.register(said))).refresh_token).toBeUndefined()
  })

  it('is to push its request, and to bind what it gets to a DPoP key, though it cannot keep a secret', async () => {
    const issuer = createWalkInIssuer()
    const client = await issuer.register()
    const pushed = await issuer.ask(
      new Request(`${ISSUER}/par`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: formOf({
          client_id: client.client_id,
          response_type: 'code',
          redirect_uri: CALLBACK,
          scope: 'read',
          code_challenge: challengeOf(VERIFIER),
          code_challenge_method: 'S256',
        }).toString(),
      }),
    )
    const { request_uri } = (await pushed.json()) as { request_uri: string }
    expect(pushed.status).toBe(201)
    const url = `${ISSUER}/authorize?${formOf({ client_id: client.client_id, request_uri })}`
    let response = await issuer.browser.get(url)
    while (response.status === 303) response = await issuer.browser.get(response.headers.get('location') ?? '')
    const consent = hiddenField(await response.text(), 'consent')
    const answered = await (await issuer.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })).text()
    const code = /[?&;]code=([\w.-]+)/.exec(answered)?.[1] ?? ''
    const prover = await createProver()
    const ask = withProofs(issuer.ask, prover, () => NOW)
    const bound = async (form: Changes): Promise<Answer & { token_type?: string }> => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const body = formOf({ client_id: client.client_id, ...form }).toString()
      return (await (await ask(new Request(`${ISSUER}/token`, { method: 'POST', headers, body }))).json()) as Answer
    }
    const first = await bound({ grant_type: 'authorization_code', code, code_verifier: VERIFIER })
    expect(first.token_type).toBe('DPoP')
    expect((await bound({ grant_type: 'refresh_token', refresh_token: first.refresh_token })).token_type).toBe('DPoP')
    const thief = await issuer.token(client, { grant_type: 'refresh_token', refresh_token: first.refresh_token })
    expect(thief.status).toBe(400)
  })
})

describe('an id of 1,024 characters', () => {
  /** Registers so that the id is as long as one may be, or nearly. */
  async function long(issuer: WalkInIssuer): Promise<Registered> {
    let best: Registered | undefined
    for (let pad = 240; pad < 290; pad++) {
      const redirect_uris = [
        CALLBACK,
        `https://long.example/${'a'.repeat(pad)}`,
        `https://long.example/b${'b'.repeat(pad)}`,
      ]
      const client = await issuer.register({ client_name: 'W'.repeat(60), redirect_uris })
      if (client.client_id !== undefined) best = client
    }
    return best as Registered
  }
  const server = { kind: 'resource_server', secret_hash: secretHash(SECRETS['api-server']), resources: [API] } as const
  const operator = { kind: 'operator', secret_hash: secretHash(SECRETS.operator) } as const

  it('goes through login, question, code, refresh, introspection, the list of what was allowed, and revocation', async () => {
    const issuer = aging({
      clients: { 'api-server': server, operator },
      revocations: createMemoryRevocations('a salt for tests of long ids', () => NOW),
    })
    const client = await long(issuer)
    expect(client.client_id.length).toBeGreaterThan(1000)
    const asked = { state: 's'.repeat(2600) }
    const { access_token, refresh_token } = await redeem(issuer, client, asked)
    const send = async (path: string, form: Record<string, string>, who: 'api-server' | 'operator') =>
      issuer.ask(formRequest(path, who, form))
    expect(await (await send('/introspect', { token: access_token }, 'api-server')).json()).toMatchObject({
      active: true,
      client_id: client.client_id,
    })
    const page = await (await issuer.browser.get(`${ISSUER}/apps`)).text()
    expect(page).toContain('W'.repeat(60))
    const next = await issuer.token(client, { grant_type: 'refresh_token', refresh_token })
    expect(next.status).toBe(200)
    const revoked = await send('/revocations', { kind: 'client', value: client.client_id }, 'operator')
    expect(revoked.status).toBe(200)
    // No machine keeps what it knows of the list for longer.
    issuer.wait(5)
    const { refresh_token: last } = (await next.json()) as Answer
    const dead = await issuer.token(client, { grant_type: 'refresh_token', refresh_token: last })
    expect([dead.status, await dead.json()]).toMatchObject([400, { error: 'invalid_grant' }])
    expect(await (await send('/introspect', { token: access_token }, 'api-server')).json()).toEqual({ active: false })
  })

  it('fits into every URL, with the longest request that can be pushed beside it', async () => {
    const issuer = createWalkInIssuer()
    const client = await long(issuer)
    const said = {
      client_id: client.client_id,
      response_type: 'code',
      redirect_uri: CALLBACK,
      code_challenge: challengeOf(VERIFIER),
      code_challenge_method: 'S256',
    }
    let longest: string | undefined
    for (let pad = 3300; longest === undefined && pad > 2500; pad -= 10) {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const body = formOf({ ...said, state: 's'.repeat(pad) }).toString()
      const pushed = await issuer.ask(new Request(`${ISSUER}/par`, { method: 'POST', headers, body }))
      longest = ((await pushed.json()) as { request_uri?: string }).request_uri
    }
    let url = `${ISSUER}/authorize?${formOf({ client_id: client.client_id, request_uri: longest })}`
    let response = await issuer.browser.get(url)
    while (response.status === 303) {
      expect(url.length).toBeLessThanOrEqual(8192)
      url = response.headers.get('location') ?? ''
      response = await issuer.browser.get(url)
    }
    expect([response.status, url.length > 7000]).toEqual([200, true])
    const consent = hiddenField(await response.text(), 'consent')
    const answered = await issuer.browser.post(`${ISSUER}/consent`, { consent, decision: 'allow' })
    expect(await answered.text()).toMatch(/[?&;]code=/)
  })

  it('can be revoked when it is blocked already', async () => {
    const { client_id } = await createWalkInIssuer().register()
    const issuer = createWalkInIssuer({
      clients: { operator },
      registration: { blocked: [client_id] },
      revocations: createMemoryRevocations('a salt for tests of long ids', () => NOW),
    })
    const form = { kind: 'client', value: client_id }
    const answer = await issuer.ask(formRequest('/revocations', 'operator', form))
    expect(answer.status).toBe(200)
  })
})
