import { describe, expect, it } from 'vitest'
import { isOf, readSchema } from '../../../src/registration/details/json_schema.ts'

const object = (properties: object, more: object = {}) => ({
  type: 'object',
  properties,
  additionalProperties: false,
  ...more,
})
const array = (items: object, more: object = {}) => ({ type: 'array', items, ...more })

describe('a schema', () => {
  it.each<[string, object, readonly unknown[], readonly unknown[]]>([
    ['string', { type: 'string' }, ['', 'a', '😀'], [1, true, null, [], {}, undefined]],
    ['string of a length', { type: 'string', minLength: 2, maxLength: 3 }, ['ab', '😀😀😀'], ['a', 'abcd']],
    ['string of a pattern', { type: 'string', pattern: '^[A-Z]{2}[0-9]+$' }, ['DE1'], ['de1', 'DE', 'xDE1', 'DE1x']],
    ['string with a pattern somewhere', { type: 'string', pattern: '[0-9]' }, ['a1b'], ['ab']],
    ['string of some', { type: 'string', enum: ['a', 'b'] }, ['a', 'b'], ['c', '', 'A']],
    ['one string', { type: 'string', const: 'a' }, ['a'], ['b']],
    ['number', { type: 'number' }, [0, -1, 1.5, 1e300], ['1', Number.NaN, Number.POSITIVE_INFINITY, null]],
    ['number between', { type: 'number', minimum: 0.5, maximum: 2 }, [0.5, 2], [0.4, 2.1, -1]],
    ['integer', { type: 'integer' }, [0, -5, 2 ** 53 - 1], [0.5, 2 ** 53, '1']],
    ['integer between', { type: 'integer', minimum: 1, maximum: 3 }, [1, 3], [0, 4]],
    ['one integer', { type: 'integer', const: 0 }, [0], [1, false]],
    ['boolean', { type: 'boolean' }, [true, false], ['true', 0, null]],
    ['true', { type: 'boolean', const: true }, [true], [false]],
    ['array', array({ type: 'integer' }), [[], [1, 2]], [['1'], [1, null], { 0: 1 }, '1']],
    ['array of a length', array({ type: 'integer' }, { minItems: 1, maxItems: 2 }), [[1], [1, 2]], [[], [1, 2, 3]]],
    [
      'object',
      object({ a: { type: 'string' }, b: { type: 'integer' } }, { required: ['a'] }),
      [{ a: '' }, { b: 1, a: '' }],
      [{}, { b: 1 }, { a: 1 }, { a: '', c: 1 }, [], null, 'a', { a: '', constructor: 1 }],
    ],
    [
      'object in an array in an object',
      object({ list: array(object({ x: { type: 'integer' } })) }),
      [{}, { list: [] }, { list: [{ x: 1 }, {}] }],
      [{ list: [{ y: 1 }] }, { list: [[]] }, { list: {} }],
    ],
  ])('of a %s takes what it says, and nothing else', (_, schema, good, bad) => {
    const read = readSchema('s', schema)
    for (const value of good) expect(isOf(read, value)).toBe(true)
    for (const value of bad) expect(isOf(read, value)).toBe(false)
  })

  it('takes no member that only a prototype has, and none by the name of one', () => {
    const read = readSchema('s', object({ toString: { type: 'string' } }, { required: ['toString'] }))
    expect(isOf(read, {})).toBe(false)
    expect(isOf(readSchema('s', object({})), JSON.parse('{"__proto__":{}}'))).toBe(false)
    expect(isOf(readSchema('s', object({})), JSON.parse('{"constructor":{}}'))).toBe(false)
  })

  it.each<[string, unknown, string]>([
    ['that is none', 'object', '"s" expected an object'],
    ['that is true', true, '"s" expected an object, got true'],
    ['without a type', {}, '"s.type" expected "string" or'],
    ['of several types', { type: ['string', 'null'] }, '"s.type" expected "string" or'],
    ['of an unknown type', { type: 'null' }, '"s.type" expected "string" or'],
    [
      'with an unknown keyword',
      { type: 'string', format: 'email' },
      '"s" has no setting "format"; it knows: type, title',
    ],
    ['with a reference', { $ref: '#/x' }, '"s.type" expected'],
    ['with alternatives', { type: 'object', oneOf: [] }, '"s" has no setting "oneOf"'],
    ["with another type's keyword", { type: 'integer', maxLength: 5 }, '"s" has no setting "maxLength"'],
    ['with choices of objects', object({}, { enum: [{}] }), '"s" has no setting "enum"'],
    ['with choices of another type', { type: 'string', enum: ['a', 1] }, 'values of its own kind in "enum"'],
    ['with choices that its own pattern refuses', { type: 'string', pattern: '^a', enum: ['b'] }, 'of its own kind'],
    ['with no choice', { type: 'string', enum: [] }, '"s.enum" expected a value'],
    ['with a choice that is no list', { type: 'string', enum: 'a' }, '"s.enum" expected a list'],
    ['with a constant of another type', { type: 'string', const: 1 }, 'of its own kind'],
    ['with a malformed pattern', { type: 'string', pattern: '(' }, '"s.pattern" expected a regular expression'],
    ['with a pattern that is no text', { type: 'string', pattern: 1 }, '"s.pattern" expected a regular expression'],
    ['with a length that is none', { type: 'string', maxLength: -1 }, '"s.maxLength" expected an integer ≥ 0, got -1'],
    ['with a bound that is none', { type: 'number', minimum: '1' }, '"s.minimum" expected a number'],
    ['of an array of nothing', { type: 'array' }, '"s.items" expected an object, got nothing'],
    ['of an object of nothing', { type: 'object', additionalProperties: false }, '"s.properties" expected an object'],
    [
      'of an object that may have more (RFC 9396 §5)',
      { type: 'object', properties: {} },
      '"s.additionalProperties" expected false, written out',
    ],
    [
      'of an object that may have anything (RFC 9396 §5)',
      { type: 'object', properties: {}, additionalProperties: true },
      '"s.additionalProperties" expected false, written out',
    ],
    ['that needs what it does not know', object({}, { required: ['a'] }), '"s.required[0]" expected'],
    ['that needs no list', object({}, { required: 'a' }), '"s.required" expected a list'],
    ['with a strange name', object({ 'a b': { type: 'string' } }), 'expected a letter, then'],
    ['with the name of a prototype', object(JSON.parse('{"__proto__":{"type":"string"}}')), 'expected a letter, then'],
    ['with a title that nobody can see', { type: 'string', title: 'a\u202e' }, '"s.title" expected 1 to 64 characters'],
    [
      'that is too deep',
      array(array(array(array(array({ type: 'string' }))))),
      '"s.items.items.items.items.items" expected at most 5 levels',
    ],
    ['with something wrong deep inside', object({ a: array({ type: 'x' }) }), '"s.properties.a.items.type" expected'],
  ])('is refused when settings are built: one %s', (_, schema, message) => {
    expect(() => readSchema('s', schema)).toThrow(message)
  })
})
