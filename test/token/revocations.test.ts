import { describe, expect, it } from 'vitest'
import { createKeyring, nameUnder } from '../../keys/index.ts'
import { signClaims } from '../../src/jose/signed.ts'
import {
  appOf,
  type Bundle,
  compareBundles,
  hashRevoked,
  isRevoked,
  LONGEST_BUNDLE,
  MOST_EVENTS,
  needsNamesKey,
  REVOCATION_KINDS,
  REVOCATIONS_TYP,
  type RevocationKind,
  readBundle,
} from '../../src/token/revocations.ts'
import { API, API2, ISSUER, NOW, testRing } from '../fixtures.ts'

const SALT = 'salt'
const target = { jti: 'j1', gid: 'g1', sub: 'alice', client_id: 'app', kid: 'r1.20833', iat: NOW }
const VALUES = {
  jti: 'j1',
  gid: 'g1',
  app: appOf('alice', 'app'),
  sub: 'alice',
  client: 'app',
  kid: 'r1.20833',
} as const
const PLAIN = ['jti', 'gid', 'app', 'sub', 'client', 'kid'] as const
const bundleOf = (kind: RevocationKind, value: string, at = NOW, salt = SALT) => ({
  seq: 1,
  salt: SALT,
  events: { [kind]: { [hashRevoked(salt, kind, value)]: at } },
})

