import { describe, expect, it } from 'vitest'
import type { CodeFacts } from '../../src/grants/approval_facts.ts'
import { authorizationCode } from '../../src/grants/authorization_code.ts'
import type { Decision } from '../../src/grants/grant.ts'
import type { KeptProviderTokens } from '../../src/grants/provider_tokens.ts'
import type { Guard, IssuerSettings } from '../../src/index.ts'
import { loginProviders } from '../../src/login/login_providers.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import type { Client } from '../../src/registration/clients/client.ts'
import { API, API2, NOW, VARS } from '../house.ts'
import { APPROVAL, createGranting, type GrantingChanges, parametersOf, whyRefused } from '../parties/granting.ts'
import { type Changes, VERIFIER } from '../parties/person.ts'
import { createTestProvider } from '../parties/test_provider.ts'

const CODE: CodeFacts = {
  ...APPROVAL,
  redirect_uri: 'https://app.example/cb',
  code_challenge: challengeOf(VERIFIER),
}

interface Asked extends GrantingChanges {
  readonly facts?: Partial<CodeFacts>
  readonly form?: Changes
  readonly client?: Partial<Client>
  readonly id?: string
  /** The guard that the grant sees. Default: the one in memory. */
  readonly of?: (guard: Required<Guard>) => Guard
}

/** Redeems a code, and returns what was decided. */
async function redeem({ facts, form, client, id = 'pub', of, ...changes }: Asked = {}) {
  const granting = createGranting(changes)
  const sealed = { jti: 'one', iat: NOW, exp: NOW + 60, ...CODE, client_id: id, ...facts }
  const code = await granting.context.approvals.envelopes.seal('code', sealed)
  const parameters = parametersOf({ code, code_verifier: VERIFIER, ...form })
  const guard = of?.(granting.guard as Required<Guard>)
  const context = guard === undefined ? granting.context : { ...granting.context, guard }
  const decide = (): Decision | Promise<Decision> =>
    authorizationCode.decide(parameters, granting.client(id, client), context)
  return { ...granting, decide, decision: await decide() }
}

describe('a code', () => {
  it('is the grant type of its name', () => expect(authorizationCode.type).toBe('authorization_code'))

  it('is worth what was approved, and a refresh token', async () => {
    const { decision } = await redeem({ facts: { claims: { name: 'Alice' } } })
    const { spend, entitlement, ...others } = decision
    expect(entitlement).toMatchObject({ sub: 'alice', client_id: 'pub', aud: API, scope: ['read', 'write'] })
    const { code_challenge: _, redirect_uri: __, ...approval } = CODE
    const claims = { name: 'Alice' }
    expect(others).toEqual({ person: claims, refresh: { ...approval, claims, generation: 0 } })
    expect(spend).toEqual(expect.any(Function))
  })

  it.each<[string, Asked]>([
    ['where it was sent to is said', { form: { redirect_uri: CODE.redirect_uri } }],
    ['it is bound to no key, and one is proved', { context: { confirmation: { jkt: 'a' } } }],
    ['it is bound to the key that is proved', { facts: { dpop_jkt: 'a' }, context: { confirmation: { jkt: 'a' } } }],
    [
      'it has no challenge, and there is no verifier',
      { facts: { code_challenge: undefined as never }, form: { code_verifier: undefined } },
    ],
    ['scope is asked for, which means nothing here', { form: { scope: 'admin' } }],
  ])('is taken where %s', async (_, asked) => {
    expect((await redeem(asked)).decision.entitlement.scope).toEqual(['read', 'write'])
  })

  it.each<[string, Asked, string]>([
    ['is missing', { form: { code: undefined } }, 'invalid_request malformed'],
    ['does not open', { form: { code: 'x' } }, 'invalid_grant code_unopened'],
    ['is of another client', { facts: { client_id: 'web' } }, 'invalid_grant other_client'],
    ['is of an approval that is over', { facts: { grant_end: NOW } }, 'invalid_grant grant_ended'],
    ['was sent elsewhere', { form: { redirect_uri: 'https://app.example/cb2' } }, 'invalid_grant redirect_uri'],
    ['comes without its verifier', { form: { code_verifier: undefined } }, 'invalid_request malformed'],
    ['comes with another verifier', { form: { code_verifier: `${VERIFIER.slice(0, -1)}_` } }, 'invalid_grant pkce'],
    [
      'comes with a verifier, and has no challenge',
      { facts: { code_challenge: undefined as never } },
      'invalid_grant pkce',
    ],
    ['is bound to a key that nobody proves', { facts: { dpop_jkt: 'a' } }, 'invalid_dpop_proof dpop_missing'],
    [
      'is bound to another key',
      { facts: { dpop_jkt: 'a' }, context: { confirmation: { jkt: 'b' } } },
      'invalid_grant wrong_key',
    ],
    ['is not for this resource', { form: { resource: API2 } }, 'invalid_target target'],
    [
      'has no such details',
      { form: { authorization_details: '[{"type":"payment"}]' } },
      'invalid_authorization_details details',
    ],
    ['is of somebody who was revoked', { context: { isRevoked: async () => true } }, 'invalid_grant grant_ended'],
  ])('is refused where it %s', async (_, asked, expected) => {
    expect(await whyRefused(() => redeem(asked))).toBe(expected)
  })

  it.each<[string, Asked, boolean]>([
    ['may use one', {}, true],
    ['may use none', { client: { grantTypes: new Set(['authorization_code']) } }, false],
    ['is public, without a guard', { context: { guard: undefined } }, false],
    [
      'is public, without a guard, and proves a key',
      { context: { guard: undefined, confirmation: { jkt: 'a' } } },
      true,
    ],
    ['proves itself, without a guard', { id: 'web', context: { guard: undefined } }, true],
  ])('gives a refresh token to a client that %s: %s', async (_, asked, expected) => {
    expect('refresh' in (await redeem(asked)).decision).toBe(expected)
  })

  it('of an OpenID provider tells who logged in, with the nonce of the request', async () => {
    const clients = { ...VARS.CLIENTS, web: { ...VARS.CLIENTS.web, scopes: ['read', 'openid'] } }
    const openid: Partial<IssuerSettings> = { openid: {}, clients }
    const facts = { scope: ['read', 'openid'], nonce: 'n' }
    const { login } = (await redeem({ id: 'web', settings: openid, facts })).decision
    expect(login).toMatchObject({ sub: 'alice', sid: APPROVAL.sid, nonce: 'n' })
  })
})

