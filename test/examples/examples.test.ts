/**
 * The examples beside this file, each as its users run it: from the packed package, in a process of its own, with tokens
 * of a real issuer.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { type OutgoingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { unstable_startWorker } from 'wrangler'
import { exportKeys, writeKeys } from '../../keys/index.ts'
import { copyCheckout, ENV, ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { basic } from '../fixtures.ts'
import { freePort, type LiveIssuer, startIssuer, waitFor } from '../parties/live_issuer.ts'

const resource = 'https://api.example.com'
const metadata = `${resource}/.well-known/oauth-protected-resource`

/** What runs in Node. `fetch.ts` runs in workerd, and `fetch_in_node.ts` is the same in Node. */
const IN_NODE = ['express', 'fastify', 'hono', 'fetch_in_node'] as const
const APPS = [...IN_NODE, 'fetch'] as const
type App = (typeof APPS)[number]

let live: LiveIssuer
let project = ''
const ports = new Map<string, number>()
const stops: (() => unknown)[] = []

/** Installs the package beside the frameworks, in the versions that package.json has. */
async function install(): Promise<void> {
  const checkout = await copyCheckout()
  project = await mkdtemp(join(tmpdir(), 'bulla-examples-'))
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', project], { cwd: checkout })
  expect(packed.code).toBe(0)
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const versions = { ...dependencies, ...devDependencies }
  const names = [
    '@modelcontextprotocol/sdk',
    'express',
    '@types/express',
    'fastify',
    'hono',
    '@hono/node-server',
    '@types/node',
  ]
  const packages = [`./${packed.out.trim()}`, ...names.map((name) => `${name}@${versions[name]}`)]
  await writeFile(join(project, 'package.json'), JSON.stringify({ type: 'module' }))
  const installed = await run('npm', ['install', '--no-audit', '--no-fund', ...packages], { cwd: project })
  expect(installed).toMatchObject({ code: 0 })
}

/** Starts a program of the project in Node. */
async function start(name: string, port: number): Promise<void> {
  const env = { ...ENV, ISSUER: live.issuer, PORT: String(port) }
  const child: ChildProcess = spawn('node', [`${name}.ts`], { cwd: project, env, stdio: 'inherit' })
  stops.push(() => child.kill())
  await waitFor(`http://localhost:${port}/`)
}

beforeAll(async () => {
  ;[live] = await Promise.all([startIssuer(), install()])
  const keys = writeKeys(exportKeys(live.ring, { issuer: live.issuer, resource, now: Math.floor(Date.now() / 1000) }))
  await writeFile(join(project, 'keys.json'), keys)
  for (const app of APPS) {
    await cp(join(import.meta.dirname, `${app}.ts`), join(project, `${app}.ts`))
    ports.set(app, await freePort())
  }
  const worker = await unstable_startWorker({
    name: 'orders',
    entrypoint: join(project, 'fetch.ts'),
    compatibilityDate: '2026-10-01',
    bindings: { ISSUER: { type: 'plain_text', value: live.issuer }, KEYS: { type: 'plain_text', value: keys } },
    dev: {
      server: { port: ports.get('fetch') ?? 0, hostname: 'localhost' },
      logLevel: 'none',
      watch: false,
      inspector: false,
    },
  })
  stops.push(() => worker.dispose())
  await Promise.all([worker.ready, ...IN_NODE.map((app) => start(app, ports.get(app) ?? 0))])
}, 240_000)
afterAll(() => Promise.all([live?.stop(), ...stops.map((stop) => stop())]))

/** Gets a token from the issuer. */
async function tokenFor(scope: string): Promise<string> {
  const response = await fetch(`${live.issuer}/token`, {
    method: 'POST',
    headers: { authorization: basic('demo-service', 'demo-secret') },
    body: new URLSearchParams({ grant_type: 'client_credentials', resource, scope }),
  })
  return ((await response.json()) as { access_token: string }).access_token
}

/** An answer without what the transport adds. */
interface Answer {
  readonly status: number | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: string
}

