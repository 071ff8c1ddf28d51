import { describe, expect, it } from 'vitest'
import { createKeyring, rotateRing, writeRing } from '../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations, type Revocations } from '../../src/index.ts'
import { nameAtResource } from '../../src/issuing/pairwise_entitlement.ts'
import { checkSettings } from '../../src/settings/settings.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { appOf, hashRevoked, isRevoked, REVOCATION_KINDS } from '../../src/token/revocations.ts'
import {
  API,
  API2,
  basic,
  ISSUER,
  NOW,
  secretHash,
  testIssuer,
  testKey,
  testRing,
  testSettings,
  tokenRequest,
  VARS,
} from '../fixtures.ts'
import { type Ask, createApp, createPerson, REQUESTS, readAnswer } from '../parties/person.ts'
import { readSegment } from '../parties/servers.ts'
import { ACCESS_TOKEN, TOKEN_EXCHANGE } from '../parties/trusted.ts'

const OTHER = 'https://other.example'
const SALT = 'c2FsdCBvZiB0aGUgdGVzdHMsIDMyIGJ5dGVzIGxvbmcu'
const secret = (name: string) => ({ secret_hash: secretHash(`${name}-secret`) })
const SETTINGS = {
  resources: {
    [API]: VARS.RESOURCES[API],
    [API2]: { ...VARS.RESOURCES[API2], subject_type: 'pairwise' },
    [OTHER]: { scopes: ['read'], subject_type: 'pairwise', envelope: 'nested', encryption_alg: 'dir' },
  },
  clients: {
    service: VARS.CLIENTS.service,
    pub: { ...VARS.CLIENTS.pub, resources: [API, API2, OTHER] },
    web: { ...VARS.CLIENTS.web, resources: [API, API2, OTHER] },
    api: { ...secret('api'), kind: 'resource_server', resources: [API, API2, OTHER] },
    operator: { ...secret('operator'), kind: 'operator' },
  },
  pairwiseSalt: SALT,
} as const

/** An issuer with two resources that call people otherwise, a person, a shop, and who watches them. */
function setUp(changes: Parameters<typeof testIssuer>[0] = {}) {
  let now = NOW
  const guard = createMemoryGuard(() => now)
  const clock = { now: () => now, guard, revocations: createMemoryRevocations('salt') }
  const issuer = testIssuer({ ...SETTINGS, ...clock, ...changes })
  const ask: Ask = (request) => issuer.fetch(request)
  const alice = createPerson(ask, { now: () => now })
  const post = (path: string, client: string, form: Record<string, string>): Response | Promise<Response> =>
    ask(
      new Request(`${ISSUER}/${path}`, {
        method: 'POST',
        headers: {
          authorization: basic(client, `${client}-secret`),
          'content-type': 'application/x-www-form-urlencoded',
        },
        body: new URLSearchParams(form).toString(),
      }),
    )
  const introspect = async (token: string) =>
    (await (await post('introspect', 'api', { token })).json()) as Record<string, string>
  /** Lets a client in at all resources, and returns what it gets. */
  const approve = async (client: 'pub' | 'web' = 'web') => {
    const app = createApp(ask, { client })
    const resource = [API, API2, OTHER].join(' ')
    const answer = await alice.answer('allow', { ...REQUESTS[client], client_id: client, scope: 'read', resource })
    const code = answer.searchParams.get('code') ?? ''
    const first = await readAnswer(await app.redeem(code, { resource: API2 }))
    return { app, code, first, refresh: first.refresh_token ?? '' }
  }
  /** Returns a token for each resource, of one approval. */
  const tokensOf = async ({ app, first, refresh }: Awaited<ReturnType<typeof approve>>) => {
    const others = []
    for (const resource of [API, OTHER])
      others.push((await readAnswer(await app.refresh(refresh, { resource }))).access_token)
    return [others[0] ?? '', first.access_token, others[1] ?? ''] as const
  }
  return { ask, alice, post, introspect, approve, tokensOf, guard, wait: (seconds: number) => (now += seconds) }
}
const subjects = async (set: ReturnType<typeof setUp>, tokens: readonly string[]) =>
  Promise.all(tokens.map(async (token) => (await set.introspect(token))['sub']))
const areActive = async (set: ReturnType<typeof setUp>, tokens: readonly string[]) =>
  Promise.all(tokens.map(async (token) => (await set.introspect(token))['active']))

