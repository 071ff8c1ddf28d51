import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createKeyring } from '../../keys/index.ts'
import { type SealedFacts, sealSettings } from '../../src/token/sealed_settings.ts'
import { ROOT } from '../checkout.ts'
import { basic, secretHash } from '../fixtures.ts'
import { type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'

const API = 'https://api.example.com'
const NEWCOMER = {
  secret_hash: secretHash('newcomer-secret'),
  grant_types: ['client_credentials'],
  resources: [API],
  scopes: ['orders:read'],
}

let live: LiveIssuer

beforeAll(async () => {
  live = await startIssuer(
    {},
    {
      entrypoint: join(ROOT, 'test/parties/sealed_worker.ts'),
      bindings: { SETTINGS: { type: 'r2_bucket', bucket_name: 'settings' } },
    },
  )
}, 60_000)

afterAll(() => live.stop())

const post = (path: string, body: string) => fetch(`${live.issuer}${path}`, { method: 'POST', body })

async function put(seq: number, clients: SealedFacts['clients']) {
  const now = Math.floor(Date.now() / 1000)
  const facts = { seq, issued_at: now, resources: {}, clients, trusted_issuers: {}, details: {} }
  await post('/put', await sealSettings(facts, createKeyring(live.ring, live.issuer), now))
}

async function ask(): Promise<number> {
  const headers = { authorization: basic('newcomer', 'newcomer-secret') }
  const body = new URLSearchParams({ grant_type: 'client_credentials', resource: API })
  return (await fetch(`${live.issuer}/token`, { method: 'POST', headers, body })).status
}

/** Lets 30 seconds pass, and what is read beside the next requests come; returns what is answered then, at the latest. */
async function after30Seconds(wanted: number): Promise<number> {
  await post('/pass', '30')
  for (let tries = 0; ; tries++) {
    for (let time = 0; time < 10; time++) await (await fetch(`${live.issuer}/healthz`)).text()
    const status = await ask()
    if (status === wanted || tries === 4) return status
  }
}

describe('settings in R2, read by a Worker with its guard in a Durable Object', () => {
  it('add a client and take it away again, without a deploy, in 30 seconds each; an older object that is put back does nothing', async () => {
    await put(1, {})
    expect(await ask()).toBe(401)
    await put(2, { newcomer: NEWCOMER })
    expect(await after30Seconds(200)).toBe(200)
    await put(3, { newcomer: null })
    expect(await after30Seconds(401)).toBe(401)
    await put(2, { newcomer: NEWCOMER })
    expect(await after30Seconds(401)).toBe(401)
    await put(4, { newcomer: NEWCOMER })
    expect(await after30Seconds(200)).toBe(200)
  })
})
