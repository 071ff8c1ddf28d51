import { describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import type { IssuerSettings } from '../../src/index.ts'
import { openEnvelope } from '../../src/token/envelope.ts'
import { API, ISSUER, NOW } from '../fixtures.ts'
import { ALICE, claimsOf, createProvider, PROVIDER_RING } from '../parties/openid_provider.ts'
import { openSealed } from '../parties/sealed.ts'

const ROLES = { roles: ['editor', 'admin'], groups: ['staff'] }
const GIVEN = { ...ALICE, ...ROLES, password: 'x' }
const OPENID = { scopes: { roles: ['roles', 'groups'] } }
const BOTH = { scope: 'openid email read' }

/** A provider of an API, with or without a hook that says what its tokens bear. */
function setUp(claims?: IssuerSettings['claims'], changes: Partial<IssuerSettings> = {}) {
  return createProvider({
    openid: OPENID,
    person: { claims: GIVEN },
    rp: { resources: [API], scopes: ['openid', 'profile', 'email', 'roles', 'read'] },
    ...(claims === undefined ? {} : { claims }),
    ...changes,
  })
}

/** Returns what the API reads. */
async function read(token: string) {
  const leaves = createKeyring(PROVIDER_RING, ISSUER).leavesFor('access', API, 'A256GCM', 600)
  return (await openEnvelope(token, 'at+jwe', leaves, NOW)).facts
}

describe('the token of an API', () => {
  it('bears nothing of the person by itself, whatever was asked for', async () => {
    const { access_token } = await setUp().login({ scope: 'openid profile email roles read' })
    expect(Object.keys(await read(access_token)).sort()).toEqual(
      ['aud', 'auth_time', 'client_id', 'exp', 'gid', 'iat', 'iss', 'jti', 'scope', 'sub'].sort(),
    )
  })

  it('bears the roles that the login gave, where the operator says so; after a refresh too, and asked for or not', async () => {
    const provider = setUp((entitlement, _, { roles }) => (entitlement.aud === API ? { roles } : {}))
    const first = await provider.login({ scope: 'read' })
    expect(await read(first.access_token)).toMatchObject({ roles: ROLES.roles })
    const again = await provider.token({ grant_type: 'refresh_token', refresh_token: first.refresh_token })
    const facts = await read(again.access_token)
    expect(facts).toMatchObject({ roles: ROLES.roles })
    expect(Object.keys(facts)).not.toContain('groups')
  })

  it('the hook sees all that may be told, and nothing else of what the login gave', async () => {
    const seen: unknown[] = []
    const provider = setUp((_, __, person) => {
      seen.push(person)
      return {}
    })
    await provider.login(BOTH)
    expect(seen).toEqual([{ ...ALICE, ...ROLES }])
  })

  it('the hook cannot put the protocol’s own words into it, out of a claim of that name', async () => {
    const provider = setUp((_, __, person) => ({ ...person, sub: 'mallory', scope: 'write' }))
    expect(await read((await provider.login(BOTH)).access_token)).toMatchObject({
      sub: 'alice',
      scope: 'read',
      ...ROLES,
    })
  })

  it('what is told no more, by the settings of now, the hook sees no more, in a refresh token of before neither', async () => {
    const seen: unknown[] = []
    const note: IssuerSettings['claims'] = (_, __, person) => {
      seen.push(Object.keys(person).sort())
      return {}
    }
    const { refresh_token } = await setUp(note).login(BOTH)
    const rp = { resources: [API], scopes: ['openid', 'read'] }
    const fewer = setUp(note, { openid: { scopes: { roles: ['name'] }, claims: ['name', 'email'] } })
    await fewer.token({ grant_type: 'refresh_token', refresh_token })
    const none = createProvider({ openid: undefined as never, claims: note, rp: { ...rp, scopes: ['read'] } })
    await none.token({ grant_type: 'refresh_token', refresh_token, scope: 'read', resource: API })
    expect(seen.slice(1)).toEqual([['email', 'name'], []])
  })
})

describe('the hook is not asked', () => {
  it('for what the issuer tells itself: a token for userinfo, and an ID token, bear nothing of it', async () => {
    const asked: string[] = []
    const provider = setUp(({ aud }) => {
      asked.push(aud)
      return { roles: ['made up'] }
    })
    const { access_token, id_token } = await provider.login({ scope: 'openid email' })
    expect(asked).toEqual([])
    expect(claimsOf(id_token)).not.toHaveProperty('roles')
    expect(await openSealed('userinfo', access_token)).not.toHaveProperty('roles')
    expect(await (await provider.userinfo(access_token)).json()).toEqual({
      sub: 'alice',
      email: ALICE.email,
      email_verified: true,
    })
  })
})
