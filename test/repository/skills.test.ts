/**
 * The skills for coding agents, as an agent goes through them: in an empty project, with the packed package, one after the other.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtemp, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENV, type Ended, ROOT, run } from '../checkout.ts'
import { blockOf, PAGES } from '../docs.ts'
import { freePort, waitFor } from '../parties/live_issuer.ts'
import { packedBulla } from '../parties/packed.ts'

const skills = [...PAGES].filter(([path]) => basename(path) === 'SKILL.md')

describe('the skills', () => {
  it.each(skills)('%s says its name and when to use it (Agent Skills)', (path, text) => {
    const [, name, description = ''] = /^---\nname: ([a-z0-9-]{1,64})\ndescription: (.*)\n---\n/.exec(text) ?? []
    expect(name).toBe(basename(dirname(path)))
    expect(description).toMatch(/\bUse when\b/)
    expect(description.length).toBeLessThanOrEqual(1024)
    expect(text.split('\n').length).toBeLessThan(150)
  })

  it.each(skills)('%s names pages that the package has', (_, text) => {
    const named = [...text.matchAll(/`(?:node_modules\/bulla\/docs\/)?((?:start|guides|reference)\/[a-z0-9-]+\.md)`/g)]
    expect(named.length).toBeGreaterThan(0)
    expect(named.filter(([, page]) => !PAGES.has(`docs/${page}`))).toEqual([])
  })
})

describe('an agent that goes through both', { timeout: 240_000 }, () => {
  const started: ChildProcess[] = []
  let folder = ''
  let ports: readonly number[] = []

  /** Puts free ports in place of the skills'. */
  const own = (text: string): string =>
    text.replaceAll('8787', String(ports[0])).replaceAll(/(?<=port: |localhost:)3000/g, String(ports[1]))
  const shell = (text: string): Promise<Ended> => run('bash', ['-ec', own(text)], { cwd: folder })
  const start = (name: string): void => {
    const options = { cwd: folder, env: { ...ENV, CLOUDFLARE_CF_FETCH_ENABLED: 'false' }, detached: true } as const
    started.push(spawn('bash', ['-c', own(blockOf(name))], { ...options, stdio: 'ignore' }))
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bulla-skills-'))
    ports = [await freePort(), await freePort()]
    await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }')
  })
  afterAll(() => {
    for (const { pid } of started) if (pid !== undefined) process.kill(-pid, 'SIGTERM')
  })

  it('has an issuer, and its token', async () => {
    const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    const at = (name: string) => `${name}@${devDependencies[name]}`
    const [install = '', , ...steps] = blockOf('skill-issuer-install').split('\n')
    expect([install, blockOf('skill-api-install').trim()]).toEqual([
      'npm install bulla hono',
      'npm install bulla hono @hono/node-server',
    ])
    // The package of this checkout, and the wrangler that is here already.
    const packages = [await packedBulla(), at('hono')].join(' ')
    expect(await shell(`npm install --no-audit --no-fund --prefer-offline ${packages}`)).toMatchObject({ code: 0 })
    await symlink(join(ROOT, 'node_modules/wrangler'), join(folder, 'node_modules/wrangler'))
    await symlink(join(ROOT, 'node_modules/.bin/wrangler'), join(folder, 'node_modules/.bin/wrangler'))
    expect(await shell(steps.join('\n'))).toMatchObject({ code: 0 })
    await writeFile(join(folder, 'issuer/index.ts'), blockOf('skill-issuer-worker'))
    await writeFile(join(folder, 'issuer/wrangler.toml'), blockOf('skill-issuer-settings'))
    expect(await shell(blockOf('skill-issuer-check'))).toMatchObject({ code: 0 })
    start('skill-issuer-dev')
    await waitFor(`http://localhost:${ports[0]}/healthz`)
    expect(JSON.parse((await shell(blockOf('skill-issuer-prove'))).out)).toMatchObject({
      active: true,
      sub: 'client:caller',
      scope: 'orders:read',
    })
  })

  it('has an API that lets in whoever may, and nobody else', async () => {
    await writeFile(join(folder, 'server.mjs'), own(blockOf('skill-api')))
    start('skill-api-start')
    await waitFor(`http://localhost:${ports[1]}/`)
    expect(await shell(blockOf('skill-api-prove'))).toMatchObject({ code: 0, out: '401\n200\n403\n' })
  })

  it('can be deployed as it stands', async () => {
    const [secret, deploy = ''] = blockOf('skill-issuer-deploy').trim().split('\n')
    expect(secret).toBe('npx wrangler secret put KEY_RING --config issuer/wrangler.toml < ring.json')
    const { code, out } = await shell(`${deploy} --dry-run`)
    expect([code, out]).toEqual([0, expect.stringMatching(/env\.GUARD \(GuardObject\)[\s\S]*env\.REVOCATIONS/)])
  })
})
