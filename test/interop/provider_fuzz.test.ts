import fc from 'fast-check'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { apiOf, createHouse, HOUSE, type House, OTHER_API } from '../parties/providers/house.ts'
import { type OpenidServer, startOpenidServer } from '../parties/providers/openid_server.ts'
import { type PlainServer, startPlainServer } from '../parties/providers/plain_server.ts'

const now = (): number => Math.floor(Date.now() / 1000)
const callbackOf = (name: string): string => `${HOUSE}/login/callback/${name}`

let github: PlainServer
let openid: OpenidServer
let house: House
beforeAll(async () => {
  github = await startPlainServer({ callback: callbackOf('github'), now })
  openid = await startOpenidServer({ callbacks: [callbackOf('openid')] })
  house = createHouse({ parties: { github, openid }, now })
})
afterAll(() => Promise.all([github, openid].map((party) => party?.stop())))

/** What is asked for: mostly what can be had. */
const targets = fc.constantFrom(
  { resource: apiOf('github'), scope: 'read' },
  { resource: apiOf('openid'), scope: 'read' },
  { resource: OTHER_API, scope: 'mail' },
  { resource: OTHER_API },
  { resource: `${apiOf('github')} ${OTHER_API}`, scope: 'read mail' },
  { resource: `${apiOf('github')} ${apiOf('openid')}`, scope: 'read' },
  { resource: OTHER_API, scope: 'openid' },
  {},
)

const PROMPTS = ['login', 'consent', 'select_account', 'create', 'none']
const rarely = <Value>(values: fc.Arbitrary<Value>): fc.Arbitrary<Value | undefined> =>
  fc.oneof({ weight: 4, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values })

/** Any request of an app that several providers could be meant by. */
const requests = fc
  .tuple(
    targets,
    fc.record({
      prompt: rarely(
        fc.oneof(
          fc.constantFrom(...PROMPTS),
          fc.subarray(PROMPTS).map((prompts) => prompts.join(' ')),
        ),
      ),
      max_age: rarely(fc.constantFrom('0', '1', '60', '3600', '-1')),
      idp_hint: rarely(
        fc.oneof(fc.constantFrom('github', 'openid', 'google', 'type', '__proto__', 'GITHUB'), fc.string()),
      ),
      login_hint: rarely(fc.oneof(fc.constantFrom('alice', 'github|583231', 'openid|alice'), fc.string())),
      acr_values: rarely(fc.constantFrom('urn:mace:incommon:iap:silver', 'x y')),
      ui_locales: rarely(fc.constantFrom('de', 'fr-CA en', '%')),
      response_mode: rarely(fc.constantFrom('query', 'form_post', 'fragment')),
    }),
  )
  .map(([target, others]) => ({ ...target, ...others }))

it('whatever an app asks for among several providers ends at the app or at a page, never in a fault and never in a loop', async () => {
  const persons = [/^Continue with Plain/, /^Continue with OpenID/].map((words) => house.person('alice', words))
  const ends = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(fc.array(requests, { minLength: 3, maxLength: 3 }), fc.nat(1), async (asked, who) => {
      const person = persons[who] ?? house.person()
      for (const one of asked) {
        // It throws where twenty steps are not enough.
        const { url, status } = await house.authorize(person, one)
        const end = url.searchParams.get('error') ?? (url.searchParams.has('code') ? 'code' : `page ${status}`)
        ends.set(end, (ends.get(end) ?? 0) + 1)
        const isAnswered = status === 0 || (url.href.startsWith(HOUSE) && status < 500) || status === 200
        if (!isAnswered) throw new Error(`${status} at ${url.href}`)
      }
    }),
    { numRuns: 25 },
  )
  const faults = house.log.filter(({ level }) => level === 'error')
  expect([faults, ends.get('server_error'), ends.get('temporarily_unavailable')]).toEqual([[], undefined, undefined])
  // Much of it can be had.
  expect(ends.get('code')).toBeGreaterThan(3)
})
