import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { API, VARS } from '../fixtures.ts'
import { freePort, waitFor } from '../parties/live_issuer.ts'
import { createApp, createPerson, readAnswer } from '../parties/person.ts'

const PROXIES = { nginx: '/usr/sbin/nginx', caddy: '/usr/bin/caddy' } as const
const HOST = 'www.example.com'
const ISSUER = `https://${HOST}/auth`
const METADATA = '/.well-known/oauth-authorization-server/auth'
/** The other addresses of the same document. */
const ALIASES = [
  '/.well-known/openid-configuration/auth',
  '/auth/.well-known/openid-configuration',
  '/auth/.well-known/oauth-authorization-server',
]

let folder = ''
let cert = ''
let behind = 0
const ends: (() => unknown)[] = []

/** Starts the issuer as the docs start it in Node, but for who logs people in, where it listens, and a client of the tests; returns its port. */
async function startIssuer(): Promise<number> {
  const own = await mkdtemp(join(folder, 'issuer-'))
  const port = await freePort()
  const init = blockOf('node-install').match(/^npx bulla (.*)$/m)?.[1] ?? ''
  expect(await run('node', [join(ROOT, 'src/cli/bulla.ts'), ...init.split(' ')], { cwd: own })).toMatchObject({
    code: 0,
  })
  const settings = JSON.parse(blockOf('node-settings'))
  settings.vars.LOGIN = VARS.LOGIN
  settings.vars.CLIENTS.pub = { ...VARS.CLIENTS.pub, authorization_details_types: [] }
  settings.vars.RESOURCES[API] = VARS.RESOURCES[API]
  await writeFile(join(own, 'wrangler.json'), JSON.stringify(settings))
  const program = blockOf('node')
    .replace("'bulla'", JSON.stringify(join(ROOT, 'src/index.ts')))
    .replace("'@hono/node-server'", JSON.stringify(import.meta.resolve('@hono/node-server')))
    .replace('8787', String(port))
  await writeFile(join(own, 'server.mjs'), program)
  const child = spawn('node', ['server.mjs'], { cwd: own, stdio: ['ignore', 'ignore', 'inherit'] })
  ends.push(() => child.kill())
  await waitFor(`http://127.0.0.1:${port}/auth/healthz`)
  return port
}

