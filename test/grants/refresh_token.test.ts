import { describe, expect, it } from 'vitest'
import type { RefreshFacts } from '../../src/grants/approval_facts.ts'
import type { Decision } from '../../src/grants/grant.ts'
import type { KeptProviderTokens } from '../../src/grants/provider_tokens.ts'
import { refreshToken } from '../../src/grants/refresh_token.ts'
import type { Guard, IssuerSettings } from '../../src/index.ts'
import { loginProviders } from '../../src/login/login_providers.ts'
import type { Client } from '../../src/registration/clients/client.ts'
import { API, API2, NOW, VARS } from '../house.ts'
import { APPROVAL, createGranting, type GrantingChanges, parametersOf, whyRefused } from '../parties/granting.ts'
import type { Changes } from '../parties/person.ts'
import { createTestProvider } from '../parties/test_provider.ts'

interface Asked extends GrantingChanges {
  readonly facts?: Partial<RefreshFacts>
  readonly form?: Changes
  readonly client?: Partial<Client>
  readonly id?: string
  readonly of?: (guard: Required<Guard>) => Guard
}

/** Refreshes, and returns what was decided. */
async function refresh({ facts, form, client, id = 'pub', of, ...changes }: Asked = {}) {
  const granting = createGranting(changes)
  const { gid, sid } = APPROVAL
  const sealed = { jti: 'x', iat: NOW, exp: NOW + 60, ...APPROVAL, gid, sid, client_id: id, generation: 0, ...facts }
  const token = await granting.context.approvals.envelopes.seal('refresh', sealed)
  const guard = of?.(granting.guard as Required<Guard>)
  const context = guard === undefined ? granting.context : { ...granting.context, guard }
  const decide = (others: Changes = {}): Decision | Promise<Decision> =>
    refreshToken.decide(
      parametersOf({ refresh_token: token, ...form, ...others }),
      granting.client(id, client),
      context,
    )
  return { ...granting, token, decide, decision: await decide() }
}

/** A guard that cannot ask and change at once. */
const plain = ({ spend, advance, end, hasEnded }: Required<Guard>): Guard => ({ spend, advance, end, hasEnded })

describe('a refresh token', () => {
  it('is the grant type of its name', () => expect(refreshToken.type).toBe('refresh_token'))

  it('of a public client is worth what was approved, and the next one', async () => {
    const { decision } = await refresh({ facts: { claims: { name: 'Alice' }, generation: 4 } })
    const { entitlement, spend, ...others } = decision
    expect(entitlement).toMatchObject({ sub: 'alice', client_id: 'pub', aud: API, scope: ['read', 'write'] })
    const claims = { name: 'Alice' }
    expect(others).toEqual({ refresh: { ...APPROVAL, claims, generation: 5 }, person: claims })
    expect(spend).toEqual(expect.any(Function))
  })

  it.each<[string, Asked]>([
    ['a client that proves itself', { id: 'web' }],
    ['a key that it is bound to', { facts: { cnf: { jkt: 'a' } }, context: { confirmation: { jkt: 'a' } } }],
  ])('stays as it is, and nothing is spent, for %s', async (_, asked) => {
    const again = await refresh({ ...asked, client: { repeatsRefreshToken: true } })
    expect(again.decision).toEqual({ entitlement: expect.anything(), refresh_token: again.token })
    const silent = await refresh({ ...asked, client: { repeatsRefreshToken: false } })
    expect(silent.decision).toEqual({ entitlement: expect.anything() })
  })

  it('stays as it is without a guard, too; a public client has none then', async () => {
    const context = { guard: undefined }
    expect((await refresh({ id: 'web', context })).decision.entitlement.sub).toBe('alice')
    expect(await whyRefused(() => refresh({ context }))).toBe('invalid_grant no_guard')
  })

  it.each<[string, Asked, string]>([
    ['is missing', { form: { refresh_token: undefined } }, 'invalid_request malformed'],
    ['does not open', { form: { refresh_token: 'x' } }, 'invalid_grant refresh_unopened'],
    ['is of another client', { facts: { client_id: 'web' } }, 'invalid_grant other_client'],
    ['is of an approval that is over', { facts: { grant_end: NOW + 59 } }, 'invalid_grant grant_ended'],
    ['is bound to a key that nobody proves', { facts: { cnf: { jkt: 'a' } } }, 'invalid_dpop_proof dpop_missing'],
    ['is not for this resource', { form: { resource: API2 } }, 'invalid_target target'],
    ['has no such scope', { form: { scope: 'admin' } }, 'invalid_scope scope'],
    [
      'has no such details',
      { form: { authorization_details: '[{"type":"payment"}]' } },
      'invalid_authorization_details details',
    ],
    ['is of somebody who was revoked', { context: { isRevoked: async () => true } }, 'invalid_grant grant_ended'],
  ])('is refused where it %s', async (_, asked, expected) => {
    expect(await whyRefused(() => refresh(asked))).toBe(expected)
  })

  it('is worth less where less is asked for', async () => {
    expect((await refresh({ form: { scope: 'write' } })).decision.entitlement.scope).toEqual(['write'])
    const { decision } = await refresh({ id: 'web', facts: { resources: [API, API2] }, form: { resource: API2 } })
    expect(decision.entitlement.aud).toBe(API2)
  })

  it('of an OpenID provider tells who logged in, as far as that is asked for, and outlives its session where the person let it', async () => {
    const scopes = ['read', 'openid', 'offline_access']
    const settings: Partial<IssuerSettings> = {
      openid: {},
      clients: { ...VARS.CLIENTS, web: { ...VARS.CLIENTS.web, scopes } },
    }
    const { decision, guard, decide } = await refresh({ id: 'web', settings, facts: { scope: scopes } })
    expect(decision.login).toMatchObject({ sub: 'alice', sid: APPROVAL.sid })
    expect(decision.login).not.toHaveProperty('nonce')
    expect(await decide({ scope: 'read' })).not.toHaveProperty('login')
    await guard.end(APPROVAL.sid, NOW + 60)
    expect(await decide()).toHaveProperty('login')
    const online = await refresh({ id: 'web', settings, facts: { scope: ['read', 'openid'] } })
    await online.guard.end(APPROVAL.sid, NOW + 60)
    expect(await whyRefused(online.decide)).toBe('invalid_grant grant_ended')
  })
})

