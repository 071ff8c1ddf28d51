import { asyncProperty, constantFrom, assert as holds, record, subarray } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { API, API2, basic, ISSUER, NOW, SECRETS, secretHash, testKey, VARS } from '../fixtures.ts'
import { RING_RSA } from '../parties/partner.ts'
import { type Changes, VERIFIER } from '../parties/person.ts'
import { createWalkInIssuer, type Registered, type WalkInChanges, type WalkInIssuer } from '../parties/walk_in.ts'

/** The API with a path: there a slash more is another one. */
const MCP = 'https://mcp.example/mcp'
const SERVER = {
  kind: 'resource_server',
  secret_hash: secretHash(SECRETS['api-server']),
  resources: [API, API2, MCP],
} as const
const RESOURCES = {
  [API]: VARS.RESOURCES[API],
  [API2]: { scopes: ['read', 'mail'] },
  [MCP]: { scopes: ['tools'] },
}

/** An issuer of three APIs, at which strangers may have something of two. */
function setUp({ registration, ...changes }: WalkInChanges = {}): WalkInIssuer {
  return createWalkInIssuer({
    resources: RESOURCES,
    clients: { 'api-server': SERVER },
    ...changes,
    registration: { resources: [API, API2], scopes: ['read', 'write', 'mail'], ...registration },
  })
}

/** An issuer that strangers may ask who logged in, too. */
const telling = (scopes = ['read', 'write', 'openid', 'email', 'offline_access']): WalkInIssuer =>
  setUp({
    keyRing: writeRing(createRing({ now: NOW, key: testKey(), rsaKey: RING_RSA })),
    openid: {},
    registration: { scopes, default_resource: API },
  })

interface Tokens {
  readonly access_token: string
  readonly refresh_token?: string
  readonly id_token?: string
  readonly scope?: string
  readonly error?: string
}

/** Walks to a code and redeems it; an error in place of one is returned as such. */
async function walk(issuer: WalkInIssuer, client: Registered, asked: Changes, redeemed: Changes = {}): Promise<Tokens> {
  const response = await issuer.question(client, asked)
  const page = await response.clone().text()
  const refused = /Code: <code>([a-z_]+)<\/code>/.exec(page)?.[1]
  if (refused !== undefined) return { access_token: '', error: refused }
  const back = await issuer.authorize(client, asked)
  const code = back.searchParams.get('code') ?? ''
  const answer = await issuer.token(client, {
    grant_type: 'authorization_code',
    code,
    code_verifier: VERIFIER,
    ...redeemed,
  })
  return (await answer.json()) as Tokens
}

/** Returns what introspection says of a token. */
async function introspect(
  { ask }: WalkInIssuer,
  token: string,
): Promise<{ active: boolean; aud?: string; scope?: string }> {
  const headers = {
    authorization: basic('api-server', SECRETS['api-server']),
    'content-type': 'application/x-www-form-urlencoded',
  }
  const response = await ask(
    new Request(`${ISSUER}/introspect`, { method: 'POST', headers, body: new URLSearchParams({ token }).toString() }),
  )
  return (await response.json()) as { active: boolean; aud?: string; scope?: string }
}

describe('the resource that a client means which walked in (RFC 8707)', () => {
  it.each<readonly [string, Changes, WalkInChanges['registration'], string | undefined]>([
    ['without a word the only one', {}, { resources: [API], scopes: ['read'] }, API],
    ['without a word the default', {}, { default_resource: API2 }, API2],
    [
      'without a word none, where none is the default: invalid_target, however clear the scope is',
      { scope: 'mail' },
      {},
      undefined,
    ],
    ['without a slash', { resource: API }, {}, API],
    ['with one', { resource: `${API}/` }, {}, API],
    ['with another case of its host', { resource: 'https://API1.example' }, {}, API],
    [
      'with a path, in its own spelling',
      { resource: MCP, scope: 'tools' },
      { resources: [MCP], scopes: ['tools'] },
      MCP,
    ],
    [
      'with a path and a slash more: another one',
      { resource: `${MCP}/` },
      { resources: [MCP], scopes: ['tools'] },
      undefined,
    ],
    ['that the policy does not have', { resource: MCP }, {}, undefined],
    ['that nobody has', { resource: 'https://other.example' }, { default_resource: API }, undefined],
  ])('%s', async (_, asked, registration, meant) => {
    const issuer = setUp({ registration: registration ?? {} })
    const { access_token, error } = await walk(issuer, await issuer.register(), { scope: 'read', ...asked })
    if (meant === undefined) expect(error).toBe('invalid_target')
    else expect([error, (await introspect(issuer, access_token)).aud]).toEqual([undefined, meant])
  })

  it('is the same one at the token endpoint, named or not, in either spelling, with a code and with a refresh token', async () => {
    for (const [asked, redeemed] of [
      [undefined, undefined],
      [undefined, `${API}/`],
      [`${API}/`, undefined],
      [`${API}/`, API],
      [API, `${API}/`],
    ]) {
      const issuer = setUp({ registration: { default_resource: API } })
      const client = await issuer.register()
      const { access_token, refresh_token } = await walk(issuer, client, { resource: asked }, { resource: redeemed })
      const next = await issuer.token(client, { grant_type: 'refresh_token', refresh_token, resource: redeemed })
      const { access_token: second } = (await next.json()) as Tokens
      for (const token of [access_token, second]) expect((await introspect(issuer, token)).aud).toBe(API)
      const other = await issuer.token(client, { grant_type: 'refresh_token', refresh_token, resource: API2 })
      expect([other.status, ((await other.json()) as Tokens).error]).toEqual([400, 'invalid_target'])
    }
  })
})

