import { exports } from 'cloudflare:workers'
import { beforeEach, describe, expect, it } from 'vitest'
import { createKeyring } from '../../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations, type Guard, type IssuerSettings } from '../../../src/index.ts'
import { leafRecipient } from '../../../src/jose/recipient.ts'
import { OAUTH_ERRORS, type OAuthErrorCode } from '../../../src/protocol/error.ts'
import { sealDirect } from '../../../src/token/direct.ts'
import type { Actor, Entitlement } from '../../../src/token/entitlement.ts'
import { openEnvelope, sealEnvelope } from '../../../src/token/envelope.ts'
import { sealMarked } from '../../../src/token/mark.ts'
import { sealNested } from '../../../src/token/nested.ts'
import { sealPurpose } from '../../../src/token/purpose.ts'
import { isRevoked } from '../../../src/token/revocations.ts'
import {
  API,
  basic,
  ISSUER,
  NOW,
  openEntitlement,
  SECRETS,
  type TokenAnswer,
  testIssuer,
  testRing,
  VARS,
} from '../../fixtures.ts'
import { type Changes, createApp, createPerson, formOf, readAnswer } from '../../parties/person.ts'
import {
  ACCESS_TOKEN,
  CI,
  type ClaimChanges,
  FRONT,
  INNER,
  JWT,
  jobToken,
  NEST,
  TOKEN_EXCHANGE,
} from '../../parties/trusted.ts'

const keyring = createKeyring(testRing(NOW), ISSUER)
const leaves = (resource: string) => keyring.leavesFor('access', resource, 'A256GCM', 600)
const marks = keyring.leavesFor('mark', '', 'A256GCM', 600)

/** What alice let the shop do at the front API. */
const ALICE: Entitlement = {
  sub: 'alice',
  client_id: 'shop',
  aud: FRONT,
  scope: ['read', 'write'],
  iat: NOW,
  exp: NOW + 500,
  jti: 'token-of-alice',
  gid: 'approval-of-alice',
  auth_time: NOW - 60,
  acr: 'urn:acr:2',
  amr: ['pwd'],
  claims: { tenant: 'blue' },
}

const GATEWAY: Entitlement = {
  sub: 'client:gateway',
  client_id: 'gateway',
  aud: FRONT,
  scope: ['read'],
  iat: NOW,
  exp: NOW + 500,
  jti: 'token-of-gateway',
  claims: {},
}

/** A token as the issuer seals it. */
const subjectToken = (changes: Partial<Entitlement> = {}): Promise<string> =>
  sealMarked({ ...ALICE, ...changes }, ISSUER, leaves(changes.aud ?? FRONT), marks, NOW)
const actorToken = (changes: Partial<Entitlement> = {}): Promise<string> =>
  sealMarked({ ...GATEWAY, ...changes }, ISSUER, leaves(changes.aud ?? FRONT), marks, NOW)

async function nestedToken(changes: Partial<Entitlement> = {}): Promise<string> {
  const [leaf, signer] = [leaves(NEST).sealing(NOW), keyring.signingKeys.signing('ES256', NOW)]
  if (leaf === undefined || signer === undefined) throw new Error('no keys')
  return sealNested({ ...ALICE, aud: NEST, ...changes }, ISSUER, signer, await leafRecipient(leaf))
}

/** Asks as the gateway. */
function exchange(form: Changes, settings: Partial<IssuerSettings> = {}, client: keyof typeof SECRETS = 'gateway') {
  const headers = {
    authorization: basic(client, SECRETS[client]),
    'content-type': 'application/x-www-form-urlencoded',
  }
  const body = formOf({ grant_type: TOKEN_EXCHANGE, subject_token_type: ACCESS_TOKEN, resource: INNER, ...form })
  return testIssuer(settings).fetch(new Request(`${ISSUER}/token`, { method: 'POST', headers, body: body.toString() }))
}

/** Expects exactly the error answer: its siblings of the same code are the same to the byte. */
async function expectError(response: Response | Promise<Response>, code: OAuthErrorCode): Promise<void> {
  const answered = await response
  const { status, description } = OAUTH_ERRORS[code]
  expect(await answered.text()).toBe(JSON.stringify({ error: code, error_description: description }))
  expect([answered.status, answered.headers.get('cache-control')]).toEqual([status, 'no-store'])
}

