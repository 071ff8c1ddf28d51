import { describe, expect, it } from 'vitest'
import { branchesOf, createKeyring, createLeaves, createLeavesBy, type Ring } from '../../keys/index.ts'
import { API, ISSUER, testKey } from '../fixtures.ts'

const period = 100
const root = (
  kid: string,
  turn: number,
  pub: number,
  use: number,
  end: number,
  del: number,
): Ring['roots'][number] => ({
  kid,
  k: testKey(turn),
  pub,
  use,
  end,
  del,
})
const ring: Ring = {
  v: 1,
  period,
  propagation: 20,
  skew: 5,
  revoked: [],
  roots: [root('a', 1, 1000, 1000, 1450, 2000), root('b', 2, 1400, 1450, 1900, 2500)],
}
const leavesOf = (changes: Partial<Ring> = {}, longestLife = 60) => {
  const changed = { ...ring, ...changes }
  return createLeaves({ ...changed, branches: branchesOf(changed, ISSUER, 'access', API), enc: 'A256GCM', longestLife })
}

describe('the leaf that seals', () => {
  it('is that of the primary root and the period of the clock', () => {
    const leaves = leavesOf()
    expect([1000, 1099, 1100, 1449, 1450, 1899].map((now) => leaves.sealing(now)?.kid)).toEqual([
      'a.10',
      'a.10',
      'a.11',
      'a.14',
      'b.14',
      'b.18',
    ])
  })

  it('goes back when the clock does', () => {
    const leaves = leavesOf()
    expect([1450, 1300, 1450].map((now) => leaves.sealing(now)?.kid)).toEqual(['b.14', 'a.13', 'b.14'])
  })

  it('is none when no root is primary, two are, or the primary is revoked', () => {
    expect(leavesOf().sealing(999)).toBeUndefined()
    expect(leavesOf().sealing(1900)).toBeUndefined()
    expect(leavesOf({ revoked: ['a'] }).sealing(1100)).toBeUndefined()
    expect(
      leavesOf({
        roots: [ring.roots[0] as never, { ...(ring.roots[1] as never as Ring['roots'][0]), use: 1400 }],
      }).sealing(1420),
    ).toBeUndefined()
  })

  it('ends with its period, or with its root', () => {
    expect(leavesOf().sealing(1420)).toMatchObject({ nbf: 1400, exp: 1450 })
    expect(leavesOf().sealing(1460)).toMatchObject({ nbf: 1450, exp: 1500 })
    expect(leavesOf().sealing(1600)).toMatchObject({ nbf: 1600, exp: 1700 })
  })
})

describe('the leaf that opens', () => {
  it('is exactly the one that sealed', () => {
    const leaves = leavesOf()
    const sealing = leaves.sealing(1110)
    expect(leavesOf().opening('a.11', 1120)).toEqual(sealing)
  })

  it('opens from skew before its period until what it sealed has ended (design §3)', () => {
    const leaves = leavesOf()
    const opens = (now: number): boolean => leaves.opening('a.11', now) !== undefined
    expect([1094, 1095, 1269, 1270].map(opens)).toEqual([false, true, true, false])
  })

  it('opens while its root is staged, primary or retiring, and no longer', () => {
    const leaves = leavesOf({}, 5000)
    expect([1394, 1395].map((now) => leaves.opening('b.14', now) !== undefined)).toEqual([false, false])
    expect([1445, 1450, 2499, 2500].map((now) => leaves.opening('b.14', now) !== undefined)).toEqual([
      true,
      true,
      true,
      false,
    ])
  })

  it.each(['a.9', 'a.15', 'b.13', 'b.19', 'c.11', 'a.011', 'a', ''])(
    'is none for %j: nothing was sealed by it',
    (kid) => {
      expect(leavesOf({}, 5000).opening(kid, 1460)).toBeUndefined()
    },
  )

  it('is none for a revoked root, at once', () => {
    expect(leavesOf({ revoked: ['a'] }).opening('a.11', 1120)).toBeUndefined()
    expect(leavesOf({ revoked: ['a'] }).opening('b.14', 1460)).toBeDefined()
  })
})

