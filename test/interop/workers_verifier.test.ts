import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryRevocations, type Issuer } from '../../src/index.ts'
import { API, ISSUER, SECRETS, testKey, testSettings, tokenRequest } from '../fixtures.ts'
import { readAnswer } from '../parties/person.ts'
import { formRequest } from '../parties/servers.ts'
import { type RunningWorker, startWorker } from '../parties/workerd.ts'

/** A resource server on Workers, as a user writes it; nothing keeps it awake after a request. */
const worker = `
import { createVerifier, remoteKeys } from './src/verifier/index.ts'
let verifier, listening
export default {
  async fetch(request, { ISSUER, API, UPSTREAM, SECRET }) {
    const keys = remoteKeys({ url: UPSTREAM + '/keys?resource=' + API, clientId: 'api-server', clientSecret: SECRET })
    verifier ??= createVerifier({ issuer: ISSUER, resource: API, keys })
    const through = (url, init) => fetch(url.replace(ISSUER, UPSTREAM), init)
    const revocations = { url: ISSUER + '/revocations', every: 1 }
    listening ??= createVerifier({ issuer: ISSUER, resource: API, keys, fetch: through, revocations })
    const result = await (request.url.endsWith('/listening') ? listening : verifier).verify(request)
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
  let slow = 0

  beforeAll(async () => {
    const began = Math.floor(Date.now() / 1000) - 60
    const keyRing = writeRing(createRing({ now: began, key: testKey() }))
    const now = (): number => Math.floor(Date.now() / 1000)
    issuer = createIssuer(testSettings({ keyRing, now, revocations: createMemoryRevocations('salt') }))
    upstream = createServer(async ({ url = '', headers }, response) => {
      // A connection that never answers, and whoever asked is gone.
      if (hanging-- > 0) return
      if (url === '/revocations') await new Promise((resolve) => setTimeout(resolve, slow))
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

  it('answers sixty at once as it would one by one: cold, after a quiet while, and with a slow list', async () => {
    const mint = async (): Promise<string> => (await readAnswer(await issuer.fetch(tokenRequest()))).access_token
    const burst = async (token: string): Promise<readonly number[]> => {
      const headers = { authorization: `Bearer ${token}` }
      const ask = () => fetch(`${running.url}/listening`, { headers }).then(({ status }) => status)
      return Promise.all(Array.from({ length: 60 }, ask))
    }
    slow = 300
    const token = await mint()
    expect(await burst(token)).toEqual(Array(60).fill(200))
    await issuer.fetch(formRequest('/revoke', 'service', { token }))
    // The issuer gives the same list for two seconds, and the verifier keeps it for one.
    await new Promise((resolve) => setTimeout(resolve, 4000))
    expect(await burst(token)).toEqual(Array(60).fill(401))
    expect(await burst(await mint())).toEqual(Array(60).fill(200))
  }, 30_000)
})
