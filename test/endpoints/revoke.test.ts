import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { createMemoryGuard, createMemoryRevocations, type IssuerSettings, type LogEntry } from '../../src/index.ts'
import { leafRecipient } from '../../src/jose/recipient.ts'
import { MOST_OF_A_CLIENT, MOST_OF_A_GROUP } from '../../src/stores/revocation_list.ts'
import type { Revocations } from '../../src/stores/revocations.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { sealMarked } from '../../src/token/mark.ts'
import { sealNested } from '../../src/token/nested.ts'
import { API, API2, ISSUER, NOW, testIssuer, testRing, tokenRequest, VARS } from '../fixtures.ts'
import { createApp, createPerson, REQUESTS, readAnswer } from '../parties/person.ts'
import { type Asker, formRequest } from '../parties/servers.ts'
import { FRONT, INNER, JWT_BEARER, jobToken, NEST } from '../parties/trusted.ts'

const keyring = createKeyring(testRing(NOW), ISSUER)
/** What a resource server has from its export: it opens with these, and forges with them. */
const leaves = (resource: string) => keyring.leavesFor('access', resource, 'A256GCM', 600)
const marks = keyring.leavesFor('mark', '', 'A256GCM', 600)

let names = 0
const entitlement = (changes: Partial<Entitlement> = {}): Entitlement => ({
  sub: 'alice',
  client_id: 'pub',
  aud: API,
  scope: ['read'],
  iat: NOW,
  exp: NOW + 500,
  jti: `token-${++names}`,
  gid: 'approval',
  auth_time: NOW,
  claims: {},
  ...changes,
})
/** A direct token as the issuer makes it, or the resource server for itself: nobody can tell. */
const direct = (changes: Partial<Entitlement> = {}) =>
  sealDirect(entitlement(changes), ISSUER, leaves(changes.aud ?? API), NOW)
const marked = (changes: Partial<Entitlement> = {}) =>
  sealMarked(entitlement({ aud: FRONT, ...changes }), ISSUER, leaves(FRONT), marks, NOW)
async function nested(changes: Partial<Entitlement> = {}): Promise<string> {
  const [leaf, signer] = [leaves(NEST).sealing(NOW), keyring.signingKeys.signing('ES256', NOW)]
  if (leaf === undefined || signer === undefined) throw new Error('no keys')
  return sealNested(entitlement({ aud: NEST, ...changes }), ISSUER, signer, await leafRecipient(leaf))
}

const CLIENTS = {
  ...VARS.CLIENTS,
  pub: { ...VARS.CLIENTS.pub, resources: [API, FRONT, NEST] },
  web: { ...VARS.CLIENTS.web, resources: [API, API2, FRONT, NEST] },
} as IssuerSettings['clients']

/** Those who can do without a guard. */
const { pub, web, operator, 'api-server': server } = CLIENTS
const GUARDLESS = { pub, web, operator, 'api-server': server } as IssuerSettings['clients']

/** An issuer with a list of revocations, a clock that the test turns, and what can be asked of it. */
function setUp(changes: Partial<IssuerSettings> = {}) {
  let now = NOW
  const lines: LogEntry[] = []
  const revocations = 'revocations' in changes ? changes.revocations : createMemoryRevocations('salt', () => 0)
  const issuer = testIssuer({
    now: () => now,
    guard: createMemoryGuard(() => now),
    clients: CLIENTS,
    log: (line) => lines.push(line),
    ...changes,
    revocations: revocations as Revocations,
  })
  const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
  return {
    ask,
    lines,
    wait: (seconds: number) => {
      now += seconds
    },
    /** A public client only names itself. */
    revoke: async (asker: Asker | 'pub' | 'runner', token: string) =>
      ask(
        asker === 'pub' || asker === 'runner'
          ? formRequest('/revoke', undefined, { token, client_id: asker })
          : formRequest('/revoke', asker, { token }),
      ),
    introspect: async (token: string, asker: Asker = 'api-server') =>
      (await (await ask(formRequest('/introspect', asker, { token }))).json()) as { active: boolean },
    operate: (form: Readonly<Record<string, string>>) => ask(formRequest('/revocations', 'operator', form)),
    read: async () => {
      const { seq, events } = (await revocations?.read(now, 'access tokens')) ?? { seq: -1, events: {} }
      const count = (kind: keyof typeof events): number => Object.keys(events[kind] ?? {}).length
      return { seq, jti: count('jti'), gid: count('gid'), app: count('app'), sub: count('sub'), name: count('name') }
    },
    approve: async (client: 'pub' | 'web', name = 'alice') => {
      const app = createApp(ask, { client })
      const person = createPerson(ask, { name, now: () => now })
      const asked = { ...REQUESTS[client], resource: API }
      const code = (await person.answer('allow', asked)).searchParams.get('code') ?? ''
      return { app, ...(await readAnswer(await app.redeem(code))) }
    },
  }
}
const UNSUPPORTED = [400, { error: 'unsupported_token_type', error_description: expect.any(String) }]
const answerOf = async (response: Response): Promise<unknown> => [response.status, await response.json()]

