import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as openid from 'openid-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { API, secretHash, VARS } from '../fixtures.ts'
import { type Front, type FrontName, HOST, ISSUER, isWithout, startFront } from '../parties/front.ts'
import { createApp, createPerson, readAnswer } from '../parties/person.ts'
import type { PostgresServer } from '../parties/postgres_server.ts'
import { endProcess } from '../parties/processes.ts'
import { folderOf, type ServeProcess, startServe } from '../parties/serve_process.ts'
import { startPostgresWithTables } from '../parties/sql_database.ts'

const METADATA = '/.well-known/oauth-authorization-server/auth'
/** The other addresses of the same document. */
const ALIASES = [
  '/.well-known/openid-configuration/auth',
  '/auth/.well-known/openid-configuration',
  '/auth/.well-known/oauth-authorization-server',
]

const NAMES = ['nginx', 'caddy', 'apache'] as const
const CALLBACK = 'https://shop.example/callback'
const SHOP = { client_secret: 'shop-secret', id_token_signed_response_alg: 'ES256' }
const SCOPE = 'openid offline_access read'

/** The issuer of the docs, a person's app, and a shop that asks who logged in. */
const SETTINGS = {
  ISSUER,
  RESOURCES: { [API]: VARS.RESOURCES[API] },
  CLIENTS: {
    pub: { ...VARS.CLIENTS.pub, authorization_details_types: [] },
    shop: {
      secret_hash: secretHash('shop-secret'),
      grant_types: ['authorization_code', 'refresh_token'],
      redirect_uris: [CALLBACK],
      resources: [API],
      scopes: SCOPE.split(' '),
      dpop_bound_access_tokens: true,
      id_token_signed_response_alg: 'ES256',
    },
  },
  OPENID: {},
  LOGIN: VARS.LOGIN,
}

let postgres: PostgresServer
let served: readonly ServeProcess[] = []
const proxies: Front[] = []

async function start(name: FrontName, change?: (lines: string) => string): Promise<Front> {
  const proxy = await startFront(
    name,
    served.map(({ port }) => port),
    change,
  )
  proxies.push(proxy)
  return proxy
}

async function statusOf(proxy: Front, path: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  const answer = await proxy.send('GET', path, headers)
  answer.resume()
  return answer.statusCode
}

beforeAll(async () => {
  postgres = await startPostgresWithTables()
  const folder = folderOf(JSON.stringify({ vars: SETTINGS }))
  const call = { args: ['--host', '127.0.0.1'], env: { GUARD_URL: postgres.url } }
  served = await Promise.all([startServe(folder, call), startServe(folder, call)])
}, 120_000)
afterAll(async () => {
  await Promise.all(proxies.map((proxy) => proxy.stop()))
  await Promise.all(served.map(({ process }) => endProcess(process, 'SIGTERM')))
  await postgres?.stop()
})

