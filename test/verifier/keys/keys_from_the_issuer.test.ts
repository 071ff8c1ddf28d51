import { describe, expect, it } from 'vitest'
import { exportKeys, type Ring, readRing, revokeRoot, rotateRing, writeKeys, writeRing } from '../../../keys/index.ts'
import { createIssuer, type Issuer } from '../../../src/index.ts'
import { createVerifier, type RemoteKeysOptions, remoteKeys } from '../../../src/verifier/index.ts'
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
} from '../../fixtures.ts'
import { readAnswer } from '../../parties/person.ts'

const DAY = 86_400

/** An issuer that can be down, and a verifier that has its keys from it. */
function setUp(changes: Partial<RemoteKeysOptions> = {}, resource = API) {
  let now = NOW
  let isDown = false
  let fetches = 0
  let ring: Ring = testRing(NOW)
  const make = (): Issuer => createIssuer(testSettings({ now: () => now, keyRing: writeRing(ring) }))
  let issuer = make()
  const clientId = resource === API ? 'api-server' : 'partner-server'
  const fetch = async (url: string, init?: RequestInit): Promise<Response> => {
    if (url.includes('/keys')) fetches++
    if (isDown) throw new TypeError('Network connection lost')
    return issuer.fetch(new Request(url, init))
  }
  const keys = remoteKeys({
    url: `${ISSUER}/keys?resource=${encodeURIComponent(resource)}`,
    clientId,
    clientSecret: SECRETS[clientId],
    fetch,
    ...changes,
  })
  const options = { issuer: ISSUER, resource, keys, fetch, now: () => now }
  return {
    verifier: createVerifier(resource === API ? options : { ...options, jwksUri: `${ISSUER}/jwks` }),
    mint: async () => {
      const form = { grant_type: 'client_credentials', resource }
      const response = await issuer.fetch(tokenRequest({ client: resource === API ? 'service' : 'machine', form }))
      return (await readAnswer(response)).access_token
    },
    wait: (seconds: number) => {
      now += seconds
    },
    setDown: (down: boolean) => {
      isDown = down
    },
    fetches: () => fetches,
    setRing: (change: (ring: Ring, now: number) => Ring) => {
      ring = change(ring, now)
      issuer = make()
    },
  }
}
/** Lets what was begun beside a request come to its end. */
const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2))

/** The ring whose root leaked: that is revoked, and the next one seals at once. No server can have known. */
function afterLeak(ring: Ring, now: number): Ring {
  const rotation = rotateRing(revokeRoot(ring, 'r1'), { now, key: testKey(9) })
  if (!rotation.ok) throw new RangeError(rotation.detail)
  return rotation.ring
}

