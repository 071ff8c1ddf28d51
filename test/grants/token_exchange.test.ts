import { describe, expect, it } from 'vitest'
import { tokenExchange } from '../../src/grants/token_exchange.ts'
import type { IssuerSettings } from '../../src/index.ts'
import type { Client } from '../../src/registration/clients/client.ts'
import type { Actor, Entitlement } from '../../src/token/entitlement.ts'
import { ISSUER, NOW, VARS } from '../house.ts'
import { createGranting, type GrantingChanges, parametersOf, whyRefused } from '../parties/granting.ts'
import type { Changes } from '../parties/person.ts'
import { ACCESS_TOKEN, CI, FRONT, INNER, JWT, jobToken, NEST, TOKEN_EXCHANGE } from '../parties/trusted.ts'

const MAIN = 'repo:acme/app:ref:refs/heads/main'
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
const OWN: Entitlement = { ...ALICE, sub: 'client:gateway', client_id: 'gateway', scope: ['read'] }

interface Asked extends GrantingChanges {
  /** Changes to the token of alice. */
  readonly subject?: Partial<Entitlement>
  /** Whether the gateway names itself as the actor, by a token with changes. */
  readonly actor?: Partial<Entitlement>
  readonly form?: Changes
  readonly id?: string
  readonly client?: Partial<Client>
}

/** Asks as the gateway for a token at the inner API. */
async function decide({ subject, actor, form, id = 'gateway', client, ...changes }: Asked = {}) {
  const tokens = { alice: { ...ALICE, ...subject }, gateway: { ...OWN, ...actor } }
  const granting = createGranting({ tokens, ...changes })
  const acting = actor === undefined ? {} : { actor_token: 'gateway', actor_token_type: ACCESS_TOKEN }
  const asked = { subject_token: 'alice', subject_token_type: ACCESS_TOKEN, ...acting, ...form }
  return tokenExchange.decide(parametersOf(asked), granting.client(id, client), granting.context)
}

const entitlementOf = async (asked: Asked = {}): Promise<Entitlement> => (await decide(asked)).entitlement
const job = async (changes = {}): Promise<Changes> => ({
  subject_token: await jobToken(ISSUER, NOW, changes),
  subject_token_type: JWT,
})
/** Settings in which the gateway has other rules. */
const rules = (...exchange: readonly object[]): Partial<IssuerSettings> => ({
  clients: { ...VARS.CLIENTS, gateway: { ...VARS.CLIENTS.gateway, exchange } } as IssuerSettings['clients'],
})
const [RULE] = VARS.CLIENTS.gateway.exchange

