/**
 * The guide to an MCP server, as its reader goes through it: its commands, its server in a process of its own, and its settings at
 * a real issuer, to which agents come that nobody configured.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Client as Client2, StreamableHTTPClientTransport as Transport2 } from '@modelcontextprotocol/client'
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { parse } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { copyCheckout, ENV, type Ended, ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { type App, createApp } from '../parties/agents/app.ts'
import { openHome } from '../parties/agents/home.ts'
import { freePort, type LiveIssuer, startIssuer, waitFor } from '../parties/live_issuer.ts'
import { createVisitor } from '../parties/visitor.ts'

/** The server of the guide's production. */
const SHOWN = 'https://mcp.example.com/mcp'

const LOGIN = '\n[vars.LOGIN]\ntype = "openid"\nissuer = "https://accounts.example.com"\nclient_id = "bulla"\n'

let checkout = ''
let live: LiveIssuer
let server: ChildProcess | undefined
let resource = ''
let checked: Ended

const shell = (name: string, cwd = checkout): Promise<Ended> => run('bash', ['-ec', blockOf(name)], { cwd })

/** Makes the secrets, and returns the server's own, and the guide's settings with its entry. */
async function settle(): Promise<{ secret: string; settings: string; keys: string }> {
  expect(await shell('mcp-server-secrets')).toMatchObject({ code: 0 })
  const made = await readFile(join(checkout, 'agents.secret'), 'utf8')
  const [hash = ''] = /sha256:[\w-]{43}/.exec(made) ?? []
  const entry = parse(made.slice(made.indexOf('['))) as { vars: { CLIENTS: unknown } }
  const settings = blockOf('mcp-server-settings').replace('sha256:…', hash)
  expect((parse(settings) as typeof entry).vars.CLIENTS).toEqual(entry.vars.CLIENTS)
  const keys = (await readFile(join(checkout, 'registration.keys'), 'utf8')).trim()
  return { secret: made.split('\n')[0] ?? '', settings, keys }
}

beforeAll(async () => {
  checkout = await copyCheckout()
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const versions = { ...devDependencies, ...dependencies }
  const install = blockOf('mcp-server-install')
    .replace('npm install', 'npm install --no-audit --no-fund --prefer-offline')
    .replace(/(?<= )(?:hono|@\S+\/\S+)(?=\s)/g, (name) => `${name}@${versions[name]}`)
  expect(await run('bash', ['-ec', install], { cwd: checkout })).toMatchObject({ code: 0 })
  const { secret, settings, keys } = await settle()

  const port = await freePort()
  resource = `http://localhost:${port}/mcp`
  const { vars } = parse(settings.replaceAll(SHOWN, resource)) as { vars: Record<string, unknown> }
  live = await startIssuer({ ...vars, REGISTRATION_KEYS: keys })
  await appendFile(join(checkout, 'wrangler.toml'), settings + LOGIN)
  checked = await run('bash', ['-ec', blockOf('mcp-server-deploy').split('\n')[0] ?? ''], { cwd: checkout })

  const cwd = join(dirname(checkout), 'agents')
  await writeFile(join(cwd, 'server.mjs'), blockOf('mcp-server').replace('port: 8788', `port: ${port}`))
  const env = { ...ENV, ISSUER: live.issuer, RESOURCE: resource, CLIENT: 'agents', SECRET: secret }
  const [file = '', ...args] = blockOf('mcp-server-start').trim().split(' ')
  server = spawn(file, args, { cwd, env, stdio: 'inherit' })
  await waitFor(resource)
}, 240_000)
afterAll(async () => {
  server?.kill()
  await live?.stop()
})

/** Returns an app that nobody configured, of a person with a browser. */
const appOf = (): App => createApp({ person: createVisitor() }, { token_endpoint_auth_method: 'none' })

/** Returns where a person came back to an app, as a way that ends there. */
function answerOf({ arrived }: App): URLSearchParams {
  if (arrived?.status !== 0) throw new Error(`nobody came back: ${arrived?.text}`)
  return arrived.url.searchParams
}

const OF_1 = {
  connect: async (app: App) => {
    const transport = new Transport1(new URL(resource), { authProvider: app.provider as never })
    const client = new Client1({ name: 'one', version: '1' })
    return { client, transport, opened: client.connect(transport as never) }
  },
  finish: (transport: unknown, app: App) => (transport as Transport1).finishAuth(answerOf(app).get('code') ?? ''),
}
const OF_2 = {
  connect: async (app: App) => {
    const transport = new Transport2(new URL(resource), { authProvider: app.provider as never })
    const client = new Client2({ name: 'two', version: '1' })
    return { client, transport, opened: client.connect(transport) }
  },
  finish: (transport: unknown, app: App) => (transport as Transport2).finishAuth(answerOf(app)),
}

