import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { VARS } from '../fixtures.ts'
import { formOf, signLogin } from '../parties/person.ts'
import { apiOf, createHouse, HOUSE, type House, type HouseOptions, OTHER_API } from '../parties/providers/house.ts'
import { type OpenidServer, startOpenidServer } from '../parties/providers/openid_server.ts'
import { type PlainServer, startPlainServer } from '../parties/providers/plain_server.ts'
import { CLIENT_ID, type ProviderParty, serve } from '../parties/providers/provider_party.ts'
import {
  type Member,
  STRANGER,
  startTenantsServer,
  TENANTS,
  type TenantsServer,
} from '../parties/providers/tenants_server.ts'
import type { Visitor } from '../parties/visitor.ts'

const now = (): number => Math.floor(Date.now() / 1000)
const callbackOf = (name: string): string => `${HOUSE}/login/callback/${name}`

let github: PlainServer
let openid: OpenidServer
let google: OpenidServer
let entra: TenantsServer
/** A provider that sends everybody to another one, with whatever it was asked, and notes what it is shown. */
let evil: ProviderParty & { sendTo: string; changes: Record<string, string>; readonly shown: string[] }

beforeAll(async () => {
  github = await startPlainServer({ callback: callbackOf('github'), now })
  openid = await startOpenidServer({ callbacks: [callbackOf('openid')] })
  google = await startOpenidServer({ callbacks: [callbackOf('google')], refresh: 'fixed' })
  entra = await startTenantsServer(now)
  const shown: string[] = []
  const place = await serve((origin) => async (request, response) => {
    const url = new URL(request.url ?? '/', origin)
    if (url.pathname === '/authorize') {
      const asked = { ...Object.fromEntries(url.searchParams), ...evil.changes }
      response.writeHead(302, { location: `${evil.sendTo}?${new URLSearchParams(asked)}` }).end()
      return
    }
    for await (const part of request) shown.push(String(part))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"error":"invalid_grant"}')
  })
  const table = {
    type: 'oauth',
    client_id: CLIENT_ID,
    authorization_endpoint: `${place.url}/authorize`,
    token_endpoint: `${place.url}/token`,
    userinfo_endpoint: `${place.url}/userinfo`,
    claims: { sub: 'id' },
  }
  const party = { url: place.url, table, seen: new Map(), given: [], actedFor: [], actsFor: async () => undefined }
  evil = { ...party, sendTo: '', changes: {}, shown, stop: place.stop }
})
afterAll(() => Promise.all([github, openid, google, entra, evil].map((party) => party?.stop())))
beforeEach(() => {
  github.misbehave({})
  evil.changes = {}
  evil.shown.length = 0
})

/** Returns an issuer that nobody has asked yet. */
const setUp = (options: Partial<HouseOptions> = {}): House =>
  createHouse({ parties: { github, openid, google, evil }, now, ...options })

const PARTIES: Readonly<Record<string, () => ProviderParty>> = {
  github: () => github,
  openid: () => openid,
  google: () => google,
}

/** Goes to a provider and logs in there; returns the address by which the person would come back, and does not go there. */
async function answerOf(house: House, provider: string, person: Visitor = house.person()): Promise<URL> {
  const asked = { resource: apiOf(provider) }
  let answer: URL | undefined
  await person.visit(requestUrl(asked), (url) => {
    if (!url.href.startsWith(`${HOUSE}/login/callback`)) return url
    answer = url
    return undefined
  })
  if (answer === undefined) throw new Error('no answer')
  return answer
}

function requestUrl(changes: Readonly<Record<string, string>>): string {
  const usual = {
    response_type: 'code',
    client_id: 'app',
    redirect_uri: 'http://127.0.0.1:4999/callback',
    state: 'xyz',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  }
  return `${HOUSE}/authorize?${formOf({ ...usual, ...changes })}`
}

