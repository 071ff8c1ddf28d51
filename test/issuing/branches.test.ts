import { describe, expect, it } from 'vitest'
import {
  createKeyring,
  createLeaves,
  exportKeys,
  type Keyring,
  nameUnder,
  type Ring,
  writeKeys,
} from '../../keys/index.ts'
import {
  createMemoryGuard,
  createMemoryRevocations,
  type Issuer,
  type IssuerSettings,
  type Revocations,
} from '../../src/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { openEnvelope, sealEnvelope } from '../../src/token/envelope.ts'
import { sealMarked } from '../../src/token/mark.ts'
import { hashRevoked } from '../../src/token/revocations.ts'
import { createVerifier, remoteKeys, type VerifierOptions } from '../../src/verifier/index.ts'
import { API, API2, ISSUER, NOW, SECRETS, SIGNED, testIssuer, testRing, tokenRequest, VARS } from '../fixtures.ts'
import { createApp, createPerson, REQUESTS, readAnswer } from '../parties/person.ts'
import { formRequest, getRequest, readSegment } from '../parties/servers.ts'
import { ACCESS_TOKEN, FRONT, INNER, TOKEN_EXCHANGE } from '../parties/trusted.ts'

const RING: Ring = testRing(NOW)
const TODAY = Math.floor(NOW / 86_400)

/** Returns what tells of a token why a verifier refuses it, if it does. */
function reasonOf(options: VerifierOptions): (token: string) => Promise<string> {
  const verifier = createVerifier(options)
  return async (token) => {
    const result = await verifier.verify(token)
    return result.ok ? 'ok' : result.reason
  }
}

/** An issuer that is deployed again and again, on one ring, guard and list; and its resource servers. */
function setUp(list?: Revocations) {
  let now = NOW
  const clock = (): number => now
  const lasting = {
    now: clock,
    guard: createMemoryGuard(clock),
    revocations: list ?? createMemoryRevocations('salt', () => now * 1000),
  }
  let issuer: Issuer = testIssuer(lasting)
  const ask = (request: Request): Response | Promise<Response> => issuer.fetch(request)
  const fetch = async (url: string, init?: RequestInit): Promise<Response> => ask(new Request(url, init))
  const keysOf = (resource: string) =>
    remoteKeys({
      url: `${ISSUER}/keys?resource=${encodeURIComponent(resource)}`,
      clientId: 'api-server',
      clientSecret: SECRETS['api-server'],
      fetch,
    })
  return {
    ask,
    /** Deploys settings in which resources have branches. */
    deploy(branches: Readonly<Record<string, number>>): void {
      const resources = Object.fromEntries(
        Object.entries(VARS.RESOURCES).map(([uri, settings]) => [
          uri,
          branches[uri] === undefined ? settings : { ...settings, branch: branches[uri] },
        ]),
      )
      issuer = testIssuer({ ...lasting, resources } as Partial<IssuerSettings>)
    },
    wait: (seconds: number) => {
      now += seconds
    },
    mint: async (resource = API) =>
      (await readAnswer(await ask(tokenRequest({ form: { grant_type: 'client_credentials', resource } }))))
        .access_token,
    approve: async (name = 'alice') => {
      const app = createApp(ask, { client: 'web' })
      const person = createPerson(ask, { name, now: clock })
      const code = (await person.answer('allow', REQUESTS['web'])).searchParams.get('code') ?? ''
      return { app, ...(await readAnswer(await app.redeem(code))) }
    },
    operate: (form: Readonly<Record<string, string>>) => ask(formRequest('/revocations', 'operator', form)),
    isActive: async (token: string) =>
      ((await (await ask(formRequest('/introspect', 'api-server', { token }))).json()) as { active: unknown }).active,
    /** How many times the list was written. */
    // It begins at the instant when the list was made.
    sequence: async () => {
      const { epoch = 0, seq } = await lasting.revocations.read(now, 'anything')
      return seq - epoch
    },
    toldKids: async (resource = API) => {
      const answer = await ask(getRequest(`/keys?resource=${encodeURIComponent(resource)}`, 'api-server'))
      return ((await answer.json()) as { keys: readonly { kid: string }[] }).keys.map(({ kid }) => kid)
    },
    /** A resource server; by default one that fetches keys and revocations. */
    server: (changes: Partial<VerifierOptions> = {}, resource: string = API) =>
      reasonOf({
        ...{ issuer: ISSUER, resource, keys: keysOf(resource), fetch, now: clock },
        revocations: { url: `${ISSUER}/revocations` },
        ...changes,
      }),
    /** A resource server that fetches keys, and asks for no revocations. */
    serverOfKeys: () => reasonOf({ issuer: ISSUER, resource: API, keys: keysOf(API), now: clock }),
  }
}

