import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createRing, type Ring, rotateRing, writeRing } from '../../keys/index.ts'
import { createMemoryGuard } from '../../src/index.ts'
import { visiblePart } from '../../src/protocol/visible.ts'
import {
  createDynamicIds,
  DYNAMIC_GRANT_TYPES,
  DYNAMIC_METHODS,
  type DynamicFacts,
  LONGEST_DYNAMIC_ID,
} from '../../src/registration/walk_in/dynamic_id.ts'
import { ISSUER, NOW, testKey } from '../fixtures.ts'
import { VERIFIER } from '../parties/person.ts'
import { createWalkInIssuer, REGISTRATION_KEYS, type Registered } from '../parties/walk_in.ts'

const DAY = 86_400
const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Uint8Array.from(bytes))
const facts: fc.Arbitrary<DynamicFacts> = fc.record({
  random: fc.string({ unit: fc.constantFrom(...'AZaz09-_'), minLength: 11, maxLength: 11 }),
  hour: fc.integer({ min: 0, max: 2 ** 40 }),
  name: fc.string({ unit: 'binary', maxLength: 80 }).map((text) => visiblePart(text, 64)),
  redirectUris: fc.array(
    fc
      .tuple(fc.constantFrom('https://tool.example/', 'http://[::1]:1/', 'app://x/'), fc.webPath())
      .map((parts) => parts.join('')),
    { minLength: 1, maxLength: 3, size: 'xsmall' },
  ),
  method: fc.constantFrom(...DYNAMIC_METHODS),
  grantTypes: fc.constantFrom(DYNAMIC_GRANT_TYPES, ['authorization_code'] as const),
})
const fits = (id: string): boolean => id.length <= LONGEST_DYNAMIC_ID

describe('the id of a client that registered', () => {
  it('opens to what was registered, whatever that is, as long as its key is listed, wherever in the list', () => {
    fc.assert(
      fc.property(
        facts,
        key,
        fc.uniqueArray(key, { maxLength: 3, selector: String }),
        fc.nat(),
        (told, own, others, at) => {
          fc.pre(!others.some((other) => String(other) === String(own)))
          const made = createDynamicIds(ISSUER, [own])
          const id = made.make(told)
          const list = [...others]
          list.splice(at % (others.length + 1), 0, own)
          const opened = createDynamicIds(ISSUER, list).open(id)
          if (!fits(id)) return expect(opened).toBeUndefined()
          expect([opened?.facts, opened?.secret()]).toEqual([told, made.open(id)?.secret()])
          expect(id).toMatch(/^[A-Za-z0-9._-]+$/)
        },
      ),
      { numRuns: 300 },
    )
  })

  // promise: W02
  it('opens by no other key, and for no other issuer', () => {
    fc.assert(
      fc.property(facts, key, key, fc.webUrl(), (told, own, other, issuer) => {
        fc.pre(String(own) !== String(other))
        const id = createDynamicIds(ISSUER, [own]).make(told)
        expect(createDynamicIds(ISSUER, [other]).open(id)).toBeUndefined()
        expect(createDynamicIds(issuer, [own]).open(id)).toBeUndefined()
      }),
      { numRuns: 200 },
    )
  })

  it('has one spelling: with any character changed, put in or taken out, it is none', () => {
    const ids = createDynamicIds(ISSUER, [testKey()])
    const character = fc.constantFrom(...'AQgwBRhx09-_.=+/ %', '\n', 'é')
    fc.assert(
      fc.property(facts, fc.nat(), character, fc.constantFrom(0, 1), (told, where, put, taken) => {
        const id = ids.make(told)
        const at = where % (id.length + 1)
        const changed = id.slice(0, at) + put + id.slice(at + taken)
        fc.pre(changed !== id && fits(id))
        expect(ids.open(id)).toBeDefined()
        expect(ids.open(changed)).toBeUndefined()
      }),
      { numRuns: 500 },
    )
  })

  it('has a secret of its own: two that differ in anything have two', () => {
    const ids = createDynamicIds(ISSUER, [testKey()])
    fc.assert(
      fc.property(facts, facts, (one, other) => {
        const [first, second] = [one, other].map((told) => ids.make(told)) as [string, string]
        fc.pre(first !== second && fits(first) && fits(second))
        expect(ids.open(first)?.secret()).not.toBe(ids.open(second)?.secret())
      }),
      { numRuns: 200 },
    )
  })
})

