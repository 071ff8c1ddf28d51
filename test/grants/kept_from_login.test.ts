import { describe, expect, it } from 'vitest'
import { createKeyring, rotateRing, writeRing } from '../../keys/index.ts'
import { createTokenPlace, type KeptTokensContext, type Lying, tokensOf } from '../../src/grants/kept_tokens.ts'
import { createMemoryGuard, type Guard, type IssuerSettings, loginProviders } from '../../src/index.ts'
import { TokenError } from '../../src/jose/error.ts'
import { createHomes } from '../../src/token/home.ts'
import { createPurposeEnvelopes, type PurposeEnvelopes } from '../../src/token/purpose.ts'
import { API, API2, ISSUER, NOW, secretHash, testKey, testRing } from '../house.ts'
import { createGranting, refusalOf, whyRefused } from '../parties/granting.ts'
import { APP_SECRET, CANARY, createHandOver, createTestProvider } from '../parties/hand_over.ts'
import { authorizeUrl, createBrowser, formOf, VERIFIER } from '../parties/person.ts'

/** Seconds that a login and its question may take, twice, and the life of the code that comes of them. */
const LOGIN = 2 * (90 + 3600) + 60

/** Seconds that a grant of the app lasts: its settings' default. */
const GRANT = 2_592_000

/** An issuer at a clock that moves, and what is left with its guard. */
function start(changes: Partial<IssuerSettings> = {}) {
  const clock = { now: NOW }
  const memory = createMemoryGuard(() => clock.now)
  const left = new Map<string, { readonly envelope: string; readonly until: number }>()
  const guard = {
    ...memory,
    async leave(name: string, envelope: string, until: number) {
      if (name.startsWith('provider ')) left.set(name, { envelope, until })
      return memory.leave(name, envelope, until)
    },
    async swap(name: string, before: string, envelope: string, until: number) {
      const outcome = await memory.swap(name, before, envelope, until)
      if (outcome === 'swapped') left.set(name, { envelope, until })
      return outcome
    },
  }
  const given = createTestProvider()
  const there = createHandOver(given, { guard, now: () => clock.now, ...changes })
  /** Opens what lies there, as the issuer does. */
  async function open({ envelope }: { readonly envelope: string }) {
    const lives = { provider: GRANT } as Parameters<typeof createPurposeEnvelopes>[1]
    return createPurposeEnvelopes(createKeyring(testRing(NOW), ISSUER), lives, clock.now).open('provider', envelope)
  }
  const refresh = (refresh_token = '', resource = API) =>
    there.token({ grant_type: 'refresh_token', refresh_token, resource })
  const redeem = (code: string, resource?: string) =>
    there.token({ grant_type: 'authorization_code', code, code_verifier: VERIFIER, resource })
  return { ...there, given, clock, memory, left, openKept: open, refresh, redeem }
}

const codeOf = (url: URL): string => url.searchParams.get('code') ?? ''
const first = <Value>(map: Map<string, Value>): readonly [string, Value] => {
  const [entry] = map
  if (entry === undefined) throw new Error('nothing is left there')
  return entry
}
/** The ring adds twice its skew to all that a guard is to remember. */
const REMEMBERED = 2 * testRing(NOW).skew

it('what a provider gave is left at the guard of its grant as one sealed envelope, until nothing can come of the login', async () => {
  const there = start()
  const code = codeOf(await there.authorize())
  const [name, { envelope, until }] = first(there.left)
  expect(until).toBe(NOW + LOGIN + REMEMBERED)
  expect(await there.openKept({ envelope })).toMatchObject({
    exp: NOW + LOGIN,
    sub: 'github|583231',
    provider: 'github',
  })
  expect(atob(envelope.split('.')[0] ?? '')).toContain('provider+jwe')
  const { gid } = await there.open((await there.redeem(code)).access_token)
  expect(name).toBe(`provider ${gid}`)
})