describe.each(NAMES)('two processes of an issuer with a path, behind %s, by the docs alone', (name) => {
  let proxy: Front
  beforeAll(async () => {
    if (!isWithout(name)) proxy = await start(name)
  })

  it.skipIf(isWithout(name))('are there by every spelling of their host, and nothing else is', async () => {
    const metadata = await (await proxy.ask(new Request(`https://${HOST}${METADATA}`))).json()
    expect(metadata).toMatchObject({ issuer: ISSUER, token_endpoint: `${ISSUER}/token` })
    for (const host of [HOST, `${HOST}:443`, 'WWW.Example.com'])
      expect([host, await statusOf(proxy, METADATA, { host })]).toEqual([host, 200])
    // Whatever a client says of its scheme, the proxy knows better.
    expect(await statusOf(proxy, METADATA, { 'x-forwarded-proto': 'http' })).toBe(200)
    for (const alias of ALIASES) expect([alias, await statusOf(proxy, alias)]).toEqual([alias, 200])
    expect(await statusOf(proxy, '/auth')).toBe(200)
    const past = await new Promise<IncomingMessage>((resolve, reject) => {
      const to = { host: '127.0.0.1', port: served[0]?.port, path: METADATA, headers: { host: HOST } }
      request(to, resolve).on('error', reject).end()
    })
    expect(past.statusCode).toBe(421)
  })

  it.skipIf(isWithout(name))('hear who asks from the proxy alone, whatever a client says of itself', async () => {
    const server = createServer(({ headers }, response) => response.end(JSON.stringify(headers)))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const echo = await startFront(name, [port, port])
    try {
      const headers = { 'x-forwarded-for': '203.0.113.7', 'x-forwarded-proto': 'http' }
      const said = async () => {
        const answer = await echo.ask(new Request(`${ISSUER}/token`, { headers }))
        return answer.status === 200 ? answer.json() : undefined
      }
      await expect.poll(said).toMatchObject({
        host: HOST,
        'x-forwarded-proto': 'https',
        'x-forwarded-for': expect.stringMatching(/(^|, )127\.0\.0\.1$/),
      })
    } finally {
      await echo.stop()
      server.close()
    }
  })

  it.skipIf(isWithout(name))('take people there and back, with the longest state and full cookies', async () => {
    const state = 'x'.repeat(4000)
    const alice = createPerson(proxy.ask, { issuer: ISSUER })
    const code = async (): Promise<string> => {
      const answer = await alice.answer('allow', { state })
      expect(answer.searchParams.get('state')).toBe(state)
      return answer.searchParams.get('code') ?? ''
    }
    await code()
    alice.browser.cookies.set('__Host-other', 'x'.repeat(12_000))
    const app = createApp(proxy.ask, { issuer: ISSUER })
    expect((await readAnswer(await app.redeem(await code()))).token_type).toBe('Bearer')
  })

  it.skipIf(isWithout(name))('give openid-client all that it asks, and each code once', async () => {
    const config = await openid.discovery(new URL(ISSUER), 'shop', SHOP, undefined, {
      [openid.customFetch]: (url: string, init: object) => proxy.ask(new Request(url, init)),
    })
    const DPoP = openid.getDPoPHandle(config, await openid.randomDPoPKeyPair())
    const pkceCodeVerifier = openid.randomPKCECodeVerifier()
    const checks = { pkceCodeVerifier, expectedState: openid.randomState(), expectedNonce: openid.randomNonce() }
    const alice = createPerson(proxy.ask, { issuer: ISSUER })
    const back = await alice.answer('allow', {
      client_id: 'shop',
      redirect_uri: CALLBACK,
      scope: SCOPE,
      resource: API,
      state: checks.expectedState,
      nonce: checks.expectedNonce,
      code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    })
    const redeem = () => openid.authorizationCodeGrant(config, back, checks, undefined, { DPoP })
    const tokens = await redeem()
    expect(tokens).toMatchObject({ token_type: 'dpop', refresh_token: expect.any(String) })
    expect(tokens.claims()).toMatchObject({ iss: ISSUER, aud: 'shop' })
    const refresh = () => openid.refreshTokenGrant(config, tokens.refresh_token ?? '', undefined, { DPoP })
    const renewed = await Promise.all(Array.from({ length: 8 }, refresh))
    expect(renewed.map(({ scope }) => scope)).toEqual(renewed.map(() => tokens.scope))
    await expect(redeem()).rejects.toMatchObject({ error: 'invalid_grant' })
    await expect(refresh()).rejects.toMatchObject({ error: 'invalid_grant' })
  })
})

it.each([
  ['nginx', / +proxy_set_header X-Forwarded-Proto.*\n/, 1, 1, 421],
  ['nginx', / +proxy_set_header Host.*\n/, 1, 1, 421],
  ['nginx', / +large_client_header_buffers.*\n/, 1, 9000, 400],
  ['nginx', / +proxy_buffer_size.*\n +proxy_buffers.*\n/, 4000, 1, 502],
  ['apache', / +RequestHeader.*\n/, 1, 1, 421],
  ['apache', / +ProxyPreserveHost.*\n/, 1, 1, 421],
  ['apache', / +LimitRequestFieldSize.*\n/, 1, 9000, 400],
] as const)(
  'needs the line of %s: without %s nobody is answered, or logs in',
  async (name, line, state, cookie, status) => {
    if (isWithout(name)) return
    const proxy = await start(name, (lines) => lines.replace(line, ''))
    const cookies = new Map([['__Host-other', 'x'.repeat(cookie)]])
    const alice = createPerson(proxy.ask, { issuer: ISSUER, cookies })
    expect((await alice.visit({ state: 'x'.repeat(state) })).status).toBe(status)
  },
)

// What comes here is the last: one process is gone afterwards.
it('two processes answer on by every proxy when one of the two is killed', async () => {
  served[1]?.process.kill('SIGKILL')
  for (const name of NAMES.filter((name) => !isWithout(name))) {
    const { ask } = await start(name)
    const app = createApp(ask, { issuer: ISSUER })
    const statuses = async () => {
      const answers = await Promise.all(Array.from({ length: 8 }, () => app.redeem('no code')))
      return answers.map(({ status }) => status)
    }
    await expect.poll(statuses).toEqual(Array.from({ length: 8 }, () => 400))
  }
})