/** Calls a tool as an app; whoever must be asked for that is. */
async function call(sdk: typeof OF_1 | typeof OF_2, app: App, name: string, args = {}): Promise<unknown> {
  for (let times = 0; ; times++) {
    const before = app.sent
    const { client, transport, opened } = await sdk.connect(app)
    try {
      await opened
      return ((await client.callTool({ name, arguments: args })) as { content: unknown }).content
    } catch (error) {
      if (app.sent === before || times === 2) throw error
      await sdk.finish(transport, app)
    } finally {
      await client.close()
    }
  }
}

const text = (said: string) => [{ type: 'text', text: said }]

describe('the guide to an MCP server', { timeout: 60_000 }, () => {
  it('begins at the issuer of the other pages', () => {
    expect(blockOf('mcp-server-issuer')).toBe(blockOf('issuer'))
  })

  it.each([
    ['1', OF_1],
    ['2', OF_2],
  ])("lets in an app that registers by itself, once its person says yes: MCP's own SDK, version %s", async (_, sdk) => {
    const app = appOf()
    expect(await call(sdk, app, 'whoami')).toEqual(text('You are alice, and may orders:read.'))
    expect([app.registered, app.sent]).toEqual([1, 1])
    expect(app.kept.client?.client_id).toMatch(/^dcr\./)
  })

  it('asks for the scope of a tool when that is called, and lets the app have what it had beside it', async () => {
    const app = appOf()
    await call(OF_2, app, 'whoami')
    expect(await call(OF_2, app, 'cancel', { id: '7' })).toEqual(text('Order 7 of alice is cancelled.'))
    expect(await call(OF_2, app, 'whoami')).toEqual(text('You are alice, and may orders:read orders:write.'))
    expect([app.registered, app.sent]).toEqual([1, 2])
  })

  it.each([
    ['one', (message: object) => message],
    ['one of many', (message: object) => [{ jsonrpc: '2.0', id: 2, method: 'ping' }, message]],
  ])('lets nobody write by a call, %s, who may but read', async (_, shape) => {
    const app = appOf()
    await call(OF_2, app, 'whoami')
    const params = { name: 'cancel', arguments: { id: '7' } }
    const refused = await fetch(resource, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${app.kept.tokens?.access_token}`,
        accept: 'application/json, text/event-stream',
        'content-type': 'application/json',
      },
      body: JSON.stringify(shape({ jsonrpc: '2.0', id: 1, method: 'tools/call', params })),
    })
    const challenge = refused.headers.get('www-authenticate')
    expect([refused.status, challenge]).toEqual([403, expect.stringContaining('scope="orders:read orders:write"')])
  })

  it('refuses an app that was revoked, in the stated seconds', async () => {
    const app = appOf()
    await call(OF_2, app, 'whoami')
    const secret = join(checkout, 'operator.secret')
    await writeFile(secret, 'demo-operator-secret', { mode: 0o600 })
    const operator = ['--issuer', live.issuer, '--client', 'demo-operator', '--secret-file', secret]
    const revoke = ['run', '-s', 'bulla', '--', 'revoke', 'client', app.kept.client?.client_id ?? '', ...operator]
    expect(await run('npm', revoke, { cwd: checkout })).toMatchObject({ code: 0 })
    const headers = { authorization: `Bearer ${app.kept.tokens?.access_token}` }
    const ask = async (): Promise<number> => (await fetch(resource, { method: 'POST', headers })).status
    await expect.poll(ask, { timeout: 25_000, interval: 500 }).toBe(401)
  })

  it("answers by the guide's own commands: the inspector, mcp-remote, and the doctor", async () => {
    const own = (name: string) => blockOf(name).trim().replace('http://localhost:8788/mcp', resource).split(' ')
    const home = await openHome({ person: createVisitor() })
    try {
      const at = (path: string): string => join(ROOT, 'node_modules', path)
      const [, , ...asked] = own('mcp-server-inspector')
      const program = at('@modelcontextprotocol/inspector/clients/launcher/build/index.js')
      const inspected = await home.run(process.execPath, [program, ...asked], {
        MCP_AUTO_OPEN_ENABLED: 'true',
        MCP_INSPECTOR_SECRET_STORE: 'file',
      })
      expect(inspected.out).toContain('You are alice, and may orders:read')

      const [, , ...args] = own('mcp-server-remote')
      const client = new Client1({ name: 'an-agent', version: '1.0.0' })
      const command = { command: process.execPath, args: [at('mcp-remote/dist/proxy.js'), ...args] }
      await client.connect(
        new StdioClientTransport({ ...command, env: { ...home.env }, cwd: home.folder, stderr: 'ignore' }),
      )
      const { content } = await client.callTool({ name: 'whoami', arguments: {} })
      expect(content).toEqual(text('You are alice, and may orders:read.'))
      await client.close()
    } finally {
      await home.leave()
    }
    const doctor = blockOf('mcp-server-doctor').replace(SHOWN, resource)
    const walked = await run('bash', ['-ec', doctor], { cwd: checkout })
    expect([walked.code, walked.out.match(/^[!✗].*/gm)]).toEqual([0, null])
  })

  it('shows settings that stand the check', () => {
    expect(checked).toMatchObject({ code: 0 })
  })
})
