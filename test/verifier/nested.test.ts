import { describe, expect, it } from 'vitest'
import { exportKeys, writeKeys } from '../../keys/index.ts'
import { sealNested } from '../../src/token/nested.ts'
import { createVerifier, type VerifierOptions } from '../../src/verifier/index.ts'
import { createSealer, OUTERS, PARTNER_KEYS, publicOf } from '../parties/partner.ts'
import { API, ENTITLEMENT, ISSUER, NOW, testRing } from '../ring.ts'

const sealer = createSealer()
const jwks = await sealer.jwks()
const EC = PARTNER_KEYS['P-256']
const keys = writeKeys(exportKeys(testRing(NOW), { issuer: ISSUER, resource: API, now: NOW }))
const fetch = (): Promise<Response> => Promise.reject(new Error('nothing is fetched'))
const common = { issuer: ISSUER, resource: API, now: () => NOW, fetch }
const seal = (kid = sealer.signer('ES256').kid): Promise<string> =>
  sealer
    .recipient('P-256', 'A256GCM')
    .then((recipient) => sealNested(ENTITLEMENT, ISSUER, { ...sealer.signer('ES256'), kid }, recipient))

describe('a verifier of nested tokens', () => {
  it('takes what is sealed to any of its keys: so that they can be turned', async () => {
    const verifier = createVerifier({ ...common, jwks, decryptionKeys: { keys: Object.values(PARTNER_KEYS) } })
    for (const outer of OUTERS.filter((one) => one !== 'dir')) {
      const token = await sealer.seal(outer, 'A256GCM', 'ES256', ENTITLEMENT)
      expect(await verifier.verify(token)).toEqual({ ok: true, entitlement: ENTITLEMENT })
    }
  })

  it('takes the content encryption that was agreed on', async () => {
    const options = { ...common, jwks, decryptionKeys: { keys: [EC] } }
    const token = await sealer.seal('P-256', 'A256CBC-HS512', 'ES256', ENTITLEMENT)
    expect((await createVerifier({ ...options, enc: 'A256CBC-HS512' }).verify(token)).ok).toBe(true)
    expect(await createVerifier(options).verify(token)).toMatchObject({ reason: 'algorithm' })
  })

  it.each<[string, Partial<VerifierOptions>, string]>([
    [
      'a key, and nothing to verify with',
      { decryptionKeys: { keys: [EC] } },
      '"decryptionKeys" expected "jwks" or "jwksUri"',
    ],
    [
      'both kinds of keys',
      { keys, decryptionKeys: { keys: [EC] }, jwks },
      '"keys" and "decryptionKeys" expected just one',
    ],
    [
      'both ways to verify',
      { decryptionKeys: { keys: [EC] }, jwks, jwksUri: 'https://as.example/jwks' },
      '"jwks" and "jwksUri" expected just one',
    ],
    ['no key at all', { jwks }, '"keys" expected what'],
    ['no decryption keys', { decryptionKeys: { keys: [] }, jwks }, '"decryptionKeys" expected private keys'],
    ['keys that are no list', { decryptionKeys: {} as never, jwks }, '"decryptionKeys" expected private keys'],
    ['a public key', { decryptionKeys: { keys: [publicOf(EC)] }, jwks }, '"decryptionKeys" expected private keys'],
    [
      'a key without kid',
      { decryptionKeys: { keys: [{ ...EC, kid: undefined }] }, jwks },
      '"decryptionKeys" expected private keys',
    ],
    ['a kid twice', { decryptionKeys: { keys: [EC, { ...EC }] }, jwks }, '"decryptionKeys" expected private keys'],
    [
      'a key for signatures',
      { decryptionKeys: { keys: [{ ...EC, use: 'sig' }] }, jwks },
      '"decryptionKeys" expected private keys',
    ],
    [
      'one good key and one that is none',
      { decryptionKeys: { keys: [EC, { kid: 'x' }] }, jwks },
      '"decryptionKeys" expected private keys',
    ],
    [
      'another content encryption',
      { decryptionKeys: { keys: [EC] }, jwks, enc: 'A128GCM' as never },
      '"enc" expected "A256GCM" or "A256CBC-HS512"',
    ],
    ['a JWK Set that is none', { decryptionKeys: { keys: [EC] }, jwks: {} as never }, '"jwks" expected a JWK Set'],
    [
      'a JWK Set with a kid twice',
      { decryptionKeys: { keys: [EC] }, jwks: { keys: [...jwks.keys, ...jwks.keys] } },
      '"jwks" expected a JWK Set',
    ],
    [
      'a JWK Set in the clear',
      { decryptionKeys: { keys: [EC] }, jwksUri: 'http://as.example/jwks' },
      '"jwksUri" expected an https URL',
    ],
    [
      'a JWK Set inside',
      { decryptionKeys: { keys: [EC] }, jwksUri: 'https://10.0.0.1/jwks' },
      '"jwksUri" expected an https URL',
    ],
  ])('is not made with %s', (_, options, message) => {
    const make = (): unknown => createVerifier({ ...common, ...options })
    expect(make).toThrow(message)
    expect(make).toThrow(expect.objectContaining({ name: expect.stringMatching(/^(Type|Range)Error$/) }))
  })

  it('says nothing of a key in its errors', () => {
    expect(() => createVerifier({ ...common, jwks, decryptionKeys: { keys: [{ ...EC, use: 'sig' }] } })).not.toThrow(
      EC.d,
    )
  })
})

