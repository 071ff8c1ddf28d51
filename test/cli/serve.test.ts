import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { ROOT, run } from '../checkout.ts'
import { basic, LOGIN_KEY, secretHash as secretHashOf } from '../fixtures.ts'
import { freePort } from '../parties/live_issuer.ts'
import {
  APP,
  askPort,
  folderOf,
  type ServeCall,
  type ServeProcess,
  settingsOf,
  startServe,
} from '../parties/serve_process.ts'
import { createVisitor } from '../parties/visitor.ts'

const HTTPS = 'https://auth.example.com'
const running: ServeProcess[] = []

async function start(folder: string, call?: ServeCall): Promise<ServeProcess> {
  const served = await startServe(folder, call)
  running.push(served)
  return served
}

afterEach(async () => {
  for (const { process, ended } of running.splice(0)) {
    process.kill('SIGKILL')
    await ended
  }
})

/** Asks as a proxy of the https issuer does. */
const PROXIED = { host: 'auth.example.com', 'x-forwarded-proto': 'https' }
const SERVICE = { ...PROXIED, authorization: basic('service', 'service-secret') }
const askToken = (port: number, authorization = SERVICE.authorization) =>
  askPort(port, '/token', { headers: { ...SERVICE, authorization }, form: { grant_type: 'client_credentials' } })

