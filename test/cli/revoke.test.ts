import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeRing } from '../../keys/index.ts'
import { createMemoryRevocations } from '../../src/index.ts'
import { upstreamSubject } from '../../src/protocol/subject.ts'
import type { Addition } from '../../src/stores/revocations.ts'
import { type Ended, ROOT, run } from '../checkout.ts'
import { SECRETS, testIssuer, testRing } from '../fixtures.ts'
import { freePort } from '../parties/live_issuer.ts'

/** Revokes something at an issuer that answers so. */
async function revoke(
  status: number,
  body: Readonly<Record<string, unknown>>,
  what = ['client', 'anon'],
): Promise<Ended> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const line = ['revoke', ...what, '--issuer', issuer, '--client', 'ops', '--secret-file', '-']
  const ended = await run('node', [join(ROOT, 'src/cli/bulla.ts'), ...line], { input: 'secret' })
  server.close()
  return ended
}

it('an operator who revokes a client reads plainly that its anonymous tokens were not revoked', async () => {
  const { code, err } = await revoke(200, { revoked: 'client', effective_within: 20, except: 'anonymous tokens' })
  expect([code, err]).toEqual([0, expect.stringContaining('NOT revoked: its anonymous tokens')])
})

it('an operator whose list is full reads what can be done', async () => {
  const { code, err } = await revoke(429, { error: 'slow_down', error_description: 'x' })
  expect([code, err]).toEqual([1, expect.stringMatching(/list of revocations is full: revoke something broader/)])
})

