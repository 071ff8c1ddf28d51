import { describe, expect, it } from 'vitest'
import {
  examineRing,
  type Finding,
  type Ring,
  type RsaJwk,
  revokeRoot,
  rotateRing,
  writeRing,
} from '../../keys/index.ts'
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
      {
        message: expect.stringContaining(
          'no root is primary from 2027-04-15T08:00:00Z to 2027-04-17T22:13:20Z: nothing can be sealed then',
        ),
      },
    ])
  })

  it('tells the stretches in their order, in whatever order the roots stand', () => {
    const apart = [
      { ...first, end: first.end - 1 },
      { ...second, end: second.use + 60 },
    ] as const
    const stretches = [
      'from 2027-01-15T09:00:59Z to 2027-01-15T09:01:00Z',
      'from 2027-01-15T09:02:00Z to 2027-01-29T08:00:00Z',
    ]
    for (const roots of [apart, apart.toReversed()])
      expect(examineRing(withRoots(...roots), { now: NOW })).toMatchObject(
        stretches.map((stretch) => ({ rule: 'primary', message: expect.stringContaining(stretch) })),
      )
  })

  it('tells the numbers: what is, and what had to be', () => {
    const early = examineRing(withRoots({ ...first, end: first.end - 1 }, { ...second, use: second.use - 1 }), {
      now: NOW,
    })
    const { use } = second
    expect(early).toMatchObject([
      { kid: 'r2', message: expect.stringMatching(`^root r2: use is ${use - 1}.* ${use} `) },
    ])
    const short = examineRing(withRoots(first, { ...second, del: second.del - 1 }), { now: NOW })
    const { del } = second
    expect(short).toMatchObject([
      { kid: 'r2', message: expect.stringMatching(`^root r2: del is ${del - 1}.* ${del} `) },
    ])
    const many = withRoots(...Array.from({ length: 40 }, () => second))
    const bytes = new TextEncoder().encode(writeRing(many)).length
    expect(examineRing(many, { now: second.use }).at(-1)).toMatchObject({
      rule: 'size',
      message: expect.stringMatching(`${bytes} bytes.* 5120\\b`),
    })
    // What fits just so, fits.
    const rest = 5120 - new TextEncoder().encode(writeRing({ ...sound, revoked: [''] })).length
    expect(rules({ ...sound, revoked: ['x'.repeat(rest)] })).toEqual([])
    expect(rules({ ...sound, revoked: ['x'.repeat(rest + 1)] })).toEqual(['size'])
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
    const past = { ...first, kid: 'past', pub: 1, use: 1, end: 2, del: 3 }
    expect(rules(withRoots(past, first, second))).toEqual([])
    expect(rules({ ...sound, rsa: [{ ...past, jwk: {} as RsaJwk }] })).toEqual([])
  })
})