describe('the scope that a client is given which walked in (RFC 6749 §3.3)', () => {
  const HABIT = 'openid email profile offline_access'
  it.each<readonly [string, string | undefined, string | undefined]>([
    ['what it asks for', 'read', 'read'],
    ['without what nobody knows', 'read admin:everything mcp', 'read'],
    ['without what only others may have', 'read admin', 'read'],
    ['without what is of another of its resources', 'read mail', 'read'],
    ['without what is asked by habit', `read write ${HABIT}`, 'read write'],
    ['all of the policy at the resource, where it asks for nothing', undefined, 'read write'],
    ['all of the policy, where what it asks for is empty', '', 'read write'],
    ['nothing, where nothing is left', HABIT, undefined],
    ['nothing, where all is of another resource', 'mail', undefined],
  ])('is %s, and the answer says so', async (_, scope, given) => {
    const issuer = setUp()
    const { access_token, scope: told, error } = await walk(issuer, await issuer.register(), { scope, resource: API })
    if (given === undefined) expect(error).toBe('invalid_scope')
    else {
      expect([error, told]).toEqual([undefined, given])
      expect((await introspect(issuer, access_token)).scope).toBe(given)
    }
  })

  it('is at a refresh what was approved of what it asks for, always told; nothing of it is invalid_scope', async () => {
    const issuer = setUp()
    const client = await issuer.register({ token_endpoint_auth_method: 'client_secret_post' })
    const asked = { scope: `read write ${HABIT}`, resource: API }
    const { refresh_token } = await walk(issuer, client, asked)
    for (const [scope, given] of [
      [undefined, 'read write'],
      [asked.scope, 'read write'],
      ['read admin', 'read'],
      ['openid read', 'read'],
    ]) {
      const answer = await issuer.token(client, { grant_type: 'refresh_token', refresh_token, scope })
      const { scope: told, id_token } = (await answer.json()) as Tokens
      expect([scope, told, id_token]).toEqual([scope, given, undefined])
    }
    const none = await issuer.token(client, { grant_type: 'refresh_token', refresh_token, scope: 'admin mail' })
    expect([none.status, ((await none.json()) as Tokens).error]).toEqual([400, 'invalid_scope'])
  })

  it('is of OpenID Connect what the policy has, with openid alone, and never by a refresh that adds it', async () => {
    for (const [scope, given, isTold] of [
      ['read openid profile email offline_access', 'read', true],
      ['read profile email', 'read', false],
      ['read offline_access', 'read', false],
    ] as const) {
      const issuer = telling()
      const client = await issuer.register()
      const { scope: told, id_token, refresh_token } = await walk(issuer, client, { scope, resource: API })
      expect([scope, told, id_token !== undefined]).toEqual([scope, given, isTold])
      const form = { grant_type: 'refresh_token', refresh_token, scope: 'read openid email' }
      const next = (await (await issuer.token(client, form)).json()) as Tokens
      expect([next.scope, next.id_token !== undefined]).toEqual(['read', isTold])
    }
  })

  it('is without offline_access and openid where the issuer knows of them, and the policy does not', async () => {
    const issuer = telling(['read', 'write'])
    const { scope, id_token } = await walk(issuer, await issuer.register(), { scope: `read ${HABIT}` })
    expect([scope, id_token]).toEqual(['read', undefined])
  })

  it('shows the person that alone', async () => {
    const issuer = setUp()
    const page = await (
      await issuer.question(await issuer.register(), { scope: 'read admin openid', resource: API })
    ).text()
    expect(page).toContain('<li><code>read</code></li>')
    // Links to the same question in other languages have what was asked, as the page's own address has.
    expect(page.replace(/<nav .*?<\/nav>/s, '')).not.toMatch(/admin|openid|Know that it is you/)
  })
})