/** Asks an app, header by header as given. */
function ask(app: App, path: string, headers: OutgoingHttpHeaders = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { host: 'localhost', port: ports.get(app), path, method, headers, agent: false }
    request(options, async (response) => {
      const { date, connection, 'content-length': _, 'transfer-encoding': __, ...others } = response.headersDistinct
      resolve({ status: response.statusCode, headers: others, body: await text(response) })
    })
      .on('error', reject)
      .end()
  })
}

const bearer = (token: string): OutgoingHttpHeaders => ({ authorization: `Bearer ${token}` })

/** The whole answer to who is not let in: with these headers, and no others. */
function refusal(status: number, error: string, description: string, scope = 'orders:read', rest = ''): Answer {
  const said = error === '' ? '' : `error="${error}", error_description="${description}", `
  const authenticate = `Bearer realm="${resource}", ${said}scope="${scope}", resource_metadata="${metadata}"${rest}`
  return {
    status,
    headers: {
      'cache-control': ['no-store'],
      'content-type': ['application/json'],
      'www-authenticate': [authenticate],
    },
    body: JSON.stringify({ ...(error === '' ? {} : { error }), error_description: description }),
  }
}
/** Who names no scheme is told both (RFC 9449 §7.1). */
const NO_TOKEN = refusal(
  401,
  '',
  'The request has no access token.',
  'orders:read',
  `, DPoP realm="${resource}", scope="orders:read", resource_metadata="${metadata}", algs="ES256 Ed25519 EdDSA PS256"`,
)
const BAD_TOKEN = refusal(401, 'invalid_token', 'The access token is invalid or has expired.')
const MALFORMED = refusal(400, 'invalid_request', 'The request is malformed.')