/** Returns what the gateway gets. */
async function entitlementOf(form: Changes, settings: Partial<IssuerSettings> = {}): Promise<Entitlement> {
  const response = await exchange(form, settings)
  const { access_token, ...answer } = (await response.json()) as TokenAnswer
  if (response.status !== 200) throw new Error(JSON.stringify(answer))
  const resource = form['resource'] ?? INNER
  const limits = { now: NOW, clockTolerance: 0, longestLife: 600, anonymous: false }
  return openEntitlement(access_token, leaves(resource), { issuer: ISSUER, resource, ...limits })
}

const [FROM_API, FROM_CI] = VARS.CLIENTS.gateway.exchange

/** Settings in which the gateway has other rules. */
const rules = (...exchange: readonly object[]): Partial<IssuerSettings> => ({
  clients: { ...VARS.CLIENTS, gateway: { ...VARS.CLIENTS.gateway, exchange } } as IssuerSettings['clients'],
})

describe('a token exchange (RFC 8693 §2)', () => {
  it('answers with a token, its type, and no refresh token (§2.2.1)', async () => {
    const response = await exchange({ subject_token: await subjectToken() })
    expect([response.status, response.headers.get('cache-control'), response.headers.get('pragma')]).toEqual([
      200,
      'no-store',
      'no-cache',
    ])
    expect(await response.json()).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 500,
      scope: 'read stock',
      issued_token_type: ACCESS_TOKEN,
    })
  })

  it('keeps the subject, the approval and the login, and names the client that exchanged (§4.3)', async () => {
    expect(await entitlementOf({ subject_token: await subjectToken() })).toEqual({
      sub: 'alice',
      client_id: 'gateway',
      aud: INNER,
      scope: ['read', 'stock'],
      iat: NOW,
      exp: NOW + 500,
      jti: expect.stringMatching(/^[\w-]{22}$/),
      gid: 'approval-of-alice',
      auth_time: NOW - 60,
      acr: 'urn:acr:2',
      amr: ['pwd'],
      claims: {},
    })
  })

  it('takes a nested token under its leaf: the signature inside vouches for it', async () => {
    expect(await entitlementOf({ subject_token: await nestedToken() })).toMatchObject({ sub: 'alice', aud: INNER })
  })

  it('takes a subject token more than once: each is good until it ends', async () => {
    const subject_token = await subjectToken()
    const guard = createMemoryGuard(() => NOW)
    expect((await exchange({ subject_token }, { guard })).status).toBe(200)
    expect((await exchange({ subject_token }, { guard })).status).toBe(200)
  })

  it.each<[string, Changes, string]>([
    ['requested_token_type of an access token (§2.1)', { requested_token_type: ACCESS_TOKEN }, 'read stock'],
    ['audience in place of resource (§2.1)', { resource: undefined, audience: INNER }, 'read stock'],
    ['audience beside the same resource (§2.1)', { audience: INNER }, 'read stock'],
    ['no resource, where the rules know only one', { resource: undefined }, 'read stock'],
    ['less scope (§2.1)', { scope: 'stock' }, 'stock'],
  ])('takes %s', async (_, form, scope) => {
    const response = await exchange({ subject_token: await subjectToken(), ...form })
    expect([response.status, await response.json()]).toEqual([200, expect.objectContaining({ scope })])
  })

  it('runs on the real Worker with the token of a real person, from login to exchange', async () => {
    const ask = (request: Request): Promise<Response> => exports.default.fetch(request)
    const shop = { client_id: 'shop', redirect_uri: 'https://shop.example/cb', scope: 'read write' }
    const code = (await createPerson(ask, { name: 'bob' }).answer('allow', shop)).searchParams.get('code') ?? ''
    const { access_token } = await readAnswer(await createApp(ask, { client: 'shop' }).redeem(code))
    const form = { grant_type: TOKEN_EXCHANGE, subject_token: access_token, subject_token_type: ACCESS_TOKEN }
    const answer = await readAnswer(await createApp(ask, { client: 'gateway' }).ask({ ...form, resource: INNER }))
    expect(answer).toMatchObject({ issued_token_type: ACCESS_TOKEN, scope: 'read stock' })
    const now = Math.floor(Date.now() / 1000)
    // The Worker's ring was made when the tests began; its only root has the test key whatever the time.
    const ring = testRing(now - 3600)
    const expected = { issuer: ISSUER, resource: INNER, now, clockTolerance: 60, longestLife: 600, anonymous: false }
    const opening = createKeyring(ring, ISSUER).leavesFor('access', INNER, 'A256GCM', 600)
    expect(await openEntitlement(answer.access_token, opening, expected)).toMatchObject({
      sub: 'bob',
      client_id: 'gateway',
      gid: expect.any(String),
    })
  })
})

