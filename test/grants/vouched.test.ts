import { describe, expect, it } from 'vitest'
import { digestLabels } from '../../keys/digest.ts'
import { openVouched, within } from '../../src/grants/vouched.ts'
import type { IssuerSettings } from '../../src/index.ts'
import { TokenError } from '../../src/jose/error.ts'
import type { Target } from '../../src/token/revocations.ts'
import { API, ISSUER, NOW, VARS } from '../house.ts'
import { ENTERPRISE, IDP, idJag } from '../parties/enterprise.ts'
import { createGranting, type GrantingChanges, refusalOf, whyRefused } from '../parties/granting.ts'
import { CI, type ClaimChanges, FRONT, INNER, jobToken, type Signing } from '../parties/trusted.ts'

const MAIN = 'repo:acme/app:ref:refs/heads/main'
const [OURS] = VARS.TRUSTED_ISSUERS.ci.allow

/** Settings in which the CI system has others. */
const trusting = (changes: object): Partial<IssuerSettings> => ({
  trustedIssuers: { ci: { ...VARS.TRUSTED_ISSUERS.ci, ...changes } } as NonNullable<IssuerSettings['trustedIssuers']>,
})

type Code = 'invalid_grant' | 'invalid_request'

async function open(
  claims: ClaimChanges = {},
  signing: Signing = {},
  changes: GrantingChanges = {},
  code: Code = 'invalid_grant',
) {
  const { context, client } = createGranting(changes)
  return openVouched(await jobToken(ISSUER, NOW, claims, signing), client('runner'), context, code)
}

describe('an assertion of a trusted issuer', () => {
  it('says who somebody is, there and here, and what that is worth', async () => {
    const { issuer, claims, rules, id, ...vouched } = await open({ exp: NOW + 99.9 })
    expect(vouched).toEqual({ sub: `external:ci:${MAIN}`, name: MAIN, exp: NOW + 99 })
    expect([issuer.iss, claims['sub']]).toEqual([CI, MAIN])
    expect(rules.map(({ resources }) => [...resources])).toEqual([[INNER]])
    expect(id).toMatch(/^assertion [\w-]{43}$/)
    expect((await open({ preview: true })).rules).toHaveLength(2)
  })

  it.each<[string, Signing]>([
    ['no typ', {}],
    ['typ JWT', { header: { typ: 'JWT' } }],
    ['typ authorization-grant+jwt', { header: { typ: 'authorization-grant+jwt' } }],
  ])('is taken with %s', async (_, signing) => expect((await open({}, signing)).name).toBe(MAIN))

  it.each<[string, ClaimChanges, string, Signing?]>([
    ['of nobody', { iss: undefined }, 'assertion_malformed'],
    ['of nobody who is trusted', { iss: 'https://evil.example' }, 'unknown_issuer'],
    ['for another', { aud: 'https://other.example' }, 'assertion_audience'],
    ['for us and another', { aud: [ISSUER, 'https://other.example'] }, 'assertion_audience'],
    ['about nobody', { sub: undefined }, 'assertion_malformed'],
    ['about a list', { sub: [MAIN] }, 'assertion_malformed'],
    ['about what nobody can read', { sub: `${MAIN}\u202e` }, 'assertion_malformed'],
    ['about a name that is too long', { sub: `repo:acme/tools:${'x'.repeat(500)}` }, 'assertion_malformed'],
    ['about somebody whom no rule knows', { sub: 'repo:acme/other' }, 'not_admitted'],
    ['without a claim that the rule asks for', { repository_owner: 'evil' }, 'not_admitted'],
    ['bound to a key that nobody proves', { cnf: { jkt: 'a' } }, 'wrong_key'],
    ['bound to what nobody can read', { cnf: null }, 'wrong_key'],
    ['in which another acts', { act: { sub: 'agent' } }, 'assertion_malformed'],
    ['that allows something in detail', { authorization_details: [] }, 'assertion_malformed'],
    ['that has ended', { exp: NOW }, 'assertion_expired'],
    ['that ends within the second', { exp: NOW + 0.9 }, 'assertion_expired'],
    ['that ended long ago', { iat: NOW - 999, exp: NOW - 600 }, 'assertion_expired'],
    ['that lives too long', { iat: NOW - 3700, exp: NOW + 9 }, 'assertion_expired'],
    ['that has too long to go', { exp: NOW + 3700 }, 'assertion_expired'],
    ['that has no iat, and too long to go', { iat: undefined, exp: NOW + 3700 }, 'assertion_expired'],
    ['that was signed for another purpose', {}, 'assertion_malformed', { header: { typ: 'at+jwt' } }],
  ])('is refused %s', async (_, claims, reason, signing) => {
    expect(await whyRefused(() => open(claims, signing))).toBe(`invalid_grant ${reason}`)
    expect(await whyRefused(() => open(claims, signing, {}, 'invalid_request'))).toBe(`invalid_request ${reason}`)
  })

  it('is refused where it is none, and the log is told what of it', async () => {
    const { context, client } = createGranting()
    const { reason } = await refusalOf(() => openVouched('x', client('runner'), context, 'invalid_grant'))
    expect(reason).toBe('assertion_malformed')
    expect((await refusalOf(() => open({ aud: 'x' }))).cause).toBeInstanceOf(TokenError)
  })

  it('is good with the key that it is bound to, for us in a list, and for the second that it has left', async () => {
    expect((await open({ cnf: { jkt: 'a' } }, {}, { context: { confirmation: { jkt: 'a' } } })).name).toBe(MAIN)
    expect((await open({ aud: [ISSUER] })).name).toBe(MAIN)
    expect((await open({ exp: NOW + 1 })).exp).toBe(NOW + 1)
    expect((await open({ exp: NOW + 3600 })).exp).toBe(NOW + 3600)
  })

  it('is held against what was revoked since it was made', async () => {
    const asked: Target[] = []
    const context = { isRevoked: async (target: Target) => asked.push(target) < 0 }
    await open({ iat: NOW - 5 }, {}, { context })
    await open({ iat: undefined }, {}, { context })
    const target = { sub: `external:ci:${MAIN}`, client_id: 'runner' }
    expect(asked).toEqual([
      { ...target, iat: NOW - 5 },
      { ...target, iat: NOW },
    ])
    expect(await whyRefused(() => open({}, {}, { context: { isRevoked: async () => true } }))).toBe(
      'invalid_grant grant_ended',
    )
  })

  it('cannot be read where its keys cannot be had: later it may', async () => {
    const settings = trusting({ jwks: undefined, jwks_uri: 'https://ci.example/jwks' })
    const { code, reason, retryAfter, cause } = await refusalOf(() => open({}, {}, { settings }))
    expect([code, reason, retryAfter]).toEqual(['temporarily_unavailable', 'remote_down', 30])
    expect(cause).toBeInstanceOf(TokenError)
  })

  it('is not wrong because something of ours fails', async () => {
    const down = new Error('down')
    await expect(open({}, {}, { context: { isRevoked: () => Promise.reject(down) } })).rejects.toBe(down)
  })

  it('has the typ that the settings name', async () => {
    const settings = trusting({ typ: 'job+jwt' })
    expect((await open({}, { header: { typ: 'job+jwt' } }, { settings })).name).toBe(MAIN)
    expect((await open({}, { header: { typ: 'application/job+jwt' } }, { settings })).name).toBe(MAIN)
    for (const typ of ['JWT', undefined])
      expect(await whyRefused(() => open({}, { header: { typ } as never }, { settings }))).toBe(
        'invalid_grant assertion_malformed',
      )
  })
})

