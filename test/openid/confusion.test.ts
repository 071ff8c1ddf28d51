import { describe, expect, it } from 'vitest'
import { createKeyring, createRing, exportKeys, writeKeys } from '../../keys/index.ts'
import type { IssuerSettings } from '../../src/index.ts'
import { openDirect } from '../../src/token/direct.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { API, API2, basic, ISSUER, NOW, testKey, VARS } from '../fixtures.ts'
import { createProvider, type OpenidAnswer, type Provider, RP_SECRET } from '../parties/openid_provider.ts'
import { RING_RSA } from '../parties/partner.ts'
import { VERIFIER } from '../parties/person.ts'
import { formRequest, getRequest } from '../parties/servers.ts'

const USERINFO = `${ISSUER}/userinfo`
const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const TOKEN_TYPE = 'urn:ietf:params:oauth:token-type'
const ring = createRing({ now: NOW, key: testKey(), rsaKey: RING_RSA })
const RESOURCES = {
  [API]: { ...VARS.RESOURCES[API], exchange: true },
  [API2]: { scopes: ['mail'] },
}

/** A provider, a resource server of both APIs, and a gateway that may exchange whatever can be. */
function setUp() {
  const gateway = {
    ...VARS.CLIENTS.service,
    grant_types: ['client_credentials', EXCHANGE],
    authorization_details_types: [],
    scopes: ['read', 'mail'],
    exchange: [{ from: [API], to: [API2], scopes: { mail: 'read' }, impersonation: true }],
  }
  const clients = { service: gateway, 'api-server': VARS.CLIENTS['api-server'] }
  const rp = { resources: [API, API2], scopes: ['openid', 'email', 'read', 'mail'] }
  return createProvider({ resources: RESOURCES, clients: clients as unknown as IssuerSettings['clients'], rp })
}

/** For whom an access token is, what it lets, and whose claims it bears: opened under each branch that there is. */
async function told({ access_token, error }: OpenidAnswer): Promise<string> {
  if (access_token === undefined) return error ?? ''
  for (const uri of [API, API2, USERINFO]) {
    const expected = { issuer: ISSUER, resource: uri, now: NOW, clockTolerance: 0, longestLife: 600, anonymous: true }
    const keyring = createKeyring(ring, ISSUER)
    const leaves =
      uri === USERINFO
        ? keyring.leavesFor('userinfo', '', 'A256GCM', 600)
        : keyring.leavesFor('access', uri, 'A256GCM', 600)
    const opened = await (async () => openDirect(access_token, leaves, expected))().catch(() => undefined)
    if (opened === undefined) continue
    const { scope, claims } = opened.entitlement
    return [
      { [API]: 'api', [API2]: 'api2', [USERINFO]: 'userinfo' }[uri],
      ...scope,
      ...Object.keys(claims).map((name) => `+${name}`),
    ].join(' ')
  }
  return 'opens nowhere'
}

