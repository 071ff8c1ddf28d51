/**
 * The Worker in workerd, whose Durable Objects lie on the disk.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Ring, readRing, writeRing } from '../../keys/index.ts'
import { ROOT, run } from '../checkout.ts'
import { OWN, unpack } from '../compatibility/versions.ts'
import { startCuttingProxy } from '../parties/cutting_proxy.ts'
import { freePort } from '../parties/live_issuer.ts'
import { endProcess } from '../parties/processes.ts'
import { bundleWorker } from '../parties/worker_bundle.ts'
import { SECRETS, soakRing, variablesOf } from './settings.ts'
import type { System, VersionName } from './system.ts'

const wait = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds))

/** Returns the source of a Worker whose clock can be set, with that of its Durable Objects: they run in the same process. */
const sourceOf = (worker: string): string => `
import worker, { GuardObject, RevocationsObject } from ${JSON.stringify(worker)}
export { GuardObject, RevocationsObject }
const truth = Date.now
let offset = 0
Date.now = () => truth() + offset
export default {
  fetch(request, env, execution) {
    const { pathname, search } = new URL(request.url)
    if (pathname !== '/soak-clock') return worker.fetch(request, env, execution)
    offset = Number(search.slice(1)) * 1000
    return new Response()
  },
}
`

const text = (value: string): string => JSON.stringify(value)

/** Returns what workerd is told. */
function configOf(module: string, port: number, variables: Readonly<Record<string, unknown>>): string {
  const bound = Object.entries(variables).map(([name, value]) =>
    typeof value === 'string'
      ? `(name = ${text(name)}, text = ${text(value)})`
      : `(name = ${text(name)}, json = ${text(JSON.stringify(value))})`,
  )
  const objects = { GUARD: 'GuardObject', REVOCATIONS: 'RevocationsObject' }
  for (const [name, of] of Object.entries(objects))
    bound.push(`(name = ${text(name)}, durableObjectNamespace = ${text(of)})`)
  const classes = Object.values(objects).map(
    (name) => `(className = ${text(name)}, uniqueKey = ${text(name)}, enableSql = true)`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "storage", disk = (path = "storage", writable = true)),
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "main.js", esModule = embed ${text(module)})],
  compatibilityDate = "2026-10-01",
  compatibilityFlags = ["nodejs_als", "global_fetch_strictly_public"],
  bindings = [${bound.join(', ')}],
  durableObjectNamespaces = [${classes.join(', ')}],
  durableObjectStorage = (localDisk = "storage"),
);
`
}

/** Starts it, in a folder for all that it writes. */
export async function startWorkerdSystem(folder: string): Promise<System> {
  const port = await freePort()
  const issuer = `http://localhost:${await freePort()}`
  await bundleWorker(sourceOf(OWN.worker), join(folder, 'current.js'))
  await bundleWorker(sourceOf((await unpack('0.1.0')).worker), join(folder, 'previous.js'))
  await mkdir(join(folder, 'storage'))
  const link = await startCuttingProxy(port)
  const file = join(folder, 'ring.json')
  await writeFile(file, writeRing(soakRing(Math.floor(Date.now() / 1000))), { mode: 0o600 })
  let ring: Ring = await read()
  let version: VersionName = 'current'
  let turn = 0
  let offset = 0
  let isStopped = false
  let child: ChildProcess | undefined

  async function read(): Promise<Ring> {
    const { readFile } = await import('node:fs/promises')
    const reading = readRing(await readFile(file, 'utf8'))
    if (!reading.ok) throw new Error('the ring is none')
    return reading.ring
  }

  const ask = (path: string): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(2000) }).then(
      (answer) => answer.text().then(() => true),
      () => false,
    )

  async function start(): Promise<void> {
    const isForPrevious = version === 'previous'
    const variables = { ...variablesOf(issuer, { isForPrevious, turn }), KEY_RING: writeRing(ring) }
    await writeFile(
      join(folder, 'config.capnp'),
      configOf(`${version}.js`, port, isForPrevious ? variables : { ...variables, ...SECRETS }),
      { mode: 0o600 },
    )
    while (!isStopped) {
      const log = openSync(join(folder, 'log'), 'a')
      const launched = spawn(join(ROOT, 'node_modules/.bin/workerd'), ['serve', '--experimental', 'config.capnp'], {
        cwd: folder,
        stdio: ['ignore', log, log],
      })
      closeSync(log)
      child = launched
      while (launched.exitCode === null && launched.signalCode === null && !isStopped) {
        if (await ask(`/soak-clock?${offset}`)) return
        await wait(100)
      }
      await wait(500)
    }
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (child) await endProcess(child, signal)
  }
  /** Takes what is new, as a deploy does. */
  async function deploy(): Promise<void> {
    await end('SIGTERM')
    await start()
  }
  await start()

  return {
    issuer,
    store: {},
    servers: [
      {
        name: 'workerd',
        link,
        storeLink: undefined,
        version: () => version,
        kill: () => end('SIGKILL'),
        start,
        async pause(milliseconds) {
          child?.kill('SIGSTOP')
          await wait(milliseconds)
          child?.kill('SIGCONT')
        },
        async setClock(seconds) {
          offset = seconds
          await ask(`/soak-clock?${offset}`)
        },
        async turnTo(next) {
          version = next
          await deploy()
        },
      },
    ],
    async rotate() {
      const { code } = await run('node', [
        join(ROOT, 'src/cli/bulla.ts'),
        ...['keys', 'rotate', '--ring', file, '--in-place'],
      ])
      if (code !== 0) return false
      ring = await read()
      await deploy()
      return true
    },
    async swapSettings() {
      turn++
      await deploy()
    },
    async stop() {
      isStopped = true
      await end('SIGKILL')
      await link.stop()
    },
  }
}