describe('a subject token is refused (RFC 8693 §2.2.2)', () => {
  const [leaf, marking] = [leaves(FRONT).sealing(NOW), marks.sealing(NOW)]
  if (leaf === undefined || marking === undefined) throw new Error('no leaf')

  /** The claims of a token as the issuer wrote them, mark and all. */
  async function claimsOf(token: string): Promise<Record<string, unknown>> {
    return { ...(await openEnvelope(token, 'at+jwe', leaves(FRONT), NOW)).facts }
  }

  it('takes one that is sealed again with its mark: that much the resource server can do', async () => {
    const sealed = await sealEnvelope(await claimsOf(await subjectToken()), 'at+jwe', leaf)
    expect((await exchange({ subject_token: sealed })).status).toBe(200)
  })

  it.each<[string, () => Promise<string>]>([
    [
      'forged by the resource server, which has no key to mark with (design §2)',
      () => sealDirect({ ...ALICE, sub: 'admin' }, ISSUER, leaves(FRONT), NOW),
    ],
    [
      'forged, with the mark of another token',
      async () => sealEnvelope({ ...(await claimsOf(await subjectToken())), sub: 'admin' }, 'at+jwe', leaf),
    ],
    [
      'widened, with its own mark',
      async () => sealEnvelope({ ...(await claimsOf(await subjectToken())), scope: 'read write x' }, 'at+jwe', leaf),
    ],
    [
      'made to live longer, with its own mark',
      async () => sealEnvelope({ ...(await claimsOf(await subjectToken())), exp: NOW + 599 }, 'at+jwe', leaf),
    ],
    [
      'freed of its key, with its own mark',
      async () => {
        const { cnf: _, ...claims } = await claimsOf(await subjectToken({ cnf: { jkt: 'x' } }))
        return sealEnvelope(claims, 'at+jwe', leaf)
      },
    ],
    [
      'marked under the leaf of the resource server',
      async () => sealMarked({ ...ALICE, sub: 'admin' }, ISSUER, leaves(FRONT), leaves(FRONT), NOW),
    ],
    [
      'with an empty mark',
      async () => sealEnvelope({ ...(await claimsOf(await subjectToken())), mark: '' }, 'at+jwe', leaf),
    ],
    [
      'with a mark of half its length',
      async () => {
        const claims = await claimsOf(await subjectToken())
        return sealEnvelope({ ...claims, mark: String(claims['mark']).slice(0, 22) }, 'at+jwe', leaf)
      },
    ],
    [
      'with a mark that is no text',
      async () => sealEnvelope({ ...(await claimsOf(await subjectToken())), mark: 1 }, 'at+jwe', leaf),
    ],
    ['that has ended', () => sealMarked({ ...ALICE, iat: NOW - 600, exp: NOW }, ISSUER, leaves(FRONT), marks, NOW)],
    ['of another issuer', () => sealMarked(ALICE, 'https://other.example', leaves(FRONT), marks, NOW)],
    [
      'for a resource whose tokens are not marked',
      () => sealDirect({ ...ALICE, aud: INNER }, ISSUER, leaves(INNER), NOW),
    ],
    ['marked, for a resource without exchange', () => subjectToken({ aud: INNER })],
    ['that is a nested token of another key', async () => (await nestedToken()).replace(/.{8}$/, 'AAAAAAAA')],
    ['about a client: it can ask for itself', () => subjectToken({ sub: 'client:gateway', client_id: 'gateway' })],
    ['about another client (H42)', () => subjectToken({ sub: 'client:service', client_id: 'service' })],
    ['about nobody', () => subjectToken({ sub: 'anonymous:x', client_id: undefined })],
    ['bound to a key that nobody proves: cnf is never lost (H68)', () => subjectToken({ cnf: { jkt: 'x' } })],
    ['bound to a certificate', () => subjectToken({ cnf: { 'x5t#S256': 'x' } })],
    ['that allows something in detail (H68)', () => subjectToken({ authorization_details: [{ type: 'x' }] })],
    ['that is junk', async () => 'x'],
  ])('%s', async (_, make) => {
    await expectError(exchange({ subject_token: await make() }), 'invalid_request')
  })

  it.each(['code', 'refresh', 'session'] as const)('that is a %s of ours (C04)', async (purpose) => {
    const facts = { ...ALICE, jti: 'x', iat: NOW, exp: NOW + 60 }
    const sealed = await sealPurpose(purpose, facts, keyring.leavesFor(purpose, '', 'A256GCM', 600), NOW)
    await expectError(exchange({ subject_token: sealed }), 'invalid_request')
  })

  it('that was revoked, as a token, by its approval, its person, its client or its key', async () => {
    const subject_token = await subjectToken()
    for (const [kind, value] of [
      ['jti', ALICE.jti],
      ['gid', 'approval-of-alice'],
      ['sub', 'alice'],
      ['client', 'shop'],
      ['kid', 'r1'],
    ] as const) {
      const revocations = createMemoryRevocations('salt')
      await revocations.add({ kind, value, at: NOW, until: NOW + 600, keep: NOW + 600 }, NOW)
      await expectError(exchange({ subject_token }, { revocations }), 'invalid_request')
    }
  })

  it('whose approval the guard knows to have ended', async () => {
    const guard = createMemoryGuard(() => NOW)
    await guard.end('approval-of-alice', NOW + 600)
    await expectError(exchange({ subject_token: await subjectToken() }, { guard }), 'invalid_request')
  })

  it('and revoking the approval reaches what came of an exchange before', async () => {
    const { gid, jti, sub, iat, client_id } = await entitlementOf({ subject_token: await subjectToken() })
    const revocations = createMemoryRevocations('salt')
    await revocations.add({ kind: 'gid', value: 'approval-of-alice', at: NOW, until: NOW + 600, keep: NOW + 600 }, NOW)
    const target = { jti, sub, iat, client_id, ...(gid === undefined ? {} : { gid }) }
    expect(isRevoked(await revocations.read(NOW, 'access tokens'), target)).toBe(true)
  })

  it('is never spent, and nothing else is', async () => {
    let spent = 0
    const memory = createMemoryGuard(() => NOW)
    const spend: Guard['spend'] = (...call) => {
      spent++
      return memory.spend(...call)
    }
    await exchange({ subject_token: await subjectToken() }, { guard: { ...memory, spend } })
    await exchange({ subject_token: 'x' }, { guard: { ...memory, spend } })
    expect(spent).toBe(0)
  })
})

