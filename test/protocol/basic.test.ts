import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readBasic, writeBasic } from '../../src/protocol/basic.ts'
import { basic } from '../fixtures.ts'

describe('HTTP Basic', () => {
  it('gives back any id and secret that were form-encoded (RFC 6749 §2.3.1)', () => {
    const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(text, text, (id, secret) => {
        expect(readBasic(basic(id, secret))).toEqual({ id, secret })
        expect(readBasic(writeBasic({ id, secret }))).toEqual({ id, secret })
      }),
    )
  })

  it.each([
    ['Basic YTpi', { id: 'a', secret: 'b' }],
    ['basic YTpi', { id: 'a', secret: 'b' }],
    ['BASIC  YTpi', { id: 'a', secret: 'b' }],
    [`Basic ${btoa('a:b:c')}`, { id: 'a', secret: 'b:c' }],
    [`Basic ${btoa('a:')}`, { id: 'a', secret: '' }],
    [`Basic ${btoa('a+b:%2B')}`, { id: 'a b', secret: '+' }],
  ])('%j is read (RFC 7617 §2)', (header, credentials) => {
    expect(readBasic(header)).toEqual(credentials)
  })

  it.each([
    ['nothing after the scheme', 'Basic'],
    ['only a space after it', 'Basic '],
    ['no colon', `Basic ${btoa('foo')}`],
    ['nothing before the colon', `Basic ${btoa(':secret')}`],
    ['a malformed escape', `Basic ${btoa('foo with %:foo')}`],
    ['an escape that is not UTF-8', `Basic ${btoa('a%ff:b')}`],
    ['bytes that are not UTF-8', `Basic ${btoa('a\xff:b')}`],
    ['base64url', `Basic ${btoa('a?>:b').replaceAll('/', '_').replaceAll('+', '-')}-`],
    ['white space within', 'Basic YT pi'],
    ['padding in the middle', 'Basic YQ==YTpi'],
    ['two headers in one', 'Basic YTpi, Basic YTpi'],
    ['another scheme', 'Bearer YTpi'],
    ['a scheme that only begins so', 'Basically YTpi'],
    ['nothing', ''],
    ['a header that is none before it', 'x Basic YTpi'],
    ['text behind it', 'Basic YTpi x'],
    ['no space after the scheme', 'BasicYTpi'],
    ['padding alone', 'Basic =='],
    ['more padding than there is', 'Basic YTpi==='],
  ])('with %s is refused (M31)', (_, header) => {
    const told = { code: 'invalid_client', reason: 'malformed', message: expect.stringMatching(/\w/) }
    expect(() => readBasic(header)).toThrow(expect.objectContaining(told))
  })

  it('says to the log, and nobody else, why it could not be decoded', () => {
    for (const header of [`Basic ${btoa('foo')}`, `Basic ${btoa('%:foo')}`, `Basic ${btoa('a\xff:b')}`, 'Basic YTpi='])
      expect(() => readBasic(header)).toThrow(expect.objectContaining({ cause: expect.any(Error) }))
  })

  it('is written as the example of RFC 6749 §2.3.1 has it', () => {
    expect(writeBasic({ id: 's6BhdRkqt3', secret: 'gX1fBat3bV' })).toBe('Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW')
    expect(writeBasic({ id: 'a b:c', secret: '' })).toBe(`Basic ${btoa('a+b%3Ac:')}`)
  })
})
