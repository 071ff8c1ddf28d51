import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { checkKnown } from '../../keys/check.ts'
import { distance, findMeant } from '../../keys/did_you_mean.ts'

const name = fc.string({ unit: fc.constantFrom('a', 'b', 'C', '-'), maxLength: 10 })

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
    expect(findMeant('ab', ['xy', 'cb'])).toBeUndefined()
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