describe('a token for one that was shown (RFC 8693 §2)', () => {
  it('is about the same subject, through the client that asks, and there is no other beside', async () => {
    expect(tokenExchange.type).toBe(TOKEN_EXCHANGE)
    const { entitlement, ...others } = await decide()
    expect(others).toEqual({ issued_token_type: ACCESS_TOKEN })
    const { jti, ...token } = entitlement
    expect(token).toStrictEqual({
      sub: 'alice',
      client_id: 'gateway',
      aud: INNER,
      scope: ['read', 'stock'],
      iat: NOW,
      exp: NOW + 500,
      gid: 'approval-of-alice',
      claims: {},
    })
    expect(jti).not.toBe('of-alice')
  })

  it('ends with the first of them: both tokens, and those of its resource', async () => {
    expect((await entitlementOf({ subject: { exp: NOW + 999 } })).exp).toBe(NOW + 600)
    expect((await entitlementOf({ actor: { exp: NOW + 300 } })).exp).toBe(NOW + 300)
    expect((await entitlementOf({ actor: { exp: NOW + 900 } })).exp).toBe(NOW + 500)
  })

  it('says what goes on: the approval, the login and the key', async () => {
    const cnf = { jkt: 'a' }
    const login = { auth_time: NOW - 9, acr: 'mfa', amr: ['pwd'] }
    const token = await entitlementOf({ subject: { ...login, cnf }, context: { confirmation: cnf } })
    expect(token).toMatchObject({ ...login, cnf, gid: 'approval-of-alice' })
  })

  it.each<[string, Asked, readonly string[]]>([
    ['that is asked for', { form: { scope: 'stock' } }, ['stock']],
    ['that the subject has', { subject: { scope: ['read'] } }, ['read']],
    ['that the client has', { client: { scopes: new Set(['stock']) } }, ['stock']],
    ['of the resource that is named', { form: { resource: INNER } }, ['read', 'stock']],
    ['of the audience that is named', { form: { audience: INNER } }, ['read', 'stock']],
    ['of the access token that is asked for', { form: { requested_token_type: ACCESS_TOKEN } }, ['read', 'stock']],
  ])('has the scope %s', async (_, asked, scope) => {
    expect(await entitlementOf(asked)).toMatchObject({ aud: INNER, scope })
  })

  it('is for the resource of a rule alone, each with its scope', async () => {
    const settings = rules(RULE, { from: [FRONT], to: [NEST], scopes: ['read'], impersonation: true })
    expect(await entitlementOf({ settings, form: { resource: NEST } })).toMatchObject({ aud: NEST, scope: ['read'] })
    expect(await entitlementOf({ settings, form: { scope: 'stock' } })).toMatchObject({ aud: INNER })
    expect(await whyRefused(() => decide({ settings, form: { scope: 'read' } }))).toBe('invalid_target target')
    const other = rules(
      { ...RULE, scopes: { read: 'read' } },
      { from: [FRONT], to: [NEST], scopes: { read: 'read', stock: 'write' }, impersonation: true },
    )
    expect((await entitlementOf({ settings: other, form: { resource: INNER } })).scope).toEqual(['read'])
  })

  it.each<[string, Asked, string]>([
    ['by a public client', { client: { authenticationMethods: ['none'] } }, 'unauthorized_client client_kind'],
    [
      'by a client that must ask people',
      { client: { grantTypes: new Set(['authorization_code']), consent: 'ask' } },
      'unauthorized_client client_kind',
    ],
    ['of another type', { form: { requested_token_type: JWT } }, 'invalid_request malformed'],
    ['for none', { form: { subject_token: undefined, subject_token_type: undefined } }, 'invalid_request malformed'],
    ['for one of a client', { subject: { sub: 'client:shop' } }, 'invalid_request not_admitted'],
    ['for one of nobody', { subject: { sub: 'anonymous:x' } }, 'invalid_request not_admitted'],
    [
      'where no rule lets it',
      { settings: rules({ from: ['ci'], to: [INNER], scopes: ['deploy'], impersonation: true }) },
      'invalid_request token_unopened',
    ],
    [
      'without an actor where there must be one',
      { settings: rules({ ...RULE, impersonation: false }) },
      'invalid_request not_admitted',
    ],
    ['for another resource', { form: { resource: FRONT } }, 'invalid_target target'],
    ['for another audience', { form: { audience: FRONT } }, 'invalid_target target'],
    ['for several', { form: { resource: INNER, audience: FRONT } }, 'invalid_target target'],
    ['with more scope', { form: { scope: 'deploy' } }, 'invalid_scope scope'],
    [
      'with scope that the subject has not',
      { subject: { scope: ['read'] }, form: { scope: 'stock' } },
      'invalid_scope scope',
    ],
    ['with nothing that is left', { subject: { scope: ['mail'] } }, 'invalid_scope scope'],
    ['with an actor that another client has', { actor: { client_id: 'shop' } }, 'invalid_request other_client'],
  ])('is not given %s', async (_, asked, expected) => expect(await whyRefused(() => decide(asked))).toBe(expected))

  it('is given for an assertion, where somebody acts', async () => {
    const form = await job()
    expect(await whyRefused(() => decide({ form }))).toBe('invalid_request not_admitted')
    const token = await entitlementOf({ form, actor: {} })
    expect(token).toMatchObject({ sub: `external:ci:${MAIN}`, scope: ['deploy'], act: { sub: 'client:gateway' } })
    expect(token).not.toHaveProperty('gid')
  })
})

