/**
 * The example of two processes, as its reader starts it: packed, on a real PostgreSQL, behind a real nginx with TLS and a path.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Agent, fetch as fetchBy } from 'undici'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing, readRing, writeRing } from '../../keys/index.ts'
import { ENV, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { basic, testKey } from '../fixtures.ts'
import { freePort } from '../parties/live_issuer.ts'
import { placeExample } from '../parties/packed.ts'
import { type Ask, authorizeUrl, VERIFIER } from '../parties/person.ts'
import { type PostgresServer, startPostgres } from '../parties/postgres_server.ts'
import { askPort } from '../parties/serve_process.ts'
import { createVisitor } from '../parties/visitor.ts'

const RESOURCE = 'https://api.example.com'
const REDIRECT = 'http://127.0.0.1/callback'
const ports = new Map<string, string>()
let folder = ''
let issuer = ''
let postgres: PostgresServer
let child: ChildProcess | undefined
let ask: Ask
let closing: Agent

/** With this machine's ports in place of the example's. */
const own = (text: string) => text.replace(/\b(8443|8787|8788)\b/g, (port) => ports.get(port) ?? '')
const fileOf = (name: string) => readFile(join(folder, name), 'utf8')
const secretOf = async (name: string) => (await fileOf(`${name}.secret`)).split('\n', 1)[0] ?? ''

beforeAll(async () => {
  for (const port of ['8443', '8787', '8788']) ports.set(port, String(await freePort()))
  ;[folder, postgres] = await Promise.all([placeExample('node-postgres'), startPostgres()])
  issuer = own('https://localhost:8443/auth')
  for (const file of ['start.sh', 'nginx.conf', 'rotate.sh'])
    await writeFile(join(folder, file), own(await fileOf(file)).replace('878[78]', '*[0-9]'))
  // Who is root here stays it in nginx, too: its workers could not reach the folder.
  const isRoot = process.getuid?.() === 0
  if (isRoot) await writeFile(join(folder, 'nginx.conf'), `user root;\n${await fileOf('nginx.conf')}`)
  // A ring whose only root is to be followed by another one.
  const old = createRing({ now: Math.floor(Date.now() / 1000) - 31 * 86_400, key: testKey() })
  await writeFile(join(folder, 'ring.json'), writeRing(old), { mode: 0o600 })
  const env = { ...ENV, GUARD_URL: postgres.url }
  const stdio = ['ignore', 'pipe', 'inherit'] as const
  const started = spawn('npm', ['start', '--silent'], { cwd: folder, env, detached: true, stdio: [...stdio] })
  child = started
  await new Promise<void>((resolve, reject) => {
    started.once('exit', () => reject(new Error('it ended before it was well')))
    started.stdout.on('data', (said) => String(said).includes('is served by two processes') && resolve())
  })
  closing = new Agent({ connect: { ca: await fileOf('localhost.crt') } })
  ask = async (request) => {
    const body = request.body === null ? null : await request.text()
    const init = {
      method: request.method,
      headers: [...request.headers],
      body,
      redirect: 'manual',
      dispatcher: closing,
    }
    return (await fetchBy(request.url, init as never)) as unknown as Response
  }
}, 420_000)
afterAll(async () => {
  if (child?.pid !== undefined && child.exitCode === null) process.kill(-child.pid)
  await closing?.close()
  await postgres?.stop()
})

const portOf = (port: string) => Number(ports.get(port))
const statusAt = async (port: string) => (await askPort(portOf(port), '/auth/healthz')).status

/** Returns what nginx is answered. */
const post = async (path: string, form: Readonly<Record<string, string>>, headers: Record<string, string> = {}) => {
  const answer = await ask(
    new Request(`${issuer}${path}`, { method: 'POST', headers, body: new URLSearchParams(form) }),
  )
  return { status: answer.status, told: (await answer.json()) as Record<string, string> }
}
const tokenOfService = async () =>
  post('/token', { grant_type: 'client_credentials' }, { authorization: basic('billing', await secretOf('billing')) })

/** Logs a person in, and returns what to redeem. */
async function codeForm(): Promise<Readonly<Record<string, string>>> {
  const url = authorizeUrl(
    { client_id: 'shop', redirect_uri: REDIRECT, scope: 'orders:read', resource: undefined },
    issuer,
  )
  const { url: back } = await createVisitor({ ask }).visit(url, (to) => (to.href.startsWith(REDIRECT) ? undefined : to))
  const code = back.searchParams.get('code') ?? ''
  return { grant_type: 'authorization_code', client_id: 'shop', redirect_uri: REDIRECT, code, code_verifier: VERIFIER }
}

