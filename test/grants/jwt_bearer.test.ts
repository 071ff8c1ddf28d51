import { describe, expect, it } from 'vitest'
import { jwtBearer } from '../../src/grants/jwt_bearer.ts'
import type { Guard } from '../../src/index.ts'
import { ISSUER, NOW } from '../house.ts'
import { A, B, ENTERPRISE, idJag } from '../parties/enterprise.ts'
import { createGranting, type GrantingChanges, parametersOf, whyRefused } from '../parties/granting.ts'
import type { Changes } from '../parties/person.ts'
import { type ClaimChanges, FRONT, INNER, JWT_BEARER, jobToken } from '../parties/trusted.ts'

const MAIN = 'repo:acme/app:ref:refs/heads/main'

async function bring(claims: ClaimChanges = {}, form: Changes = {}, changes: GrantingChanges = {}, id = 'runner') {
  const granting = createGranting(changes)
  const parameters = parametersOf({ assertion: await jobToken(ISSUER, NOW, claims), ...form })
  return { ...granting, decision: await jwtBearer.decide(parameters, granting.client(id), granting.context) }
}

describe('an assertion of a trusted issuer (RFC 7523 §2.1)', () => {
  it('is worth a token about whom it is about, that ends with it, and no refresh token', async () => {
    expect(jwtBearer.type).toBe(JWT_BEARER)
    const { decision } = await bring({ exp: NOW + 99 })
    const { entitlement, spend, ...others } = decision
    expect(others).toEqual({})
    expect(spend).toEqual(expect.any(Function))
    expect(entitlement).toMatchObject({ sub: `external:ci:${MAIN}`, client_id: 'runner', aud: INNER })
    expect(entitlement).toMatchObject({ scope: ['read', 'deploy'], iat: NOW, exp: NOW + 99 })
    expect((await bring({ exp: NOW + 3000 })).decision.entitlement.exp).toBe(NOW + 600)
  })

  it.each<[string, ClaimChanges, Changes, string, readonly string[]]>([
    ['less scope', {}, { scope: 'deploy' }, INNER, ['deploy']],
    ['the resource of another rule', { preview: true }, { resource: FRONT }, FRONT, ['read']],
    ['its own resource beside another rule', { preview: true }, { resource: INNER }, INNER, ['read', 'deploy']],
    ['the only resource that has the scope', { preview: true }, { scope: 'deploy' }, INNER, ['deploy']],
  ])('is worth %s', async (_, claims, form, aud, scope) => {
    expect((await bring(claims, form)).decision.entitlement).toMatchObject({ aud, scope })
  })

  it.each<[string, ClaimChanges, Changes, string, string?]>([
    ['it is missing', {}, { assertion: undefined }, 'invalid_request malformed'],
    ['it is none', {}, { assertion: 'x' }, 'invalid_grant assertion_malformed'],
    ['no rule admits it', { sub: 'repo:evil/app' }, {}, 'invalid_grant not_admitted'],
    ['it is for several resources', { preview: true }, {}, 'invalid_target target'],
    ['it names scope, and is no ID-JAG', { preview: true, scope: 'deploy' }, {}, 'invalid_target target'],
    ['it is for another resource', {}, { resource: FRONT }, 'invalid_target target'],
    [
      'scope is asked for that another rule gives elsewhere',
      { preview: true },
      { resource: FRONT, scope: 'write' },
      'invalid_scope scope',
    ],
    ['scope is asked for that nobody has', {}, { scope: 'admin', resource: INNER }, 'invalid_scope scope'],
    ['its client must ask people', {}, {}, 'unauthorized_client client_kind', 'pub'],
  ])('is refused where %s', async (_, claims, form, expected, id) => {
    expect(await whyRefused(() => bring(claims, form, {}, id))).toBe(expected)
  })

  it('is good once, and remembered for a minute beyond its end', async () => {
    const seen: unknown[] = []
    const { decision, guard } = await bring({ jti: 'one', exp: NOW + 99 })
    await decision.spend?.()
    expect(await whyRefused(() => decision.spend?.())).toBe('invalid_grant assertion_replayed')
    const noting: Guard = {
      ...guard,
      spend: async (...given) => {
        seen.push(given)
        return 'first'
      },
    }
    await (await bring({ jti: 'one', exp: NOW + 99 }, {}, { context: { guard: noting } })).decision.spend?.()
    expect(seen).toEqual([[expect.stringMatching(/^assertion [\w-]{43}$/), NOW + 159]])
  })

  it('is not taken where nothing remembers it', async () => {
    const { decision } = await bring({}, {}, { context: { guard: undefined } })
    expect(await whyRefused(() => decision.spend?.())).toBe('invalid_grant assertion_replayed')
  })
})

describe('an ID-JAG', () => {
  const settings = { authorizationDetailsTypes: {}, ...ENTERPRISE }
  const ask = async (claims: ClaimChanges, form: Changes = {}) => {
    const { context, client } = createGranting({ settings })
    const parameters = parametersOf({ assertion: await idJag(claims), ...form })
    return (await jwtBearer.decide(parameters, client('one'), context)).entitlement
  }

  it('is worth what it names, where the request says nothing', async () => {
    expect(await ask({ resource: undefined, scope: 'read' }, { resource: B })).toMatchObject({
      aud: B,
      scope: ['read'],
    })
    expect(await ask({ scope: 'read write' })).toMatchObject({ aud: A, scope: ['read', 'write'] })
    expect(await ask({ scope: 'read write' }, { scope: 'write' })).toMatchObject({ aud: A, scope: ['write'] })
    expect(await ask({ scope: undefined })).toMatchObject({ aud: A, scope: ['read', 'write'] })
  })

  it('is for the one resource that has its scope; without one nobody knows which is meant', async () => {
    const resources = { ...ENTERPRISE.resources, [A]: { scopes: ['read', 'admin'] } }
    const granting = createGranting({ settings: { ...settings, resources } })
    const asking = async (claims: ClaimChanges) => {
      const parameters = parametersOf({ assertion: await idJag({ resource: undefined, ...claims }) })
      return (await jwtBearer.decide(parameters, granting.client('one'), granting.context)).entitlement
    }
    expect(await asking({ scope: 'write unknown' })).toMatchObject({ aud: B, scope: ['write'] })
    expect(await whyRefused(() => asking({ scope: undefined }))).toBe('invalid_target target')
    expect(await whyRefused(() => asking({ scope: 'read' }))).toBe('invalid_target target')
  })

  it('is worth nothing to another', async () => {
    expect(await whyRefused(() => ask({ client_id: 'two' }))).toBe('invalid_grant other_client')
  })
})
