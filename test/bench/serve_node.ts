/**
 * The issuer by `bulla serve`, and the least that a server in Node can do, each in a process of its own.
 *
 * @module
 */

import { type ChildProcess, fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { issuerWorker } from './mint.ts'
import { MEMORY } from './workerd.ts'

const COMMAND = join(import.meta.dirname, '..', '..', 'src', 'cli', 'bulla.ts')

/** A process that serves. */
export interface Serving {
  readonly port: number
  readonly pid: number | undefined
  stop(): void
}

/** How an issuer is served. */
export interface ServeIssuer {
  /** The URL of its guard. Default: a file of its own. */
  readonly guard?: string
  /** Whether nobody is told of events. Default false: each is a line, here to nowhere. */
  readonly isQuiet?: boolean
}

/** Serves what the Worker of the same rows does. */
export async function serveIssuer({ guard = '', isQuiet = false }: ServeIssuer = {}): Promise<Serving> {
  const folder = mkdtempSync(join(MEMORY, 'bulla-bench-'))
  const { bindings: { KEY_RING = '', ...vars } = {} } = issuerWorker()
  writeFileSync(
    join(folder, 'settings.json'),
    JSON.stringify({ vars: { ...vars, ...(isQuiet && { EVENTS: 'none' }) } }),
  )
  const args = ['serve', '--settings', join(folder, 'settings.json'), '--port', '0', '--host', '127.0.0.1']
  const child = fork(COMMAND, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, KEY_RING: String(KEY_RING), GUARD_URL: guard, NODE_ENV: 'production' },
  })
  const port = await saidPort(child)
  return {
    port,
    pid: child.pid,
    stop() {
      child.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Returns the port of the line that says where it is served. */
function saidPort(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`bulla serve ended with ${code}`)))
    createInterface({ input: child.stderr as Readable }).on('line', (line) => {
      const port = / is served at \S+:(\d+)/.exec(line)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
  })
}

/** Serves a Hono route that reads the form and answers these bytes, headers and body. */
export function serveFloor(answer: string, headers: Readonly<Record<string, string>>): Promise<Serving> {
  const child = fork(import.meta.filename, ['floor', answer, JSON.stringify(headers)], {
    env: { ...process.env, NODE_ENV: 'production' },
  })
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the floor ended')))
    child.once('message', (port) => resolve({ port: port as number, pid: child.pid, stop: () => child.disconnect() }))
  })
}

const [, , role, answer = '', headers = '{}'] = process.argv
if (role === 'floor') {
  const answered = JSON.parse(headers) as Record<string, string>
  const app = new Hono().post('/token', async (c) => {
    const form = new URLSearchParams(await c.req.text())
    return form.get('grant_type') === null ? c.body(null, 400) : c.body(answer, 200, answered)
  })
  serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => process.send?.(port))
  process.on('disconnect', () => process.exit())
}
