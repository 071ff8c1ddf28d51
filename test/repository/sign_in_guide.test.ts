/**
 * The guide to signing in with GitHub, as its reader goes through it: its commands, its settings at a real issuer, and its tool, with
 * GitHub's stand-in in place of GitHub.
 *
 * @module
 */

import { appendFile, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { Hono } from 'hono'
import { parse } from 'smol-toml'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { type ResourceServerEnv, resourceServer } from '../../src/verifier/hono.ts'
import { remoteKeys } from '../../src/verifier/index.ts'
import { toAuthInfo } from '../../src/verifier/mcp.ts'
import { copyCheckout, type Ended, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { type GitHub, startGitHub } from '../parties/github.ts'
import { freePort, type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { formOf, VERIFIER } from '../parties/person.ts'
import { createVisitor } from '../parties/visitor.ts'

/** The server of the guide. */
const SERVER = 'https://mcp.example.com/mcp'
const CALLBACK = 'http://127.0.0.1:33418/callback'

let checkout = ''
let live: LiveIssuer
let github: GitHub
let checked: Ended
let mcp: Hono<ResourceServerEnv>

const shell = (name: string): Promise<Ended> => run('bash', ['-ec', blockOf(name)], { cwd: checkout })

/** Makes a server whose one tool is the guide's. */
async function serverOf(clientSecret: string): Promise<Hono<ResourceServerEnv>> {
  const file = join(await mkdtemp(join(tmpdir(), 'bulla-tool-')), 'tool.mjs')
  await writeFile(file, blockOf('github-tool').replace('https://api.github.com', github.api))
  const { listRepositories } = await import(pathToFileURL(file).href)
  const handler = createMcpHandler(() => {
    const server = new McpServer({ name: 'repositories', version: '1.0.0' })
    new Function('server', 'listRepositories', blockOf('github-register'))(server, listRepositories)
    return server
  })
  const keys = remoteKeys({ url: `${live.issuer}/keys`, clientId: 'github-mcp', clientSecret })
  const check = resourceServer({ issuer: live.issuer, resource: SERVER, keys, scope: 'repositories:read' })
  return new Hono<ResourceServerEnv>()
    .use('/mcp', check)
    .all('/mcp', (c) => handler.fetch(c.req.raw, { authInfo: toAuthInfo(c.get('entitlement')) }))
}

beforeAll(async () => {
  checkout = await copyCheckout()
  expect(await shell('github-secrets')).toMatchObject({ code: 0 })
  const made = await readFile(join(checkout, 'github-mcp.secret'), 'utf8')
  const [hash = ''] = /sha256:[\w-]{43}/.exec(made) ?? []
  const settings = blockOf('github-settings').replace('sha256:…', hash)
  const { vars } = parse(settings) as { vars: Record<string, Record<string, object>> }
  expect(vars['CLIENTS']).toEqual((parse(made.slice(made.indexOf('['))) as { vars: typeof vars }).vars['CLIENTS'])
  await appendFile(join(checkout, 'wrangler.toml'), `${settings}\n${blockOf('github-second')}`)
  checked = await run('bash', ['-ec', blockOf('github-deploy').split('\n')[0] ?? ''], { cwd: checkout })

  const port = await freePort()
  const issuer = `http://localhost:${port}`
  github = await startGitHub({ callback: `${issuer}/login/callback/github` })
  const there = {
    client_id: github.clientId,
    authorization_endpoint: `${github.origin}/login/oauth/authorize`,
    token_endpoint: `${github.origin}/login/oauth/access_token`,
    userinfo_endpoint: `${github.api}/user`,
    emails_endpoint: `${github.api}/user/emails`,
    revocation_endpoint: `${github.api}/applications/{client_id}/token`,
  }
  const second = parse(blockOf('github-second')) as { vars: typeof vars }
  live = await startIssuer(
    {
      ...vars,
      LOGIN: { github: { ...vars['LOGIN']?.['github'], ...there }, ...second.vars['LOGIN'] },
      LOGIN_CLIENT_SECRET_GITHUB: github.clientSecret,
      LOGIN_CLIENT_SECRET_GOOGLE: 'google-secret',
      REGISTRATION_KEYS: (await readFile(join(checkout, 'registration.keys'), 'utf8')).trim(),
    },
    { port },
  )
  mcp = await serverOf(made.split('\n')[0] ?? '')
}, 120_000)
afterAll(async () => {
  await live?.stop()
  await github?.stop()
})

/** Registers an app, sends a person, and returns the access token that comes of it. */
async function accessOf(name: string): Promise<string> {
  const { issuer } = live
  const said = { client_name: 'An agent', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' }
  const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(said) }
  const { client_id } = (await (await fetch(`${issuer}/register`, json)).json()) as { client_id: string }
  const asked = formOf({
    ...{ response_type: 'code', client_id, redirect_uri: CALLBACK, scope: 'repositories:read' },
    ...{ code_challenge: challengeOf(VERIFIER), code_challenge_method: 'S256' },
  })
  const { url } = await createVisitor({ name }).visit(`${issuer}/authorize?${asked}`, (at) =>
    at.href.startsWith(CALLBACK) ? undefined : at,
  )
  const code = url.searchParams.get('code') ?? ''
  const form = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: VERIFIER, client_id }
  const answer = await fetch(`${issuer}/token`, { method: 'POST', body: formOf(form) })
  return ((await answer.json()) as { access_token: string }).access_token
}

/** Calls the guide's tool, by MCP's own client. */
async function call(access: string): Promise<unknown> {
  const client = new Client({ name: 'an-agent', version: '1.0.0' })
  const requestInit = { headers: { authorization: `Bearer ${access}` } }
  const ask = async (url: string | URL, init?: RequestInit): Promise<Response> => mcp.request(String(url), init)
  await client.connect(new StreamableHTTPClientTransport(new URL(SERVER), { requestInit, fetch: ask }))
  const { content, isError } = (await client.callTool({ name: 'list_repositories', arguments: {} })) as unknown as {
    content: [{ text: string }]
    isError?: boolean
  }
  await client.close()
  return [isError === true, content[0].text]
}

describe('the guide to signing in with GitHub', { timeout: 60_000 }, () => {
  it('shows settings that stand the check, with a second provider beside them', () => {
    expect(checked).toMatchObject({ code: 0 })
  })

  it('leads to a tool that acts for each person at GitHub, with a token that its settings ask for', async () => {
    const [alice, bob] = [await accessOf('alice'), await accessOf('bob')]
    expect(await call(alice)).toEqual([false, 'alice/garden\nalice/diary'])
    expect(await call(bob)).toEqual([false, 'bob/garden\nbob/diary'])
  })
})
