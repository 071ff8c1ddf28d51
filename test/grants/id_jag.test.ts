import { generateKeyPair } from 'jose'
import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { withinIdJag } from '../../src/grants/id_jag.ts'
import type { IssuerSettings } from '../../src/index.ts'
import { OAUTH_ERRORS, type OAuthErrorCode } from '../../src/protocol/error.ts'
import { checkSettings } from '../../src/settings/settings.ts'
import {
  API,
  API2,
  ISSUER,
  NOW,
  openEntitlement,
  type TokenAnswer,
  testIssuer,
  testRing,
  testSettings,
} from '../fixtures.ts'
import { createProver } from '../parties/dpop.ts'
import { A, B, bring, C, ENTERPRISE, IDP, idJag, PROVIDER } from '../parties/enterprise.ts'
import { createGranting, whyRefused } from '../parties/granting.ts'
import { type ClaimChanges, JWT, JWT_BEARER, type Signing, TOKEN_EXCHANGE } from '../parties/trusted.ts'

const issuerOf = (changes: Partial<IssuerSettings> = {}) =>
  testIssuer({ authorizationDetailsTypes: {}, ...ENTERPRISE, ...changes })
type Form = Parameters<typeof bring>[1]

/** Returns what a client gets: for which resource, and with which scope; or the error. */
async function outcomeOf(response: Response): Promise<string> {
  const answer = (await response.json()) as TokenAnswer & { error?: string }
  if (response.status !== 200) {
    const { description } = OAUTH_ERRORS[answer.error as OAuthErrorCode]
    expect(answer).toEqual({ error: answer.error, error_description: description })
    expect(response.headers.get('cache-control')).toBe('no-store')
    return `${response.status} ${answer.error}`
  }
  expect(Object.keys(answer)).not.toContain('refresh_token')
  for (const resource of [A, B, C]) {
    const leaves = createKeyring(testRing(NOW), ISSUER).leavesFor('access', resource, 'A256GCM', 600)
    const limits = { now: NOW, clockTolerance: 0, longestLife: 600, anonymous: false }
    const opened = await openEntitlement(answer.access_token, leaves, { issuer: ISSUER, resource, ...limits }).catch(
      () => undefined,
    )
    if (opened === undefined) continue
    expect([opened.sub, opened.client_id]).toEqual(['external:idp:00u1alice', 'one'])
    expect(answer['scope']).toBe(opened.scope.join(' '))
    return `${resource} ${opened.scope.join(' ')}`
  }
  throw new Error('a token for nobody')
}

const ask = async (claims: ClaimChanges, form: Form = {}, by = 'one', signing: Signing = {}): Promise<string> =>
  outcomeOf(await issuerOf().fetch(bring(await idJag(claims, signing), form, by)))