it.each([
  ['the API that is handed it', API],
  ['another API of the same grant', API2],
])('a code that is redeemed for %s keeps it until the grant ends', async (_, resource) => {
  const there = start()
  const code = codeOf(await there.authorize({ scope: 'read mail', resource: `${API} ${API2}` }))
  const { refresh_token } = await there.redeem(code, resource)
  expect(first(there.left)[1].until).toBe(NOW + GRANT + REMEMBERED)
  there.clock.now += LOGIN + 3600
  const { access_token } = await there.refresh(refresh_token)
  expect((await there.open(access_token)).providerToken).toBe(`${CANARY}-1`)
})

it('opens until the grant ends, whatever the ring became meanwhile', async () => {
  const there = start()
  const { refresh_token } = await there.login()
  there.clock.now = NOW + GRANT - 61
  const rotated = rotateRing(testRing(NOW), { now: NOW + 86_400, key: testKey(1) })
  if (!rotated.ok) throw new Error(rotated.detail)
  const settings = { guard: there.memory, now: () => there.clock.now, keyRing: writeRing(rotated.ring) }
  const later = createHandOver(there.given, settings)
  expect(await later.token({ grant_type: 'refresh_token', refresh_token, resource: API })).toHaveProperty(
    'access_token',
  )
})

it('it is not kept for an app that gets no refresh token, nor where no code is redeemed: its time is that of the login', async () => {
  const app = {
    secret_hash: secretHash(APP_SECRET),
    grant_types: ['authorization_code'],
    redirect_uris: ['https://app.example/cb'],
    resources: [API],
    scopes: ['read'],
  }
  const there = start({ clients: { app } })
  expect((await there.login()).access_token).toBeDefined()
  expect(first(there.left)[1].until).toBe(NOW + LOGIN + REMEMBERED)
})

it('a grant that ends leaves a note without any token, and the app is refused', async () => {
  const there = start()
  const code = codeOf(await there.authorize())
  const { refresh_token } = await there.redeem(code)
  // A code that comes again ends its grant (RFC 6749 §4.1.2).
  expect(await there.redeem(code)).toMatchObject({ error: 'invalid_grant' })
  const { jti: _, ...note } = await there.openKept(first(there.left)[1])
  expect(note).toEqual({ iat: NOW, exp: NOW + GRANT, gid: first(there.left)[0].slice('provider '.length) })
  expect(await there.refresh(refresh_token)).toMatchObject({ error: 'invalid_grant' })
})

it('a refresh token that is revoked leaves such a note, too (RFC 7009)', async () => {
  const there = start()
  const { refresh_token: token = '' } = await there.login()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = new URLSearchParams({ token, client_id: 'app', client_secret: APP_SECRET }).toString()
  await there.ask(new Request(`${ISSUER}/revoke`, { method: 'POST', headers, body }))
  expect(await there.openKept(first(there.left)[1])).not.toHaveProperty('accessToken')
})

it('the tokens of two grants never mix: those of one do not open at the other', async () => {
  const there = start()
  const one = await there.login()
  there.given.tokens = { accessToken: `${CANARY}-2`, scope: ['repo'] }
  const other = await there.login()
  const [[, of], [at]] = [...there.left] as [[string, { envelope: string }], [string, unknown]]
  const before = (await there.memory.look(at)) ?? ''
  await there.memory.swap(at, before, of.envelope, NOW)
  expect(await there.refresh(other.refresh_token)).toMatchObject({ error: 'invalid_grant' })
  expect((await there.open((await there.refresh(one.refresh_token)).access_token)).providerToken).toBe(`${CANARY}-1`)
})

it('tokens that have less scope than the API needs now are refused: the app logs in again', async () => {
  const there = start()
  const { refresh_token } = await there.login()
  const resources = {
    [API]: { scopes: ['read'], provider_token: 'github', provider_scope: 'repo user' },
    [API2]: { scopes: ['mail'] },
  }
  const now = createHandOver(there.given, { guard: there.memory, resources })
  expect(await now.token({ grant_type: 'refresh_token', refresh_token })).toMatchObject({ error: 'invalid_grant' })
})