describe('a public client', () => {
  it.each<[string, Partial<Entitlement>]>([
    ['as it is', {}],
    ['of another person', { sub: 'bob', gid: 'approval-of-bob' }],
    ['without an approval', { gid: undefined as never }],
    ['of the client itself', { sub: 'client:pub', gid: undefined as never }],
  ])(
    'brings a token that its resource server could have made, %s: unsupported_token_type, and nothing is written (RFC 7009 §2.2.1)',
    async (_, changes) => {
      const { revoke, read } = setUp()
      expect(await answerOf(await revoke('pub', await direct(changes)))).toEqual(UNSUPPORTED)
      expect((await read()).seq).toBe(0)
    },
  )

  it.each<[string, () => Promise<string>, number]>([
    ['of another client', () => direct({ client_id: 'shop' }), 200],
    ['with a mark of nobody', () => direct({ aud: FRONT }), 400],
    ['of another resource', () => direct({ aud: INNER }), 200],
  ])('brings a token %s that its server made: nothing is written', async (_, make, status) => {
    const { revoke, read } = setUp()
    expect((await revoke('pub', await make())).status).toBe(status)
    expect((await read()).seq).toBe(0)
  })

  it.each([
    ['marked', marked],
    ['nested', nested],
  ] as const)('revokes what the issuer alone can have made: a %s token', async (_, make) => {
    const { revoke, read } = setUp()
    expect((await revoke('pub', await make())).status).toBe(200)
    expect(await read()).toMatchObject({ seq: 1, jti: 1 })
  })

  it('revokes nothing of a client that it names, when that has a secret', async () => {
    const { ask, read } = setUp()
    const token = await marked({ client_id: 'web' })
    expect((await ask(formRequest('/revoke', undefined, { token, client_id: 'web' }))).status).toBe(401)
    expect((await read()).seq).toBe(0)
  })
})

describe('a client that proved itself', () => {
  it('is believed about its own tokens, whoever made them', async () => {
    const { revoke, read } = setUp()
    const token = await direct({ client_id: 'web' })
    expect((await revoke('web', token)).status).toBe(200)
    expect(await read()).toMatchObject({ jti: 1 })
  })

  it('does not end the approval of another by tokens that name it: forged ones, or those of an exchange', async () => {
    const { revoke, introspect, read } = setUp()
    const victim = await direct({ client_id: 'shop', gid: 'approval-of-shop' })
    const forged = () => direct({ client_id: 'web', gid: 'approval-of-shop' })
    for (let index = 0; index < 20; index++) await revoke('web', await forged())
    expect(await read()).toMatchObject({ gid: 0, name: 1 })
    const exchanged = () => marked({ client_id: 'gateway', gid: 'approval-of-shop' })
    for (let index = 0; index < 20; index++) expect((await revoke('gateway', await exchanged())).status).toBe(200)
    expect(await read()).toMatchObject({ gid: 0, name: 2 })
    expect(await introspect(victim)).toMatchObject({ active: true })
  })

  it('revokes as many of its own as it likes: they become one event, and no token of anybody else is hit', async () => {
    const { ask, revoke, introspect, read, wait } = setUp()
    const other = (await readAnswer(await ask(tokenRequest({ client: 'one' })))).access_token
    const tokens = await Promise.all(
      Array.from({ length: 40 }, async () => (await readAnswer(await ask(tokenRequest()))).access_token),
    )
    for (const token of tokens) expect((await revoke('service', token)).status).toBe(200)
    const { jti, sub } = await read()
    expect([jti <= 8, sub]).toEqual([true, 1])
    wait(6)
    for (const token of tokens) expect(await introspect(token)).toEqual({ active: false })
    expect(await introspect(other)).toMatchObject({ active: true })
    expect(await introspect((await readAnswer(await ask(tokenRequest()))).access_token)).toMatchObject({ active: true })
  })

  it('is told 429 where nothing folds, before it is too much, and no other client with it', async () => {
    const revocations = createMemoryRevocations('salt')
    const { revoke, read } = setUp({ revocations })
    for (let index = 0; index < MOST_OF_A_CLIENT; index++) {
      const one = { kind: 'jti', value: `t${index}`, at: NOW, until: NOW + 600, keep: NOW + 600 } as const
      await revocations.add({ ...one, by: { client: 'web' } }, NOW)
    }
    const before = await read()
    const response = await revoke('web', await direct({ client_id: 'web', sub: 'somebody', gid: undefined as never }))
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60'])
    expect(await response.json()).toEqual({ error: 'slow_down', error_description: expect.any(String) })
    expect(await read()).toEqual(before)
    expect((await revoke('gateway', await direct({ client_id: 'gateway' }))).status).toBe(200)
    expect((await revoke('web', await marked({ client_id: 'web' }))).status).toBe(200)
  })
})

