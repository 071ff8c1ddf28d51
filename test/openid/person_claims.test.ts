import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { keepClaims, MOST_CLAIMS } from '../../src/openid/person_claims.ts'
import { ALICE } from '../parties/openid_provider.ts'

const NAMES = [...Object.keys(ALICE), 'groups', 'seen']
const sizeOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length

/** Returns claims whose JSON has just so many bytes. */
const ofSize = (bytes: number, unit = 'a') => {
  const empty = sizeOf({ name: '' })
  const width = sizeOf(unit) - 2
  const whole = Math.floor((bytes - empty) / width)
  return { name: unit.repeat(whole) + 'a'.repeat((bytes - empty) % width) }
}

describe('the claims of a person', () => {
  it('are kept as they are, where they may be told; the others are not even looked at', () => {
    const secret = {
      get password(): string {
        throw new Error('looked at')
      },
    }
    expect(keepClaims(Object.assign(secret, ALICE, { age: 7n }), NAMES)).toEqual(ALICE)
  })

  it('are none where nobody knows them: null, and a text without letters (OpenID Connect Core §5.3.2)', () => {
    const given = {
      name: '',
      email: null,
      email_verified: undefined,
      phone_number_verified: '',
      updated_at: null,
      locale: 'en',
    }
    expect(keepClaims(given, NAMES)).toEqual({ locale: 'en' })
    expect([keepClaims(undefined, NAMES), keepClaims(null, NAMES)]).toEqual([{}, {}])
  })

  it('have 1,536 bytes of JSON together at the most, in UTF-8', () => {
    expect(MOST_CLAIMS).toBe(1536)
    for (const unit of ['a', 'é', '中', '😀', '"', '\n']) {
      const [most, more] = [ofSize(1536, unit), ofSize(1537, unit)]
      expect([sizeOf(most), sizeOf(more)]).toEqual([1536, 1537])
      expect(keepClaims(most, NAMES)).toEqual(most)
      expect(() => keepClaims(more, NAMES)).toThrow('have 1537 bytes, and may have 1536: name ')
    }
  })

  const cycle: { self?: unknown } = {}
  cycle.self = cycle
  it.each<readonly [string, unknown, string]>([
    ['no object', 'alice', 'no object'],
    ['a list', [ALICE], 'no object'],
    ['a truth that is a text', { email_verified: 'true' }, 'email_verified is no boolean'],
    ['a truth that is a number', { phone_number_verified: 1 }, 'phone_number_verified is no boolean'],
    ['an instant that is a text', { updated_at: '2026-01-01T00:00:00Z' }, 'updated_at is no number'],
    ['an instant that is none', { updated_at: Number.NaN }, 'updated_at'],
    ['an object in an object', { address: { country: { code: 'GB' } } }, 'address'],
    ['a list in an object', { address: { lines: ['1', '2'] } }, 'address'],
    ['an object in a list', { groups: [{ name: 'a' }] }, 'groups'],
    ['a circle', { groups: cycle }, 'groups'],
    ['a number beyond all', { seen: Number.POSITIVE_INFINITY }, 'seen'],
    ['a number that was rounded', { seen: 2 ** 63 }, 'seen'],
    ['half of a pair', { name: 'a\ud800' }, 'name'],
    ['half of a pair in a name', { address: { 'a\udc00': 'b' } }, 'address'],
    ['a hole', { groups: new Array(2) }, 'groups'],
    ['a function', { name: () => 'Alice' }, 'name'],
    ['a date', { seen: new Date(0) }, 'seen'],
    ['a big integer', { seen: 7n }, 'seen'],
    ['what writes itself', { seen: { toJSON: () => 'x' } }, 'seen'],
    ['another’s prototype', { address: JSON.parse('{"__proto__":"x"}') }, 'address'],
  ])('are refused where there is %s, and it is said which', (_, given, said) => {
    expect(() => keepClaims(given, NAMES)).toThrow(said)
    expect(() => keepClaims(given, NAMES)).toThrow(expect.objectContaining({ code: 'login_failed' }))
  })

  it('are told by name alone: what stands on every object is nobody’s', () => {
    expect(keepClaims({}, ['constructor', 'toString', 'valueOf'])).toEqual({})
    expect(keepClaims(JSON.parse('{"constructor":"x","__proto__":{"name":"y"}}'), ['constructor', 'name'])).toEqual({
      constructor: 'x',
    })
  })

  it('whatever they are: they are refused, or come back from JSON as they are kept, bounded, and of these names alone', () => {
    const value = fc.oneof(
      fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }),
      fc.jsonValue(),
      fc.string(),
    )
    const given = fc.oneof(fc.dictionary(fc.constantFrom(...NAMES, 'other', '__proto__'), value), fc.anything())
    fc.assert(
      fc.property(given, (claims) => {
        let kept: unknown
        try {
          kept = keepClaims(claims, NAMES)
        } catch (error) {
          expect(error).toMatchObject({ code: 'login_failed' })
          return
        }
        expect(JSON.parse(JSON.stringify(kept))).toEqual(kept)
        expect(sizeOf(kept)).toBeLessThanOrEqual(1536)
        for (const [name, one] of Object.entries(kept as object)) {
          expect(NAMES).toContain(name)
          if (typeof one === 'object')
            for (const inner of Object.values(one as object))
              expect(inner === null || typeof inner !== 'object').toBe(true)
        }
      }),
      { numRuns: 1000 },
    )
  })
})
