import { describe, expect, it } from 'vitest'
import { createKeyring, createLeaves, exportKeys, type Leaves, type Ring, writeKeys } from '../../keys/index.ts'
import { createIssuer, createMemoryRevocations } from '../../src/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { createDirectVerifier } from '../../src/verifier/direct.ts'
import { createVerifier, type RemoteKeys, remoteKeys, type Verifier } from '../../src/verifier/index.ts'
import {
  API,
  API2,
  ENTITLEMENT,
  ISSUER,
  NOW,
  SECRETS,
  testKey,
  testRing,
  testSettings,
  tokenRequest,
} from '../fixtures.ts'
import { createProver } from '../parties/dpop.ts'
import { createSealer, PARTNER_KEYS, signingRing } from '../parties/partner.ts'
import { readAnswer } from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'

const entitlement: Entitlement = {
  ...ENTITLEMENT,
  scope: ['read', 'write'],
  gid: 'g',
  auth_time: NOW - 60,
  acr: 'mfa',
}
const prover = await createProver()
const sealer = createSealer()
const jwks = await sealer.jwks()
const exported = (ring: Ring, resource = API): string =>
  writeKeys(exportKeys(ring, { issuer: ISSUER, resource, now: NOW }))
const leavesOf = (ring: Ring): Leaves =>
  createLeaves({ ...exportKeys(ring, { issuer: ISSUER, resource: API, now: NOW }), longestLife: 86_400 })
const seal = (changes: Partial<Entitlement> = {}, ring = testRing(NOW)): Promise<string> => {
  const leaves = createKeyring(ring, ISSUER).leavesFor('access', API, 'A256GCM', 86_400)
  return sealDirect({ ...entitlement, ...changes }, ISSUER, leaves, NOW)
}

/** What tells the leaves, which the test may take away. */
function told(leaves: Leaves): RemoteKeys & { leavesNow: Leaves } {
  return {
    url: `${ISSUER}/keys`,
    leavesNow: leaves,
    async leaves() {
      return this.leavesNow
    },
    namesKeys: async () => [],
  }
}

/** A verifier that keeps tokens, its clock, and what seals for it. */
interface Kept {
  readonly verifier: Verifier
  readonly clock: { now: number }
  seal(changes?: Partial<Entitlement>): Promise<string>
}

const nested =
  (outer: 'P-256' | 'dir', changes: object) =>
  (keep: number): Kept => {
    const clock = { now: NOW }
    const options = { issuer: ISSUER, resource: API, now: () => clock.now, keep, jwks, ...changes }
    return {
      verifier: createVerifier(options),
      clock,
      seal: (more) => sealer.seal(outer, 'A256GCM', 'ES256', { ...entitlement, ...more }),
    }
  }

/** Verifiers of each envelope and each kind of keys. */
const VERIFIERS: Readonly<Record<string, (keep: number) => Kept>> = {
  'bulla/verifier/direct'(keep) {
    const clock = { now: NOW }
    const options = { issuer: ISSUER, resource: API, keys: exported(testRing(NOW)), now: () => clock.now, keep }
    return { verifier: createDirectVerifier(options), clock, seal }
  },
  direct(keep) {
    const clock = { now: NOW }
    const options = { issuer: ISSUER, resource: API, keys: exported(testRing(NOW)), now: () => clock.now, keep }
    return { verifier: createVerifier(options), clock, seal }
  },
  'direct, with keys that are told'(keep) {
    const clock = { now: NOW }
    const options = { issuer: ISSUER, resource: API, keys: told(leavesOf(testRing(NOW))), now: () => clock.now, keep }
    return { verifier: createVerifier(options), clock, seal }
  },
  'nested under a leaf': nested('dir', { keys: exported(signingRing()) }),
  'nested to a key': nested('P-256', { decryptionKeys: { keys: [PARTNER_KEYS['P-256']] } }),
}
const verifiers = Object.entries(VERIFIERS)

/** Lets a verifier see a token as often as it must, to have it from before. */
const see = async (verifier: Verifier, token: string): Promise<void> => {
  for (let turn = 0; turn < 3; turn++) expect((await verifier.verify(token)).ok).toBe(true)
}

const reasonOf = async (verifier: Verifier, ...shown: Parameters<Verifier['verify']>): Promise<string> => {
  const result = await verifier.verify(...shown)
  return result.ok ? 'ok' : result.reason
}

