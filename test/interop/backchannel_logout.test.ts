/**
 * A person logs out of an issuer in a real workerd, and real servers hear of it: express-openid-connect, which verifies what it
 * is told, and servers that misbehave.
 *
 * @module
 */

import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import express from 'express'
import { auth } from 'express-openid-connect'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createRing } from '../../keys/index.ts'
import { challengeOf } from '../../src/protocol/pkce.ts'
import { ROOT } from '../checkout.ts'
import { basic, secretHash, testKey } from '../fixtures.ts'
import { freePort, type LiveIssuer, startIssuer } from '../parties/live_issuer.ts'
import { RING_RSA } from '../parties/partner.ts'
import { formOf, VERIFIER } from '../parties/person.ts'
import { createVisitor, type Visitor } from '../parties/visitor.ts'

const SECRET = 'rp-secret'

/** Servers that misbehave, by what they do. */
const MISBEHAVING = ['hangs', 'fails', 'redirects', 'drips', 'breaks-off'] as const

let live: LiveIssuer
let app = ''
const stops: (() => void)[] = []
/** Where the misbehaving ones are. */
const misbehaving = new Map<string, string>()
/** How often each was told. */
const heard = new Map<string, number>()
/** What express-openid-connect found good. */
const believed: Record<string, unknown>[] = []

function listen(listener: RequestListener, port = 0): Promise<number> {
  const server = createServer(listener)
  stops.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return new Promise((resolve) =>
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  )
}

const client = (port: number, callback: string) => ({
  secret_hash: secretHash(SECRET),
  grant_types: ['authorization_code'],
  redirect_uris: [`http://127.0.0.1:${port}${callback}`],
  post_logout_redirect_uris: [`http://127.0.0.1:${port}`],
  backchannel_logout_uri: `https://at-${port}.example/backchannel-logout`,
  scopes: ['openid'],
})

beforeAll(async () => {
  const port = await freePort()
  app = `http://127.0.0.1:${port}`
  const clients: Record<string, object> = {
    rp: client(port, '/callback'),
    operator: { kind: 'operator', secret_hash: secretHash('operator-secret') },
  }
  for (const how of MISBEHAVING) {
    const at = await listen((request, answer) => {
      heard.set(how, (heard.get(how) ?? 0) + 1)
      request.resume()
      if (how === 'fails') answer.writeHead(500).end('no')
      if (how === 'redirects') answer.writeHead(302, { location: '/elsewhere' }).end()
      if (how === 'drips') answer.writeHead(200).write('.')
      if (how === 'breaks-off') request.socket.destroy()
    })
    misbehaving.set(how, `http://127.0.0.1:${at}`)
    clients[how] = client(at, '/cb')
  }
  const ring = createRing({ now: Math.floor(Date.now() / 1000), key: testKey(), rsaKey: RING_RSA })
  const entrypoint = join(ROOT, 'test/parties/backchannel_worker.ts')
  live = await startIssuer({ CLIENTS: clients, OPENID: {} }, { ring, entrypoint })
  // A worker takes its time for its first request.
  await fetch(`${live.issuer}/jwks`)
  const server = express()
  const isSame = (token: Record<string, unknown>, claims: Record<string, unknown> = {}): boolean =>
    token['sub'] === claims['sub'] && (token['sid'] === undefined || token['sid'] === claims['sid'])
  const backchannelLogout = {
    isLoggedOut: ({ oidc }: { oidc: { idTokenClaims?: Record<string, unknown> } }) =>
      believed.some((token) => isSame(token, oidc.idTokenClaims)),
    onLogoutToken: (token: Record<string, unknown>) => void believed.push(token),
    onLogin: false,
  }
  server.use(
    auth({
      issuerBaseURL: live.issuer,
      baseURL: app,
      clientID: 'rp',
      clientSecret: SECRET,
      secret: 'a secret of at least thirty-two characters',
      authRequired: false,
      httpTimeout: 30_000,
      idpLogout: true,
      authorizationParams: { response_type: 'code', scope: 'openid' },
      backchannelLogout: backchannelLogout as never,
    }),
  )
  server.get('/', (_, response) => response.type('text').send('home'))
  server.get('/me', ({ oidc }, response) => response.json(oidc.isAuthenticated() ? oidc.user?.['sub'] : null))
  await listen(server, port)
}, 120_000)
afterAll(async () => {
  for (const stop of stops) stop()
  await live?.stop()
})
beforeEach(() => {
  believed.length = 0
})

/** Logs in at the app. */
async function logIn(): Promise<Visitor> {
  const visitor = createVisitor()
  await visitor.visit(`${app}/login`)
  expect((await visitor.visit(`${app}/me`)).text).toBe('"alice"')
  return visitor
}

it('express-openid-connect believes the logout token that comes after the answer, and logs its person out', async () => {
  const visitor = await logIn()
  // The issuer is asked, at its own button: the app hears of it by the back channel alone.
  expect((await visitor.visit(`${live.issuer}/logout`)).text).toContain('You are logged out')
  await expect.poll(() => believed.length, { timeout: 15_000 }).toBe(1)
  expect(believed[0]).toMatchObject({ iss: live.issuer, aud: 'rp', sub: 'alice', sid: expect.any(String) })
  expect((await visitor.visit(`${app}/me`)).text).toBe('null')
})

it('express-openid-connect logs its person out at the issuer, and they are led back to it without a question', async () => {
  const visitor = await logIn()
  const passed: string[] = []
  const end = await visitor.visit(`${app}/logout`, (url) => {
    passed.push(url.pathname)
    return url
  })
  expect([end.url.origin, end.text, passed]).toEqual([app, 'home', ['/logout', '/logout', '/']])
  expect((await visitor.visit(`${live.issuer}/logout`)).text).toContain('You are logged out')
  await expect.poll(() => believed.length, { timeout: 15_000 }).toBe(1)
})

it('servers that hang, fail, redirect, drip or break off keep nobody from logging out, and no other from hearing of it', async () => {
  const visitor = await logIn()
  for (const [how, origin] of misbehaving) {
    const asked = formOf({
      response_type: 'code',
      client_id: how,
      redirect_uri: `${origin}/cb`,
      scope: 'openid',
      code_challenge: challengeOf(VERIFIER),
      code_challenge_method: 'S256',
    })
    const upToIt = (url: URL) => (url.origin === origin ? undefined : url)
    const { url } = await visitor.visit(`${live.issuer}/authorize?${asked}`, upToIt)
    expect(url.searchParams.has('code')).toBe(true)
  }
  expect([...heard]).toEqual([])
  expect((await visitor.visit(`${live.issuer}/logout`)).text).toContain('You are logged out')
  await expect.poll(() => believed.length, { timeout: 15_000 }).toBe(1)
  const told = { hangs: 2, fails: 2, redirects: 1, drips: 1, 'breaks-off': 2 }
  await expect.poll(() => Object.fromEntries(heard), { timeout: 20_000 }).toEqual(told)
})

it('an operator who revokes a person logs them out of express-openid-connect, in every browser', async () => {
  const visitors = [await logIn(), await logIn()]
  const response = await fetch(`${live.issuer}/revocations`, {
    method: 'POST',
    headers: { authorization: basic('operator', 'operator-secret') },
    body: new URLSearchParams({ kind: 'sub', value: 'alice' }),
  })
  expect(response.status).toBe(200)
  await expect.poll(() => believed.length, { timeout: 15_000 }).toBe(1)
  expect(believed[0]).not.toHaveProperty('sid')
  for (const visitor of visitors) expect((await visitor.visit(`${app}/me`)).text).toBe('null')
})
