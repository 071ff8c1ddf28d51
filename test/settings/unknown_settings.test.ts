import { describe, expect, it } from 'vitest'
import { createIssuer, createMemoryGuard, readBindings } from '../../src/index.ts'
import { API, LOGIN_KEY, PARTNER, VARS } from '../fixtures.ts'

const { d: _, ...publicKey } = LOGIN_KEY
const jwks = { keys: [publicKey] }

/** Returns a table of the settings with one member more. */
const start = (changes: object): (() => unknown) => {
  return () => createIssuer({ ...readBindings({ ...VARS, ...changes } as never), guard: createMemoryGuard() })
}
const client = (changes: object): object => ({ CLIENTS: { c: { resources: [API], ...changes } } })
const rule = { subjects: ['a'], clients: ['service'], resources: [API], scopes: ['read'] }
const trusted = (changes: object): object => ({
  TRUSTED_ISSUERS: { ci: { issuer: 'https://ci.example', algorithms: ['ES256'], jwks, allow: [rule], ...changes } },
})
const type = (changes: object): object => ({
  AUTHORIZATION_DETAILS_TYPES: {
    account: {
      name: 'A',
      resources: [API],
      schema: { type: 'object', properties: {}, additionalProperties: false },
      ...changes,
    },
  },
})
const page = { type: 'page', url: 'https://login.example', issuer: 'x', jwks: { keys: [publicKey] } }

describe('every table of the settings', () => {
  it.each<[string, object, string, string]>([
    ['a resource', { RESOURCES: { [API]: { scopes: [], envelop: 'nested' } } }, 'envelop', 'envelope'],
    [
      'the keys of a resource',
      { RESOURCES: { [PARTNER]: { scopes: [], envelope: 'nested', jwks: { ...jwks, keyz: [] } } } },
      'keyz',
      'keys',
    ],
    [
      'the words for scopes',
      { RESOURCES: { [API]: { scopes: ['read'], scope_descriptions: { reads: 'Read' } } } },
      'reads',
      'read',
    ],
    ['a client', client({ redirect_uri: [] }), 'redirect_uri', 'redirect_uris'],
    ['the keys of a client', client({ kind: 'client', jwks: { ...jwks, key: [] } }), 'key', 'keys'],
    [
      'a rule of an exchange',
      client({ exchange: [{ from: [], to: [], scopes: [], impersonatoin: true }] }),
      'impersonatoin',
      'impersonation',
    ],
    ['a trusted issuer', trusted({ audiance: 'x' }), 'audiance', 'audience'],
    ['what one is worth', trusted({ allow: [{ ...rule, subject: ['a'] }] }), 'subject', 'subjects'],
    ['the keys of a trusted issuer', trusted({ jwks: { ...jwks, key: [] } }), 'key', 'keys'],
    ['a type of details', type({ descripton: 'x' }), 'descripton', 'description'],
    [
      'a schema',
      type({ schema: { type: 'object', properties: {}, additionalProperties: false, require: [] } }),
      'require',
      'required',
    ],
    [
      'a provider',
      { LOGIN: { type: 'openid', issuer: 'https://x', client_id: 'x', scopes: 'openid' } },
      'scopes',
      'scope',
    ],
    ['a login page', { LOGIN: { ...page, isuer: 'x' } }, 'isuer', 'issuer'],
    ['the keys of a login page', { LOGIN: { ...page, jwks: { ...jwks, key: [] } } }, 'key', 'keys'],
    // promise: P18
  ])('refuses what it does not know, and names what was meant: %s', (_what, changes, unknown, meant) => {
    expect(start(changes)).toThrow(`has no setting "${unknown}"; did you mean "${meant}"? It knows: `)
  })

  it('tells all of them at once, each on a line', () => {
    expect(start(client({ scops: [], grant_type: [] }))).toThrow(/"scops"; did you mean "scopes".*\n.*"grant_type"/)
  })
})