const kidOf = (token: string): unknown => readSegment(token.split('.')[0])['kid']

const entitle = (changes: Partial<Entitlement>): Entitlement => ({
  ...{ sub: 'alice', client_id: 'web', aud: API, scope: ['read'], claims: {} },
  ...{ iat: NOW, exp: NOW + 600, jti: 'AAAAAAAAAAAAAAAAAAAAAA' },
  ...changes,
})
const leavesOf = (keyring: Keyring, branch: number) => keyring.leavesFor('access', FRONT, 'A256GCM', 600, branch)

/** What `bulla keys export` prints for the API. */
const exported = (...numbers: readonly number[]): string => {
  const [one, ...more] = numbers.map((branch) => exportKeys(RING, { issuer: ISSUER, resource: API, branch, now: NOW }))
  if (one === undefined) throw new Error('of which branch?')
  return writeKeys({ ...one, branches: [one, ...more].flatMap(({ branches }) => branches) })
}

/** What a thief of exported keys makes: a token that was issued just now, under whichever kid. */
async function forge(branch: number, kid?: string, at = NOW): Promise<string> {
  const { branches } = exportKeys(RING, { issuer: ISSUER, resource: API, branch, now: NOW })
  const leaves = createLeaves({ branches, enc: 'A256GCM', period: RING.period, skew: RING.skew, longestLife: 600 })
  const token = await sealDirect(entitle({ scope: ['admin'], iat: at, exp: at + 600 }), ISSUER, leaves, at)
  const leaf = leaves.sealing(at)
  if (kid === undefined || leaf === undefined) return token
  const { facts } = await openEnvelope(token, 'at+jwe', leaves, at)
  return sealEnvelope(facts, 'at+jwe', { ...leaf, kid })
}

