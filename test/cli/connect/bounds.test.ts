import { createServer } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { createAsk } from '../../../src/cli/connect/ask.ts'
import { summarize, writeJson, writeReport } from '../../../src/cli/connect/report.ts'
import { type Report, walk } from '../../../src/cli/connect/walk.ts'
import { isVisible } from '../../../src/protocol/visible.ts'
import {
  API,
  type ConnectServer,
  GOOD,
  type Handler,
  type Handlers,
  ISSUER,
  RESOURCE,
  startConnectServer,
} from '../../parties/connect_server.ts'
import { makeCertificate, startHttpsServer } from '../../parties/https_server.ts'
import { freePort } from '../../parties/live_issuer.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

async function start(changes: Handlers = {}): Promise<ConnectServer> {
  const server = await startConnectServer(changes)
  closing.push(() => server.stop())
  return server
}

const walkTo = (url: string, patience = 5000, whole = 20_000): Promise<Report> =>
  walk(new URL(url), {
    registers: true,
    say: () => {},
    progress: () => {},
    random: () => 'r'.repeat(43),
    patience,
    whole,
  })

/** Returns where a walk stops, why, and whose fault it is. */
function stopOf({ steps }: Report): readonly unknown[] {
  const broken = steps.find(({ state }) => state === 'break')
  const breaks = broken?.findings.filter(({ severity }) => severity === 'break') ?? []
  return [broken?.step, ...breaks.flatMap(({ code, fault }) => [code, fault])]
}

/** What a terminal obeys: a title, a cleared screen, a colour by a C1 control, an order of writing, a line. */
const EVIL = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e\r\n'

const hangUp: Handler = (_, raw) => {
  raw.destroy()
  return 'taken'
}

/** Begins, and goes on no further. */
const slow: Handler = (_, raw) => {
  raw.writeHead(403, { 'content-type': 'application/json' }).write('{')
  return 'taken'
}

/** Sends without an end. */
const endless =
  (type: string): Handler =>
  (_, raw) => {
    raw.writeHead(200, { 'content-type': type })
    const send = (): void => {
      while (!raw.destroyed && raw.write('x'.repeat(16_384)));
      if (!raw.destroyed) raw.once('drain', send)
    }
    send()
    return 'taken'
  }

describe('a walk to where nobody answers', () => {
  it.each<[string, () => Promise<string>, string, string]>([
    ['a name that nobody has', async () => `http://${'a'.repeat(64)}.example/mcp`, 'unknown_name', 'network'],
    ['a port that nobody listens at', async () => `http://127.0.0.1:${await freePort()}/mcp`, 'refused', 'network'],
    [
      'a certificate that nobody trusts',
      async () => {
        const server = await startHttpsServer(makeCertificate(), (_, response) => response.end())
        closing.push(() => server.stop())
        return `https://127.0.0.1:${server.port}/mcp`
      },
      'tls',
      'api',
    ],
    ['plain http where TLS is meant', async () => (await start()).origin.replace('http:', 'https:'), 'tls', 'api'],
    ['a server that hangs up', async () => (await start({ '/mcp': hangUp })).origin + API, 'cut_off', 'network'],
    [
      'headers of more than 16 KB',
      async () =>
        (
          await start({
            '/mcp': () => ({ status: 401, headers: { 'www-authenticate': `Bearer x="${'x'.repeat(20_000)}"` } }),
          })
        ).origin + API,
      'malformed',
      'api',
    ],
    [
      'an answer that is no HTTP',
      async () => {
        const server = createServer((socket) => socket.on('error', () => {}).end('SSH-2.0-x\r\n'))
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
        closing.push(() => server.close())
        return `http://127.0.0.1:${(server.address() as { port: number }).port}/mcp`
      },
      'malformed',
      'api',
    ],
  ])('says so of %s', async (_, url, code, fault) => {
    expect(stopOf(await walkTo(await url()))).toEqual(['challenge', code, fault])
  })
})