/** Returns a ring rotated at an instant. */
function rotated(ring: Ring, now: number, key: Uint8Array): Ring {
  const rotation = rotateRing(ring, { now, key })
  if (!rotation.ok) throw new Error(rotation.detail)
  return rotation.ring
}

/** Returns the ring as it is after so many days, rotated each month. */
function ringAfter(days: number): Ring {
  let ring = createRing({ now: NOW, key: testKey() })
  for (let month = 1; month * 30 <= days; month++) ring = rotated(ring, NOW + month * 30 * DAY, testKey(month))
  return ring
}

describe('a client that registered, 400 days and thirteen rotations later', () => {
  const [first, second] = REGISTRATION_KEYS
  /** The issuer as it is after so many days, with these registration keys. */
  const issuerAfter = (days: number, keys: readonly string[], guard = createMemoryGuard(() => NOW + days * DAY)) =>
    createWalkInIssuer({
      now: () => NOW + days * DAY,
      keyRing: writeRing(ringAfter(days)),
      registrationKeys: keys.join(' '),
      guard,
      authenticate: async () => ({ sub: 'alice', auth_time: NOW + days * DAY }),
    })

  it.each(['none', 'client_secret_post'])(
    'by %s gets a code, a token and the next, whatever keys were put before its own',
    async (method) => {
      const client = await issuerAfter(0, [first]).register({ token_endpoint_auth_method: method })
      const issuer = issuerAfter(400, [second, first])
      const code = (await issuer.authorize(client)).searchParams.get('code') ?? ''
      const answer = await issuer.token(client, { grant_type: 'authorization_code', code, code_verifier: VERIFIER })
      const { refresh_token } = (await answer.json()) as { refresh_token?: string }
      const next = await issuer.token(client, { grant_type: 'refresh_token', refresh_token })
      expect([answer.status, next.status]).toEqual([200, 200])
    },
  )

  // promise: W01
  it('goes on with the refresh token and the code that it had before a rotation, of the ring or of the keys', async () => {
    const guard = createMemoryGuard(() => NOW + 29 * DAY)
    const before = issuerAfter(29, [first], guard)
    const client = await before.register()
    const codes = [await before.authorize(client), await before.authorize(client)].map(
      (back) => back.searchParams.get('code') ?? '',
    )
    const exchange = { grant_type: 'authorization_code', code_verifier: VERIFIER }
    const { refresh_token } = (await (await before.token(client, { ...exchange, code: codes[0] ?? '' })).json()) as {
      refresh_token?: string
    }
    // The ring has its next root, the keys another first one, and not a minute has gone by.
    const now = NOW + 29 * DAY
    const later = createWalkInIssuer({
      now: () => now + 59,
      keyRing: writeRing(rotated(ringAfter(29), now + 1, testKey(9))),
      registrationKeys: `${second} ${first}`,
      guard,
    })
    const late = await later.token(client, { ...exchange, code: codes[1] ?? '' })
    const refreshed = await later.token(client, { grant_type: 'refresh_token', refresh_token })
    expect([late.status, refreshed.status]).toEqual([200, 200])
  })

  it('is gone where its key was taken out, and so is all that it had', async () => {
    const issuer = issuerAfter(0, [first])
    const client = await issuer.register()
    const code = (await issuer.authorize(client)).searchParams.get('code') ?? ''
    const without = issuerAfter(0, [second])
    const [status, { error }] = await without
      .token(client, { grant_type: 'authorization_code', code, code_verifier: VERIFIER })
      .then(async (answer) => [answer.status, (await answer.json()) as Registered] as const)
    expect([status, error]).toEqual([401, 'invalid_client'])
    expect((await without.question(client)).status).toBe(400)
  })
})
