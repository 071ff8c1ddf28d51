import { describe, expect, it } from 'vitest'
import { createMemoryGuard, createMemoryRevocations, type IssuerSettings } from '../../src/index.ts'
import { API, ISSUER, NOW, VARS } from '../fixtures.ts'
import {
  createProvider,
  type OpenidAnswer,
  type Provider,
  type ProviderChanges,
  RP_CALLBACK,
} from '../parties/openid_provider.ts'
import { hiddenField, VERIFIER } from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'

/** A public client, as those of MCP are: it asks for an API alone. */
const APP = {
  grant_types: ['authorization_code', 'refresh_token'],
  redirect_uris: [RP_CALLBACK],
  resources: [API],
  scopes: ['read', 'offline_access'],
}

function setUp(changes: ProviderChanges = {}) {
  const guard = createMemoryGuard(() => NOW)
  const revocations = createMemoryRevocations('salt')
  const clients = { app: APP, operator: VARS.CLIENTS.operator } as IssuerSettings['clients']
  const make = (more: ProviderChanges = {}) => createProvider({ guard, revocations, clients, ...changes, ...more })
  return { provider: make(), make }
}

async function logOut({ browser }: Provider): Promise<void> {
  const token = hiddenField(await (await browser.get(`${ISSUER}/logout`)).text(), 'token')
  expect((await browser.post(`${ISSUER}/logout`, { token })).status).toBe(200)
}

const refresh = (provider: Provider, { refresh_token }: OpenidAnswer, more = {}) =>
  provider.token({ grant_type: 'refresh_token', refresh_token, ...more })

/** What a public client asks: it names itself. */
async function publicly({ ask }: Provider, form: Readonly<Record<string, string>>): Promise<OpenidAnswer> {
  return (await (await ask(formRequest('/token', undefined, { client_id: 'app', ...form }))).json()) as OpenidAnswer
}

async function loginPublicly(provider: Provider, scope: string): Promise<OpenidAnswer> {
  const code = (await provider.authorize({ client_id: 'app', scope })).searchParams.get('code') ?? ''
  return publicly(provider, { grant_type: 'authorization_code', code, code_verifier: VERIFIER })
}

