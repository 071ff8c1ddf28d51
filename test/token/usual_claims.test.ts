import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseText } from '../../src/jose/strict_json.ts'
import { checkClaims, writeClaims } from '../../src/token/claims.ts'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { recogniseClaims } from '../../src/token/usual_claims.ts'

const CLIENT: Entitlement = {
  sub: 'client:billing',
  client_id: 'billing',
  aud: 'https://api.example.com',
  scope: ['orders:read', 'orders:write'],
  iat: 1_790_000_000,
  exp: 1_790_000_600,
  jti: 'CFx6p0m0X_b2d84eI1o5-w',
  claims: {},
}
const ISSUER = 'https://auth.example.com'
/** What is read of claims that nobody knows by sight. */
function generally(text: string): unknown {
  const claims = parseText(text)
  if (claims === undefined) return 'not JSON of one spelling'
  const { more, own, ...usual } = checkClaims(claims)
  const orNothing = (record: object | undefined) => (Object.keys(record ?? {}).length === 0 ? undefined : record)
  return { ...usual, more: orNothing(more), own: orNothing(own) }
}

const textOf = (entitlement: Entitlement): string => JSON.stringify(writeClaims(entitlement, ISSUER))

describe('claims that are known by sight', () => {
  const login = { gid: 'g-1', auth_time: 1_789_999_000 }
  it.each([
    ['a client', CLIENT],
    ['a user', { ...CLIENT, sub: 'alice', ...login }],
    ['a user who logged in with a class', { ...CLIENT, sub: 'alice', ...login, acr: 'urn:mace:silver' }],
    ['a user of any letters', { ...CLIENT, sub: 'Ærøskøbing 🦑\u2028\u007f', ...login }],
  ])('those of %s are, as they are written', (_, entitlement) => {
    const text = textOf(entitlement)
    expect(recogniseClaims(text)).toBeDefined()
    expect(recogniseClaims(text)).toStrictEqual(generally(text))
  })

  const text = textOf(CLIENT)
  it.each([
    ['a member more', text.replace('}', ',"x":1}')],
    ['a member twice', text.replace('}', ',"sub":"mallory"}')],
    ['a member less', text.replace('"sub":"client:billing",', '')],
    ['another order', textOf({ ...CLIENT, sub: 'x' }).replace(/("iss":"[^"]+"),("sub":"x")/, '$2,$1')],
    ['white space within', text.replace(',', ', ')],
    ['white space behind', `${text}\n`],
    ['white space before', ` ${text}`],
    ['a quote', textOf({ ...CLIENT, sub: 'a"b' })],
    ['a backslash', textOf({ ...CLIENT, sub: 'a\\b' })],
    ['a control character', textOf({ ...CLIENT, sub: 'a\u0001b' })],
    ['a control character that is not escaped', text.replace('client:', 'client\u0001')],
    ['a line break that is not escaped', text.replace('client:', 'client\n')],
    ['a letter escaped without need', text.replace('billing', '\\u0062illing')],
    ['an empty text', text.replace('client:billing', '')],
    ['an instant with a zero before', text.replace('"iat":1', '"iat":01')],
    ['an instant with a sign', text.replace('"iat":1', '"iat":-1')],
    ['an instant with a fraction', text.replace('"exp":1790000600', '"exp":1790000600.0')],
    ['an instant with an exponent', text.replace('"exp":1790000600', '"exp":179e7')],
    ['an instant beyond what a number holds', text.replace('"exp":1790000600', '"exp":9007199254740993')],
    ['an instant as a text', text.replace('"exp":1790000600', '"exp":"1790000600"')],
    ['a scope that is a list', text.replace('"orders:read orders:write"', '["orders:read"]')],
    ['the operator’s own claims', textOf({ ...CLIENT, claims: { tenant: 'acme' } })],
    ['nothing', ''],
    ['two objects', text + text],
  ])('those with %s are not', (_, other) => {
    expect(other).not.toBe(text)
    expect(recogniseClaims(other)).toBe(undefined)
  })

  it('are just what JSON says, however they are spelled: or they are not known', () => {
    const word = fc.oneof(
      { arbitrary: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }), weight: 12 },
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.constantFrom('', '"', '\\', 'a","sub":"b', '\u0000', '\u001f', ' ', '\u007f', '{}', '\\u0061'),
    )
    const number = fc.oneof(
      { arbitrary: fc.nat(), weight: 8 },
      fc.maxSafeInteger(),
      fc.double(),
      fc.constantFrom(0, -0, 1e21, 10 ** 15),
    )
    const claims = fc.record({
      iss: word,
      sub: word,
      aud: word,
      client_id: word,
      scope: word,
      iat: number,
      exp: number,
      jti: word,
    })
    const more = fc.oneof(
      fc.constant({}),
      fc.record({ gid: word, auth_time: number }),
      fc.record({ gid: word, auth_time: number, acr: word }),
    )
    const edit = fc.record({
      at: fc.nat(200),
      remove: fc.nat(3),
      insert: fc.constantFrom('', ' ', '0', '"', '\\', ','),
    })
    let known = 0
    fc.assert(
      fc.property(claims, more, fc.option(edit, { nil: undefined, freq: 3 }), (usual, login, change) => {
        // Raw as well as escaped, so that what JSON would spell otherwise is there too.
        const whole = JSON.stringify({ ...usual, ...login })
        const raw = whole.replaceAll(/\\u00(..)/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)))
        for (const spelled of [whole, raw]) {
          const { at, remove, insert } = change ?? { at: 0, remove: 0, insert: '' }
          const place = at % (spelled.length + 1)
          const one = spelled.slice(0, place) + insert + spelled.slice(place + remove)
          // By way of bytes, as every text comes: in UTF-8 there are no halves of letters.
          const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(one))
          const found = recogniseClaims(text)
          if (found === undefined) continue
          known++
          expect(found).toEqual(generally(text))
        }
      }),
      { numRuns: 3000 },
    )
    expect(known).toBeGreaterThan(200)
  })
})
