/**
 * A real Redis, in a folder of its own, that can be killed and started again.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './live_issuer.ts'

/** A running Redis. */
export interface RedisServer {
  readonly port: number
  readonly url: string
  /** The process of now. */
  readonly process: () => ChildProcess
  /** Ends it at once, as by `kill -9`, and starts it again on what it had written. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/** Waits until something listens to a port. */
export async function waitForPort(port: number): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isUp) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  throw new Error(`nobody listens to ${port}`)
}

/** Ends a process by a signal, and waits until it has ended. */
export async function endProcess(process: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (process.exitCode !== null || process.signalCode !== null) return
  const ended = new Promise((resolve) => process.once('exit', resolve))
  process.kill(signal)
  await ended
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
    async restart() {
      await endProcess(process, 'SIGKILL')
      process = await start()
    },
    stop: () => endProcess(process, 'SIGKILL'),
  }
}
