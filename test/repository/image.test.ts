/**
 * The image of this checkout, instruction by instruction: what its Dockerfile does in a container is done here in a folder.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import { ENV, ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'
import { testKey } from '../fixtures.ts'
import { freePort } from '../parties/live_issuer.ts'
import { endProcess } from '../parties/processes.ts'
import { type RedisServer, startRedis } from '../parties/redis_server.ts'
import { askPort, settingsOf } from '../parties/serve_process.ts'

describe('the image', { timeout: 120_000 }, () => {
  const said: Record<string, string> = {}
  let root = ''
  let workdir = ''
  let port = 0
  let redis: RedisServer
  let running: ChildProcess | undefined
  /** Returns where a path of the container is on this machine. */
  const at = (path: string): string => join(root, path.startsWith('/') ? path : join(workdir, path))
  const pairs = (text: string): Record<string, string> =>
    Object.fromEntries([...text.matchAll(/(\w+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]))

  beforeAll(async () => {
    redis = await startRedis()
    port = await freePort()
    root = await mkdtemp(join(tmpdir(), 'bulla-image-'))
    const text = await readFile(join(ROOT, 'Dockerfile'), 'utf8')
    for (const line of text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))) {
      const [, word = '', rest = ''] = /^([A-Z]+) (.*)$/.exec(line) ?? []
      said[word] = rest
      if (word === 'WORKDIR') workdir = rest
      if (word === 'WORKDIR') await mkdir(at(rest), { recursive: true })
      if (word === 'RUN')
        expect(
          await run('sh', ['-c', rest], { cwd: at('.'), env: { npm_config_prefer_offline: 'true' } }),
        ).toMatchObject({ code: 0 })
      if (word !== 'COPY') continue
      const from = rest.split(' ').slice(0, -1)
      const to = rest.split(' ').at(-1) ?? ''
      for (const file of from)
        await cp(join(ROOT, file), to.endsWith('/') ? join(at(to), file) : at(to), { recursive: true })
    }
  }, 180_000)
  afterAll(async () => {
    if (running !== undefined) await endProcess(running, 'SIGKILL')
    await redis?.stop()
  })

  it('has what runs and nothing else, of the versions that the lock names, and is nobody of importance', async () => {
    expect([said['FROM'], said['USER']]).toEqual(['node:24-slim', 'node'])
    const own = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    const lock = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8'))
    const installed = JSON.parse(await readFile(at('/bulla/node_modules/.package-lock.json'), 'utf8')).packages
    const { dependencies, devDependencies } = own
    const wanted = { ...dependencies, pg: devDependencies.pg, redis: devDependencies.redis }
    const versions = Object.keys(wanted).map((name) => [name, installed[`node_modules/${name}`]?.version])
    expect(Object.fromEntries(versions)).toEqual(wanted)
    const others = Object.entries<{ integrity: string }>(installed).filter(
      ([path, { integrity }]) => lock.packages[path]?.integrity !== integrity,
    )
    expect(others).toEqual([])
    for (const name of ['typescript', 'wrangler', 'vitest'])
      expect(Object.keys(installed)).not.toContain(`node_modules/${name}`)
    expect((await readdir(at('/bulla'))).sort()).toEqual([
      'keys',
      'node_modules',
      'package-lock.json',
      'package.json',
      'src',
    ])
    const context = (await readFile(join(ROOT, '.dockerignore'), 'utf8')).trim().split('\n')
    expect(context).toEqual(['*', '!package.json', '!package-lock.json', '!keys', '!src'])
  })

  it('serves the settings, ring and guard that the docs mount, knows whether it is well, and ends when it is told', async () => {
    const line = blockOf('run-image').replaceAll('\\\n', ' ')
    const flags = (name: string) =>
      [...line.matchAll(new RegExp(` -${name} "?([^" ]+)"?`, 'g'))].map(([, value = '']) => value)
    const secrets = await mkdtemp(join(tmpdir(), 'bulla-secrets-'))
    await writeFile(
      join(secrets, 'ring.json'),
      writeRing(createRing({ now: Math.floor(Date.now() / 1000) - 5, key: testKey() })),
    )
    await writeFile(join(secrets, 'guard'), `${redis.url}\n`)
    const mine: Record<string, string> = { '$PWD/bulla.toml': join(secrets, 'bulla.toml'), '$PWD/secrets': secrets }
    await writeFile(mine['$PWD/bulla.toml'] ?? '', settingsOf('https://auth.example.com'))
    for (const volume of flags('v')) {
      const [from = '', to = '', how] = volume.split(':')
      expect([mine[from], how]).toEqual([expect.any(String), 'ro'])
      await cp(mine[from] ?? '', at(to), { recursive: true })
    }
    expect(flags('p')).toEqual([`${said['EXPOSE']}:${said['EXPOSE']}`])
    const given = Object.entries(pairs(flags('e').join(' '))).map(([name, file]) => [name, at(file)])
    const env = { ...ENV, ...pairs(said['ENV'] ?? ''), ...Object.fromEntries(given), PORT: String(port) }
    expect(pairs(said['ENV'] ?? '')['PORT']).toBe(said['EXPOSE'])
    const [check = '', ...asked] = JSON.parse((said['HEALTHCHECK'] ?? '').replace('CMD ', ''))
    expect((await run(check, asked, { env })).code).toBe(1)
    const [program = '', main = '', ...rest] = [
      ...JSON.parse(said['ENTRYPOINT'] ?? ''),
      ...JSON.parse(said['CMD'] ?? ''),
    ]
    running = spawn(program, [at(main), ...rest], { cwd: at('.'), env, stdio: 'inherit' })
    await expect.poll(async () => (await run(check, asked, { env })).code, { timeout: 30_000 }).toBe(0)
    const headers = {
      host: 'auth.example.com',
      'x-forwarded-proto': 'https',
      authorization: `Basic ${btoa('service:service-secret')}`,
    }
    const token = await askPort(port, '/token', { headers, form: { grant_type: 'client_credentials' } })
    expect([token.status, JSON.parse(token.text).token_type]).toEqual([200, 'Bearer'])
    await endProcess(running, 'SIGTERM')
    expect(running.exitCode).toBe(0)
  })
})
