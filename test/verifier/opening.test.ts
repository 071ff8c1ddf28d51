import { describe, expect, it } from 'vitest'
import { createKeyring, exportKeys, type Leaves, writeKeys } from '../../keys/index.ts'
import { TokenError } from '../../src/jose/error.ts'
import type { VerificationKeys } from '../../src/jose/jwks.ts'
import { openDirect, sealDirect } from '../../src/token/direct.ts'
import type { Opened } from '../../src/token/entitlement.ts'
import { checkOptions } from '../../src/verifier/common_options.ts'
import { openersOfKeys } from '../../src/verifier/keys/exported_keys.ts'
import type { FindKeys } from '../../src/verifier/keys/issuer_keys.ts'
import type { RemoteKeys } from '../../src/verifier/keys/remote_keys.ts'
import { type OpeningOptions, openOf } from '../../src/verifier/opening.ts'
import type { Problem } from '../../src/verifier/problem.ts'
import { createSealer, PARTNER_KEYS, publicOf, signingRing } from '../parties/partner.ts'
import { API, API2, ENTITLEMENT, ISSUER, NOW } from '../ring.ts'

const ring = signingRing()
const sealer = createSealer(ring)
const verification = await sealer.verification()
const EC = PARTNER_KEYS['P-256']
const keysOf = (resource: string): string => writeKeys(exportKeys(ring, { issuer: ISSUER, resource, now: NOW }))
const keys = keysOf(API)
const leavesOf = (resource: string): Leaves => createKeyring(ring, ISSUER).leavesFor('access', resource, 'A256GCM', 600)
const direct = await sealDirect(ENTITLEMENT, ISSUER, leavesOf(API), NOW)
const underLeaf = await sealer.seal('dir', 'A256GCM', 'ES256', ENTITLEMENT)
const toKey = await sealer.seal('P-256', 'A256GCM', 'ES256', ENTITLEMENT)
const expected = {
  issuer: ISSUER,
  resource: API,
  now: NOW,
  clockTolerance: 10,
  longestLife: 86_400,
  anonymous: false,
}

/** The issuer's keys, and how they were asked for. */
function findKeys(first: VerificationKeys = verification) {
  const asked: (readonly [number, boolean])[] = []
  const keysAt: FindKeys = async (...one) => {
    asked.push(one)
    return one[1] ? verification : first
  }
  return { asked, keysAt }
}

/** Keys from elsewhere, of which the newer ones alone may have what is looked for. */
function remoteOf(first: Leaves | undefined, more: { failure?: () => { detail: string } | undefined } = {}) {
  const asked: (readonly [number, boolean | undefined])[] = []
  const remote: RemoteKeys = {
    url: `${ISSUER}/keys`,
    leaves: async (...one) => {
      asked.push([one[0], one[1]])
      return one[1] === true ? leavesOf(API) : first
    },
    namesKeys: async () => [],
    ...more,
  }
  return { asked, remote }
}

/** A way to open, what it told, and what becomes of a token. */
function setUp(options: OpeningOptions, keysAt?: FindKeys, keep = 0) {
  const told: Problem[] = []
  const checked = checkOptions({ issuer: ISSUER, resource: API, keep, onProblem: (problem) => told.push(problem) })
  const open = openOf(options, checked, keysAt)
  const ask = async (token: string): Promise<unknown> => {
    try {
      return (await open(token, expected)).entitlement.sub
    } catch (error) {
      return error instanceof TokenError ? error.code : error
    }
  }
  return { told, open, ask }
}
const NONE = leavesOf(API2)
const ALL = leavesOf(API)