describe('a resource whose branch has a number', () => {
  it('has its tokens sealed under it, and no other resource has; refresh tokens of before give them', async () => {
    const { approve, mint, deploy, isActive } = setUp()
    const { app, access_token, refresh_token = '' } = await approve()
    expect(kidOf(access_token)).toBe(`r1.${TODAY}`)
    deploy({ [API]: 2 })
    const refreshed = await readAnswer(await app.refresh(refresh_token))
    expect(kidOf(refreshed.access_token)).toBe(`r1.${TODAY}.2`)
    expect(kidOf(await mint(API2))).toBe(`r1.${TODAY}`)
    expect([await isActive(access_token), await isActive(refreshed.access_token)]).toEqual([true, true])
  })

  it('one is what it was without: the same kid, and the same keys are told', async () => {
    const { mint, deploy, toldKids, isActive } = setUp()
    const [before, told] = [await mint(), await toldKids()]
    deploy({ [API]: 1 })
    expect([await toldKids(), await isActive(before), kidOf(await mint())]).toEqual([told, true, kidOf(before)])
  })

  it('has its keys told with those of the branch before, and with none older', async () => {
    const { deploy, toldKids } = setUp()
    const days = [`r1.${TODAY}`, `r1.${TODAY + 1}`]
    const under = (branch: number) => days.map((day) => `${day}.${branch}`)
    expect(await toldKids()).toEqual(days)
    deploy({ [API]: 2 })
    expect((await toldKids()).sort()).toEqual([...days, ...under(2)].sort())
    deploy({ [API]: 3 })
    expect((await toldKids()).sort()).toEqual([...under(2), ...under(3)].sort())
  })

  it('reaches its servers by the first token under it, and strands none of the tokens of before', async () => {
    const { server, mint, deploy, wait } = setUp()
    const verify = server()
    const old = await mint()
    expect(await verify(old)).toBe('ok')
    wait(30)
    deploy({ [API]: 2 })
    expect([await verify(await mint()), await verify(old)]).toEqual(['ok', 'ok'])
  })

  it('is what exported keys are of: of it alone, or of none', async () => {
    const { server, mint, deploy } = setUp()
    const old = await mint()
    deploy({ [API]: 2 })
    const young = await mint()
    const reasons = async (branch: number) => {
      const verify = server({ keys: exported(branch) })
      return [await verify(old), await verify(young)]
    }
    expect(await reasons(1)).toEqual(['ok', 'key'])
    expect(await reasons(2)).toEqual(['key', 'ok'])
  })

  it('is that of signed tokens under its leaf, too', async () => {
    const { ask, deploy } = setUp()
    deploy({ [SIGNED]: 2 })
    const form = { grant_type: 'client_credentials', resource: SIGNED }
    const { access_token } = await readAnswer(await ask(tokenRequest({ client: 'machine', form })))
    expect(kidOf(access_token)).toBe(`r1.${TODAY}.2`)
    const leaves = createKeyring(RING, ISSUER).leavesFor('access', SIGNED, 'A256GCM', 600, 2)
    expect(leaves.opening(String(kidOf(access_token)), NOW)).toBeDefined()
    const introspected = await ask(formRequest('/introspect', 'partner-server', { token: access_token }))
    expect(await introspected.json()).toMatchObject({ active: true })
  })

  it('has marks all the same: its tokens are exchanged, also those of before', async () => {
    const { ask, deploy } = setUp()
    deploy({ [FRONT]: 2 })
    const keyring = createKeyring(RING, ISSUER)
    const marks = keyring.leavesFor('mark', '', 'A256GCM', 600)
    const seal = (branch: number): Promise<string> =>
      sealMarked(
        entitle({ client_id: 'shop', aud: FRONT, scope: ['read'], gid: 'approval' }),
        ISSUER,
        leavesOf(keyring, branch),
        marks,
        NOW,
      )
    for (const branch of [1, 2]) {
      const subject_token = await seal(branch)
      const form = { grant_type: TOKEN_EXCHANGE, subject_token, subject_token_type: ACCESS_TOKEN, resource: INNER }
      const answer = await ask(tokenRequest({ client: 'gateway', form }))
      expect([answer.status, kidOf((await readAnswer(answer)).access_token)]).toEqual([200, `r1.${TODAY}`])
    }
  })

  it('has names of its own in the list: a person who is revoked is refused under it, and under the one before', async () => {
    const { server, approve, deploy, operate, wait } = setUp()
    const [old, bob] = [(await approve()).access_token, (await approve('bob')).access_token]
    deploy({ [API]: 2 })
    const young = (await approve()).access_token
    const [verify, verifyYoung, verifyOld] = [server(), server({ keys: exported(2) }), server({ keys: exported(1) })]
    for (const token of [old, young, bob]) expect(await verify(token)).toBe('ok')
    await operate({ kind: 'sub', value: 'alice' })
    wait(20)
    expect([await verify(old), await verify(young), await verify(bob)]).toEqual(['revoked', 'revoked', 'ok'])
    expect([await verifyOld(old), await verifyYoung(young)]).toEqual(['revoked', 'revoked'])
  })

  it('has names under it for what becomes of many of a client’s tokens', async () => {
    const { ask, server, approve, deploy, wait } = setUp()
    deploy({ [API]: 2 })
    const { app, access_token, refresh_token = '' } = await approve()
    const verify = server({ keys: exported(2) })
    expect(await verify(access_token)).toBe('ok')
    for (let count = 0; count < 9; count++) {
      const token = (await readAnswer(await app.refresh(refresh_token))).access_token
      expect((await ask(formRequest('/revoke', 'web', { token }))).status).toBe(200)
    }
    wait(20)
    expect(await verify(access_token)).toBe('revoked')
  })

  it.each([
    ['the number 2, by the key of the first', 1, `r1.${TODAY}.2`],
    ['no number, by the key of the second', 2, undefined],
    ['another spelling', 1, `r1.${TODAY}.1`],
    ['a number that does not count yet', 3, undefined],
  ])('is not forged with %s', async (_, branch, kid) => {
    const { server, deploy, isActive } = setUp()
    deploy({ [API]: 2 })
    const forged = await forge(branch, branch === 2 ? `r1.${TODAY}` : kid)
    expect(await server()(forged)).toMatch(/^(key|decryption)$/)
    expect(await isActive(forged)).toBe(false)
  })
})

