/**
 * Issuers as operators run them, each in processes of its own: `bulla serve`, built as it is published, with each of its guards,
 * and the Worker in workerd.
 *
 * @module
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encodeBase64url } from '../../../keys/base64url.ts'
import { digestText } from '../../../keys/digest.ts'
import { writeRing } from '../../../keys/index.ts'
import { ROOT } from '../../checkout.ts'
import { freePort } from '../../parties/live_issuer.ts'
import { endProcess, waitForPort } from '../../parties/processes.ts'
import { issuerWorker } from '../mint.ts'
import { CLIENT } from '../oidc_provider.ts'
import { SCOPE } from '../requests.ts'
import { API, ring } from '../tokens.ts'
import { startWorker } from '../workerd.ts'
import { cpuSecondsOf, diskWritesOf } from './resources.ts'

/** An issuer that runs, and what its guard runs in. */
export interface Installation {
  readonly name: string
  readonly port: number
  /** Seconds of CPU that the issuer has taken, and its guard where it lies in the same process. */
  cpu(): number
  /** Seconds of CPU that the guard has taken in processes of its own. Default: it has none. */
  readonly guardCpu?: () => number
  /** Writes that the guard's disk has done. Default: nobody can tell. */
  readonly diskWrites?: () => number | undefined
  stop(): Promise<void>
}

/** A resource server that asks what a token says; its secret is that of `CLIENT`. */
export const INTROSPECTOR = 'api'

/** The Worker's variables, with a resource server beside the clients; and so many clients more. */
export function settingsOf(more = 0): Readonly<Record<string, unknown>> {
  const { CLIENTS, ...settings } = issuerWorker().bindings as { readonly CLIENTS: Readonly<Record<string, object>> }
  const secret_hash = `sha256:${encodeBase64url(digestText(CLIENT.secret))}`
  const may = { resources: [API], scopes: SCOPE.split(' ') }
  const others = Array.from({ length: more }, (_, index) => [
    `client${index}`,
    { ...may, secret_hash, grant_types: ['client_credentials'] },
  ])
  return {
    ...settings,
    CLIENTS: {
      ...CLIENTS,
      [INTROSPECTOR]: { kind: 'resource_server', resources: [API], secret_hash },
      ...Object.fromEntries(others),
    },
  }
}

/** Builds the package as it is published, into a folder of its own, and returns that. */
export function buildPackage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'bulla-sizing-'))
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc')
  execFileSync(tsc, ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')], { cwd: ROOT })
  writeFileSync(join(folder, 'package.json'), readFileSync(join(ROOT, 'package.json')))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

/** Where its guard is, and how its settings are. */
export interface ServeOptions {
  readonly guard: string
  /** Clients beside those that ask. Default 0. */
  readonly clients?: number
}

/** Tells how much memory a process uses when all is collected that nobody needs. */
const TELL_MEMORY = `process.on('message', () => { gc(); process.send(process.memoryUsage()) }); process.channel.unref()`

/** Starts `bulla serve` of a package that `buildPackage` made. What it writes on its console nobody reads. */
export async function startServe(
  built: string,
  { guard, clients = 0 }: ServeOptions,
): Promise<{ readonly child: ChildProcess; readonly port: number }> {
  const folder = mkdtempSync(join(tmpdir(), 'bulla-serve-'))
  writeFileSync(join(folder, 'settings.json'), JSON.stringify({ ...settingsOf(clients), KEY_RING: undefined }))
  const port = await freePort()
  const wrong = openSync(join(folder, 'stderr'), 'w')
  const preload = `data:text/javascript,${encodeURIComponent(TELL_MEMORY)}`
  const call = ['serve', '--settings', 'settings.json', '--port', String(port), '--host', '127.0.0.1']
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', preload, join(built, 'dist/src/cli/bulla.js'), ...call],
    {
      cwd: folder,
      env: { ...process.env, KEY_RING: writeRing(ring), GUARD_URL: guard },
      stdio: ['ignore', 'ignore', wrong, 'ipc'],
    },
  )
  const ended = new Promise<never>((_, reject) => {
    child.once('exit', () => reject(new Error(`bulla serve ended: ${readFileSync(join(folder, 'stderr'), 'utf8')}`)))
  })
  ended.catch(() => undefined)
  child.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  await Promise.race([waitForPort(port), ended])
  return { child, port }
}

async function onNode(
  name: string,
  built: string,
  guard: string,
  beside: Pick<Installation, 'guardCpu' | 'diskWrites'>,
  stopGuard: () => Promise<unknown> = async () => undefined,
): Promise<Installation> {
  const { child, port } = await startServe(built, { guard })
  return {
    name,
    port,
    cpu: () => cpuSecondsOf(child.pid ?? 0),
    ...beside,
    async stop() {
      await endProcess(child, 'SIGTERM')
      await stopGuard()
    },
  }
}

/** Starts an issuer in Node whose guard is a file. */
export async function onSqlite(built: string): Promise<Installation> {
  const folder = mkdtempSync(join(tmpdir(), 'bulla-sqlite-'))
  const remove = async (): Promise<void> => rmSync(folder, { recursive: true })
  const guard = `sqlite:${join(folder, 'bulla.sqlite')}`
  return onNode('Node, SQLite', built, guard, { diskWrites: () => diskWritesOf(folder) }, remove)
}

/** Starts an issuer in Node whose guard is a Redis that writes to its disk each second, as it comes. */
export async function onRedis(built: string): Promise<Installation> {
  const { startRedis } = await import('../../parties/redis_server.ts')
  const server = await startRedis(['--appendfsync', 'everysec'])
  const beside = { guardCpu: () => cpuSecondsOf(server.process().pid ?? 0), diskWrites: () => diskWritesOf(tmpdir()) }
  return onNode('Node, Redis', built, server.url, beside, () => server.stop())
}

/** Starts an issuer in Node whose guard is a PostgreSQL, as it comes. */
export async function onPostgres(built: string): Promise<Installation> {
  const { startPostgresWithTables } = await import('../../parties/sql_database.ts')
  const server = await startPostgresWithTables()
  const pid = Number(readFileSync(join(server.sockets, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
  const beside = { guardCpu: () => cpuSecondsOf(pid), diskWrites: () => diskWritesOf(server.sockets) }
  return onNode('Node, PostgreSQL', built, server.url, beside, () => server.stop())
}

/** Starts the Worker, whose Durable Objects keep what they know in memory: what a disk of ours does tells nothing of Cloudflare's. */
export async function onWorkerd(): Promise<Installation> {
  const { bindings, ...worker } = issuerWorker()
  const { port, pid = 0, stop } = await startWorker({ ...worker, bindings: { ...bindings, ...settingsOf() } })
  return { name: 'workerd, Durable Objects', port, cpu: () => cpuSecondsOf(pid), stop }
}
