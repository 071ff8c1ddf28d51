/**
 * A real Redis, in a folder of its own, that can be killed and started again.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './live_issuer.ts'
import { endProcess, waitForPort } from './processes.ts'

/** A running Redis. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  /** The process of now. */
  readonly process: () => ChildProcess
  /** Ends it at once, as by `kill -9`, and starts it again on what it had written, after so many milliseconds. Default: at once. */
  restart(after?: number): Promise<void>
  stop(): Promise<void>
}

/** Starts Redis; every write is on the disk before it is answered. `options` are its own: `--maxmemory 2mb`. */
export async function startRedis(options: readonly string[] = []): Promise<RedisServer> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'bulla-redis-'))
  const own = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--daemonize', 'no']
  const args = [...own, '--appendonly', 'yes', '--appendfsync', 'always', ...options]
  const start = async (): Promise<ChildProcess> => {
    const process = spawn('redis-server', args, { stdio: 'ignore' })
    await waitForPort(port)
    return process
  }
  let process = await start()
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    process: () => process,
    async restart(after = 0) {
      await endProcess(process, 'SIGKILL')
      await new Promise((resolve) => setTimeout(resolve, after))
      process = await start()
    },
    stop: () => endProcess(process, 'SIGKILL'),
  }
}
