import { describe, expect, it } from 'vitest'
import type { Approval } from '../../src/grants/approval_facts.ts'
import { isHandedOver, keepHandOver, withHandOver } from '../../src/grants/hand_over.ts'
import type { KeptProviderTokens } from '../../src/grants/provider_tokens.ts'
import { type IssuerSettings, loginProviders } from '../../src/index.ts'
import { API, API2, NOW, VARS } from '../house.ts'
import { APPROVAL, createGranting, whyRefused } from '../parties/granting.ts'
import { CANARY, createHandOver, createTestProvider } from '../parties/hand_over.ts'

it('an API is handed the access token that the provider gave at the login for it', async () => {
  const there = createHandOver(createTestProvider())
  const answer = await there.login()
  expect(await there.open(answer.access_token)).toMatchObject({ sub: 'github|583231', providerToken: `${CANARY}-1` })
})

const SETTINGS: Partial<IssuerSettings> = {
  openid: {},
  resources: { ...VARS.RESOURCES, [API]: { ...VARS.RESOURCES[API], provider_token: 'github', provider_scope: 'repo' } },
  clients: { ...VARS.CLIENTS, web: { ...VARS.CLIENTS.web, scopes: ['read', 'openid', 'offline_access'] } },
  authenticate: loginProviders({ github: createTestProvider().provider }),
}

/** What is around a grant whose API is handed this, and what is asked of what keeps it. */
function handing(given: { readonly accessToken: string; readonly expiresAt?: number } = { accessToken: 'x' }) {
  const asked: unknown[] = []
  const providerTokens = {
    take: async (...of: unknown[]) => {
      asked.push(['take', ...of])
      return given
    },
    keep: async (...of: unknown[]) => void asked.push(['keep', ...of]),
  } as unknown as KeptProviderTokens
  return { asked, ...createGranting({ settings: SETTINGS, approvals: { providerTokens } }) }
}

const BOTH: Approval = { ...APPROVAL, client_id: 'web', resources: [API2, API], handed: [API] }
const ENTITLEMENT = {
  sub: 'alice',
  client_id: 'web',
  aud: API,
  scope: ['read'],
  iat: NOW,
  exp: NOW + 600,
  jti: 'x',
  claims: {},
}

describe('what an API is handed of a provider', () => {
  it('is what is kept for the approval, and its token does not outlive that', async () => {
    for (const [expiresAt, exp] of [
      [undefined, NOW + 600],
      [NOW + 30, NOW + 30],
      [NOW + 700, NOW + 600],
    ] as const) {
      const { asked, context } = handing({ accessToken: 'of.provider', ...(expiresAt && { expiresAt }) })
      const given = await withHandOver(BOTH, ENTITLEMENT, context)
      expect(given).toEqual({ entitlement: { ...ENTITLEMENT, exp }, providerToken: 'of.provider' })
      expect(asked).toEqual([['take', BOTH, { provider: 'github', scope: ['repo'] }]])
    }
  })

  it('is nothing where it is handed none: nobody is asked', async () => {
    const { asked, context } = handing()
    const other = { ...ENTITLEMENT, aud: API2 }
    expect(await withHandOver(BOTH, other, context)).toStrictEqual({ entitlement: other })
    const unknown = { ...ENTITLEMENT, aud: 'https://x.example' }
    expect(await withHandOver(BOTH, unknown, context)).toStrictEqual({ entitlement: unknown })
    expect(asked).toEqual([])
  })

  it.each<[string, Partial<Approval>]>([
    ['nothing was said', { handed: undefined as never }],
    ['another was named', { handed: [API2] }],
  ])('is refused where no person let it: %s', async (_, changes) => {
    const { asked, context } = handing()
    expect(await whyRefused(() => withHandOver({ ...BOTH, ...changes }, ENTITLEMENT, context))).toBe(
      'invalid_grant provider_tokens',
    )
    expect(asked).toEqual([])
  })

  it('is refused where nothing keeps any', async () => {
    const { context } = createGranting({ settings: SETTINGS })
    expect(await whyRefused(() => withHandOver(BOTH, ENTITLEMENT, context))).toBe('invalid_grant no_guard')
  })

  it('is refused where it is none that could be a bearer token', async () => {
    const { context } = handing({ accessToken: 'a b' })
    expect(await whyRefused(() => withHandOver(BOTH, ENTITLEMENT, context))).toBe('invalid_grant provider_tokens')
  })
})

describe('what a provider gave', () => {
  it('is handed over where one of the APIs is handed it', () => {
    const { context } = handing()
    expect(isHandedOver(BOTH, context)).toBe(true)
    expect(isHandedOver({ ...BOTH, resources: [API2] }, context)).toBe(false)
    expect(isHandedOver({ ...BOTH, resources: ['https://gone.example', API] }, context)).toBe(true)
    expect(isHandedOver({ ...BOTH, resources: [API2], details: [{ detail: { type: 'x' }, at: [API] }] }, context)).toBe(
      true,
    )
  })

  it('is kept then, for longer than its session where the approval outlives that', async () => {
    const { asked, context, client } = handing()
    await keepHandOver(BOTH, client('web'), context)
    const offline = { ...BOTH, scope: ['openid', 'offline_access'] }
    await keepHandOver(offline, client('web'), context)
    expect(asked).toEqual([
      ['keep', BOTH, false],
      ['keep', offline, true],
    ])
  })

  it('is not kept for others, nor where nothing keeps any', async () => {
    const { asked, context, client } = handing()
    await keepHandOver({ ...BOTH, resources: [API2] }, client('web'), context)
    expect(asked).toEqual([])
    const none = createGranting({ settings: SETTINGS })
    await expect(keepHandOver(BOTH, client('web'), none.context)).resolves.toBeUndefined()
  })
})
