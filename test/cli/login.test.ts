import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { serve } from '@hono/node-server'
import { describe, expect, it, vi } from 'vitest'
import { writeRing } from '../../keys/index.ts'
import type { Io, Values } from '../../src/cli/command.ts'
import { loginCommands } from '../../src/cli/login.ts'
import { ROOT, run } from '../checkout.ts'
import { testIssuer, testRing } from '../fixtures.ts'
import { createOwner, DEVICE_CLIENTS } from '../parties/device.ts'
import { freePort } from '../parties/live_issuer.ts'

const [login] = loginCommands

/** Calls the command in this process, where it need not really wait: `onWait` is called, with what was said so far. */
async function call(
  given: Readonly<Record<string, string | true>>,
  onWait: (seconds: number, said: string) => unknown = () => {},
) {
  const [out, said, opened, waited]: [string[], string[], string[], number[]] = [[], [], [], []]
  const textOf = (name: string): string | undefined => (typeof given[name] === 'string' ? given[name] : undefined)
  const values: Values = {
    text: textOf,
    need: (name) => textOf(name) ?? '',
    list: (name) => [textOf(name) ?? []].flat(),
    has: (name) => given[name] !== undefined,
    number: () => undefined,
  }
  const io: Pick<Io, 'out' | 'say' | 'open' | 'wait'> = {
    out: (data) => void out.push(data),
    say: (words) => void said.push(words),
    open: (url) => void opened.push(url),
    async wait(seconds) {
      waited.push(seconds)
      await onWait(seconds, said.join('\n'))
    },
  }
  const result: unknown = await login?.run(values, '', io as Io).catch((error: unknown) => (error as Error).message)
  return { result, out, said, opened, waited }
}

describe('bulla login at an issuer of ours', () => {
  async function logIn(given: Readonly<Record<string, string | true>>, decision: 'allow' | 'deny' = 'allow') {
    let late = 0
    const now = (): number => Math.floor(Date.now() / 1000) + late
    const port = await freePort()
    const issuer = `http://localhost:${port}/as`
    const app = testIssuer({ issuer, now, keyRing: writeRing(testRing(now())), clients: DEVICE_CLIENTS })
    const server = serve({ fetch: app.fetch, port })
    await once(server, 'listening')
    let waits = 0
    const called = await call({ issuer, client: 'pub', ...given }, async (seconds, said) => {
      late += seconds
      const code = /\b[B-Z]{4}-[B-Z]{4}\b/.exec(said)?.[0] ?? ''
      // The second question finds the answer.
      if (++waits === 2) await createOwner((request) => app.fetch(request), now, 'alice', issuer).answer(code, decision)
    })
    server.close()
    return { issuer, ...called }
  }

  it('tells code and address, opens the browser, waits as it was told, and prints the token alone', async () => {
    const { issuer, result, out, said, opened, waited } = await logIn({
      scope: 'read',
      resource: 'https://api1.example',
    })
    expect([result, waited]).toEqual([0, [5, 5]])
    expect(out).toEqual([expect.stringMatching(/^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/)])
    const [code] = /\b[B-Z]{4}-[B-Z]{4}\b/.exec(said.join('\n')) ?? []
    expect(said[0]).toBe(`Open ${issuer}/device in a browser, on any device, and type the code:\n\n    ${code}\n`)
    expect(opened).toEqual([`${issuer}/device?user_code=${code}`])
    expect(said.join()).not.toContain(out[0])
  })

  it('with --json prints the whole answer, and with --no-browser opens none', async () => {
    const { out, opened } = await logIn({ json: true, 'no-browser': true })
    expect(JSON.parse(out.join(''))).toMatchObject({
      access_token: expect.any(String),
      refresh_token: expect.any(String),
      token_type: 'Bearer',
    })
    expect(opened).toEqual([])
  })

  it.each([
    ['the person said no', {}, 'deny', 'the person said no (access_denied)'],
    [
      'the client is unknown',
      { client: 'unknown' },
      'allow',
      'the issuer does not know this client, or it has a secret: this command has none (invalid_client)',
    ],
    [
      'the client has a secret',
      { client: 'web' },
      'allow',
      'the issuer does not know this client, or it has a secret: this command has none (invalid_client)',
    ],
    [
      'the client may not',
      { client: 'nat' },
      'allow',
      'the client may not do this: its grant_types need urn:ietf:params:oauth:grant-type:device_code (unauthorized_client)',
    ],
    [
      'the scope is too much',
      { scope: 'admin' },
      'allow',
      'the scope is more than the client may have; see --scope (invalid_scope)',
    ],
    [
      'the resource is another',
      { resource: 'https://api2.example' },
      'allow',
      'the client may have no token for this resource, or for several; see --resource (invalid_target)',
    ],
  ] as const)('says plainly that %s', async (_, given, decision, words) => {
    const { result, out } = await logIn(given, decision)
    expect([result, out]).toEqual([words, []])
  })
})

