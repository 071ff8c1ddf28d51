import { describe, expect, it } from 'vitest'
import {
  createKeyring,
  exportKeys,
  nameUnder,
  type Ring,
  readRing,
  revokeRoot,
  rotateRing,
  writeKeys,
  writeRing,
} from '../../keys/index.ts'
import { createIssuer, createMemoryRevocations } from '../../src/index.ts'
import { openKeySet } from '../../src/jose/key_set.ts'
import { leafRecipient, recipientOf } from '../../src/jose/recipient.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { sealNested } from '../../src/token/nested.ts'
import { createVerifier, type RevocationOptions, remoteKeys, type VerifierOptions } from '../../src/verifier/index.ts'
import {
  API,
  ISSUER,
  NOW,
  PARTNER,
  PARTNER_KEY,
  SECRETS,
  SIGNED,
  testKey,
  testRing,
  testSettings,
} from '../fixtures.ts'
import { getRequest } from '../parties/servers.ts'

const RING = testRing(NOW)
const rotated = rotateRing(revokeRoot(RING, RING.roots[0]?.kid ?? ''), { now: NOW, key: testKey(1) })
if (!rotated.ok) throw new Error(rotated.detail)
/** A ring whose first root is revoked. */
const TURNED = rotated.ring
type Where = typeof API | typeof SIGNED | typeof PARTNER

/** An issuer, and what each resource server is made from. */
function setUp({ ring = RING, onStale = 'refuse' as RevocationOptions['onStale'], isOld = false } = {}) {
  let now = NOW
  const revocations = createMemoryRevocations('salt')
  const issuer = createIssuer(testSettings({ now: () => now, revocations, keyRing: writeRing(ring) }))
  let isSilent = isOld
  /** An issuer of before tells no names keys. */
  const fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    const answer = await issuer.fetch(new Request(url, init))
    if (!isSilent || !url.includes('/keys')) return answer
    const { keys } = (await answer.json()) as { keys: unknown }
    return new Response(JSON.stringify({ keys }), { headers: { 'content-type': 'application/jwk-set+json' } })
  }
  const remote = (resource: Where) => {
    const clientId = resource === API ? 'api-server' : 'partner-server'
    const url = `${ISSUER}/keys?resource=${encodeURIComponent(resource)}`
    return remoteKeys({
      url,
      clientId,
      clientSecret: SECRETS[clientId],
      fetch,
      ...(resource === API ? {} : { decryptionKey: PARTNER_KEY }),
    })
  }
  const exported = (resource: string) => writeKeys(exportKeys(ring, { issuer: ISSUER, resource, now }))
  const common = (resource: string): Omit<VerifierOptions, 'revocations'> => ({
    ...{ issuer: ISSUER, resource, fetch, now: () => now },
    ...(resource === API ? {} : { jwksUri: `${ISSUER}/jwks` }),
  })
  const list = { url: `${ISSUER}/revocations`, ...(onStale === undefined ? {} : { onStale }) }
  const partner = { decryptionKeys: { keys: [PARTNER_KEY] } }
  return {
    common,
    list,
    remote,
    verifiers: {
      'exported keys': [API, () => createVerifier({ ...common(API), keys: exported(API), revocations: list })],
      'remote keys': [API, () => createVerifier({ ...common(API), keys: remote(API), revocations: list })],
      'nested under an exported leaf': [
        SIGNED,
        () => createVerifier({ ...common(SIGNED), keys: exported(SIGNED), revocations: list }),
      ],
      'nested under a fetched leaf': [
        SIGNED,
        () => createVerifier({ ...common(SIGNED), keys: remote(SIGNED), revocations: list }),
      ],
      'nested to its own key': [
        PARTNER,
        () => createVerifier({ ...common(PARTNER), ...partner, revocations: { ...list, keys: remote(PARTNER) } }),
      ],
    } as const,
    wait: (seconds: number) => {
      now += seconds
    },
    setOld: (old: boolean) => {
      isSilent = old
    },
    /** Revokes a person under the name that a resource's server can tell. */
    revoke: async (resource: string, sub: string, root = RING.roots[0]?.kid) => {
      const key = createKeyring(ring, ISSUER)
        .namesKeys(resource)
        .find(({ kid }) => kid === root)
      const { name, shift } = nameUnder(key?.key() ?? new Uint8Array(), 'sub', sub)
      await revocations.add({ kind: 'name', value: name, at: now + shift, until: now + 900, keep: now + 900 }, now)
    },
    mint: async (resource: string, sub: string) => {
      const keyring = createKeyring(ring, ISSUER)
      const entitlement: Entitlement = {
        ...{ sub, client_id: 'app', aud: resource, scope: ['read'], iat: now, exp: now + 600, claims: {} },
        jti: 'AAAAAAAAAAAAAAAAAAAAAA',
      }
      const leaves = keyring.leavesFor('access', resource, 'A256GCM', 600)
      if (resource === API) return sealDirect(entitlement, ISSUER, leaves, now)
      const [leaf, signer] = [leaves.sealing(now), keyring.signingKeys.signing('ES256', now)]
      if (leaf === undefined || signer === undefined) throw new Error('there is no key')
      const { d: _, ...publicKey } = PARTNER_KEY
      const to = await (resource === SIGNED ? leafRecipient(leaf) : recipientOf(publicKey, 'A256GCM'))
      return sealNested(entitlement, ISSUER, signer, to)
    },
  }
}
const KINDS = [
  'exported keys',
  'remote keys',
  'nested under an exported leaf',
  'nested under a fetched leaf',
  'nested to its own key',
] as const