it('an API that is handed them only since the person was asked gets none: the app has the person asked', async () => {
  const there = start()
  const both = { resource: `${API} ${API2}`, scope: 'read mail' }
  const { refresh_token } = await there.redeem(codeOf(await there.authorize(both)), API)
  const handed = { provider_token: 'github', provider_scope: 'repo' }
  const resources = { [API]: { scopes: ['read'], ...handed }, [API2]: { scopes: ['mail'], ...handed } }
  const now = createHandOver(there.given, { guard: there.memory, resources })
  const refresh = (resource: string) => now.token({ grant_type: 'refresh_token', refresh_token, resource })
  expect(await refresh(API2)).toMatchObject({ error: 'invalid_grant' })
  expect((await now.open((await refresh(API)).access_token)).providerToken).toBe(`${CANARY}-1`)
  const code = codeOf(await now.authorize(both))
  const again = await now.token({ grant_type: 'authorization_code', code, code_verifier: VERIFIER, resource: API2 })
  expect(again.access_token).toMatch(/^eyJ/)
})

it('a login at one provider is none for an API that is handed those of another since: nobody is asked for what cannot be', async () => {
  const there = start()
  const goneTo = (response: Response): string => response.headers.get('location') ?? ''
  const sent = new URL(goneTo(await there.browser.get(authorizeUrl({ client_id: 'app', resource: API }))))
  const { state = '', redirect_uri } = Object.fromEntries(sent.searchParams)
  const goesOn = goneTo(await there.browser.get(`${redirect_uri}?${formOf({ state, code: 'c' })}`))
  const hub = createHandOver(there.given, {
    guard: there.memory,
    authenticate: loginProviders({ github: there.given.provider, hub: there.given.provider }),
    resources: { [API]: { scopes: ['read'], provider_token: 'hub' }, [API2]: { scopes: ['mail'] } },
  })
  const again = await createBrowser(hub.ask, there.browser.cookies).get(goesOn)
  expect(new URL(goneTo(again)).searchParams.get('redirect_uri')).toBe(`${ISSUER}/login/callback/hub`)
  expect((await there.browser.get(goesOn)).status).toBe(200)
})

it('tokens that a provider renews with less scope than the API needs are handed to it at no refresh, the first neither', async () => {
  const there = start()
  const scope = ['user']
  const refresh = async () => ({ accessToken: `${CANARY}-2`, refreshToken: 'r2', expiresAt: NOW + 3600, scope })
  there.given.tokens = { accessToken: `${CANARY}-1`, refreshToken: 'r1', expiresAt: NOW + 90, scope: ['repo'] }
  Object.assign(there.given.provider, { refresh })
  const { refresh_token } = await there.login()
  there.clock.now += 60
  for (let times = 0; times < 2; times++)
    expect(await there.refresh(refresh_token)).toMatchObject({ error: 'invalid_grant' })
})

it('a guard that keeps nothing, as one for 0.1.0, is refused where something is handed over', () => {
  const { spend, advance, end, hasEnded } = createMemoryGuard()
  const guard: Guard = { spend, advance, end, hasEnded }
  expect(() => createHandOver(createTestProvider(), { guard })).toThrow(
    '"guard" expected a guard with leave, look, swap',
  )
})

