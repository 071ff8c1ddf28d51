import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runServer } from 'edge-runtime'
import { afterEach, expect, it } from 'vitest'
import { createRing, exportKeys, writeKeys, writeRing } from '../../keys/index.ts'
import { ROOT } from '../checkout.ts'
import { API, ISSUER, testIssuer, testKey, tokenRequest } from '../fixtures.ts'
import { drive } from '../parties/drive/drive.ts'
import { driveBindings } from '../parties/drive/settings.ts'
import { tokensOf } from '../parties/drive/step.ts'
import { askAt } from '../parties/drive/transport.ts'
import { bundled } from '../parties/edge.ts'
import { startRedisOverHttp } from '../parties/redis_clients.ts'
import { startRedis } from '../parties/redis_server.ts'

const ends: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

/** Serves a program in the edge runtime, and returns its port. */
async function serve(program: string, given: Readonly<Record<string, unknown>>): Promise<number> {
  const folder = join(ROOT, 'test/drive/programs')
  const start = await bundled(await readFile(join(folder, program), 'utf8'), folder, given)
  const server = await runServer({ runtime: start() })
  ends.push(server.close)
  return Number(new URL(server.url).port)
}

it('the edge runtime of Vercel serves the issuer, with Redis asked by HTTP', async () => {
  const redis = await startRedis()
  ends.push(redis.stop)
  const http = await startRedisOverHttp(redis.url, 'a-token')
  ends.push(http.close)
  const REDIS = { url: http.url, token: 'a-token' }
  const port = await serve('edge.ts', { BINDINGS: driveBindings(), REDIS })
  expect(await drive(askAt(port))).toEqual([])
})

it('a verifier there opens every token, where promises of the platform are none of the program’s', async () => {
  const now = Math.floor(Date.now() / 1000)
  const ring = createRing({ now, key: testKey() })
  const issuer = testIssuer({ keyRing: writeRing(ring), now: () => now })
  const { access_token } = await tokensOf(await issuer.fetch(tokenRequest()))
  const KEYS = writeKeys(exportKeys(ring, { issuer: ISSUER, resource: API, now }))
  const ask = askAt(await serve('edge_verifier.ts', { KEYS }))
  for (let turn = 0; turn < 3; turn++) {
    const shown = await ask(new Request(API, { headers: { authorization: `Bearer ${access_token}` } }))
    expect([shown.status, await shown.text()]).toEqual([200, 'client:service'])
  }
})