describe('a request is refused (RFC 8693 §2.1, §2.2.2)', () => {
  it.each<[string, Changes, OAuthErrorCode]>([
    ['without subject_token', { subject_token: undefined }, 'invalid_request'],
    ['without subject_token_type', { subject_token_type: undefined }, 'invalid_request'],
    ['with neither', { subject_token: undefined, subject_token_type: undefined }, 'invalid_request'],
    ['with an unknown subject_token_type', { subject_token_type: `${ACCESS_TOKEN}2` }, 'invalid_request'],
    ['with a refresh token', { subject_token_type: ACCESS_TOKEN.replace('access', 'refresh') }, 'invalid_request'],
    ['with an access token called a JWT (C05)', { subject_token_type: JWT }, 'invalid_request'],
    ['with actor_token_type alone: it MUST NOT be there', { actor_token_type: ACCESS_TOKEN }, 'invalid_request'],
    ['with actor_token alone: its type is REQUIRED', { actor_token: 'x' }, 'invalid_request'],
    ['for a refresh token', { requested_token_type: ACCESS_TOKEN.replace('access', 'refresh') }, 'invalid_request'],
    ['for an ID token', { requested_token_type: ACCESS_TOKEN.replace('access', 'id') }, 'invalid_request'],
    ['for a resource that no rule gives', { resource: FRONT }, 'invalid_target'],
    ["for a resource that is not the client's", { resource: API }, 'invalid_target'],
    ['for an unknown resource', { resource: 'https://unknown.example' }, 'invalid_target'],
    ['for an unknown audience', { resource: undefined, audience: 'inner' }, 'invalid_target'],
    ['for a resource and another audience', { audience: FRONT }, 'invalid_target'],
    ['for more scope than the rule gives', { scope: 'deploy' }, 'invalid_scope'],
    ['for more scope, beside some that is right', { scope: 'read deploy' }, 'invalid_scope'],
    ['for scope that the resource does not know', { scope: 'admin' }, 'invalid_scope'],
    ['for malformed scope', { scope: 'read  stock' }, 'invalid_scope'],
  ])('%s', async (_, form, code) => {
    await expectError(exchange({ subject_token: await subjectToken(), ...form }), code)
  })

  it('for scope that the subject token has nothing for (H68)', async () => {
    const subject_token = await subjectToken({ scope: ['read'] })
    await expectError(exchange({ subject_token, scope: 'stock' }), 'invalid_scope')
    expect((await entitlementOf({ subject_token })).scope).toEqual(['read'])
    await expectError(exchange({ subject_token: await subjectToken({ scope: ['other'] }) }), 'invalid_scope')
  })

  it('by a list of scopes the subject token must have each of them itself', async () => {
    const settings = rules({ ...FROM_API, scopes: ['read', 'stock'] })
    expect((await entitlementOf({ subject_token: await subjectToken() }, settings)).scope).toEqual(['read'])
  })

  it('for scope that another rule gives at another resource', async () => {
    const stock = { from: [FRONT], to: [NEST], scopes: { stock: 'read' }, impersonation: true }
    const settings = rules({ ...FROM_API, from: [FRONT], scopes: ['read'] }, stock)
    await expectError(exchange({ subject_token: await subjectToken(), scope: 'stock' }, settings), 'invalid_scope')
    expect((await entitlementOf({ subject_token: await subjectToken() }, settings)).scope).toEqual(['read'])
  })

  it('of a client without rules, that must ask people, or that cannot prove itself (C18)', async () => {
    const form = { subject_token: await subjectToken() }
    await expectError(exchange(form, {}, 'service'), 'unauthorized_client')
    await expectError(exchange(form, rules({ ...FROM_API, from: [NEST] })), 'invalid_request')
    await expectError(exchange(form, rules({ ...FROM_API, from: [] }, FROM_CI)), 'invalid_request')
    const { gateway } = VARS.CLIENTS
    const person = {
      ...gateway,
      grant_types: [...gateway.grant_types, 'authorization_code'],
      redirect_uris: ['https://gateway.example/cb'],
    }
    const asking = { ...VARS.CLIENTS, gateway: person }
    await expectError(exchange(form, { clients: asking }), 'unauthorized_client')
    const skipping = { ...VARS.CLIENTS, gateway: { ...person, consent: 'skip' as const } }
    expect((await exchange(form, { clients: skipping })).status).toBe(200)
    const { secret_hash: _, ...open } = person
    const issuer = testIssuer({ clients: { ...VARS.CLIENTS, gateway: open } })
    const parameters = { grant_type: TOKEN_EXCHANGE, client_id: 'gateway', ...form, subject_token_type: ACCESS_TOKEN }
    const request = { method: 'POST', body: formOf(parameters) }
    await expectError(issuer.fetch(new Request(`${ISSUER}/token`, request)), 'unauthorized_client')
  })

  it('and the token never lives longer than the one that was brought, or the resource lets it', async () => {
    expect((await entitlementOf({ subject_token: await subjectToken({ exp: NOW + 7 }) })).exp).toBe(NOW + 7)
    const settings = {
      resources: { ...VARS.RESOURCES, [INNER]: { ...VARS.RESOURCES[INNER], access_token_lifetime: 60 } },
    }
    const response = await exchange({ subject_token: await subjectToken() }, settings)
    expect(await response.json()).toMatchObject({ expires_in: 60 })
    const short = { actor_token: await actorToken({ exp: NOW + 5 }), actor_token_type: ACCESS_TOKEN }
    expect((await entitlementOf({ subject_token: await subjectToken(), ...short })).exp).toBe(NOW + 5)
  })
})

