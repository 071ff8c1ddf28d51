/**
 * Workers in `workerd serve`, each in a process and behind a port of its own: without `wrangler dev`'s proxy, which costs
 * ten times the work.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { build } from 'esbuild'

const ROOT = join(import.meta.dirname, '..', '..')

/** Where a file is in memory, if the system has such a place: a disk's speed is not ours. */
export const MEMORY: string = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

const bundled = new Map<string, Promise<string>>()

/** Bundles a Worker as wrangler would, once. */
export function bundle(entry: string, minify = false): Promise<string> {
  const known = bundled.get(`${entry} ${minify}`) ?? bundleAnew(entry, minify)
  bundled.set(`${entry} ${minify}`, known)
  return known
}

async function bundleAnew(entry: string, minify: boolean): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(ROOT, entry)],
    bundle: true,
    write: false,
    minify,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    mainFields: ['module', 'main'],
    external: ['cloudflare:*', 'node:*'],
    absWorkingDir: ROOT,
    logLevel: 'error',
  })
  return outputFiles[0]?.text ?? ''
}

/** A Worker that is to run. */
export interface WorkerOptions {
  readonly entry: string
  /** Texts, and JSON of anything else. */
  readonly bindings?: Readonly<Record<string, unknown>>
  /** Durable Objects: the binding, and the class. */
  readonly durableObjects?: Readonly<Record<string, string>>
  /** KV namespaces, in memory. */
  readonly kv?: readonly string[]
  readonly flags?: readonly string[]
}

/** A running Worker. */
export interface Running {
  readonly port: number
  readonly pid: number | undefined
  stop(): Promise<void>
}

/** Cap'n Proto has the escapes of C. */
function text(value: string): string {
  return JSON.stringify(value).replace(/[^\x20-\x7e]/g, (letter) =>
    [...new TextEncoder().encode(letter)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join(''),
  )
}

function configOf({ bindings = {}, durableObjects = {}, kv = [], flags = [] }: WorkerOptions, storage: string): string {
  const bound = [
    ...Object.entries(bindings).map(([name, value]) =>
      typeof value === 'string'
        ? `(name = ${text(name)}, text = ${text(value)})`
        : `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`,
    ),
    ...Object.entries(durableObjects).map(
      ([name, className]) => `(name = ${text(name)}, durableObjectNamespace = ${text(className)})`,
    ),
    ...kv.map((name) => `(name = ${text(name)}, kvNamespace = "kv")`),
  ]
  const classes = Object.values(durableObjects).map(
    (name) => `(className = ${text(name)}, uniqueKey = ${text(name)}, enableSql = true)`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "storage", disk = (path = ${text(storage)}, writable = true)),
    (name = "kv", worker = (modules = [(name = "kv.js", esModule = embed "kv.js")], compatibilityDate = "2026-10-01")),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (forwardedProtoHeader = "x-forwarded-proto"), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "main.js", esModule = embed "main.js")],
  compatibilityDate = "2026-10-01",
  compatibilityFlags = [${flags.map(text).join(', ')}],
  bindings = [${bound.join(', ')}],
  durableObjectNamespaces = [${classes.join(', ')}],
  durableObjectStorage = (localDisk = "storage"),
);
`
}

/** Starts a Worker in a workerd of its own. */
export async function startWorker(options: WorkerOptions): Promise<Running> {
  const folder = await mkdtemp(join(MEMORY, 'bulla-bench-'))
  await writeFile(join(folder, 'main.js'), await bundle(options.entry))
  await writeFile(join(folder, 'kv.js'), await bundle('test/bench/workers/kv.ts'))
  await writeFile(join(folder, 'config.capnp'), configOf(options, folder))
  const { default: workerd } = (await import(createRequire(import.meta.resolve('wrangler')).resolve('workerd'))) as {
    default: string | { default: string }
  }
  const binary = typeof workerd === 'string' ? workerd : workerd.default
  const child = spawn(binary, ['serve', '--experimental', '--control-fd=3', join(folder, 'config.capnp')], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()))
  const port = await new Promise<number>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`workerd ended with ${code}`)))
    createInterface({ input: child.stdio[3] as Readable }).on('line', (line) => {
      const said = JSON.parse(line) as { event: string; port?: number }
      if (said.event === 'listen' && said.port !== undefined) resolve(said.port)
    })
  })
  return {
    port,
    pid: child.pid,
    async stop() {
      child.kill()
      await ended
      await rm(folder, { recursive: true, force: true })
    },
  }
}
