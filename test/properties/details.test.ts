import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { openDirect } from '../../src/token/direct.ts'
import { API, API2, ISSUER, NOW, testIssuer, testRing } from '../fixtures.ts'
import {
  type Ask,
  createApp,
  createPerson,
  type FullAnswer,
  pushedBy,
  REQUESTS,
  readAnswer,
} from '../parties/person.ts'

interface Account {
  readonly type: 'account'
  readonly actions: readonly string[]
  readonly days?: number
  readonly locations?: readonly string[]
}
type Answer = FullAnswer & { readonly authorization_details?: readonly Account[] }

const list = <Item>(...items: Item[]) => fc.shuffledSubarray(items, { minLength: 1 })
const account: fc.Arbitrary<Account> = fc.record(
  {
    type: fc.constant('account' as const),
    actions: list('balance', 'history', 'owner'),
    days: fc.integer({ min: 1, max: 3 }),
    locations: list(API, API2),
  },
  { requiredKeys: ['type', 'actions'] },
)
const details = fc.array(account, { minLength: 1, maxLength: 4 })
const resource = fc.constantFrom(API, API2)

/** What may be done by a token at its resource: the rule in its plainest form, one thing after the other. */
function powersOf(approved: readonly Account[], at: string): readonly string[] {
  return approved
    .filter(({ locations = [API, API2] }) => locations.includes(at))
    .flatMap(({ actions, days }) => actions.map((action) => `${action} ${days ?? 'always'}`))
}

/** Tells whether nothing stands in one list more often than in another. */
function isNoMore(list: readonly string[], than: readonly string[]): boolean {
  const count = (of: readonly string[], one: string): number => of.filter((other) => other === one).length
  return list.every((one) => count(list, one) <= count(than, one))
}

async function open(token: string, at: string) {
  const enc = at === API ? ('A256GCM' as const) : ('A256CBC-HS512' as const)
  const leaves = createKeyring(testRing(NOW), ISSUER).leavesFor('access', at, enc, 600)
  const expected = { issuer: ISSUER, resource: at, now: NOW, clockTolerance: 0, longestLife: 600, anonymous: false }
  return (await openDirect(token, leaves, expected)).entitlement
}

// promise: I04
it('the details in a token are always within those that a person agreed to, whatever is asked (invariant 4)', async () => {
  let minted = 0
  let refused = 0
  await fc.assert(
    fc.asyncProperty(
      details,
      fc.boolean(),
      fc.array(fc.record({ wanted: fc.option(fc.oneof(details, fc.nat(9))), at: fc.option(resource) }), {
        minLength: 1,
        maxLength: 6,
      }),
      async (approved, isPushed, wishes) => {
        const issuer = testIssuer()
        const ask: Ask = (request) => issuer.fetch(request)
        const app = createApp(ask, { client: 'web' })
        const request = { ...REQUESTS['web'], scope: undefined, resource: undefined }
        const asked = { ...request, authorization_details: JSON.stringify(approved) }
        const visit = isPushed ? await pushedBy('web', await app.push(asked)) : asked
        const answer = await createPerson(ask, { now: () => NOW }).answer('allow', visit)
        const code = answer.searchParams.get('code') ?? ''
        let refreshToken = ''
        for (const { wanted, at } of wishes) {
          // A number stands for what was approved but its last actions: so that some wishes are granted.
          const wish =
            typeof wanted === 'number'
              ? approved
                  .slice(0, (wanted % 4) + 1)
                  .map((one) => ({ ...one, actions: one.actions.slice(0, 1 + (wanted % 3)) }))
              : wanted
          const form = {
            ...(wish === null ? {} : { authorization_details: JSON.stringify(wish) }),
            ...(at === null ? {} : { resource: at }),
          }
          const response = await (refreshToken === '' ? app.redeem(code, form) : app.refresh(refreshToken, form))
          const given = (await readAnswer(response)) as Answer
          if (response.status !== 200) {
            refused++
            expect(['invalid_authorization_details', 'invalid_target', 'invalid_scope']).toContain(given.error)
            continue
          }
          minted++
          refreshToken = given.refresh_token ?? refreshToken
          const places = await Promise.all(
            [API, API2].map((uri) => open(given.access_token, uri).catch(() => undefined)),
          )
          const [entitlement] = places.filter((one) => one !== undefined)
          const inToken = (entitlement?.authorization_details ?? []) as unknown as readonly Account[]
          expect([entitlement?.scope, given.authorization_details]).toEqual([[], inToken])
          const powers = powersOf(inToken, entitlement?.aud ?? '')
          expect(powers.length).toBeGreaterThan(0)
          expect(isNoMore(powers, powersOf(approved, entitlement?.aud ?? ''))).toBe(true)
          if (wish !== null) expect(inToken).toEqual(wish)
          if (at !== null) expect(entitlement?.aud).toBe(at)
        }
      },
    ),
    { numRuns: 200 },
  )
  expect(Math.min(minted, refused)).toBeGreaterThan(50)
}, 120_000)