describe('with exported keys', () => {
  it('direct tokens are opened, at once where the platform can, and no nested ones', async () => {
    const { ask, open } = setUp({ keys })
    const opened: Opened | Promise<Opened> = open(direct, expected)
    const leaves = openersOfKeys(keys, checkOptions({ issuer: ISSUER, resource: API }))
    expect('then' in opened).toBe('then' in openDirect(direct, leaves, expected))
    expect(await opened).toEqual({ entitlement: ENTITLEMENT, kid: expect.any(String), leaf: expect.any(String) })
    expect([await ask(direct), await ask(underLeaf), await ask(toKey)]).toEqual(['alice', 'header', 'header'])
  })

  it('nested tokens under their leaf are opened beside the keys of the issuer, and no direct ones', async () => {
    const { keysAt, asked } = findKeys()
    const { ask } = setUp({ keys }, keysAt)
    expect([await ask(underLeaf), await ask(direct)]).toEqual(['alice', 'header'])
    expect(asked[0]).toEqual([NOW, false])
    const elsewhere = await createSealer(ring, ISSUER, API2).seal('dir', 'A256GCM', 'ES256', ENTITLEMENT)
    expect(await ask(elsewhere)).toBe('decryption')
    const unknown = createSealer(signingRing(NOW - 86_400 * 365), ISSUER, API, NOW - 86_400 * 365)
    expect(await ask(await unknown.seal('dir', 'A256GCM', 'ES256', ENTITLEMENT))).toBe('key')
  })

  it.each([0, 10])('that are kept open again: %i', async (keep) => {
    const { keysAt } = findKeys()
    for (const { ask } of [setUp({ keys }, undefined, keep), setUp({ keys }, keysAt, keep)]) {
      const token = (await ask(direct)) === 'alice' ? direct : underLeaf
      for (let time = 0; time < 4; time++) expect(await ask(token)).toBe('alice')
    }
  })
})

describe('with keys from elsewhere', () => {
  it.each<[string, string, FindKeys | undefined]>([
    ['direct', direct, undefined],
    ['nested', underLeaf, findKeys().keysAt],
  ])('newer ones are asked for when one is missing, and for nothing else: %s', async (_, token, keysAt) => {
    const known = remoteOf(ALL)
    const wrong = `${token.slice(0, -4)}AAAA`
    const { ask, told } = setUp({ keys: known.remote }, keysAt)
    expect([await ask(token), await ask(wrong), await ask('x')]).toEqual(['alice', 'decryption', 'form'])
    expect(known.asked.every(([now, isLacking]) => now === NOW && isLacking === false)).toBe(true)
    const lacking = remoteOf({ ...NONE, opening: () => undefined })
    expect(await setUp({ keys: lacking.remote }, keysAt).ask(token)).toBe('alice')
    expect(lacking.asked).toEqual([
      [NOW, false],
      [NOW, true],
    ])
    expect(told).toEqual([])
  })

  it('nobody can tell where there never were any', async () => {
    for (const failure of [undefined, () => undefined, () => ({ detail: 'status 500' })]) {
      const { remote } = remoteOf(undefined, failure === undefined ? {} : { failure })
      const { open, told } = setUp({ keys: remote })
      const detail = failure?.() === undefined ? expect.stringMatching(/\w/) : 'status 500'
      await expect(open(direct, expected)).rejects.toMatchObject({
        code: 'unavailable',
        cause: { source: 'keys', detail },
      })
      expect(told).toEqual([])
    }
  })

  it('nobody can tell where one is missing, and newer ones cannot be had', async () => {
    const { remote } = remoteOf({ ...NONE, opening: () => undefined }, { failure: () => ({ detail: 'status 500' }) })
    await expect(setUp({ keys: remote }).open(direct, expected)).rejects.toMatchObject({
      code: 'unavailable',
      cause: { source: 'keys', detail: 'status 500' },
    })
  })

  it('what is known goes on serving where newer ones cannot be had, and each failure is told once', async () => {
    let failure: { detail: string } | undefined = { detail: 'status 500' }
    const { ask, told } = setUp({ keys: remoteOf(ALL, { failure: () => failure }).remote })
    for (const next of [failure, failure, { detail: 'status 502' }, undefined, { detail: 'status 502' }]) {
      failure = next
      expect(await ask(direct)).toBe('alice')
    }
    const of = (status: number): Problem => {
      return { reason: 'unavailable', source: 'keys', detail: `keys: status ${status}` }
    }
    expect(told).toEqual([of(500), of(502), of(502)])
  })
})

