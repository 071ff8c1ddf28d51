/**
 * The example of pages that are the operator's, as its reader runs it: its own tests, and a person who goes from the start page by the
 * stand-in provider to the app.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENV, run } from '../checkout.ts'
import { freePort, waitFor } from '../parties/live_issuer.ts'
import { placeExample } from '../parties/packed.ts'
import { createVisitor } from '../parties/visitor.ts'

let folder = ''
let issuer = ''
let child: ChildProcess | undefined
beforeAll(async () => {
  folder = await placeExample('branded')
  const settings = join(folder, 'settings.js')
  issuer = `http://localhost:${await freePort()}`
  const text = await readFile(settings, 'utf8')
  await writeFile(settings, text.replace('http://localhost:8787', issuer).replace(':8789', `:${await freePort()}`))
  child = spawn('npm', ['start', '--silent'], { cwd: folder, env: ENV, stdio: 'inherit', detached: true })
  await waitFor(issuer)
}, 240_000)
afterAll(() => {
  if (child?.pid !== undefined) process.kill(-child.pid)
})

describe('the example of pages that are the operator’s', () => {
  it('passes its own tests', async () => {
    expect(await run('npm', ['test', '--silent'], { cwd: folder })).toMatchObject({ code: 0 })
  })

  it('lets in who comes back from the provider, and sends them to the app', async () => {
    const query = new URLSearchParams({
      ...{ response_type: 'code', client_id: 'demo-app', redirect_uri: 'http://127.0.0.1/callback' },
      ...{ scope: 'orders:read', code_challenge_method: 'S256' },
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    })
    const back = await createVisitor().visit(`${issuer}/authorize?${query}`, (url) =>
      url.hostname === '127.0.0.1' ? undefined : url,
    )
    expect([back.status, back.url.searchParams.get('code')]).toEqual([0, expect.stringMatching(/^\S+$/)])
  })
})