describe('pairwise subjects', () => {
  it('call a person, and an approval, otherwise at each resource that asks for it (M39)', async () => {
    const set = setUp()
    const tokens = await set.tokensOf(await set.approve())
    const told = await Promise.all(tokens.map(set.introspect))
    expect(told.map(({ aud, scope }) => [aud, scope])).toEqual([API, API2, OTHER].map((uri) => [uri, 'read']))
    expect(told[0]).toMatchObject({ sub: 'alice', client_id: 'web' })
    for (const name of ['sub', 'gid', 'jti']) {
      const values = told.map((one) => one[name])
      expect([new Set(values).size, values.every((value) => typeof value === 'string')]).toEqual([3, true])
    }
    for (const { sub, gid } of told.slice(1)) {
      expect(sub).toMatch(/^[\w-]{43}$/)
      expect(gid).toMatch(/^[\w-]{22}$/)
    }
  })

  it('stay as they are: at the next refresh, approval and login, and with other roots in the ring', async () => {
    const set = setUp()
    const approval = await set.approve()
    const before = await subjects(set, await set.tokensOf(approval))
    expect(await subjects(set, await set.tokensOf(approval))).toEqual(before)
    await set.alice.visit({ ...REQUESTS['web'], prompt: 'login' })
    expect(await subjects(set, await set.tokensOf(await set.approve()))).toEqual(before)
    const rotation = rotateRing(testRing(NOW), { now: NOW + 8_000_000, key: testKey(1) })
    if (!rotation.ok) throw new Error('it is too early to rotate')
    const later = NOW + 8_200_000
    const other = setUp({ keyRing: writeRing(rotation.ring), now: () => later, guard: createMemoryGuard(() => later) })
    const alice = createPerson(other.ask, { now: () => later })
    const answer = await alice.answer('allow', { ...REQUESTS['web'], resource: API2 })
    const app = createApp(other.ask, { client: 'web' })
    const { access_token } = await readAnswer(await app.redeem(answer.searchParams.get('code') ?? ''))
    expect(await other.introspect(access_token)).toMatchObject({ sub: before[1] })
  })

  it('leave clients that act for themselves as they are', async () => {
    const set = setUp()
    const form = { grant_type: 'client_credentials', resource: API2 }
    const { access_token } = await readAnswer(await set.ask(tokenRequest({ form })))
    expect(await set.introspect(access_token)).toMatchObject({ sub: 'client:service' })
  })

  it('are the same for a person whose token was exchanged (RFC 8693)', async () => {
    const from = { ...VARS.RESOURCES[API], exchange: true }
    const gateway = {
      ...secret('gateway'),
      grant_types: [TOKEN_EXCHANGE],
      resources: [API2],
      scopes: ['read'],
      exchange: [{ from: [API], to: [API2], scopes: ['read'], impersonation: true }],
    }
    const set = setUp({
      resources: { ...SETTINGS.resources, [API]: from },
      clients: { ...SETTINGS.clients, gateway },
    })
    const [subject_token, direct] = await set.tokensOf(await set.approve())
    const form = { grant_type: TOKEN_EXCHANGE, subject_token, subject_token_type: ACCESS_TOKEN, resource: API2 }
    const { access_token } = await readAnswer(await set.post('token', 'gateway', form))
    const [exchanged, own] = await Promise.all([set.introspect(access_token), set.introspect(direct)])
    expect([exchanged['client_id'], exchanged['sub'], exchanged['gid']]).toEqual(['gateway', own['sub'], own['gid']])
  })

  it('hide those who act for a person, too, but for those of other issuers', () => {
    const { resources, pairwise } = checkSettings(testSettings(SETTINGS))
    const [open, other] = [resources.get(API), resources.get(API2)]
    if (open === undefined || other === undefined) throw new Error('there are no such resources')
    const entitlement: Entitlement = {
      ...{ sub: 'alice', client_id: 'web', aud: API2, scope: ['read'], iat: NOW, exp: NOW + 1, jti: 'j', claims: {} },
      act: { sub: 'bob', act: { sub: 'client:x', act: { sub: 'carol', iss: ISSUER, client_id: 'y' } } },
      may_act: { sub: 'dave', iss: 'https://elsewhere.example' },
    }
    const name = (sub: string): string => pairwise.nameAt(other, 'sub', sub)
    expect(nameAtResource(entitlement, other, pairwise, ISSUER)).toEqual({
      ...entitlement,
      sub: name('alice'),
      act: { sub: name('bob'), act: { sub: 'client:x', act: { sub: name('carol'), iss: ISSUER, client_id: 'y' } } },
      may_act: { sub: 'dave', iss: 'https://elsewhere.example' },
    })
    expect(nameAtResource(entitlement, open, pairwise, ISSUER)).toEqual(entitlement)
  })

  it('are asked for in the settings, with a salt', () => {
    const check = (changes: object) => () => checkSettings(testSettings({ ...SETTINGS, ...changes }))
    const resource = (more: object) => ({ resources: { [API]: { scopes: ['read'], ...more } }, clients: {} })
    const bare = { authorizationDetailsTypes: {} }
    expect(check({ pairwiseSalt: undefined })).toThrow(`"pairwiseSalt" expected a secret: the resource "${API2}"`)
    expect(check({ pairwiseSalt: 'short' })).toThrow('"pairwiseSalt" expected at least 32 random bytes')
    const refused = (more: object) => check({ ...bare, ...resource(more) })
    expect(refused({ subject_type: 'private' })).toThrow('subject_type" expected "public" or "pairwise"')
    // Another token for it would be about somebody else: nobody knows whom it names.
    expect(refused({ subject_type: 'pairwise', exchange: true })).toThrow('exchange" expected false')
    expect(refused({ sector_identifier: 'x' })).toThrow('sector_identifier" goes with "subject_type": "pairwise"')
    expect(refused({ subject_type: 'pairwise', sector_identifier: 'a b' })).toThrow(
      'sector_identifier" expected 1 to 256',
    )
  })
})

