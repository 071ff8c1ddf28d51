import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { isVisible } from '../../../src/protocol/visible.ts'
import { type Ended, ROOT, run } from '../../checkout.ts'
import { blockOf } from '../../docs.ts'
import {
  API,
  type ConnectServer,
  GOOD,
  type Handler,
  type Handlers,
  RESOURCE,
  resourceDocument,
  startConnectServer,
} from '../../parties/connect_server.ts'

const running: ConnectServer[] = []
afterEach(() => {
  for (const server of running.splice(0)) server.stop()
})

async function start(changes: Handlers = {}): Promise<ConnectServer> {
  const server = await startConnectServer(changes)
  running.push(server)
  return server
}

const COMMAND = [join(ROOT, 'src/cli/bulla.ts'), 'doctor']
const doctor = (...args: readonly string[]): Promise<Ended> => run('node', [...COMMAND, ...args])

describe('bulla doctor', () => {
  it('prints a line a step, and ends with 0 where a client gets on; what it registers it says before', async () => {
    const { origin, seen } = await start({
      'POST /t/register': (asked, raw) => {
        expect(asked.headers['content-type']).toBe('application/json')
        return (GOOD['POST /t/register'] as Handler)(asked, raw)
      },
    })
    const { code, out, err } = await doctor('--connect', origin + API)
    expect([
      code,
      out
        .trim()
        .split('\n')
        .map((line) => line.slice(0, 12)),
    ]).toEqual([
      0,
      ['challenge', 'resource', 'issuer', 'register', 'authorize', 'token', 'browsers'].map((step) =>
        `✓ ${step}`.padEnd(12),
      ),
    ])
    expect(err).toBe(
      `registers a public client, "bulla doctor (to be deleted)", at ${origin}/t/register; --no-register leaves that out\nan MCP client gets on at ${origin}/mcp, as far as can be seen without a person\n`,
    )
    const [registered] = seen.filter(({ url }) => url.pathname === '/t/register')
    expect(JSON.parse(registered?.body ?? '')).toMatchObject({
      redirect_uris: ['http://127.0.0.1:33418/callback'],
      token_endpoint_auth_method: 'none',
      scope: 'read write',
    })
  })

  it('looks whether a login can meet the maxAge that it is told, and takes nothing else for one', async () => {
    const { origin, seen } = await start()
    expect(await doctor('--connect', origin + API, '--max-age', '600')).toMatchObject({ code: 0 })
    expect(seen.map(({ url }) => url.searchParams.get('max_age')).filter(Boolean)).toEqual(['600'])
    for (const bad of ['0', '-1', 'x', '1.5', '9999999999'])
      expect(await doctor('--connect', origin + API, `--max-age=${bad}`)).toMatchObject({
        code: 2,
        err: expect.stringContaining('--max-age expected seconds, from 1 to 999999999'),
      })
  })

  it('ends with 1 where one does not, and names step, fault and mend; a warning does not count', async () => {
    const broken = await start({ 'POST /t/register': () => ({ status: 403 }) })
    const { code, out, err } = await doctor('--connect', broken.origin + API)
    expect([code, out]).toEqual([
      1,
      expect.stringContaining(
        '✗ register   403\n    break: The issuer registers nobody who does not show it a token first (403).\n    fault: what the issuer lets unknown clients do\n    mend: Let anybody register',
      ),
    ])
    expect(out).toMatch(/\n- authorize {2}not tried\n/)
    expect(err).toContain('it stops at "register", and the fault is what the issuer lets unknown clients do')
    const warned = await start({ [`OPTIONS ${API}`]: () => ({ status: 401 }) })
    expect(await doctor('--connect', warned.origin + API)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/\n! browsers .*\n {4}warning: /),
      err: expect.stringContaining('; 1 warning\n'),
    })
  })

  it('is called, and answers, as its page says', async () => {
    const { origin } = await start({
      [`GET ${RESOURCE}`]: ({ url }) => ({ body: { ...resourceDocument(url.origin), authorization_servers: [] } }),
    })
    const [command = '', ...args] = blockOf('connect')
      .trim()
      .replace('https://mcp.example.com', origin)
      .split(' ')
      .slice(2)
    expect(command).toBe('doctor')
    const { code, out } = await doctor(...args)
    expect([code, out.replaceAll(origin, 'https://mcp.example.com')]).toEqual([1, blockOf('connect-report')])
  })

  it('prints JSON for machines, and nothing else on stdout', async () => {
    const { origin } = await start({ 'POST /t/token': () => ({ status: 500 }) })
    const { code, out } = await doctor('--connect', origin + API, '--json')
    const { url, kind, ok, client_id, steps } = JSON.parse(out)
    expect([code, url, kind, ok, client_id]).toEqual([1, origin + API, 'api', false, 'c-1'])
    expect(steps.map(({ step, state }: Record<string, string>) => [step, state])).toEqual([
      ['challenge', 'ok'],
      ['resource', 'ok'],
      ['issuer', 'ok'],
      ['register', 'ok'],
      ['authorize', 'ok'],
      ['token', 'break'],
      ['browsers', 'not_tried'],
    ])
    expect(Object.keys(steps[5].findings[0])).toEqual(['severity', 'code', 'fault', 'what', 'mend'])
  })

  it.each([
    [[], /--issuer, or --connect, is missing/],
    [['--connect', 'auth.example.com'], /expected an http\(s\) URL/],
    [['--connect', 'file:///etc/passwd'], /expected an http\(s\) URL/],
    [['--connect', 'https://user:password@auth.example.com'], /without a user/],
    [['--connect', 'https://auth.example.com', 'more'], /a word too many/],
  ])('ends with 2 for %j', async (args, words) => {
    const { code, out, err } = await doctor(...args)
    expect([code, out, err.includes('password')]).toEqual([2, '', false])
    expect(err).toMatch(words)
  })

  it('shows no secret: not of the URL, nor of where it was led, nor of the client', async () => {
    const { origin } = await start({
      'POST /t/register': ({ body }) => ({
        status: 201,
        body: {
          client_id: 'c-1',
          ...JSON.parse(body),
          token_endpoint_auth_method: 'client_secret_post',
          client_secret: 'SECRET-1',
          client_secret_expires_at: 0,
        },
      }),
      'GET /t/authorize': () => ({ status: 302, headers: { location: '/login?state=SECRET-2' } }),
    })
    const { code, out, err } = await doctor('--connect', `${origin}/mcp?key=SECRET-3`)
    expect([code, out.includes('on to '), (out + err).includes('SECRET')]).toEqual([0, true, false])
  })

  it('writes out what nobody can see of a stranger: a terminal does nothing that it says', async () => {
    const evil = '\u001b]0;owned\u0007\u001b[2J\u009b31m\u202e\r\n\u2028'
    const { origin } = await start({
      'POST /t/register': () => ({ status: 400, body: { error: evil, error_description: evil } }),
    })
    for (const args of [[], ['--json']]) {
      const { code, out, err } = await doctor('--connect', origin + API, ...args)
      expect([code, [...(out + err).split('\n')].filter((line) => !isVisible(line))]).toEqual([1, []])
      expect(out).toMatch(/\\u\{1b\}/)
    }
  })

  it('shows what it asks while a person looks on, and takes it away', async () => {
    const { origin } = await start()
    const line = ['node', ...COMMAND, '--connect', origin + API].join(' ')
    const { code, out } = await run('script', ['-qefc', `${line} >/dev/null`, '/dev/null'])
    expect(code).toBe(0)
    expect(out).toContain(`\r\u001b[K${origin}/t/token`)
    expect(out).toContain('\r\u001b[Kan MCP client gets on')
  })
})