describe('with keys of its own', () => {
  it('tokens to each of them are opened, by newer keys of the issuer where they need them, and none under a leaf', async () => {
    const { keysAt, asked } = findKeys({ find: () => Promise.reject(new TokenError('key')) })
    const { ask } = setUp({ decryptionKeys: { keys: Object.values(PARTNER_KEYS) } }, keysAt)
    for (const outer of ['P-256', 'X25519', 'RSA'] as const)
      expect(await ask(await sealer.seal(outer, 'A256GCM', 'ES256', ENTITLEMENT))).toBe('alice')
    expect(asked.slice(0, 2)).toEqual([
      [NOW, false],
      [NOW, true],
    ])
    expect([await ask(underLeaf), await ask(direct)]).toEqual(['key', 'header'])
  })

  it('those are of the content encryption that was agreed on', async () => {
    const { keysAt } = findKeys()
    const other = await sealer.seal('P-256', 'A256CBC-HS512', 'ES256', ENTITLEMENT)
    const decryptionKeys = { keys: [EC] }
    for (const enc of [undefined, 'A256GCM', 'A256CBC-HS512'] as const) {
      const { ask } = setUp({ decryptionKeys, ...(enc === undefined ? {} : { enc }) }, keysAt)
      const isOther = enc === 'A256CBC-HS512'
      expect([await ask(toKey), await ask(other)]).toEqual(isOther ? ['algorithm', 'alice'] : ['alice', 'algorithm'])
    }
  })

  it('each is read once, when it is first needed', async () => {
    let count = 0
    const counted = Object.defineProperty({ ...EC }, 'd', { get: () => [EC.d, count++][0], enumerable: true })
    const { ask } = setUp({ decryptionKeys: { keys: [counted] } }, findKeys().keysAt)
    const before = count
    expect(await ask(toKey)).toBe('alice')
    const after = count
    expect(after).toBeGreaterThan(before)
    expect([await ask(toKey), count]).toEqual(['alice', after])
  })
})

describe('the options', () => {
  const decryptionKeys = { keys: [EC] }
  it.each<[string, object, boolean]>([
    ['enc', { keys, enc: 'A256GCM' }, false],
    ['enc', { decryptionKeys, enc: 'A128GCM' }, true],
    ['keys', { keys, decryptionKeys }, true],
    ['keys', {}, false],
    ['keys', {}, true],
    ['keys', { keys: '' }, false],
    ['keys', { keys: JSON.parse(keys) }, false],
    ['keys', { keys: { leaves: true } }, true],
    ['keys', { keys: keysOf(API2) }, false],
    ['keys', { keys: keysOf(API2) }, true],
    ['decryptionKeys', { decryptionKeys }, false],
    ['decryptionKeys', { decryptionKeys: null }, true],
    ['decryptionKeys', { decryptionKeys: {} }, true],
    ['decryptionKeys', { decryptionKeys: { keys: EC } }, true],
    ['decryptionKeys', { decryptionKeys: { keys: [] } }, true],
    ['decryptionKeys', { decryptionKeys: { keys: [publicOf(EC)] } }, true],
    ['decryptionKeys', { decryptionKeys: { keys: [EC, publicOf(PARTNER_KEYS.RSA)] } }, true],
    ['decryptionKeys', { decryptionKeys: { keys: [EC, EC] } }, true],
    ['decryptionKeys', { decryptionKeys: { keys: [EC, { ...EC, kid: undefined }] } }, true],
  ])(
    'that do not go together are refused by name: "%s" of %j, beside the keys of the issuer: %s',
    (name, options, isNested) => {
      const make = (): unknown => setUp(options, isNested ? findKeys().keysAt : undefined)
      expect(make).toThrow(new RegExp(`^"${name}" `))
      expect(make).toThrow(expect.objectContaining({ name: expect.stringMatching(/^(Type|Range)Error$/) }))
    },
  )
})