describe('which token a client gets that asks who logged in, and for APIs (OpenID Connect Core §5.4)', () => {
  const ONE = { scope: 'openid email read', resource: API }
  const TWO = { scope: 'openid email read mail', resource: `${API} ${API2}` }
  const OWN = 'userinfo openid email +userinfo'
  it.each([
    ['openid alone', { scope: 'openid email' }, {}, OWN],
    ['openid alone, an API', { scope: 'openid email' }, { resource: API }, 'invalid_target'],
    ['openid alone, userinfo', { scope: 'openid email' }, { resource: USERINFO }, OWN],
    ['openid alone, named at once', { scope: 'openid email', resource: USERINFO }, {}, OWN],
    ['one API', ONE, {}, 'api read'],
    ['one API, by its scope', { scope: 'openid email read' }, {}, 'api read'],
    ['one API, that', ONE, { resource: API }, 'api read'],
    ['one API, userinfo', ONE, { resource: USERINFO }, OWN],
    ['one API, userinfo with a slash', ONE, { resource: `${USERINFO}/` }, 'invalid_target'],
    ['one API, both at once', ONE, { resource: `${API} ${USERINFO}` }, 'invalid_target'],
    ['two APIs', TWO, {}, OWN],
    ['two APIs, one', TWO, { resource: API2 }, 'api2 mail'],
    ['two APIs, userinfo', TWO, { resource: USERINFO }, OWN],
    ['no openid', { scope: 'read' }, {}, 'api read'],
    ['no openid, userinfo', { scope: 'read' }, { resource: USERINFO }, 'invalid_target'],
  ] as const)('%s', async (_, asked, at, expected) => {
    const provider = setUp()
    const code = (await provider.authorize(asked as Record<string, string>)).searchParams.get('code') ?? ''
    const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER, ...at } as Record<string, string>
    expect(await told(await provider.token(form))).toBe(expected)
    // The same of a refresh token.
    const { refresh_token = '' } = await provider.login(asked as Record<string, string>)
    const again = { grant_type: 'refresh_token', refresh_token, ...at } as Record<string, string>
    expect(await told(await provider.token(again))).toBe(expected)
  })

  it.each([
    ['read', {}, 'api read'],
    ['openid', {}, 'userinfo openid +userinfo'],
    ['openid read', {}, 'api read'],
    ['openid', { resource: API }, 'invalid_scope'],
    ['read', { resource: USERINFO }, 'invalid_scope'],
    ['mail', {}, 'invalid_scope'],
  ])('of less scope, “%s” at %j: %s', async (scope, at, expected) => {
    const provider = setUp()
    const { refresh_token = '' } = await provider.login(ONE)
    expect(await told(await provider.token({ grant_type: 'refresh_token', refresh_token, scope, ...at }))).toBe(
      expected,
    )
  })

  it('none for userinfo without a person, by a client that asks persons for it', async () => {
    const rp = {
      grant_types: ['authorization_code', 'client_credentials'],
      resources: [API],
      scopes: ['openid', 'read'],
    }
    const provider = createProvider({ rp })
    for (const resource of [USERINFO, `${USERINFO}/`])
      expect((await provider.token({ grant_type: 'client_credentials', resource })).error).toBe('invalid_target')
    expect(await told(await provider.token({ grant_type: 'client_credentials' }))).toBe('api read')
  })

  it.each(['client_credentials', EXCHANGE])('none for userinfo by %s', async (grant_type) => {
    const provider = setUp()
    const { access_token } = await provider.login(ONE)
    const subject = { subject_token: access_token, subject_token_type: `${TOKEN_TYPE}:access_token` }
    for (const resource of [USERINFO, `${USERINFO}/`]) {
      const form = { grant_type, resource, ...(grant_type === EXCHANGE ? subject : {}) }
      const answer = await provider.ask(formRequest('/token', 'service', form))
      expect(await answer.json()).toMatchObject({ error: 'invalid_target' })
    }
  })
})

async function codeOf(provider: Provider, asked: object): Promise<string> {
  return (await provider.authorize(asked as Record<string, string>)).searchParams.get('code') ?? ''
}

