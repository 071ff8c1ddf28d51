/**
 * A real issuer in a real workerd, behind `wrangler dev`'s own server, for tests that come from outside.
 *
 * @module
 */

import { randomInt } from 'node:crypto'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { unstable_startWorker } from 'wrangler'
import { createRing, type Ring, writeRing } from '../../keys/index.ts'
import { ROOT } from '../checkout.ts'
import { testKey } from '../fixtures.ts'

const SOURCE = join(ROOT, 'src', 'index.ts')

/** A running issuer. */
export interface LiveIssuer {
  readonly issuer: string
  readonly port: number
  readonly ring: Ring
  stop(): Promise<void>
}

/** The next port to try: each process of tests has a thousand of its own. */
let next = 20_000 + 1000 * (Number(process.env['VITEST_POOL_ID'] ?? 0) % 12) + randomInt(900)

/**
 * Returns a port that nobody has. Nobody else gets it until it is listened to: the ports that a system gives away by itself, to
 * whoever listens to any port or connects, begin at 32768.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = next++
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(port, () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

/** Waits until something answers. */
export async function waitFor(url: string): Promise<void> {
  for (let tries = 0; tries < 240; tries++) {
    const isUp = await fetch(url).then(
      () => true,
      () => false,
    )
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 250))
  }
  throw new Error(`nothing answers at ${url}`)
}

/** What an issuer is started with beside its variables. */
export interface LiveOptions {
  /** Its ring. Default: a new one. */
  readonly ring?: Ring
  /** Its URL, where something stands before it. Default: where it listens. */
  readonly issuer?: string
  /** An entry of its own, which imports `bulla`. Default: the Worker's. */
  readonly entrypoint?: string
  /** A folder in which what its Durable Objects remember outlives it. Default: it does not. */
  readonly memory?: string
  /** What is bound beside its variables, as wrangler has it. Default: nothing. */
  readonly bindings?: Readonly<Record<string, { readonly type: 'r2_bucket'; readonly bucket_name: string }>>
  /** What stands in its wrangler.toml beside that of this checkout; its `entrypoint` must be said, too. Default: nothing. */
  readonly config?: string
  /** Where it listens. Default: a port that nobody has. */
  readonly port?: number
}

/** Returns where the wrangler.toml stands that has this, too. */
async function configWith(more: string | undefined): Promise<string> {
  const own = join(ROOT, 'wrangler.toml')
  if (more === undefined) return own
  const file = join(await mkdtemp(join(tmpdir(), 'bulla-config-')), 'wrangler.toml')
  await writeFile(file, `${await readFile(own, 'utf8')}\n${more}`)
  return file
}

/** Starts the Worker with these variables. */
export async function startIssuer(
  vars: Readonly<Record<string, unknown>> = {},
  options: LiveOptions = {},
): Promise<LiveIssuer> {
  const port = options.port ?? (await freePort())
  const { ring = createRing({ now: Math.floor(Date.now() / 1000), key: testKey() }) } = options
  const { issuer = `http://localhost:${port}`, entrypoint, memory } = options
  const texts = { ISSUER: issuer, KEY_RING: writeRing(ring), KEY_RING_NEXT: '', DEVELOPMENT: 'true' }
  const bindings = [
    ...Object.entries(texts).map(([name, value]) => [name, { type: 'plain_text', value }] as const),
    ...Object.entries(vars).map(
      ([name, value]) => [name, { type: 'json', value: JSON.parse(JSON.stringify(value)) }] as const,
    ),
  ]
  process.env['CLOUDFLARE_CF_FETCH_ENABLED'] = 'false'
  const worker = await unstable_startWorker({
    config: await configWith(options.config),
    bindings: { ...Object.fromEntries(bindings), ...options.bindings },
    ...(entrypoint && {
      entrypoint,
      build: { alias: { bulla: SOURCE, 'bulla/worker': join(SOURCE, '../worker.ts') } },
    }),
    dev: {
      server: { port, hostname: 'localhost' },
      logLevel: 'none',
      watch: false,
      inspector: false,
      // Else it would be this checkout's own: what one issuer was told would hold for the next.
      persist: memory ?? (await mkdtemp(join(tmpdir(), 'bulla-memory-'))),
    },
  })
  await worker.ready
  return { issuer, port, ring, stop: () => worker.dispose() }
}
