import { describe, expect, it } from 'vitest'
import type { Approval } from '../../src/grants/approval_facts.ts'
import { tellPerson, tellUserinfo, USERINFO_CLAIM } from '../../src/grants/login_facts.ts'
import type { IssuerSettings } from '../../src/index.ts'
import type { Resource } from '../../src/registration/resource.ts'
import { API, NOW, VARS } from '../house.ts'
import { APPROVAL, createGranting } from '../parties/granting.ts'

const SETTINGS: Partial<IssuerSettings> = {
  openid: {},
  clients: {
    ...VARS.CLIENTS,
    web: { ...VARS.CLIENTS.web, scopes: ['read', 'openid', 'profile', 'email'] },
    thin: { ...VARS.CLIENTS.web, scopes: ['read', 'openid', 'profile', 'email'], id_token_claims: false },
  },
}
const CLAIMS = { name: 'Alice', email: 'a@x.example', phone_number: '1' }
const LOGIN = { auth_time: NOW - 9, acr: 'mfa' }
const ALL: Approval = { ...APPROVAL, ...LOGIN, scope: ['read', 'openid', 'profile', 'email', 'phone'], claims: CLAIMS }
const granting = createGranting({ settings: SETTINGS })
const { client } = granting
const { approvals } = granting.context
const userinfo = approvals.userinfo as Resource

describe('a token for the issuer’s own resource', () => {
  const tell = (approval: Approval, scope = approval.scope, resource = userinfo, of = approvals) =>
    tellUserinfo(approval, scope, client('web'), resource, of)

  it('carries what its scope asks for, and the client may have', () => {
    expect(USERINFO_CLAIM).toBe('userinfo')
    expect(tell(ALL)).toEqual({ userinfo: { name: 'Alice', email: 'a@x.example' } })
    expect(tell(ALL, ['openid', 'email'])).toEqual({ userinfo: { email: 'a@x.example' } })
    expect(tell({ ...ALL, asked: { userinfo: ['name', 'phone_number'] } }, ['openid'])).toEqual({
      userinfo: { name: 'Alice' },
    })
    expect(tell(ALL, ['email'])).toEqual({ userinfo: {} })
    const { claims: _, ...unknown } = ALL
    expect(tell(unknown)).toEqual({ userinfo: {} })
  })

  it('carries nothing for another resource, nor where nobody is told of', () => {
    expect(tell(ALL, ALL.scope, approvals.resources.get(API))).toStrictEqual({})
    expect(tell(ALL, ALL.scope, userinfo, { ...approvals, openid: undefined })).toStrictEqual({})
  })

  it('carries names alone, where somebody tells of the person later', () => {
    const later = createGranting({ settings: { ...SETTINGS, openid: { profile: () => ({}) } } })
    expect(tell(ALL, ['openid', 'email'], userinfo, later.context.approvals)).toEqual({
      userinfo: { email: null, email_verified: null },
    })
  })
})

describe('a client is told who logged in', () => {
  const tell = (approval: Approval, scope = approval.scope, nonce?: string, id = 'web', of = approvals) =>
    tellPerson(approval, scope, client(id), of, nonce)

  it('where it asks for that: who, when and how, and what its scope asks for', () => {
    const login = {
      sub: 'alice',
      sid: APPROVAL.sid,
      login: LOGIN,
      claims: { name: 'Alice', email: 'a@x.example' },
      until: APPROVAL.grant_end,
    }
    expect(tell(ALL)).toStrictEqual({ login, person: CLAIMS })
    expect(tell(ALL, ['openid'], 'n')).toStrictEqual({ login: { ...login, claims: {}, nonce: 'n' }, person: CLAIMS })
    const { claims: _, ...unknown } = ALL
    expect(tell(unknown)).toStrictEqual({ login: { ...login, claims: {} } })
  })

  it('in the ID token what was asked for there alone, where the scope tells userinfo', () => {
    const asked = { id_token: ['email', 'phone_number'] }
    expect(tell(ALL, ALL.scope, undefined, 'thin').login?.claims).toEqual({})
    expect(tell({ ...ALL, asked }, ALL.scope, undefined, 'thin').login?.claims).toEqual({ email: 'a@x.example' })
  })

  it('not where it does not ask, may not any more, or nobody is told of', () => {
    const none = { person: CLAIMS }
    expect(tell(ALL, ['read', 'profile'])).toStrictEqual(none)
    expect(tell(ALL, ALL.scope, 'n', 'pub')).toStrictEqual(none)
    expect(tell(ALL, ALL.scope, undefined, 'web', { ...approvals, openid: undefined })).toStrictEqual(none)
    expect(tell({ ...APPROVAL, scope: ['read'] })).toStrictEqual({})
  })
})
