import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type ContentEncryption, createKeyring, createRing, type Leaves, type Purpose } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import { openEnvelope, sealEnvelope } from '../../src/token/envelope.ts'
import { openPurpose, sealPurpose } from '../../src/token/purpose.ts'
import { API, API2, ENTITLEMENT, ISSUER, NOW, openEntitlement, testKey, testRing } from '../fixtures.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const ENCS: readonly ContentEncryption[] = ['A256GCM', 'A256CBC-HS512']
const keyring = createKeyring(testRing(NOW), ISSUER)
const expected = { issuer: ISSUER, resource: API, now: NOW, clockTolerance: 0, longestLife: 600, anonymous: true }
const opens = (token: string, leaves: Leaves): Promise<boolean> =>
  openEntitlement(token, leaves, expected).then(
    () => true,
    () => false,
  )

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 })
const scopeToken = fc.stringMatching(/^[\x21\x23-\x5b\x5d-\x7e]{1,10}$/)
const anyEntitlement = fc.record({
  sub: text,
  client_id: fc.option(text, { nil: undefined }),
  aud: fc.constant(API),
  scope: fc.array(scopeToken, { minLength: 1, maxLength: 5 }),
  iat: fc.integer({ min: NOW - 500, max: NOW }),
  exp: fc.integer({ min: NOW + 1, max: NOW + 90 }),
  jti: text,
  claims: fc.dictionary(
    fc.stringMatching(/^own_[a-z0-9]{1,8}$/),
    // JSON has no -0.
    fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown),
  ),
})

describe.each(ENCS)('an envelope by %s', (enc) => {
  const leaves = keyring.leavesFor('access', API, enc, 600)

  it('opens to what was sealed: open ∘ seal = id', async () => {
    await fc.assert(
      fc.asyncProperty(anyEntitlement, async (any) => {
        const token = await sealDirect(any, ISSUER, leaves, NOW)
        expect(await openEntitlement(token, leaves, expected)).toEqual(any)
      }),
      { numRuns: 200 },
    )
  })

  it('is refused with any one character changed, at every place to every other', async () => {
    const token = await sealDirect(ENTITLEMENT, ISSUER, leaves, NOW)
    expect(await opens(token, leaves)).toBe(true)
    for (let at = 0; at < token.length; at++) {
      const others = [...ALPHABET, '.', '=', ' '].filter((character) => character !== token[at])
      const changed = others.map((character) => token.slice(0, at) + character + token.slice(at + 1))
      expect(await Promise.all(changed.map((one) => opens(one, leaves)))).toEqual(changed.map(() => false))
    }
  })

  it('is refused with a character more or less, at every place', async () => {
    const token = await sealDirect(ENTITLEMENT, ISSUER, leaves, NOW)
    for (let at = 0; at <= token.length; at++) {
      const [before, after] = [token.slice(0, at), token.slice(at)]
      const changed = [
        before + after.slice(1),
        ...['A', '_', '.', '=', ' ', '\n', '\0'].map((more) => before + more + after),
      ]
      const different = changed.filter((one) => one !== token)
      expect(await Promise.all(different.map((one) => opens(one, leaves)))).toEqual(different.map(() => false))
    }
  })

  it('is refused in every other spelling of the same bytes (C12)', async () => {
    const token = await sealDirect(ENTITLEMENT, ISSUER, leaves, NOW)
    const segments = token.split('.')
    const spellings = segments.flatMap((segment, index) => {
      const slack = segment.length % 4 === 2 ? 16 : segment.length % 4 === 3 ? 4 : 1
      const last = ALPHABET.indexOf(segment.at(-1) ?? 'A')
      const twins = Array.from({ length: slack - 1 }, (_, more) => segment.slice(0, -1) + ALPHABET[last + more + 1])
      const padded = ['=', '==', ' ', '\n', '\t', '\u00a0', '%'].map((more) => segment + more)
      const standard = segment.replaceAll('-', '+').replaceAll('_', '/')
      return [...twins, ...padded, ` ${segment}`, ...(standard === segment ? [] : [standard])].map((one) =>
        segments.with(index, one).join('.'),
      )
    })
    const [header, , iv, ciphertext, tag] = segments
    const json = [
      JSON.stringify({ protected: header, iv, ciphertext, tag }),
      JSON.stringify({ protected: header, iv, ciphertext, tag, recipients: [{}] }),
      `Bearer ${token}`,
      encodeURIComponent(`${token} `),
    ]
    expect(spellings.length).toBeGreaterThan(40)
    for (const spelling of [...spellings, ...json])
      expect([spelling, await opens(spelling, leaves)]).toEqual([spelling, false])
  })
})

describe('the leaf of anything else', () => {
  it('does not open it: resource, purpose, root, period, issuer', async () => {
    const token = await sealDirect(ENTITLEMENT, ISSUER, keyring.leavesFor('access', API, 'A256GCM', 600), NOW)
    const otherRoot = createRing({ now: NOW, key: testKey(1) })
    const others: readonly Leaves[] = [
      keyring.leavesFor('access', API2, 'A256GCM', 600),
      keyring.leavesFor('access', '', 'A256GCM', 600),
      ...(
        ['code', 'refresh', 'par', 'login', 'session', 'nonce', 'mark', 'sign'] as const satisfies readonly Purpose[]
      ).map((purpose) => keyring.leavesFor(purpose, '', 'A256GCM', 600)),
      createKeyring(otherRoot, ISSUER).leavesFor('access', API, 'A256GCM', 600),
      createKeyring(testRing(NOW), 'https://as2.example').leavesFor('access', API, 'A256GCM', 600),
      createKeyring({ ...testRing(NOW), period: 43_200 }, ISSUER).leavesFor('access', API, 'A256GCM', 600),
    ]
    expect(await Promise.all(others.map((leaves) => opens(token, leaves)))).toEqual(others.map(() => false))
  })

  it('does not open the same leaf number of any other period', async () => {
    const leaves = keyring.leavesFor('access', API, 'A256GCM', 600)
    const [today, tomorrow] = [leaves.sealing(NOW), leaves.sealing(NOW + 86_400)]
    if (today === undefined || tomorrow === undefined) throw new Error('no leaf')
    const forged = await sealEnvelope({ a: 1 }, 'at+jwe', { ...tomorrow, kid: today.kid })
    await expect(openEnvelope(forged, 'at+jwe', leaves, NOW)).rejects.toMatchObject({ code: 'decryption' })
  })
})

it('a purpose envelope opens to any facts that were sealed', async () => {
  const leaves = keyring.leavesFor('code', '', 'A256GCM', 600)
  const facts = fc.record({
    jti: text,
    iat: fc.constant(NOW),
    exp: fc.integer({ min: NOW + 1, max: NOW + 600 }),
    more: text,
  })
  await fc.assert(
    fc.asyncProperty(facts, async (any) => {
      expect(await openPurpose('code', await sealPurpose('code', any, leaves, NOW), leaves, NOW, 0)).toEqual(any)
    }),
    { numRuns: 200 },
  )
})