describe('impersonation and delegation (RFC 8693 §1.1, §4.1)', () => {
  const delegating = rules({ ...FROM_API, impersonation: false })
  let actor: Changes
  beforeEach(async () => {
    actor = { actor_token: await actorToken(), actor_token_type: ACCESS_TOKEN }
  })

  it('names no actor where the rule allows to be the subject itself', async () => {
    expect(await entitlementOf({ subject_token: await subjectToken() })).not.toHaveProperty('act')
  })

  it('is refused without an actor unless a rule allows it', async () => {
    await expectError(exchange({ subject_token: await subjectToken() }, delegating), 'invalid_request')
    const { impersonation: _, ...unsaid } = FROM_API
    await expectError(exchange({ subject_token: await subjectToken() }, rules(unsaid)), 'invalid_request')
  })

  it('names who acts', async () => {
    const { sub, act } = await entitlementOf({ subject_token: await subjectToken(), ...actor }, delegating)
    expect([sub, act]).toEqual(['alice', { sub: 'client:gateway' }])
  })

  it('keeps who acted before, in order, with an actor and without (§4.1)', async () => {
    const before = { sub: 'client:b', act: { sub: 'client:a' } }
    const subject_token = await subjectToken({ act: before })
    expect((await entitlementOf({ subject_token, ...actor })).act).toEqual({ sub: 'client:gateway', act: before })
    expect((await entitlementOf({ subject_token })).act).toEqual(before)
  })

  it('ends where four act for one another', async () => {
    const three = { sub: 'c', act: { sub: 'b', act: { sub: 'a' } } }
    const four = { sub: 'd', act: three }
    expect((await entitlementOf({ subject_token: await subjectToken({ act: three }), ...actor })).act?.sub).toBe(
      'client:gateway',
    )
    await expectError(exchange({ subject_token: await subjectToken({ act: four }), ...actor }), 'invalid_request')
  })

  it.each<[string, () => Promise<Changes>]>([
    ['issued to another client', async () => ({ actor_token: await actorToken({ client_id: 'service' }) })],
    ['for whom another acts', async () => ({ actor_token: await actorToken({ act: { sub: 'x' } }) })],
    ['bound to a key that nobody proves', async () => ({ actor_token: await actorToken({ cnf: { jkt: 'x' } }) })],
    [
      'forged by a resource server',
      async () => ({ actor_token: await sealDirect(GATEWAY, ISSUER, leaves(FRONT), NOW) }),
    ],
    ['for a resource that the client does not have', async () => ({ actor_token: await actorToken({ aud: API }) })],
    ['of an unknown type', async () => ({ actor_token_type: 'x' })],
    ['that is junk', async () => ({ actor_token: 'x' })],
  ])('refuses an actor token %s', async (_, change) => {
    const form = { subject_token: await subjectToken(), ...actor, ...(await change()) }
    await expectError(exchange(form), 'invalid_request')
  })

  it('refuses an actor token for a resource without exchange, be it signed', async () => {
    const own = { ...GATEWAY, aud: NEST }
    const form = {
      subject_token: await subjectToken(),
      actor_token: await nestedToken(own),
      actor_token_type: ACCESS_TOKEN,
    }
    expect((await entitlementOf(form)).act).toEqual({ sub: 'client:gateway' })
    const resources = { ...VARS.RESOURCES, [NEST]: { ...VARS.RESOURCES[NEST], exchange: false } }
    await expectError(exchange(form, { ...rules({ ...FROM_API, from: [FRONT] }), resources }), 'invalid_request')
  })

  it('refuses an actor token that was revoked', async () => {
    const revocations = createMemoryRevocations('salt')
    await revocations.add({ kind: 'jti', value: GATEWAY.jti, at: NOW, until: NOW + 600, keep: NOW + 600 }, NOW)
    await expectError(exchange({ subject_token: await subjectToken(), ...actor }, { revocations }), 'invalid_request')
  })
})

