/**
 * `create-bulla` as npm would have it, and what it writes: run as its reader does, with ports of its own.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ENV, ROOT, run } from '../checkout.ts'
import { freePort, waitFor } from './live_issuer.ts'

/** Packs `create-bulla`; returns where the tarball is. */
export async function packCreate(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'create-bulla-'))
  const args = ['pack', '--silent', '--pack-destination', folder]
  const { code, out, err } = await run('npm', args, { cwd: join(ROOT, 'create-bulla') })
  if (code !== 0) throw new Error(err)
  return join(folder, out.trim().split('\n').at(-1) ?? '')
}

/** An issuer and what it protects, by `npm run dev`. */
export interface Development {
  readonly issuer: string
  readonly server: string
  stop(): void
}

/** Starts what was written into a folder. */
export async function startDevelopment(folder: string): Promise<Development> {
  const [ISSUER_PORT, SERVER_PORT] = [String(await freePort()), String(await freePort())]
  const env = { ...ENV, ISSUER_PORT, SERVER_PORT }
  const child = spawn('npm', ['run', 'dev', '--silent'], { cwd: folder, env, stdio: 'ignore', detached: true })
  const [issuer, server] = [`http://localhost:${ISSUER_PORT}`, `http://localhost:${SERVER_PORT}`]
  await Promise.all([waitFor(issuer), waitFor(server)])
  return {
    issuer,
    server,
    stop() {
      // As a terminal does: all of them are told.
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT')
    },
  }
}