describe('offline_access (OpenID Connect Core §11)', () => {
  it.each([
    ['openid offline_access', true],
    ['openid', false],
  ])('with “%s” a refresh token outlives the logout: %s', async (scope, outlives) => {
    const { provider } = setUp()
    const answer = await provider.login({ scope })
    await logOut(provider)
    expect((await refresh(provider, answer)).error).toBe(outlives ? undefined : 'invalid_grant')
  })

  it.each([
    ['read offline_access', true],
    ['read', false],
  ])('a public client that asks for an API alone by “%s” goes on after the logout: %s', async (scope, outlives) => {
    const { provider } = setUp()
    const { refresh_token = '', ...first } = await loginPublicly(provider, scope)
    // The scope of the token is told: an API never has what is the issuer's (RFC 6749 §5.1).
    expect(first.scope).toBe('read')
    await logOut(provider)
    const again = await publicly(provider, { grant_type: 'refresh_token', refresh_token })
    expect([again.error, again.scope]).toEqual(outlives ? [undefined, 'read'] : ['invalid_grant', undefined])
    if (!outlives) return
    // It rotates as ever: what was used comes back too late, and ends it all.
    const third = await publicly(provider, { grant_type: 'refresh_token', refresh_token: again.refresh_token ?? '' })
    expect(third.refresh_token).not.toBe(again.refresh_token)
    expect((await publicly(provider, { grant_type: 'refresh_token', refresh_token })).error).toBe('invalid_grant')
    const last = await publicly(provider, { grant_type: 'refresh_token', refresh_token: third.refresh_token ?? '' })
    expect(last.error).toBe('invalid_grant')
  })

  it('does not save a code: who let the client is still there when it is redeemed', async () => {
    const { provider } = setUp()
    const code = (await provider.authorize({ scope: 'openid offline_access' })).searchParams.get('code') ?? ''
    await logOut(provider)
    const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
    expect((await provider.token(form)).error).toBe('invalid_grant')
  })

  it('is not lost by a token of less scope (RFC 6749 §6)', async () => {
    const { provider } = setUp()
    const answer = await provider.login({ scope: 'openid email offline_access' })
    expect((await refresh(provider, answer, { scope: 'openid' })).scope).toBe('openid')
    await logOut(provider)
    expect((await refresh(provider, answer)).scope).toBe('openid email offline_access')
  })

  it('counts only while the client may have it', async () => {
    const { provider, make } = setUp()
    const answer = await provider.login({ scope: 'openid offline_access' })
    await logOut(provider)
    expect((await refresh(make({ rp: { scopes: ['openid', 'email'] } }), answer)).error).toBe('invalid_grant')
    expect((await refresh(make(), answer)).error).toBeUndefined()
  })

  it.each([
    ['revokes the person', { kind: 'sub', value: 'alice' }],
    ['revokes the client', { kind: 'client', value: 'rp' }],
  ])('does not save what came of an approval when an operator %s', async (_, form) => {
    let now = NOW
    const { provider } = setUp({ now: () => now })
    const answer = await provider.login({ scope: 'openid offline_access' })
    expect((await provider.ask(formRequest('/revocations', 'operator', { ...form, unknown: 'true' }))).status).toBe(200)
    now += 6
    expect((await refresh(provider, answer)).error).toBe('invalid_grant')
  })

  it('does not save what came of a code that was used twice', async () => {
    const { provider } = setUp()
    const code = (await provider.authorize({ scope: 'openid offline_access' })).searchParams.get('code') ?? ''
    const form = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
    const answer = await provider.token(form)
    await provider.token(form)
    expect((await refresh(provider, answer)).error).toBe('invalid_grant')
  })

  it('ends where the person ends the app', async () => {
    let now = NOW
    const { provider } = setUp({ now: () => now })
    const answer = await provider.login({ scope: 'openid offline_access' })
    const page = await (await provider.browser.get(`${ISSUER}/apps`)).text()
    const form = /<form[^>]*>(?:(?!<\/form>)[\s\S])*name="app"[\s\S]*?<\/form>/.exec(page)?.[0] ?? page
    const fields = [...form.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
      name,
      value,
    ])
    expect((await provider.browser.post(`${ISSUER}/apps`, Object.fromEntries(fields))).status).toBe(200)
    now += 6
    expect((await refresh(provider, answer)).error).toBe('invalid_grant')
  })

  it('is asked for by name: who asks for all, or names no scope, is not given it', async () => {
    const { provider } = setUp()
    const answer = await provider.login({ scope: undefined, resource: `${ISSUER}/userinfo` })
    expect(answer.scope).toBe('openid profile email address phone')
    await logOut(provider)
    expect((await refresh(provider, answer)).error).toBe('invalid_grant')
  })

  it('alone is no request, and of a client that may not have it no scope', async () => {
    const { provider } = setUp({ rp: { scopes: ['openid', 'email'] } })
    const error = async (changes: Readonly<Record<string, string>>) =>
      (await provider.authorize(changes)).searchParams.get('error')
    expect(await error({ client_id: 'app', scope: 'offline_access' })).toBe('invalid_scope')
    expect(await error({ scope: 'openid offline_access' })).toBe('invalid_scope')
  })

  it('goes with what is asked for in detail alone', async () => {
    const app = { ...APP, authorization_details_types: ['payment'] }
    const authorizationDetailsTypes = { payment: VARS.AUTHORIZATION_DETAILS_TYPES.payment }
    const { provider } = setUp({ clients: { app }, authorizationDetailsTypes } as ProviderChanges)
    const detail = { type: 'payment', amount: { value: '1.00', currency: 'EUR' }, creditorName: 'bob' }
    const asked = { client_id: 'app', scope: 'offline_access', authorization_details: JSON.stringify([detail]) }
    const code = (await provider.authorize(asked)).searchParams.get('code') ?? ''
    const first = await publicly(provider, { grant_type: 'authorization_code', code, code_verifier: VERIFIER })
    expect(first).toMatchObject({ authorization_details: [detail], refresh_token: expect.stringMatching(/^ey/) })
    await logOut(provider)
    const { refresh_token = '' } = first
    const again = await publicly(provider, { grant_type: 'refresh_token', refresh_token })
    expect(again).toMatchObject({ authorization_details: [detail] })
  })

  it('is asked of the person, in words, and asked anew of who said yes to less', async () => {
    const { provider } = setUp()
    await provider.login({ scope: 'openid' })
    const query = new URLSearchParams({ response_type: 'code', client_id: 'rp', redirect_uri: RP_CALLBACK })
    for (const [name, value] of Object.entries({ code_challenge: 'x'.repeat(43), code_challenge_method: 'S256' }))
      query.set(name, value)
    query.set('scope', 'openid offline_access')
    const response = await provider.browser.get(`${ISSUER}/authorize?${query}`)
    const page = await response.text()
    expect([response.status, hiddenField(page, 'consent')]).toEqual([200, expect.stringMatching(/^ey/)])
    expect(page).toContain('even after you log out')
  })

  it('of an API of its own an issuer that is no OpenID provider may have, as ever', async () => {
    const resources = { [API]: { ...VARS.RESOURCES[API], scopes: ['read', 'offline_access'] } }
    const { provider } = setUp({
      openid: undefined,
      resources,
      rp: { resources: [API], scopes: ['read'] },
    } as unknown as ProviderChanges)
    const answer = await loginPublicly(provider, 'offline_access')
    expect(answer.scope).toBe('offline_access')
    await logOut(provider)
    const { refresh_token = '' } = answer
    expect((await publicly(provider, { grant_type: 'refresh_token', refresh_token })).error).toBe('invalid_grant')
  })
})
