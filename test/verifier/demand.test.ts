import { describe, expect, it } from 'vitest'
import type { Entitlement } from '../../src/token/entitlement.ts'
import { checkDemand, type Demand, isOfLogin, SCOPE_TOKEN } from '../../src/verifier/demand.ts'
import { NOW } from '../ring.ts'

describe('a demand', () => {
  it.each<object>([
    {},
    { scope: 'read' },
    { scope: 'read write:all !#[]~' },
    { acr: 'gold silver' },
    { maxAge: 1 },
    { maxAge: 999_999_999 },
  ])('is %j', (demand) => expect(() => checkDemand(demand)).not.toThrow())

  it.each<[string, unknown]>([
    ['scope', { scope: undefined }],
    ['scope', { scope: '' }],
    ['scope', { scope: ' read' }],
    ['scope', { scope: 'read ' }],
    ['scope', { scope: 'read  write' }],
    ['scope', { scope: 'read\nwrite' }],
    ['scope', { scope: 'a"b' }],
    ['scope', { scope: 'a\\b' }],
    ['scope', { scope: ['read'] }],
    ['acr', { acr: undefined }],
    ['acr', { acr: 'gold"' }],
    ['maxAge', { maxAge: undefined }],
    ['maxAge', { maxAge: 0 }],
    ['maxAge', { maxAge: 1_000_000_000 }],
    ['maxAge', { maxAge: '60' }],
  ])('is refused by the name of what is wrong with it: %s of %j', (name, demand) => {
    expect(() => checkDemand(demand)).toThrow(new RegExp(`^"${name}" expected \\w`))
  })

  it('has no other members, and is an object', () => {
    for (const none of [{ scopes: 'read' }, null, 'read', undefined]) expect(() => checkDemand(none)).toThrow(/demand/)
  })
})

it('a scope token is visible ASCII without quote and backslash, in every letter (RFC 6749 §3.3)', () => {
  for (const one of ['a', 'read', 'notes:read', '!#[]~']) expect(one).toMatch(SCOPE_TOKEN)
  for (const none of ['', ' ', 'a b', ' a', 'a ', 'a"', '"a', 'a\\', 'é', 'a\n', '\x7f'])
    expect(none).not.toMatch(SCOPE_TOKEN)
})

describe('a login is as it is needed (RFC 9470 §3)', () => {
  it.each<[boolean, Demand, Partial<Entitlement>]>([
    [true, {}, {}],
    [true, { acr: 'gold silver' }, { acr: 'silver' }],
    [false, { acr: 'gold silver' }, { acr: 'old' }],
    [false, { acr: 'gold silver' }, { acr: 'gold silver' }],
    [false, { acr: 'undefined' }, {}],
    [true, { maxAge: 60 }, { auth_time: NOW - 60 }],
    [false, { maxAge: 60 }, { auth_time: NOW - 61 }],
    [false, { maxAge: 60 }, {}],
    [false, { acr: 'gold', maxAge: 60 }, { acr: 'gold', auth_time: NOW - 61 }],
    [false, { acr: 'gold', maxAge: 60 }, { auth_time: NOW }],
    [true, { acr: 'gold', maxAge: 60 }, { acr: 'gold', auth_time: NOW }],
  ])('%s: %j of %j', (is, demand, entitlement) => {
    expect(isOfLogin(entitlement as Entitlement, demand, NOW)).toBe(is)
  })
})
