import { describe, expect, it } from 'vitest'
import {
  appOf,
  hashRevoked,
  isRevoked,
  REVOCATION_KINDS,
  type RevocationKind,
  readBundle,
} from '../../src/token/revocations.ts'
import { NOW } from '../fixtures.ts'

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
const bundleOf = (kind: RevocationKind, value: string, at = NOW, salt = SALT) => ({
  seq: 1,
  salt: SALT,
  events: { [kind]: { [hashRevoked(salt, kind, value)]: at } },
})

describe('a revocation', () => {
  it.each(REVOCATION_KINDS)('by %s hits what was issued until then, and nothing later', (kind) => {
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

  it('of a root hits all that its leaves and signing keys made', () => {
    for (const kid of ['r1', 'r1.20833', 'r1.1-Ed25519'])
      expect(isRevoked(bundleOf('kid', 'r1'), { ...target, kid })).toBe(true)
    for (const kid of ['r10.20833', 'r2.1', 's1'])
      expect(isRevoked(bundleOf('kid', 'r1'), { ...target, kid })).toBe(false)
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
    expect(isRevoked(bundleOf('gid', 'undefined'), bare)).toBe(false)
    expect(isRevoked({ seq: 1, salt: SALT, events: {} }, target)).toBe(false)
  })
})

describe('a bundle', () => {
  it('keeps the kinds that are known', () => {
    const events = { jti: { h: NOW }, later: { h: NOW }, sub: null }
    expect(readBundle({ seq: 1, salt: SALT, events })).toEqual({ seq: 1, salt: SALT, events: { jti: { h: NOW } } })
  })

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['no seq', { salt: SALT, events: {} }],
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