describe('who acts (RFC 8693 §4.1)', () => {
  const chain = (length: number): Actor | undefined =>
    length === 0 ? undefined : { sub: `actor-${length}`, ...(length > 1 && { act: chain(length - 1) as Actor }) }

  it('is said, with all who did before', async () => {
    expect((await entitlementOf({ actor: {} })).act).toStrictEqual({ sub: 'client:gateway' })
    expect((await entitlementOf({ actor: {}, subject: { act: { sub: 'other' } } })).act).toEqual({
      sub: 'client:gateway',
      act: { sub: 'other' },
    })
    expect((await entitlementOf({ subject: { act: { sub: 'other' } } })).act).toEqual({ sub: 'other' })
    expect(await entitlementOf()).not.toHaveProperty('act')
  })

  it('is one of four at the most', async () => {
    const before = chain(3) as Actor
    expect((await entitlementOf({ actor: {}, subject: { act: before } })).act).toEqual({
      sub: 'client:gateway',
      act: before,
    })
    expect(await whyRefused(() => decide({ actor: {}, subject: { act: chain(4) as Actor } }))).toBe(
      'invalid_request not_admitted',
    )
    expect((await entitlementOf({ subject: { act: chain(4) as Actor } })).act).toEqual(chain(4))
  })
})

describe('whom a subject lets act (RFC 8693 §4.4)', () => {
  const SELF = { sub: 'client:gateway', iss: ISSUER }

  it.each<[string, unknown, Actor]>([
    ['the client itself', { sub: 'client:gateway' }, SELF],
    ['the client itself, and its issuer', SELF, SELF],
    ['the client itself, by its id too', { ...SELF, client_id: 'gateway' }, { ...SELF, client_id: 'gateway' }],
  ])('is said again of %s', async (_, may_act, expected) => {
    for (const actor of [undefined, {}])
      expect(
        (await entitlementOf({ subject: { may_act: may_act as Actor }, ...(actor && { actor }) })).may_act,
      ).toStrictEqual(expected)
  })

  it('may be somebody whom a trusted issuer vouches for', async () => {
    const actor_token = await jobToken(ISSUER, NOW)
    const form = { actor_token, actor_token_type: JWT }
    const may_act = { sub: MAIN, iss: CI }
    expect((await entitlementOf({ form, subject: { may_act } })).may_act).toEqual(may_act)
    const own = { ...(await job({ may_act: { sub: MAIN } })), ...form }
    expect((await entitlementOf({ form: own })).may_act).toEqual(may_act)
    expect(await whyRefused(() => decide({ form, subject: { may_act: { sub: MAIN } } }))).toBe(
      'invalid_request not_admitted',
    )
    expect(await whyRefused(() => decide({ form, subject: { may_act: { ...may_act, client_id: 'gateway' } } }))).toBe(
      'invalid_request not_admitted',
    )
  })

  it.each<[string, unknown, string]>([
    ['another', { sub: 'client:shop' }, 'not_admitted'],
    ['one of another issuer', { sub: 'client:gateway', iss: CI }, 'not_admitted'],
    ['one through another client', { ...SELF, client_id: 'shop' }, 'not_admitted'],
    ['one of whom it says more', { ...SELF, email: 'x@x.example' }, 'not_admitted'],
    ['nobody', {}, 'not_admitted'],
    ['what is no object', 'client:gateway', 'assertion_malformed'],
    ['nothing', null, 'assertion_malformed'],
  ])('is refused where it is %s', async (_, may_act, reason) => {
    expect(await whyRefused(() => decide({ subject: { may_act: may_act as Actor } }))).toBe(`invalid_request ${reason}`)
  })

  it('is not said where the subject says nothing of it', async () => {
    expect(await entitlementOf({ actor: {} })).not.toHaveProperty('may_act')
  })
})
