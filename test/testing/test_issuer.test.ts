import { describe, expect, it } from 'vitest'
import { createTestIssuer, type TestIssuerOptions } from '../../src/testing/index.ts'
import { createVerifier } from '../../src/verifier/index.ts'

describe('a test issuer', () => {
  it('gives tokens that a verifier opens, and others that it refuses, each for its own reason', async () => {
    const test = createTestIssuer()
    const verifier = createVerifier({ ...test.verifier, revocations: test.revocations, onProblem: () => {} })
    const { refused } = test
    const good = await verifier.verify(await test.token({ sub: 'bob', scope: 'read', claims: { tenant: 'blue' } }))
    expect(good.entitlement).toMatchObject({
      sub: 'bob',
      scope: ['read'],
      client_id: 'test-app',
      claims: { tenant: 'blue' },
    })
    const reasonOf = async (token: string) => (await verifier.verify(token, { scope: 'read' })).reason
    const tokens = [
      refused.expired(),
      refused.otherResource(),
      refused.forged(),
      refused.revoked(),
      refused.withoutScope(),
    ]
    const reasons = await Promise.all((await Promise.all(tokens)).map(reasonOf))
    expect(reasons).toEqual(['expired', 'decryption', 'key', 'revoked', 'scope'])
  })

  it('has a clock that stands still until it is moved, and a verifier that goes by it', async () => {
    const test = createTestIssuer({ now: 1_800_000_000 })
    const verifier = createVerifier({ ...test.verifier, onProblem: () => {} })
    const token = await test.token()
    expect((await verifier.verify(token)).ok).toBe(true)
    test.advance(611)
    expect([test.now(), (await verifier.verify(token)).reason]).toEqual([1_800_000_611, 'expired'])
    expect((await verifier.verify(await test.token())).ok).toBe(true)
  })

  it('logs a person in by the code flow, and refreshes, as an issuer does', async () => {
    const test = createTestIssuer({ scopes: ['orders'], resource: 'http://localhost:3000' })
    const answer = await test.login({ sub: 'carol' })
    const { entitlement } = await createVerifier(test.verifier).verify(answer.access_token, { scope: 'orders' })
    expect(entitlement).toMatchObject({ sub: 'carol', scope: ['orders'], aud: 'http://localhost:3000' })
    const form = { grant_type: 'refresh_token', client_id: 'test-app', refresh_token: answer.refresh_token ?? '' }
    const refreshed = await test.fetch('https://issuer.test/token', { method: 'POST', body: new URLSearchParams(form) })
    expect(refreshed.status).toBe(200)
  })

  it('takes settings of an issuer, which count first', async () => {
    const test = createTestIssuer({ settings: { claims: () => ({ tenant: 'blue' }) } })
    const { access_token } = await test.login()
    const { entitlement } = await createVerifier(test.verifier).verify(access_token)
    expect(entitlement?.claims).toEqual({ tenant: 'blue' })
  })

  it.each(['https://issuer.test', 'https://a.b.test/path', 'http://localhost:8787', 'http://127.0.0.1'])(
    'may be %s',
    (issuer) => {
      expect(createTestIssuer({ issuer }).verifier.issuer).toBe(issuer)
    },
  )

  it.each([
    'https://login.example.com',
    'https://test.example.com',
    'https://issuer.test.example',
    'http://issuer.test',
    'https://x@evil.com/.test/',
  ])('is never %s: others could reach that', (issuer) => {
    expect(() => createTestIssuer({ issuer })).toThrow(/for tests alone/)
  })

  it('refuses what it does not know', () => {
    expect(() => createTestIssuer({ scope: 'read' } as TestIssuerOptions)).toThrow('scope')
  })
})
