import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isWithoutChromium } from '../browser/chromium.ts'
import { copyCheckout, ENV, type Ended, ROOT, run } from '../checkout.ts'
import { blockOf, DOCS } from '../docs.ts'
import { freePort, waitFor } from '../parties/live_issuer.ts'
import { createVisitor } from '../parties/visitor.ts'
import { useApp } from './single_page_app.ts'

describe('the two quick starts', { timeout: 240_000 }, () => {
  const started: ChildProcess[] = []
  let checkout = ''
  let orders = ''
  let issuerPort = 0
  let serverPort = 0
  let remotePort = 0
  let appPort = 0
  let server: ChildProcess | undefined
  let printed = ''

  /** Puts free ports in place of the docs', all at once, for these may be within those; all else stays as it is written there. */
  const own = (text: string): string => {
    const ports: Readonly<Record<string, number>> = {
      8787: issuerPort,
      5173: appPort,
      3000: serverPort,
      3001: remotePort,
    }
    return text.replace(/8787|5173|(?<=port: |localhost:)300[01]/g, (port) => String(ports[port]))
  }
  const shell = (name: string, cwd = checkout): Promise<Ended> => run('bash', ['-ec', own(blockOf(name))], { cwd })
  const start = (command: string, cwd: string): ChildProcess => {
    const child = spawn('bash', ['-c', `exec ${command}`], { cwd, env: ENV, detached: true })
    child.stdout.on('data', (data) => (printed += data))
    child.stderr.on('data', (data) => (printed += data))
    started.push(child)
    return child
  }
  const stop = async (child: ChildProcess | undefined): Promise<void> => {
    if (child?.pid === undefined || (child.exitCode ?? child.signalCode) !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    process.kill(-child.pid, 'SIGTERM')
    await ended
  }
  /** The docs' call that gets a token for the partner, without what opens it. */
  const askPartner = (): string => own(blockOf('ask-partner')).split('|').slice(0, -2).join('|')
  const startIssuer = async (): Promise<void> => {
    const [install, dev] = blockOf('issuer').trim().split('\n')
    expect([install, dev]).toEqual(['npm ci', 'npm run dev'])
    start(`${dev} -- --port ${issuerPort}`, checkout)
    await waitFor(`http://localhost:${issuerPort}/healthz`)
  }

  beforeAll(async () => {
    checkout = await copyCheckout()
    const settings = join(checkout, 'wrangler.toml')
    // As an operator has it: beside its name wrangler would say that it was asked for this host.
    await writeFile(settings, (await readFile(settings, 'utf8')).replace(/^# (?=routes = )/m, ''))
    orders = join(dirname(checkout), 'orders')
    ;[issuerPort, serverPort, remotePort] = [await freePort(), await freePort(), await freePort()]
    appPort = await freePort()
    await startIssuer()
  }, 120_000)
  afterAll(() => Promise.all(started.map(stop)))

  it('start the issuer, which says what to paste', async () => {
    await expect.poll(() => printed, { timeout: 20_000 }).toContain(`Bulla is ready at http://localhost:${issuerPort}`)
    expect(printed.replace(/\s+/g, ' ')).toContain(own(blockOf('token')).trim().replace(/\s+/g, ' '))
    expect(printed).toContain('npm run -s bulla -- token inspect --keys .dev.vars')
  })

  it('give a token, and open it offline', async () => {
    expect(JSON.parse((await shell('token')).out)).toMatchObject({
      token_type: 'Bearer',
      expires_in: 600,
      scope: 'orders:read',
    })
    expect(JSON.parse((await shell('inspect')).out)).toMatchObject({
      active: true,
      client_id: 'demo-service',
      scope: 'orders:read',
    })
  })

  it('let a client register that nobody configured', async () => {
    expect(JSON.parse((await shell('register')).out)).toMatchObject({
      client_id: expect.stringMatching(/^dcr\./),
      client_name: 'My agent',
      redirect_uris: ['http://127.0.0.1/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: 'orders:read orders:write openid profile email offline_access',
    })
  })

  it('serve a resource with the package, the exported keys and no network', async () => {
    expect(await shell('export')).toMatchObject({ code: 0 })
    expect(await shell('install')).toMatchObject({ code: 0 })
    await writeFile(join(orders, 'server.mjs'), own(blockOf('server')))
    server = start(blockOf('serve').trim(), orders)
    await waitFor(`http://localhost:${serverPort}/`)
    const { out } = await shell('ask')
    expect(out).toContain('{"id":"7","client":"demo-service"}')
    expect(out.toLowerCase()).toContain('www-authenticate: bearer realm="https://api.example.com"')
  })

  it('refuse a thief who has seen all of a request with a bound token', async () => {
    await writeFile(join(orders, 'client.mjs'), own(blockOf('dpop-client')))
    const { code, out, err } = await shell('dpop', orders)
    expect([code, err]).toEqual([0, expect.stringContaining('200 {"id":"7","client":"demo-service"}')])
    expect(out).toMatch(/HTTP\/1.1 401 [\s\S]*www-authenticate: DPoP [^\n]*error="invalid_dpop_proof"/i)
  })

  it.skipIf(isWithoutChromium)('serve an app in the browser, of another origin: a token, a new one, none', async () => {
    const [setUp = '', listening = ''] = blockOf('server').split(/(?=const app)/)
    const serving = listening.slice(listening.indexOf('serve('))
    await stop(server)
    await writeFile(join(orders, 'server.mjs'), own(`${setUp}${blockOf('app-api')}${serving}`))
    server = start(blockOf('serve').trim(), orders)
    const app = join(dirname(checkout), 'app')
    await mkdir(app)
    expect(await shell('app-install', app)).toMatchObject({ code: 0 })
    await writeFile(join(app, 'index.html'), blockOf('app-page'))
    await writeFile(join(app, 'app.ts'), own(blockOf('app')))
    start(own(blockOf('app-start')).trim(), app)
    const origins = [appPort, serverPort, issuerPort].map((port) => `http://localhost:${port}`)
    for (const origin of origins) await waitFor(`${origin}/`)
    await useApp(origins)
  })

  it('serve a resource with keys from the issuer, and refuse a revoked token in the stated seconds', async () => {
    await writeFile(join(orders, 'server.mjs'), own(blockOf('remote')))
    start(blockOf('serve').trim(), orders)
    await waitFor(`http://localhost:${remotePort}/`)
    expect((await shell('revoke')).out).toBe('200\n401\n')
  })

  it('answer six at once after a minute of quiet six times right: let in with a good token, refuse the revoked one', async () => {
    const mint = async (): Promise<string> =>
      (JSON.parse((await shell('token')).out) as { access_token: string }).access_token
    const askAtOnce = (tokens: readonly string[]): Promise<readonly number[]> =>
      Promise.all(
        tokens.map(async (token) => {
          const headers = { authorization: `Bearer ${token}` }
          return (await fetch(`http://localhost:${remotePort}/orders/7`, { headers })).status
        }),
      )
    const token = await mint()
    expect(await askAtOnce([token])).toEqual([200])
    const headers = { authorization: `Basic ${btoa('demo-service:demo-secret')}` }
    const body = new URLSearchParams({ token })
    expect((await fetch(`http://localhost:${issuerPort}/revoke`, { method: 'POST', headers, body })).status).toBe(200)
    await new Promise((resolve) => setTimeout(resolve, 61_000))
    const good = await mint()
    expect(await askAtOnce([token, good, token, good, token, good])).toEqual([401, 200, 401, 200, 401, 200])
  })

  it('take an API and a client of your own beside those to play with, as they are printed', async () => {
    expect(await shell('own-clients')).toMatchObject({ code: 0, out: '' })
    await expect.poll(async () => (await shell('own-token')).out, { timeout: 30_000 }).toContain('"scope":"books:read"')
    expect((await run('git', ['check-ignore', 'reader.secret'])).out).toBe('reader.secret\n')
    expect((await shell('token')).out).toContain('"scope":"orders:read"')
    expect(await run('npm', ['run', '-s', 'bulla', '--', 'check'], { cwd: checkout })).toMatchObject({ code: 0 })
  })

  it("serve a partner, who shares no secret, with nothing but Python's jwcrypto", async () => {
    expect(await shell('partner-key')).toMatchObject({ code: 0 })
    await writeFile(join(checkout, 'partner.py'), own(blockOf('partner')))
    // Debian's Python has jwcrypto; the one that is first on the path may be another.
    const call = own(blockOf('ask-partner')).replace('python3', '/usr/bin/python3')
    expect(await run('bash', ['-ec', call], { cwd: checkout })).toEqual({ code: 0, out: 'reports:read\n', err: '' })
  })

  it('serve a partner with the package', async () => {
    const [, token = ''] = /"access_token":"([^"]*)"/.exec((await run('bash', ['-ec', askPartner()])).out) ?? []
    await run('mv', [join(checkout, 'partner.json'), orders])
    const program = `${own(blockOf('partner-js'))}\nconsole.log(JSON.stringify(await verifier.verify('${token}')))`
    await writeFile(join(orders, 'partner.mjs'), program)
    const { code, out, err } = await run('node', ['partner.mjs'], { cwd: orders })
    expect([code, err, JSON.parse(out)]).toMatchObject([0, '', { ok: true, entitlement: { scope: ['reports:read'] } }])
  })

  it('rotate the ring in a second terminal; after a restart the old and the new token open', async () => {
    const before = await shell('token')
    expect(await shell('rotate')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^r[A-Za-z0-9_-]{4} +root +staged/m),
    })
    await stop(started[0])
    await startIssuer()
    const ring = await readFile(join(checkout, '.dev.vars'), 'utf8')
    expect(ring.match(/"kid":"r/g)).toHaveLength(2)
    const after = await shell('token')
    for (const { out } of [before, after]) {
      const call = own(blockOf('inspect')).split('|').at(-1) ?? ''
      const inspected = await run('bash', ['-ec', call], { cwd: checkout, input: out })
      expect(JSON.parse(inspected.out)).toMatchObject({ active: true })
    }
  })

  it('log a person in by curl alone', async () => {
    const { code, out, err } = await shell('person')
    expect([code, err]).toEqual([0, ''])
    expect(JSON.parse(out)).toMatchObject({
      token_type: 'Bearer',
      scope: 'orders:read',
      refresh_token: expect.any(String),
    })
  })

  it('push an authorization request', async () => {
    const request_uri = expect.stringMatching(/^urn:ietf:params:oauth:request_uri:/)
    expect(JSON.parse((await shell('par')).out)).toEqual({ request_uri, expires_in: 90 })
  })

  it('print a client, and fetch or export a JWK Set', async () => {
    expect((await shell('client')).out).toContain('[vars.CLIENTS.billing]')
    const { out } = await shell('app-client')
    expect(out).toContain('redirect_uris = ["https://shop.example/callback"]')
    expect(out).not.toContain('secret_hash')
    const leaf = { kty: 'oct', alg: 'dir', enc: 'A256GCM', nbf: expect.any(Number), exp: expect.any(Number) }
    for (const [block, file] of [
      ['keys', 'jwks.json'],
      ['jwks', 'exported.json'],
    ] as const) {
      expect(await shell(block)).toEqual({ code: 0, out: '', err: '' })
      const { keys } = JSON.parse(await readFile(join(checkout, file), 'utf8'))
      expect(keys[0]).toMatchObject({ ...leaf, kid: expect.any(String), k: expect.any(String) })
    }
  })

  it('have an RSA key in the ring, and log a person in to the app of the guide, by RS256, and out of both', async () => {
    const shop = join(dirname(checkout), 'shop')
    await mkdir(shop)
    await symlink(join(ROOT, 'node_modules'), join(shop, 'node_modules'))
    await writeFile(join(shop, 'app.mjs'), own(blockOf('openid-app')))
    await stop(server)
    await writeFile(join(shop, 'start.sh'), own(blockOf('openid-local')))
    start('bash start.sh', shop)
    const origin = `http://localhost:${serverPort}`
    await waitFor(origin)
    const { visit } = createVisitor()
    expect(JSON.parse((await visit(`${origin}/login`)).text)).toEqual({
      sub: 'alice',
      name: 'Alice Example',
      email: 'alice@example.com',
    })
    expect(await readFile(join(shop, 'local.mjs'), 'utf8')).not.toContain('id_token_signed_response_alg')
    expect((await visit(`${origin}/logout`)).url.href).toBe(`${origin}/`)
  })

  // Who is revoked cannot log in for some seconds: nothing below asks them to.
  it('revoke a person', async () => {
    await writeFile(join(checkout, 'ops.secret'), 'demo-operator-secret\n', { mode: 0o600 })
    const call = blockOf('revoke-person')
      .replace('https://auth.example.com', `http://localhost:${issuerPort}`)
      .replace('--client ops', '--client demo-operator')
    expect(await run('bash', ['-ec', call], { cwd: checkout })).toMatchObject({ code: 0 })
  })

  it('make a ring for the Worker, which wrangler takes as it is', async () => {
    // Nobody is logged in at Cloudflare here: what needs that is asked for its help alone.
    const deploy = blockOf('deploy')
      .replace(/secret put KEY_RING .*/, 'secret put --help')
      .replace('wrangler deploy', 'wrangler deploy --dry-run')
    const { code, out, err } = await run('bash', ['-ec', deploy], { cwd: checkout })
    expect([code, err]).toEqual([0, expect.not.stringContaining('ERROR')])
    expect(out).toContain('--dry-run: exiting now')
  })

  // promise: P24
  it('leave no secret that others on the machine can read', async () => {
    const files = [
      join(checkout, '.dev.vars'),
      join(checkout, 'jwks.json'),
      join(checkout, 'exported.json'),
      join(orders, 'keys.json'),
      join(orders, 'partner.json'),
    ]
    expect(await Promise.all(files.map(async (file) => (await stat(file)).mode & 0o777))).toEqual(
      files.map(() => 0o600),
    )
    expect(DOCS.match(/bulla -- keys [^|`]*>.*/g)).toBeNull()
  })
})
