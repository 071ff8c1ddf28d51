/**
 * The programs by which people use MCP servers: each is started as its person starts it, and opens the browser by itself.
 *
 * @module
 */

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import type { DynamicMethod } from '../../../src/registration/walk_in/dynamic_id.ts'
import { ROOT } from '../../checkout.ts'
import { freePort } from '../live_issuer.ts'
import type { Home } from './home.ts'
import type { Caller } from './libraries.ts'

/** What a program is told. */
export interface Call {
  readonly home: Home
  /** The MCP server. */
  readonly url: string
  readonly method?: DynamicMethod
  /** The URL of the program's own document, where it shows that in place of registering. */
  readonly documentUrl?: string
  /** Whether the inspector keeps no tokens from one start to the next, as on a desktop without a key ring. */
  readonly isForgetful?: boolean
}

/** A program. */
export interface Program {
  /** By what it can register. */
  readonly methods: readonly DynamicMethod[]
  /** Calls the server's tool, and returns what it said. */
  call(call: Call): Promise<Caller>
}

const at = (...path: readonly string[]): string => join(ROOT, 'node_modules', ...path)

/** Stands between a program that speaks by its standard input, which here is one with MCP's own SDK, and a server. */
async function byMcpRemote({ home, url, method, documentUrl }: Call): Promise<Caller> {
  const said =
    method === undefined
      ? []
      : ['--static-oauth-client-metadata', JSON.stringify({ token_endpoint_auth_method: method })]
  const shown = documentUrl === undefined ? [] : ['--client-metadata-url', documentUrl]
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [at('mcp-remote/dist/proxy.js'), url, ...said, ...shown],
    env: home.env,
    cwd: home.folder,
    stderr: 'ignore',
  })
  const client = new Client({ name: 'an-agent', version: '1.0.0' })
  const forget = home.onDeadEnd(() => void client.close())
  try {
    await client.connect(transport, { timeout: 40_000 })
    const { content } = await client.callTool({ name: 'whoami', arguments: {} })
    return JSON.parse((content as [{ text: string }])[0].text)
  } finally {
    forget()
    await client.close()
  }
}

/** The ports at which programs are answered that can be told one, by the home that they run in. */
const ports = new WeakMap<Home, number>()

async function portOf(home: Home): Promise<number> {
  const port = ports.get(home) ?? (await freePort())
  ports.set(home, port)
  return port
}

async function byInspector({ home, url, documentUrl, isForgetful = false }: Call): Promise<Caller> {
  const shown = documentUrl === undefined ? [] : ['--client-metadata-url', documentUrl]
  // Without it, it is answered at one port on every machine, and cannot run twice.
  const callback = ['--callback-url', `http://127.0.0.1:${await portOf(home)}/oauth/callback`]
  const tool = ['--method', 'tools/call', '--tool-name', 'whoami']
  const asked = ['--server-url', url, '--transport', 'http', ...tool, ...callback, ...shown]
  const program = at('@modelcontextprotocol/inspector/clients/cli/build/index.js')
  const { out, err } = await home.run(process.execPath, [program, ...asked, '--format', 'json'], {
    MCP_AUTO_OPEN_ENABLED: 'true',
    MCP_INSPECTOR_SECRET_STORE: isForgetful ? 'memory' : 'file',
  })
  if (out === '') throw new Error(err)
  return JSON.parse(JSON.parse(out).result.content[0].text)
}

async function byMcporter({ home, url, method = 'none' }: Call): Promise<Caller> {
  const config = join(home.folder, 'mcporter.json')
  const who = {
    ...{ url, auth: 'oauth', oauthTokenEndpointAuthMethod: method },
    oauthRedirectUrl: `http://127.0.0.1:${await portOf(home)}/callback`,
  }
  await writeFile(config, JSON.stringify({ mcpServers: { who }, imports: [] }))
  const asked = ['--config', config, 'call', 'who.whoami', '--output', 'json']
  const { out, err } = await home.run(process.execPath, [at('mcporter/dist/cli.js'), ...asked])
  if (out === '') throw new Error(err)
  return JSON.parse(out)
}

/** The programs, by name and version. */
export const PROGRAMS: Readonly<Record<string, Program>> = {
  'mcp-remote 0.15': { methods: ['none', 'client_secret_basic', 'client_secret_post'], call: byMcpRemote },
  'the inspector 2.12': { methods: ['none'], call: byInspector },
  'mcporter 0.12': { methods: ['none', 'client_secret_basic', 'client_secret_post'], call: byMcporter },
}
