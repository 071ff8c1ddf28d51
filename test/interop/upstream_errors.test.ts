import { createServer, type Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import Provider from 'oidc-provider'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { writeRing } from '../../keys/index.ts'
import { createIssuer, createMemoryGuard, type LogEntry, upstreamLogin } from '../../src/index.ts'
import { drive } from '../cases/login.mjs'
import { testRing, testSettings } from '../fixtures.ts'
import { bareLine } from '../parties/bare_line.ts'
import { freePort } from '../parties/live_issuer.ts'
import { authorizeUrl, REQUESTS } from '../parties/person.ts'

const REDIRECT = 'https://web.example/cb'

/** An issuer in Node, and npm's oidc-provider, which logs people in for it; the issuer knows the secret, or another. */
describe('with oidc-provider upstream', () => {
  const lines: LogEntry[] = []
  /** By which URL, and with which cookies, a browser last came back from the provider. */
  let callback: Request | undefined
  let secret = 'upstream-secret'
  let issuer = ''
  let port = 0
  let servers: Server[] = []

  beforeAll(async () => {
    port = await freePort()
    const own = await freePort()
    issuer = `http://localhost:${own}`
    const client = { client_id: 'bulla', client_secret: secret, redirect_uris: [`${issuer}/login/callback`] }
    const provider = new Provider(`http://localhost:${port}`, {
      clients: [client],
      pkce: { required: () => true },
      findAccount: (_: unknown, id: string) => ({ accountId: id, claims: () => ({ sub: id }) }),
    })
    const now = (): number => Math.floor(Date.now() / 1000)
    const guard = createMemoryGuard(now)
    const make = (clientSecret: string) => {
      const authenticate = upstreamLogin({
        issuer: `http://localhost:${port}`,
        clientId: 'bulla',
        clientSecret,
        isLoopbackAllowed: true,
      })
      return createIssuer({
        ...testSettings({ authenticate, guard, now, log: (entry) => lines.push(entry) }),
        issuer,
        keyRing,
      })
    }
    const keyRing = writeRing(testRing(now()))
    const [right, wrong] = [make(secret), make('another-secret')]
    const fetch = (request: Request): Response | Promise<Response> => {
      if (new URL(request.url).pathname === '/login/callback') callback = request
      return (secret === 'upstream-secret' ? right : wrong).fetch(request)
    }
    servers = [createAdaptorServer({ fetch }) as Server, createServer(provider.callback())]
    for (const [index, server] of servers.entries())
      await new Promise<void>((resolve) => server.listen([own, port][index], 'localhost', resolve))
  })
  afterAll(() => {
    for (const server of servers) {
      server.closeAllConnections()
      server.close()
    }
  })
  beforeEach(() => {
    secret = 'upstream-secret'
    lines.length = 0
  })

  const visit = (options: Readonly<Record<string, unknown>> = {}) =>
    drive(authorizeUrl(REQUESTS['web'], issuer), REDIRECT, { hosts: [`localhost:${port}`], ...options })

  it('a wrong secret is a page that says whose fault it is, and a log that says what it is', async () => {
    secret = 'another-secret'
    const { status, html } = await visit()
    expect([status, html]).toEqual([500, expect.stringContaining('The operator finds in the log what it was')])
    expect(bareLine(lines.at(-1))).toEqual({
      level: 'error',
      event: 'login',
      code: 'server_error',
      detail: 'token endpoint: invalid_client, status 401',
    })
  })

  it('who goes away there comes back to the app, which is told so', async () => {
    const { callback: back = '', trace } = await visit({ consent: 'deny' })
    expect(trace).toEqual(expect.arrayContaining([expect.stringContaining('/abort')]))
    const { searchParams } = new URL(back)
    expect([searchParams.get('error'), searchParams.get('state'), searchParams.get('iss')]).toEqual([
      'access_denied',
      'xyz',
      issuer,
    ])
    expect(back).not.toContain('End-User')
  })

  it('the page by which a person came back, opened again, is no alarm, and leads on', async () => {
    expect((await visit()).callback).toContain('code=')
    const cookie = callback?.headers.get('cookie') ?? ''
    const again = await fetch(callback?.url ?? '', { headers: { cookie }, redirect: 'manual' })
    const page = await again.text()
    expect([again.status, page]).toEqual([400, expect.stringContaining('Try again')])
    expect(lines.at(-1)).toMatchObject({ level: 'warn', detail: 'token endpoint: invalid_grant, status 400' })
    expect(lines.filter(({ level }) => level === 'error')).toEqual([])
  })
})