describe('--secret-file', () => {
  /** Returns the secret that an issuer is shown, of a file that holds this. */
  async function shown(text: string): Promise<string | Ended> {
    let secret: string | undefined
    const server = createServer(({ headers }, response) => {
      secret = decodeURIComponent(atob(headers.authorization?.slice('Basic '.length) ?? '').slice('ops:'.length))
      response.end('{}')
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const line = ['revoke', 'client', 'a', '--issuer', issuer, '--client', 'ops', '--secret-file', '-']
    const ended = await run('node', [join(ROOT, 'src/cli/bulla.ts'), ...line], { input: text })
    server.close()
    return secret ?? ended
  }

  it.each(['', ' --json'])('takes the file that `client new ops --kind operator%s` made', async (json) => {
    const made = await run('node', `src/cli/bulla.ts client new ops --kind operator${json}`.split(' '), { cwd: ROOT })
    const secret = json === '' ? made.out.split('\n')[0] : JSON.parse(made.out).client_secret
    expect(secret).toHaveLength(43)
    expect(await shown(made.out)).toBe(secret)
  })

  it.each(['secret', ' secret\n', '{"secret', '{"client_secret":7}'])(
    'takes a secret alone, whatever it is: %j',
    async (text) => {
      expect(await shown(text)).toBe(text.trim())
    },
  )

  it.each(['', '\n', 'one\ntwo', 'one\n\n[vars.CLIENTS.billing]\n'])(
    'is refused, and nobody asked, where no secret of this client is in it: %j',
    async (text) => {
      expect(await shown(text)).toEqual({
        code: 1,
        out: '',
        err: 'bulla: --secret-file expected the secret of "ops" alone, or the file that `bulla client new ops` made\n',
      })
    },
  )
})

it.each([
  ['dcr.e30.x', 'blocked = ["dcr.e30.x"]'],
  ['https://claude.ai/oauth/metadata', 'blocked = ["https://claude.ai/oauth/metadata"]'],
])('an operator who revokes a client that walked in reads what keeps it out: %s', async (id, line) => {
  const { code, err } = await revoke(200, { kind: 'client', value: id, effective_within: 20 }, ['client', id])
  expect([code, err]).toEqual([
    0,
    expect.stringContaining(`it may come again. What keeps it out, in [vars.REGISTRATION]: ${line}\n`),
  ])
  const configured = await revoke(200, { effective_within: 20 }, ['client', 'billing'])
  const person = await revoke(200, { effective_within: 20 }, ['sub', id])
  expect(configured.err + person.err).not.toContain('blocked')
})

describe('at a running issuer', () => {
  const now = Math.floor(Date.now() / 1000)
  const added: Addition[] = []
  let issuer = ''
  let stop = (): void => {}

  /** Runs `bulla revoke`. */
  const revoking = (line: string): Promise<Ended> => {
    const more = ['--issuer', issuer, '--client', 'operator', '--secret-file', '-']
    const args = [join(ROOT, 'src/cli/bulla.ts'), 'revoke', ...line.split(' '), ...more]
    return run('node', args, { input: SECRETS.operator })
  }

  beforeAll(async () => {
    const port = await freePort()
    const memory = createMemoryRevocations('salt')
    issuer = `http://localhost:${port}`
    const { fetch } = testIssuer({
      issuer,
      keyRing: writeRing(testRing(now)),
      revocations: {
        ...memory,
        add(addition, at) {
          added.push(addition)
          return memory.add(addition, at)
        },
      },
      now: () => now,
      log: () => {},
    })
    const server = serve({ fetch, port, hostname: 'localhost' })
    await once(server, 'listening')
    stop = () => void server.close()
  })
  afterAll(() => stop())

  it.each(['client nosuchclient', 'kid r7', `kid r7.${Math.floor(now / 86_400)}`, 'sub client:nosuchclient'])(
    '%s is refused as unknown, and revoked with --unknown',
    async (line) => {
      const [kind] = line.split(' ')
      expect(await revoking(line)).toEqual({
        code: 1,
        out: '',
        err: `bulla: the issuer knows no such ${kind}: nothing is revoked. If it was known once, write --unknown to revoke it all the same\n`,
      })
      const { code, out, err } = await revoking(`${line} --unknown`)
      expect([code, JSON.parse(out).revoked, err]).toEqual([0, kind, expect.stringMatching(/^revoked; /)])
    },
  )

  it('resource https://no.example is refused as unknown, and with --unknown too: no setting has a branch for it', async () => {
    for (const more of ['', ' --unknown'])
      expect(await revoking(`resource https://no.example${more}`)).toMatchObject({ code: 1, out: '' })
    expect((await revoking('resource https://no.example')).err).toBe(
      'bulla: the issuer knows no such resource: nothing is revoked.\n',
    )
  })

  it.each(['client web', 'kid r1', 'sub alice', 'grant AAAAAAAAAAAAAAAAAAAAAA'])('%s is revoked', async (line) => {
    expect(await revoking(line)).toMatchObject({ code: 0, err: expect.stringMatching(/^revoked; /) })
  })

  it('a person is revoked by the name that a provider has', async () => {
    const named = upstreamSubject('https://login.example/', 'auth0|7')
    const provider = '--provider https://login.example/'
    expect(await revoking(`sub auth0|7 ${provider} --unknown`)).toMatchObject({ code: 0 })
    expect(added.map(({ value }) => value)).toContain(named)
    expect(await revoking('sub 583231 --provider github --unknown')).toMatchObject({ code: 0 })
    expect(added.map(({ value }) => value)).toContain('github|583231')
    const refused = await revoking(`sub auth0|8 ${provider}`)
    expect(refused).toMatchObject({ code: 1, out: '', err: expect.stringContaining('people log in at no provider') })
    expect(added.map(({ value }) => value)).not.toContain(upstreamSubject('https://login.example/', 'auth0|8'))
    expect(await revoking(`client web ${provider}`)).toMatchObject({ code: 2 })
  })
})

it('an operator who revokes lower branches of a resource reads which one counts from now on', async () => {
  const what = ['resource', 'https://api.example.com']
  const { code, err } = await revoke(200, { revoked: 'resource', effective_within: 20, lowest_branch: 2 }, what)
  expect([code, err]).toEqual([0, expect.stringContaining('the lowest branch that counts is 2')])
})

it.each([
  ['first_branch', 1, /nothing is revoked: .*no branch of it but the first\. Write "branch = 2"/],
  ['revoked_already', 2, /nothing is revoked: all below branch 2 is revoked already.* "branch = 3"/],
])('an operator whose issuer revokes nothing (%s) reads why, and what to do', async (why, branch, words) => {
  const answer = { error: 'invalid_request', error_description: 'x', why, branch }
  const { code, out, err } = await revoke(400, answer, ['resource', 'https://api.example.com'])
  expect([code, out, err]).toEqual([1, '', expect.stringMatching(words)])
})
