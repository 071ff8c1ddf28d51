/**
 * A Worker in `workerd serve`, with nothing in front of it.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../checkout.ts'
import { freePort } from './live_issuer.ts'
import { bundleWorker } from './worker_bundle.ts'

/** A running Worker. */
export interface RunningWorker {
  readonly url: string
  stop(): Promise<void>
}

/** A Worker that is handed what another one does, which then follows its requests, and where it sends that. */
export interface TailWorker {
  readonly source: string
  readonly to: string
}

/** Returns what workerd's configuration says of a tail Worker. */
function configOf({ to }: TailWorker): string {
  return `(name = "tail", worker = (
      modules = [(name = "tail.mjs", esModule = embed "tail.mjs")],
      compatibilityDate = "2026-10-01",
      bindings = [(name = "TO", text = ${JSON.stringify(to)})],
      globalOutbound = "network",
    )),`
}

/** Starts a Worker from its source, whose imports are relative to the checkout, with texts as its bindings. */
export async function startWorker(
  source: string,
  bindings: Readonly<Record<string, string>>,
  tail?: TailWorker,
): Promise<RunningWorker> {
  const folder = await mkdtemp(join(tmpdir(), 'bulla-workerd-'))
  const port = await freePort()
  const texts = Object.entries(bindings).map(
    ([name, text]) => `(name = ${JSON.stringify(name)}, text = ${JSON.stringify(text)})`,
  )
  await bundleWorker(source, join(folder, 'worker.mjs'))
  if (tail !== undefined) await writeFile(join(folder, 'tail.mjs'), tail.source)
  await writeFile(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
      compatibilityDate = "2026-10-01",
      bindings = [${texts.join(', ')}],
      globalOutbound = "network",
      ${tail === undefined ? '' : 'compatibilityFlags = ["nodejs_als"], tails = ["tail"],'}
    )),
    ${tail === undefined ? '' : configOf(tail)}
    (name = "network", network = (allow = ["public", "private"], deny = [])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
`,
  )
  const process = spawn(join(ROOT, 'node_modules', '.bin', 'workerd'), ['serve', join(folder, 'config.capnp')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  for (const end = Date.now() + 30_000; ; ) {
    const isUp = await fetch(`${url}/`).then(
      async (response) => response.text().then(() => true),
      () => false,
    )
    if (isUp) break
    if (Date.now() > end || process.exitCode !== null) throw new Error('workerd does not start')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return {
    url,
    async stop() {
      process.kill()
      await new Promise((resolve) => process.once('exit', resolve))
      await rm(folder, { recursive: true })
    },
  }
}
