import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkKnown } from '../../keys/check.ts'
import { distance, findMeant } from '../../keys/did_you_mean.ts'

const name = fc.string({ unit: fc.constantFrom('a', 'b', 'C', '-'), maxLength: 10 })

/** Says the same from the definition alone, and slowly: the least of what it costs to be rid of the last letters. */
function slowly(from: string, to: string, swap: number): number {
  if (from === '' || to === '') return from.length + to.length
  const [one, other] = [from.slice(0, -1), to.slice(0, -1)]
  const costs = [
    slowly(one, to, swap) + 1,
    slowly(from, other, swap) + 1,
    slowly(one, other, swap) + (from.at(-1) === to.at(-1) ? 0 : 1),
  ]
  const isSwapped = from.length > 1 && to.length > 1 && from.at(-1) === to.at(-2) && from.at(-2) === to.at(-1)
  return Math.min(...costs, ...(isSwapped ? [slowly(from.slice(0, -2), to.slice(0, -2), swap) + swap] : []))
}

/** All names of two letters that are no longer than this. */
const namesOf = (most: number): string[] =>
  most === 0 ? [''] : ['', ...namesOf(most - 1).flatMap((rest) => [`a${rest}`, `b${rest}`])]

describe('how far a name is from another', () => {
  it.each([
    ['scope', 'scopes', 2, 1],
    ['socpe', 'scope', 2, 2],
    ['socpe', 'scope', 1, 1],
    ['', 'abc', 2, 3],
    ['abc', '', 2, 3],
  ])('%s and %s, a swap counted %s: %s', (from, to, swap, away) => {
    expect([distance(from, to, swap), distance(to, from, swap)]).toEqual([away, away])
  })

  it.each([0, 1, 2])('is for all names of up to four letters what the definition says, a swap counted %s', (swap) => {
    const names = namesOf(4)
    for (const from of names)
      for (const to of names) {
        const away = slowly(from, to, swap)
        for (const most of [undefined, 0, 1, 2, 3])
          expect([from, to, most, distance(from, to, swap, most)]).toEqual([
            ...[from, to, most],
            away <= (most ?? away) ? away : expect.toSatisfy((far: number) => far > (most ?? 0)),
          ])
      }
  })

  it('is the same where no more than some letters count, as far as these go', () => {
    fc.assert(
      fc.property(name, name, fc.constantFrom(1, 2), fc.nat(3), (from, to, swap, most) => {
        const away = distance(from, to, swap)
        const near = distance(from, to, swap, most)
        expect(away <= most ? near : near > most).toBe(away <= most ? away : true)
      }),
    )
  })
})

describe('the name that was meant', () => {
  it('is the nearest, and of two that are as near the first', () => {
    expect(findMeant('orders:raed', ['orders:reader', 'orders:read', 'orders:road'])).toBe('orders:read')
    expect(findMeant('abcx', ['abcd', 'abce'])).toBe('abcd')
    expect(findMeant('abcdef', ['abcdxy', 'abcdex'])).toBe('abcdex')
    expect(findMeant('ab', ['xy', 'cb'])).toBeUndefined()
    expect(findMeant('abcdefgh', ['abcdexyz'])).toBeUndefined()
    expect([1, 2].map((swap) => findMeant('rnig', ['resource', 'ring'], swap))).toEqual(['ring', undefined])
  })

  it('is looked for among thousands of long ones at every one of many faults, and the start ends', () => {
    const long = (host: string): string => `https://${host}.example/${'path/'.repeat(300)}`
    const known = Array.from({ length: 20 }, (_, index) => long(`api${index}`))
    const unknown = Array.from({ length: 20 }, (_, index) => long(`old${index}`))
    expect(() => checkKnown('resources', unknown, known, 'one that is there')).toThrow(
      '"resources[19]" expected one that is there',
    )
  })
})