describe.each(verifiers)('a verifier that keeps tokens: %s', (_, make) => {
  it('answers as one that keeps none, the first times and each time after', async () => {
    const [kept, other] = [make(10), make(0)]
    const tokens = [
      await kept.seal(),
      await kept.seal({ claims: { roles: ['a'] }, act: { sub: 'bot' } }),
      await kept.seal({ exp: NOW - 20, iat: NOW - 60 }),
      await kept.seal({ client_id: undefined }),
      await kept.seal({ aud: API2 }),
      await kept.seal({ cnf: { jkt: 'x' } }),
      `${await kept.seal()}A`,
    ]
    for (const token of tokens) {
      const answer = async ({ verifier }: Kept) => {
        const { response, ...rest } = await verifier.verify(token, { scope: 'read' })
        return [rest, response?.status, [...(response?.headers ?? [])], await response?.text()]
      }
      const plain = await answer(other)
      for (let turn = 0; turn < 4; turn++) expect(await answer(kept)).toEqual(plain)
    }
  })

  it('refuses a token that it has seen once it has ended', async () => {
    const { verifier, clock, seal } = make(10)
    const token = await seal()
    await see(verifier, token)
    clock.now = NOW + 609
    expect(await reasonOf(verifier, token)).toBe('ok')
    clock.now = NOW + 610
    expect(await reasonOf(verifier, token)).toBe('expired')
    clock.now = NOW - 11
    expect(await reasonOf(verifier, token)).toBe('early')
  })

  it('asks for scope and login anew, whatever was asked for when it saw the token first', async () => {
    const { verifier, seal } = make(10)
    const token = await seal()
    for (let turn = 0; turn < 2; turn++) {
      expect(await reasonOf(verifier, token, { scope: 'read' })).toBe('ok')
      expect(await reasonOf(verifier, token, { scope: 'admin' })).toBe('scope')
      expect(await reasonOf(verifier, token, { acr: 'mfa', maxAge: 70 })).toBe('ok')
      expect(await reasonOf(verifier, token, { acr: 'passkey' })).toBe('login')
      expect(await reasonOf(verifier, token, { maxAge: 10 })).toBe('login')
    }
  })

  it('takes no other spelling of a token that it has seen, and no part of it', async () => {
    const { verifier, seal } = make(10)
    const token = await seal()
    await see(verifier, token)
    const last = token.at(-1) === 'A' ? 'Q' : 'A'
    for (const other of [
      `${token.slice(0, -1)}${last}`,
      token.slice(0, -1),
      `${token} `,
      ` ${token}`,
      token.toUpperCase(),
    ])
      expect(await reasonOf(verifier, other)).not.toBe('ok')
    expect(await reasonOf(verifier, token)).toBe('ok')
  })

  it('hands out nothing by which one request could change what the next one sees', async () => {
    const { verifier, seal } = make(10)
    const token = await seal({ claims: { roles: ['reader'] }, amr: ['otp'] })
    for (let turn = 0; turn < 5; turn++) {
      const { entitlement: given } = await verifier.verify(token)
      expect(given).toEqual({ ...entitlement, claims: { roles: ['reader'] }, amr: ['otp'] })
      if (given === undefined) throw new Error('not let in')
      const { roles } = given.claims as { roles: string[] }
      roles.push('admin')
      Object.assign(given.claims, { admin: true })
      for (const list of [given.scope, given.amr]) (list as string[]).push('admin')
      Object.assign(given, { sub: 'root', exp: NOW * 2, cnf: { jkt: 'x' } })
    }
    expect(await reasonOf(verifier, token, { scope: 'admin' })).toBe('scope')
  })

  it('lets nobody in by what another verifier has seen', async () => {
    const [one, other] = [make(10), make(10)]
    const token = await one.seal()
    await see(one.verifier, token)
    other.clock.now = NOW + 610
    expect(await reasonOf(other.verifier, token)).toBe('expired')
    const strange = createDirectVerifier({
      issuer: ISSUER,
      resource: API2,
      keys: exported(testRing(NOW), API2),
      now: () => NOW,
      keep: 10,
    })
    expect(await reasonOf(strange, token)).not.toBe('ok')
  })
})

