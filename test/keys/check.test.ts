import { describe, expect, it } from 'vitest'
import { checkMembers } from '../../keys/check.ts'
import { createRing, examineRing, exportKeys, rotateRing } from '../../keys/index.ts'
import { API, ISSUER, NOW, testKey, testRing } from '../fixtures.ts'

describe('a member that is unknown', () => {
  const known = ['scope', 'certificate', 'revocations', 'access_token_lifetime', 'enc', 'clientId', 'dpop']

  it.each([
    ['scopes', 'scope'],
    ['scop', 'scope'],
    ['socpe', 'scope'],
    ['Scope', 'scope'],
    ['revocation', 'revocations'],
    ['dPoP', 'dpop'],
    ['client_id', 'clientId'],
    ['accessTokenLifetime', 'access_token_lifetime'],
    ['ecn', undefined],
    ['envelope', undefined],
    ['constructor', undefined],
    ['__proto', undefined],
  ])('called %s is refused, and what was meant is named: %s', (name, meant) => {
    const hint = meant === undefined ? 'it' : `did you mean "${meant}"? It`
    expect(() => checkMembers('it', { scope: 'a', [name]: 1 }, known)).toThrow(
      new TypeError(`"it" has no setting "${name}"; ${hint} knows: ${known.join(', ')}`),
    )
  })

  it('is not told where it could be anything: a secret in the wrong place', () => {
    expect(() => checkMembers('it', { 'a secret, or so': 1 }, ['scope'])).toThrow(
      new TypeError('"it" has no setting of that name; it knows: scope'),
    )
  })
})

describe('the functions of bulla/keys', () => {
  const ring = testRing(NOW)
  const about = { issuer: ISSUER, resource: API, now: NOW }

  it.each<[string, () => unknown, string]>([
    ['a new ring', () => createRing({ now: NOW, key: testKey(), periods: 60 } as never), 'did you mean "period"?'],
    ['a rotation', () => rotateRing(ring, { now: NOW, key: testKey(1), period: 60 } as never), 'no setting "period"'],
    ['the doctor', () => examineRing(ring, { now: NOW, horizons: 1 } as never), 'did you mean "horizon"?'],
    ['an export', () => exportKeys(ring, { ...about, encryption: 'A256GCM' } as never), 'no setting "encryption"'],
    ['an export', () => exportKeys(ring, { ...about, enc: 'A128GCM' } as never), '"enc" expected "A256GCM" or'],
    [
      'an export',
      () => exportKeys(ring, { ...about, issuer: `${ISSUER}/` }),
      '"issuer" expected a URL in its plain form',
    ],
    [
      'an export',
      () => exportKeys(ring, { ...about, resource: 'orders' }),
      '"resource" expected the URI of the resource',
    ],
  ])('refuse of %s what nobody knows, or nobody can have', (_, make, message) => expect(make).toThrow(message))
})