describe('may_act (RFC 8693 §4.4)', () => {
  const gateway = { sub: 'client:gateway' }
  const allowed: [string, Actor][] = [
    ['the actor', gateway],
    ['the actor by its issuer', { ...gateway, iss: ISSUER }],
    ['the actor by its client', { ...gateway, client_id: 'gateway' }],
  ]
  it.each(allowed)('lets %s act, and the client itself where no actor is named, and goes on', async (_, may_act) => {
    const subject_token = await subjectToken({ may_act })
    const actor = { actor_token: await actorToken(), actor_token_type: ACCESS_TOKEN }
    const kept = { ...may_act, iss: ISSUER }
    expect((await entitlementOf({ subject_token, ...actor })).may_act).toEqual(kept)
    expect((await entitlementOf({ subject_token })).may_act).toEqual(kept)
  })

  it.each<[string, object]>([
    ['another', { sub: 'client:service' }],
    ['one of this name elsewhere', { ...gateway, iss: 'https://other.example' }],
    ['it through another client', { ...gateway, client_id: 'service' }],
    ['it, if something else holds', { ...gateway, email: 'x' }],
  ])('that lets %s act lets nobody else', async (_, may_act) => {
    const subject_token = await subjectToken({ may_act: may_act as Actor })
    const actor = { actor_token: await actorToken(), actor_token_type: ACCESS_TOKEN }
    await expectError(exchange({ subject_token, ...actor }), 'invalid_request')
    await expectError(exchange({ subject_token }), 'invalid_request')
  })
})