describe('a verifier that keeps tokens', () => {
  it('refuses what it has seen once the leaf is told no more, or another one under its kid', async () => {
    const keys = told(leavesOf(testRing(NOW)))
    const verifier = createVerifier({ issuer: ISSUER, resource: API, keys, now: () => NOW, keep: 10 })
    const token = await seal()
    await see(verifier, token)
    const good = keys.leavesNow
    keys.leavesNow = { ...good, opening: () => undefined }
    expect(await reasonOf(verifier, token)).toBe('key')
    keys.leavesNow = leavesOf({
      ...testRing(NOW),
      roots: testRing(NOW).roots.map((root) => ({ ...root, k: testKey(9) })),
    })
    expect(await reasonOf(verifier, token)).toBe('decryption')
    keys.leavesNow = good
    expect(await reasonOf(verifier, token)).toBe('ok')
  })

  it.each(['dir', 'P-256'] as const)('refuses what a key signed that is told no more: %s', async (outer) => {
    let now = NOW
    let set: unknown = jwks
    const options = {
      issuer: ISSUER,
      resource: API,
      jwksUri: `${ISSUER}/jwks`,
      now: () => now,
      fetch: async () => Response.json(set),
      waitUntil: () => {},
      keep: 10,
    }
    const own =
      outer === 'dir' ? { keys: exported(signingRing()) } : { decryptionKeys: { keys: [PARTNER_KEYS['P-256']] } }
    const verifier = createVerifier({ ...options, ...own })
    const token = await sealer.seal(outer, 'A256GCM', 'ES256', entitlement)
    await see(verifier, token)
    set = { keys: jwks.keys.filter(({ alg }) => alg !== 'ES256') }
    now = NOW + 301
    await reasonOf(verifier, token)
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 0))
    expect(await reasonOf(verifier, token)).toBe('signing_key')
  })

  it('refuses what it has seen once it is revoked', async () => {
    let now = NOW
    const clock = (): number => now
    const issuer = createIssuer(testSettings({ now: clock, revocations: createMemoryRevocations('salt') }))
    const fetch = async (url: string, init?: RequestInit): Promise<Response> => issuer.fetch(new Request(url, init))
    const own = { url: `${ISSUER}/keys?resource=${API}`, clientId: 'api-server', clientSecret: SECRETS['api-server'] }
    const verifier = createVerifier({
      issuer: ISSUER,
      resource: API,
      keys: remoteKeys({ ...own, fetch }),
      revocations: { url: `${ISSUER}/revocations`, every: 1 },
      fetch,
      now: clock,
      keep: 10,
    })
    const mint = async (): Promise<string> => (await readAnswer(await issuer.fetch(tokenRequest()))).access_token
    const [token, other] = [await mint(), await mint()]
    for (const one of [token, other]) await see(verifier, one)
    await issuer.fetch(formRequest('/revoke', 'service', { token }))
    now += 20
    expect(await reasonOf(verifier, token)).toBe('revoked')
    expect(await reasonOf(verifier, token)).toBe('revoked')
    expect(await reasonOf(verifier, other)).toBe('ok')
  })

  it('asks for the proof of a bound token each time, and for one that is this request’s', async () => {
    const url = `${API}/orders/7`
    const keys = exported(testRing(NOW))
    const verifier = createVerifier({ issuer: ISSUER, resource: API, keys, now: () => NOW, keep: 10 })
    const token = await seal({ cnf: { jkt: prover.jkt } })
    const show = async (by = prover, scheme = 'DPoP'): Promise<Request> => {
      const dpop = await by.prove({ method: 'GET', url, token, claims: { jti: crypto.randomUUID() } })
      return new Request(url, { headers: { authorization: `${scheme} ${token}`, dpop } })
    }
    const first = await show()
    expect(await reasonOf(verifier, first)).toBe('ok')
    expect(await reasonOf(verifier, first.clone())).toBe('proof_replayed')
    expect(await reasonOf(verifier, await show())).toBe('ok')
    expect(await reasonOf(verifier, token)).toBe('confirmation')
    expect(await reasonOf(verifier, await show(prover, 'Bearer'))).toBe('confirmation')
    expect(await reasonOf(verifier, await show(await createProver()))).toBe('confirmation')
    const bare = new Request(url, { headers: { authorization: `DPoP ${token}` } })
    expect(await reasonOf(verifier, bare)).toBe('proof')
    const certificate = { method: 'GET', url, headers: { authorization: `Bearer ${token}` }, certificate: 'x' }
    expect(await reasonOf(verifier, certificate)).toBe('confirmation')
  })
})
