import { describe, expect, it } from 'vitest'
import {
  checkFewMembers,
  checkFunctions,
  checkInteger,
  checkKnown,
  checkMembers,
  checkMethods,
  readBoolean,
  readChoice,
  readInteger,
  readText,
  readTexts,
} from '../../keys/check.ts'
import { createFaultList, Faults, readAll } from '../../keys/faults.ts'
import { createRing, examineRing, exportKeys, rotateRing } from '../../keys/index.ts'
import { API, ISSUER, NOW, testKey, testRing } from '../fixtures.ts'

describe('a member that is unknown', () => {
  const known = ['scope', 'certificate', 'revocations', 'access_token_lifetime', 'enc', 'clientId', 'dpop']

  it.each([
    ['scopes', 'scope'],
    ['scop', 'scope'],
    ['socpe', 'scope'],
    ['Scope', 'scope'],
    ['revocation', 'revocations'],
    ['dPoP', 'dpop'],
    ['client_id', 'clientId'],
    ['accessTokenLifetime', 'access_token_lifetime'],
    ['ecn', undefined],
    ['envelope', undefined],
    ['constructor', undefined],
    ['__proto', undefined],
  ])('called %s is refused, and what was meant is named: %s', (name, meant) => {
    const hint = meant === undefined ? 'it' : `did you mean "${meant}"? It`
    expect(() => checkMembers('it', { scope: 'a', [name]: 1 }, known)).toThrow(
      new TypeError(`"it" has no setting "${name}"; ${hint} knows: ${known.join(', ')}`),
    )
  })

  it('is not told where it could be anything: a secret in the wrong place', () => {
    expect(() => checkMembers('it', { 'a secret, or so': 1 }, ['scope'])).toThrow(
      new TypeError('"it" has no setting of that name; it knows: scope'),
    )
  })
})