describe('an ID-JAG (draft-ietf-oauth-identity-assertion-authz-grant)', () => {
  it.each<readonly [string, ClaimChanges, Form, string]>([
    ['nothing more: its own resource and scope are meant', {}, {}, `${A} read`],
    ['its resource', {}, { resource: A }, `${A} read`],
    ['its resource in another spelling', { resource: 'https://A.example:443/mcp' }, { resource: A }, `${A} read`],
    ['its scope', {}, { scope: 'read' }, `${A} read`],
    ['less than its scope', { scope: 'read write' }, { scope: 'write' }, `${A} write`],
    ['one of its resources', { resource: [A, B] }, { resource: B }, `${B} read`],
    ['a list of one resource', { resource: [B] }, {}, `${B} read`],
    ['a resource of nobody beside it', { resource: [A, 'https://other.example'] }, {}, `${A} read`],
    ['a scope of nobody beside it', { scope: 'read unknown' }, {}, `${A} read`],
    ['scope that the rule does not give beside it', { scope: 'read admin' }, {}, `${A} read`],
    ['no scope: what the rule gives', { scope: undefined }, {}, `${A} read write`],
    ['no resource: what the rule gives', { resource: undefined }, { resource: B }, `${B} read`],
    ['us as a list of one', { aud: [ISSUER] }, {}, `${A} read`],
    ['claims that have no meaning here', { email: 'alice@acme.example', tenant: 'acme', acr: 'mfa' }, {}, `${A} read`],
  ])('is worth a token with %s', async (_, claims, form, expected) => {
    expect(await ask(claims, form)).toBe(expected)
  })

  it.each<readonly [string, ClaimChanges, Form, string]>([
    ['another resource than it names', {}, { resource: B }, '400 invalid_target'],
    ['another resource beside it', {}, { resource: [A, B] }, '400 invalid_target'],
    ['a resource that no rule knows, though it names it', { resource: C }, { resource: C }, '400 invalid_target'],
    ['a resource that no rule knows, by default', { resource: C }, {}, '400 invalid_target'],
    ['a resource of nobody', { resource: 'https://other.example' }, {}, '400 invalid_target'],
    ['one of two resources, and not said which', { resource: [A, B] }, {}, '400 invalid_target'],
    ['no resource, where there are two', { resource: undefined }, {}, '400 invalid_target'],
    ['a longer path than it names', { resource: `${A}/x` }, { resource: A }, '400 invalid_target'],
    ['more scope than it names', {}, { scope: 'read write' }, '400 invalid_scope'],
    ['other scope than it names', {}, { scope: 'write' }, '400 invalid_scope'],
    [
      'scope that the rule does not give, though it names it',
      { scope: 'admin' },
      { scope: 'admin' },
      '400 invalid_scope',
    ],
    ['scope that the rule does not give, by default', { scope: 'admin' }, {}, '400 invalid_scope'],
    ['scope that nobody knows', { scope: 'unknown' }, {}, '400 invalid_scope'],
  ])('is worth nothing where it is brought for %s', async (_, claims, form, expected) => {
    expect(await ask(claims, form)).toBe(expected)
  })

  it.each<[string, ClaimChanges, Signing?]>([
    ['for another client', { client_id: 'two' }],
    ['for a client by another spelling', { client_id: 'ONE' }],
    ['for several clients', { client_id: ['one'] }],
    ['for no client', { client_id: undefined }],
    ['without jti', { jti: undefined }],
    ['with an empty jti', { jti: '' }],
    ['with a number as jti', { jti: 7 }],
    ['without iat', { iat: undefined }],
    ['with a text as iat', { iat: String(NOW) }],
    ['without exp', { exp: undefined }],
    ['that has expired', { iat: NOW - 400, exp: NOW - 100 }],
    ['from the future', { iat: NOW + 100 }],
    ['without sub', { sub: undefined }],
    ['with an empty sub', { sub: '' }],
    ['with a list as sub', { sub: ['00u1alice'] }],
    ['for us with a slash behind', { aud: `${ISSUER}/` }],
    ['for the token endpoint', { aud: `${ISSUER}/token` }],
    ['for us and another', { aud: [ISSUER, 'https://other.example'] }],
    ['for its client, as an ID token is', { aud: 'one' }],
    ['with a number as resource', { resource: 7 }],
    ['with no resource in a list', { resource: [] }],
    ['with an empty resource', { resource: '' }],
    ['with a list as scope', { scope: ['read'] }],
    ['with an empty scope', { scope: '' }],
    ['with two spaces in its scope', { scope: 'read  write' }],
    ['that allows something in detail', { authorization_details: [{ type: 'payment' }] }],
    ['in which another acts', { act: { sub: 'agent' } }],
    ['of a provider that is not trusted', { iss: 'https://other.idp.example' }],
    ['of the provider by another spelling', { iss: `${IDP}/` }],
    ['with typ JWT', {}, { header: { typ: 'JWT' } }],
    ['without typ', {}, { header: { typ: undefined } as never }],
    ['with typ authorization-grant+jwt', {}, { header: { typ: 'authorization-grant+jwt' } }],
    ['with its typ in capitals', {}, { header: { typ: 'OAUTH-ID-JAG+JWT' } }],
    ['with application/ before its typ', {}, { header: { typ: 'application/oauth-id-jag+jwt' } }],
    ['that brings its key', {}, { header: { jwk: { kty: 'EC' } } }],
  ])('is refused with invalid_grant %s', async (_, claims, signing = {}) => {
    expect(await ask(claims, {}, 'one', signing)).toBe('400 invalid_grant')
  })

  it('is for the one resource that knows its scope, where neither it nor the request names one', async () => {
    const resources = { ...ENTERPRISE.resources, [A]: { scopes: ['read', 'admin'] } }
    const issuer = issuerOf({ resources })
    const assertion = await idJag({ resource: undefined, scope: 'write unknown' })
    expect(await outcomeOf(await issuer.fetch(bring(assertion)))).toBe(`${B} write`)
  })

  // promise: W12
  it('is refused when another client brings it, and works for its own afterwards', async () => {
    const issuer = issuerOf()
    const assertion = await idJag()
    expect(await outcomeOf(await issuer.fetch(bring(assertion, {}, 'two')))).toBe('400 invalid_grant')
    for (const [form, error] of [
      [{ resource: B }, 'invalid_target'],
      [{ scope: 'write' }, 'invalid_scope'],
    ] as const)
      expect(await outcomeOf(await issuer.fetch(bring(assertion, form)))).toBe(`400 ${error}`)
    expect(await outcomeOf(await issuer.fetch(bring(assertion)))).toBe(`${A} read`)
    expect(await outcomeOf(await issuer.fetch(bring(assertion)))).toBe('400 invalid_grant')
  })

  it('is refused without a proof of who the client is, and with a wrong one', async () => {
    const issuer = issuerOf()
    const assertion = await idJag()
    const wrong = bring(assertion, {}, 'one', { authorization: `Basic ${btoa('one:wrong')}` })
    expect(await outcomeOf(await issuer.fetch(wrong))).toBe('401 invalid_client')
    const none = bring(assertion, { client_id: 'one' })
    none.headers.delete('authorization')
    expect(await outcomeOf(await issuer.fetch(none))).toBe('401 invalid_client')
  })

  it('is refused when another key signed it', async () => {
    const { privateKey } = await generateKeyPair('ES256')
    expect(await ask({}, {}, 'one', { key: privateKey })).toBe('400 invalid_grant')
  })

  it('gives a token that ends with it, if not before', async () => {
    const response = await issuerOf().fetch(bring(await idJag({ exp: NOW + 60 })))
    expect(((await response.json()) as { expires_in: number }).expires_in).toBe(60)
  })

  describe('that is bound to a key', () => {
    it('is taken with a proof of it alone, and its token is bound to it', async () => {
      const [own, other] = [await createProver(), await createProver()]
      const issuer = issuerOf({ dpopNonce: false } as Partial<IssuerSettings>)
      const assertion = await idJag({ cnf: { jkt: own.jkt } })
      expect(await outcomeOf(await issuer.fetch(bring(assertion)))).toBe('400 invalid_grant')
      const wrong = await issuer.fetch(bring(assertion, {}, 'one', { dpop: await other.prove() }))
      expect(await outcomeOf(wrong)).toBe('400 invalid_grant')
      const good = await issuer.fetch(bring(assertion, {}, 'one', { dpop: await own.prove() }))
      const answer = (await good.json()) as TokenAnswer
      expect([good.status, answer['token_type']]).toEqual([200, 'DPoP'])
      const leaves = createKeyring(testRing(NOW), ISSUER).leavesFor('access', A, 'A256GCM', 600)
      const limits = { issuer: ISSUER, resource: A, now: NOW, clockTolerance: 0, longestLife: 600, anonymous: false }
      expect((await openEntitlement(answer.access_token, leaves, limits)).cnf).toEqual({ jkt: own.jkt })
    })

    it.each([null, {}, 'x', [], { jkt: '' }, { jkt: 7 }, { jwk: {} }, { kid: 'x' }])(
      'is refused where nobody can tell which: %j',
      async (cnf) => {
        const prover = await createProver()
        const request = bring(await idJag({ cnf }), {}, 'one', { dpop: await prover.prove() })
        expect(await outcomeOf(await issuerOf({ dpopNonce: false } as Partial<IssuerSettings>).fetch(request))).toBe(
          '400 invalid_grant',
        )
      },
    )
  })

  it('is never exchanged: what it is for would be lost, and it could be brought twice', async () => {
    const exchanging = {
      ...ENTERPRISE.clients.one,
      grant_types: [JWT_BEARER, TOKEN_EXCHANGE],
      exchange: [{ from: ['ci'], to: [A], scopes: ['read', 'write'] }],
    }
    const { profile: __, ...ci } = { ...PROVIDER, issuer: 'https://ci.example' }
    const issuer = issuerOf({
      clients: { ...ENTERPRISE.clients, one: exchanging },
      trustedIssuers: { idp: PROVIDER, ci: { ...ci, allow: [{ ...PROVIDER.allow[0], subjects: ['job'] }] } },
    })
    const job = await idJag({ iss: 'https://ci.example', sub: 'job' }, { header: { typ: 'JWT' } })
    for (const type of [JWT, 'urn:ietf:params:oauth:token-type:id_token', 'urn:ietf:params:oauth:token-type:id-jag']) {
      const tokens = { subject_token: job, subject_token_type: JWT, actor_token: await idJag(), actor_token_type: type }
      const request = bring('', { grant_type: TOKEN_EXCHANGE, assertion: undefined, resource: A, ...tokens })
      expect(await outcomeOf(await issuer.fetch(request))).toBe('400 invalid_request')
    }
    const subject = { subject_token: await idJag(), subject_token_type: JWT }
    const request = bring('', { grant_type: TOKEN_EXCHANGE, assertion: undefined, resource: A, ...subject })
    expect(await outcomeOf(await issuer.fetch(request))).toBe('400 invalid_request')
  })

  it('is advertised where somebody may bring one, with the grant type, and nowhere else', async () => {
    const read = async (issuer: ReturnType<typeof issuerOf>) =>
      (await issuer.request(`${ISSUER}/.well-known/oauth-authorization-server`)).json()
    expect(await read(issuerOf())).toMatchObject({
      grant_types_supported: expect.arrayContaining([JWT_BEARER]),
      authorization_grant_profiles_supported: ['urn:ietf:params:oauth:grant-profile:id-jag'],
    })
    expect(await read(testIssuer())).not.toHaveProperty('authorization_grant_profiles_supported')
  })
})

