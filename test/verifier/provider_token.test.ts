import { Hono } from 'hono'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { createKeyring, exportKeys, writeKeys } from '../../keys/index.ts'
import { DIRECT_TYP, sealDirect } from '../../src/token/direct.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { sealEnvelope } from '../../src/token/envelope.ts'
import { createDirectVerifier } from '../../src/verifier/direct.ts'
import { resourceServer as inFetch } from '../../src/verifier/fetch.ts'
import { resourceServer as inHono } from '../../src/verifier/hono.ts'
import { createVerifier, type Problem } from '../../src/verifier/index.ts'
import { toAuthInfo, tokenVerifier } from '../../src/verifier/mcp.ts'
import { createSealer, PARTNER_KEYS } from '../parties/partner.ts'
import { API, ENTITLEMENT, ISSUER, NOW, testRing } from '../ring.ts'

const CANARY = 'gho_canary-7f3a'
const entitlement: Entitlement = { ...ENTITLEMENT, sub: 'github|583231' }
const ring = testRing(NOW)
const leaves = createKeyring(ring, ISSUER).leavesFor('access', API, 'A256GCM', 600)
const keys = writeKeys(exportKeys(ring, { issuer: ISSUER, resource: API, now: NOW }))
const problems: Problem[] = []
const options = {
  issuer: ISSUER,
  resource: API,
  keys,
  now: () => NOW,
  onProblem: (problem: Problem) => problems.push(problem),
}
const seal = (providerToken?: string): Promise<string> =>
  sealDirect({ ...entitlement, ...(providerToken === undefined ? {} : { providerToken }) }, ISSUER, leaves, NOW)

/** Opens a token as a resource server does that shares no secret with the issuer. */
async function openNested(): Promise<Entitlement | undefined> {
  const sealer = createSealer()
  const token = await sealer.seal('P-256', 'A256GCM', 'ES256', { ...entitlement, providerToken: CANARY })
  const decryptionKeys = { keys: [PARTNER_KEYS['P-256']] } as never
  const { issuer, resource, now } = options
  const verifier = createVerifier({ issuer, resource, now, decryptionKeys, jwks: await sealer.jwks() })
  return (await verifier.verify(token)).entitlement
}

const invalidToken = (description: string): Error => new Error(description)
const request = async (): Promise<Request> =>
  new Request(API, { headers: { authorization: `Bearer ${await seal(CANARY)}` } })

/** What each face lets its server see. */
const FACES: Readonly<Record<string, () => Promise<Entitlement | undefined>>> = {
  verifier: async () => (await createVerifier(options).verify(await seal(CANARY))).entitlement,
  direct: async () => (await createDirectVerifier(options).verify(await seal(CANARY))).entitlement,
  'verifier, of a token to a key of its own': openNested,
  async hono() {
    let seen: Entitlement | undefined
    const app = new Hono().get('/', inHono(options), (c) => {
      seen = c.get('entitlement')
      return c.json(seen)
    })
    expect(await (await app.fetch(await request())).text()).not.toContain(CANARY)
    return seen
  },
  async fetch() {
    let seen: Entitlement | undefined
    await inFetch(options)(await request(), (_, given) => {
      seen = given
      return new Response()
    })
    return seen
  },
  mcp: async () => (await tokenVerifier({ ...options, invalidToken }).verifyAccessToken(await seal(CANARY))).extra,
  'mcp, behind a middleware': async () =>
    toAuthInfo((await createVerifier(options).verify(await seal(CANARY))).entitlement ?? entitlement).extra,
}

describe('the token of a provider that a resource is handed', () => {
  it.each(Object.entries(FACES))('is found by its name, and in no copy, JSON or log: %s', async (_, see) => {
    const seen = await see()
    if (seen === undefined) throw new Error('nobody was let in')
    expect(seen.providerToken).toBe(CANARY)
    expectTypeOf(seen.providerToken).toEqualTypeOf<string | undefined>()
    expect({ ...seen }).toEqual(entitlement)
    expect(Object.keys(seen)).not.toContain('providerToken')
    expect(JSON.stringify([seen, { ...seen }, structuredClone(seen), Object.entries(seen)])).not.toContain(CANARY)
  })

  it('is not there where the token carries none', async () => {
    const seen = (await createVerifier(options).verify(await seal())).entitlement
    expect(seen?.providerToken).toBeUndefined()
    expect('providerToken' in (seen ?? {})).toBe(false)
  })

  it.each([1, '', null, {}, [CANARY], 'two words', 'a line\nmore', 'tökèn'])(
    'is what can be shown to a provider, or the access token is malformed: %j',
    async (provider_token) => {
      const leaf = leaves.sealing(NOW)
      if (leaf === undefined) throw new Error('no leaf')
      const { claims: _, scope, ...claims } = entitlement
      const facts = { iss: ISSUER, ...claims, scope: scope.join(' '), provider_token }
      const verification = await createVerifier(options).verify(await sealEnvelope(facts, DIRECT_TYP, leaf))
      expect(verification).toMatchObject({ ok: false, code: 'invalid_token', reason: 'claims' })
    },
  )

  it('is in no word of why a request was refused', async () => {
    const demands = [{ scope: 'write' }, { acr: 'gold' }, { maxAge: 1 }]
    const at = [
      ...demands.map(async (demand) => createVerifier(options).verify(await seal(CANARY), demand)),
      createVerifier({ ...options, now: () => NOW + 9999 }).verify(await seal(CANARY)),
      createVerifier({ ...options, longestLife: 1 }).verify(await seal(CANARY)),
    ]
    for (const { ok, response, detail } of await Promise.all(at)) {
      expect(ok).toBe(false)
      const told = [detail, await response?.text(), JSON.stringify([...(response?.headers ?? [])])]
      expect(told.join()).not.toContain(CANARY)
    }
    expect(problems.length).toBeGreaterThan(4)
    expect(JSON.stringify(problems)).not.toContain(CANARY)
  })
})
