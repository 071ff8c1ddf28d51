import { describe, expect, it } from 'vitest'
import { ACCESS_TOKEN, openActor, openSubject, type Party } from '../../src/grants/party.ts'
import type { Resource } from '../../src/registration/resource.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import type { Target } from '../../src/token/revocations.ts'
import { ISSUER, NOW } from '../house.ts'
import { ENTERPRISE, idJag, PROVIDER } from '../parties/enterprise.ts'
import { createGranting, type GrantingChanges, parametersOf, whyRefused } from '../parties/granting.ts'
import { CI, FRONT, INNER, JWT, jobToken, NEST } from '../parties/trusted.ts'

const MAIN = 'repo:acme/app:ref:refs/heads/main'
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'

/** What alice let the shop do at the front API. */
const ALICE: Entitlement = {
  sub: 'alice',
  client_id: 'shop',
  aud: FRONT,
  scope: ['read', 'write'],
  iat: NOW,
  exp: NOW + 500,
  jti: 'of-alice',
  gid: 'approval-of-alice',
  claims: { tenant: 'blue' },
}
const OWN: Entitlement = { ...ALICE, sub: 'client:gateway', client_id: 'gateway' }

type Open = typeof openSubject | typeof openActor

/** Opens a party of an exchange by the gateway: an access token of ours that has this in it, or another of a type. */
async function open(
  by: Open,
  given: Partial<Entitlement> | { readonly token?: string; readonly type?: string },
  changes: GrantingChanges = {},
): Promise<Party> {
  const role = by === openSubject ? 'subject' : 'actor'
  const isGiven = 'token' in given || 'type' in given
  const { token, type } = isGiven ? (given as { token?: string; type?: string }) : { token: 'ours', type: ACCESS_TOKEN }
  const { client, context } = createGranting({ tokens: { ours: { ...ALICE, ...given } as Entitlement }, ...changes })
  const parameters = parametersOf({ [`${role}_token`]: token, [`${role}_token_type`]: type })
  return (await by(parameters, client('gateway'), context)) as Party
}

describe('a subject by an access token of ours (RFC 8693 §2.1)', () => {
  it('is whom it is about, with what goes on', async () => {
    expect(ACCESS_TOKEN).toBe('urn:ietf:params:oauth:token-type:access_token')
    const kept = { auth_time: NOW - 9, acr: 'mfa', amr: ['pwd'] }
    const { scopeAt, ...party } = await open(openSubject, { ...kept, may_act: { sub: 'x' }, act: { sub: 'y' } })
    expect(party).toStrictEqual({
      from: FRONT,
      sub: 'alice',
      name: { iss: ISSUER, sub: 'alice', client_id: 'shop' },
      exp: NOW + 500,
      kept: { gid: 'approval-of-alice', ...kept },
      cnf: undefined,
      act: { sub: 'y' },
      may_act: { sub: 'x' },
    })
    expect(scopeAt({} as Resource)).toEqual(['read', 'write'])
  })

  it('goes on with nothing that is not there', async () => {
    const { gid: _, ...none } = ALICE
    expect((await open(openSubject, {}, { tokens: { ours: none } })).kept).toStrictEqual({})
    for (const one of [{ auth_time: 7 }, { acr: 'mfa' }, { amr: ['pwd'] }])
      expect((await open(openSubject, {}, { tokens: { ours: { ...none, ...one } } })).kept).toStrictEqual(one)
  })

  it('may be from each resource of the rules that can be exchanged', async () => {
    expect((await open(openSubject, { aud: NEST })).from).toBe(NEST)
  })

  it.each<[string, Partial<Entitlement>, string]>([
    ['from a resource whose tokens are not exchanged', { aud: INNER }, 'token_unopened'],
    ['from nowhere', { aud: 'https://x.example' }, 'token_unopened'],
    ['that allows something in detail', { authorization_details: [{ type: 'payment' }] }, 'not_admitted'],
    ['that is bound to a key that nobody proves', { cnf: { jkt: 'a' } }, 'wrong_key'],
  ])('is refused %s', async (_, changes, reason) => {
    expect(await whyRefused(() => open(openSubject, changes))).toBe(`invalid_request ${reason}`)
  })

  it('has the key that is proved', async () => {
    const cnf = { jkt: 'a' }
    expect(
      (await open(openSubject, { cnf }, { tokens: { ours: { ...ALICE, cnf } }, context: { confirmation: cnf } })).cnf,
    ).toEqual(cnf)
  })

  it('is held against what was revoked or has ended since', async () => {
    const asked: Target[] = []
    await open(openSubject, {}, { context: { isRevoked: async (target) => asked.push(target) < 0 } })
    expect(asked).toEqual([{ ...ALICE, kid: 'r1', leaf: 'r1.1' }])
    const revoked = { context: { isRevoked: async () => true } }
    expect(await whyRefused(() => open(openSubject, {}, revoked))).toBe('invalid_request grant_ended')
    const { guard } = createGranting()
    await guard.end('approval-of-alice', NOW + 600)
    expect(await whyRefused(() => open(openSubject, {}, { context: { guard } }))).toBe('invalid_request grant_ended')
    expect((await open(openSubject, { gid: 'another' }, { context: { guard } })).sub).toBe('alice')
    const none = { ...guard, hasEnded: () => Promise.reject(new Error('nothing to ask for')) }
    const { gid: _, ...free } = ALICE
    expect((await open(openSubject, {}, { tokens: { ours: free }, context: { guard: none } })).sub).toBe('alice')
    expect((await open(openSubject, {}, { context: { guard: undefined } })).sub).toBe('alice')
  })

  it.each<[string, { readonly token?: string; readonly type?: string }, string]>([
    ['nothing', { token: undefined as never, type: undefined as never }, 'malformed'],
    ['a token without its type', { token: 'ours' }, 'malformed'],
    ['a type without a token', { type: ACCESS_TOKEN }, 'malformed'],
    [
      'a type that nobody knows',
      { token: 'ours', type: 'urn:ietf:params:oauth:token-type:refresh_token' },
      'malformed',
    ],
    ['another type than it is of', { token: 'ours', type: JWT }, 'assertion_malformed'],
    ['a token that is none', { token: 'x', type: ACCESS_TOKEN }, 'token_unopened'],
  ])('is refused where there is %s', async (_, given, reason) => {
    expect(await whyRefused(() => open(openSubject, given))).toBe(`invalid_request ${reason}`)
  })
})