describe('a verifier that fetches the keys of its issuer', () => {
  /** A verifier, and the issuer as it is seen by it. */
  function setUp(first: unknown = jwks) {
    let told = first
    let now = NOW
    const asked: string[] = []
    const verifier = createVerifier({
      ...common,
      decryptionKeys: { keys: [EC] },
      jwksUri: 'https://as.example/jwks',
      now: () => now,
      fetch: async (url) => {
        asked.push(url)
        return told instanceof Response ? told : Response.json(told)
      },
    })
    return {
      verifier,
      asked,
      tell: (next: unknown) => {
        told = next
      },
      wait: (seconds: number) => {
        now += seconds
      },
    }
  }

  it('fetches them once, when they are first needed', async () => {
    const { verifier, asked } = setUp()
    expect(asked).toEqual([])
    const token = await seal()
    const all = await Promise.all(Array.from({ length: 100 }, () => verifier.verify(token)))
    expect(all.every(({ ok }) => ok)).toBe(true)
    expect(asked).toEqual(['https://as.example/jwks'])
  })

  it('fetches them again for an unknown kid, but not twice in 30 seconds, whatever is sent (H10)', async () => {
    const { verifier, asked, wait, tell } = setUp()
    await verifier.verify(await seal())
    wait(30)
    for (let number = 0; number < 100; number++)
      expect(await verifier.verify(await seal(`r1.${number}`))).toMatchObject({ reason: 'signing_key' })
    expect(asked.length).toBe(2)
    wait(30)
    const [key] = jwks.keys.filter((jwk) => jwk['kid'] === sealer.signer('ES256').kid)
    tell({ keys: [{ ...key, kid: 'r7.1' }] })
    expect((await verifier.verify(await seal('r7.1'))).ok).toBe(true)
    expect(asked.length).toBe(3)
  })

  it.each<[string, unknown]>([
    ['nothing', new Response(null, { status: 500 })],
    ['no JWK Set', {}],
    ['a kid twice', { keys: [...jwks.keys, ...jwks.keys] }],
  ])('answers 503, and not that the token is bad, when it never had any and gets %s', async (_, told) => {
    const { verifier } = setUp(told)
    expect(await verifier.verify(await seal())).toMatchObject({
      code: 'temporarily_unavailable',
      reason: 'unavailable',
    })
  })

  it.each<[string, unknown]>([
    ['nothing', new Response(null, { status: 500 })],
    ['no JWK Set', {}],
  ])('answers 503 for a key that it does not know when it gets %s: the token may be good', async (_, told) => {
    const { verifier, tell, wait } = setUp()
    const token = await seal()
    expect((await verifier.verify(token)).ok).toBe(true)
    tell(told)
    wait(30)
    for (let turn = 0; turn < 2; turn++)
      expect(await verifier.verify(await seal('r1.0'))).toMatchObject({ code: 'temporarily_unavailable' })
    expect((await verifier.verify(token)).ok).toBe(true)
    tell(jwks)
    wait(30)
    expect(await verifier.verify(await seal('r1.0'))).toMatchObject({ reason: 'signing_key' })
  })

  it('refuses what a key signed that the issuer no longer tells (C26)', async () => {
    const { verifier, tell, wait } = setUp()
    const token = await sealer.seal('P-256', 'A256GCM', 'ES256', ENTITLEMENT)
    expect((await verifier.verify(token)).ok).toBe(true)
    tell({ keys: jwks.keys.filter((jwk) => !String(jwk['kid']).startsWith('r1.')) })
    wait(301)
    // The first asks beside itself, where nothing waits; what came is there for the next but one turn.
    await verifier.verify(token)
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0))
    expect(await verifier.verify(token)).toMatchObject({ ok: false, reason: 'signing_key' })
  })
})
