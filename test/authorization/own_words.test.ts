import { describe, expect, it } from 'vitest'
import type { IssuerSettings } from '../../src/index.ts'
import { API, NOW, testIssuer, VARS } from '../fixtures.ts'
import { createPerson, REQUESTS } from '../parties/person.ts'

const RESOURCE = {
  ...VARS.RESOURCES[API],
  resource_name: 'Orders',
  scope_descriptions: { read: 'See your orders' },
  words: {
    de: {
      resource_name: 'Bestellungen',
      'scope_descriptions.read': 'Ihre Bestellungen sehen',
      'scope_descriptions.write': 'Bestellen',
    },
    ar: { 'scope_descriptions.read': 'عرض طلباتك' },
  },
}

const TRANSFER = {
  name: 'Transfer money',
  description: 'One transfer from your account.',
  resources: [API],
  schema: {
    type: 'object',
    properties: {
      amount: {
        type: 'object',
        properties: { value: { type: 'string', title: 'Amount' } },
        additionalProperties: false,
      },
      parts: {
        type: 'array',
        items: { type: 'object', properties: { cents: { type: 'integer' } }, additionalProperties: false },
      },
    },
    additionalProperties: false,
  },
  words: {
    de: {
      name: 'Geld überweisen',
      description: 'Eine Überweisung von Ihrem Konto.',
      'schema.amount': 'Betrag',
      'schema.amount.value': 'Summe',
      'schema.parts': 'Teil',
      'schema.parts.cents': 'Cent-Betrag',
    },
    fr: { name: 'Virement' },
  },
}

const settings = (resource: object = RESOURCE, transfer: object = TRANSFER): Partial<IssuerSettings> =>
  ({
    resources: { [API]: resource },
    authorizationDetailsTypes: { transfer },
    clients: {
      web: {
        ...VARS.CLIENTS.web,
        resources: [API],
        scopes: ['read', 'write'],
        authorization_details_types: ['transfer'],
      },
    },
    trustedIssuers: {},
  }) as Partial<IssuerSettings>

/** Returns what stands on the page that asks, without its markup. */
async function ask(language: string): Promise<string> {
  const issuer = testIssuer(settings())
  const alice = createPerson((request) => issuer.fetch(request), { now: () => NOW })
  const details = [{ type: 'transfer', amount: { value: '1' }, parts: [{ cents: 5 }, { cents: 7 }] }]
  const asked = { ...REQUESTS['web'], scope: 'read write', ui_locales: language }
  const page = await (await alice.visit({ ...asked, authorization_details: JSON.stringify(details) })).text()
  return page.slice(page.indexOf('<h1>')).replace(/<[^>]*>/g, '|')
}

describe('what a resource and a detail are called in the language of a person', () => {
  it.each<[string, readonly string[]]>([
    [
      'de',
      [
        '|Bestellungen|',
        '|Ihre Bestellungen sehen|',
        '|Bestellen|',
        'Geld überweisen',
        'Eine Überweisung von Ihrem Konto.',
        '|Betrag|',
        '|Summe|',
        'Teil, 2 von 2',
        '|Cent-Betrag|',
      ],
    ],
    ['fr', ['|Orders|', '|See your orders|', '|Virement|', 'One transfer from your account.', '|Amount|']],
    ['ar', ['|Orders|', '|عرض طلباتك|', '|Transfer money|']],
    ['ja', ['|Orders|', '|See your orders|', '|write|', '|Transfer money|', '|Cents|']],
  ])('%s: is what the settings say in it, and where they say nothing, what they say', async (language, texts) => {
    const page = await ask(language)
    for (const text of texts) expect(page).toContain(text)
    if (language === 'de') expect(page).not.toMatch(/Orders|See your|Transfer|Amount/)
  })

  it.each<[string, object, string]>([
    ['a language that is none', { tlh: { resource_name: 'x' } }, 'words'],
    ['a name that is none', { de: { 'scope_descriptions.raed': 'x' } }, 'did you mean "scope_descriptions.read"?'],
    ['an empty text', { de: { resource_name: '' } }, '1 to 64 characters that can be seen'],
    ['a text that is too long', { de: { 'scope_descriptions.read': 'x'.repeat(201) } }, '1 to 200 characters'],
    ['a character that nobody can see', { de: { resource_name: 'a\u202eb' } }, 'that can be seen'],
    ['no text', { de: { resource_name: 7 } }, 'words.de'],
    ['no table', { de: 'x' }, 'words.de'],
  ])('of a resource is checked when the settings are read: %s', (_, words, message) => {
    expect(() => testIssuer(settings({ ...RESOURCE, words }))).toThrow(message)
  })

  it.each<[string, object, string]>([
    ['a language that is none', { DE: { name: 'x' } }, 'words'],
    ['a way to no member', { de: { 'schema.amount.valeu': 'x' } }, 'did you mean "schema.amount.value"?'],
    ['a title that is too long', { de: { 'schema.parts.cents': 'x'.repeat(65) } }, '1 to 64 characters'],
    ['the schema itself', { de: { schema: 'x' } }, 'words.de'],
  ])('of a type of details is checked when the settings are read: %s', (_, words, message) => {
    expect(() => testIssuer(settings(RESOURCE, { ...TRANSFER, words }))).toThrow(message)
  })
})