describe('a code is spent', () => {
  /** A guard that cannot ask and change at once. */
  const plain = ({ spend, advance, end, hasEnded }: Required<Guard>): Guard => ({ spend, advance, end, hasEnded })

  it.each([
    ['at once', undefined],
    ['after it was asked for', plain],
  ])('once, %s: the second time all that came of it ends', async (_, of) => {
    const { decision, guard } = await redeem(of === undefined ? {} : { of })
    await decision.spend?.()
    expect(await guard.hasEnded([APPROVAL.gid])).toBe(false)
    expect(await whyRefused(() => decision.spend?.())).toBe('invalid_grant code_replayed')
    expect(await guard.hasEnded([APPROVAL.gid])).toBe(true)
  })

  it('under its name, until it has ended; or all of its envelopes have', async () => {
    for (const [facts, end] of [
      [{}, NOW + 60],
      [{ until: NOW + 90 }, NOW + 90],
    ] as const) {
      const seen: unknown[] = []
      for (const of of [
        (guard: Required<Guard>): Guard => ({
          ...guard,
          async spendUnlessEnded(...given) {
            seen.push(given)
            return 'first'
          },
        }),
        (guard: Required<Guard>): Guard => ({
          ...plain(guard),
          async spend(...given) {
            seen.push(given)
            return 'first'
          },
        }),
      ])
        await (await redeem({ facts, of })).decision.spend?.()
      expect(seen).toEqual([
        ['code one', end, [APPROVAL.gid, APPROVAL.sid]],
        ['code one', end],
      ])
    }
  })

  it('not where its session has ended meanwhile: nothing more ends', async () => {
    const { decision, guard } = await redeem()
    await guard.end(APPROVAL.sid, NOW + 60)
    expect(await whyRefused(() => decision.spend?.())).toBe('invalid_grant grant_ended')
    expect([await guard.hasEnded([APPROVAL.gid]), await guard.spend('code one', NOW + 60)]).toEqual([false, 'first'])
  })

  it('not where nothing remembers', async () => {
    const { decision } = await redeem({ context: { guard: undefined } })
    await expect(decision.spend?.()).resolves.toBeUndefined()
  })
})

describe('a code whose API is handed the token of a provider', () => {
  const settings: Partial<IssuerSettings> = {
    resources: { ...VARS.RESOURCES, [API]: { ...VARS.RESOURCES[API], provider_token: 'github' } },
    authenticate: loginProviders({ github: createTestProvider().provider }),
  }

  /** Tokens that are kept; `kept` tells which are. */
  function keeping() {
    const kept: unknown[] = []
    const providerTokens = {
      take: async () => ({ accessToken: 'of-provider', expiresAt: NOW + 30 }),
      keep: async ({ gid }: typeof APPROVAL, outlives: boolean) => void kept.push([gid, outlives]),
      drop: async () => {},
    } as unknown as KeptProviderTokens
    return { kept, asked: { settings, facts: { handed: [API] }, approvals: { providerTokens } } }
  }

  it('hands it over, keeps it before the code is spent, and asks the guard before', async () => {
    const { kept, asked } = keeping()
    const { decision, guard, decide } = await redeem(asked)
    expect([decision.providerToken, decision.entitlement.exp, kept]).toEqual(['of-provider', NOW + 30, []])
    await decision.spend?.()
    expect(kept).toEqual([[APPROVAL.gid, false]])
    await guard.end(APPROVAL.sid, NOW + 60)
    expect(await whyRefused(decide)).toBe('invalid_grant grant_ended')
  })

  it('keeps nothing where nothing can be refreshed', async () => {
    const { kept, asked } = keeping()
    const client = { grantTypes: new Set(['authorization_code']) }
    await (await redeem({ ...asked, client })).decision.spend?.()
    expect(kept).toEqual([])
  })

  it('whose person was not asked is worth nothing', async () => {
    const { asked } = keeping()
    expect(await whyRefused(() => redeem({ ...asked, facts: {} }))).toBe('invalid_grant provider_tokens')
  })
})