describe('what the operator wrote', () => {
  const letters = (value: unknown): string => readText('it', value, /^[a-z]+$/, 'lower case')
  const list = (value: unknown): readonly string[] => readTexts('it', value, /^[a-z]+$/, 'lower case')

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['an array', ['a']],
    ['an object', {}],
    ['a function', () => 'a'],
    ['a symbol', Symbol('a')],
    ['true', true],
    ['false', false],
    ['1.5', 1.5],
    ['NaN', Number.NaN],
  ])('is called by its type in a refusal: %s (design §8)', (got, value) => {
    expect(() => letters(value)).toThrow(new TypeError(`"it" expected lower case, got ${got}`))
  })

  it.each<[string, () => unknown, Error]>([
    ['a number below', () => readInteger('it', 59, 60), new RangeError('"it" expected an integer ≥ 60, got 59')],
    ['a number above', () => readInteger('it', 9, 1, 8), new RangeError('"it" expected an integer from 1 to 8, got 9')],
    ['no whole number', () => readInteger('it', 2.5, 1), new TypeError('"it" expected an integer ≥ 1, got 2.5')],
    ['digits', () => readInteger('it', '2', 1), new TypeError('"it" expected an integer ≥ 1, got a string')],
    ['another text', () => letters('A secret'), new RangeError('"it" expected lower case')],
    ['no list', () => list('a'), new TypeError('"it" expected a list, got a string')],
    ['a list with a number', () => list(['a', 1]), new TypeError('"it[1]" expected lower case, got 1')],
    ['a list with another text', () => list(['a', 'A secret']), new RangeError('"it[1]" expected lower case')],
    ['a text twice', () => list(['a', 'b', 'a']), new RangeError('"it" expected each text once')],
    [
      'no choice',
      () => readChoice('it', 'a secret', ['a', 'b']),
      new TypeError('"it" expected "a" or "b", got another text'),
    ],
    ['a number', () => readChoice('it', 1, ['a', 'b']), new TypeError('"it" expected "a" or "b", got 1')],
    ['a word for true', () => readBoolean('it', 'true'), new TypeError('"it" expected true or false, got a string')],
    ['no object', () => checkMembers('it', ['a']), new TypeError('"it" expected an object, got an array')],
    ['null', () => checkMembers('it', null), new TypeError('"it" expected an object, got null')],
    ['a text', () => checkFewMembers('it', 'a', []), new TypeError('"it" expected an object, got a string')],
    [
      'a member',
      () => checkFewMembers('it', { a: 1, scopes: 2 }, ['a', 'scope']),
      new TypeError('"it" has no setting "scopes"; it knows: a, scope'),
    ],
    ['no function', () => checkFunctions({ a: 1 }, ['a']), new TypeError('"a" expected a function, got 1')],
    [
      'an object without a method',
      () => checkMethods('it', { get: () => 1, set: 1 }, ['get', 'set'], 'a store'),
      new TypeError('"it" expected a store with get, set, and has no set'),
    ],
    [
      'null for an object',
      () => checkMethods('it', null, ['get'], 'a store'),
      new TypeError('"it" expected a store with get, and has no get'),
    ],
    [
      'a name that nobody knows',
      () => checkKnown('it', ['scope', 'scop'], ['scope'], 'one that is there'),
      new RangeError('"it[1]" expected one that is there; did you mean "scope"?'),
    ],
  ])('is refused where it is %s, and no text is repeated (design §8)', (_, read, error) => {
    expect(read).toThrow(error)
    expect(read).toThrow(expect.objectContaining({ name: error.name }))
  })

  it('is taken at its bounds, and given back', () => {
    expect([60, 80].map((value) => readInteger('it', value, 60, 80))).toEqual([60, 80])
    expect(() => checkInteger('it', Number.MAX_SAFE_INTEGER, 0)).not.toThrow()
    expect([letters('a'), readChoice('it', 'b', ['a', 'b'])]).toEqual(['a', 'b'])
    expect([true, false].map((value) => readBoolean('it', value))).toEqual([true, false])
    expect([list([]), list(['a', 'b'])]).toEqual([[], ['a', 'b']])
    expect(() => checkMembers('it', { anything: 1 })).not.toThrow()
    expect(() => checkFewMembers('it', { a: 1 }, ['a'])).not.toThrow()
    expect(() => checkFunctions({ a: () => 1 }, ['a', 'b'])).not.toThrow()
    expect(() => checkMethods('it', { get: () => 1 }, ['get'], 'a store')).not.toThrow()
    expect(() => checkKnown('it', ['a'], ['a', 'b'], 'one that is there')).not.toThrow()
  })

  it('is refused with all that is wrong, a line each; what is no fault of the operator goes on its way', () => {
    const all = (): unknown => checkMembers('it', { one: 1, scopes: 2, 'a secret': 3 }, ['scope'])
    const lines = [
      '"it" has no setting "one"; it knows: scope',
      '"it" has no setting "scopes"; did you mean "scope"? It knows: scope',
      '"it" has no setting of that name; it knows: scope',
    ]
    expect(all).toThrow(new Faults(lines.map((line) => new TypeError(line))))
    const faults = createFaultList()
    expect(faults.read(() => 7)).toBe(7)
    expect(faults.read(all)).toBeUndefined()
    expect(faults.faults.map(({ message }) => message)).toEqual(lines)
    expect(() => readAll({ other: () => readBoolean('other', 1) }, faults)).toThrow(
      /^(.*\n){3}"other" expected true or/,
    )
    const broken = new SyntaxError('broken')
    const breaks = (): never => {
      throw broken
    }
    expect(() => readAll({ breaks })).toThrow(broken)
    expect(() => createFaultList().read(breaks)).toThrow(broken)
    expect(readAll({ a: () => 1, b: () => 2 })).toEqual({ a: 1, b: 2 })
  })

  it.each([
    ['a'.repeat(40), true],
    ['a'.repeat(41), false],
    ['a b', false],
    ['a.b', false],
  ])('is told by its name where that is one: %s', (name, isTold) => {
    const text = isTold ? `no setting "${name}"` : 'no setting of that name'
    expect(() => checkFewMembers('it', { [name]: 1 }, [])).toThrow(text)
  })
})

describe('the functions of bulla/keys', () => {
  const ring = testRing(NOW)
  const about = { issuer: ISSUER, resource: API, now: NOW }

  it.each<[string, () => unknown, string]>([
    [
      'a new ring',
      () => createRing({ now: NOW, key: testKey(), periods: 60 } as never),
      '"createRing" has no setting "periods"; did you mean "period"?',
    ],
    [
      'a rotation',
      () => rotateRing(ring, { now: NOW, key: testKey(1), period: 60 } as never),
      '"rotateRing" has no setting "period"',
    ],
    [
      'the doctor',
      () => examineRing(ring, { now: NOW, horizons: 1 } as never),
      '"examineRing" has no setting "horizons"; did you mean "horizon"?',
    ],
    [
      'an export',
      () => exportKeys(ring, { ...about, encryption: 'A256GCM' } as never),
      '"exportKeys" has no setting "encryption"',
    ],
    ['an export', () => exportKeys(ring, { ...about, enc: 'A128GCM' } as never), '"enc" expected "A256GCM" or'],
    [
      'an export',
      () => exportKeys(ring, { ...about, issuer: `${ISSUER}/` }),
      '"issuer" expected a URL in its plain form',
    ],
    [
      'an export',
      () => exportKeys(ring, { ...about, resource: 'orders' }),
      '"resource" expected the URI of the resource',
    ],
  ])('refuse of %s what nobody knows, or nobody can have', (_, make, message) => expect(make).toThrow(message))
})
