import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseStrictly, parseText, parseUnique, readText } from '../../src/jose/strict_json.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('JSON of one spelling', () => {
  it.each(['{}', '{"a":1}', '{"a":{"b":[1,{"c":null}]},"":"é"}', '{"a":"\\n"}'])('is %s', (text) => {
    expect(parseText(text)).toEqual(JSON.parse(text))
    expect(parseStrictly(bytes(text))).toEqual(JSON.parse(text))
  })

  it.each([
    '',
    '{',
    'null',
    '1',
    '"a"',
    '[]',
    '[{}]',
    '{ }',
    '{"a":1} ',
    '\ufeff{}',
    '{"a":1.0}',
    '{"\\u0061":1}',
    '{"a":1,"a":1}',
    '{"a":{"b":1,"b":2}}',
    '{"2":1,"1":1}',
    '{"__proto__":{}}',
  ])('is not %j', (text) => {
    expect(parseText(text)).toBeUndefined()
    expect(parseStrictly(bytes(text))).toBeUndefined()
  })

  it('is of UTF-8 alone', () => {
    expect(parseStrictly(Uint8Array.of(0x7b, 0xff, 0x7d))).toBeUndefined()
    expect(readText(Uint8Array.of(0xff))).toBeUndefined()
    expect(readText(bytes('\ufeffé').buffer as ArrayBuffer)).toBe('\ufeffé')
  })
})

describe('JSON in which no member stands twice', () => {
  it.each([
    '{}',
    ' { "a" : 1 ,\n"b":[1,[2],{}] }\t',
    '{"a:b":"c:d","e":{"a:b":"\\":\\\\"}}',
    '{"a":{"b":1},"b":{"a":1,"b":1}}',
    '{"\\u0061":1.0,"2":0,"1":0}',
    '{"a":[{"b":1},{"b":1}]}',
    '{"":"","\\"":":\u2028:"}',
    '{"__proto__":{"a":1}}',
  ])('is %s', (text) => {
    expect(parseUnique(text)).toEqual(JSON.parse(text))
  })

  it.each([
    '{"a":1,"a":1}',
    '{"a":1,"b":2,"\\u0061":1}',
    '{"a":{"b":1,"b":1}}',
    '{"a":[1,[{"b":1,"b":1}]]}',
    '{"a:b":1,"a:b":1}',
    '{"a":{},"a":{"b":1}}',
    '{"__proto__":1,"__proto__":2}',
    '{',
    '',
    'null',
    '1',
    '"a"',
    '":"',
    '[]',
    '[{"a":1}]',
  ])('is not %j', (text) => {
    expect(parseUnique(text)).toBeUndefined()
  })

  it('is any object as it is written, and none of two spellings of one name', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(3), fc.string(), (json, indent, name) => {
        const text = JSON.stringify(json, null, indent)
        expect(parseUnique(text)).toEqual(JSON.parse(text))
        const member = `${JSON.stringify(name)}:1`
        const others = Object.keys(json).length === 0 ? '' : `,${text.trim().slice(1, -1)}`
        const isThere = Object.hasOwn(json, name)
        expect(parseUnique(`{${member}${others}}`) === undefined).toBe(isThere)
        expect(parseUnique(`{${member},${member}${others}}`)).toBeUndefined()
      }),
    )
  })
})