/** Redeems at one process, past nginx, as nginx asks it. */
async function redeemAt(port: string, form: Readonly<Record<string, string>>) {
  const headers = { host: new URL(issuer).host, 'x-forwarded-proto': 'https' }
  const { status, text } = await askPort(portOf(port), '/auth/token', { headers, form })
  return { status, told: JSON.parse(text) as Record<string, string> }
}

/** Tells whether the issuer's own command opens an access token with the ring of now. */
async function opens(token: string): Promise<boolean> {
  const call = ['token', 'inspect', '--keys', 'ring.json', '--issuer', issuer, '--resource', RESOURCE]
  const opened = await run('node_modules/.bin/bulla', [...call, '--settings', 'bulla.toml'], {
    cwd: folder,
    input: token,
  })
  return opened.code === 0
}

describe('the example of two processes', { timeout: 120_000 }, () => {
  it('has the lines of nginx that the guide has, but for names and ports', async () => {
    const [, lines = ''] = (await fileOf('nginx.conf')).split(/^ *# ---\n/m)
    const bare = (text: string) =>
      text
        .replace(/^ +/gm, '')
        .replace(/^(listen|server_name|ssl_\w+|server) .*;$/gm, '$1;')
        .trim()
    expect(bare(lines)).toBe(bare(blockOf('nginx')))
  })

  it('is there by TLS and its path, and says that all its parts are well', async () => {
    const metadata = await ask(new Request(`${new URL(issuer).origin}/.well-known/oauth-authorization-server/auth`))
    expect(await metadata.json()).toMatchObject({ issuer, token_endpoint: `${issuer}/token` })
    const health = await ask(new Request(`${issuer}/healthz?deep`))
    expect([health.status, await health.json()]).toEqual([
      200,
      expect.objectContaining({ parts: { guard: 'ok', revocations: 'ok' } }),
    ])
    expect((await tokenOfService()).status).toBe(200)
  })

  it('redeems a code at one process, and refuses it at the other', async () => {
    const form = await codeForm()
    expect((await redeemAt('8787', form)).status).toBe(200)
    expect(await redeemAt('8788', form)).toMatchObject({ status: 400, told: { error: 'invalid_grant' } })
  })

  it('is rotated by cron at both processes, and every live token stays good', async () => {
    const { told } = await post('/token', await codeForm())
    expect(await opens(told['access_token'] ?? '')).toBe(true)
    // Cron gives its children little, as here.
    const path = [dirname((await run('which', ['node'])).out.trim()), '/usr/bin', '/bin'].join(':')
    const cron = () => run('env', ['-i', `PATH=${path}`, 'HOME=/', 'sh', join(folder, 'rotate.sh')], { cwd: '/' })
    const rotated = await cron()
    expect([rotated.code, rotated.out]).toEqual([0, expect.stringMatching(/✓ rotation due/)])
    const written = await fileOf('ring.json')
    const reading = readRing(written)
    const kids = reading.ok ? reading.ring.roots.map(({ kid }) => kid) : []
    expect(kids).toHaveLength(2)
    const kidsAt = async (port: string) =>
      (JSON.parse((await askPort(portOf(port), '/auth/healthz')).text) as { keys: { kid: string }[] }).keys.map(
        ({ kid }) => kid,
      )
    await expect.poll(() => Promise.all(['8787', '8788'].map(kidsAt)), { timeout: 20_000 }).toEqual([kids, kids])
    expect(await opens(told['access_token'] ?? '')).toBe(true)
    const refresh = { grant_type: 'refresh_token', client_id: 'shop', refresh_token: told['refresh_token'] ?? '' }
    expect((await post('/token', refresh)).status).toBe(200)
    expect((await cron()).code).toBe(0)
    expect(await fileOf('ring.json')).toBe(written)
  })

  // The last: one process is gone afterwards.
  it('answers on when one of the two is killed', async () => {
    process.kill(Number(await fileOf(`run/${ports.get('8787')}.pid`)), 'SIGKILL')
    await expect.poll(() => statusAt('8787').catch(() => 'ended')).toBe('ended')
    const answers = await Promise.all(Array.from({ length: 8 }, tokenOfService))
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200))
    expect((await post('/token', await codeForm())).status).toBe(200)
  })
})
