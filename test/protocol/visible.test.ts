import { describe, expect, it } from 'vitest'
import {
  isVisible,
  makeVisible,
  readVisible,
  visibleJson,
  visiblePart,
  visibleText,
} from '../../src/protocol/visible.ts'

/** `Default_Ignorable_Code_Point`, as Unicode's DerivedCoreProperties.txt lists it. */
const DEFAULT_IGNORABLE: readonly (readonly [number, number])[] = [
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xfe00, 0xfe0f],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfff8],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
]

describe('a text that a person reads', () => {
  it('has nothing that is left out where a font lacks it: none of those characters passes', () => {
    const passing = DEFAULT_IGNORABLE.flatMap(([first, last]) =>
      Array.from({ length: last - first + 1 }, (_, index) => first + index),
    ).filter((point) => [`a${String.fromCodePoint(point)}b`, String.fromCodePoint(point)].some(isVisible))
    expect(passing).toEqual([])
  })

  it.each([
    ['a control', '\u0007'],
    ['a tab', '\t'],
    ['a line break', '\n'],
    ['one of the other control set', '\u0085'],
    ['a separator of lines', '\u2028'],
    ['a separator of paragraphs', '\u2029'],
    ['a direction', '\u202e'],
    ['half a pair', '\ud800'],
    ['a private one', '\ue000'],
    ['one that is not assigned', '\u0378'],
    ['no character at all', '\uffff'],
    ['a blank that counts as a symbol', '\u2800'],
  ])('has not %s', (_, character) => {
    expect([isVisible(`a${character}b`), visibleText(64).test(`a${character}b`)]).toEqual([false, false])
  })

  it.each(['Zoë', 'Łukasz Żółć', '田中 太郎', 'عائشة', 'रवि', 'O’Neill & Söhne', '👍 12,50 €', 'a\u00a0b'])(
    'may be %s',
    (text) => {
      expect([isVisible(text), visibleText(64).test(text)]).toEqual([true, true])
    },
  )

  it('is more than spaces where it is a name, and not too long, in characters', () => {
    const name = visibleText(3)
    expect(['', ' ', '\u3000', ' \u00a0 ', 'abcd'].filter((text) => name.test(text))).toEqual([])
    expect(['a', ' a ', 'abc', '👍👍👍'].filter((text) => !name.test(text))).toEqual([])
  })

  it.each([
    ['a\u0000b\u202ec\ud800', 'abc'],
    ['  a \u00a0\u3000 b\t', 'a b'],
    ['\u200b \u2800', ''],
    ['', ''],
    ['a\nb', 'ab'],
    ['e\u0301\u0302\u0303\u0304', 'e\u0301\u0302\u0303\u0304'],
    ['e\u0301\u0302\u0303\u0304\u0305\u0306o\u0301', 'e\u0301\u0302\u0303\u0304o\u0301'],
    ['👍👍👍👍👍👍👍👍👍', '👍👍👍👍👍👍👍👍'],
    ['1234567 89', '1234567'],
    ['  12345678 9', '12345678'],
  ])('of %j is %j what can be seen, cut to eight characters', (text, seen) => expect(visiblePart(text, 8)).toBe(seen))

  it('is read as it is, of as many characters as it may have', () => {
    expect(readVisible('name', 'Zoë 👍', 5)).toBe('Zoë 👍')
    for (const text of ['', ' ', 'a\u0007', 'abcdef', 'Zoë 👍👍'])
      expect(() => readVisible('name', text, 5)).toThrow(expect.objectContaining({ name: 'RangeError' }))
    expect(() => readVisible('name', 'abcdef', 5)).toThrow(/"name" .*5/)
    expect(() => readVisible('name', 7, 5)).toThrow(TypeError)
  })

  it('is JSON of one line, with what nobody can see escaped, and the same value', () => {
    expect(visibleJson({ a: 'b', c: [1, null, true] })).toBe('{"a":"b","c":[1,null,true]}')
    expect(visibleJson('é日👍')).toBe('"é日👍"')
    expect(visibleJson('~\u007f\u0085')).toBe('"~\\u007f\\u0085"')
    expect(visibleJson('\u202e\u2028\u{e0041}\u2800')).toBe('"\\u202e\\u2028\\udb40\\udc41\\u2800"')
    for (const value of ['\u0000\u001b[2J\n', '\u009b1m é', '\u{10ffff}', '\ud800', { '\u202e': '\u200f' }]) {
      const json = visibleJson(value)
      expect([JSON.parse(json), isVisible(json)]).toEqual([value, true])
    }
  })

  it('is shown with what nobody can see written out, and all else as it is', () => {
    expect(makeVisible('\u001b[2J \u009b1m \u202eabc\r\n \u{e0041} \ud800')).toBe(
      '\\u{1b}[2J \\u{9b}1m \\u{202e}abc\\u{d}\\u{a} \\u{e0041} \\u{d800}',
    )
    for (const text of ['', 'Orders ✓ – “é” 日本語', '👍']) expect(makeVisible(text)).toBe(text)
  })
})