/** Asserts that a person who comes back so is not logged in, and that no provider was shown the code. */
async function expectRefused(house: House, person: Visitor, answer: URL): Promise<void> {
  const code = answer.searchParams.get('code') ?? ''
  const arrival = await person.visit(answer.href, (url) => (url.origin === HOUSE ? url : undefined))
  expect([arrival.status, arrival.url.origin, arrival.text]).toEqual([400, HOUSE, expect.stringContaining('<h1')])
  expect(Object.values(PARTIES).map((partyOf) => partyOf().seen.get(code))).toEqual([undefined, undefined, undefined])
  expect(evil.shown.join()).not.toContain(code)
  expect(house.log.at(-1)).toMatchObject({ code: expect.stringMatching(/^(?:login_failed|foreign_login)$/) })
}

/** Returns an address with other parameters; nothing takes one out. */
function changed(url: URL, changes: Readonly<Record<string, string | undefined>>): URL {
  const other = new URL(url)
  for (const [name, value] of Object.entries(changes))
    if (value === undefined) other.searchParams.delete(name)
    else other.searchParams.set(name, value)
  return other
}

describe('an answer of one provider', () => {
  it.each([
    ['github', 'openid'],
    ['openid', 'google'],
    ['google', 'github'],
  ])(
    "of %s is none at %s's callback: nobody is logged in, and nobody sees the code (RFC 9700 §4.4)",
    async (one, other) => {
      const house = setUp()
      const person = house.person()
      const answer = await answerOf(house, one, person)
      const elsewhere = new URL(answer.href.replace(callbackOf(one), callbackOf(other)))
      expect(elsewhere.href).not.toBe(answer.href)
      await expectRefused(house, person, elsewhere)
    },
  )

  // promise: Y01
  it('is none at the callback of the only provider, and none at that of one that is not there', async () => {
    const house = setUp()
    const person = house.person()
    const answer = await answerOf(house, 'github', person)
    await expectRefused(house, person, new URL(answer.href.replace(callbackOf('github'), `${HOUSE}/login/callback`)))
    const elsewhere = await person.visit(answer.href.replace(callbackOf('github'), callbackOf('gitlab')))
    expect([elsewhere.status, github.seen.get(answer.searchParams.get('code') ?? '')]).toEqual([404, undefined])
  })

  it.each([
    ['is missing', undefined],
    ["is another provider's", 'other'],
    ['has a slash at its end', '/'],
  ])('whose "iss" %s is refused before its code is shown to anybody (RFC 9207 §2.4)', async (_, kind) => {
    const house = setUp()
    const person = house.person()
    const iss = kind === undefined ? undefined : kind === 'other' ? google.url : `${openid.url}/`
    await expectRefused(house, person, changed(await answerOf(house, 'openid', person), { iss }))
  })

  it('of a plain provider whose "iss" is known is refused without it, and with another', async () => {
    const house = setUp({ tables: { github: { issuer: 'https://plain.example' } } })
    for (const answer of [{}, { iss: openid.url }] as readonly Record<string, string>[]) {
      github.misbehave({ answer })
      const person = house.person()
      await expectRefused(house, person, await answerOf(house, 'github', person))
    }
    github.misbehave({ answer: { iss: 'https://plain.example' } })
    expect((await house.api('github', (await house.login('github')).access_token))?.sub).toBe('github|583231')
  })
})

describe('a code', () => {
  it.each(['github', 'openid', 'google'])(
    'of %s that belongs to the login of somebody else logs nobody in, whoever injects it (RFC 9700 §4.5)',
    async (provider) => {
      const house = setUp()
      const [victim, attacker] = [house.person('alice'), house.person('bob')]
      const [own, strange] = [await answerOf(house, provider, victim), await answerOf(house, provider, attacker)]
      const code = strange.searchParams.get('code') ?? undefined
      const arrival = await victim.visit(changed(own, { code }).href)
      expect([arrival.status, house.log.at(-1)]).toEqual([400, expect.objectContaining({ code: 'login_failed' })])
    },
  )

  it.each(['github', 'openid', 'google'])(
    'of %s logs nobody in whose browser did not begin the login, and is not shown to anybody',
    async (provider) => {
      const house = setUp()
      const answer = await answerOf(house, provider, house.person('bob'))
      await expectRefused(house, house.person('alice'), answer)
    },
  )
})

