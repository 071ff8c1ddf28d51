import { describe, expect, it } from 'vitest'
import { isResourceUri } from '../../keys/identifier.ts'
import type { Client } from '../../src/protocol/client.ts'
import { chooseResource } from '../../src/protocol/resource.ts'
import { checkSettings } from '../../src/settings.ts'
import { API, API2, testSettings } from '../fixtures.ts'

const { resources, clients } = checkSettings(testSettings())
const [service, one] = ['service', 'one'].map((id) => clients.get(id) as Client) as [Client, Client]
const refusal = expect.objectContaining({ code: 'invalid_target' })

describe('the resource of a request', () => {
  it.each<[string, Client, string[], string[] | undefined, string]>([
    ['the one that is named', service, [API2], undefined, API2],
    ['the one that is named twice', service, [API, API], undefined, API],
    ["the client's only one", one, [], undefined, API],
    ["the client's only one, whatever the scope", one, [], ['mail'], API],
    ['the only one that knows the scope', service, [], ['mail'], API2],
    ['the only one that knows all of the scope', service, [], ['read', 'write'], API],
  ])('is %s (RFC 8707 §2)', (_, client, named, scope, uri) => {
    expect(chooseResource(named, scope, client, resources).uri).toBe(uri)
  })

  it.each<[string, Client, string[], string[] | undefined]>([
    ['unknown', service, ['https://unknown.example'], undefined],
    ["not the client's", one, [API2], undefined],
    ['relative', service, ['/api'], undefined],
    ['given with a fragment', service, [`${API}#f`], undefined],
    ['given with a slash too many', service, [`${API}/`], undefined],
    ['given in upper case', service, [API.toUpperCase()], undefined],
    ['a name of a prototype', service, ['__proto__'], undefined],
    ['two at once', service, [API, API2], undefined],
    ['not told, and there are two', service, [], undefined],
    ['not told, and two know the scope', service, [], ['read']],
    ['not told, and none knows the scope', service, [], ['unknown']],
  ])('is refused when it is %s (RFC 8707 §2)', (_, client, named, scope) => {
    expect(() => chooseResource(named, scope, client, resources)).toThrow(refusal)
  })

  it.each(['https://api.example', 'https://api.example/v1?x=y', 'http://localhost:3000', 'urn:example:api'])(
    'can be %j',
    (uri) => {
      expect(isResourceUri(uri)).toBe(true)
    },
  )

  it.each([
    '',
    'api',
    '/api',
    '//api.example',
    'https://api.example#',
    'https://api.example#f',
    'https://api.example/ä',
    'https://a b',
    'https://a"b',
    'https://a\\b',
    'https://',
  ])('cannot be %j', (uri) => {
    expect(isResourceUri(uri)).toBe(false)
  })
})
