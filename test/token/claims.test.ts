import { describe, expect, it } from 'vitest'
import {
  checkClaims,
  type Expectations,
  entitlementOf,
  isConfirmation,
  isProviderToken,
  PROTOCOL_CLAIMS,
  readClaims,
  writeClaims,
} from '../../src/token/claims.ts'
import { carryProviderToken, type Entitlement } from '../../src/token/entitlement.ts'
import { API, ISSUER, NOW } from '../fixtures.ts'

const ENTITLEMENT: Entitlement = {
  sub: 'alice',
  client_id: 'shop',
  aud: API,
  scope: ['read', 'write'],
  iat: NOW,
  exp: NOW + 600,
  jti: 'j-1',
  gid: 'g-1',
  auth_time: NOW - 10,
  acr: 'silver',
  amr: ['pwd', 'otp'],
  cnf: { jkt: 'thumb' },
  act: { sub: 'agent', act: { sub: 'other' } },
  may_act: { sub: 'robot' },
  authorization_details: [{ type: 'payment', amount: 1 }],
  claims: { team: 'blue' },
}

/** The claims that RFC 9068 §2.2, RFC 8693 §4, RFC 7800 §3.1 and RFC 9396 §9 give a meaning, and ours. */
const CLAIMS = `iss sub aud client_id scope iat exp nbf jti gid auth_time acr amr cnf act may_act authorization_details
  mark provider_token`.split(/\s+/)

const EXPECTED: Expectations = {
  issuer: ISSUER,
  resource: API,
  now: NOW,
  clockTolerance: 5,
  longestLife: 3600,
  anonymous: false,
}

const claims = (changes: object = {}): Record<string, unknown> => ({
  ...writeClaims(ENTITLEMENT, ISSUER),
  ...changes,
})