describe('where tokens of a provider lie', () => {
  const TOKENS = { accessToken: 'a', scope: ['repo'], sub: 'github|1', provider: 'github' }
  const ALL = { ...TOKENS, refreshToken: 'r', expiresAt: NOW + 9 }

  /** A place at a guard; `clock` is that of who opens. */
  function placing(changes: Partial<KeptTokensContext> = {}) {
    const { context, guard, envelopesAt, settings } = createGranting()
    const clock = { now: NOW }
    const given = { guard, homes: settings.homes, envelopes: envelopesAt, newId: context.newId, now: () => clock.now }
    return { ...createTokenPlace({ ...given, ...changes }), guard, clock, envelopesAt }
  }

  it('they lie until they end, with all that there is of them and nothing more', async () => {
    const { leave, look, guard, envelopesAt } = placing()
    const attempt = { id: 'x', at: NOW, ended: true } as const
    for (const [gid, kept] of [
      ['one', TOKENS],
      ['two', { ...ALL, attempt }],
    ] as const) {
      await leave(gid, Object.assign({ more: 'nothing' }, kept), NOW + 60)
      const envelope = (await guard.look(`provider ${gid}`)) ?? ''
      const { jti, ...facts } = await envelopesAt(NOW).open('provider', envelope)
      expect(facts).toStrictEqual({ iat: NOW, exp: NOW + 60, gid, ...kept })
      expect(jti).toMatch(/^[\w-]{22}$/)
      expect(await look(gid)).toEqual({ envelope, kept: { ...facts, jti }, until: NOW + 60 })
    }
    expect(await look('three')).toBeUndefined()
  })

  it('of tokens only those are kept, as far as there are any', () => {
    const { sub: _, provider: __, ...tokens } = ALL
    const { sub: ___, provider: ____, ...least } = TOKENS
    expect(tokensOf(ALL)).toStrictEqual(tokens)
    expect(tokensOf(TOKENS)).toStrictEqual(least)
  })

  it('they are left where none are', async () => {
    const { leave } = placing()
    await leave('one', TOKENS, NOW + 60)
    expect(await whyRefused(() => leave('one', ALL, NOW + 60))).toBe('login_failed stale')
  })

  it('others stand in their place, if nothing else does meanwhile', async () => {
    const { leave, look, swap } = placing()
    await leave('one', TOKENS, NOW + 60)
    const before = (await look('one')) as Lying
    const swapped = await swap('one', before, ALL, NOW + 90)
    expect(swapped).toEqual({ envelope: expect.any(String), kept: ALL, until: NOW + 90 })
    expect(await look('one')).toEqual({ ...swapped, kept: expect.objectContaining(ALL) })
    expect(await swap('one', before, TOKENS)).toBeUndefined()
    expect((await swap('one', swapped as Lying, TOKENS))?.until).toBe(NOW + 90)
  })

  it('a note that they are over stands there until the end', async () => {
    const { leave, look, swap } = placing()
    await leave('one', ALL, NOW + 60)
    const over = await swap('one', (await look('one')) as Lying, undefined)
    expect(over).toEqual({ envelope: expect.any(String), kept: undefined, until: NOW + 60 })
    expect(await look('one')).toEqual(over)
  })

  it('they are asked for at no home that is gone', async () => {
    const guard = { ...createMemoryGuard(() => NOW), look: () => Promise.reject(new Error('no such object')) }
    const { look } = placing({ guard, homes: createHomes(2) })
    expect(await whyRefused(() => look(`7.${'x'.repeat(22)}`))).toBe('invalid_grant provider_tokens')
  })

  it('they are none where they do not open, or are of another grant', async () => {
    const { look, guard, envelopesAt, clock } = placing()
    const facts = { jti: 'x', iat: NOW, exp: NOW + 60, gid: 'one', ...TOKENS }
    await guard.leave('provider none', 'x', NOW + 60)
    await guard.leave('provider other', await envelopesAt(NOW).seal('provider', facts), NOW + 60)
    const { code, reason, cause } = await refusalOf(() => look('none'))
    expect([code, reason, cause]).toEqual(['invalid_grant', 'provider_tokens', expect.any(TokenError)])
    expect(await whyRefused(() => look('other'))).toBe('invalid_grant provider_tokens')
    await guard.leave('provider one', await envelopesAt(NOW).seal('provider', { ...facts, iat: NOW + 9999 }), NOW + 60)
    expect(await whyRefused(() => look('one'))).toBe('temporarily_unavailable clock')
    clock.now = NOW + 60
    expect(await whyRefused(() => look('one'))).toBe('invalid_grant provider_tokens')
  })

  it('they are not gone because something of ours fails', async () => {
    const down = new Error('down')
    const envelopes = () => ({ open: () => Promise.reject(down) }) as unknown as PurposeEnvelopes
    const { look, guard } = placing({ envelopes })
    await guard.leave('provider one', 'x', NOW + 60)
    await expect(look('one')).rejects.toBe(down)
  })
})
