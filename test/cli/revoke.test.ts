import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { serve } from '@hono/node-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeRing } from '../../keys/index.ts'
import { createMemoryRevocations } from '../../src/index.ts'
import { type Ended, ROOT, run } from '../checkout.ts'
import { SECRETS, testIssuer, testRing } from '../fixtures.ts'
import { freePort } from '../live_issuer.ts'

/** Revokes a client at an issuer that answers so. */
async function revoke(status: number, body: Readonly<Record<string, unknown>>): Promise<Ended> {
  const server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const line = ['revoke', 'client', 'anon', '--issuer', issuer, '--client', 'ops', '--secret-file', '-']
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

describe('at a running issuer', () => {
  const now = Math.floor(Date.now() / 1000)
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
    issuer = `http://localhost:${port}`
    const { fetch } = testIssuer({
      issuer,
      keyRing: writeRing(testRing(now)),
      revocations: createMemoryRevocations('salt'),
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

  it.each(['client web', 'kid r1', 'sub alice', 'grant AAAAAAAAAAAAAAAAAAAAAA'])('%s is revoked', async (line) => {
    expect(await revoking(line)).toMatchObject({ code: 0, err: expect.stringMatching(/^revoked; /) })
  })
})
