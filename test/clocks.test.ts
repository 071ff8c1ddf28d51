import { describe, expect, it } from 'vitest'
import { createIssuer, type RevocationEvent } from '../src/index.ts'
import { readResource } from '../src/registration/resource_registration.ts'
import { createRemoteDocument } from '../src/remote/document.ts'
import { createRecipients } from '../src/remote/resource_keys.ts'
import { decideStep, NEW_FAMILY } from '../src/stores/family.ts'
import { createRevocationView } from '../src/stores/revocations.ts'
import { createMemoryRevocations } from '../src/stores/revocations_memory.ts'
import { API, ISSUER, NOW, PARTNER, testSettings } from './fixtures.ts'
import { all, askAtOnce, createDistantIssuer } from './parties/distant_issuer.ts'
import { PARTNER_KEYS, PARTNER_STRANGER, publicOf } from './parties/partner.ts'

const YEAR = 31_536_000

describe.each([
  ['ten minutes', 600],
  ['a year', YEAR],
])('a clock that was %s ahead, and is corrected, keeps nothing old:', (_, ahead) => {
  it.each([
    ['leaves', API],
    ['public keys', PARTNER],
  ] as const)('a verifier finds a new key among %s', async (of, resource) => {
    const { verifier, mint, wait, replaceRoot } = createDistantIssuer()
    wait(ahead === YEAR ? 40 * 86_400 : ahead)
    const server = verifier(of)
    await server.verify(await mint(resource))
    wait(ahead === YEAR ? -40 * 86_400 : -ahead)
    replaceRoot()
    expect(await askAtOnce(server, await mint(resource), 3)).toEqual(all(3, 'ok'))
  })

  it('a verifier refuses what is revoked', async () => {
    const { verifier, mint, revoke, wait } = createDistantIssuer()
    wait(600)
    const server = verifier()
    expect(await askAtOnce(server, await mint(), 1)).toEqual(['ok'])
    wait(-600)
    const token = await mint()
    await revoke(token)
    wait(12)
    expect(await askAtOnce(server, token, 3)).toEqual(all(3, 'revoked'))
  })

  it('a document is fetched anew', async () => {
    let fetches = 0
    const document = createRemoteDocument('https://a.example/jwks', async () => Response.json({ fetches: ++fetches }))
    expect(await document.get(NOW + ahead)).toMatchObject({ json: { fetches: 1 } })
    expect(await document.get(NOW)).toMatchObject({ json: { fetches: 2 } })
    expect(await document.get(NOW + 1)).toMatchObject({ json: { fetches: 2 } })
  })

  it('a key of a resource that was withdrawn is not used, and a new one is when it was seen for five minutes', async () => {
    let keys: readonly object[] = [publicOf(PARTNER_KEYS['P-256']), { ...PARTNER_STRANGER, kid: 'new' }]
    const recipients = createRecipients(
      async () => Response.json({ keys }),
      () => {},
    )
    const members = { scopes: ['read'], envelope: 'nested', jwks_uri: 'https://partner.example/jwks' }
    const resource = readResource(PARTNER, members, false)
    const find = async (now: number) => (await recipients.find(resource, now))?.kid
    expect(await find(NOW + ahead)).toBe('partner-ec')
    keys = [publicOf(PARTNER_KEYS.X25519), ...keys.slice(1)]
    expect(await find(NOW)).not.toBe('partner-ec')
    keys = [{ ...PARTNER_STRANGER, kid: 'newest' }, ...keys]
    await find(NOW + 300)
    await new Promise((resolve) => setTimeout(resolve, 10))
    await find(NOW + 310)
    expect(await find(NOW + 599)).not.toBe('newest')
    expect(await find(NOW + 650)).toBe('newest')
  })

  it('the issuer looks at its list again, and tells it anew', async () => {
    let now = NOW + ahead
    const revocations = createMemoryRevocations('salt')
    const view = createRevocationView(
      revocations,
      () => {},
      () => [],
    )
    const issuer = createIssuer(testSettings({ now: () => now, revocations }))
    const bundle = async () => (await issuer.fetch(new Request(`${ISSUER}/revocations`))).headers.get('etag')
    const target = { sub: 'alice', client_id: 'app', iat: NOW }
    expect(await view.hits(target, now)).toBe(false)
    now = NOW + 1
    const before = await bundle()
    now = NOW
    const event: RevocationEvent = { kind: 'sub', value: 'alice', at: NOW + 10, until: NOW + 900, keep: NOW + 9000 }
    await revocations.add(event, NOW)
    expect(await view.hits(target, now)).toBe(true)
    expect(await bundle()).not.toBe(before)
  })

  it('a refresh family has no grace for ever', () => {
    const step = { gid: 'g', generation: 0, grace: 30, expiresAt: NOW + YEAR }
    const { family } = decideStep(NEW_FAMILY, { ...step, now: NOW + ahead })
    expect(decideStep(family, { ...step, now: NOW + ahead + 30 }).advance.outcome).toBe('advanced')
    expect(decideStep(family, { ...step, now: NOW + ahead + 31 }).advance.outcome).toBe('reused')
    // Another machine of the issuer can be a little behind.
    expect(decideStep(family, { ...step, now: NOW + ahead - 30 }).advance.outcome).toBe('advanced')
    expect(decideStep(family, { ...step, now: NOW }).advance.outcome).toBe('reused')
  })
})

it('the date of a list by a clock of the issuer that was ahead does not hold off the lists after it', async () => {
  const { verifier, mint, revoke, wait, ahead } = createDistantIssuer()
  const token = await mint()
  const server = verifier()
  ahead(59)
  expect(await askAtOnce(server, token, 1)).toEqual(['ok'])
  ahead(0)
  await revoke(token)
  wait(12)
  expect(await askAtOnce(server, token, 3)).toEqual(all(3, 'revoked'))
})

it('a list of the future is no news: when no other can be had, nobody is let in by it', async () => {
  const { verifier, mint, wait, setNetwork } = createDistantIssuer()
  const server = verifier()
  wait(600)
  await server.verify(await mint())
  wait(-600)
  const token = await mint()
  setNetwork(() => Promise.reject(new TypeError('Network connection lost')))
  expect(await askAtOnce(server, token, 3)).toEqual(all(3, 'unavailable'))
})