describe('a resource whose keys leaked, and whose lower branches were revoked', () => {
  /** An issuer at which that was done, and what there was before. */
  async function revoked() {
    const house = setUp()
    const servers = {
      'remote keys': house.server(),
      'exported keys': house.server({ keys: exported(1) }),
      'keys of both branches': house.server({ keys: exported(1, 2) }),
    }
    const [before, other] = [await house.approve(), await house.mint(API2)]
    for (const verify of Object.values(servers)) expect(await verify(before.access_token)).toBe('ok')
    house.wait(30)
    house.deploy({ [API]: 2 })
    const answer = await house.operate({ kind: 'resource', value: API })
    return { ...house, servers, before, other, answer: [answer.status, await answer.json()], at: NOW + 30 }
  }

  it('has its tokens under them refused, whatever they say, everywhere in the stated seconds', async () => {
    const { answer, servers, before, isActive, wait, at } = await revoked()
    expect(answer).toEqual([200, { revoked: 'resource', effective_within: 20, lowest_branch: 2 }])
    wait(5)
    const forged = [await forge(1, undefined, at + 5), await forge(1, undefined, at + 20)]
    expect([await isActive(before.access_token), await isActive(forged[0] ?? '')]).toEqual([false, false])
    wait(15)
    for (const token of [before.access_token, ...forged]) {
      expect(await isActive(token)).toBe(false)
      for (const verify of Object.values(servers)) expect(await verify(token)).toBe('revoked')
    }
  })

  it('goes on: its people and clients have new tokens by what they had, and nobody logs in again', async () => {
    const { servers, before, mint, isActive, wait } = await revoked()
    wait(20)
    const refreshed = await readAnswer(await before.app.refresh(before.refresh_token ?? ''))
    for (const token of [refreshed.access_token, await mint()]) {
      expect([kidOf(token), await isActive(token)]).toEqual([`r1.${TODAY}.2`, true])
      expect([await servers['remote keys'](token), await servers['keys of both branches'](token)]).toEqual(['ok', 'ok'])
      expect(await servers['exported keys'](token)).toBe('key')
    }
  })

  it('takes nobody else along: other resources’ tokens live', async () => {
    const { other, isActive, server, wait } = await revoked()
    wait(20)
    expect([await isActive(other), await server({}, API2)(other)]).toEqual([true, 'ok'])
  })

  it('has no lower branch told any more: a server that asks for no revocations forgets it with its next keys', async () => {
    const { serverOfKeys, mint, toldKids, wait, deploy, operate } = setUp()
    const verify = serverOfKeys()
    const forged = await forge(1)
    expect(await verify(forged)).toBe('ok')
    wait(30)
    deploy({ [API]: 2 })
    await operate({ kind: 'resource', value: API })
    expect((await toldKids()).every((kid) => kid.endsWith('.2'))).toBe(true)
    expect(await verify(await mint())).toBe('ok')
    expect(await verify(forged)).toBe('key')
  })

  it('has people who are revoked later named under the branch that counts alone: the thief can tell no name', async () => {
    const { ask, operate, wait, before } = await revoked()
    wait(6)
    await operate({ kind: 'sub', value: 'alice' })
    wait(2)
    const jwt = await (await ask(new Request(`${ISSUER}/revocations`))).text()
    const { salt, events } = readSegment(jwt.split('.')[1]) as {
      salt: string
      events: { name: Record<string, number> }
    }
    const told = (branch: number): boolean => {
      const [key] = createKeyring(RING, ISSUER).namesKeys(API, branch).slice(-1)
      return hashRevoked(salt, 'name', nameUnder(key?.key() ?? new Uint8Array(), 'sub', 'alice').name) in events.name
    }
    expect([told(1), told(2)]).toEqual([false, true])
    expect(before.access_token).not.toBe('')
  })

  it('has its tokens under them exchanged for none', async () => {
    const { ask, deploy, operate, wait } = setUp()
    deploy({ [FRONT]: 2 })
    const keyring = createKeyring(RING, ISSUER)
    const marks = keyring.leavesFor('mark', '', 'A256GCM', 600)
    const exchange = async (branch: number): Promise<number> => {
      const facts = entitle({ client_id: 'shop', aud: FRONT, scope: ['read'], gid: 'approval' })
      const subject_token = await sealMarked(facts, ISSUER, leavesOf(keyring, branch), marks, NOW)
      const form = { grant_type: TOKEN_EXCHANGE, subject_token, subject_token_type: ACCESS_TOKEN, resource: INNER }
      return (await ask(tokenRequest({ client: 'gateway', form }))).status
    }
    await operate({ kind: 'resource', value: FRONT })
    wait(6)
    expect([await exchange(1), await exchange(2)]).toEqual([400, 200])
  })

  it('and its signed tokens under its leaf: these too', async () => {
    const { ask, deploy, operate, wait } = setUp()
    const form = { grant_type: 'client_credentials', resource: SIGNED }
    const mint = async (): Promise<string> =>
      (await readAnswer(await ask(tokenRequest({ client: 'machine', form })))).access_token
    const isActive = async (token: string) =>
      ((await (await ask(formRequest('/introspect', 'partner-server', { token }))).json()) as { active: unknown })
        .active
    const old = await mint()
    deploy({ [SIGNED]: 2 })
    await operate({ kind: 'resource', value: SIGNED })
    wait(6)
    expect([await isActive(old), await isActive(await mint())]).toEqual([false, true])
  })

  it('can have that done again, by the next number', async () => {
    const { deploy, operate, mint, isActive, wait } = await revoked()
    const second = await mint()
    deploy({ [API]: 3 })
    const answer = await operate({ kind: 'resource', value: API })
    expect(await answer.json()).toMatchObject({ lowest_branch: 3 })
    wait(6)
    expect([await isActive(second), await isActive(await mint())]).toEqual([false, true])
  })

  it('has its keys told by the newest branch alone where the list cannot be read', async () => {
    const { deploy, toldKids, operate } = setUp({
      add: async () => ({ added: true, isHalf: false }),
      read: async () => {
        throw new Error('the list is away')
      },
    })
    deploy({ [API]: 2 })
    expect((await toldKids()).every((kid) => kid.endsWith('.2'))).toBe(true)
    expect((await operate({ kind: 'resource', value: API })).status).toBe(503)
  })
})

