import fc from 'fast-check'
import { expect, it } from 'vitest'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { API } from '../fixtures.ts'
import { ALICE, createProvider } from '../parties/openid_provider.ts'
import { VERIFIER } from '../parties/person.ts'

/** Characters that an envelope, an ID token and a URL may have. */
const LONGEST = 8192
const SESSION = '__Host-bulla-session'
const ALL = 'openid profile email address phone'
const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length

/** Twenty claims of 579 bytes: the measure of a person. */
const TWENTY = {
  ...ALICE,
  middle_name: 'Pleasance',
  nickname: 'Alice P. L.',
  profile: 'https://people.example/alice',
  website: 'https://alice.people.example',
  gender: 'female',
  birthdate: '1852-05-04',
  zoneinfo: 'Europe/London',
  groups: ['staff', 'readers'],
}

/** Returns claims of so many bytes, written in characters of this kind. */
function claimsOfSize(bytes: number, unit: string) {
  const width = bytesOf(unit) - 2
  const room = bytes - bytesOf({ name: '' })
  return { name: unit.repeat(Math.floor(room / width)) + 'a'.repeat(room % width) }
}

const TYPES = {
  note: {
    name: 'Note',
    resources: [API],
    schema: { type: 'object', properties: { text: { type: 'string' } }, additionalProperties: false },
  },
} as const

/** A detail of so many bytes. */
const detailOf = (text: string) => JSON.stringify([{ type: 'note', text, locations: [API] }])

const LONG = { sub: 'a'.repeat(255), acr: 'a'.repeat(255), amr: [] as string[] }
const MOST = { nonce: 'n'.repeat(512), authorization_details: detailOf(`${'中'.repeat(640)}${'d'.repeat(640)}`) }
/** One that ends well, one that is too long together, and one of whom too much is said. */
const EXAMPLES: [typeof LONG & { claims: { name: string } }, Readonly<Record<string, string>>, 'RS256'][] = [
  [{ ...LONG, claims: claimsOfSize(1536, 'a') }, {}, 'RS256'],
  [{ ...LONG, claims: claimsOfSize(1536, 'a'), amr: Array<string>(6).fill('m'.repeat(64)) }, MOST, 'RS256'],
  [{ ...LONG, claims: claimsOfSize(1537, 'a') }, {}, 'RS256'],
]

/** Returns a provider of this person, and how long all is that comes of a login. */
async function measure(person: object, asked: Readonly<Record<string, string>>, alg: 'RS256' | 'ES256' = 'RS256') {
  const provider = createProvider({
    openid: { scopes: { groups: ['groups'] } },
    authorizationDetailsTypes: TYPES,
    person,
    rp: {
      resources: [API],
      scopes: [...ALL.split(' '), 'groups', 'offline_access', 'read'],
      authorization_details_types: ['note'],
      id_token_signed_response_alg: alg,
    },
  })
  const location = await provider.authorize({ scope: `${ALL} groups`, ...asked })
  const code = location.searchParams.get('code') ?? ''
  const error = location.searchParams.get('error') ?? location.href.replace(/^(page:\d+)?.*$/, '$1')
  const session = provider.browser.cookies.get(SESSION) ?? ''
  if (code === '') return { error, session: session.length }
  const redeem = { grant_type: 'authorization_code', code, code_verifier: VERIFIER }
  const answer = await provider.token({ ...redeem, resource: 'https://as.example/userinfo' })
  expect(answer.error).toBeUndefined()
  expect((await provider.userinfo(answer.access_token)).status).toBe(200)
  const again = await provider.token({ grant_type: 'refresh_token', refresh_token: answer.refresh_token })
  expect(again.error).toBeUndefined()
  return {
    session: session.length,
    code: code.length,
    url: location.href.length,
    access: answer.access_token.length,
    refresh: answer.refresh_token?.length ?? 0,
    id: answer.id_token?.length ?? 0,
  }
}