describe('a subject by an assertion of a trusted issuer', () => {
  it.each([JWT, ID_TOKEN])('is whom that vouches for: by %s', async (type) => {
    const token = await jobToken(ISSUER, NOW, { exp: NOW + 99, may_act: { sub: 'x' } })
    const { scopeAt, ...party } = await open(openSubject, { token, type })
    expect(party).toStrictEqual({
      from: 'ci',
      sub: `external:ci:${MAIN}`,
      name: { iss: CI, sub: MAIN, client_id: undefined },
      exp: NOW + 99,
      kept: {},
      cnf: undefined,
      act: undefined,
      may_act: { sub: 'x' },
    })
    const { resources } = createGranting().settings
    expect(scopeAt(resources.get(INNER) as Resource)).toEqual(['read', 'deploy'])
    expect(scopeAt(resources.get(FRONT) as Resource)).toEqual([])
  })

  it('has the key that it is bound to', async () => {
    const cnf = { jkt: 'a' }
    const token = await jobToken(ISSUER, NOW, { cnf })
    expect((await open(openSubject, { token, type: JWT }, { context: { confirmation: cnf } })).cnf).toEqual(cnf)
  })

  it('is refused where nobody who is trusted vouches, and by an ID-JAG', async () => {
    const token = await jobToken(ISSUER, NOW, { iss: 'https://evil.example' })
    expect(await whyRefused(() => open(openSubject, { token, type: JWT }))).toBe('invalid_request unknown_issuer')
    const settings = {
      ...ENTERPRISE,
      authorizationDetailsTypes: {},
      clients: { ...ENTERPRISE.clients, gateway: ENTERPRISE.clients.one },
      trustedIssuers: { idp: { ...PROVIDER, allow: [{ ...PROVIDER.allow[0], clients: ['gateway'] }] } },
    }
    const jag = await idJag({ client_id: 'gateway' })
    expect(await whyRefused(() => open(openSubject, { token: jag, type: JWT }, { settings }))).toBe(
      'invalid_request not_admitted',
    )
  })
})

describe('an actor', () => {
  it('is named, or nobody is', async () => {
    expect(await open(openActor, { token: undefined as never, type: undefined as never })).toBeUndefined()
    expect(await open(openActor, OWN)).toMatchObject({ from: FRONT, sub: 'client:gateway' })
    const token = await jobToken(ISSUER, NOW)
    expect(await open(openActor, { token, type: JWT })).toMatchObject({ from: 'ci', sub: `external:ci:${MAIN}` })
  })

  it.each<[string, Partial<Entitlement>, string]>([
    ['by a token of another client', ALICE, 'other_client'],
    ['who is acted for', { ...OWN, act: { sub: 'other' } }, 'not_admitted'],
    ['from a resource whose tokens are not exchanged', { ...OWN, aud: INNER }, 'token_unopened'],
  ])('is refused %s', async (_, changes, reason) => {
    expect(await whyRefused(() => open(openActor, changes))).toBe(`invalid_request ${reason}`)
  })

  it('is refused where half of it is missing', async () => {
    expect(await whyRefused(() => open(openActor, { token: 'ours' }))).toBe('invalid_request malformed')
    expect(await whyRefused(() => open(openActor, { type: ACCESS_TOKEN }))).toBe('invalid_request malformed')
  })
})