describe.each(KINDS)('a verifier of %s', (kind) => {
  it('refuses a person who was revoked under a name of its resource, and nobody else', async () => {
    const { verifiers, revoke, mint, wait } = setUp()
    const [resource, create] = verifiers[kind]
    const other = resource === API ? SIGNED : API
    const verifier = create()
    const [alice, bob] = [await mint(resource, 'alice'), await mint(resource, 'bob')]
    expect(await verifier.verify(alice)).toMatchObject({ ok: true })
    await revoke(resource, 'alice')
    // At another resource bob is revoked, and nothing of that can be told here.
    await revoke(other, 'bob')
    wait(20)
    expect(await verifier.verify(alice)).toMatchObject({ ok: false, reason: 'revoked' })
    expect(await verifier.verify(bob)).toMatchObject({ ok: true })
    expect(await verifier.verify(await mint(resource, 'alice'))).toMatchObject({ ok: true })
  })

  it('holds a token against the name under the root that it was made under', async () => {
    const rotation = rotateRing(RING, { now: NOW + 8_000_000, key: testKey(1) })
    if (!rotation.ok) throw new Error('it is too early to rotate')
    const ring = readRing(writeRing(rotation.ring))
    if (!ring.ok) throw new Error('the ring is none')
    const set = setUp({ ring: ring.ring as Ring })
    set.wait(8_000_000 + 7200)
    const [resource, create] = set.verifiers[kind]
    const token = await set.mint(resource, 'alice')
    await set.revoke(resource, 'alice', RING.roots[0]?.kid)
    expect(await create().verify(token)).toMatchObject({ ok: true })
    await set.revoke(resource, 'alice', rotation.added.kid)
    set.wait(2)
    expect(await create().verify(token)).toMatchObject({ ok: false, reason: 'revoked' })
  })
})

describe('a verifier whose issuer tells no names keys', () => {
  it('serves as long as nobody is revoked by name; then it refuses, or serves on where its operator wants that', async () => {
    for (const [onStale, expected] of [
      ['refuse', { ok: false, reason: 'unavailable' }],
      ['accept', { ok: true }],
    ] as const) {
      const { verifiers, revoke, mint, wait, setOld } = setUp({ onStale, isOld: true })
      const verifier = verifiers['remote keys'][1]()
      const token = await mint(API, 'bob')
      expect(await verifier.verify(token)).toMatchObject({ ok: true })
      await revoke(API, 'alice')
      wait(20)
      expect(await verifier.verify(token)).toMatchObject(expected)
      // With an issuer that does it goes on, and forgets nothing when that goes back to the older version.
      setOld(false)
      wait(31)
      expect(await verifier.verify(await mint(API, 'alice'))).toMatchObject({ ok: true })
      await revoke(API, 'alice')
      const alice = await mint(API, 'alice')
      wait(20)
      setOld(true)
      expect(await verifier.verify(alice)).toMatchObject({ ok: false, reason: 'revoked' })
    }
  })
})

it.each<[string, (set: ReturnType<typeof setUp>) => VerifierOptions, RegExp]>([
  [
    'nested to its own key that does not prove itself',
    ({ common, list }) => ({ ...common(PARTNER), decryptionKeys: { keys: [PARTNER_KEY] }, revocations: list }),
    /^"revocations\.keys" expected remoteKeys/,
  ],
  [
    'of other keys that says it twice',
    ({ common, list, remote }) => ({ ...common(API), keys: remote(API), revocations: { ...list, keys: remote(API) } }),
    /^"revocations\.keys" expected only beside "decryptionKeys"/,
  ],
])('a verifier %s is refused when it is built', (_, options, message) => {
  expect(() => createVerifier(options(setUp()))).toThrow(message)
})

it('a server with a key of its own gets nothing that opens tokens; without a list of revocations, nothing at all', async () => {
  const request = () => getRequest(`/keys?resource=${encodeURIComponent(PARTNER)}`, 'partner-server')
  const settings = { now: () => NOW, keyRing: writeRing(RING) }
  const issuer = createIssuer(testSettings({ ...settings, revocations: createMemoryRevocations('salt') }))
  const set = await openKeySet(await (await issuer.fetch(request())).text(), PARTNER_KEY)
  expect(set).toEqual({
    keys: [],
    names_keys: [{ kty: 'oct', kid: RING.roots[0]?.kid, k: expect.stringMatching(/^[\w-]{43}$/) }],
  })
  const refused = await createIssuer(testSettings(settings)).fetch(request())
  expect([refused.status, await refused.json()]).toMatchObject([400, { error: 'invalid_target' }])
})

it('the names keys of a revoked root are told nobody', async () => {
  const issuer = createIssuer(
    testSettings({ now: () => NOW, keyRing: writeRing(TURNED), revocations: createMemoryRevocations('salt') }),
  )
  const answer = await issuer.fetch(getRequest(`/keys?resource=${encodeURIComponent(API)}`, 'api-server'))
  const { names_keys } = (await answer.json()) as { names_keys: { kid: string }[] }
  expect(names_keys.map(({ kid }) => kid)).toEqual([TURNED.roots[1]?.kid])
})
