import { describe, expect, it } from 'vitest'
import { readParameters } from '../../src/protocol/parameters.ts'

describe('the parameters of a request', () => {
  it('are decoded as a form (RFC 6749 appendix B)', () => {
    const parameters = readParameters('a=1+2&b=%C3%A9%26&c=x%3Dy=z')
    expect(['a', 'b', 'c'].map(parameters.get)).toEqual(['1 2', 'é&', 'x=y=z'])
  })

  it('are absent when they are empty (RFC 6749 §3.2)', () => {
    const parameters = readParameters('a=&b&c=1')
    expect(['a', 'b', 'c', 'd'].map(parameters.get)).toEqual([undefined, undefined, '1', undefined])
    expect(() => parameters.require('a')).toThrow(expect.objectContaining({ code: 'invalid_request' }))
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
    expect(() => parameters.checkOnce('b', 'a')).toThrow(expect.objectContaining({ code: 'invalid_request' }))
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
    expect(() => readParameters(encoded).checkOnce()).toThrow(expect.objectContaining({ code: 'invalid_request' }))
  })
})
