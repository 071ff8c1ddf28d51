import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readParameters, writeParameters } from '../../src/protocol/parameters.ts'

/** What is wrong, and words for the log. */
const malformed = expect.objectContaining({
  code: 'invalid_request',
  reason: 'malformed',
  message: expect.stringMatching(/\w/),
})

describe('the parameters of a request', () => {
  it('are decoded as a form (RFC 6749 appendix B)', () => {
    const parameters = readParameters('a=1+2&b=%C3%A9%26&c=x%3Dy=z')
    expect(['a', 'b', 'c'].map(parameters.get)).toEqual(['1 2', 'é&', 'x=y=z'])
  })

  it('are absent when they are empty (RFC 6749 §3.2)', () => {
    const parameters = readParameters('a=&b&c=1')
    expect(['a', 'b', 'c', 'd'].map(parameters.get)).toEqual([undefined, undefined, '1', undefined])
    expect(() => parameters.require('a')).toThrow(malformed)
    expect(parameters.require('c')).toBe('1')
    expect(['a', 'b', 'c', 'd'].map(parameters.all)).toEqual([[], [], ['1'], []])
    expect(parameters.names()).toEqual(['c'])
  })

  it('hold no members of a prototype', () => {
    const parameters = readParameters('a=1')
    expect(['__proto__', 'constructor', 'toString'].map(parameters.get)).toEqual([undefined, undefined, undefined])
  })

  it('may repeat resource and audience alone (RFC 8707 §2, RFC 8693 §2.1)', () => {
    expect(readParameters('resource=a&resource=b&resource=').all('resource')).toEqual(['a', 'b'])
    expect(readParameters('audience=a&audience=b').all('audience')).toEqual(['a', 'b'])
  })

  it('tell which of them are repeated', () => {
    const parameters = readParameters('a=1&a=2&b=1&resource=x&resource=y')
    expect(() => parameters.checkOnce('b', 'resource', 'c')).not.toThrow()
    expect(() => parameters.checkOnce('b', 'a')).toThrow(malformed)
    expect(() => parameters.checkOnce()).toThrow(malformed)
    expect(() => readParameters('a=1&b=1&resource=x&resource=y&audience=x&audience=y').checkOnce()).not.toThrow()
  })

  it.each([
    ['a parameter twice', 'scope=a&scope=a'],
    ['a parameter once full and once empty', 'scope=a&scope='],
    ['an unknown parameter twice', 'foo=1&foo=2'],
    ['a name spelled twice in two ways', 'scope=a&%73cope=b'],
    ['a NUL', 'scope=a%00'],
    ['a NUL in a name', 'a%00=1'],
    ['bytes that are not UTF-8', 'scope=%ff'],
    ['half a surrogate pair', 'scope=%ED%A0%80'],
  ])('are refused with %s (RFC 6749 §3.2)', (_, encoded) => {
    expect(() => readParameters(encoded).checkOnce()).toThrow(malformed)
  })

  it.each(['scope=a%00', 'a%00=1', 'scope=%ff', '%ff=1', 'scope=a&x=%ED%A0%80'])(
    'are not read at all where nobody knows what stands there: %s',
    (encoded) => expect(() => readParameters(encoded)).toThrow(malformed),
  )

  it('are written as a form that is read again: some of them, as short as can be', () => {
    const parameters = readParameters('a=1+2&b=%26%25%2B%3D%3B&b2=&resource=x&resource=y+z&c=%C3%A9&left=out')
    const written = writeParameters(parameters, ['a', 'b', 'b2', 'gone', 'resource', 'c'])
    expect(written).toBe('a=1+2&b=%26%25%2B=;&resource=x&resource=y+z&c=é')
    const again = readParameters(written)
    for (const name of ['a', 'b', 'b2', 'resource', 'c']) expect(again.all(name)).toEqual(parameters.all(name))
    expect(writeParameters(parameters, [])).toBe('')
  })

  it('are read as they were written, whatever they are', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }).filter((one) => !/[\0\ufffd]/.test(one))
    fc.assert(
      fc.property(text, fc.array(text, { maxLength: 3 }), (state, resources) => {
        const form = new URLSearchParams([['state', state], ...resources.map((one) => ['resource', one])])
        const again = readParameters(writeParameters(readParameters(form.toString()), ['state', 'resource']))
        expect([again.get('state'), again.all('resource')]).toEqual([state, resources])
      }),
      { numRuns: 30 },
    )
  })
})
