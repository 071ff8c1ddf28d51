/**
 * `bulla serve` as somebody types it, in a folder with settings and a ring.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRing, writeRing } from '../../keys/index.ts'
import { ENV, ROOT } from '../checkout.ts'
import { secretHash, testKey } from '../fixtures.ts'

/** Settings of a resource and of a client for itself, `service` with the secret `service-secret`; and what else is said. */
export function settingsOf(issuer: string, more = ''): string {
  return `name = "auth"

[vars]
ISSUER = "${issuer}"

[vars.RESOURCES."https://api.example.com"]
scopes = ["orders:read"]

[vars.CLIENTS.service]
secret_hash = "${secretHash('service-secret')}"
grant_types = ["client_credentials"]
resources = ["https://api.example.com"]
scopes = ["orders:read"]

${more}
`
}

/** An app by which people log in. */
export const APP = `[vars.CLIENTS.app]
grant_types = ["authorization_code", "refresh_token"]
redirect_uris = ["http://127.0.0.1/callback"]
resources = ["https://api.example.com"]
scopes = ["orders:read"]
`

/** Returns a new folder with `settings.toml` and `ring.json`. */
export function folderOf(settings: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'bulla-serve-'))
  writeFileSync(join(folder, 'settings.toml'), settings)
  const ring = createRing({ now: Math.floor(Date.now() / 1000), key: testKey() })
  writeFileSync(join(folder, 'ring.json'), writeRing(ring), { mode: 0o600 })
  return folder
}

/** A process that runs. */
export interface ServeProcess {
  readonly process: ChildProcess
  readonly port: number
  /** What it has said until now. */
  readonly said: () => string
  /** What of that stands on stdout. */
  readonly printed: () => string
  /** Waits until it has said it. */
  says(words: string | RegExp): Promise<void>
  /** Its exit status. */
  readonly ended: Promise<number | null>
}

/** How it is called. */
export interface ServeCall {
  /** Default: any port; nothing is said of it where it is `undefined`. */
  readonly port?: number | undefined
  readonly args?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  /** The checkout. Default: this one. */
  readonly root?: string
}

/** Starts `bulla serve` in a folder, and waits until it listens or has ended. */
export async function startServe(
  cwd: string,
  { args = [], env = {}, root = ROOT, ...where }: ServeCall = {},
): Promise<ServeProcess> {
  const port = 'port' in where ? where.port : 0
  const asked = port === undefined ? [] : ['--port', String(port)]
  const call = [join(root, 'src/cli/bulla.ts'), 'serve', '--settings', 'settings.toml', ...asked, ...args]
  const child = spawn('node', call, {
    cwd,
    env: { ...ENV, GUARD_URL: '', KEY_RING_FILE: 'ring.json', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [said, printed] = ['', '']
  child.stdout.on('data', (text) => {
    printed += text
  })
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      said += text
      for (const look of waiting) look()
    })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const says = (words: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (typeof words === 'string' ? said.includes(words) : words.test(said)) resolve()
      }
      waiting.add(look)
      look()
      void ended.then(() => reject(new Error(`it never said "${words}", but: ${said}`)))
    })
  const listening = / is served at \S+:(\d+);|"event":"listening".*"url":"\S+:(\d+)"/
  await Promise.race([says(listening), ended])
  const [, spoken, written] = listening.exec(said) ?? []
  const own = Number(spoken ?? written)
  return { process: child, port: own, said: () => said, printed: () => printed, says, ended }
}

/** An answer. */
export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly text: string
}

/** Asks a port on this machine under any name: what a proxy does, and `fetch` may not. */
export function askPort(
  port: number,
  path: string,
  { headers = {}, form }: { headers?: Readonly<Record<string, string>>; form?: Readonly<Record<string, string>> } = {},
): Promise<Answered> {
  const body = form && new URLSearchParams(form).toString()
  return new Promise((resolve, reject) => {
    const asked = request({
      port,
      path,
      host: '127.0.0.1',
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...headers, ...(body && { 'content-type': 'application/x-www-form-urlencoded' }) },
      agent: false,
    })
    asked.once('error', reject).once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => {
        text += part
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
    asked.end(body)
  })
}