describe('the name of an assertion', () => {
  const idOf = async (claims: ClaimChanges, signing: Signing = {}) => (await open(claims, signing)).id

  it('is its jti, whatever else it says; the guard knows it by that', async () => {
    const id = await idOf({ jti: 'one' })
    expect(await idOf({ jti: 'one', iat: NOW - 5 })).toBe(id)
    expect(await idOf({ jti: 'two' })).not.toBe(id)
    expect(id).toBe(`assertion ${digestLabels('issuer', CI, 'jti', 'one')}`)
  })

  it.each<[string, ClaimChanges]>([
    ['none', { jti: undefined }],
    ['an empty one', { jti: '' }],
    ['a number', { jti: 7 }],
  ])('is what it says, by whatever header and signature, where it has no jti: %s', async (_, claims) => {
    const id = await idOf(claims)
    // Each signature of this algorithm is another.
    expect(await idOf(claims, { header: { typ: 'JWT' } })).toBe(id)
    expect(await idOf({ ...claims, iat: NOW - 5 })).not.toBe(id)
    const jwt = await jobToken(ISSUER, NOW, claims)
    expect(id).toBe(`assertion ${digestLabels('issuer', CI, 'claims', jwt.split('.')[1] ?? '')}`)
  })
})

describe('an ID-JAG', () => {
  const settings = { authorizationDetailsTypes: {}, ...ENTERPRISE }
  const bring = async (claims: ClaimChanges, signing: Signing = {}) => {
    const { context, client } = createGranting({ settings })
    return openVouched(await idJag(claims, signing), client('one'), context, 'invalid_grant')
  }

  it('has all of its claims, and its own typ in no other spelling', async () => {
    const { issuer, sub } = await bring({})
    expect([issuer.iss, issuer.profile, sub]).toEqual([IDP, 'id-jag', 'external:idp:00u1alice'])
    for (const name of ['sub', 'client_id', 'jti', 'iat'])
      expect(await whyRefused(() => bring({ [name]: undefined }))).toBe('invalid_grant assertion_malformed')
    for (const typ of ['application/oauth-id-jag+jwt', 'JWT', 'OAUTH-ID-JAG+JWT'])
      expect(await whyRefused(() => bring({}, { header: { typ } }))).toBe('invalid_grant assertion_malformed')
  })
})

describe('a client within rules of trust', () => {
  const { client, settings } = createGranting()
  const rules = settings.trustedIssuers.get(CI)?.rules ?? []
  const runner = client('runner')

  it('has what they give, at all of their resources or at one', () => {
    const had = (uri?: string) => {
      const { resources, scopes } = within(runner, rules, uri)
      return [[...resources], [...scopes]]
    }
    expect(had()).toEqual([
      [FRONT, INNER],
      ['read', 'write', 'deploy'],
    ])
    expect(had(INNER)).toEqual([[INNER], ['read', 'write', 'deploy']])
    expect(had(FRONT)).toEqual([[FRONT], ['read']])
    expect(had(API)).toEqual([[], []])
    expect(OURS.scopes).toEqual(['read', 'write', 'deploy'])
  })

  it('has no more than it has itself, and stays who it is', () => {
    const less = client('runner', { resources: new Set([INNER, API]), scopes: new Set(['read', 'admin']) })
    const { resources, scopes, ...others } = within(less, rules)
    expect([[...resources], [...scopes]]).toEqual([[INNER], ['read']])
    const { resources: _, scopes: __, ...own } = less
    expect(others).toEqual(own)
  })
})