describe('what an ID-JAG lets a client have', () => {
  const { client } = createGranting()
  const service = client('service')
  const claims = { client_id: 'service', jti: 'x' }

  it('is what it names of the resources and the scope of the client, or all of it', () => {
    const { resources, scopes, ...others } = withinIdJag(service, claims)
    expect([[...resources], [...scopes]]).toEqual([
      [API, API2],
      ['read', 'write', 'mail'],
    ])
    expect({ ...others, resources, scopes }).toEqual(service)
    const named = withinIdJag(service, { ...claims, resource: [`${API2}/`, 'https://x.example'], scope: 'mail admin' })
    expect([[...named.resources], [...named.scopes]]).toEqual([[API2], ['mail']])
  })

  it.each<[object, string]>([
    [{ client_id: 'web' }, 'other_client'],
    [{ client_id: undefined }, 'other_client'],
    [{ jti: '' }, 'assertion_malformed'],
    [{ jti: 7 }, 'assertion_malformed'],
    [{ resource: [API, 7] }, 'assertion_malformed'],
    [{ resource: [API, ''] }, 'assertion_malformed'],
    [{ resource: [] }, 'assertion_malformed'],
    [{ scope: 7 }, 'assertion_malformed'],
    [{ scope: 'read  write' }, 'assertion_malformed'],
    [{ scope: '' }, 'assertion_malformed'],
  ])('is nothing where it says %j: %s', async (changes, reason) => {
    expect(await whyRefused(() => withinIdJag(service, { ...claims, ...changes }))).toBe(`invalid_grant ${reason}`)
  })
})