describe.each(APPS)('the example %s', (app) => {
  it('lets in who has a token with the scope, and hands on what it entitles to', async () => {
    const { status, headers, body } = await ask(app, '/orders/7', bearer(await tokenFor('orders:read')))
    expect([status, JSON.parse(body)]).toEqual([200, { id: '7', client: 'demo-service', scope: ['orders:read'] }])
    expect(headers['www-authenticate']).toBeUndefined()
  })

  it('answers HEAD as GET, without the body (RFC 9110 §9.3.2)', async () => {
    const [good, bad, none] = [bearer(await tokenFor('orders:read')), bearer('x'), {}].map((headers) =>
      Promise.all([ask(app, '/orders/7', headers, 'HEAD'), ask(app, '/orders/7', headers)]),
    )
    for (const [head, get] of await Promise.all([good, bad, none].map((both) => both ?? []))) {
      expect(head).toEqual({ ...get, body: '' })
    }
  })

  it('answers 403 to who lacks the scope, and names it (RFC 6750 §3.1)', async () => {
    const lacking = refusal(
      403,
      'insufficient_scope',
      'The access token lacks the scope that is needed here.',
      'orders:write',
    )
    expect(await ask(app, '/orders/7', bearer(await tokenFor('orders:read')), 'DELETE')).toEqual(lacking)
    expect((await ask(app, '/orders/7', bearer(await tokenFor('orders:write')), 'DELETE')).status).toBe(204)
  })

  it.each<[string, Answer, (token: string) => [OutgoingHttpHeaders, string?]]>([
    ['nothing', NO_TOKEN, () => [{}]],
    ['another scheme', NO_TOKEN, (token) => [{ authorization: `Basic ${token}` }]],
    ['a token in the query alone', NO_TOKEN, (token) => [{}, `?access_token=${token}`]],
    ['what is no token', BAD_TOKEN, () => [bearer('x')]],
    [
      'a token with another character',
      BAD_TOKEN,
      (token) => [bearer(token.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')))],
    ],
    ['a token in another spelling', BAD_TOKEN, (token) => [bearer(`${token}==`)]],
    ['9,000 characters', BAD_TOKEN, () => [bearer('x'.repeat(9000))]],
    ['a second token in the query', MALFORMED, (token) => [bearer(token), `?access_token=${token}`]],
    ['two Authorization headers', MALFORMED, (token) => [{ Authorization: [`Bearer ${token}`, 'Bearer x'] }]],
    ['no token after the scheme', MALFORMED, () => [{ authorization: 'Bearer' }]],
  ])('answers %s as all the others do, to the byte (RFC 6750 §3)', async (_, answer, make) => {
    const [headers, query = ''] = make(await tokenFor('orders:read'))
    expect(await ask(app, `/orders/7${query}`, headers)).toEqual(answer)
  })

  // promise: N04
  it('lets nothing through with headers of 20 KB, which Node itself refuses', async () => {
    const { status } = await ask(app, '/orders/7', bearer('x'.repeat(20_000)))
    expect(status).toBe(app === 'fetch' ? 401 : 431)
  })

  it('leads a client that knows nothing but its URL to the issuer, and to a token (RFC 9728 §5)', async () => {
    const here = (url: string): string => url.replace(resource, `http://localhost:${ports.get(app)}`)
    const options = {
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: (url: string, init: unknown) => fetch(here(url), init as RequestInit),
    }
    const url = new URL(`${resource}/orders/7`)
    const refused = await oauth.protectedResourceRequest('x', 'GET', url, undefined, undefined, options).catch((e) => e)
    expect(refused).toBeInstanceOf(oauth.WWWAuthenticateChallengeError)
    const [challenge] = (refused as oauth.WWWAuthenticateChallengeError).cause
    expect(challenge?.parameters.resource_metadata).toBe(metadata)

    const described = await oauth.resourceDiscoveryRequest(new URL(resource), options)
    expect(described.headers.get('content-type')).toMatch(/^application\/json(;|$)/)
    const server = await oauth.processResourceDiscoveryResponse(new URL(resource), described)
    const issuer = new URL(server.authorization_servers?.[0] ?? '')
    const discovered = await oauth.discoveryRequest(issuer, { ...options, algorithm: 'oauth2' })
    const as = await oauth.processDiscoveryResponse(issuer, discovered)
    const client = { client_id: 'demo-service' }
    const parameters = { resource: server.resource, scope: server.scopes_supported?.[0] ?? '' }
    const granted = await oauth.clientCredentialsGrantRequest(
      as,
      client,
      oauth.ClientSecretBasic('demo-secret'),
      parameters,
      options,
    )
    const { access_token } = await oauth.processClientCredentialsResponse(as, client, granted)
    const answer = await oauth.protectedResourceRequest(access_token, 'GET', url, undefined, undefined, options)
    expect(await answer.json()).toMatchObject({ client: 'demo-service' })
  })
})

describe('by the docs alone', () => {
  /** Puts what is here in place of what the docs have; everything else stays as it is written there. */
  const own = (text: string, port: number): string =>
    text.replaceAll('http://localhost:8787', live.issuer).replace(/(?<=port: |listen\()3000/, String(port))
  const [orders = '', app = ''] = blockOf('server').split(/(?=const app)/)
  const [hono = '', serve = ''] = app.split(/(?=serve\()/)

  it.each([
    ['express', orders.replace('verifier/hono', 'verifier/express') + blockOf('express')],
    ['fastify', orders.replace('verifier/hono', 'verifier/fastify') + blockOf('fastify')],
    ['describe', orders + hono + blockOf('describe') + serve],
    ['step-up', orders + blockOf('step-up') + hono.replace('.get(', ".use('/refunds', refunds).get(") + serve],
    ['operation', orders + blockOf('operation') + hono.replace("'/orders/*', orders", "'/orders/*', tools") + serve],
    [
      'fetch',
      `import { readFileSync } from 'node:fs'\nimport { serve } from '@hono/node-server'
${blockOf('fetch').replace('export default', 'const worker =')}
const env = { ISSUER: 'http://localhost:8787', KEYS: readFileSync('keys.json', 'utf8') }
serve({ fetch: (request: Request) => worker.fetch(request, env), port: 3000 })`,
    ],
  ])('the orders API is served by its block "%s"', async (name, program) => {
    const port = await freePort()
    await writeFile(join(project, `readme_${name}.ts`), own(program, port))
    await start(`readme_${name}`, port)
    const answers = await Promise.all([
      fetch(`http://localhost:${port}/orders/7`, {
        headers: { authorization: `Bearer ${await tokenFor('orders:read')}` },
      }),
      fetch(`http://localhost:${port}/orders/7`),
      fetch(`http://localhost:${port}/.well-known/oauth-protected-resource`),
    ])
    expect(await answers[0].json()).toEqual({ id: '7', client: 'demo-service' })
    expect(answers[1].headers.get('www-authenticate')).toBe(
      `Bearer realm="${resource}", scope="orders:read", DPoP realm="${resource}", scope="orders:read", algs="ES256 Ed25519 EdDSA PS256"`,
    )
    if (name === 'describe')
      expect(await answers[2].json()).toMatchObject({ resource, authorization_servers: [live.issuer] })
  })
})

describe("MCP's own SDK, by the docs alone", () => {
  it('answers a tool call with who calls, and refuses who has no good token', async () => {
    const port = await freePort()
    const program = blockOf('mcp-sdk').replaceAll('http://localhost:8787', live.issuer).replace('3000', String(port))
    await writeFile(join(project, 'readme_mcp.ts'), program)
    await start('readme_mcp', port)
    const call = async (headers: Record<string, string>) => {
      const answer = await fetch(`http://localhost:${port}/mcp`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream', ...headers },
        body: '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"whoami","arguments":{}}}',
      })
      return [answer.status, await answer.text()]
    }
    expect(await call({ authorization: `Bearer ${await tokenFor('orders:read')}` })).toEqual([
      200,
      expect.stringContaining('client:demo-service'),
    ])
    expect(await call({ authorization: 'Bearer x' })).toEqual([401, expect.stringContaining('invalid_token')])
  })

  it('has its like in Python, which a parser of Python reads', async () => {
    const program = `import ast, sys\nast.parse(sys.argv[1])`
    expect(await run('python3', ['-c', program, blockOf('fastmcp')], { cwd: project })).toMatchObject({ code: 0 })
  })
})

describe('the package beside the frameworks', () => {
  it('has types that fit those of the frameworks, in a strict TypeScript', async () => {
    const program = `
import { createVerifier, describeResource, type Entitlement } from 'bulla/verifier'
import { resourceServer as inExpress } from 'bulla/verifier/express'
import { resourceServer as inFastify } from 'bulla/verifier/fastify'
import { resourceServer as inHono } from 'bulla/verifier/hono'
import express, { type RequestHandler } from 'express'
import Fastify, { type onRequestHookHandler } from 'fastify'
import { Hono } from 'hono'
const about = describeResource({ resource: '', issuer: '' })
const verifier = createVerifier({ issuer: '', resource: '', keys: '', resourceMetadata: about.url })
const handler: RequestHandler = inExpress({ verifier, scope: 'read' })
export const app = express()
  .use(inExpress({ issuer: '', resource: '', keys: '' }))
  .use('/orders', handler, express.Router().use(inExpress({ verifier })))
  .get('/orders/:id', inExpress({ verifier }), (request, response) => {
    const entitlement: Entitlement | undefined = request.entitlement
    // @ts-expect-error: without the middleware there is none
    request.entitlement.sub
    response.json([request.params.id.length, entitlement?.sub])
  })
const hook: onRequestHookHandler = inFastify({ verifier })
export const fastify = Fastify()
fastify.addHook('onRequest', inFastify({ verifier, scope: 'read' }))
fastify.addHook('onRequest', hook)
fastify.addHook('preHandler', inFastify({ issuer: '', resource: '', keys: '' }))
fastify.get('/orders', { onRequest: inFastify({ verifier }), preHandler: [inFastify({ verifier })] }, async (request) => {
  // @ts-expect-error: without the hook there is none
  request.entitlement.sub
  return request.entitlement?.sub
})
Fastify({ http2: true }).get('/', { onRequest: inFastify({ verifier }) }, async () => 'in')
export const hono = new Hono().use(inHono({ verifier })).get('/', (c) => c.text(c.get('entitlement').sub))
// @ts-expect-error: a verifier, or the options of one
inExpress({ issuer: '' })
`
    await writeFile(join(project, 'use.ts'), program)
    const flags = '--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --module nodenext'
    const args = [...flags.split(' '), '--target', 'es2022', '--types', 'node', 'use.ts']
    const { code, out } = await run(join(ROOT, 'node_modules/.bin/tsc'), args, { cwd: project })
    expect([out, code]).toEqual(['', 0])
  })
})
