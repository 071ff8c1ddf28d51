/**
 * The app that the docs show, in a process of its own.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../../checkout.ts'
import { waitFor } from '../../parties/live_issuer.ts'
import type { RelyingParty } from '../../parties/relying_party.ts'

/** Returns the app as it is shown, but for where it and the issuer are: here they have no https. */
export const guideBy = (shown: string): RelyingParty => ({
  login: '/login',
  callback: '/callback',
  logout: '/logout',
  // It reads the ID token alone.
  thin: { sub: 'alice' },
  async start({ issuer, clientId, clientSecret, origin, port, alg }) {
    const changes = [
      ["'https://auth.example.com'", `'${issuer}'`],
      ["'https://shop.example'", `'${origin}'`],
      [
        "'shop', CLIENT_SECRET)",
        `'${clientId}', { client_secret: CLIENT_SECRET, id_token_signed_response_alg: '${alg}' },`,
      ],
      ['secure: true', 'secure: false'],
      ['port: 3000', `port: ${port}, hostname: '127.0.0.1'`],
    ] as const
    const insecurely = ' undefined, { execute: [openid.allowInsecureRequests] })'
    let program = shown
    for (const [said, here] of changes) {
      if (!program.includes(said)) throw new Error(`the guide does not say ${said}`)
      program = program.replaceAll(said, here.endsWith(' },') ? here + insecurely : here)
    }
    const folder = await mkdtemp(join(tmpdir(), 'bulla-guide-'))
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, 'app.mjs'), program)
    const env = { ...process.env, CLIENT_SECRET: clientSecret, COOKIE_SECRET: 'a secret of the app' }
    const child = spawn(process.execPath, [join(folder, 'app.mjs')], { env, stdio: 'ignore' })
    await waitFor(`${origin}/`)
    return () => child.kill()
  },
})
