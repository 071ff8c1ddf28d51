/**
 * A real issuer in a real workerd, behind `wrangler dev`'s own server, for tests that come from outside.
 *
 * @module
 */

import { createServer } from 'node:net'
import { join } from 'node:path'
import { unstable_startWorker } from 'wrangler'
import { createRing, type Ring, writeRing } from '../keys/index.ts'
import { testKey } from './fixtures.ts'

const SOURCE = join(import.meta.dirname, '..', 'src', 'index.ts')

/** A running issuer. */
export interface LiveIssuer {
  readonly issuer: string
  readonly ring: Ring
  stop(): Promise<void>
}

/** Returns a port that nobody has. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** Starts the Worker with these variables, and a ring of its own; or one with an entry of its own, which imports `bulla`. */
export async function startIssuer(
  vars: Readonly<Record<string, unknown>> = {},
  entrypoint?: string,
): Promise<LiveIssuer> {
  const port = await freePort()
  const issuer = `http://localhost:${port}`
  const ring = createRing({ now: Math.floor(Date.now() / 1000), key: testKey() })
  const texts = { ISSUER: issuer, KEY_RING: writeRing(ring), KEY_RING_NEXT: '', DEVELOPMENT: 'true' }
  const bindings = [
    ...Object.entries(texts).map(([name, value]) => [name, { type: 'plain_text', value }] as const),
    ...Object.entries(vars).map(
      ([name, value]) => [name, { type: 'json', value: JSON.parse(JSON.stringify(value)) }] as const,
    ),
  ]
  process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
  const worker = await unstable_startWorker({
    config: join(import.meta.dirname, '..', 'wrangler.toml'),
    bindings: Object.fromEntries(bindings),
    ...(entrypoint && {
      entrypoint,
      build: { alias: { bulla: SOURCE, 'bulla/worker': join(SOURCE, '../worker.ts') } },
    }),
    dev: { server: { port, hostname: 'localhost' }, logLevel: 'none', watch: false, inspector: false },
  })
  await worker.ready
  return { issuer, ring, stop: () => worker.dispose() }
}
