import { expect, it } from 'vitest'
import { createKeyring, rotateRing, writeRing } from '../../keys/index.ts'
import { createMemoryGuard, type Guard, type IssuerSettings, loginProviders } from '../../src/index.ts'
import { createPurposeEnvelopes } from '../../src/token/purpose.ts'
import { API, API2, ISSUER, NOW, secretHash, testKey, testRing } from '../house.ts'
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
