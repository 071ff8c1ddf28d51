/**
 * The example whose tool asks GitHub as the person, as its reader runs it without an account there: the packed package, three processes,
 * and `mcp-remote`, to which nobody told anything but the server's URL.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createVerifier, remoteKeys } from '../../src/verifier/index.ts'
import { ENV, ROOT } from '../checkout.ts'
import { type Home, openHome } from '../parties/agents/home.ts'
import { type GitHub, startGitHub } from '../parties/github.ts'
import { installExample } from '../parties/installed_example.ts'
import { freePort, waitFor } from '../parties/live_issuer.ts'
import { createVisitor } from '../parties/visitor.ts'

let issuer = ''
let resource = ''
let github: GitHub
let printed = ''
const children: ChildProcess[] = []

/** Starts a script of the example. */
function start(script: string, cwd: string, env: Readonly<Record<string, string>>): void {
  const child = spawn('npm', ['run', '--silent', script], { cwd, env: { ...ENV, ...env }, detached: true })
  child.stdout.on('data', (data) => (printed += data))
  child.stderr.on('data', (data) => (printed += data))
  children.push(child)
}

beforeAll(async () => {
  const [port, issuerPort] = [await freePort(), await freePort()]
  resource = `http://localhost:${port}/mcp`
  issuer = `http://localhost:${issuerPort}`
  const [folder, there] = await Promise.all([
    installExample('github-mcp'),
    startGitHub({ callback: `${issuer}/login/callback/github`, isUsual: true }),
  ])
  github = there
  start('issuer', folder, { PORT: String(issuerPort), RESOURCE: resource, STAND_IN: github.origin })
  start('start', folder, { PORT: String(port), ISSUER: issuer, GITHUB_API: github.api })
  await Promise.all([waitFor(issuer), waitFor(resource)])
}, 240_000)
afterAll(async () => {
  for (const { pid } of children) if (pid !== undefined) process.kill(-pid)
  await github?.stop()
})

/** What a person saw, and what their agent did. */
interface Agent {
  readonly home: Home
  /** What the browser was shown, one after the other. */
  readonly seen: string[]
  /** What mcp-remote printed. */
  said(): string
  /** Calls the tool. */
  list(): Promise<{ readonly isError?: boolean; readonly text: string }>
  close(): Promise<void>
}

/** Gives a person an agent that knows the server's URL. */
async function open(name: string): Promise<Agent> {
  const seen: string[] = []
  const ask = async (request: Request): Promise<Response> => {
    const response = await fetch(request)
    seen.push(await response.clone().text())
    return response
  }
  const home = await openHome({ person: createVisitor({ name, ask }) })
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [join(ROOT, 'node_modules/mcp-remote/dist/proxy.js'), resource, '--debug'],
    env: { ...home.env },
    cwd: home.folder,
    stderr: 'pipe',
  })
  let said = ''
  transport.stderr?.on('data', (data) => (said += data))
  const client = new Client({ name: 'an-agent', version: '1.0.0' })
  await client.connect(transport, { timeout: 40_000 })
  return {
    home,
    seen,
    said: () => said,
    async list() {
      const { content, isError } = await client.callTool({ name: 'list_repositories', arguments: {} })
      const [{ text }] = content as [{ text: string }]
      return { text, ...(isError === true ? { isError } : {}) }
    },
    async close() {
      await client.close()
      await home.leave()
    },
  }
}

/** Returns all that a program keeps in its home, by file. */
async function kept({ folder }: Home): Promise<ReadonlyMap<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  return new Map(await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const)))
}

/** Opens the access token that an agent keeps, as the server does, and returns what is handed over in it. */
async function handedTo(home: Home): Promise<string> {
  const token = [...(await kept(home)).values()].flatMap(
    (text) => /"access_token": ?"([^"]+)"/.exec(text)?.[1] ?? [],
  )[0]
  const url = `${issuer}/keys`
  const keys = remoteKeys({ url, clientId: 'github-mcp', clientSecret: 'github-mcp-secret' })
  const headers = { authorization: `Bearer ${token}` }
  const verified = await createVerifier({ issuer, resource, keys }).verify(new Request(resource, { headers }))
  return (verified.ok && verified.entitlement.providerToken) || ''
}

describe('the example of an MCP server that asks GitHub', { timeout: 120_000 }, () => {
  it('lists to each person their own repositories, with their own token, which stands nowhere but in the envelope', async () => {
    const alice = await open('alice')
    const bob = await open('bob')
    try {
      expect(await alice.list()).toEqual({ text: 'alice/garden\nalice/diary' })
      expect(await bob.list()).toEqual({ text: 'bob/garden\nbob/diary' })
      const tokens = await Promise.all([alice, bob].map(({ home }) => handedTo(home)))
      expect(tokens).toEqual([expect.stringMatching(/^gho_\w{36}$/), expect.stringMatching(/^gho_\w{36}$/)])
      expect(new Set(tokens).size).toBe(2)
      for (const { home, seen, said } of [alice, bob]) {
        const files = [...(await kept(home))].filter(([, text]) => tokens.some((token) => text.includes(token)))
        expect(files).toEqual([])
        // mcp-remote says much, and writes it down; the issuer and the server print, too.
        expect(said()).toContain('mcp')
        for (const text of [said(), printed, github.printed(), ...seen])
          for (const token of tokens) expect(text).not.toContain(token)
      }
      expect(printed).toContain('"event":"consent"')
    } finally {
      await alice.close()
      await bob.close()
    }
  })

  it('tells people before what the server will do for them at GitHub', async () => {
    const carol = await open('carol')
    try {
      const consent = carol.seen.find((page) => page.includes('name="consent"')) ?? ''
      const words = consent.replace(/<[^>]*>/g, '').replace(/\s+/g, ' ')
      expect(words).toContain('See the list of your repositories')
      expect(words).toMatch(/act for you at GitHub: .*repositories, private ones too/)
      expect(consent).toContain('<p class="account"><bdi>carol</bdi></p>')
    } finally {
      await carol.close()
    }
  })

  it('says that GitHub ended the login, when GitHub has', async () => {
    const dave = await open('dave')
    try {
      expect(await dave.list()).toEqual({ text: 'dave/garden\ndave/diary' })
      const access_token = await handedTo(dave.home)
      await fetch(`${github.api}/applications/${github.clientId}/grant`, {
        method: 'DELETE',
        headers: { authorization: `Basic ${btoa(`${github.clientId}:${github.clientSecret}`)}` },
        body: JSON.stringify({ access_token }),
      })
      expect(await dave.list()).toEqual({ isError: true, text: expect.stringContaining('GitHub ended your login') })
    } finally {
      await dave.close()
    }
  })
})