/** An issuer of somebody else, that answers as the test says, one answer after the other. */
async function atAnother(
  answers: readonly (readonly [number, unknown])[],
  changes: Readonly<Record<string, unknown>> = {},
  path = '',
  given: Readonly<Record<string, string | true>> = {},
) {
  const forms: string[] = []
  let issuer = ''
  const left = [...answers]
  const server = createServer(async (request, response) => {
    if (request.method === 'GET') {
      const isKnown = request.url === `${path}/.well-known/openid-configuration`
      const metadata = {
        issuer,
        token_endpoint: `${issuer}/t`,
        device_authorization_endpoint: `${issuer}/d`,
        ...changes,
      }
      response.writeHead(isKnown ? 200 : 404).end(isKnown ? JSON.stringify(metadata) : 'no')
      return
    }
    forms.push(await text(request))
    if (request.url?.endsWith('/d')) {
      const begun = { device_code: 'secret-code', user_code: 'ABC 123', verification_uri: `${issuer}/v`, ...changes }
      response.end(JSON.stringify(begun))
      return
    }
    const [status, body] = left.shift() ?? [400, { error: 'authorization_pending' }]
    if (status === 0) response.destroy()
    else response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const called = await call({ issuer, client: 'cli', ...given })
  server.close()
  server.closeAllConnections()
  return { forms, ...called }
}
const TOKEN = [200, { access_token: 'abc.def', token_type: 'Bearer' }] as const

describe('bulla login at an issuer of others', () => {
  it('finds it by the metadata of OpenID Connect, too, below its path', async () => {
    const { result, out, forms } = await atAnother([TOKEN], {}, '/realms/x')
    expect([result, out]).toEqual([0, ['abc.def']])
    expect(forms).toEqual([
      'client_id=cli',
      'grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code&device_code=secret-code&client_id=cli',
    ])
  })

  it('asks five seconds later from then on when told to slow down, and half as often where nobody answers (RFC 8628 §3.5)', async () => {
    const slow = [400, { error: 'slow_down' }] as const
    const pending = [400, { error: 'authorization_pending' }] as const
    const { result, waited } = await atAnother([slow, pending, slow, [0, ''], [503, 'down'], TOKEN], { interval: 1 })
    expect([result, waited]).toEqual([0, [1, 6, 6, 11, 22, 44]])
  })

  it('ends when the code does', async () => {
    const { result, waited } = await atAnother([], { expires_in: 20, interval: 7 })
    expect([result, waited]).toEqual(['nobody answered in time; start again', [7, 7, 7]])
  })

  it.each([
    ['no pause', { expires_in: 3, interval: 0 }, [1, 1, 1, 1]],
    ['a pause of years', { interval: 1e10 }, [3600]],
    ['a code for ever', { expires_in: 1e300, interval: 1200 }, [1200, 1200, 1200, 1200]],
  ])('asks neither all the time nor for ever where it is told %s', async (_, changes, pauses) => {
    const { result, waited } = await atAnother(
      [...Array(20)].map(() => [400, { error: 'authorization_pending' }]),
      changes,
    )
    expect([result, waited]).toEqual(['nobody answered in time; start again', pauses])
  })

  it('reads no answer that never ends', async () => {
    let sent = 0
    const server = createServer((_, response) => {
      const write = (): void => {
        while (!response.destroyed && response.write(' '.repeat(65_536))) sent++
      }
      response.on('drain', write)
      write()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const { result } = await call({ issuer, client: 'cli' })
    server.close()
    server.closeAllConnections()
    expect(String(result)).toMatch(/tells nothing of itself/)
    expect(sent).toBeLessThan(1000)
  })

  it('lets neither the address nor the whole answer write into the terminal', async () => {
    const token = [200, { access_token: 'abc', note: '\u009b2J\u202e\u{1f600}' }] as const
    const port = await freePort()
    const uri = `http://127.0.0.1:${port}/\u001b[2J\u009b2J`
    const { said, out } = await atAnother([token], { verification_uri: uri }, '', { json: true })
    expect(said[0]).toContain(`Open http://127.0.0.1:${port}/%1B[2J%C2%9B2J in`)
    expect(out).toEqual(['{"access_token":"abc","note":"\\u009b2J\\u202e\\ud83d\\ude00"}'])
  })

  it('lets no answer write into the terminal', async () => {
    const { result, said } = await atAnother([[400, { error: 'x\u001b[2J', error_description: '\u202e<b>' }]], {
      user_code: 'A\u001b]0;x\u0007',
    })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    expect([...said, String(result)].join('').replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u202e]/)
  })

  it.each([
    [
      'is another than was named',
      { issuer: 'https://other.example' },
      'this issuer calls itself https://other.example: write that for --issuer, if it is meant',
    ],
    [
      'has no device flow',
      { device_authorization_endpoint: undefined },
      'this issuer has no device flow: no client of it may use one',
    ],
    [
      'takes codes by plain http elsewhere',
      { device_authorization_endpoint: 'http://evil.example/d' },
      'the metadata are wrong: device_authorization_endpoint expected an https URL of a public host, or http on this machine',
    ],
    [
      'gives tokens at a file',
      { token_endpoint: 'file:///etc/passwd' },
      'the metadata are wrong: token_endpoint expected an https URL of a public host, or http on this machine',
    ],
    [
      'has a page that is a script',
      { verification_uri: 'javascript:alert(1)' },
      'the issuer answers wrongly: verification_uri expected an https URL of a public host, or http on this machine',
    ],
    [
      'has a link that is a script',
      { verification_uri_complete: 'javascript:alert(1)' },
      'the issuer answers wrongly: verification_uri_complete expected an https URL of a public host, or http on this machine',
    ],
    ['gives no code', { device_code: 7 }, 'the issuer answers without a code'],
  ])('stops where it %s', async (_, changes, words) => {
    const { result, opened, out } = await atAnother([TOKEN], changes)
    expect([result, opened, out]).toEqual([words, [], []])
  })

  // promise: W18
  it('is sent to this machine by no issuer elsewhere', async () => {
    const issuer = 'https://as.example'
    const answers: Readonly<Record<string, unknown>> = {
      [`${issuer}/.well-known/oauth-authorization-server`]: {
        issuer,
        token_endpoint: `${issuer}/t`,
        device_authorization_endpoint: `${issuer}/d`,
      },
      [`${issuer}/d`]: { device_code: 'x', user_code: 'ABC', verification_uri: 'http://localhost:8080/reset' },
    }
    vi.stubGlobal('fetch', async (url: string) => Response.json(answers[url]))
    const { result, opened } = await call({ issuer, client: 'cli' }).finally(() => vi.unstubAllGlobals())
    expect([result, opened]).toEqual([
      'the issuer answers wrongly: verification_uri expected an https URL of a public host',
      [],
    ])
  })

  it('prints no token that is none', async () => {
    const { result, out } = await atAnother([[200, { access_token: 'a\nb' }]])
    expect([result, out]).toEqual(['the issuer answers without an access token', []])
  })
})

describe('bulla login as a process', () => {
  const command = (...args: readonly string[]) => run('node', [join(ROOT, 'src/cli/bulla.ts'), 'login', ...args])

  it('says what is wrong with a call, and what it can be told', async () => {
    const [help, lacking, wrong] = await Promise.all([
      command('--help'),
      command('--issuer', 'https://as.example'),
      command('--issuer', 'http://as.example', '--client', 'x'),
    ])
    expect([help.code, help.out.split('\n')[0]]).toEqual([
      0,
      'usage: bulla login --issuer URL --client ID [--scope SCOPE] [--resource URI]… [--json] [--no-browser]',
    ])
    expect([lacking.code, lacking.err.split('\n')[0]]).toEqual([2, 'bulla: --client is missing'])
    expect([wrong.code, wrong.err.split('\n')[0]]).toEqual([
      2,
      'bulla: --issuer expected an https URL of a public host, or http on this machine',
    ])
  })

  it('says who does not answer', async () => {
    const issuer = `http://localhost:${await freePort()}`
    const { code, out, err } = await command('--issuer', issuer, '--client', 'x', '--no-browser')
    expect([code, out, err]).toEqual([1, '', `bulla: ${issuer} does not answer: TypeError: ECONNREFUSED\n`])
  })
})