describe('a configured client', () => {
  const client = (changes: object) => ({
    redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code', 'refresh_token'],
    resources: [API],
    scopes: ['read', 'write'],
    ...changes,
  })

  it('is refused more scope than it may have, and has what is left with scopes_strict = false', async () => {
    const issuer = setUp({ clients: { strict: client({}), easy: client({ scopes_strict: false }) } })
    const asked = { scope: 'read admin openid', redirect_uri: 'http://127.0.0.1:9/callback' }
    expect((await issuer.authorize({ client_id: 'strict' }, asked)).searchParams.get('error')).toBe('invalid_scope')
    const { scope, refresh_token } = await walk(issuer, { client_id: 'easy' }, asked)
    expect(scope).toBe('read')
    const form = { grant_type: 'refresh_token', refresh_token, scope: 'read admin' }
    expect(((await (await issuer.token({ client_id: 'easy' }, form)).json()) as Tokens).scope).toBe('read')
  })

  it('of machines, too: client_credentials with more scope', async () => {
    const machine = {
      secret_hash: secretHash('x'),
      grant_types: ['client_credentials'],
      resources: [API],
      scopes: ['read'],
    }
    const issuer = setUp({ clients: { strict: machine, easy: { ...machine, scopes_strict: false } } })
    const answers = ['strict', 'easy'].map(async (client_id) => {
      const form = { grant_type: 'client_credentials', scope: 'read admin' }
      const { scope, error } = (await (await issuer.token({ client_id, client_secret: 'x' }, form)).json()) as Tokens
      return scope ?? error
    })
    expect(await Promise.all(answers)).toEqual(['invalid_scope', 'read'])
  })
})

// promise: W09
it('no client that walked in is given a resource or a scope beyond the policy, whatever it registers and asks', async () => {
  const tokens = ['read', 'write', 'admin', 'mail', 'tools', 'openid', 'email', 'offline_access', 'none']
  const texts = subarray(tokens).map((all) => (all.length === 0 ? undefined : all.join(' ')))
  const uris = constantFrom(undefined, API, `${API2}/`, MCP, `${API} ${MCP}`, 'https://none.example')
  const later = constantFrom(undefined, undefined, undefined, API, API2)
  const policies = record({
    resources: subarray([API, API2, MCP], { minLength: 1 }),
    scopes: subarray(['read', 'write', 'mail', 'tools'], { minLength: 1 }),
  }).filter(({ resources, scopes }) =>
    scopes.every((token) =>
      resources.some((uri) => (RESOURCES[uri as keyof typeof RESOURCES].scopes as readonly string[]).includes(token)),
    ),
  )
  let given = 0
  await holds(
    asyncProperty(
      record({
        policy: policies,
        registered: texts,
        scope: texts,
        resource: uris,
        at: later,
        again: texts,
        where: later,
      }),
      constantFrom('none', 'client_secret_post'),
      async ({ policy, registered, scope, resource, at, again, where }, method) => {
        const issuer = setUp({ registration: policy })
        const client = await issuer.register({ scope: registered, token_endpoint_auth_method: method })
        const first = await walk(issuer, client, { scope, resource }, { resource: at })
        const form = {
          grant_type: 'refresh_token',
          refresh_token: first.refresh_token ?? 'none',
          scope: again,
          resource: where,
        }
        const second = (await (await issuer.token(client, form)).json()) as Tokens
        for (const { access_token } of [first, second]) {
          if (!access_token) continue
          given++
          const { aud = '', scope: has = '' } = await introspect(issuer, access_token)
          expect(policy.resources).toContain(aud)
          expect(has.split(' ').filter((token) => !policy.scopes.includes(token))).toEqual([])
        }
      },
    ),
    { numRuns: 200 },
  )
  expect(given).toBeGreaterThan(20)
}, 60_000)