describe('a token in the place of another', () => {
  it.each([
    ['an ID token', 'id_token', undefined],
    ['a userinfo token', 'access_token', USERINFO],
  ] as const)('%s is taken by no door but its own', async (_, member, resource) => {
    const provider = setUp()
    const first = await provider.login({ scope: 'openid email read', resource: API })
    const { refresh_token } = first
    const own =
      resource === undefined ? first : await provider.token({ grant_type: 'refresh_token', refresh_token, resource })
    const token = own[member] ?? ''
    expect(token).toMatch(/^ey/)
    for (const uri of [API, API2]) {
      const keys = writeKeys(exportKeys(ring, { issuer: ISSUER, resource: uri, now: NOW }))
      expect((await createVerifier({ issuer: ISSUER, resource: uri, keys, now: () => NOW }).verify(token)).ok).toBe(
        false,
      )
    }
    const introspected = await provider.ask(formRequest('/introspect', 'api-server', { token }))
    expect(await introspected.json()).toEqual({ active: false })
    for (const type of ['access_token', 'id_token', 'jwt'])
      for (const role of ['subject', 'actor']) {
        const party = { [`${role}_token`]: token, [`${role}_token_type`]: `${TOKEN_TYPE}:${type}` }
        const other =
          role === 'actor'
            ? { subject_token: first.access_token, subject_token_type: `${TOKEN_TYPE}:access_token` }
            : {}
        const form = { grant_type: EXCHANGE, resource: API2, ...other, ...party }
        const answer = await provider.ask(formRequest('/token', 'service', form))
        expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_request' }])
      }
    const assertion = {
      client_assertion: token,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    }
    const asClient = await provider.ask(
      formRequest('/token', undefined, { grant_type: 'client_credentials', ...assertion }),
    )
    expect([asClient.status, await asClient.json()]).toMatchObject([401, { error: 'invalid_client' }])
    for (const form of [
      { grant_type: 'refresh_token', refresh_token: token },
      { grant_type: 'authorization_code', code: token, code_verifier: VERIFIER },
    ])
      expect((await provider.token(form)).error).toBe('invalid_grant')
    expect((await provider.userinfo(token)).status).toBe(member === 'access_token' ? 200 : 401)
  })

  it('an API’s token, a refresh token, a code or an ID token tells nothing at userinfo', async () => {
    const provider = setUp()
    const {
      access_token,
      refresh_token = '',
      id_token = '',
    } = await provider.login({ scope: 'openid email read', resource: API })
    for (const token of [access_token, refresh_token, id_token, await codeOf(provider, { scope: 'openid' })])
      expect((await provider.userinfo(token)).status).toBe(401)
  })

  it.each([API, USERINFO, `${USERINFO}/`, `${ISSUER}/userinfo?`, ISSUER])(
    'no export for %s opens or makes a userinfo token',
    async (uri) => {
      const provider = setUp()
      const { access_token } = await provider.login({ scope: 'openid' })
      const branches = exportKeys(ring, { issuer: ISSUER, resource: uri, now: NOW }).branches
      const leaf = createKeyring(ring, ISSUER).leavesFor('userinfo', '', 'A256GCM', 600).sealing(NOW)
      const exported = createKeyring(ring, ISSUER).leavesFor('access', uri, 'A256GCM', 600).sealing(NOW)
      expect(branches.length).toBeGreaterThan(0)
      expect(exported?.kid).toBe(leaf?.kid)
      const forged = createVerifier({
        issuer: ISSUER,
        resource: uri,
        keys: writeKeys(exportKeys(ring, { issuer: ISSUER, resource: uri, now: NOW })),
        now: () => NOW,
      })
      expect((await forged.verify(access_token)).ok).toBe(false)
    },
  )

  it('GET /keys has none of userinfo, and no resource server can be one of it', async () => {
    const provider = setUp()
    const answer = await provider.ask(getRequest(`/keys?resource=${encodeURIComponent(USERINFO)}`, 'api-server'))
    expect(await answer.json()).toMatchObject({ error: 'invalid_target' })
    const server = { ...VARS.CLIENTS['api-server'], resources: [USERINFO] }
    expect(() => createProvider({ clients: { server } as unknown as IssuerSettings['clients'] })).toThrow('resources')
  })

  it('a grant type of the operator’s own decides nothing for userinfo', async () => {
    const type = 'urn:example:own'
    const decide = (_: unknown, client: { id: string }) => ({
      entitlement: {
        sub: 'alice',
        client_id: client.id,
        aud: USERINFO,
        scope: ['openid'],
        iat: NOW,
        exp: NOW + 60,
        jti: 'x',
        claims: { userinfo: {} },
      },
    })
    const provider = createProvider({
      grants: [{ type, decide }],
      rp: { resources: [API], scopes: ['openid', 'read'], grant_types: ['authorization_code', type] },
    })
    const headers = { authorization: basic('rp', RP_SECRET) }
    const answer = await provider.ask(formRequest('/token', undefined, { grant_type: type }, headers))
    expect([answer.status, await answer.json()]).toMatchObject([500, { error: 'server_error' }])
  })
})
