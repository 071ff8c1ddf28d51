/**
 * The folder that the page about running it oneself makes, by that page's own commands, with PostgreSQL beside it.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { copyCheckout, ENV, type Ended, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { basic } from '../fixtures.ts'
import { freePort } from './live_issuer.ts'
import { startPostgres } from './postgres_server.ts'
import { endProcess } from './processes.ts'

/** On the machine of the docs this is the program; here all is installed, and PostgreSQL's own user is one by name alone. */
const SUDO = `#!/bin/sh
[ "$1" = apt-get ] && exit
shift 2
PGUSER=postgres exec "$@"
`

/** A folder from which an issuer runs. */
export interface RunningFolder {
  readonly folder: string
  readonly environment: NodeJS.ProcessEnv
  /** The URL of the page's database. */
  readonly guard: string
  /** What the client of the settings proves itself by: `Authorization`. */
  readonly authorization: string
  /** Returns where a port of the docs is on this machine. */
  at(port: 8080 | 8787 | 8788): string
  /** Returns a block with this machine's ports and folders in place of the docs'; all else stays as it is written there. */
  own(name: string): string
  /** Runs a block to its end. */
  shell(name: string): Promise<Ended>
  /** Starts a program, which `stop` ends. */
  start(program: string, args: readonly string[], env: NodeJS.ProcessEnv, cwd?: string): ChildProcess
  stop(): Promise<void>
}

/** Ends a program as systemd and containers do; returns how it ended. */
export async function terminate(child: ChildProcess): Promise<number | null> {
  await endProcess(child, 'SIGTERM')
  return child.exitCode
}

/**
 * Makes the folder.
 *
 * @param install the block that puts the package there
 * @param settings the block that puts ring and settings there
 */
export async function makeRunningFolder(install: string, settings: string): Promise<RunningFolder> {
  const ports = new Map<string, string>()
  for (const port of ['8080', '8787', '8788']) ports.set(port, String(await freePort()))
  const [checkout, postgres, bin] = await Promise.all([
    copyCheckout(),
    startPostgres(),
    mkdtemp(join(tmpdir(), 'bulla-bin-')),
  ])
  const folder = join(dirname(checkout), 'auth')
  await writeFile(join(bin, 'sudo'), SUDO)
  await chmod(join(bin, 'sudo'), 0o755)
  const environment = {
    PATH: [bin, ENV['PATH']].join(delimiter),
    USER: userInfo().username,
    PGHOST: postgres.sockets,
    PGPORT: String(postgres.port),
    npm_config_prefer_offline: 'true',
  }
  const own: RunningFolder['own'] = (name) =>
    blockOf(name)
      .replace(/8080|8787|8788/g, (port) => ports.get(port) ?? '')
      .replace('/var/run/postgresql', postgres.sockets)
      .replaceAll('/srv/auth', folder)
      .replace('npm ci && ', '')
  const shell = (name: string, cwd = folder) => run('bash', ['-ec', own(name)], { cwd, env: environment })
  const children: ChildProcess[] = []
  for (const { code, err } of [await shell(install, dirname(folder)), await shell(settings)])
    if (code !== 0) throw new Error(err)
  const [secret = ''] = (await readFile(join(folder, 'billing.secret'), 'utf8')).split('\n')
  return {
    folder,
    environment,
    guard: postgres.url.replace(/\w+$/, 'bulla'),
    authorization: basic('billing', secret),
    at: (port) => `http://localhost:${ports.get(String(port))}`,
    own,
    shell,
    start(program, args, env, cwd = folder) {
      const child = spawn(program, args, {
        cwd,
        env: { ...ENV, ...environment, ...env },
        stdio: ['pipe', 'pipe', 'inherit'],
      })
      children.push(child)
      return child
    },
    async stop() {
      await Promise.all(children.map((child) => endProcess(child, 'SIGKILL')))
      await postgres.stop()
    },
  }
}
