import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT } from '../checkout.ts'
import { type All, at, deedsOf, enumerateAll, NAMES, TABLES } from './leak_tables.ts'

const PAGE = join(ROOT, 'docs', 'concepts', 'what-a-leak-gives.md')

let all: All = new Map()
beforeAll(async () => {
  all = await enumerateAll()
}, 60_000)

describe('who can read and make what, for every set of up to three secrets that leaked', () => {
  afterAll(() => {
    const sets = [...all.values()].reduce((sum, { can }) => sum + can.size, 0)
    console.log(`${NAMES.length} secrets, ${at(all, 'leaked').can.size} sets, ${all.size} moments: ${sets} in all`)
  })

  it('was tried at each moment', () => {
    expect([...all.values()].map(({ can }) => can.size)).toEqual(Array.from({ length: 7 }, () => 1 + 15 + 105 + 455))
  })

  it('nobody can do less for having more', () => {
    for (const { can } of all.values())
      for (const [set, deeds] of can)
        for (const secret of set.split(' + '))
          expect(deeds).toEqual(expect.arrayContaining([...(can.get(secret) ?? [])]))
  })

  it.each(Object.keys(TABLES) as (keyof typeof TABLES)[])('stands in the docs: %s', (name) => {
    const page = readFileSync(PAGE, 'utf8')
    const [, told = ''] = new RegExp(`<!-- enumerated: ${name} -->\\n\\n([^]*?)\\n\\n<!-- end -->`).exec(page) ?? []
    expect(told).toBe(TABLES[name](all))
  })

  it('without a secret nobody can do anything: what is encrypted to a public key proves nothing', () => {
    for (const { can } of all.values()) expect(can.get('')).toEqual([])
  })

  it('whoever has the keys of one API can do nothing at another (C02)', () => {
    for (const [of, others] of [
      ['A', ['X', 'N', 'P']],
      ['X', ['A', 'N', 'P']],
      ['N', ['A', 'X', 'P']],
    ] as const) {
      const deeds = deedsOf(all, 'leaked', `${of}’s export`)
      expect(deeds).toContain(`reads tokens of ${of}`)
      for (const other of others) expect(deeds.join()).not.toContain(`tokens of ${other}`)
    }
  })

  it('once all is mended no set gives anything', () => {
    expect([...at(all, 'all').can.values()].flat()).toEqual([])
  })
})