describe('a revocation', () => {
  it.each(PLAIN)('by %s hits what was issued until then, and nothing later', (kind) => {
    expect(isRevoked(bundleOf(kind, VALUES[kind]), target)).toBe(true)
    expect(isRevoked(bundleOf(kind, VALUES[kind], NOW + 1), target)).toBe(true)
    expect(isRevoked(bundleOf(kind, VALUES[kind], NOW - 1), target)).toBe(false)
    expect(isRevoked(bundleOf(kind, `${VALUES[kind]}x`), target)).toBe(false)
    expect(isRevoked(bundleOf(kind, VALUES[kind], NOW, 'other'), target)).toBe(false)
  })

  it('of one kind hits no value of another: hashes differ', () => {
    const hashes = REVOCATION_KINDS.map((kind) => hashRevoked(SALT, kind, 'same'))
    expect(new Set(hashes).size).toBe(REVOCATION_KINDS.length)
    for (const hash of hashes) expect(hash).toMatch(/^[\w-]{16}$/)
  })

  it('is told by what never changes: verifiers of other versions know it so', () => {
    expect([REVOCATIONS_TYP, hashRevoked(SALT, 'jti', 'j1')]).toEqual(['revocations+jwt', 'BWoe4qyn5aXF3866'])
    expect(appOf('alice', 'app')).toBe('ysVdOvGkoHnqOfPPCluSKf75C2iZkwRhHCLMMArw2z4')
  })

  it('of a root hits all that its leaves and signing keys made', () => {
    for (const kid of ['r1', 'r1.20833', 'r1.1-Ed25519'])
      expect(isRevoked(bundleOf('kid', 'r1'), { ...target, kid })).toBe(true)
    for (const kid of ['r10.20833', 'r2.1', 's1'])
      expect(isRevoked(bundleOf('kid', 'r1'), { ...target, kid })).toBe(false)
  })

  it('of the key of a day hits what was made with it under any branch', () => {
    for (const kid of ['r1.20833', 'r1.20833.2'])
      expect(isRevoked(bundleOf('kid', 'r1.20833'), { ...target, kid })).toBe(true)
    expect(isRevoked(bundleOf('kid', 'r1.20833.2'), target)).toBe(false)
    expect(isRevoked(bundleOf('kid', 'r1.20833.2'), { ...target, kid: 'r1.20833.2' })).toBe(true)
    expect(isRevoked(bundleOf('kid', 'r1.20833'), { ...target, kid: 'r1.20834.2' })).toBe(false)
  })

  it.each([
    ['of the first branch', 'r1.20833', true],
    ['of a lower branch', 'r1.20833.2', true],
    ['of the lowest branch that counts', 'r1.20833.3', false],
    ['of a higher branch', 'r1.20833.10', false],
    ['under what is no leaf', 'what is this?', true],
  ])('of a resource hits a token %s, whenever it says that it was issued', (_, leaf, expected) => {
    const bundle = bundleOf('resource', API, 3)
    for (const iat of [0, NOW, NOW + 86_400]) {
      expect(isRevoked(bundle, { ...target, aud: API, leaf, iat })).toBe(expected)
      expect(isRevoked(bundle, { ...target, aud: API2, leaf, iat })).toBe(false)
    }
  })

  it('of a resource hits no token that names none, nor one under what is no leaf where none is told of', () => {
    const leaf = 'what is this?'
    expect(isRevoked(bundleOf('resource', API, 3), { ...target, leaf })).toBe(false)
    expect(isRevoked(bundleOf('sub', 'bob'), { ...target, aud: API, leaf })).toBe(false)
  })

  it('of a resource hits no refresh token, and no token to a key of the server’s own', () => {
    const bundle = bundleOf('resource', API, 3)
    expect(isRevoked(bundle, target)).toBe(false)
    expect(isRevoked(bundle, { ...target, aud: API, kid: 'r1.20833', leaf: undefined })).toBe(false)
  })

  it.each(['sub', 'app', 'gid'] as const)('by the name of a %s hits with the key of that resource alone', (kind) => {
    const [own, other] = [1, 2].map((fill) => ({ kid: 'r1', key: () => new Uint8Array(32).fill(fill) }))
    if (own === undefined || other === undefined) throw new Error('there are no keys')
    const { name, shift } = nameUnder(own.key(), kind, VALUES[kind])
    const bundle = (at: number) => bundleOf('name', name, at + shift)
    // Looked for twice: what is kept of the first time must not change anything.
    for (let time = 0; time < 2; time++) {
      expect(isRevoked(bundle(NOW), target, [own])).toBe(true)
      expect(isRevoked(bundle(NOW), target, [other, own])).toBe(true)
      expect(isRevoked(bundle(NOW - 1), target, [own])).toBe(false)
      expect(isRevoked(bundle(NOW), target, [other])).toBe(false)
      expect(isRevoked(bundle(NOW), target)).toBe(false)
      expect(isRevoked(bundle(NOW), { ...target, sub: 'bob', gid: 'g2', client_id: 'other' }, [own])).toBe(false)
    }
  })

  it('by a name hits nothing but a person, an app or an approval', () => {
    const key = { kid: 'r1', key: () => new Uint8Array(32).fill(1) }
    for (const kind of ['jti', 'client', 'kid'] as const) {
      const { name, shift } = nameUnder(key.key(), kind, VALUES[kind])
      expect(isRevoked(bundleOf('name', name, NOW + shift), target, [key])).toBe(false)
    }
    expect([needsNamesKey(bundleOf('name', 'n')), needsNamesKey(bundleOf('sub', 'alice'))]).toEqual([true, false])
  })

  it('of a person at one client hits neither the person elsewhere, nor another person there', () => {
    const bundle = bundleOf('app', appOf('alice', 'app'))
    expect(isRevoked(bundle, target)).toBe(true)
    for (const other of [
      { client_id: 'another' },
      { sub: 'bob' },
      { sub: 'alicea', client_id: 'pp' },
      { sub: 'alic', client_id: 'eapp' },
      { client_id: undefined },
    ])
      expect([other, isRevoked(bundle, { ...target, ...other })]).toEqual([other, false])
  })

  it('hits nothing that a token does not have', () => {
    const bare = { sub: 'alice', client_id: undefined, iat: NOW }
    const key = { kid: 'r1', key: () => new Uint8Array(32).fill(1) }
    for (const nothing of ['undefined', '']) {
      expect(isRevoked(bundleOf('gid', nothing), bare)).toBe(false)
      expect(isRevoked(bundleOf('app', appOf('alice', nothing)), bare)).toBe(false)
      const { name, shift } = nameUnder(key.key(), 'gid', nothing)
      expect(isRevoked(bundleOf('name', name, NOW + shift), bare, [key])).toBe(false)
    }
    expect(isRevoked({ seq: 1, salt: SALT, events: {} }, target)).toBe(false)
  })
})

