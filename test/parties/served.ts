/**
 * Processes of `bulla serve`, from this checkout, that share a ring, settings and a guard.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ENV, ROOT, run } from '../checkout.ts'
import { freePort, waitFor } from './live_issuer.ts'
import { endProcess } from './redis_server.ts'

const BULLA = join(ROOT, 'src/cli/bulla.ts')

/** Processes that run. */
export interface Served {
  readonly ports: readonly number[]
  readonly processes: readonly ChildProcess[]
  stop(): Promise<void>
}

/** What is served. */
export interface ServedOptions {
  /** The settings, as `vars` of a settings file has them. */
  readonly vars: Readonly<Record<string, unknown>>
  /** How many processes. Default: two. */
  readonly count?: number
  /** The URL of their guard. Default: the one file of SQLite that lies beside their settings. */
  readonly guard?: string
}

/** Starts processes that serve one issuer, by 127.0.0.1 alone. */
export async function startServed({ vars, count = 2, guard }: ServedOptions): Promise<Served> {
  const cwd = await mkdtemp(join(tmpdir(), 'bulla-served-'))
  const made = await run('node', [BULLA, 'keys', 'init', '--out', 'ring.json'], { cwd })
  if (made.code !== 0) throw new Error(made.err)
  await writeFile(join(cwd, 'bulla.json'), JSON.stringify({ vars }))
  const env = { ...ENV, KEY_RING_FILE: 'ring.json', ...(guard && { GUARD_URL: guard }) }
  const ports: number[] = []
  for (let index = 0; index < count; index++) ports.push(await freePort())
  const processes = ports.map((port) => {
    const args = [BULLA, 'serve', '--settings', 'bulla.json', '--host', '127.0.0.1', '--port', String(port)]
    return spawn('node', args, { cwd, env, stdio: ['ignore', 'ignore', 'inherit'] })
  })
  const { pathname } = new URL(String(vars['ISSUER']))
  const ended = processes.map((process) => once(process, 'exit'))
  const healthy = ports.map((port) => waitFor(`http://127.0.0.1:${port}${pathname.replace(/\/$/, '')}/healthz`))
  await Promise.race([
    Promise.all(healthy),
    ...ended.map((end) => end.then(() => Promise.reject(new Error('a process has ended')))),
  ])
  return {
    ports,
    processes,
    stop: async () => void (await Promise.all(processes.map((process) => endProcess(process, 'SIGTERM')))),
  }
}