describe("a trusted issuer's token (RFC 8693 §2.1)", () => {
  const job = async (changes: ClaimChanges = {}): Promise<Changes> => ({
    subject_token: await jobToken(ISSUER, NOW, changes),
    subject_token_type: JWT,
  })
  const open = rules({ ...FROM_CI, impersonation: true })
  const actor = async (changes: Partial<Entitlement> = {}): Promise<Changes> => ({
    actor_token: await actorToken(changes),
    actor_token_type: ACCESS_TOKEN,
  })

  it.each([JWT, 'urn:ietf:params:oauth:token-type:id_token'])('is taken as %s', async (subject_token_type) => {
    const entitlement = await entitlementOf({ ...(await job()), subject_token_type, ...(await actor()) })
    expect(entitlement).toMatchObject({
      sub: 'external:ci:repo:acme/app:ref:refs/heads/main',
      scope: ['deploy'],
      exp: NOW + 300,
      act: { sub: 'client:gateway' },
    })
  })

  it('is refused as an access token (C05)', async () => {
    await expectError(exchange({ ...(await job()), subject_token_type: ACCESS_TOKEN }, open), 'invalid_request')
  })

  it('can be an actor, under its name here', async () => {
    const actor = { actor_token: await jobToken(ISSUER, NOW), actor_token_type: JWT }
    const { sub, act } = await entitlementOf({ subject_token: await subjectToken(), ...actor })
    expect([sub, act]).toEqual(['alice', { sub: 'external:ci:repo:acme/app:ref:refs/heads/main' }])
  })

  it('says who may act in its own names', async () => {
    const there = { may_act: { sub: 'client:gateway', iss: ISSUER } }
    expect((await entitlementOf({ ...(await job(there)) }, open)).may_act).toEqual(there.may_act)
    // Without iss it is somebody of its own issuer.
    await expectError(exchange(await job({ may_act: { sub: 'client:gateway' } }), open), 'invalid_request')
    const own = { may_act: { sub: 'repo:acme/tools:x' } }
    const actor = { actor_token: await jobToken(ISSUER, NOW, { sub: 'repo:acme/tools:x' }), actor_token_type: JWT }
    expect((await entitlementOf({ ...(await job(own)), ...actor }, open)).may_act).toEqual({ ...own.may_act, iss: CI })
  })

  it.each<[string, ClaimChanges]>([
    ['of nobody who is trusted', { iss: 'https://evil.example' }],
    ['about somebody whom no rule admits', { sub: 'repo:evil/app:x' }],
    ['without a claim that is demanded', { repository_owner: 'evil' }],
    ['for another audience', { aud: 'https://other.example' }],
    ['that has expired', { iat: NOW - 400, exp: NOW - 100 }],
    ['that is bound to a key that nobody proves', { cnf: { jkt: 'x' } }],
    ['in which somebody acts', { act: { sub: 'x' } }],
    ['with may_act that is nothing', { may_act: null }],
    ['with may_act that is no object', { may_act: 'client:gateway' }],
    ['with may_act that is a list', { may_act: [{ sub: 'client:gateway', iss: ISSUER }] }],
  ])('%s is refused', async (_, changes) => {
    await expectError(exchange(await job(changes), open), 'invalid_request')
  })

  it('gives no more than both the rules of trust and of exchange do', async () => {
    await expectError(exchange({ ...(await job()), scope: 'read' }, open), 'invalid_scope')
    await expectError(exchange({ ...(await job()), resource: NEST }, open), 'invalid_target')
    const wide = rules({ from: ['ci'], to: [INNER], scopes: ['deploy', 'stock'], impersonation: true })
    await expectError(exchange({ ...(await job()), scope: 'stock' }, wide), 'invalid_scope')
    expect((await entitlementOf(await job(), wide)).scope).toEqual(['deploy'])
    await expectError(exchange(await job(), rules({ ...FROM_CI, from: [FRONT] })), 'invalid_request')
  })
})
