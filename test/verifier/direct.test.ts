import { describe, expect, it } from 'vitest'
import { createKeyring, exportKeys, writeKeys } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { createDirectVerifier, type DirectVerifierOptions } from '../../src/verifier/direct.ts'
import { API, API2, ENTITLEMENT, ISSUER, NOW, testRing } from '../ring.ts'

const ring = testRing(NOW)
const keysOf = (resource: string): string => writeKeys(exportKeys(ring, { issuer: ISSUER, resource, now: NOW }))
const options = { issuer: ISSUER, resource: API, keys: keysOf(API), now: () => NOW }
const entitlement: Entitlement = { ...ENTITLEMENT, scope: ['read', 'write'] }
const leaves = createKeyring(ring, ISSUER).leavesFor('access', API, 'A256GCM', 86_400)
const token = await sealDirect(entitlement, ISSUER, leaves, NOW)

describe('a verifier of direct tokens', () => {
  it.each([0, 10])('opens them, as often as they come, and keeps %i', async (keep) => {
    const verifier = createDirectVerifier({ ...options, keep })
    for (let time = 0; time < 4; time++)
      expect(await verifier.verify(token, { scope: 'write' })).toEqual({ ok: true, entitlement })
    expect(await verifier.verify(token, { scope: 'admin' })).toMatchObject({ code: 'insufficient_scope' })
    expect(await verifier.verify(`${token.slice(0, -4)}AAAA`)).toMatchObject({ reason: 'decryption' })
  })

  it('opens what is for its resource alone', async () => {
    const other = createDirectVerifier({ ...options, resource: API2, keys: keysOf(API2) })
    expect(await other.verify(token)).toMatchObject({ ok: false, code: 'invalid_token', reason: 'decryption' })
  })

  it.each<Partial<DirectVerifierOptions>>([
    { resourceMetadata: 'https://api1.example/about' },
    { clockTolerance: 0 },
    { longestLife: 60 },
    { anonymous: true },
    { keep: 5 },
    { onProblem: () => undefined },
  ])('takes %o', (more) => expect(() => createDirectVerifier({ ...options, ...more })).not.toThrow())

  it.each<[string, object]>([
    ['createDirectVerifier', { dpop: {} }],
    ['createDirectVerifier', { revocations: { url: `${ISSUER}/revocations` } }],
    ['keys', { keys: '' }],
    ['keys', { keys: undefined }],
    ['keys', { keys: keysOf(API2) }],
    ['clockTolerance', { clockTolerance: 61 }],
  ])('says what cannot be: "%s" of %j', (name, more) => {
    expect(() => createDirectVerifier({ ...options, ...more })).toThrow(new RegExp(`^"${name}" `))
  })
})
