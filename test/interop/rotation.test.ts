import { request as ask, createServer, type Server } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing, type Ring, rotateRing } from '../../keys/index.ts'
import { createVerifier, remoteKeys, type Verifier } from '../../src/verifier/index.ts'
import { testKey } from '../fixtures.ts'
import { freePort, type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'

const RESOURCE = 'https://api.example.com'
const TIMINGS = { period: 60, propagation: 30, skew: 2 }
/** Seconds between two fetches of a verifier, give or take a fifth. */
const EVERY = 10
const seconds = (): number => Math.floor(Date.now() / 1000)

/** Two versions of an issuer behind one URL, as in a gradual deployment: each request goes to either (V01, K03). */
describe('a rotation under load, with two versions of the issuer and three verifiers live', () => {
  let balancer: Server
  let issuer = ''
  let before: LiveIssuer
  let ring: Ring
  /** Seconds that a version takes to start here, with much to spare. */
  let start = 0
  const versions: LiveIssuer[] = []
  let turn = 0

  beforeAll(async () => {
    const port = await freePort()
    issuer = `http://localhost:${port}`
    ring = createRing({ ...TIMINGS, now: seconds() - 5, key: testKey() })
    balancer = createServer((incoming, outgoing) => {
      const { url, method, headers } = incoming
      const { port } = versions[turn++ % versions.length] ?? before
      const forwarded = ask({ host: 'localhost', port, path: url, method, headers }, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      })
      forwarded.on('error', () => outgoing.writeHead(502).end())
      incoming.pipe(forwarded)
    })
    await new Promise<void>((resolve) => balancer.listen(port, 'localhost', resolve))
    const began = seconds()
    before = await startIssuer({}, { ring, issuer })
    start = Math.max(10, 3 * (seconds() - began))
    versions.push(before)
  }, 60_000)
  afterAll(async () => {
    balancer.close()
    balancer.closeAllConnections()
    await Promise.all(versions.map((version) => version.stop()))
  })

  const mint = async (): Promise<string> => {
    const response = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('demo-service:demo-secret')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials', resource: RESOURCE }),
    })
    expect(response.status).toBe(200)
    return ((await response.json()) as { access_token: string }).access_token
  }
  const kidOf = (token: string): string =>
    JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()).kid

  // promise: K03
  it('refuses no valid token, old or new, and nobody deploys anything but the ring', async () => {
    const verifiers: Verifier[] = [0, 1, 2].map(() =>
      createVerifier({
        issuer,
        resource: RESOURCE,
        keys: remoteKeys({
          url: `${issuer}/keys?resource=${RESOURCE}`,
          clientId: 'demo-api',
          clientSecret: 'demo-api-secret',
          every: EVERY,
        }),
      }),
    )
    const tokens: string[] = []
    const roots = new Set<string>()
    let checked = 0
    async function load(until: number): Promise<void> {
      do {
        const token = await mint()
        roots.add(kidOf(token).split('.')[0] ?? '')
        tokens.push(token)
        const old = tokens[Math.floor((checked * 7) % tokens.length)] ?? token
        for (const verifier of verifiers) {
          for (const one of [token, old]) {
            const result = await verifier.verify(one)
            expect(result.ok ? 'ok' : `${result.reason} ${kidOf(one)}`).toBe('ok')
            checked++
          }
        }
        await new Promise((resolve) => setTimeout(resolve, 100))
      } while (seconds() < until)
    }
    await load(seconds() + 3)
    // The ring is made a little before it is published, so that the new version has time to start on a slow machine.
    const rotation = rotateRing(ring, { now: seconds() + start, key: testKey(5) })
    if (!rotation.ok) throw new RangeError(rotation.detail)
    // The new version comes beside the old one, and for a while both answer.
    const [after] = await Promise.all([startIssuer({}, { ring: rotation.ring, issuer }), load(seconds() + 4)])
    versions.push(after)
    // The old version goes before the last fetch that a verifier may make until the new root seals.
    await load(rotation.added.use - TIMINGS.skew - 1.2 * EVERY - 2)
    versions.shift()
    await before.stop()
    await load(rotation.added.use + 8)
    expect([...roots]).toEqual(rotation.ring.roots.map(({ kid }) => kid))
  }, 240_000)
})