describe('the settings of a provider of ID-JAGs', () => {
  const check =
    (changes: object, clients: object = {}) =>
    () =>
      checkSettings({
        ...testSettings({ ...ENTERPRISE, authorizationDetailsTypes: {} }),
        clients: { ...ENTERPRISE.clients, ...clients },
        trustedIssuers: { idp: { ...PROVIDER, ...changes } },
      } as IssuerSettings)
  const [rule] = PROVIDER.allow

  it.each<readonly [string, object]>([
    ['as they are', {}],
    ['its typ and audience written out', { typ: 'oauth-id-jag+jwt', audience: ISSUER }],
    ['a claim that must be there', { allow: [{ ...rule, claims: { tenant: 'acme' } }] }],
    ['people by the beginning of their name', { allow: [{ ...rule, subjects: ['user:*', 'x'] }] }],
  ])('are taken with %s', (_, changes) => expect(check(changes)).not.toThrow())

  it.each<[string, object, string, object?]>([
    ['another profile', { profile: 'ci' }, 'profile" expected "id-jag"'],
    ['another typ', { typ: 'JWT' }, 'profile" fixes "typ"'],
    ['another audience', { audience: `${ISSUER}/` }, 'profile" fixes "typ", "oauth-id-jag+jwt", and "audience"'],
    ['everybody, but of no provider of ID-JAGs', { profile: undefined }, 'subjects[0]" expected a text'],
    ['a star within a name', { allow: [{ ...rule, subjects: ['a*'] }] }, 'subjects[0]" expected a text'],
    ['a public client', {}, '"one" is public', { one: { ...ENTERPRISE.clients.one, secret_hash: undefined } }],
    [
      'a client that may not bring one',
      {},
      'in "grant_types": "two" has it not',
      { two: { ...ENTERPRISE.clients.two, grant_types: ['client_credentials'] } },
    ],
    [
      'a client that would exchange one',
      {},
      'from" expected resources with "exchange", or trusted issuers',
      {
        one: {
          ...ENTERPRISE.clients.one,
          grant_types: [JWT_BEARER, TOKEN_EXCHANGE],
          exchange: [{ from: ['idp'], to: [A], scopes: ['read'] }],
        },
      },
    ],
  ])('are refused with %s', (_, changes, message, clients = {}) => expect(check(changes, clients)).toThrow(message))
})
