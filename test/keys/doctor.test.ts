import { describe, expect, it } from 'vitest'
import { examineRing, type Finding, type Ring, revokeRoot, rotateRing } from '../../keys/index.ts'
import { NOW, named, testKey, testRing } from '../fixtures.ts'

const sound = ((): Ring => {
  const rotation = rotateRing(testRing(NOW), { now: NOW, key: testKey(1) })
  if (!rotation.ok) throw new Error(rotation.detail)
  return named(rotation.ring)
})()
const [first, second] = sound.roots as readonly [Ring['roots'][0], Ring['roots'][0]]
const withRoots = (...roots: Ring['roots']): Ring => ({ ...sound, roots })
const rules = (ring: Ring, now = NOW): readonly Finding['rule'][] => examineRing(ring, { now }).map(({ rule }) => rule)

describe('the doctor', () => {
  it('finds nothing in a sound ring', () => {
    expect(examineRing(sound, { now: NOW })).toEqual([])
  })

  it.each<[string, Ring, number, readonly Finding['rule'][]]>([
    [
      'a root that seals a second too early',
      withRoots({ ...first, end: first.end - 1 }, { ...second, use: second.use - 1 }),
      NOW,
      ['use'],
    ],
    ['a root that is forgotten a second too early', withRoots(first, { ...second, del: second.del - 1 }), NOW, ['del']],
    ['two primaries', withRoots({ ...first, end: first.end + 1, del: first.del + 1 }, second), NOW, ['primary']],
    ['a gap of a second', withRoots({ ...first, end: first.end - 1 }, second), NOW, ['primary']],
    ['no primary now', revokeRoot(sound, 'r1'), NOW, ['primary']],
    ['the end of all primaries within the horizon', withRoots(first), NOW, ['primary']],
    [
      'a ring that outgrows a secret',
      withRoots(first, ...Array.from({ length: 40 }, () => second)),
      NOW + 86_400,
      ['primary', 'size'],
    ],
  ])('finds %s (design §3)', (_, ring, now, expected) => {
    expect([...new Set(rules(ring, now))]).toEqual(expected)
  })

  it('looks 14 days ahead unless told otherwise', () => {
    const end = NOW + 7_776_000
    expect(rules(testRing(NOW), end - 1_209_600)).toEqual([])
    expect(rules(testRing(NOW), end - 1_209_599)).toEqual(['primary'])
    expect(examineRing(testRing(NOW), { now: NOW, horizon: 8_000_000 })).toMatchObject([
      { message: expect.stringContaining('no root is primary from 2027-04-15T08:00:00Z to 2027-04-17T22:13:20Z') },
    ])
  })

  it('asks roots to outlive the longest life that it is told', () => {
    expect(examineRing(sound, { now: NOW, longestLife: 2_592_000 })).toEqual([])
    expect(examineRing(sound, { now: NOW, longestLife: 2_592_001 })).toMatchObject([
      { rule: 'del', kid: 'r1' },
      { rule: 'del', kid: 'r2' },
    ])
  })

  it('leaves retired and revoked roots in peace', () => {
    const dead = { ...second, kid: 'dead', del: second.end }
    expect(rules({ ...withRoots(first, second, dead), revoked: ['dead'] })).toEqual([])
  })
})
