/**
 * A real PostgreSQL, in a folder of its own, that can be killed and started again.
 *
 * @module
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../checkout.ts'
import { freePort } from './live_issuer.ts'
import { endProcess, waitForPort } from './processes.ts'

/** A running PostgreSQL. */
export interface PostgresServer {
  readonly port: number
  /** The folder of its socket. */
  readonly sockets: string
  readonly url: string
  /** The process of now. */
  readonly process: () => ChildProcess
  /** Ends it at once, as by `kill -9`, and starts it again on what it had written, after so many milliseconds. Default: at once. */
  restart(after?: number): Promise<void>
  stop(): Promise<void>
}

/** Where Debian has its programs: the newest version that is there. */
const BIN = join('/usr/lib/postgresql', readdirSync('/usr/lib/postgresql').sort().at(-1) ?? '', 'bin')

/** PostgreSQL refuses to be root. */
const asItself =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', '--'] : []

/** Starts PostgreSQL, as it comes. `options` are its own: `synchronous_commit=off`. */
export async function startPostgres(options: readonly string[] = []): Promise<PostgresServer> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'bulla-postgres-'))
  chmodSync(folder, 0o777)
  const data = join(folder, 'data')
  const [program = '', ...before] = [...asItself, join(BIN, 'initdb')]
  execFileSync(program, [...before, '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--no-sync'], {
    stdio: 'ignore',
    cwd: '/',
  })
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${folder}`, ...options]
  const start = async (): Promise<ChildProcess> => {
    const [postgres = '', ...args] = [...asItself, join(BIN, 'postgres'), '-D', data]
    const process = spawn(postgres, [...args, ...settings.flatMap((one) => ['-c', one])], { stdio: 'ignore', cwd: '/' })
    await waitForPort(port)
    // Whoever waits for it has others to do meanwhile.
    await run('sh', ['-c', `until ${join(BIN, 'pg_isready')} -q -h 127.0.0.1 -p ${port}; do sleep 0.05; done`])
    return process
  }
  let process = await start()
  return {
    port,
    sockets: folder,
    url: `postgres://postgres@127.0.0.1:${port}/postgres`,
    process: () => process,
    async restart(after = 0) {
      await endProcess(process, 'SIGKILL')
      await new Promise((resolve) => setTimeout(resolve, after))
      process = await start()
    },
    async stop() {
      await endProcess(process, 'SIGQUIT')
    },
  }
}
