import { expect, it } from 'vitest'
import { carryProviderToken, type Entitlement } from '../../src/token/entitlement.ts'
import { describeEntitlement } from '../../src/token/introspection.ts'
import { API, ISSUER, NOW } from '../fixtures.ts'

const ENTITLEMENT: Entitlement = {
  sub: 'alice',
  client_id: 'shop',
  aud: API,
  scope: ['read', 'write'],
  iat: NOW,
  exp: NOW + 600,
  jti: 'j-1',
  claims: { team: 'blue' },
}

it('an introspection says what a token is good for, and with the operator’s own words (RFC 7662 §2.2)', () => {
  const { claims: _, ...rest } = ENTITLEMENT
  const told = { active: true, iss: ISSUER, ...rest, scope: 'read write', token_type: 'Bearer', team: 'blue' }
  expect(describeEntitlement(ENTITLEMENT, ISSUER)).toEqual(told)
  const bound = describeEntitlement({ ...ENTITLEMENT, scope: [], cnf: { jkt: 'x' } }, ISSUER)
  expect(bound).toMatchObject({ token_type: 'DPoP' })
  expect(bound).not.toHaveProperty('scope')
  expect(describeEntitlement(carryProviderToken({ ...ENTITLEMENT }, 'theirs'), ISSUER)).toEqual(told)
})

it.each(['active', 'token_type', 'username', '__proto__', 'sub', 'mark', 'provider_token'])(
  'an introspection is never in the operator’s own words: %s',
  (name) => {
    const own = Object.fromEntries([[name, 'own']])
    const told = describeEntitlement({ ...ENTITLEMENT, claims: own }, ISSUER)
    expect(told).toEqual(describeEntitlement({ ...ENTITLEMENT, claims: {} }, ISSUER))
    expect(Object.getPrototypeOf(told)).toBe(Object.prototype)
  },
)
