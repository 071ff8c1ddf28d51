import { describe, expect, it } from 'vitest'
import { checkAsksNobody, entitleAt, entitleSubject, writeDetails } from '../../src/grants/entitlement.ts'
import type { IssuerSettings } from '../../src/index.ts'
import type { Client } from '../../src/registration/clients/client.ts'
import { API, API2, NOW, VARS } from '../house.ts'
import { DEVICE_CODE } from '../parties/device_clients.ts'
import { createGranting, parametersOf, whyRefused } from '../parties/granting.ts'
import type { Changes } from '../parties/person.ts'

const PAYMENT = { type: 'payment', amount: { value: '1.00', currency: 'EUR' }, creditorName: 'Bob' }
const ACCOUNT = { type: 'account', actions: ['balance'] }
const HERE = { ...ACCOUNT, locations: [API2] }

/** A client that may ask for everything, at both APIs. */
const SETTINGS: Partial<IssuerSettings> = {
  clients: {
    ...VARS.CLIENTS,
    service: { ...VARS.CLIENTS.service, authorization_details_types: ['account', 'payment'] },
  },
}
const { context, client } = createGranting({ settings: SETTINGS })
const service = client('service')
const entitle = (form: Changes, by = service) => entitleSubject('alice', parametersOf(form), by, context)

describe('an entitlement that no approval stands behind', () => {
  it('is for somebody through a client at a resource, as long as tokens live there', () => {
    const { jti, ...entitlement } = entitle({ resource: API2 })
    expect(entitlement).toEqual({
      sub: 'alice',
      client_id: 'service',
      aud: API2,
      scope: ['read', 'mail'],
      iat: NOW,
      exp: NOW + 300,
      claims: {},
    })
    expect(jti).toMatch(/^[\w-]{22}$/)
  })

  it.each<[Changes, string, readonly string[], readonly unknown[] | undefined]>([
    [{ resource: API, scope: 'write' }, API, ['write'], undefined],
    [{ scope: 'mail' }, API2, ['mail'], undefined],
    [{ authorization_details: JSON.stringify([PAYMENT]) }, API, [], [PAYMENT]],
    [{ authorization_details: JSON.stringify([HERE]) }, API2, [], [HERE]],
    [{ authorization_details: JSON.stringify([ACCOUNT]), resource: API2 }, API2, [], [ACCOUNT]],
    [{ authorization_details: JSON.stringify([ACCOUNT]), scope: 'mail' }, API2, ['mail'], [ACCOUNT]],
    [{ authorization_details: JSON.stringify([PAYMENT]), resource: API, scope: 'read' }, API, ['read'], [PAYMENT]],
  ])('%j: is for %s', (form, aud, scope, details) => {
    const entitlement = entitle(form)
    expect([entitlement.aud, entitlement.scope, entitlement.authorization_details]).toEqual([aud, scope, details])
  })

  it.each<[Changes, string]>([
    [{}, 'invalid_target target'],
    [{ scope: 'read' }, 'invalid_target target'],
    [{ resource: 'https://x.example' }, 'invalid_target unknown_resource'],
    [{ resource: API, scope: 'admin' }, 'invalid_scope scope'],
    [{ resource: API, scope: 'read  write' }, 'invalid_scope scope'],
    [{ authorization_details: JSON.stringify([ACCOUNT]) }, 'invalid_target target'],
    [{ authorization_details: JSON.stringify([PAYMENT]), resource: API2 }, 'invalid_authorization_details details'],
    [
      { authorization_details: JSON.stringify([ACCOUNT, PAYMENT]), resource: API2 },
      'invalid_authorization_details details',
    ],
    [{ authorization_details: JSON.stringify([PAYMENT]), scope: 'mail' }, 'invalid_authorization_details details'],
    [{ authorization_details: '[]' }, 'invalid_authorization_details details'],
  ])('%j: is not given', async (form, expected) => expect(await whyRefused(() => entitle(form))).toBe(expected))

  it('leaves out scope that a client asks for by habit, and may not have', () => {
    const lax = client('service', { scopesStrict: false })
    expect(entitle({ resource: API, scope: 'read admin' }, lax).scope).toEqual(['read'])
  })

  it('has no details by default', () => {
    const resource = context.resources.get(API)
    const share = { sub: 'alice', requested: undefined, allowed: ['read'] }
    const entitlement = resource && entitleAt(resource, share, service, context)
    expect(entitlement).toMatchObject({ scope: ['read'] })
    expect(entitlement).not.toHaveProperty('authorization_details')
  })
})

it('a token says of details those that are for its resource', () => {
  const details = [
    { detail: PAYMENT, at: [API] },
    { detail: ACCOUNT, at: [API, API2] },
  ]
  expect(writeDetails(details, API)).toEqual({ authorization_details: [PAYMENT, ACCOUNT] })
  expect(writeDetails(details, API2)).toEqual({ authorization_details: [ACCOUNT] })
  expect(writeDetails(details, 'https://x.example')).toStrictEqual({})
})

describe('a client that has to ask people', () => {
  const check = (types: readonly string[], consent: Client['consent']) => () =>
    checkAsksNobody(client('pub', { grantTypes: new Set(types), consent }))

  it.each<[readonly string[], Client['consent']]>([
    [['authorization_code'], 'ask'],
    [['authorization_code', 'refresh_token'], 'ask'],
    [[DEVICE_CODE], 'ask'],
    [[DEVICE_CODE], 'skip'],
  ])('%j, %s: gets no token past them', async (types, consent) => {
    expect(await whyRefused(check(types, consent))).toBe('unauthorized_client client_kind')
  })

  it.each<[readonly string[], Client['consent']]>([
    [['authorization_code'], 'skip'],
    [['client_credentials'], 'ask'],
    [[], 'skip'],
  ])('is not one of %j, %s', (types, consent) => expect(check(types, consent)).not.toThrow())
})
