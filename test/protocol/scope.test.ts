import { describe, expect, it } from 'vitest'
import { grantScope, readScope } from '../../src/protocol/scope.ts'

const refusal = expect.objectContaining({ code: 'invalid_scope' })

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

  it('of 50,000 characters is read in a time that grows with its length alone (M23)', () => {
    expect(readScope('a '.repeat(25_000).trimEnd())).toEqual(['a'])
    expect(() => readScope(`${'a'.repeat(50_000)}"`)).toThrow(refusal)
  })
})
