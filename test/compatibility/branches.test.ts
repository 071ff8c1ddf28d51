import { beforeAll, describe, expect, it } from 'vitest'
import { createLeaves } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import { API, ISSUER, NOW, SECRETS, testRing, testSettings, tokenRequest, VARS } from '../fixtures.ts'
import { readAnswer } from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'
import { OWN, unpack, type Version } from './versions.ts'

const RING = testRing(NOW)

/** What the docs say of 0.1.0 beside a branch with a number, when the keys of the first have leaked. */
describe('a verifier of 0.1.0, and a resource whose keys leaked', () => {
  let packed: Version
  beforeAll(async () => {
    packed = await unpack('0.1.0')
  })

  const exported = (branch: number): string =>
    OWN.keys.writeKeys(OWN.keys.exportKeys(RING, { issuer: ISSUER, resource: API, branch, now: NOW }))

  /** An issuer of this version at which the branch is changed, and verifiers of both. */
  function setUp() {
    let now = NOW
    const at = (): number => now
    const lasting = testSettings({ now: at, revocations: OWN.issuer.createMemoryRevocations('salt') })
    let issuer = OWN.issuer.createIssuer(lasting)
    const fetch = async (url: string, init?: RequestInit) => issuer.fetch(new Request(url, init))
    return {
      wait: (seconds: number) => {
        now += seconds
      },
      async turn() {
        const resources = { ...VARS.RESOURCES, [API]: { ...VARS.RESOURCES[API], branch: 2 } }
        issuer = OWN.issuer.createIssuer({ ...lasting, resources })
        const answer = await issuer.fetch(formRequest('/revocations', 'operator', { kind: 'resource', value: API }))
        expect(answer.status).toBe(200)
      },
      mint: async () => (await readAnswer(await issuer.fetch(tokenRequest()))).access_token,
      /** What the thief makes, at any time. */
      forge: () => {
        const { branches } = OWN.keys.exportKeys(RING, { issuer: ISSUER, resource: API, now: NOW })
        const leaves = createLeaves({
          branches,
          enc: 'A256GCM',
          period: RING.period,
          skew: RING.skew,
          longestLife: 600,
        })
        const facts = { sub: 'alice', client_id: 'service', aud: API, scope: ['read'], jti: 'j', claims: {} }
        return sealDirect({ ...facts, iat: now, exp: now + 600 }, ISSUER, leaves, now)
      },
      verifierOf({ verifier }: Version, keys?: string) {
        const remote = verifier.remoteKeys({
          url: `${ISSUER}/keys?resource=${encodeURIComponent(API)}`,
          clientId: 'api-server',
          clientSecret: SECRETS['api-server'],
          fetch,
        })
        const { verify } = verifier.createVerifier({
          ...{ issuer: ISSUER, resource: API, keys: keys ?? remote, fetch, now: at },
          revocations: { url: `${ISSUER}/revocations` },
        })
        return async (token: string) => (await verify(token)).reason ?? 'ok'
      },
    }
  }

  it('passes the revocation over, but with its next keys knows the lower branch no more', async () => {
    const { wait, turn, mint, forge, verifierOf } = setUp()
    const [old, own] = [verifierOf(packed), verifierOf(OWN)]
    for (const verify of [old, own]) expect(await verify(await forge())).toBe('ok')
    wait(30)
    await turn()
    wait(20)
    expect([await old(await forge()), await own(await forge())]).toEqual(['ok', 'revoked'])
    // Its next keys come with the first token that it has no key for.
    expect([await old(await mint()), await own(await mint())]).toEqual(['ok', 'ok'])
    expect(await old(await forge())).toBe('key')
  })

  it('with exported keys goes on taking what is forged, until it has others', async () => {
    const { wait, turn, mint, forge, verifierOf } = setUp()
    const old = verifierOf(packed, exported(1))
    await turn()
    wait(3600)
    expect([await old(await forge()), await old(await mint())]).toEqual(['ok', 'key'])
  })

  it('does not start with exported keys of a second branch, and says why', () => {
    expect(() => packed.verifier.createVerifier({ issuer: ISSUER, resource: API, keys: exported(2) })).toThrow(/branch/)
    expect(() => OWN.verifier.createVerifier({ issuer: ISSUER, resource: API, keys: exported(2) })).not.toThrow()
  })

  it('is told all else of such a list, and a list of 0.1.0 keeps which branch counts', async () => {
    const list = packed.issuer.createMemoryRevocations('salt')
    const settings = testSettings({ revocations: list })
    const resources = { ...VARS.RESOURCES, [API]: { ...VARS.RESOURCES[API], branch: 2 } }
    const issuer = OWN.issuer.createIssuer({ ...settings, resources })
    const ask = (form: Record<string, string>) => issuer.fetch(formRequest('/revocations', 'operator', form))
    for (const form of [
      { kind: 'resource', value: API },
      { kind: 'client', value: 'service' },
    ])
      expect((await ask(form)).status).toBe(200)
    expect((await ask({ kind: 'resource', value: API })).status).toBe(400)
    const { service } = VARS.CLIENTS
    const before = packed.issuer.createIssuer(testSettings({ revocations: list, clients: { service } }) as never)
    const fetch = async (url: string, init?: RequestInit) => before.fetch(new Request(url, init))
    const leaves = OWN.keys.createKeyring(RING, ISSUER).leavesFor('access', API, 'A256GCM', 600)
    const facts = { sub: 'client:x', client_id: 'x', aud: API, scope: ['read'], jti: 'j', claims: {} }
    const token = await sealDirect({ ...facts, iat: NOW, exp: NOW + 600 }, ISSUER, leaves, NOW)
    const common = { issuer: ISSUER, resource: API, keys: exported(1), fetch, now: () => NOW }
    const { verify } = OWN.verifier.createVerifier({ ...common, revocations: { url: `${ISSUER}/revocations` } })
    // Told by an issuer of 0.1.0, which knows nothing of branches, to a verifier that does.
    expect(await verify(token)).toMatchObject({ ok: false, reason: 'revoked' })
  })
})