describe('a person at a public client', () => {
  it('who revokes without end makes a few events, and stops nobody else there from revoking', async () => {
    const { revoke, introspect, approve, read, wait } = setUp()
    const bob = await approve('pub', 'bob')
    const alices = []
    for (let index = 0; index < 12; index++) alices.push(await approve('pub', 'alice'))
    const kept = await approve('pub', 'alice')
    for (const { refresh_token = '' } of alices) expect((await revoke('pub', refresh_token)).status).toBe(200)
    // One event of the person and the app, and those of approvals that came after it.
    expect((await read()).name).toBeLessThanOrEqual(9)
    wait(6)
    for (const { access_token } of alices) expect(await introspect(access_token)).toEqual({ active: false })
    // What else she let the app do goes on, with new access tokens.
    expect((await kept.app.refresh(kept.refresh_token ?? '')).status).toBe(200)
    expect(await introspect(bob.access_token)).toMatchObject({ active: true })
    expect((await revoke('pub', bob.refresh_token ?? '')).status).toBe(200)
    expect((await readAnswer(await bob.app.refresh(bob.refresh_token ?? ''))).error).toBe('invalid_grant')
  })
})

describe('an issuer whose clock is behind that of the issuer before', () => {
  it('ends what that issued, also when many approvals have become one event', async () => {
    // A list alone: a guard would tell the issuer, and no resource server, that all had ended.
    const { revoke, approve, read, introspect, wait } = setUp({ guard: 'none', clients: GUARDLESS })
    wait(4)
    const issued = []
    for (let index = 0; index < 2 * MOST_OF_A_GROUP; index++) issued.push(await approve('web'))
    wait(-4)
    for (const { refresh_token = '' } of issued) expect((await revoke('web', refresh_token)).status).toBe(200)
    expect((await read()).name).toBeLessThanOrEqual(MOST_OF_A_GROUP)
    wait(10)
    for (const { access_token } of issued) expect(await introspect(access_token)).toEqual({ active: false })
    expect(await introspect((await approve('web')).access_token)).toMatchObject({ active: true })
  })
})

describe('a list that is full', () => {
  const full = (): Revocations => {
    const real = createMemoryRevocations('salt')
    return { ...real, add: async () => ({ added: false, why: 'the list is full' }) }
  }
  // promise: G12
  it('answers clients and operators 429, and never 200 or 5xx; what the guard can end has ended', async () => {
    const { approve, revoke, operate, introspect } = setUp({ revocations: full() })
    const { app, access_token, refresh_token = '' } = await approve('web')
    for (const response of [
      await revoke('web', access_token),
      await revoke('web', refresh_token),
      await operate({ kind: 'sub', value: 'alice' }),
    ])
      expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60'])
    expect((await readAnswer(await app.refresh(refresh_token))).error).toBe('invalid_grant')
    expect(await introspect(access_token)).toEqual({ active: false })
  })

  it('was announced when it was half as long, once', async () => {
    let isHalf = true
    const real = createMemoryRevocations('salt')
    const { revoke, lines } = setUp({ revocations: { ...real, add: async () => ({ added: true, isHalf }) } })
    await revoke('web', await direct({ client_id: 'web' }))
    isHalf = false
    await revoke('web', await direct({ client_id: 'web' }))
    const warnings = lines.filter(({ event, level }) => event === 'revocations' && level === 'warn')
    expect(warnings.map(({ detail }) => detail)).toEqual([expect.stringContaining('half')])
  })
})