it('twenty claims of 579 bytes make a session, a code and tokens of less than 1,800 characters', async () => {
  expect([Object.keys(TWENTY).length, bytesOf(TWENTY)]).toEqual([20, 579])
  const sizes = await measure({ claims: TWENTY }, {})
  for (const size of Object.values(sizes)) expect(Number(size)).toBeLessThan(1800)
  expect(sizes.session).toBeLessThan(1200)
})

it('claims of 1,536 bytes fit beside the longest state that a client may have, in a URL of 8 KB', async () => {
  for (const unit of ['a', '中', '"']) {
    const sizes = await measure({ claims: claimsOfSize(1536, unit) }, { state: 's'.repeat(4096) })
    expect(sizes).toMatchObject({ url: expect.any(Number) })
    expect(Math.max(...Object.values(sizes).map(Number))).toBeLessThanOrEqual(LONGEST)
  }
})

it('nobody is asked for a yes of which nothing could come: the client is told at once', async () => {
  const [who, wish] = EXAMPLES[1] ?? []
  const rp = { resources: [API], scopes: [...ALL.split(' '), 'read'], authorization_details_types: ['note'] }
  const { browser } = createProvider({ authorizationDetailsTypes: TYPES, person: { ...who, name: null }, rp })
  const asked = { response_type: 'code', client_id: 'rp', redirect_uri: 'https://rp.example/cb', scope: ALL }
  const challenge = { code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256' }
  const url = `https://as.example/authorize?${new URLSearchParams({ ...asked, ...challenge, ...wish })}`
  const back = (await browser.get(url)).headers.get('location') ?? ''
  expect(back).toMatch(/^https:\/\/as\.example\/authorize\?/)
  const answer = await browser.get(back)
  expect([answer.status, answer.headers.get('location')?.split('&')[0]]).toEqual([
    303,
    'https://rp.example/cb?error=invalid_request',
  ])
})

it('whatever a login gives, and a client asks for: all that comes of it fits, or is refused before anybody says yes', async () => {
  const unit = fc.constantFrom('a', 'é', '中', '😀', '"', '\n')
  const person = fc.record({
    claims: fc.tuple(fc.integer({ min: 1400, max: 1560 }), unit).map(([bytes, one]) => claimsOfSize(bytes, one)),
    sub: fc
      .tuple(fc.constantFrom('a', '界'), fc.integer({ min: 1, max: 255 }))
      .map(([one, length]) => one.repeat(length)),
    acr: fc.integer({ min: 1, max: 255 }).map((length) => '"'.repeat(length)),
    amr: fc
      .integer({ min: 1, max: 16 })
      .map((count) => Array.from({ length: count }, (_, one) => `${one}`.padStart(64, 'm'))),
  })
  const text = fc.integer({ min: 0, max: 640 }).map((length) => '中'.repeat(length) + 'd'.repeat(length))
  const asked = fc.record(
    {
      state: fc.integer({ min: 0, max: 400 }).map((length) => 's'.repeat(length)),
      nonce: fc.integer({ min: 1, max: 512 }).map((length) => 'n'.repeat(length)),
      authorization_details: text.map(detailOf),
    },
    { requiredKeys: [] },
  )
  const outcomes = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(person, asked, fc.constantFrom('RS256' as const, 'ES256' as const), async (who, wish, alg) => {
      const { error, ...sizes } = await measure({ ...who, name: null }, wish, alg)
      const outcome = error === undefined ? 'ended' : error
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
      expect(['ended', 'invalid_request', 'page:400']).toContain(outcome)
      // A page is shown in place of a login, and an error to who was not asked.
      if (outcome === 'page:400') expect(sizes.session).toBe(0)
      else expect(sizes.session).toBeLessThanOrEqual(3800)
      const { url: _, ...artefacts } = { url: 0, ...sizes }
      for (const size of Object.values(artefacts)) expect(size).toBeLessThanOrEqual(LONGEST)
    }),
    { numRuns: 60, endOnFailure: true, examples: EXAMPLES },
  )
  expect([...outcomes.keys()].sort()).toEqual(['ended', 'invalid_request', 'page:400'])
}, 120_000)