describe('bulla serve', () => {
  it('runs with nothing but the dependencies, a ring and wrangler’s own file, and keeps its memory beside it for its owner alone', async () => {
    const root = mkdtempSync(join(tmpdir(), 'bulla-bare-'))
    for (const name of ['src', 'keys', 'package.json']) cpSync(join(ROOT, name), join(root, name), { recursive: true })
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    for (const name of [...Object.keys(dependencies), 'hono']) {
      mkdirSync(join(root, 'node_modules', name, '..'), { recursive: true })
      symlinkSync(join(ROOT, 'node_modules', name), join(root, 'node_modules', name))
    }
    const folder = folderOf(readFileSync(join(ROOT, 'wrangler.toml'), 'utf8'))
    const served = await start(folder, { root, args: ['--host', '127.0.0.1'] })
    const { status, text } = await askPort(served.port, '/.well-known/oauth-authorization-server', { headers: PROXIED })
    expect([status, JSON.parse(text).issuer]).toEqual([200, HTTPS])
    const rights = ['', '-wal', '-shm'].map((end) => statSync(join(folder, `bulla.sqlite${end}`)).mode & 0o777)
    expect(rights).toEqual([0o600, 0o600, 0o600])
    expect(served.said()).toBe(
      `${HTTPS} is served at http://127.0.0.1:${served.port}; its guard: SQLite, ${join(folder, 'bulla.sqlite')}\n`,
    )
    for (const [url, driver] of [
      ['redis://user:hush@127.0.0.1:1', 'redis'],
      ['postgres://user:hush@127.0.0.1:1/x', 'pg'],
    ] as const) {
      const refused = await start(folder, { root, env: { GUARD_URL: url } })
      expect([await refused.ended, refused.said()]).toEqual([
        1,
        `bulla: the driver is not installed: npm install ${driver}\n`,
      ])
    }
  })

  it('for programs says where it listens, and what may not be meant, in lines of JSON, and nothing else', async () => {
    const folder = folderOf(settingsOf('http://localhost:8080').replace('[vars]', '[vars]\nGUARD = "none"'))
    const served = await start(folder, { args: ['--json'] })
    const { port } = served
    const guard = `SQLite, ${join(folder, 'bulla.sqlite')}`
    await served.says('"event":"other_port"')
    expect(JSON.parse(served.printed())).toEqual({
      ...{ level: 'info', event: 'listening', issuer: 'http://localhost:8080' },
      ...{ url: `http://127.0.0.1:${port}`, guard },
    })
    const told = (): readonly object[] =>
      served
        .said()
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    expect(told().filter((line) => 'level' in line && line.level === 'warn')).toEqual([
      { level: 'warn', event: 'passed_over', detail: 'settings.toml: "GUARD" is for Workers, and passed over here' },
      {
        ...{ level: 'warn', event: 'development_login' },
        detail: 'the development login: anybody on this machine is who they say',
      },
      {
        ...{ level: 'warn', event: 'other_port' },
        detail: `port ${port} is not that of the issuer: only a proxy at localhost:8080 can ask here`,
      },
    ])
    const headers = { host: 'localhost:8080', authorization: basic('service', 'wrong') }
    await askPort(port, '/token', { headers, form: { grant_type: 'client_credentials' } })
    served.process.kill('SIGHUP')
    await served.says('"detail":"read anew"')
    expect(told().length).toBeGreaterThan(6)
    const taken = await start(folder, { args: ['--json'], port })
    expect([await taken.ended, JSON.parse(taken.said())]).toEqual([
      1,
      { error: { code: 'refused', message: `port ${port} is taken` } },
    ])
    const hushed = await start(folder, { args: ['--json', '--guard', 'postgres://user:hush@127.0.0.1:1/x'] })
    expect(await hushed.ended).toBe(1)
    const [warning, error] = hushed
      .said()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect([warning, error]).toMatchObject([{ event: 'guard_password' }, { error: { code: 'refused' } }])
  })

  it.each([
    ['20.20.2', 'serve --nonsense'],
    ['22.12.0', 'serve'],
    ['18.0.0', 'guard tidy'],
  ])('says in Node %s which one it needs, before anything else: %s', async (version, line) => {
    const older = `data:text/javascript,Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${version}" } })`
    const call = [join(ROOT, 'src/cli/bulla.ts'), ...line.split(' ')]
    const ended = await run('node', ['--import', older.replaceAll(' ', '%20'), ...call])
    const command = line.startsWith('guard') ? 'guard tidy' : 'serve'
    const words = `bulla ${command} needs Node 22.13 or later; this is ${version}\n`
    expect(ended).toEqual({ code: 2, out: '', err: words })
    const newer = older.replace(version, '22.13.0').replaceAll(' ', '%20')
    const others = await run('node', ['--import', newer, join(ROOT, 'src/cli/bulla.ts'), 'serve'])
    expect(others.err).toBe(
      'bulla: --settings is missing\ntry: bulla serve --help\nlike: KEY_RING_FILE=ring.json bulla serve --settings settings.toml\n',
    )
  })

  it('says that all who come by one proxy count as one, where clients walk in, until the proxies are written out', async () => {
    const { kty, crv, x, y, alg, kid } = LOGIN_KEY
    const key = Object.entries({ kty, crv, x, y, alg, kid }).map(([name, value]) => `${name} = "${value}"`)
    const folder = folderOf(
      settingsOf(
        HTTPS,
        `[vars.REGISTRATION]
resources = ["https://api.example.com"]
scopes = ["orders:read"]

[vars.LOGIN]
type = "page"
url = "https://login.example.com"
issuer = "https://login.example.com"
jwks = { keys = [{ ${key.join(', ')} }] }`,
      ),
    )
    const words = 'warning: no --trusted-proxies: all who come by one proxy count as one address\n'
    const told = [[], ['--trusted-proxies', '127.0.0.1, 10.0.0.0/8']].map(async (args) => {
      const served = await start(folder, { args: ['--host', '127.0.0.1', ...args] })
      await askPort(served.port, '/healthz', { headers: PROXIED })
      return served.said().includes(words)
    })
    expect(await Promise.all(told)).toEqual([true, false])
  })

  it('can tell an older Node so, for nothing that the command loads at its start needs a newer one', () => {
    const seen = new Set<string>()
    const modules = new Set<string>()
    const load = (file: string): void => {
      if (seen.has(file)) return
      seen.add(file)
      for (const [, name = ''] of readFileSync(file, 'utf8').matchAll(
        /^(?:import|export) (?!type )(?:[^'"]*? from )?'([^']+)'/gms,
      ))
        if (name.startsWith('.')) load(join(file, '..', name))
        else modules.add(name)
    }
    load(join(ROOT, 'src/cli/bulla.ts'))
    expect(seen.size).toBeGreaterThan(30)
    expect([...modules].filter((name) => /sqlite|hono|redis|^pg$/.test(name))).toEqual([])
  })

  it.each<[what: string, words: string, call: ServeCall & { readonly settings?: string; readonly code?: number }]>([
    [
      'faults of the settings, one a line',
      'bulla: settings.toml: "RESOURCE" is no setting; did you mean "RESOURCES"? Call what is your own something else\nsettings.toml: "DPOP_NONCES" is no setting; did you mean "DPOP_NONCE"? Call what is your own something else\n',
      { settings: `[vars]\nISSUER = "${HTTPS}"\nRESOURCE = {}\nDPOP_NONCES = true\n` },
    ],
    [
      'a client that nobody can serve, by its name in the file',
      'bulla: settings.toml: "LOGIN" expected a way to log in: the client "app" may use authorization_code\n',
      { settings: settingsOf(HTTPS, APP) },
    ],
    [
      'a table that stands outside of the variables',
      'bulla: settings.toml: "RESOURCES" stands outside of the variables; did you mean [vars.RESOURCES]?\n',
      { settings: `[vars]\nISSUER = "${HTTPS}"\n[RESOURCES."https://api.example.com"]\nscopes = ["a"]\n` },
    ],
    ['no TOML', 'bulla: settings.toml: cannot be read as TOML: line 2\n', { settings: 'a = 1\n= hush\n' }],
    [
      'no settings at all',
      'bulla: settings.toml: "ISSUER" expected the URL of this issuer, got nothing\n',
      { settings: '' },
    ],
    [
      'no ring',
      'bulla: there is no ring: make one with `bulla keys init --out ring.json`, and name that file in the environment: KEY_RING_FILE=ring.json\n',
      { env: { KEY_RING_FILE: '' } },
    ],
    [
      'a ring by which nothing can be sealed',
      'bulla: the ring cannot be used (ring_malformed): examine it with `bulla keys doctor --ring FILE`\n',
      { env: { KEY_RING_FILE: '', KEY_RING: '["hush"]' } },
    ],
    [
      'two rings',
      'bulla: settings.toml: "KEY_RING" and "KEY_RING_FILE" are both there; leave one\n',
      { env: { KEY_RING: 'hush' } },
    ],
    [
      'a secret in a file that is not there',
      'bulla: settings.toml: "KEY_RING_FILE" expected a file that can be read: ENOENT\n',
      { env: { KEY_RING_FILE: 'hush.json' } },
    ],
    [
      'a port that is none',
      'bulla: PORT expected a port, 0 to 65535\ntry: bulla serve --help\nlike: KEY_RING_FILE=ring.json bulla serve --settings settings.toml\n',
      { env: { PORT: 'hush' }, port: undefined, code: 2 },
    ],
    [
      'a port that is too high',
      'bulla: --port expected a port, 0 to 65535\ntry: bulla serve --help\nlike: KEY_RING_FILE=ring.json bulla serve --settings settings.toml\n',
      { port: 70_000, code: 2 },
    ],
    [
      'no address',
      'bulla: --host expected an address\ntry: bulla serve --help\nlike: KEY_RING_FILE=ring.json bulla serve --settings settings.toml\n',
      { args: ['--host', ''], code: 2 },
    ],
    [
      'a proxy that is no address',
      'bulla: --trusted-proxies expected addresses, or networks such as 10.0.0.0/8, got "nginx"\ntry: bulla serve --help\nlike: KEY_RING_FILE=ring.json bulla serve --settings settings.toml\n',
      { args: ['--trusted-proxies', '127.0.0.1, nginx'], code: 2 },
    ],
    [
      'no room for anything',
      'bulla: --concurrency expected a number, 1 or more\ntry: bulla serve --help\nlike: KEY_RING_FILE=ring.json bulla serve --settings settings.toml\n',
      { args: ['--concurrency', '0'], code: 2 },
    ],
    [
      'a guard that stands in the file, where nobody looks for it',
      'bulla: settings.toml: "GUARD_URL" is read from the environment, and never from a file of settings\n',
      { settings: settingsOf(HTTPS).replace('[vars]', '[vars]\nGUARD_URL = "redis://hush"') },
    ],
    [
      'a password in the query, that others see',
      'warning: a password behind --guard can be seen by everybody on this machine (ps): GUARD_URL_FILE names a file for it\nbulla: the guard cannot be used: PostgreSQL did not do it: connection; is it running, and is its URL right?\n',
      { args: ['--guard', 'postgres://user@127.0.0.1:1/x?password=hush'] },
    ],
    [
      'a guard by a name that nobody reads, in place of which each machine would have its own',
      'bulla: "GAURD_URL" is read by nobody; did you mean "GUARD_URL"?\n',
      { env: { GAURD_URL: 'redis://hush' } },
    ],
    [
      'a guard of no kind',
      'bulla: the URL of a guard expected sqlite:PATH, redis://… or postgres://…\n',
      { env: { GUARD_URL: 'mysql://user:hush@db/x' } },
    ],
    [
      'a guard that does not answer',
      'bulla: the guard cannot be used: Redis cannot be reached; is it running, and is its URL right?\n',
      { env: { GUARD_URL: 'redis://user:hush@127.0.0.1:1' } },
    ],
    [
      'a database that does not answer, and a password that others see',
      'warning: a password behind --guard can be seen by everybody on this machine (ps): GUARD_URL_FILE names a file for it\nbulla: the guard cannot be used: PostgreSQL did not do it: connection; is it running, and is its URL right?\n',
      { args: ['--guard', 'postgres://user:hush@127.0.0.1:1/x'] },
    ],
    ['a file where none can be', 'bulla: /hush/x cannot be written: ENOENT\n', { args: ['--guard', 'sqlite:/hush/x'] }],
    [
      'a file that is no database',
      'bulla: settings.toml is open to everybody on this machine: chmod 600 settings.toml\n',
      { args: ['--guard', 'sqlite:settings.toml'] },
    ],
  ])(
    'refuses to start, with words for the operator and no secret: %s',
    async (_, words, { settings, code = 1, ...call }) => {
      const refused = await start(folderOf(settings ?? settingsOf(HTTPS)), call)
      expect(refused.said().replace(/^\{.*\}\n/gm, '')).toBe(words)
      expect(await refused.ended).toBe(code)
      if (!words.includes('hush')) expect(refused.said()).not.toContain('hush')
    },
  )

  it('says which settings of Workers it passes over, and takes the brackets of an address of IPv6', async () => {
    const settings = settingsOf(HTTPS).replace('[vars]', '[vars]\nGUARD = "none"\nDEVELOPMENT = "true"')
    const folder = folderOf(settings)
    const served = await start(folder, { args: ['--host', '[::1]'] })
    await served.says(' is served at ')
    expect(served.said()).toBe(
      `warning: settings.toml: "GUARD" is for Workers, and passed over here\nwarning: settings.toml: "DEVELOPMENT" is for Workers, and passed over here\n${HTTPS} is served at http://[::1]:${served.port}; its guard: SQLite, ${join(folder, 'bulla.sqlite')}\n`,
    )
  })

  it('says in plain words that SQLite cannot write beside its file', async () => {
    const folder = folderOf(settingsOf(HTTPS))
    const made = await start(folder)
    made.process.kill('SIGTERM')
    await made.ended
    // A folder in its place stops everybody, also who may write everywhere.
    mkdirSync(join(folder, 'bulla.sqlite-wal'))
    const refused = await start(folder)
    const path = join(folder, 'bulla.sqlite')
    expect([await refused.ended, refused.said()]).toEqual([
      1,
      `bulla: ${path} cannot be written: its folder, ${path}-wal and ${path}-shm must be, too\n`,
    ])
  })

  it('refuses a port that is taken, and a file of SQLite that others can read or that is broken', async () => {
    const folder = folderOf(settingsOf(HTTPS))
    const taken = createServer()
    const port = await freePort()
    await new Promise<void>((resolve) => taken.listen(port, '0.0.0.0', resolve))
    const second = await start(folder, { port })
    expect([await second.ended, second.said()]).toEqual([1, `bulla: port ${port} is taken\n`])
    taken.close()
    chmodSync(join(folder, 'bulla.sqlite'), 0o644)
    const open = await start(folder)
    expect([await open.ended, open.said()]).toEqual([
      1,
      `bulla: ${join(folder, 'bulla.sqlite')} is open to everybody on this machine: chmod 600 ${join(folder, 'bulla.sqlite')}\n`,
    ])
    writeFileSync(join(folder, 'other'), 'no database, but a text that is long enough'.repeat(100), { mode: 0o600 })
    const broken = await start(folder, { args: ['--guard', 'sqlite:other'] })
    expect([await broken.ended, broken.said()]).toEqual([1, 'bulla: other is no database of SQLite, or broken\n'])
  })

  it('logs people in by any name on a loopback issuer alone that this machine alone reaches, with one warning and no fixtures', async () => {
    const port = await freePort()
    const issuer = `http://localhost:${port}`
    const folder = folderOf(settingsOf(issuer, APP))
    const served = await start(folder, { port: undefined })
    await served.says('warning')
    expect(served.said()).toBe(
      `${issuer} is served at http://127.0.0.1:${port}; its guard: SQLite, ${join(folder, 'bulla.sqlite')}\nwarning: the development login: anybody on this machine is who they say\n`,
    )
    const demo = await fetch(`${issuer}/token`, {
      method: 'POST',
      headers: { authorization: basic('demo-service', 'demo-secret') },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    })
    expect([demo.status, (await fetch(`${issuer}/demo`)).status]).toEqual([401, 404])
    served.process.kill('SIGTERM')
    expect(await served.ended).toBe(0)
    const open = await start(folder, { port, args: ['--host', '0.0.0.0'] })
    expect([await open.ended, open.said()]).toEqual([
      1,
      'bulla: settings.toml: "LOGIN" expected a way to log in: the client "app" may use authorization_code\n',
    ])
  })

  it('lets processes that begin at once share one new file: a code is redeemed at one of them', async () => {
    const port = await freePort()
    const issuer = `http://localhost:${port}`
    const folder = folderOf(settingsOf(issuer, APP))
    const served = await Promise.all([port, 0, 0].map((one) => start(folder, { port: one })))
    expect(served.map(({ said }) => said()).filter((said) => !said.includes(' is served at '))).toEqual([])
    const visitor = createVisitor()
    const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
    const query = new URLSearchParams({
      response_type: 'code',
      client_id: 'app',
      redirect_uri: 'http://127.0.0.1/callback',
      scope: 'orders:read',
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    })
    const { url } = await visitor.visit(`${issuer}/authorize?${query}`, (to) =>
      to.pathname === '/callback' ? undefined : to,
    )
    const form = {
      grant_type: 'authorization_code',
      client_id: 'app',
      code: url.searchParams.get('code') ?? '',
      code_verifier: verifier,
    }
    const answers = await Promise.all(
      [0, 1, 2, 0, 1, 2, 0, 1, 2].map((index) =>
        askPort(served[index]?.port ?? 0, '/token', { headers: { host: `localhost:${port}` }, form }),
      ),
    )
    const statuses = answers.map(({ status }) => status).toSorted()
    expect(statuses).toEqual([200, ...Array.from({ length: 8 }, () => 400)])
  })

  // promise: R18
  it('ends at SIGTERM when what runs has finished, and takes nothing more meanwhile', async () => {
    const served = await start(folderOf(settingsOf(HTTPS)))
    const socket = connect(served.port, '127.0.0.1')
    const idle = connect(served.port, '127.0.0.1')
    let answer = ''
    const answered = new Promise((resolve) => socket.on('data', (data) => (answer += data)).once('close', resolve))
    const idled = new Promise((resolve) => idle.resume().once('close', resolve))
    const body = 'grant_type=client_credentials'
    const head = Object.entries(SERVICE).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(
      `POST /token HTTP/1.1\r\n${head.join('')}content-type: application/x-www-form-urlencoded\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 9)}`,
    )
    // What came before on another connection was answered, so this one was heard, too.
    await askToken(served.port)
    served.process.kill('SIGTERM')
    await idled
    await expect(askToken(served.port)).rejects.toThrow('ECONNREFUSED')
    socket.write(body.slice(9))
    await answered
    expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close\r\n[\s\S]*"access_token"/i)
    expect(await served.ended).toBe(0)
  })

  it('hands over at SIGTERM the event of each token that it gave', async () => {
    const served = await start(folderOf(settingsOf(HTTPS)))
    const asked = Array.from({ length: 8 }, () => askToken(served.port))
    const first = await Promise.race(asked)
    served.process.kill('SIGTERM')
    const settled = await Promise.allSettled(asked)
    const given = [
      first,
      ...settled.flatMap((one) => (one.status === 'fulfilled' && one.value !== first ? one.value : [])),
    ]
    expect(await served.ended).toBe(0)
    const told = served.said().match(/^\{.*"type":"token\.issued".*\}$/gm) ?? []
    const ids = told.map((line) => JSON.parse(line).request)
    expect(given.map(({ headers }) => headers['request-id']).filter((id) => !ids.includes(id))).toEqual([])
  })

  // promise: R18
  it('reads settings and secrets anew at SIGHUP while it serves: no request fails, and what is wrong changes nothing', async () => {
    const folder = folderOf(settingsOf(HTTPS))
    const file = join(folder, 'settings.toml')
    const served = await start(folder)
    const statuses: number[] = []
    let isOver = false
    const asking = Array.from({ length: 8 }, async () => {
      while (!isOver) statuses.push((await askToken(served.port)).status)
    })
    const other = `[vars.CLIENTS.other]\nsecret_hash = "${secretHashOf('other-secret')}"\ngrant_types = ["client_credentials"]\nresources = ["https://api.example.com"]\nscopes = ["orders:read"]\n`
    const askOther = async () => (await askToken(served.port, basic('other', 'other-secret'))).status
    const reload = async (settings: string, words: string, count: number): Promise<void> => {
      writeFileSync(file, settings)
      served.process.kill('SIGHUP')
      await expect.poll(() => served.said().split(words).length - 1, { message: served.said() }).toBe(count)
    }
    expect(await askOther()).toBe(401)
    for (let count = 1; count <= 6; count++) {
      await reload(settingsOf(HTTPS, count % 2 === 1 ? other : ''), '"read anew"', count)
      expect(await askOther()).toBe(count % 2 === 1 ? 200 : 401)
    }
    await reload(settingsOf(HTTPS, other), '"read anew"', 7)
    await reload('[vars]\nISSUER = 1\n', 'settings.toml: \\"ISSUER\\" expected a text; those of before go on', 1)
    await reload(settingsOf('https://other.example.com'), 'another ISSUER is another start; those of before go on', 1)
    writeFileSync(join(folder, 'ring.json'), 'hush')
    await reload(settingsOf(HTTPS), 'the ring cannot be used (ring_malformed)', 1)
    expect(await askOther()).toBe(200)
    isOver = true
    await Promise.all(asking)
    const told = [...served.said().matchAll(/^\{.*"type":"(settings\.\w+)".*"method":"file".*\}$/gm)]
    expect(told.map(([, type]) => type)).toEqual([
      ...Array(7).fill('settings.loaded'),
      ...Array(3).fill('settings.refused'),
    ])
    expect(served.said()).not.toContain('hush')
    expect([...new Set(statuses)]).toEqual([200])
    expect(statuses.length).toBeGreaterThan(20)
  })
})

describe('bulla guard', () => {
  const bulla = (...args: readonly string[]) => run('node', [join(ROOT, 'src/cli/bulla.ts'), ...args])

  it('schema prints statements that make the tables, and can be run again', async () => {
    const { code, out } = await bulla('guard', 'schema', '--dialect', 'sqlite')
    expect(code).toBe(0)
    const program = `const { DatabaseSync } = require('node:sqlite'); const d = new DatabaseSync(':memory:'); const s = require('fs').readFileSync(0, 'utf8'); d.exec(s); d.exec(s); console.log(d.prepare('SELECT version FROM bulla_meta').get().version)`
    expect(execFileSync(join(ROOT, 'node_modules/.bin/node'), ['-e', program], { input: out, encoding: 'utf8' })).toBe(
      '1\n',
    )
    expect((await bulla('guard', 'schema', '--dialect', 'postgresql')).out).toContain('BIGINT')
    expect(await bulla('guard', 'schema', '--dialect', 'oracle')).toEqual({
      code: 2,
      out: '',
      err: 'bulla: --dialect expected postgresql or sqlite\ntry: bulla guard schema --help\nlike: bulla guard schema --dialect postgresql --out guard.sql\n',
    })
  })
})