/** Returns claims without some. */
const without = (...names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(Object.entries(claims()).filter(([name]) => !names.includes(name)))

describe('the claims of an entitlement (RFC 9068 §2.2)', () => {
  it('say it whole, and nothing else', () => {
    const { claims: own, scope, ...rest } = ENTITLEMENT
    expect(writeClaims(ENTITLEMENT, ISSUER)).toEqual({ iss: ISSUER, ...rest, ...own, scope: 'read write' })
    expect(writeClaims({ ...ENTITLEMENT, scope: [] }, ISSUER)).not.toHaveProperty('scope')
    expect(writeClaims({ ...ENTITLEMENT, claims: {} }, ISSUER)).not.toHaveProperty('team')
    expect(writeClaims(carryProviderToken({ ...ENTITLEMENT }, 'theirs'), ISSUER)).toHaveProperty(
      'provider_token',
      'theirs',
    )
    expect(readClaims(claims(), EXPECTED)).toEqual(ENTITLEMENT)
  })

  it.each([...CLAIMS, '__proto__'])('are never the operator’s own: %s', (name) => {
    const own = Object.fromEntries([[name, 'own']])
    const written = writeClaims({ ...ENTITLEMENT, claims: own }, ISSUER)
    expect(written).toEqual(writeClaims({ ...ENTITLEMENT, claims: {} }, ISSUER))
    expect(Object.getPrototypeOf(written)).toBe(Object.prototype)
  })

  it('have a meaning that the protocol gives, one by one', () => {
    expect([...PROTOCOL_CLAIMS].sort()).toEqual([...CLAIMS].sort())
  })
})

describe('claims that are checked', () => {
  it('are told apart: those that all have, what more there is, and the operator’s own', () => {
    const { iss, sub, aud, client_id, scope, iat, exp, jti, team, ...more } = claims()
    const provider_token = undefined
    const usual = { iss, sub, aud, client_id, scope, iat, exp, jti, provider_token }
    expect(checkClaims(claims())).toEqual({ ...usual, more, own: { team } })
    expect(checkClaims(without('client_id', 'scope'))).toMatchObject({ client_id: undefined, scope: undefined })
    expect(checkClaims(claims({ provider_token: 'theirs' }))).toMatchObject({ provider_token: 'theirs' })
    expect(checkClaims(claims({ nbf: NOW, mark: 'm' })).own).toEqual({ team })
    expect(checkClaims(claims({ auth_time: 0 })).more).toMatchObject({ auth_time: 0 })
  })

  it.each<[string, readonly unknown[]]>([
    ...['iss', 'sub', 'aud', 'jti', 'client_id', 'scope', 'gid', 'acr'].map((name): [string, unknown[]] => [
      name,
      ['', 1, null, ['x'], undefined],
    ]),
    ...['iat', 'exp', 'auth_time'].map((name): [string, unknown[]] => [name, ['1', -1, 1.5, 2 ** 53, null, undefined]]),
    ['provider_token', ['', 'two words', 'ä', 'line\n', 1]],
    ['amr', ['pwd', [1], ['pwd', '']]],
    ['cnf', [{}, { jkt: '' }, { jkt: 1 }, { jkt: 'x', other: 'y' }, { jwk: 'x' }, 'x', null, ['x']]],
    ['act', [{}, { sub: '' }, { sub: 1 }, { sub: 'x', act: {} }, { sub: 'x', act: null }, 'x', null, ['x']]],
    ['may_act', [{}, { sub: '' }, 'x']],
    ['authorization_details', [[], {}, 'x', [{}], [{ type: 'x' }, {}], [{ type: '' }], [null]]],
  ])('are refused where %s is not what it is to be', (name, values) => {
    for (const value of values)
      expect(() => checkClaims(claims({ [name]: value }))).toThrow(expect.objectContaining({ code: 'claims' }))
  })

  it.each(['iss', 'sub', 'aud', 'iat', 'exp', 'jti'])('are refused without %s, be it of a prototype', (name) => {
    const inherited: Record<string, unknown> = Object.assign(Object.create({ [name]: claims()[name] }), without(name))
    for (const one of [without(name), inherited])
      expect(() => checkClaims(one)).toThrow(expect.objectContaining({ code: 'claims' }))
  })

  it('may say by what they are confirmed: a key, a certificate, or both (RFC 7800 §3.1)', () => {
    const ways = [{ jkt: 'x' }, { 'x5t#S256': 'y' }, { jkt: 'x', 'x5t#S256': 'y' }]
    expect(ways.map((way) => isConfirmation(way))).toEqual([true, true, true])
    expect(['!', '~', 'a'].map((text) => isProviderToken(text))).toEqual([true, true, true])
  })
})

describe('an entitlement that is read of claims', () => {
  it.each<[string, Record<string, unknown>, Partial<Expectations>]>([
    ['just before it has expired, and the tolerance', claims({ exp: NOW - 4, iat: NOW - 9 }), {}],
    ['overdue, where that is taken', claims({ exp: NOW - 9, iat: NOW - 99 }), { overdue: 10 }],
    ['of a little ahead', claims({ iat: NOW + 5 }), {}],
    ['that lives as long as it may', claims({ exp: NOW + 3600 }), {}],
    ['of no client, where that is taken', without('client_id'), { anonymous: true }],
    ['of details alone', without('scope'), {}],
  ])('is taken: one %s', (_, shown, expected) => {
    const entitlement = readClaims(shown, { ...EXPECTED, ...expected })
    expect(entitlement).toMatchObject({ sub: 'alice' })
    expect('providerToken' in entitlement).toBe(false)
  })

  it.each<[string, string, Record<string, unknown>, Partial<Expectations>]>([
    ['issuer', 'of another', claims({ iss: 'https://other.example' }), {}],
    ['audience', 'for another', claims({ aud: 'https://other.example' }), {}],
    ['client', 'of no client', without('client_id'), {}],
    ['claims', 'to nothing', without('scope', 'authorization_details'), {}],
    ['expired', 'that has expired, and the tolerance', claims({ exp: NOW - 5, iat: NOW - 9 }), {}],
    ['expired', 'too long overdue', claims({ exp: NOW - 10, iat: NOW - 99 }), { overdue: 10 }],
    ['early', 'of further ahead', claims({ iat: NOW + 6 }), {}],
    ['lifetime', 'that lives longer than it may', claims({ exp: NOW + 3601 }), {}],
    ['lifetime', 'that ends as it begins', claims({ exp: NOW }), {}],
  ])('is refused as %s: one %s', (code, _, shown, expected) => {
    expect(() => readClaims(shown, { ...EXPECTED, ...expected })).toThrow(expect.objectContaining({ code }))
  })

  it('is none where what was recognised by sight is to nothing', () => {
    const { own: _own, more: _more, ...usual } = checkClaims(claims())
    const bare = { ...usual, scope: undefined, more: undefined, own: undefined }
    expect(() => entitlementOf(bare, EXPECTED)).toThrow(expect.objectContaining({ code: 'claims' }))
    expect(entitlementOf({ ...bare, scope: 'read' }, EXPECTED)).toMatchObject({ scope: ['read'], claims: {} })
  })
})