/** Starts a proxy with the lines of the docs, but for what is of this machine: ports, the certificate, its own files. */
async function startProxy(name: keyof typeof PROXIES, change = (lines: string): string => lines): Promise<number> {
  const port = await freePort()
  const own = await mkdtemp(join(folder, `${name}-`))
  const shown = change(blockOf(name)).replace('127.0.0.1:8787', `127.0.0.1:${behind}`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path ${own}/${kind};`,
  )
  const lines = {
    nginx: [
      `daemon off; user root; pid ${own}/pid; error_log ${own}/log; events {} http { access_log off; ${temporary.join(' ')}`,
      shown
        .replace('listen 443', `listen 127.0.0.1:${port}`)
        .replace(/\/etc\/ssl\/(.*)\.(?:crt|key);/g, (line) => `${folder}/${line.endsWith('.key;') ? 'key' : 'crt'};`),
      '}',
    ],
    caddy: [
      `{\nadmin off\nauto_https disable_redirects\nskip_install_trust\nstorage file_system ${own}\n}`,
      shown.replace(`${HOST} {`, `${HOST}:${port} {\nbind 127.0.0.1\ntls ${folder}/crt ${folder}/key`),
    ],
  }[name]
  const file = join(own, 'config')
  await writeFile(file, lines.join('\n'))
  const args = { nginx: ['-c', file, '-p', own], caddy: ['run', '--adapter', 'caddyfile', '--config', file] }[name]
  const child: ChildProcess = spawn(PROXIES[name], args, { stdio: 'ignore', env: { ...process.env, HOME: own } })
  ends.push(() => child.kill())
  await expect.poll(() => statusOf(port, METADATA).catch(() => 0), { timeout: 20_000 }).toBeGreaterThan(0)
  return port
}

/** Asks a proxy by TLS. */
function send(port: number, method: string, path: string, headers: Record<string, string>, body = '') {
  return new Promise<IncomingMessage>((resolve, reject) => {
    const to = {
      host: '127.0.0.1',
      port,
      servername: HOST,
      ca: cert,
      method,
      path,
      headers: { host: HOST, ...headers },
    }
    httpsRequest({ ...to, maxHeaderSize: 65_536 }, resolve)
      .on('error', reject)
      .end(body)
  })
}

async function statusOf(port: number, path: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  const answer = await send(port, 'GET', path, headers)
  answer.resume()
  return answer.statusCode
}

/** Asks as a browser, or an app, that goes by the proxy. */
const through = (port: number) => async (request: Request) => {
  const { pathname, search } = new URL(request.url)
  const body = await request.text()
  const sent = { ...Object.fromEntries(request.headers), ...(body && { 'content-length': String(body.length) }) }
  const answer = await send(port, request.method, pathname + search, sent, body)
  const headers = new Headers()
  for (const [index, name] of answer.rawHeaders.entries())
    if (index % 2 === 0) headers.append(name, answer.rawHeaders[index + 1] ?? '')
  const read = await text(answer)
  return new Response(read === '' ? null : read, { status: answer.statusCode ?? 500, headers })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bulla-proxies-'))
  const args = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -keyout ${folder}/key -out ${folder}/crt -subj /CN=${HOST} -addext subjectAltName=DNS:${HOST}`
  expect((await run('openssl', args.split(' '))).code).toBe(0)
  cert = await readFile(join(folder, 'crt'), 'utf8')
  behind = await startIssuer()
})
afterAll(() => {
  for (const end of ends) end()
})

describe.each(['nginx', 'caddy'] as const)('an issuer with a path, in Node behind %s, by the docs alone', (name) => {
  const isWithout = !existsSync(PROXIES[name]) && process.env['CI'] !== 'true'

  it.skipIf(isWithout)('is there by every spelling of its host, and nothing else is', async () => {
    const port = await startProxy(name)
    const metadata = await (await through(port)(new Request(`https://${HOST}${METADATA}`))).json()
    expect(metadata).toMatchObject({ issuer: ISSUER, token_endpoint: `${ISSUER}/token` })
    for (const host of [HOST, `${HOST}:443`, 'WWW.Example.com'])
      expect([host, await statusOf(port, METADATA, { host })]).toEqual([host, 200])
    // Whatever a client says of its scheme, the proxy knows better.
    expect(await statusOf(port, METADATA, { 'x-forwarded-proto': 'http' })).toBe(200)
    for (const alias of ALIASES) expect([alias, await statusOf(port, alias)]).toEqual([alias, 200])
    expect(await statusOf(port, '/auth')).toBe(200)
    const past = await new Promise<IncomingMessage>((resolve, reject) => {
      httpRequest({ host: '127.0.0.1', port: behind, path: METADATA, headers: { host: HOST } }, resolve)
        .on('error', reject)
        .end()
    })
    expect(past.statusCode).toBe(421)
  })

  it.skipIf(isWithout)('takes people there and back, with the longest state and full cookies', async () => {
    const port = await startProxy(name)
    const state = 'x'.repeat(4000)
    const alice = createPerson(through(port), { issuer: ISSUER })
    const code = async (): Promise<string> => {
      const answer = await alice.answer('allow', { state })
      expect(answer.searchParams.get('state')).toBe(state)
      return answer.searchParams.get('code') ?? ''
    }
    await code()
    alice.browser.cookies.set('__Host-other', 'x'.repeat(12_000))
    const app = createApp(through(port), { issuer: ISSUER })
    expect((await readAnswer(await app.redeem(await code()))).token_type).toBe('Bearer')
  })
})

it.skipIf(!existsSync(PROXIES.nginx) && process.env['CI'] !== 'true')(
  'each line of nginx is needed: without it nobody is answered, or logs in',
  async () => {
    for (const [line, state, cookie, status] of [
      [/ +proxy_set_header X-Forwarded-Proto.*\n/, 1, 1, 421],
      [/ +proxy_set_header Host.*\n/, 1, 1, 421],
      [/ +large_client_header_buffers.*\n/, 1, 9000, 400],
      [/ +proxy_buffer_size.*\n +proxy_buffers.*\n/, 4000, 1, 502],
    ] as const) {
      const port = await startProxy('nginx', (lines) => lines.replace(line, ''))
      const cookies = new Map([['__Host-other', 'x'.repeat(cookie)]])
      const alice = createPerson(through(port), { issuer: ISSUER, cookies })
      expect([line, (await alice.visit({ state: 'x'.repeat(state) })).status]).toEqual([line, status])
    }
  },
)
