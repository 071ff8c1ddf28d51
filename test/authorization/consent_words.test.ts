import { describe, expect, it } from 'vitest'
import type { IssuerSettings, JsonSchema } from '../../src/index.ts'
import { API, API2, NOW, testIssuer, VARS } from '../fixtures.ts'
import { createPerson, REQUESTS } from '../parties/person.ts'

const text = { type: 'string' } as const
const object = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'object',
  properties,
  additionalProperties: false,
})
const list = (items: JsonSchema): JsonSchema => ({ type: 'array', items })

/** A type of details with these members. */
const type = (properties: Readonly<Record<string, JsonSchema>>, changes: object = {}) => ({
  name: 'Transfer',
  resources: [API],
  schema: object(properties),
  ...changes,
})

/** What a person reads, line by line, of what is asked for; what is ours and not the client's stands in brackets. */
async function read(
  types: Readonly<Record<string, object>>,
  details: readonly object[],
  { scope, resources = {} }: { readonly scope?: string; readonly resources?: object } = {},
): Promise<readonly string[]> {
  const scopes = scope?.split(' ') ?? VARS.CLIENTS.web.scopes
  const issuer = testIssuer({
    authorizationDetailsTypes: types as NonNullable<IssuerSettings['authorizationDetailsTypes']>,
    clients: { web: { ...VARS.CLIENTS.web, scopes, authorization_details_types: Object.keys(types) } },
    resources: { [API]: VARS.RESOURCES[API], [API2]: VARS.RESOURCES[API2], ...resources },
    trustedIssuers: {},
  })
  const person = createPerson((request) => issuer.fetch(request), { now: () => NOW })
  const authorization_details = details.length === 0 ? undefined : JSON.stringify(details)
  const asked = { ...REQUESTS['web'], scope, resource: scope === undefined ? undefined : API, authorization_details }
  const page = await (await person.visit(asked)).text()
  const [, what = ''] = /<\/h1>\s*(?:<p class="account">.*?<\/p>)?([\s\S]*?)<dt>App<\/dt>/.exec(page) ?? []
  return what
    .replace(/<em class="soft">(.*?)<\/em>/g, '[$1]')
    .replace(/<(?:p|li|dt|dd|br|ol|dl)\b[^>]*>/g, '\n')
    .replace(/<[^>]*>/g, '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

describe('what a person reads of details (RFC 9396 §4)', () => {
  it('tells those of one type apart by their number in the request', async () => {
    expect(
      await read(
        { transfer: type({ cents: { type: 'integer' } }) },
        [500, 700, 500].map((cents) => ({ type: 'transfer', cents })),
      ),
    ).toEqual([
      'At api1.example (https://api1.example) it will be able to:',
      ...['Transfer, 1 of 3', 'Cents', '500'],
      ...['Transfer, 2 of 3', 'Cents', '700'],
      ...['Transfer, 3 of 3', 'Cents', '500'],
    ])
  })

  it('numbers them over all resources, and says that one which is for two is one', async () => {
    const transfer = type({ cents: { type: 'integer' } }, { resources: [API, API2] })
    const details = [
      { type: 'transfer', cents: 1 },
      { type: 'transfer', cents: 2, locations: [API2] },
    ]
    expect(await read({ transfer }, details)).toEqual([
      'At api1.example (https://api1.example) it will be able to:',
      ...['Transfer, 1 of 2', 'One and the same as at api2.example', 'Cents', '1'],
      'At api2.example (https://api2.example) it will be able to:',
      ...['Transfer, 1 of 2', 'One and the same as at api1.example', 'Cents', '1'],
      ...['Transfer, 2 of 2', 'Cents', '2'],
    ])
  })

  it('holds together what belongs together, and numbers what there is several of', async () => {
    const part = object({ cents: { type: 'integer' }, note: text })
    const transfer = type({
      amount: object({ value: text, currency: text }),
      parts: list(part),
      to: list(text),
      pairs: list(list(text)),
    })
    const detail = {
      type: 'transfer',
      amount: { value: '12.00', currency: 'EUR' },
      parts: [{ cents: 500, note: 'rent' }, { cents: 700 }],
      to: ['Bakery', 'Butcher'],
      pairs: [['a', 'b'], ['c']],
    }
    expect((await read({ transfer }, [detail])).slice(1)).toEqual([
      'Transfer',
      ...['Amount', 'Value', '12.00', 'Currency', 'EUR'],
      ...['Parts, 1 of 2', 'Cents', '500', 'Note', 'rent'],
      ...['Parts, 2 of 2', 'Cents', '700'],
      ...['To', 'Bakery', 'Butcher'],
      ...['Pairs, 1 of 2', 'a', 'b', 'Pairs, 2 of 2', 'c'],
    ])
  })

  it('has words for a value of which nothing can be seen, which no client can write', async () => {
    const transfer = type({
      a: text,
      b: text,
      c: list(text),
      d: object({}),
      e: list(text),
      f: text,
      g: list(object({})),
    })
    const detail = { type: 'transfer', a: '', b: '  ', c: [], d: {}, e: ['', 'none'], f: 'empty', g: [] }
    expect((await read({ transfer }, [detail])).slice(1)).toEqual([
      'Transfer',
      ...['A', '[empty]', 'B', '[only spaces]', 'C', '[none]', 'D', '[none]'],
      ...['E', '[empty]', 'none', 'F', 'empty', 'G', '[none]'],
    ])
  })

  it('calls by their own names, too, what the settings call alike: members, types, words of a scope, resources', async () => {
    const members = type({
      creditor_name: text,
      creditorName: text,
      other: { ...text, title: 'creditor  NAME' },
      memo: text,
    })
    const detail = { type: 'one', creditor_name: 'a', creditorName: 'b', other: 'c', memo: 'd' }
    const types = { one: members, two: type({}, { name: 'transfer', resources: [API, API2] }) }
    const words = {
      ...VARS.RESOURCES[API],
      resource_name: 'Bank',
      scope_descriptions: { read: 'See it', write: 'see it' },
    }
    const resources = { [API]: words, [API2]: { ...VARS.RESOURCES[API2], resource_name: 'Bank' } }
    expect(await read(types, [detail, { type: 'two' }], { scope: 'read write', resources })).toEqual([
      'At Bank (https://api1.example) it will be able to:',
      ...['See it read', 'see it write'],
      ...['Transfer (one)', 'Creditor name (creditor_name)', 'a', 'Creditor name (creditorName)', 'b'],
      ...['creditor  NAME (other)', 'c', 'Memo', 'd'],
      ...['transfer (two)', 'One and the same as at Bank (https://api2.example)'],
      'At Bank (https://api2.example) it will be able to:',
      ...['transfer (two)', 'One and the same as at Bank (https://api1.example)'],
    ])
  })

  it('calls a scope token that has no words by itself, be it called as what every object has', async () => {
    const scopes = ['constructor', '__proto__', 'toString', 'read']
    const resources = { [API]: { scopes, scope_descriptions: { read: 'See it' } } }
    expect(await read({}, [], { scope: scopes.join(' '), resources })).toEqual([
      'At api1.example (https://api1.example) it will be able to:',
      ...['constructor', '__proto__', 'toString', 'See it read'],
    ])
  })
})
