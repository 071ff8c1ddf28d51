/**
 * The proxies of the docs, as Debian has them, before processes of an issuer: with the lines of the docs, but for what is of this machine.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { freePort } from './live_issuer.ts'
import { endProcess, waitForPort } from './processes.ts'

const PROGRAMS = { nginx: '/usr/sbin/nginx', caddy: '/usr/bin/caddy', apache: '/usr/sbin/apache2' } as const

/** A proxy of the docs. */
export type FrontName = keyof typeof PROGRAMS

/** The host and the issuer that the docs' proxies serve. */
export const HOST = 'www.example.com'
export const ISSUER = `https://${HOST}/auth`

/** Tells whether a proxy is not there, where it need not be. */
export const isWithout = (name: FrontName): boolean => !existsSync(PROGRAMS[name]) && process.env['CI'] !== 'true'

/** A running proxy. */
export interface Front {
  readonly port: number
  /** Sends by TLS what stands there, letter by letter. */
  send(method: string, path: string, headers: Readonly<Record<string, string>>, body?: string): Promise<IncomingMessage>
  /** Asks as a browser, or an app, that goes by the proxy. */
  ask(request: Request): Promise<Response>
  stop(): Promise<void>
}

/** What Debian's `a2enmod` of the docs loads, and what it has loaded already. */
const APACHE = `authz_core mpm_event slotmem_shm socache_shmcb proxy ssl headers proxy_http proxy_balancer lbmethod_byrequests`

/** Returns the whole configuration around the docs' lines. */
const AROUND: Readonly<Record<FrontName, (lines: string, own: string, port: number) => string>> = {
  nginx: (lines, own, port) => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (kind) => `${kind}_temp_path ${own}/${kind};`,
    )
    return `daemon off; user root; pid ${own}/pid; error_log ${own}/log; events {}
http { access_log off; ${temporary.join(' ')}
${lines.replace('listen 443', `listen 127.0.0.1:${port}`)}
}`
  },
  caddy: (lines, own, port) => `{
admin off
auto_https disable_redirects
skip_install_trust
storage file_system ${own}
}
${lines.replace(`${HOST} {`, `${HOST}:${port} {\nbind 127.0.0.1\ntls ${own}/crt ${own}/key`)}`,
  apache: (lines, own, port) => `ServerRoot ${own}
ServerName ${HOST}
DefaultRuntimeDir ${own}
PidFile ${own}/pid
ErrorLog ${own}/log
${APACHE.split(' ')
  .map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`)
  .join('\n')}
User www-data
Group www-data
Listen 127.0.0.1:${port}
${lines.replace('*:443', `127.0.0.1:${port}`)}`,
}

const ARGUMENTS: Readonly<Record<FrontName, (file: string, own: string) => readonly string[]>> = {
  nginx: (file, own) => ['-c', file, '-p', own],
  caddy: (file) => ['run', '--adapter', 'caddyfile', '--config', file],
  apache: (file) => ['-f', file, '-D', 'FOREGROUND'],
}

/** Starts a proxy of the docs before two processes. `change` makes its lines others. */
export async function startFront(
  name: FrontName,
  behind: readonly number[],
  change: (lines: string) => string = (lines) => lines,
): Promise<Front> {
  const port = await freePort()
  const own = await mkdtemp(join(tmpdir(), `bulla-${name}-`))
  const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -keyout ${own}/key -out ${own}/crt -subj /CN=${HOST} -addext subjectAltName=DNS:${HOST}`
  const made = await run('openssl', args.split(' '))
  if (made.code !== 0) throw new Error(made.err)
  const ca = await readFile(join(own, 'crt'), 'utf8')
  const shown = change(blockOf(name))
    .replace(/127\.0\.0\.1:878([78])/g, (_, last) => `127.0.0.1:${behind[Number(last) - 7]}`)
    .replace(/\/etc\/ssl\/\S*\.(crt|key)/g, (_, kind) => `${own}/${kind}`)
  const file = join(own, 'config')
  await writeFile(file, AROUND[name](shown, own, port))
  const child: ChildProcess = spawn(PROGRAMS[name], ARGUMENTS[name](file, own), {
    stdio: 'ignore',
    env: { ...process.env, HOME: own },
  })
  await waitForPort(port)

  const send: Front['send'] = (method, path, headers, body = '') =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const to = { host: '127.0.0.1', port, servername: HOST, ca, method, path, headers: { host: HOST, ...headers } }
      request({ ...to, maxHeaderSize: 65_536 }, resolve)
        .on('error', reject)
        .end(body)
    })
  return {
    port,
    send,
    async ask(asked) {
      const { pathname, search } = new URL(asked.url)
      const body = await asked.text()
      const sent = { ...Object.fromEntries(asked.headers), ...(body && { 'content-length': String(body.length) }) }
      const answer = await send(asked.method, pathname + search, sent, body)
      const headers = new Headers()
      for (const [index, name] of answer.rawHeaders.entries())
        if (index % 2 === 0) headers.append(name, answer.rawHeaders[index + 1] ?? '')
      const read = await text(answer)
      return new Response(read === '' ? null : read, { status: answer.statusCode ?? 500, headers })
    },
    stop: () => endProcess(child, 'SIGTERM'),
  }
}