describe('a family of refresh tokens', () => {
  it.each<[string, ((guard: Required<Guard>) => Guard) | undefined]>([
    ['at once', undefined],
    ['after it was asked for', plain],
  ])('moves on by one, %s; an old one ends it', async (_, of) => {
    const asked = of === undefined ? {} : { of }
    const { decision, guard } = await refresh(asked)
    const step = { gid: APPROVAL.gid, now: NOW, grace: 60, graceUses: 9, expiresAt: APPROVAL.grant_end }
    await decision.spend?.()
    expect(await guard.advance({ ...step, generation: 1 })).toEqual({ outcome: 'advanced', generation: 2 })
    expect(await whyRefused(() => decision.spend?.())).toBe('invalid_grant refresh_reused')
    expect(await guard.hasEnded([APPROVAL.gid])).toBe(true)
    expect(await whyRefused(() => decision.spend?.())).toBe('invalid_grant grant_ended')
  })

  it('moves into the key that is proved, by the grace of the client, unless its session has ended', async () => {
    const seen: unknown[] = []
    const client = { refreshTokenGrace: 7, refreshTokenGraceUses: 3 }
    const confirmation = { jkt: 'a' }
    const step = { gid: APPROVAL.gid, generation: 2, now: NOW, grace: 7, graceUses: 3, expiresAt: APPROVAL.grant_end }
    for (const of of [
      (guard: Required<Guard>): Guard => ({
        ...guard,
        async advanceUnlessEnded(...given) {
          seen.push(given)
          return { outcome: 'advanced', generation: 3 }
        },
      }),
      (guard: Required<Guard>): Guard => ({
        ...plain(guard),
        async advance(...given) {
          seen.push(given)
          return { outcome: 'advanced', generation: 3 }
        },
      }),
    ])
      await (await refresh({ of, client, facts: { generation: 2 }, context: { confirmation } })).decision.spend?.()
    const bound = expect.stringMatching(/^[\w-]{43}$/)
    expect(seen).toEqual([[{ ...step, bound }, [APPROVAL.sid]], [{ ...step, bound }]])
  })

  it('is not ended by one that came too often in its grace', async () => {
    const client = { refreshTokenGrace: 60, refreshTokenGraceUses: 1 }
    const { decision, guard } = await refresh({ client })
    for (const _ of ['first', 'again']) await decision.spend?.()
    expect(await whyRefused(() => decision.spend?.())).toBe('invalid_grant refresh_exhausted')
    expect(await guard.hasEnded([APPROVAL.gid])).toBe(false)
  })

  it('does not move where its session has ended meanwhile', async () => {
    const { decision, guard } = await refresh()
    await guard.end(APPROVAL.sid, NOW + 60)
    expect(await whyRefused(() => decision.spend?.())).toBe('invalid_grant grant_ended')
    expect(await guard.hasEnded([APPROVAL.gid])).toBe(false)
  })
})

it('a refresh token whose API is handed the token of a provider asks the guard before the provider', async () => {
  const settings: Partial<IssuerSettings> = {
    resources: { ...VARS.RESOURCES, [API]: { ...VARS.RESOURCES[API], provider_token: 'github' } },
    authenticate: loginProviders({ github: createTestProvider().provider }),
  }
  const taken: unknown[] = []
  const providerTokens = {
    take: async () => {
      taken.push('take')
      return { accessToken: 'of-provider' }
    },
    drop: async () => {},
  } as unknown as KeptProviderTokens
  const { decision, guard, decide } = await refresh({
    settings,
    facts: { handed: [API] },
    approvals: { providerTokens },
  })
  expect([decision.providerToken, decision.entitlement.aud, taken.length]).toEqual(['of-provider', API, 1])
  await guard.end(APPROVAL.sid, NOW + 60)
  expect(await whyRefused(decide)).toBe('invalid_grant grant_ended')
  expect(taken).toHaveLength(1)
})