describe('a walk to a hostile server', () => {
  it('ends where one answer takes too long, head or body', async () => {
    for (const handler of [slow, (): 'taken' => 'taken']) {
      const { origin } = await start({ [API]: handler })
      expect(stopOf(await walkTo(origin + API, 100, 600_000))).toEqual(['challenge', 'timeout', 'network'])
    }
  })

  it('ends where all of it takes too long, and asks nothing more', async () => {
    const { origin, seen } = await start({ [API]: slow })
    expect(stopOf(await walkTo(origin + API, 600_000, 100))).toEqual(['challenge', 'timeout', 'network'])
    expect(seen.length).toBeLessThanOrEqual(1)
  })

  it('reads 64 KB of a body without an end', async () => {
    const document = await start({ [`GET ${RESOURCE}`]: endless('application/json') })
    expect(stopOf(await walkTo(document.origin + API))).toEqual(['resource', 'too_long', 'api'])
    const page = await start({ 'GET /t/authorize': endless('text/html') })
    expect(await walkTo(page.origin + API)).toMatchObject({ ok: true })
    const events = await start({ [API]: endless('text/event-stream'), [`GET ${RESOURCE}`]: () => ({ status: 404 }) })
    expect(await walkTo(events.origin + API)).toMatchObject({ ok: true })
  })

  it('follows no redirect but one of the API to itself, and asks by GET, POST and OPTIONS alone', async () => {
    const elsewhere = await start()
    const leads = { status: 307, headers: { location: `${elsewhere.origin}/trap` } }
    const paths = [API, `GET ${RESOURCE}`, `GET ${ISSUER}`, 'POST /t/register', 'GET /t/authorize', 'POST /t/token']
    for (const path of paths) {
      const server = await start({ [path]: () => leads })
      await walkTo(server.origin + API)
      const asked = [...server.seen, ...elsewhere.seen].map(({ method }) => method)
      expect(asked.filter((method) => !['GET', 'POST', 'OPTIONS'].includes(method))).toEqual([])
    }
    const loop = await start({
      [API]: ({ url }) => ({ status: 307, headers: { location: `${url.pathname}?${url.search.length}` } }),
    })
    expect(stopOf(await walkTo(loop.origin + API))).toEqual(['challenge', 'redirected', 'api'])
    expect([elsewhere.seen, loop.seen.filter(({ method }) => method === 'POST').length]).toEqual([[], 2])
  })

  // promise: W19
  it('sends nobody who was typed as public to this machine, by name or by address', async () => {
    const server = await start()
    const { ask } = createAsk(new URL('https://api.example.com/mcp'), {}, () => {})
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1'])
      expect(await ask(server.origin.replace('127.0.0.1', host))).toMatchObject({ ok: false, kind: 'inside' })
    expect(server.seen).toEqual([])
  })

  it.each<[string, Handlers]>([
    [
      'what an API calls itself',
      { [`GET ${RESOURCE}`]: () => ({ body: { resource: EVIL, authorization_servers: [EVIL] } }) },
    ],
    ['what an issuer calls itself', { [`GET ${ISSUER}`]: () => ({ body: { issuer: EVIL } }) }],
    [
      'the id of a client',
      { 'POST /t/register': ({ body }) => ({ status: 201, body: { ...JSON.parse(body), client_id: EVIL } }) },
    ],
    [
      'why a client is refused',
      { 'POST /t/register': () => ({ status: 403, body: { error: EVIL, error_description: EVIL } }) },
    ],
    ['an error on a page', { 'GET /t/authorize': () => ({ status: 400, body: { error: EVIL } }) }],
    [
      'an error on the way back',
      {
        'GET /t/authorize': () => ({
          status: 302,
          headers: { location: `http://127.0.0.1:33418/callback?error=${encodeURIComponent(EVIL)}` },
        }),
      },
    ],
    [
      'an error of the token endpoint',
      { 'POST /t/token': () => ({ status: 400, body: { error: EVIL, error_description: EVIL } }) },
    ],
  ])('writes out what nobody can see of %s, in both reports', async (_, changes) => {
    const { origin } = await start(changes)
    const report = await walkTo(origin + API)
    for (const lines of [writeReport(report), writeJson(report).split('\n')])
      expect([lines.filter((line) => !isVisible(line)), lines.join('')]).toEqual([
        [],
        expect.stringContaining('\\u{1b}'),
      ])
    expect(isVisible(summarize(report))).toBe(true)
  })

  it('ends with a report, whatever a member of what it is told is', async () => {
    const odd: readonly unknown[] = [null, '', [], {}, 0, true, 'x', [null], ['x'], { toString: 1 }]
    const members: Readonly<Record<string, readonly string[]>> = {
      [`GET ${RESOURCE}`]: ['resource', 'authorization_servers', 'scopes_supported'],
      [`GET ${ISSUER}`]: [
        'issuer',
        'authorization_endpoint',
        'token_endpoint',
        'registration_endpoint',
        'scopes_supported',
        'grant_types_supported',
      ],
      'POST /t/register': ['client_id', 'client_secret', 'redirect_uris', 'token_endpoint_auth_method'],
      'POST /t/token': ['error', 'error_description'],
    }
    let told: Readonly<Record<string, unknown>> = {}
    for (const [path, names] of Object.entries(members)) {
      const { origin } = await start({
        [path]: (seen, raw) => {
          const answer = (GOOD[path] as Handler)(seen, raw)
          return answer === 'taken' ? answer : { ...answer, body: { ...(answer.body as object), ...told } }
        },
      })
      for (const name of names)
        for (const value of odd) {
          told = { [name]: value }
          const report = await walkTo(origin + API)
          expect([name, value, JSON.parse(writeJson(report)).steps.length]).toEqual([name, value, 7])
        }
    }
  })
})
