import { describe, expect, it } from 'vitest'
import { grantScope, readScope, readScopeText, SCOPE_TOKEN } from '../../src/protocol/scope.ts'

const refusal = expect.objectContaining({
  code: 'invalid_scope',
  reason: 'scope',
  message: expect.stringMatching(/\w/),
})

describe('a scope', () => {
  it.each([
    [undefined, undefined],
    ['a', ['a']],
    ['a b:c d/e', ['a', 'b:c', 'd/e']],
    ['b a b', ['b', 'a']],
    ['!#[]~', ['!#[]~']],
  ])('%j is read as %j (RFC 6749 §3.3)', (scope, tokens) => {
    expect(readScope(scope)).toEqual(tokens)
  })

  it.each(['a  b', ' a', 'a ', ' ', 'a\tb', 'a\nb', 'é', 'a"b', 'a\\b', 'a\u007f', 'read\r\nSet-Cookie: a=b'])(
    '%j is malformed (RFC 6749 §3.3)',
    (scope) => expect(() => readScope(scope)).toThrow(refusal),
  )

  it('is granted as asked for, or all of it, and never more (RFC 6749 §3.3)', () => {
    expect(grantScope(['b'], ['a', 'b'], true)).toEqual(['b'])
    expect(grantScope(undefined, ['a', 'b'], true)).toEqual(['a', 'b'])
    expect(() => grantScope(['c'], ['a', 'b'], true)).toThrow(refusal)
    expect(() => grantScope(['a', 'c'], ['a', 'b'], true)).toThrow(refusal)
    expect(() => grantScope(undefined, [], true)).toThrow(refusal)
  })

  it('is cut to what is allowed where it is not strict, and is never nothing', () => {
    expect(grantScope(['c', 'b'], ['a', 'b'], false)).toEqual(['b'])
    expect(grantScope(undefined, ['a', 'b'], false)).toEqual(['a', 'b'])
    expect(() => grantScope(['c'], ['a', 'b'], false)).toThrow(refusal)
    expect(() => grantScope([], ['a'], true)).toThrow(refusal)
    expect(() => grantScope(undefined, [], false)).toThrow(refusal)
  })

  it('has tokens of the characters of RFC 6749 §3.3, and no others', () => {
    const taken = Array.from({ length: 256 }, (_, code) => code).filter((code) =>
      SCOPE_TOKEN.test(String.fromCharCode(code)),
    )
    const expected = Array.from({ length: 0x7e - 0x20 }, (_, index) => 0x21 + index)
    expect(taken).toEqual(expected.filter((code) => code !== 0x22 && code !== 0x5c))
    expect(['', 'a b', 'ab\n', '\na', 'a"', '"a'].filter((token) => SCOPE_TOKEN.test(token))).toEqual([])
  })

  it.each([
    ['', []],
    ['openid', ['openid']],
    ['openid email a"b\\c', ['openid', 'email', 'a"b\\c']],
    ['!~', ['!~']],
    ['a'.repeat(2048), ['a'.repeat(2048)]],
  ])('of another server is read from %j', (text, tokens) => expect(readScopeText('x', text)).toEqual(tokens))

  it.each([' ', 'a  b', ' a', 'a ', 'a\tb', 'a\n', '\na', 'é', 'a\u007f', 'a'.repeat(2049), 'a\n'.repeat(3)])(
    'of another server is not %j',
    (text) => expect(() => readScopeText('x', text)).toThrow(RangeError),
  )

  it('of another server is told the operator with its length where it is wrong', () => {
    expect(() => readScopeText('providerScope', ' ')).toThrow(/"providerScope" .*2,048/)
  })

  it.each([undefined, null, 1, ['a']])('of another server is a text, not %j', (value) => {
    expect(() => readScopeText('x', value)).toThrow(TypeError)
  })

  it('of 50,000 characters is read in a time that grows with its length alone (M23)', () => {
    expect(readScope('a '.repeat(25_000).trimEnd())).toEqual(['a'])
    expect(() => readScope(`${'a'.repeat(50_000)}"`)).toThrow(refusal)
  })
})
