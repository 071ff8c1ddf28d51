import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Ended, ROOT, run } from '../checkout.ts'

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
