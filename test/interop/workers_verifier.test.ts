import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { createIssuer, type Issuer } from '../../src/index.ts'
import { API, ISSUER, SECRETS, testKey, testSettings, tokenRequest } from '../fixtures.ts'
import { readAnswer } from '../person.ts'
import { type RunningWorker, startWorker } from '../workerd.ts'

/** A resource server on Workers, as a user writes it; nothing keeps it awake after a request. */
const worker = `
import { createVerifier, remoteKeys } from './src/verifier/index.ts'
let verifier
export default {
  async fetch(request, { ISSUER, API, UPSTREAM, SECRET }) {
    const keys = remoteKeys({ url: UPSTREAM + '/keys?resource=' + API, clientId: 'api-server', clientSecret: SECRET })
    verifier ??= createVerifier({ issuer: ISSUER, resource: API, keys })
    const result = await verifier.verify(request)
    return result.ok ? Response.json({ sub: result.entitlement.sub }) : result.response
  },
}`

/** The same with `waitUntil` taken off its object, which workerd refuses to call, and with keys that are soon old. */
const unbound = `
import { createVerifier, remoteKeys } from './src/verifier/index.ts'
let verifier
let ahead = 0
export default {
  async fetch(request, { ISSUER, API, UPSTREAM, SECRET }, { waitUntil }) {
    let isCallable = true
    try {
      waitUntil(Promise.resolve())
    } catch {
      isCallable = false
    }
    const url = UPSTREAM + '/keys?resource=' + API
    const keys = remoteKeys({ url, clientId: 'api-server', clientSecret: SECRET, every: 10, waitUntil })
    const now = () => Math.floor(Date.now() / 1000) + ahead
    verifier ??= createVerifier({ issuer: ISSUER, resource: API, keys, waitUntil, now })
    const results = []
    for (ahead of [0, 15, 30, 45]) results.push((await verifier.verify(request)).ok)
    return Response.json({ isCallable, results })
  },
}`

describe('a resource server on Workers', () => {
  let issuer: Issuer
  let upstream: Server
  let running: RunningWorker
  let bindings: Record<string, string>
  let hanging = 0

  beforeAll(async () => {
    const now = Math.floor(Date.now() / 1000)
    const keyRing = writeRing(createRing({ now: now - 60, key: testKey() }))
    issuer = createIssuer(testSettings({ keyRing, now: () => Math.floor(Date.now() / 1000) }))
    upstream = createServer(async ({ url = '', headers }, response) => {
      // A connection that never answers, and whoever asked is gone.
      if (hanging-- > 0) return
      const { authorization = '' } = headers
      const answer = await issuer.fetch(new Request(ISSUER + url, { headers: { authorization } }))
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text())
    })
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve))
    const port = (upstream.address() as AddressInfo).port
    bindings = { ISSUER, API, SECRET: SECRETS['api-server'], UPSTREAM: `http://127.0.0.1:${port}` }
    running = await startWorker(worker, bindings)
  }, 60_000)
  afterAll(async () => {
    await running.stop()
    upstream.closeAllConnections()
    upstream.close()
  })

  it('lives on when the request is gone that began to fetch its keys', async () => {
    const token = (await readAnswer(await issuer.fetch(tokenRequest()))).access_token
    const ask = (signal: AbortSignal | null = null): Promise<Response> =>
      fetch(running.url, { headers: { authorization: `Bearer ${token}` }, signal })
    hanging = 1
    await expect(ask(AbortSignal.timeout(500))).rejects.toThrow()
    // Whoever comes while that is under way is told to try again; nobody waits for ever.
    const answers = await Promise.all([ask(), ask(), ask()])
    for (const { status } of answers) expect([200, 503]).toContain(status)
    await expect.poll(async () => (await ask()).status, { timeout: 15_000 }).toBe(200)
  }, 30_000)

  it('answers as ever with a waitUntil that was taken off its object: the request waits instead', async () => {
    const { url, stop } = await startWorker(unbound, bindings)
    const token = (await readAnswer(await issuer.fetch(tokenRequest()))).access_token
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    const answer = await response.json()
    await stop()
    expect(answer).toEqual({ isCallable: false, results: [true, true, true, true] })
  }, 30_000)
})
