import { describe, expect, it } from 'vitest'
import { isResourceUri } from '../../keys/identifier.ts'
import type { Client } from '../../src/registration/clients/client.ts'
import { chooseResource } from '../../src/registration/resource_indicator.ts'
import { checkSettings } from '../../src/settings/settings.ts'
import { API, API2, testSettings, VARS } from '../fixtures.ts'

const { resources, clients } = checkSettings(testSettings())
const [service, one] = ['service', 'one'].map((id) => clients.get(id) as Client) as [Client, Client]
const refusal = expect.objectContaining({ code: 'invalid_target' })

describe('the resource of a request', () => {
  it.each<[string, Client, string[], string[] | undefined, string]>([
    ['the one that is named', service, [API2], undefined, API2],
    ['the one that is named twice', service, [API, API], undefined, API],
    ['the one that is named in three spellings', service, [API, `${API}/`, `${API.toUpperCase()}:443`], undefined, API],
    ["the client's only one", one, [], undefined, API],
    ["the client's only one, whatever the scope", one, [], ['mail'], API],
    ['the only one that knows the scope', service, [], ['mail'], API2],
    ['the only one that knows all of the scope', service, [], ['read', 'write'], API],
  ])('is %s (RFC 8707 §2)', (_, client, named, scope, uri) => {
    expect(chooseResource(named, scope, client, resources).uri).toBe(uri)
  })

  // promise: P26
  it('is looked for once among the resources of the client, however many are named', () => {
    let looked = 0
    class Counted extends Set<string> {
      override *[Symbol.iterator](): SetIterator<string> {
        looked++
        yield* super[Symbol.iterator]()
      }
    }
    const counted: Client = { ...service, resources: new Counted(service.resources) }
    looked = 0
    const strangers = Array.from({ length: 1000 }, (_, index) => `https://h${index}.example`)
    expect(() => chooseResource(strangers, undefined, counted, resources)).toThrow(refusal)
    const spellings = Array.from(
      { length: 1000 },
      (_, index) => `${API.slice(0, 5)}://API1.example${'/'.repeat(index % 2)}`,
    )
    expect(chooseResource(spellings, undefined, counted, resources).uri).toBe(API)
    expect(looked).toBeLessThan(10)
  })

  it.each<[string, Client, string[], string[] | undefined]>([
    ['unknown', service, ['https://unknown.example'], undefined],
    ["not the client's", one, [API2], undefined],
    ['relative', service, ['/api'], undefined],
    ['given with a fragment', service, [`${API}#f`], undefined],
    ['given with two slashes', service, [`${API}//`], undefined],
    ['given with a path', service, [`${API}/a`], undefined],
    ['given with an empty query', service, [`${API}?`], undefined],
    ['given with another port', service, [`${API}:80`], undefined],
    ['given with a dot at the end of its host', service, [`${API}.`], undefined],
    ['one of this client and one of none', service, [API, 'https://unknown.example'], undefined],
    ['a name of a prototype', service, ['__proto__'], undefined],
    ['two at once', service, [API, API2], undefined],
    ['not told, and there are two', service, [], undefined],
    ['not told, and two know the scope', service, [], ['read']],
    ['not told, and none knows the scope', service, [], ['unknown']],
  ])('is refused when it is %s (RFC 8707 §2)', (_, client, named, scope) => {
    expect(() => chooseResource(named, scope, client, resources)).toThrow(refusal)
  })

  it('stands once in the settings, whatever its spelling', () => {
    const twice = { ...VARS.RESOURCES, [`${API.toUpperCase()}/`]: { scopes: ['read'] } }
    expect(() => checkSettings(testSettings({ resources: twice }))).toThrow('"resources" expected each resource once')
    const near = { ...VARS.RESOURCES, [`${API}/a`]: { scopes: ['read'] }, [`${API}/a/`]: { scopes: ['read'] } }
    expect(checkSettings(testSettings({ resources: near })).resources.has(`${API}/a/`)).toBe(true)
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