describe('a provider that sends people on to another one', () => {
  it.each(['github', 'openid'])(
    'gets no code of %s, by its own callback: that one sends nobody there',
    async (other) => {
      const house = setUp()
      evil.sendTo = String(other === 'github' ? github.table['authorization_endpoint'] : `${openid.url}/auth`)
      const person = house.person()
      const { url } = await person.visit(requestUrl({ resource: apiOf('evil') }))
      expect([url.origin, url.searchParams.has('code')]).toEqual([PARTIES[other]?.().url, false])
      expect(evil.shown).toEqual([])
    },
  )

  it.each(['github', 'openid'])("gets no code of %s, by that one's callback (RFC 9700 §4.4.1)", async (other) => {
    const house = setUp()
    evil.sendTo = String(other === 'github' ? github.table['authorization_endpoint'] : `${openid.url}/auth`)
    evil.changes = { redirect_uri: callbackOf(other), scope: 'openid' }
    const person = house.person()
    const answer = await answerOf(house, 'evil', person)
    expect(answer.href.startsWith(`${callbackOf(other)}?`)).toBe(true)
    await expectRefused(house, person, answer)
  })
})

// promise: Y06
describe('two providers never make one person', () => {
  it('a page of your own may not call anybody as a provider would', async () => {
    const house = setUp({ tables: { page: VARS.LOGIN } })
    for (const [sub, isFine] of [
      ['github|583231', false],
      ['google|alice', false],
      ['page|7', false],
      ['bob', true],
    ] as const) {
      const person = house.person()
      const asked = { resource: OTHER_API, scope: 'mail', idp_hint: 'page' }
      const { url } = await person.visit(requestUrl(asked), ({ href }) =>
        href.startsWith(VARS.LOGIN.url) ? undefined : new URL(href),
      )
      const back = await signLogin(url.href, sub, { issuer: HOUSE })
      const arrival = await person.visit(back.replace('/login/callback?', '/login/callback/page?'), (to) =>
        to.port === '4999' ? undefined : to,
      )
      expect([sub, arrival.status]).toEqual([sub, isFine ? 0 : 400])
    }
  })

  it("what a provider says of its people stands behind its own name, also where it looks like another's", async () => {
    const house = setUp()
    const google_s = await house.api('google', (await house.login('google')).access_token)
    github.misbehave({ user: { id: google_s?.sub } })
    const { access_token } = await house.login('github')
    expect((await house.api('github', access_token))?.sub).toBe(`github|${google_s?.sub}`)
    expect(google_s?.sub).toBe('google|alice')
  })

  it('two providers with one signing key, one client_id and one "sub" have two persons', async () => {
    const house = setUp()
    const subs = []
    for (const name of ['openid', 'google'])
      subs.push((await house.api(name, (await house.login(name)).access_token))?.sub)
    expect(subs).toEqual(['openid|alice', 'google|alice'])
  })

  it('two tenants of one provider whose people have one "sub" have two persons', async () => {
    const house = createHouse({ parties: { entra }, now })
    const subs = []
    for (const tenant of TENANTS) {
      entra.seat({ tenant, sub: 'one' })
      subs.push((await house.api('entra', (await house.login('entra')).access_token))?.sub)
    }
    expect(subs).toEqual(TENANTS.map((tenant) => `entra|${tenant}|one`))
  })

  it.each<[string, Member]>([
    ['is not in the list', { tenant: STRANGER, sub: 'one' }],
    ['signs for another one', { tenant: TENANTS[0], sub: 'one', signedBy: TENANTS[1] }],
    ['has its word given by one outside of the list', { tenant: TENANTS[0], sub: 'one', signedBy: STRANGER }],
    ['says another one in "tid"', { tenant: TENANTS[0], sub: 'one', claims: { tid: TENANTS[1] } }],
  ])('a tenant that %s logs nobody in', async (_, member) => {
    const house = createHouse({ parties: { entra }, now })
    entra.seat(member)
    const arrival = await house.authorize(house.person(), { resource: apiOf('entra') })
    expect([arrival.status, arrival.url.origin, house.log.at(-1)?.code]).toEqual([400, HOUSE, 'login_failed'])
  })
})