describe('a bundle', () => {
  it.each([...PLAIN, 'name', 'resource'])('is told of %s', (kind) => {
    expect(REVOCATION_KINDS).toContain(kind)
    const claims = { seq: 1, salt: SALT, events: { [kind]: { h: NOW } } }
    expect(readBundle(claims)).toStrictEqual(claims)
  })

  it('keeps the kinds that are known', () => {
    const events = { jti: { h: NOW }, later: { h: NOW }, sub: null, gid: 'h' }
    const bundle = { seq: 1, salt: SALT, events: { jti: { h: NOW } } }
    expect(readBundle({ seq: 1, salt: SALT, events })).toStrictEqual(bundle)
    expect(readBundle({ epoch: 5, seq: 1, salt: SALT, events })).toStrictEqual({ epoch: 5, ...bundle })
  })

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['no seq', { salt: SALT, events: {} }],
    ['epoch as text', { epoch: '5', seq: 1, salt: SALT, events: {} }],
    ['seq as text', { seq: '1', salt: SALT, events: {} }],
    ['seq with a fraction', { seq: 1.5, salt: SALT, events: {} }],
    ['no salt', { seq: 1, events: {} }],
    ['an empty salt', { seq: 1, salt: '', events: {} }],
    ['no events', { seq: 1, salt: SALT }],
    ['events of null', { seq: 1, salt: SALT, events: null }],
  ])('is none with %s', (_, claims) => {
    expect(readBundle(claims)).toBeUndefined()
  })
})

describe('a bundle beside the one that is known', () => {
  const dated = (issuedAt: number, seq: number, epoch?: number) => {
    const bundle: Bundle = { ...(epoch === undefined ? {} : { epoch }), seq, salt: SALT, events: {} }
    return { bundle, issuedAt }
  }
  const known = dated(NOW, 10, 5)
  const old = dated(NOW, 10)
  it.each<[string, ReturnType<typeof dated>, ReturnType<typeof dated>, ReturnType<typeof compareBundles>]>([
    ['the same', known, known, 'newer'],
    ['with more in it', known, dated(NOW, 11, 5), 'newer'],
    ['dated later', known, dated(NOW + 30, 10, 5), 'newer'],
    ['dated earlier', known, dated(NOW - 1, 99, 5), 'older'],
    ['of a list that was made later', known, dated(NOW, 0, 6), 'set back'],
    ['of a list that was made later, dated earlier', known, dated(NOW - 1, 0, 6), 'older'],
    ['with less in it', known, dated(NOW + 30, 9, 5), 'older'],
    ['with less in it, dated a minute later', known, dated(NOW + 60, 9, 5), 'set back'],
    ['of a list that was made earlier', known, dated(NOW + 30, 99, 4), 'older'],
    ['of a list that was made earlier, dated a minute later', known, dated(NOW + 60, 0, 4), 'set back'],
    ['of an issuer that goes back to 0.1.0', known, dated(NOW, 10), 'newer'],
    ['of an issuer that goes back to 0.1.0, with less in it', known, dated(NOW + 30, 9), 'older'],
    ['of 0.1.0', old, dated(NOW, 11), 'newer'],
    ['of 0.1.0, with less in it', old, dated(NOW + 30, 9), 'older'],
    ['of 0.1.0, with less in it, dated a minute later', old, dated(NOW + 60, 9), 'set back'],
    ['of an issuer that was 0.1.0', old, dated(NOW, 10, 7), 'newer'],
    ['of an issuer that was 0.1.0, with less in it', old, dated(NOW + 30, 9, 7), 'older'],
    ['of an issuer that was 0.1.0, with less in it, dated a minute later', old, dated(NOW + 60, 9, 7), 'set back'],
  ])('%s', (_, before, after, standing) => {
    expect(compareBundles(before, after)).toBe(standing)
  })
})

describe('the longest list', () => {
  // promise: P01
  it('is a bundle that verifiers take', async () => {
    const hash = (index: number): string => `${'x'.repeat(10)}${String(index).padStart(6, '0')}`
    const instants = (from: number, to: number) =>
      Object.fromEntries(Array.from({ length: to - from }, (_, index) => [hash(from + index), 9_999_999_999]))
    const share = MOST_EVENTS / REVOCATION_KINDS.length
    const events = Object.fromEntries(
      REVOCATION_KINDS.map((kind, index) => [kind, instants(Math.ceil(index * share), Math.ceil((index + 1) * share))]),
    )
    const [iss, salt, epoch, seq] = [`https://${'i'.repeat(2000)}`, 's'.repeat(1000), 9e15, 9e15]
    const claims = { iss, iat: 9_999_999_999, exp: 9_999_999_999, epoch, seq, salt, events }
    const signer = createKeyring(testRing(NOW), ISSUER).signingKeys.signing('ES256', NOW)
    if (signer === undefined) throw new Error('no key')
    const bundle = await signClaims(claims, REVOCATIONS_TYP, signer)
    expect(bundle.length).toBeLessThan(LONGEST_BUNDLE)
    expect(Object.values(events).reduce((sum, of) => sum + Object.keys(of).length, 0)).toBe(MOST_EVENTS)
  })
})