describe('keys from the issuer', () => {
  it('open tokens with no export, and are fetched once for all who wait', async () => {
    const { verifier, mint, fetches } = setUp()
    const token = await mint()
    const results = await Promise.all(Array.from({ length: 100 }, () => verifier.verify(token)))
    expect([results.filter(({ ok }) => ok).length, fetches()]).toEqual([100, 1])
  })

  it('of a resource whose tokens are signed go with the published keys', async () => {
    const { verifier, mint } = setUp({ decryptionKey: PARTNER_KEY }, SIGNED)
    expect((await verifier.verify(await mint())).ok).toBe(true)
  })

  it('serve on for a day while the issuer is down, and after that nobody is let in and nobody is called a liar', async () => {
    const { verifier, mint, wait, setDown } = setUp({}, API)
    const token = await mint()
    expect((await verifier.verify(token)).ok).toBe(true)
    setDown(true)
    for (let passed = 0; passed < DAY; passed += 900) {
      wait(900)
      const fresh = await mint()
      expect((await verifier.verify(fresh)).ok).toBe(true)
      await settle()
    }
    wait(2 * DAY)
    const result = await verifier.verify(await mint())
    expect(result).toMatchObject({ ok: false, code: 'temporarily_unavailable', reason: 'unavailable' })
    setDown(false)
    wait(30)
    expect((await verifier.verify(await mint())).ok).toBe(true)
  }, 30_000)

  it('of which a token names one that is not known, and newer cannot be had, are 503: it may be good', async () => {
    const { verifier, mint, wait, setRing, setDown } = setUp()
    expect((await verifier.verify(await mint())).ok).toBe(true)
    setRing(afterLeak)
    const token = await mint()
    setDown(true)
    wait(30)
    const detail = 'keys: TypeError'
    expect(await verifier.verify(token)).toMatchObject({ code: 'temporarily_unavailable', detail })
    // Nobody asks again so soon, and it is still not known.
    expect(await verifier.verify(token)).toMatchObject({ code: 'temporarily_unavailable', detail })
    setDown(false)
    wait(30)
    expect((await verifier.verify(token)).ok).toBe(true)
  })

  it('that never came are 503 and not 401, and nobody waits for each of them', async () => {
    const { verifier, mint, wait, setDown, fetches } = setUp()
    const token = await mint()
    setDown(true)
    for (let request = 0; request < 5; request++) {
      const result = await verifier.verify(token)
      expect(result).toMatchObject({ ok: false, code: 'temporarily_unavailable', reason: 'unavailable' })
      expect(result.ok ? 0 : result.response.status).toBe(503)
    }
    expect(fetches()).toBe(1)
    setDown(false)
    wait(5)
    expect((await verifier.verify(token)).ok).toBe(true)
  })

  it('are fetched again before they are needed, each server at its own time', async () => {
    const times = new Set<number>()
    for (let server = 0; server < 8; server++) {
      const { verifier, mint, wait, fetches } = setUp({ every: 1000 })
      await verifier.verify(await mint())
      let waited = 0
      while (fetches() === 1 && waited < 2000) {
        wait(40)
        waited += 40
        await verifier.verify(await mint())
        await settle()
      }
      expect(waited).toBeGreaterThanOrEqual(800)
      expect(waited).toBeLessThanOrEqual(1280)
      times.add(waited)
    }
    expect(times.size).toBeGreaterThan(1)
  }, 60_000)

  it('are asked for at once when a token names one that is not known, but not twice in 30 seconds', async () => {
    const { verifier, mint, wait, setRing, fetches } = setUp()
    expect((await verifier.verify(await mint())).ok).toBe(true)
    setRing(afterLeak)
    const token = await mint()
    expect((await verifier.verify(token)).ok).toBe(false)
    wait(30)
    expect([(await verifier.verify(token)).ok, fetches()]).toEqual([true, 2])
    const [, ...rest] = token.split('.')
    const unknown = [btoa('{"alg":"dir","enc":"A256GCM","kid":"r7.20833","typ":"at+jwe"}').replace(/=/g, ''), ...rest]
    for (let request = 0; request < 20; request++) await verifier.verify(unknown.join('.'))
    expect(fetches()).toBe(2)
  })

  it('follow a rotation with nothing to deploy: no token is refused', async () => {
    const { verifier, mint, wait, setRing } = setUp({ every: 600 })
    setRing((ring, now) => {
      const rotation = rotateRing(ring, { now, key: testKey(8) })
      return rotation.ok ? rotation.ring : ring
    })
    for (let passed = 0; passed < 3 * 3600; passed += 300) {
      const token = await mint()
      wait(299)
      expect((await verifier.verify(token)).ok).toBe(true)
      wait(1)
      await settle()
    }
  })

  it.each<[string, () => Response]>([
    ['another media type', () => new Response('{"keys":[]}', { headers: { 'content-type': 'text/html' } })],
    ['a redirect', () => Response.redirect('https://evil.example/keys')],
    ['no keys', () => Response.json({ keys: [] }, { headers: { 'content-type': 'application/jwk-set+json' } })],
    ['no JSON', () => new Response('{', { headers: { 'content-type': 'application/jwk-set+json' } })],
    [
      'keys of a wrong length',
      () =>
        Response.json(
          { keys: [{ kty: 'oct', kid: 'r1.20833', k: 'AAAA', enc: 'A256GCM', nbf: NOW, exp: NOW + DAY }] },
          { headers: { 'content-type': 'application/jwk-set+json' } },
        ),
    ],
    [
      '200 KB',
      () =>
        new Response(`{"keys":[]}${' '.repeat(200_000)}`, { headers: { 'content-type': 'application/jwk-set+json' } }),
    ],
    ['401', () => new Response(null, { status: 401 })],
  ])('with the answer of %s there are none', async (_, answer) => {
    const { verifier, mint } = setUp({ fetch: async () => answer() })
    expect(await verifier.verify(await mint())).toMatchObject({ ok: false, code: 'temporarily_unavailable' })
  })

  it('that are not encrypted where they should be are none', async () => {
    const { verifier, mint } = setUp({ decryptionKey: PARTNER_KEY })
    expect(await verifier.verify(await mint())).toMatchObject({ ok: false, code: 'temporarily_unavailable' })
  })

  it.each<[string, Partial<RemoteKeysOptions>, RegExp]>([
    ['http', { url: 'http://as.example/keys' }, /^"url" expected an https URL/],
    ['a host inside', { url: 'https://10.0.0.7/keys' }, /^"url" expected an https URL/],
    ['a user', { url: 'https://a:b@as.example/keys' }, /^"url" expected an https URL/],
    ['too often', { every: 9 }, /^"every" expected/],
    ['no client', { clientId: '' }, /^"clientId" expected/],
    ['no secret', { clientSecret: undefined as never }, /^"clientSecret" expected/],
    ['a public key', { decryptionKey: { ...PARTNER_KEY, d: undefined } }, /^"decryptionKey" expected/],
    ['a key without kid', { decryptionKey: { ...PARTNER_KEY, kid: undefined } }, /^"decryptionKey" expected/],
  ])('refuse the option of %s', (_, changes, message) => {
    const options = { url: `${ISSUER}/keys`, clientId: 'a', clientSecret: 'b', ...changes }
    expect(() => remoteKeys(options)).toThrow(message)
  })
})

it('an export of the same ring opens the same tokens', async () => {
  const { mint } = setUp()
  const reading = readRing(writeRing(testRing(NOW)))
  if (!reading.ok) throw new TypeError(reading.detail)
  const keys = writeKeys(exportKeys(reading.ring, { issuer: ISSUER, resource: API, now: NOW }))
  const verifier = createVerifier({ issuer: ISSUER, resource: API, keys, now: () => NOW })
  expect((await verifier.verify(await mint())).ok).toBe(true)
})