describe('what would revoke nothing is refused, and nothing is written: lower branches of a resource', () => {
  const INVALID = { error: 'invalid_request', error_description: expect.any(String) }

  it.each<[string, string, object]>([
    ['whose branch is the first: it was not deployed yet', API, { ...INVALID, why: 'first_branch', branch: 1 }],
    ['that is none', 'https://other.example', { ...INVALID, error: 'unknown_value' }],
    ['whose keys are its own', 'https://partner.example', { ...INVALID, why: 'first_branch', branch: 1 }],
  ])('%s', async (_, value, body) => {
    const { operate, mint, isActive, sequence, wait } = setUp()
    const token = await mint()
    const answer = await operate({ kind: 'resource', value })
    expect([answer.status, await answer.json()]).toEqual([400, body])
    wait(6)
    expect([await sequence(), await isActive(token)]).toEqual([0, true])
  })

  it('that are revoked already', async () => {
    const { deploy, operate, sequence } = setUp()
    deploy({ [API]: 2 })
    expect((await operate({ kind: 'resource', value: `${API}/` })).status).toBe(200)
    const again = await operate({ kind: 'resource', value: API })
    expect([again.status, await again.json()]).toEqual([400, { ...INVALID, why: 'revoked_already', branch: 2 }])
    expect(await sequence()).toBe(1)
  })
})

describe('the setting', () => {
  it.each<[string, string, unknown, RegExp]>([
    ['zero', API, 0, /branch" expected an integer from 1 to 9999/],
    ['a text', API, '2', /branch" expected an integer from 1 to 9999/],
    ['more than four digits', API, 10_000, /branch" expected an integer from 1 to 9999/],
    ['any, of tokens to a key of its own', 'https://partner.example', 2, /branch" expected 1: .* a key of its own/],
  ])('is not %s', (_, uri, branch, message) => {
    const settings = VARS.RESOURCES[uri as typeof API]
    const resources = { ...VARS.RESOURCES, [uri]: { ...settings, branch } } as unknown as IssuerSettings['resources']
    expect(() => testIssuer({ resources })).toThrow(message)
  })
})
