import { describe, expect, it } from 'vitest'
import type { Grant } from '../../src/grants/grant.ts'
import { BUILT_IN_GRANT_TYPES, offeredGrants, readGrants } from '../../src/grants/index.ts'
import type { Client } from '../../src/registration/clients/client.ts'
import { DEVICE_CODE } from '../parties/device_clients.ts'
import { createGranting } from '../parties/granting.ts'
import { JWT_BEARER, TOKEN_EXCHANGE } from '../parties/trusted.ts'

const OWN: Grant = { type: 'urn:example:own', decide: () => Promise.reject(new Error('never')) }
const OTHER: Grant = { ...OWN, type: `a:${'x'.repeat(200)}` }

describe('the grant types', () => {
  it('are those that are built in', () => {
    const names = ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_CODE, JWT_BEARER, TOKEN_EXCHANGE]
    expect(BUILT_IN_GRANT_TYPES).toEqual(names)
    expect([...readGrants([])].map(([name, { type }]) => [name, type])).toEqual(names.map((name) => [name, name]))
  })

  it("are the operator's own beside", () => {
    const grants = readGrants([OWN, OTHER])
    expect([...grants.keys()]).toEqual([...BUILT_IN_GRANT_TYPES, OWN.type, OTHER.type])
    expect([grants.get(OWN.type), grants.get(OTHER.type)]).toEqual([OWN, OTHER])
  })

  it.each<[string, unknown, string]>([
    ['no list', {}, '"grants"'],
    ['nothing', [undefined], '"grants[0].type"'],
    ['a short name', [{ ...OWN, type: 'password' }], '"grants[0].type"'],
    ['a name in capitals', [{ ...OWN, type: 'URN:x' }], '"grants[0].type"'],
    ['something before a URI', [{ ...OWN, type: ' urn:x' }], '"grants[0].type"'],
    ['something behind a URI', [{ ...OWN, type: 'urn:x y' }], '"grants[0].type"'],
    ['a scheme alone', [{ ...OWN, type: 'urn:' }], '"grants[0].type"'],
    ['a URI that is too long', [{ ...OWN, type: `${OTHER.type}x` }], '"grants[0].type"'],
    ['what decides nothing', [OWN, { type: 'urn:example:other' }], '"grants[1].decide"'],
    ['one twice', [OWN, OTHER, OWN], '"grants"'],
    ['what is built in', [{ ...OWN, type: TOKEN_EXCHANGE }], '"grants"'],
  ])('are not %s', (_, own, name) => {
    expect(() => readGrants(own as readonly Grant[])).toThrow(
      new RegExp(`^${name.replaceAll(/[[\].]/g, '\\$&')} expected \\w`),
    )
  })
})

describe('grant types are offered', () => {
  const { client } = createGranting()
  const offered = (needs: Parameters<typeof offeredGrants>[2], ...clients: readonly Client[]) => [
    ...offeredGrants(readGrants([OWN]), clients, needs).keys(),
  ]
  const ALWAYS = ['client_credentials', OWN.type]
  const device = client('pub', { grantTypes: new Set([DEVICE_CODE]) })

  it('where there is what they need', () => {
    const none = { isForPersons: false, hasTrustedIssuers: false }
    expect(offered(none)).toEqual(ALWAYS)
    expect(offered(none, client('pub'), device)).toEqual(ALWAYS)
    expect(offered({ ...none, hasTrustedIssuers: true })).toEqual(['client_credentials', JWT_BEARER, OWN.type])
    expect(offered(none, client('pub'), client('gateway'))).toEqual(['client_credentials', TOKEN_EXCHANGE, OWN.type])
    const persons = { ...none, isForPersons: true }
    expect(offered(persons, client('pub'))).toEqual(['authorization_code', 'refresh_token', ...ALWAYS])
    expect(offered(persons, client('pub'), device)).toEqual([
      'authorization_code',
      'refresh_token',
      'client_credentials',
      DEVICE_CODE,
      OWN.type,
    ])
  })
})
