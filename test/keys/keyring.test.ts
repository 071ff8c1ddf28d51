import { describe, expect, it } from 'vitest'
import { createKeyring, deriveBranch, deriveNamesKey, type Ring, revokeRoot, rotateRing } from '../../keys/index.ts'
import { API, API2, ISSUER, NOW, named, testKey, testRing } from '../fixtures.ts'

const ring = ((): Ring => {
  const rotation = rotateRing(testRing(NOW), { now: NOW, key: testKey(1) })
  if (!rotation.ok) throw new Error(rotation.detail)
  return named(rotation.ring)
})()

describe('the names keys of a resource', () => {
  it('are those of its branches, of every root, and of revoked ones too', () => {
    const keyring = createKeyring(revokeRoot(ring, 'r1'), ISSUER)
    for (const resource of [API, API2])
      for (const [branch, living] of [
        [undefined, [1]],
        [2, [1, 2]],
        [7, [6, 7]],
      ] as const) {
        const keys = keyring.namesKeys(resource, branch)
        const expected = living.flatMap((number) =>
          ring.roots.map(({ kid, k, pub, use, end, del }) => ({
            ...{ kid, pub, use, end, del, isRevoked: kid === 'r1', ...(number === 1 ? {} : { branch: number }) },
            key: deriveNamesKey(deriveBranch(k, ISSUER, 'access', resource, number)),
          })),
        )
        expect(keys.map(({ key, ...others }) => ({ ...others, key: key() }))).toMatchObject(expected)
        expect(keys.map((key) => 'branch' in key)).toEqual(expected.map((key) => 'branch' in key))
      }
  })

  it('are made once', () => {
    const keyring = createKeyring(ring, ISSUER)
    expect(keyring.namesKeys(API)).toBe(keyring.namesKeys(API))
    expect(keyring.namesKeys(API, 2)).toBe(keyring.namesKeys(API, 2))
  })
})

describe('the leaves of a resource', () => {
  it('are made once for each content encryption, life, branch and resource', () => {
    const keyring = createKeyring(ring, ISSUER)
    const all = (): readonly unknown[] => [
      keyring.leavesFor('access', API, 'A256GCM', 60),
      keyring.leavesFor('access', API, 'A256CBC-HS512', 60),
      keyring.leavesFor('access', API, 'A256GCM', 61),
      keyring.leavesFor('access', API, 'A256GCM', 60, 2),
      keyring.leavesFor('access', API2, 'A256GCM', 60),
      keyring.leavesFor('code', API, 'A256GCM', 60),
    ]
    const first = all()
    expect(new Set(first).size).toBe(6)
    for (const [index, leaves] of all().entries()) expect(leaves).toBe(first[index])
  })

  it('of a branch seal by it alone, and open by it and by the one before it', () => {
    const keyring = createKeyring(ring, ISSUER)
    const leaves = keyring.leavesFor('access', API, 'A256GCM', 60, 3)
    const number = Math.floor(NOW / 86_400)
    expect(leaves.sealing(NOW)?.kid).toBe(`r1.${number}.3`)
    const kids = ['', '.2', '.3', '.4'].map((branch) => leaves.opening(`r1.${number}${branch}`, NOW)?.kid)
    expect(kids).toEqual([undefined, `r1.${number}.2`, `r1.${number}.3`, undefined])
  })
})

describe('the keyring', () => {
  it('tells the timings of its ring', () => {
    expect(createKeyring(ring, ISSUER)).toMatchObject({ skew: 60, propagation: 3600, period: 86_400 })
  })

  it('has no name for events while no root is primary, or two are', () => {
    const [first, second] = ring.roots as readonly [Ring['roots'][0], Ring['roots'][0]]
    const twice = createKeyring({ ...ring, roots: [{ ...first, end: second.use + 1 }, second] }, ISSUER)
    expect(twice.eventName('alice', second.use)).toBeUndefined()
    expect(twice.eventName('alice', second.use + 1)).toBeDefined()
    expect(twice.eventName('alice', NOW - 1)).toBeUndefined()
    expect(createKeyring(revokeRoot(ring, 'r1'), ISSUER).eventName('alice', NOW)).toBeUndefined()
  })

  it('tells the names of an event under each root, with its dates, and under revoked ones too', () => {
    const names = createKeyring(revokeRoot(ring, 'r1'), ISSUER).eventNames('alice')
    expect(names).toMatchObject(ring.roots.map(({ kid, use, end }) => ({ kid, use, end })))
    expect(names).toEqual(createKeyring(ring, ISSUER).eventNames('alice'))
    expect(new Set(names.map(({ name }) => name)).size).toBe(2)
  })
})