describe('nobody is told that something was revoked which was not', () => {
  // promise: P09
  it('an anonymous token names nobody, so nobody can revoke it (RFC 7009 §2.2.1)', async () => {
    const { ask, revoke, read } = setUp()
    const form = { grant_type: 'client_credentials', resource: API2 }
    const { access_token } = await readAnswer(await ask(tokenRequest({ client: 'anon', form })))
    expect(await answerOf(await revoke('anon', access_token))).toEqual(UNSUPPORTED)
    expect(await answerOf(await revoke('service', access_token))).toEqual(UNSUPPORTED)
    expect((await read()).seq).toBe(0)
  })

  it('an operator who revokes a client with anonymous tokens is told that these live on', async () => {
    const { operate } = setUp()
    const revoke = async (value: string) => (await operate({ kind: 'client', value })).json()
    expect(await revoke('anon')).toEqual({ revoked: 'client', effective_within: 20, except: 'anonymous tokens' })
    expect(await revoke('web')).toEqual({ revoked: 'client', effective_within: 20 })
  })

  // promise: P09
  it('without a guard a refresh token stays revoked as long as it could live', async () => {
    const { approve, revoke, wait } = setUp({ guard: 'none', clients: GUARDLESS })
    const { app, refresh_token = '' } = await approve('web')
    expect((await revoke('web', refresh_token)).status).toBe(200)
    for (const seconds of [6, 721, 86_400, 28 * 86_400]) {
      wait(seconds)
      expect((await readAnswer(await app.refresh(refresh_token))).error).toBe('invalid_grant')
    }
  })

  it('without a guard many revoked approvals of a person stay revoked, too', async () => {
    const { approve, revoke, wait } = setUp({ guard: 'none', clients: GUARDLESS })
    const all = []
    for (let index = 0; index < 10; index++) all.push(await approve('web'))
    for (const { refresh_token = '' } of all) await revoke('web', refresh_token)
    wait(86_400)
    const later = await approve('web')
    for (const { app, refresh_token = '' } of all)
      expect((await readAnswer(await app.refresh(refresh_token))).error).toBe('invalid_grant')
    expect((await later.app.refresh(later.refresh_token ?? '')).status).toBe(200)
  })

  it('without a guard and a list a refresh token cannot be revoked (RFC 7009 §2.2.1)', async () => {
    const { approve, revoke } = setUp({ guard: 'none', clients: GUARDLESS, revocations: undefined as never })
    const { app, refresh_token = '' } = await approve('web')
    expect(await answerOf(await revoke('web', refresh_token))).toEqual(UNSUPPORTED)
    expect((await app.refresh(refresh_token)).status).toBe(200)
  })

  it('a key that an operator revoked is not good again after the life of a token', async () => {
    const { ask, operate, introspect, wait } = setUp()
    await operate({ kind: 'kid', value: 'r1' })
    wait(7200)
    expect(await introspect((await readAnswer(await ask(tokenRequest()))).access_token)).toEqual({ active: false })
  })

  it('somebody of a trusted issuer whom an operator revoked does not come back by an assertion of before', async () => {
    const { runner, gateway, operator: hand } = CLIENTS
    const { ask, operate, wait } = setUp({
      clients: { runner, gateway, operator: hand } as IssuerSettings['clients'],
      authenticate: undefined as never,
    })
    const assertion = await jobToken(ISSUER, NOW, { exp: NOW + 3600 })
    const sub = 'external:ci:repo:acme/app:ref:refs/heads/main'
    expect((await operate({ kind: 'sub', value: sub })).status).toBe(200)
    wait(3000)
    const form = { grant_type: JWT_BEARER, client_id: 'runner', resource: INNER, assertion }
    const response = await ask(formRequest('/token', undefined, form))
    expect([response.status, await response.json()]).toMatchObject([400, { error: 'invalid_grant' }])
  })

  it('without a guard, where no copy of a session ends, the page that asks to log out promises nothing', async () => {
    const pageOf = async (changes: Partial<IssuerSettings>): Promise<string> => {
      const { ask } = setUp(changes)
      const person = createPerson(ask, { now: () => NOW })
      await person.visit({ resource: API })
      return (await person.browser.get(`${ISSUER}/logout`)).text()
    }
    expect(await pageOf({})).toContain('will have to ask you again')
    const page = await pageOf({ guard: 'none', clients: GUARDLESS })
    expect(page).toContain('Log out?')
    expect(page).not.toContain('will have to ask you again')
  })
})