describe('revoking where subjects are pairwise', () => {
  it('reaches a person at every resource, by the one name that the operator knows', async () => {
    const set = setUp()
    const approval = await set.approve()
    const tokens = await set.tokensOf(approval)
    expect(await areActive(set, tokens)).toEqual([true, true, true])
    expect((await set.post('revocations', 'operator', { kind: 'sub', value: 'alice' })).status).toBe(200)
    set.wait(6)
    expect(await areActive(set, tokens)).toEqual([false, false, false])
    expect((await readAnswer(await approval.app.refresh(approval.refresh, { resource: API2 }))).error).toBe(
      'invalid_grant',
    )
  })

  it('reaches nobody else', async () => {
    const set = setUp()
    const tokens = await set.tokensOf(await set.approve())
    await set.post('revocations', 'operator', { kind: 'sub', value: 'bob' })
    set.wait(6)
    expect(await areActive(set, tokens)).toEqual([true, true, true])
  })

  /** The public list, and the names keys of a resource. */
  const listOf = (revocations: Revocations) => revocations.read(NOW, 'access tokens')
  const namesKeys = (resource: string) => createKeyring(testRing(NOW), ISSUER).namesKeys(resource)

  // promise: P08
  it('is written into the bundle so that each verifier tells its own names, and only these', async () => {
    const revocations = createMemoryRevocations('salt')
    const set = setUp({ revocations })
    const tokens = await set.tokensOf(await set.approve())
    const told = await Promise.all(tokens.map(set.introspect))
    await set.post('revocations', 'operator', { kind: 'sub', value: 'alice' })
    const bundle = await listOf(revocations)
    for (const [index, own] of [API, API2, OTHER].entries()) {
      const { sub = '' } = told[index] ?? {}
      const target = { sub, client_id: 'web', iat: NOW }
      expect(isRevoked(bundle, target, namesKeys(own))).toBe(true)
      expect(isRevoked(bundle, { ...target, iat: NOW + 60 }, namesKeys(own))).toBe(false)
      // Somebody who knows the name, and has all other keys, cannot tell whether it is there.
      for (const other of [API, API2, OTHER].filter((uri) => uri !== own))
        expect(isRevoked(bundle, target, namesKeys(other))).toBe(false)
      expect(isRevoked(bundle, target)).toBe(false)
    }
  })

  it.each<[string, (set: ReturnType<typeof setUp>, refresh: string) => Promise<void>]>([
    ['a person', async (set) => void (await set.post('revocations', 'operator', { kind: 'sub', value: 'alice' }))],
    ['an approval, by its client', async (set, token) => void (await set.post('revoke', 'web', { token }))],
  ])('%s leaves nothing in public that joins their names, or confirms one', async (_, revoke) => {
    const revocations = createMemoryRevocations('salt')
    const set = setUp({ revocations })
    const approval = await set.approve()
    const told = await Promise.all((await set.tokensOf(approval)).map(set.introspect))
    await revoke(set, approval.refresh)
    const { salt, events } = await listOf(revocations)
    // Nothing but names: none is what anybody can work out who knows the salt and all names of the person.
    expect(Object.keys(events)).toEqual(['name'])
    const names = events.name ?? {}
    expect(Object.keys(names)).toHaveLength(3)
    for (const { sub = '', gid = '' } of [{ sub: 'alice', gid: '' }, ...told])
      for (const kind of REVOCATION_KINDS)
        for (const value of [sub, gid, appOf(sub, 'web')])
          expect(Object.hasOwn(names, hashRevoked(salt, kind, value))).toBe(false)
    // No instant says when, and no two are the same or near: what is added differs for each name.
    const instants = Object.values(names).sort((one, other) => one - other)
    for (const [index, instant] of instants.entries())
      expect(instant - (instants[index - 1] ?? NOW)).toBeGreaterThan(86_400)
  })

  it('stands in an order that does not tell what was written together', async () => {
    const set = setUp()
    for (const value of ['alice', 'bob', 'carol', 'dave'])
      await set.post('revocations', 'operator', { kind: 'sub', value })
    const jwt = await (await set.ask(new Request(`${ISSUER}/revocations`))).text()
    const { events } = readSegment(jwt.split('.')[1]) as { events: { name: Record<string, number> } }
    const names = Object.keys(events.name)
    expect([names.length, names]).toEqual([12, [...names].sort()])
  })

  it('of a client that acts for itself is in public by its name, which nobody logs in as', async () => {
    const revocations = createMemoryRevocations('salt')
    const set = setUp({ revocations })
    await set.post('revocations', 'operator', { kind: 'sub', value: 'client:service' })
    expect(isRevoked(await listOf(revocations), { sub: 'client:service', client_id: 'service', iat: NOW })).toBe(true)
  })

  it('reaches tokens under each root that can have sealed them: around a rotation, under both', async () => {
    const rotation = rotateRing(testRing(NOW), { now: NOW + 7_000_000, key: testKey(1) })
    if (!rotation.ok) throw new Error(rotation.detail)
    const at = Math.max(...rotation.ring.roots.map(({ use }) => use)) + 5
    const revocations = createMemoryRevocations('salt')
    const set = setUp({ revocations, keyRing: writeRing(rotation.ring), now: () => at })
    const revoked = await set.post('revocations', 'operator', { kind: 'sub', value: 'alice' })
    expect(revoked.status).toBe(200)
    const keys = createKeyring(rotation.ring, ISSUER).namesKeys(API)
    expect(keys).toHaveLength(2)
    const bundle = await revocations.read(at, 'access tokens')
    for (const key of keys) expect(isRevoked(bundle, { sub: 'alice', client_id: 'web', iat: at }, [key])).toBe(true)
  })

  it('of an approval by a name that one resource knows ends it there at once, and its refresh tokens everywhere', async () => {
    const set = setUp()
    const approval = await set.approve()
    const tokens = await set.tokensOf(approval)
    const { gid = '' } = await set.introspect(tokens[1])
    await set.post('revocations', 'operator', { kind: 'grant', value: gid })
    set.wait(6)
    expect(await areActive(set, tokens)).toEqual([true, false, true])
    expect((await readAnswer(await approval.app.refresh(approval.refresh, { resource: API }))).error).toBe(
      'invalid_grant',
    )
  })

  it.each([true, false])(
    'by the client reaches all tokens of the approval; with a list of revocations: %s (RFC 7009)',
    async (isListed) => {
      const set = setUp(isListed ? {} : { revocations: undefined as never })
      const approval = await set.approve()
      const tokens = await set.tokensOf(approval)
      expect((await set.post('revoke', 'web', { token: approval.refresh })).status).toBe(200)
      set.wait(6)
      expect(await areActive(set, tokens)).toEqual([false, false, false])
    },
  )

  it('by a code that comes twice reaches all tokens of the approval (RFC 6749 §4.1.2)', async () => {
    const set = setUp()
    const approval = await set.approve()
    const tokens = await set.tokensOf(approval)
    await approval.app.redeem(approval.code, { resource: API2 })
    expect(await areActive(set, tokens)).toEqual([false, false, false])
  })

  it('by an old refresh token that comes back reaches all tokens of the approval (RFC 9700 §4.14.2)', async () => {
    const set = setUp()
    const approval = await set.approve('pub')
    const next = await readAnswer(await approval.app.refresh(approval.refresh, { resource: API }))
    set.wait(31)
    expect((await readAnswer(await approval.app.refresh(approval.refresh, { resource: API }))).error).toBe(
      'invalid_grant',
    )
    expect(await areActive(set, [approval.first.access_token, next.access_token])).toEqual([false, false])
  })
})
