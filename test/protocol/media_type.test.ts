import { describe, expect, it } from 'vitest'
import { essenceOf, isData, isFormType, isPreferred, JSON_TYPE } from '../../src/protocol/media_type.ts'

const FORM = 'application/x-www-form-urlencoded'

describe('a media type is compared by what it means', () => {
  it.each([
    FORM,
    'APPLICATION/X-WWW-Form-UrlEncoded',
    `${FORM};charset=utf-8`,
    `${FORM} ; Charset="UTF-8"`,
    `${FORM}; charset=utf8`,
    `${FORM}; charset="ut\\f-8"`,
    `${FORM};`,
    `${FORM} ;; charset=utf-8 ;`,
    `${FORM}; boundary=x; charset=utf-8`,
    `${FORM}; x="a;b, \\"c"`,
  ])('%s is a form (RFC 9110 §8.3.1)', (type) => expect(isFormType(type)).toBe(true))

  it.each([
    null,
    '',
    'text/plain',
    `text/plain; x="${FORM}"`,
    `${FORM}x`,
    `x${FORM}`,
    `${FORM}, text/plain`,
    `${FORM}; charset=iso-8859-1`,
    `${FORM}; charset=utf-8; charset=utf-16`,
    `${FORM}; charset=nothing`,
    `${FORM}; charset`,
    `${FORM}; charset = utf-8`,
    `${FORM}; charset="utf-8`,
    `${FORM} charset=utf-8`,
    'multipart/form-data; boundary=x',
  ])('%s is none', (type) => expect(isFormType(type)).toBe(false))

  it('is told apart from one that only begins as it does', () => {
    expect(
      ['Application/JSON ; charset=x', 'application/json', 'application/json, application/json'].map(essenceOf),
    ).toEqual(Array(3).fill('application/json'))
    expect([null, undefined, '', 'application/json-seq'].map(essenceOf)).toEqual(['', '', '', 'application/json-seq'])
  })
})

describe('an essence', () => {
  it.each(['application/json', 'application/scim+json', 'application/vnd.api-1.x_y+json'])(
    'is of JSON: %s (RFC 6839 §3.1)',
    (essence) => expect([JSON_TYPE.test(essence), isData(essence)]).toEqual([true, true]),
  )

  it.each(['application/jwt', 'application/jose', 'application/token-introspection+jwt', 'application/x+jose'])(
    'is of data, and not of JSON: %s',
    (essence) => expect([JSON_TYPE.test(essence), isData(essence)]).toEqual([false, true]),
  )

  it.each([
    '',
    'text/html',
    'text/json',
    'application/json-seq',
    'application/jsonp',
    'application/+json',
    'application/xjson',
    'application/x+y+json',
    'x-application/json',
    'application/json\n',
    'application/jwt-x',
    'application/xjwt',
    'application/+jwt',
    'application/xhtml+xml',
    'xapplication/jwt',
  ])('is of neither: %j', (essence) => expect([JSON_TYPE.test(essence), isData(essence)]).toEqual([false, false]))
})

describe('Accept is weighed (RFC 9110 §12.5.1)', () => {
  const [SIGNED, PLAIN] = ['application/token-introspection+jwt', 'application/json'] as const

  it.each([
    SIGNED,
    'Application/Token-Introspection+JWT',
    `${SIGNED}, */*`,
    `${PLAIN}, ${SIGNED}`,
    `${PLAIN};q=0.5, ${SIGNED}`,
    `*/*;q=0.1,${SIGNED};q=0.1`,
    `${SIGNED};x="a,b;q=0";Q=1.000`,
    `${SIGNED};q=0.2, ${PLAIN};q=0, */*`,
    `${PLAIN};q=0.123, ${SIGNED};q=0.124`,
    `${PLAIN};q=0.9, ${SIGNED};q=1.000`,
    `nonsense, , ${SIGNED}`,
    `${PLAIN};q=high, ${SIGNED}`,
  ])('%s would rather have the named one', (accept) => expect(isPreferred(accept, SIGNED, PLAIN)).toBe(true))

  it.each([
    null,
    undefined,
    '',
    '*/*',
    'application/*',
    PLAIN,
    `${SIGNED};q=0`,
    `${SIGNED};q=0.000, */*`,
    `${SIGNED};q=0.5, ${PLAIN}`,
    `${SIGNED};q=0.5, application/*`,
    `${SIGNED};q=0.5, */*;q=0.6`,
    `text/plain; x="${SIGNED}"`,
    `${SIGNED}x`,
    `x${SIGNED}`,
    `${SIGNED};q=2`,
    `${SIGNED};q="`,
    `${SIGNED};q="x0.5"`,
    `${SIGNED};q=x0.5`,
    `${SIGNED};q=0.5x`,
    `${SIGNED};q=0.1234`,
    `${SIGNED};q=1.0000`,
    `${SIGNED};q=.5`,
    `${PLAIN};x="a, ${SIGNED}`,
  ])('%s would not', (accept) => expect(isPreferred(accept, SIGNED, PLAIN)).toBe(false))

  it('however long it is', () => {
    for (const accept of [
      '"'.repeat(100_000),
      ','.repeat(100_000),
      `a/b;${' '.repeat(100_000)}x`,
      'a/b;"\\'.repeat(20_000),
    ])
      expect(isPreferred(accept, 'text/html', PLAIN)).toBe(false)
  })
})
