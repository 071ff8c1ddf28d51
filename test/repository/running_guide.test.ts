/**
 * The page about running it oneself, as its reader goes through it: from nothing to two processes and PostgreSQL behind one address.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENV, run } from '../checkout.ts'
import { makeRunningFolder, type RunningFolder } from '../parties/running_folder.ts'

const TOKEN = { token_type: 'Bearer', expires_in: 600, scope: 'orders:read' }
const terminals: ChildProcess[] = []
let there: RunningFolder

/** Opens a terminal, with jobs as a person's has them; what is typed into it runs. */
function openTerminal(...lines: readonly string[]): ChildProcess {
  const options = { cwd: there.folder, env: { ...ENV, ...there.environment }, detached: true } as const
  const terminal = spawn('bash', ['-e'], { ...options, stdio: ['pipe', 'ignore', 'inherit'] })
  terminals.push(terminal)
  const closing = "trap 'kill -- $(jobs -p | sed s/^/-/); wait' EXIT"
  terminal.stdin?.write(['set -m', closing, ...lines, ''].join('\n'))
  return terminal
}

/** Closes a terminal: its jobs end, and it with them. */
async function close(terminal: ChildProcess): Promise<void> {
  if (terminal.exitCode !== null) return
  const ended = once(terminal, 'exit')
  terminal.stdin?.end()
  await ended
}

const token = async (): Promise<unknown> => JSON.parse((await there.shell('run-token')).out || '{}')
const isServed = () => expect.poll(token, { timeout: 20_000 }).toMatchObject(TOKEN)
const answerOf = (port: 8787 | 8788) => () =>
  fetch(`${there.at(port)}/healthz`).then(
    ({ status }) => status,
    () => 'ended',
  )

beforeAll(async () => {
  there = await makeRunningFolder('run-install', 'run-settings')
}, 120_000)
afterAll(async () => {
  await Promise.all(terminals.map(close))
  await there?.stop()
})

describe('the page about running it oneself', { timeout: 60_000 }, () => {
  it('leads from nothing to a process that gives tokens, whose memory its owner alone can read', async () => {
    const checked = await run('npx', ['bulla', 'check', '--settings', 'bulla.toml'], { cwd: there.folder })
    expect([checked.code, checked.out]).toEqual([0, ''])
    const terminal = openTerminal(`${there.own('run-one').trim()} &`)
    await isServed()
    for (const file of ['ring.json', 'billing.secret', 'bulla.sqlite'])
      expect([file, (await stat(join(there.folder, file))).mode & 0o777]).toEqual([file, 0o600])
    await close(terminal)
  })

  it('leads on to two processes and PostgreSQL behind one address, of which one can end', async () => {
    expect(await there.shell('run-postgres')).toMatchObject({ code: 0, err: '' })
    await writeFile(join(there.folder, 'Caddyfile'), there.own('run-caddyfile'))
    const terminal = openTerminal(there.own('run-two'), `${there.own('run-caddy').trim()} &`)
    await isServed()
    for (const port of [8787, 8788] as const) await expect.poll(answerOf(port)).toBe(200)
    terminal.stdin?.write(there.own('run-end-one'))
    await expect.poll(answerOf(8787)).toBe('ended')
    const tokens = () => Promise.all(Array.from({ length: 8 }, token))
    await expect.poll(tokens).toMatchObject(Array.from({ length: 8 }, () => TOKEN))
    await close(terminal)
  })

  it.each(['run-bun', 'run-deno'])('has a line that serves the same on another runtime: %s', async (name) => {
    await expect(token()).resolves.toEqual({})
    const terminal = openTerminal(`${there.own(name).trim()} &`)
    await isServed()
    await close(terminal)
  })
})
