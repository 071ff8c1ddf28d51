/**
 * Authlib in Flask, in a process of its own.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { waitFor } from '../../parties/live_issuer.ts'
import type { RelyingParty } from '../../parties/relying_party.ts'

export const authlib: RelyingParty = {
  login: '/login',
  callback: '/callback',
  refreshes: true,
  async start(registration) {
    const python = spawn('/usr/bin/python3', [join(import.meta.dirname, 'authlib_in_flask.py')], {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { AUTHLIB_INSECURE_TRANSPORT: '1' },
    })
    // It outlives nobody: with this process its input ends, and it does.
    python.stdin.write(`${JSON.stringify(registration)}\n`)
    const said = text(python.stderr)
    const ended = new Promise<never>((_, reject) => {
      python.on('exit', async () => reject(new Error(`Flask ended: ${await said}`)))
    })
    ended.catch(() => {})
    await Promise.race([waitFor(`${registration.origin}/me`), ended])
    return () => python.stdin.end()
  },
}
