import { expect, it } from 'vitest'
import { clientCredentials } from '../../src/grants/client_credentials.ts'
import type { Decision } from '../../src/grants/grant.ts'
import { API, API2, NOW } from '../house.ts'
import { createGranting, parametersOf, whyRefused } from '../parties/granting.ts'
import type { Changes } from '../parties/person.ts'

const decide = (id: string, form: Changes = {}): Decision => {
  const { context, client } = createGranting()
  return clientCredentials.decide(parametersOf(form), client(id), context) as Decision
}

it('a client acts for itself, and gets no refresh token (RFC 6749 §4.4.3)', () => {
  expect(clientCredentials.type).toBe('client_credentials')
  const { entitlement, ...others } = decide('service', { resource: API2, scope: 'mail' })
  expect(others).toEqual({})
  expect(entitlement).toMatchObject({ sub: 'client:service', client_id: 'service', aud: API2, scope: ['mail'] })
  expect(entitlement).toMatchObject({ iat: NOW, exp: NOW + 300 })
})

it('a public client does not (RFC 6749 §4.4)', async () => {
  expect(await whyRefused(() => decide('app'))).toBe('unauthorized_client client_kind')
})

it('a client that shall not be known is not named where the resource takes that, each time by another name', () => {
  const [one, other] = [decide('anon', { resource: API2 }), decide('anon', { resource: API2 })]
  expect(one.entitlement).toMatchObject({
    sub: expect.stringMatching(/^anonymous:[\w-]{22}$/),
    aud: API2,
    scope: ['read'],
  })
  expect(one.entitlement.client_id).toBeUndefined()
  expect(other.entitlement.sub).not.toBe(one.entitlement.sub)
  expect(decide('anon', { resource: API }).entitlement).toMatchObject({ sub: 'client:anon', client_id: 'anon' })
  expect(decide('service', { resource: API2 }).entitlement).toMatchObject({ sub: 'client:service' })
})

it('more than the client may have is refused', async () => {
  expect(await whyRefused(() => decide('service', { resource: API, scope: 'admin' }))).toBe('invalid_scope scope')
  expect(await whyRefused(() => decide('one', { resource: API2 }))).toBe('invalid_target target')
})
