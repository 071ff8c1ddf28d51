/**
 * Two versions as Workers in one workerd, on the same Durable Objects, whose classes are those of one of them, as in a gradual
 * deployment. What these remember lies on the disk, so that the classes of the other can come after.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT } from '../checkout.ts'
import { ISSUER } from '../fixtures.ts'
import { askAt } from '../parties/drive/transport.ts'
import { freePort } from '../parties/live_issuer.ts'
import type { Ask } from '../parties/person.ts'
import { endProcess, waitForPort } from '../parties/processes.ts'
import { bundleWorker } from '../parties/worker_bundle.ts'
import { CERTIFICATE, tlsOf } from './certificates.ts'
import type { Variables } from './known_settings.ts'
import type { Version } from './versions.ts'

/** Says which issuer of a Worker is asked, and its time in Unix seconds. */
const [NAME, TIME] = ['test-issuer', 'test-time']

/**
 * Returns the source of a Worker with as many issuers of a version as it is told, each with objects of its own. What stands before it
 * ended TLS.
 */
const sourceOf = ({ worker }: Version): string => `
import { createIssuer, readBindings } from ${JSON.stringify(join(dirname(worker), worker.endsWith('.ts') ? 'index.ts' : 'index.js'))}
export { GuardObject, RevocationsObject } from ${JSON.stringify(worker)}
const tlsOf = ${tlsOf}
const issuers = new Map()
let now = 0
export default {
  async fetch(request, env, execution) {
    const { pathname, search } = new URL(request.url)
    const name = request.headers.get('${NAME}')
    const of = (namespace) => ({ getByName: (shard) => namespace.getByName(name + ' ' + shard) })
    if (pathname === '/test-settings') {
      const bound = { GUARD: of(env.GUARD), REVOCATIONS: of(env.REVOCATIONS) }
      const settings = readBindings({ ...(await request.json()), ...bound })
      issuers.set(name, createIssuer({ ...settings, now: () => now, log: () => {} }))
      return new Response()
    }
    now = Number(request.headers.get('${TIME}'))
    const { method, headers } = request
    const body = method === 'POST' ? await request.arrayBuffer() : undefined
    const cf = tlsOf(headers.get('${CERTIFICATE}'))
    const asked = new Request('${ISSUER}' + pathname + search, { method, headers, body, cf, redirect: 'manual' })
    return issuers.get(name).fetch(asked, env, execution)
  },
}
`

const OBJECTS = ['GuardObject', 'RevocationsObject'] as const

/** Returns what workerd is told: a Worker of each version, and which of them has the objects. */
function configOf(ports: readonly number[], holder: number): string {
  const bound = ['GUARD', 'REVOCATIONS'].map(
    (name, index) =>
      `(name = "${name}", durableObjectNamespace = (className = "${OBJECTS[index]}", serviceName = "version-${holder}"))`,
  )
  const classes = OBJECTS.map((name) => `(className = "${name}", uniqueKey = "${name}", enableSql = true)`)
  const workers = ports.map(
    (_, index) => `const worker${index} :Workerd.Worker = (
  modules = [(name = "version-${index}.js", esModule = embed "version-${index}.js")],
  compatibilityDate = "2026-10-01",
  compatibilityFlags = ["nodejs_als"],
  bindings = [${bound.join(', ')}],
  ${index === holder ? `durableObjectNamespaces = [${classes.join(', ')}], durableObjectStorage = (localDisk = "storage"),` : ''}
);`,
  )
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ${ports.map((_, index) => `(name = "version-${index}", worker = .worker${index}),`).join('\n    ')}
    (name = "storage", disk = (path = "storage", writable = true)),
  ],
  sockets = [${ports
    .map(
      (port, index) =>
        `(name = "http-${index}", address = "127.0.0.1:${port}", http = (), service = "version-${index}")`,
    )
    .join(', ')}],
);
${workers.join('\n')}
`
}

/** Two versions on the same objects. */
export interface Objects {
  /** Gives the objects the classes of a version, or anew those that they have: all that is not written down is forgotten. */
  turnTo(version: Version): Promise<void>
  /** Makes an issuer of a version, with objects of this name, and returns what asks it. */
  issuer(version: Version, name: string, variables: Variables, at: () => number): Promise<Ask>
  stop(): Promise<void>
}

/** Starts these versions; the objects are of the class of the first. */
export async function startObjects(versions: readonly Version[]): Promise<Objects> {
  const folder = await mkdtemp(join(tmpdir(), 'bulla-objects-'))
  await mkdir(join(folder, 'storage'))
  await Promise.all(
    versions.map((version, index) => bundleWorker(sourceOf(version), join(folder, `version-${index}.js`))),
  )
  const ports = [await freePort(), await freePort()]
  let child: ChildProcess | undefined

  async function turnTo(version: Version): Promise<void> {
    if (child !== undefined) await endProcess(child, 'SIGTERM')
    await writeFile(join(folder, 'config.capnp'), configOf(ports, versions.indexOf(version)))
    child = spawn(join(ROOT, 'node_modules/.bin/workerd'), ['serve', '--experimental', 'config.capnp'], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    for (const port of ports) await waitForPort(port)
  }
  const [first] = versions
  if (first !== undefined) await turnTo(first)

  return {
    turnTo,
    async issuer(version, name, variables, at) {
      const reach = askAt(ports[versions.indexOf(version)] ?? 0)
      const ask = (request: Request): Promise<Response> => {
        request.headers.set(NAME, name)
        request.headers.set(TIME, String(at()))
        return reach(request)
      }
      const body = JSON.stringify(variables)
      const made = await ask(new Request(`${ISSUER}/test-settings`, { method: 'POST', body }))
      if (made.status !== 200) throw new Error(`no issuer: ${made.status} ${await made.text()}`)
      return ask
    },
    async stop() {
      if (child !== undefined) await endProcess(child, 'SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
  }
}
