import { describe, expect, it } from 'vitest'
import { revokeRoot, rotateRing, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryRevocations } from '../../src/index.ts'
import { createVerifier, remoteKeys, type Verification, type VerifierOptions } from '../../src/verifier/index.ts'
import {
  API,
  ISSUER,
  NOW,
  PARTNER_KEY,
  SECRETS,
  SIGNED,
  testKey,
  testRing,
  testSettings,
  tokenRequest,
} from '../fixtures.ts'
import { readAnswer } from '../person.ts'
import { formRequest } from '../servers.ts'

const DAY = 86_400

/** An issuer behind a network that takes its time, and a verifier that fetches all it needs. */
function setUp(resource: typeof API | typeof SIGNED = API, changes: Partial<VerifierOptions> = {}) {
  let now = NOW
  let slow = 0
  let isDown = false
  let ring = testRing(NOW)
  const fetched: string[] = []
  const revocations = createMemoryRevocations('salt')
  const clock = (): number => now
  const make = () => createIssuer(testSettings({ now: clock, revocations, keyRing: writeRing(ring) }))
  let issuer = make()
  const fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    fetched.push(new URL(url).pathname)
    await new Promise((resolve) => setTimeout(resolve, slow))
    if (isDown) throw new TypeError('Network connection lost')
    return issuer.fetch(new Request(url, init))
  }
  const isSigned = resource === SIGNED
  const server = isSigned ? 'partner-server' : 'api-server'
  const url = `${ISSUER}/keys?resource=${resource}`
  const verifier = createVerifier({
    issuer: ISSUER,
    resource,
    keys: remoteKeys({
      url,
      clientId: server,
      clientSecret: SECRETS[server],
      fetch,
      ...(isSigned ? { decryptionKey: PARTNER_KEY } : {}),
    }),
    ...(isSigned ? { jwksUri: `${ISSUER}/jwks` } : {}),
    fetch,
    now: clock,
    revocations: { url: `${ISSUER}/revocations` },
    ...changes,
  })
  const mint = async (): Promise<string> => {
    const form = { grant_type: 'client_credentials', resource }
    return (await readAnswer(await issuer.fetch(tokenRequest({ client: isSigned ? 'machine' : 'service', form }))))
      .access_token
  }
  const outcomeOf = (result: Verification): string => (result.ok ? 'ok' : (result.reason ?? ''))
  return {
    fetched,
    mint,
    revoke: (token: string) => issuer.fetch(formRequest('/revoke', isSigned ? 'machine' : 'service', { token })),
    /** Asks so many times at once. */
    burst: async (token: string, times = 6): Promise<readonly string[]> =>
      (await Promise.all(Array.from({ length: times }, () => verifier.verify(token)))).map(outcomeOf),
    wait: (seconds: number) => {
      now += seconds
    },
    slowDown: (milliseconds: number) => {
      slow = milliseconds
    },
    setDown: (down: boolean) => {
      isDown = down
    },
    /** Revokes every root, and begins to seal with a new one at once. */
    replaceRing: () => {
      const revoked = ring.roots.reduce((changed, { kid }) => revokeRoot(changed, kid), ring)
      const rotation = rotateRing(revoked, { now, key: testKey(7) })
      if (!rotation.ok) throw new RangeError(rotation.detail)
      ring = rotation.ring
      issuer = make()
    },
    rotate: () => {
      const rotation = rotateRing(ring, { now, key: testKey(8) })
      if (rotation.ok) ring = rotation.ring
      issuer = make()
    },
  }
}

describe.each([API, SIGNED] as const)('six requests at once at %s', (resource) => {
  it.each([0, 11, 25, 61, 65, 3600])('with a revoked token after %i s of quiet are refused, all six', async (quiet) => {
    const { mint, revoke, burst, wait, slowDown } = setUp(resource)
    const token = await mint()
    expect(await burst(token, 1)).toEqual(['ok'])
    await revoke(token)
    wait(20)
    wait(quiet)
    slowDown(5)
    const answer = quiet > 600 ? 'expired' : 'revoked'
    expect(await burst(token)).toEqual(Array(6).fill(answer))
  })

  it.each([0, 11, 25, 61, 65, 3600, DAY, 3 * DAY])(
    'with a good token after %i s of quiet are let in, all six',
    async (quiet) => {
      const { mint, burst, wait, slowDown, fetched } = setUp(resource)
      expect(await burst(await mint(), 1)).toEqual(['ok'])
      wait(quiet)
      const token = await mint()
      slowDown(5)
      const before = fetched.length
      expect(await burst(token)).toEqual(Array(6).fill('ok'))
      // Each thing is fetched once for all of them.
      const since = fetched.slice(before)
      expect(new Set(since).size).toBe(since.length)
    },
  )

  it('are let in when they are the very first', async () => {
    const { mint, burst, slowDown } = setUp(resource)
    const token = await mint()
    slowDown(5)
    expect(await burst(token)).toEqual(Array(6).fill('ok'))
  })

  it('with a token under a key that nobody has seen are let in, all of them, by one fetch', async () => {
    const { mint, burst, wait, replaceRing, slowDown, fetched } = setUp(resource)
    expect(await burst(await mint(), 1)).toEqual(['ok'])
    wait(40)
    replaceRing()
    const token = await mint()
    slowDown(5)
    const before = fetched.length
    expect(await burst(token, 10)).toEqual(Array(10).fill('ok'))
    const since = fetched.slice(before)
    expect(new Set(since).size).toBe(since.length)
  })

  it('that come while the list takes 0.6 s let no revoked token in', async () => {
    const { mint, revoke, burst, wait, slowDown } = setUp(resource)
    const token = await mint()
    await burst(token, 1)
    await revoke(token)
    wait(20)
    slowDown(600)
    const first = burst(token, 2)
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect([...(await first), ...(await burst(token, 2))]).toEqual(Array(4).fill('revoked'))
  })

  it('at an issuer that is down go on with what is known, wait for it once, and not at every request', async () => {
    const { mint, burst, wait, setDown, fetched } = setUp(resource)
    const token = await mint()
    await burst(token, 1)
    setDown(true)
    wait(15)
    const before = fetched.length
    for (let times = 0; times < 5; times++) expect(await burst(token)).toEqual(Array(6).fill('ok'))
    expect(fetched.slice(before)).toEqual(['/revocations'])
    wait(80)
    expect(await burst(token)).toEqual(Array(6).fill('unavailable'))
    setDown(false)
    wait(5)
    expect(await burst(token)).toEqual(Array(6).fill('ok'))
  })

  it.each([600, 31_536_000])('are right again when the clock was %i s ahead and is corrected', async (ahead) => {
    const { mint, revoke, burst, wait, setDown } = setUp(resource)
    const token = await mint()
    await burst(token, 1)
    setDown(true)
    wait(ahead)
    await burst(token)
    wait(-ahead)
    setDown(false)
    expect(await burst(token)).toEqual(Array(6).fill('ok'))
    await revoke(token)
    wait(20)
    expect(await burst(token)).toEqual(Array(6).fill('revoked'))
  })
})
