/**
 * The page about running it oneself, as its reader goes through it: from nothing to two processes and PostgreSQL behind one address, and
 * each recipe as it stands there.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parse } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createIssuer } from '../../src/index.ts'
import { readSettings } from '../../src/node/index.ts'
import { ENV, type Ended, run } from '../checkout.ts'
import { createProver, withHeader, withProofs } from '../parties/dpop.ts'
import { askLambda, FRONT_DOORS } from '../parties/drive/lambda.ts'
import { bundled } from '../parties/edge.ts'
import type { Ask } from '../parties/person.ts'
import { startRedisOverHttp } from '../parties/redis_clients.ts'
import { startRedis } from '../parties/redis_server.ts'
import { makeRunningFolder, type RunningFolder, terminate } from '../parties/running_folder.ts'

const TOKEN = { token_type: 'Bearer', expires_in: 600, scope: 'orders:read' }
const terminals: ChildProcess[] = []
let there: RunningFolder
let database: Ended

const RESOURCE = 'https://api.example.com'
const SECRETS = { KEY_RING_FILE: 'ring.json' }

/** Waits until what listens where the docs' first process does is well. */
const isHealthy = () =>
  expect
    .poll(
      () =>
        fetch(`${there.at(8787)}/healthz`).then(
          ({ status }) => status,
          () => 0,
        ),
      { timeout: 20_000 },
    )
    .toBe(200)