describe('a leaf that was derived', () => {
  const options = {
    ...ring,
    branches: branchesOf(ring, ISSUER, 'access', API),
    enc: 'A256GCM',
    longestLife: 60,
  } as const
  const create = () => {
    const derived: number[] = []
    const leaves = createLeavesBy((_, enc, number) => derived.push(number) && enc, options)
    return { derived, leaves }
  }

  it('is kept until what it sealed has ended, and another is derived', () => {
    for (const [now, expected] of [
      [1269, [11, 12]],
      [1270, [11, 12, 11]],
    ] as const) {
      const { derived, leaves } = create()
      for (const [kid, at] of [
        ['a.11', 1120],
        ['a.11', 1269],
        ['a.12', now],
        ['a.11', 1120],
        ['a.12', 1200],
      ] as const)
        expect(leaves.opening(kid, at)?.kid).toBe(kid)
      expect(derived).toEqual(expected)
    }
  })

  it('seals and opens as the same', () => {
    const { derived, leaves } = create()
    const sealing = leaves.sealing(1600)
    expect(leaves.sealing(1650)).toBe(sealing)
    expect(leaves.opening('b.16', 1600)).toBe(sealing)
    expect(derived).toEqual([16])
  })

  it('opens within its time alone, whether it is kept or not', () => {
    const isOpen = ({ leaves }: ReturnType<typeof create>, now: number): boolean =>
      leaves.opening('b.17', now) !== undefined
    const used = create()
    expect(isOpen(used, 1700)).toBe(true)
    for (const at of [() => used, create])
      expect([1694, 1695, 1869, 1870].map((now) => isOpen(at(), now))).toEqual([false, true, true, false])
  })
})

describe('the branches of a ring', () => {
  it('are derived once, when they are asked for, and have no number where it is the first', () => {
    const [one] = branchesOf(ring, ISSUER, 'access', API)
    expect([one !== undefined && 'branch' in one, one?.k()]).toEqual([false, one?.k()])
    expect(one?.k()).toBe(one?.k())
    expect(branchesOf(ring, ISSUER, 'access', API, 2).map(({ branch }) => branch)).toEqual([2, 2])
  })
})

describe('the leaves that a resource server is told', () => {
  const kidsAt = (now: number, longestLife?: number): readonly string[] =>
    leavesOf({}, longestLife)
      .told(now)
      .map(({ kid }) => kid)

  it('are of the period before, this one and the next, where they seal at all', () => {
    expect(kidsAt(1000)).toEqual(['a.10', 'a.11'])
    expect(kidsAt(1199)).toEqual(['a.10', 'a.11', 'a.12'])
    expect(kidsAt(1200)).toEqual(['a.11', 'a.12', 'a.13'])
  })

  it('are of a root from its publication, but for the skew, until it is deleted', () => {
    expect(kidsAt(994)).toEqual([])
    expect(kidsAt(995)).toEqual(['a.10'])
    expect(kidsAt(1394)).toEqual(['a.12', 'a.13', 'a.14'])
    expect(kidsAt(1395)).toEqual(['a.12', 'a.13', 'a.14', 'b.14'])
    expect([1999, 2000].map((now) => kidsAt(now, 5000).filter((kid) => kid.startsWith('a')).length)).toEqual([5, 0])
  })

  it('are as many as what they sealed lives, and two skews', () => {
    expect(kidsAt(1469, 160)).toContain('a.12')
    expect(kidsAt(1470, 160)).not.toContain('a.12')
  })
})

describe('the leaves within some periods', () => {
  it('are those of every root that seals there', () => {
    const within = (first: number, count: number): readonly (readonly [string, number, number])[] =>
      leavesOf()
        .within(first, count)
        .map(({ kid, nbf, exp }) => [kid, nbf, exp])
    expect(within(14, 2)).toEqual([
      ['a.14', 1400, 1450],
      ['b.14', 1450, 1500],
      ['b.15', 1500, 1600],
    ])
    expect(within(9, 1)).toEqual([])
    expect(within(14, 0)).toEqual([])
  })
})

describe('the keyring', () => {
  it('makes the leaves of a purpose once, and keeps purposes and resources apart', () => {
    const keyring = createKeyring(ring, ISSUER)
    const access = keyring.leavesFor('access', API, 'A256GCM', 60)
    expect(keyring.leavesFor('access', API, 'A256GCM', 60)).toBe(access)
    const others = [
      keyring.leavesFor('access', `${API}/`, 'A256GCM', 60),
      keyring.leavesFor('code', '', 'A256GCM', 60),
      keyring.leavesFor('refresh', '', 'A256GCM', 60),
      createKeyring(ring, 'https://other.example').leavesFor('access', API, 'A256GCM', 60),
    ]
    const keys = [access, ...others].map((leaves) => String(leaves.sealing(1100)?.key))
    expect(new Set(keys).size).toBe(5)
  })
})