/** Asks for a token with a proof, and with the same proof again, which only a guard that remembers refuses. */
async function isOnce(ask: Ask): Promise<void> {
  const request = () =>
    new Request(`${there.at(8080)}/token`, {
      method: 'POST',
      headers: { authorization: there.authorization },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
  let proof = ''
  const watched: Ask = (asked) => {
    proof = asked.headers.get('dpop') ?? ''
    return ask(asked)
  }
  const first = await withProofs(watched, await createProver())(request())
  expect([first.status, await first.json()]).toEqual([200, expect.objectContaining({ token_type: 'DPoP' })])
  const again = await withHeader(ask, 'dpop', proof)(request())
  expect([again.status, await again.json()]).toEqual([400, expect.objectContaining({ error: 'invalid_dpop_proof' })])
}

/** Opens a terminal, with jobs as a person's has them; what is typed into it runs. */
function openTerminal(...lines: readonly string[]): ChildProcess {
  const options = { cwd: there.folder, env: { ...ENV, ...there.environment }, detached: true } as const
  const terminal = spawn('bash', ['-e'], { ...options, stdio: ['pipe', 'ignore', 'inherit'] })
  terminals.push(terminal)
  const closing = "trap 'kill -- $(jobs -p | sed s/^/-/); wait' EXIT"
  terminal.stdin?.write(['set -m', closing, ...lines, ''].join('\n'))
  return terminal
}

/** Closes a terminal: its jobs end, and it with them. */
async function close(terminal: ChildProcess): Promise<void> {
  if (terminal.exitCode !== null) return
  const ended = once(terminal, 'exit')
  terminal.stdin?.end()
  await ended
}

const token = async (): Promise<unknown> => JSON.parse((await there.shell('run-token')).out || '{}')
const isServed = () => expect.poll(token, { timeout: 20_000 }).toMatchObject(TOKEN)
const answerOf = (port: 8787 | 8788) => () =>
  fetch(`${there.at(port)}/healthz`).then(
    ({ status }) => status,
    () => 'ended',
  )

beforeAll(async () => {
  there = await makeRunningFolder('run-install', 'run-settings')
  database = await there.shell('run-postgres')
}, 240_000)
afterAll(async () => {
  await Promise.all(terminals.map(close))
  await there?.stop()
})

describe('the page about running it oneself', { timeout: 60_000 }, () => {
  it('leads from nothing to a process that gives tokens, whose memory its owner alone can read', async () => {
    const checked = await run('npx', ['bulla', 'check', '--settings', 'bulla.toml'], { cwd: there.folder })
    expect([checked.code, checked.out]).toEqual([0, ''])
    const terminal = openTerminal(`${there.own('run-one').trim()} &`)
    await isServed()
    for (const file of ['ring.json', 'billing.secret', 'bulla.sqlite'])
      expect([file, (await stat(join(there.folder, file))).mode & 0o777]).toEqual([file, 0o600])
    await close(terminal)
  })

  it('leads on to two processes and PostgreSQL behind one address, of which one can end', async () => {
    expect(database).toMatchObject({ code: 0, err: '' })
    await writeFile(join(there.folder, 'Caddyfile'), there.own('run-caddyfile'))
    const terminal = openTerminal(there.own('run-two'), `${there.own('run-caddy').trim()} &`)
    await isServed()
    for (const port of [8787, 8788] as const) await expect.poll(answerOf(port)).toBe(200)
    terminal.stdin?.write(there.own('run-end-one'))
    await expect.poll(answerOf(8787)).toBe('ended')
    const tokens = () => Promise.all(Array.from({ length: 8 }, token))
    await expect.poll(tokens).toMatchObject(Array.from({ length: 8 }, () => TOKEN))
    await close(terminal)
  })

  it.each(['run-bun', 'run-deno'])('has a line that serves the same on another runtime: %s', async (name) => {
    // Those of the test before finish what they have begun.
    await expect.poll(token, { timeout: 20_000 }).toEqual({})
    const terminal = openTerminal(`${there.own(name).trim()} &`)
    await isServed()
    await close(terminal)
  })
})

describe('the recipes for running it oneself', { timeout: 60_000 }, () => {
  it('have a unit for systemd, which starts, takes new settings, and ends', async () => {
    const unit = there.own('run-unit').replaceAll('%i', new URL(there.at(8787)).port)
    const lines = (name: string) => [...unit.matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, line = '']) => line)
    const env = Object.fromEntries(lines('Environment').map((line) => /^(.*?)=(.*)$/.exec(line)?.slice(1) ?? []))
    const [program = '', ...args] = lines('ExecStart')[0]?.split(' ') ?? []
    expect(lines('WorkingDirectory')).toEqual([there.folder])
    const child = there.start(program, args, env)
    await isHealthy()
    const reload = lines('ExecReload')[0]?.replace('$MAINPID', String(child.pid)) ?? ''
    expect(await run('sh', ['-c', reload])).toMatchObject({ code: 0 })
    await isHealthy()
    expect(await terminate(child)).toBe(0)
  })

  it('have a container that holds all it needs, and knows whether it is well', async () => {
    const lines = there.own('run-dockerfile').split('\n')
    const said = (word: string) => lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1) ?? ''
    const [image, secrets] = [
      await mkdtemp(join(tmpdir(), 'bulla-image-')),
      await mkdtemp(join(tmpdir(), 'bulla-secrets-')),
    ]
    for (const file of said('COPY').split(' ').slice(0, -1)) await cp(join(there.folder, file), join(image, file))
    expect(await run('sh', ['-c', said('RUN')], { cwd: image, env: there.environment })).toMatchObject({ code: 0 })
    await cp(join(there.folder, 'ring.json'), join(secrets, 'ring'))
    await writeFile(join(secrets, 'guard'), `${there.guard}\n`)
    const [name = '', value = ''] = said('ENV').split('=')
    const env = { [name]: value, KEY_RING_FILE: join(secrets, 'ring'), GUARD_URL_FILE: join(secrets, 'guard') }
    const [check = '', ...asked] = JSON.parse(said('HEALTHCHECK').replace('CMD ', ''))
    expect((await run(check, asked)).code).toBe(1)
    const [program = '', ...args] = JSON.parse(said('CMD'))
    const child = there.start(join(image, program), args, env, image)
    await isHealthy()
    expect(await run(check, asked)).toEqual({ code: 0, out: '', err: '' })
    expect(await terminate(child)).toBe(0)
  })

  it('have a program for AWS Lambda, whose instances have one memory', async () => {
    await writeFile(join(there.folder, 'index.mjs'), there.own('run-lambda'))
    const program = `import { createInterface } from 'node:readline'
import { handler } from './index.mjs'
for await (const line of createInterface(process.stdin)) console.log(JSON.stringify(await handler(JSON.parse(line))))
process.exit()`
    await writeFile(join(there.folder, 'instance.mjs'), program)
    const instances = [1, 2].map(() => there.start('node', ['instance.mjs'], { ...SECRETS, GUARD_URL: there.guard }))
    const answers = instances.map((instance) => createInterface(instance.stdout ?? process.stdin))
    const doors = Object.values(FRONT_DOORS)
    let turn = 0
    await isOnce((request) => {
      const [instance, answer, door] = [instances[turn % 2], answers[turn % 2], doors[turn++ % doors.length]]
      if (instance === undefined || answer === undefined || door === undefined) throw new Error('there are too few')
      const invoke = async (event: unknown) => {
        instance.stdin?.write(`${JSON.stringify(event)}\n`)
        return JSON.parse((await once(answer, 'line'))[0])
      }
      return askLambda(invoke, door)(request)
    })
  })

  it("have a program for Vercel's edge, which asks Redis by HTTP", async () => {
    const redis = await startRedis()
    const front = await startRedisOverHttp(redis.url, 'a token')
    try {
      const api = join(there.folder, 'api')
      await mkdir(api)
      const { vars } = parse(await readFile(join(there.folder, 'bulla.toml'), 'utf8'))
      await writeFile(join(api, 'vars.mjs'), `export const vars = ${JSON.stringify(vars)}`)
      await writeFile(join(api, 'index.ts'), there.own('run-vercel'))
      const KEY_RING = await readFile(join(there.folder, 'ring.json'), 'utf8')
      const program = "import ask from './index.ts'\naddEventListener('fetch', (e) => e.respondWith(ask(e.request)))"
      const startEdge = await bundled(program, api, {
        'process.env': { KEY_RING, REDIS_URL: front.url, REDIS_TOKEN: 'a token' },
      })
      const instances = [startEdge(), startEdge()]
      let turn = 0
      await isOnce(async (request) => {
        const headers = Object.fromEntries(request.headers)
        const body = await request.text()
        const answer = await instances[turn++ % 2]?.dispatchFetch(request.url, {
          method: request.method,
          headers,
          body,
        })
        return new Response(await answer?.text(), {
          status: answer?.status ?? 500,
          headers: Object.fromEntries(answer?.headers ?? []),
        })
      })
    } finally {
      await front.close()
      await redis.stop()
    }
  })

  it("have a program of one's own that serves, takes new settings, and ends", async () => {
    await writeFile(join(there.folder, 'server.mjs'), there.own('run-code'))
    const child = there.start('node', ['server.mjs'], SECRETS)
    await isHealthy()
    child.kill('SIGHUP')
    await isHealthy()
    expect(await terminate(child)).toBe(0)
  })

  it('let an API open tokens offline on each runtime', async () => {
    const settings = readSettings(await readFile(join(there.folder, 'bulla.toml'), 'utf8'), {
      KEY_RING_FILE: join(there.folder, 'ring.json'),
    })
    const issuer = createIssuer({ ...settings, guard: 'none' })
    const body = new URLSearchParams({ grant_type: 'client_credentials' })
    const headers = { authorization: there.authorization }
    const answer = await issuer.request(`${settings.issuer}/token`, { method: 'POST', headers, body })
    const { access_token } = (await answer.json()) as { readonly access_token: string }
    const demand = [
      '--ring',
      'ring.json',
      '--issuer',
      settings.issuer,
      '--resource',
      RESOURCE,
      '--settings',
      'bulla.toml',
    ]
    const exported = await run('npx', ['bulla', 'keys', 'export', ...demand], { cwd: there.folder })
    const env = { ISSUER: settings.issuer, KEYS: exported.out, TOKEN: access_token }
    const opening = `import { createVerifier } from 'bulla/verifier'
const { ISSUER, KEYS, TOKEN } = process.env
const verifier = createVerifier({ issuer: ISSUER, resource: '${RESOURCE}', keys: KEYS })
const opened = async () => JSON.stringify((await verifier.verify(TOKEN)).ok)
`
    await writeFile(join(there.folder, 'open.mjs'), `${opening}console.log(await opened())`)
    for (const words of [['node'], ['bun'], ['deno', 'run', '--allow-env', '--allow-read']])
      expect(await run(words[0] ?? '', [...words.slice(1), 'open.mjs'], { cwd: there.folder, env })).toEqual({
        code: 0,
        out: 'true\n',
        err: '',
      })
    const program = `${opening}addEventListener('fetch', (e) => e.respondWith(opened().then((said) => new Response(said))))`
    const edge = (await bundled(program, there.folder, { 'process.env': env }))()
    expect(await (await edge.dispatchFetch(RESOURCE)).text()).toBe('true')
  })
})
