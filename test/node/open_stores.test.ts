import { existsSync, mkdtempSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { createClient } from 'redis'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type OpenStores, openStores } from '../../src/node/index.ts'
import { sqlSchema } from '../../src/stores/index.ts'
import { ROOT, run } from '../checkout.ts'
import { type CuttingProxy, startCuttingProxy } from '../parties/cutting_proxy.ts'
import { type PostgresServer, startPostgres } from '../parties/postgres_server.ts'
import { type RedisServer, startRedis } from '../parties/redis_server.ts'
import { folderOf, settingsOf, startServe } from '../parties/serve_process.ts'

const now = Math.floor(Date.now() / 1000)
const later = now + 3600
const open: OpenStores[] = []

async function opened(url: string): Promise<OpenStores> {
  const stores = await openStores(url)
  open.push(stores)
  return stores
}

const bulla = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  run('node', [join(ROOT, 'src/cli/bulla.ts'), 'guard', ...args], { env: { GUARD_URL: '', ...env } })

afterEach(async () => {
  await Promise.all(open.splice(0).map((stores) => stores.close()))
})

const FILE_EXPECTED = 'sqlite: expected the path of a file, behind no slashes but its own, and nothing after it'
const READ_REDIS = 'the URL of Redis cannot be read: a % that is none is %25, and its path is the number of a database'

describe('openStores', () => {
  it.each([
    ['', 'the URL of a guard expected sqlite:PATH, redis://… or postgres://…'],
    ['bulla.sqlite', 'the URL of a guard expected sqlite:PATH, redis://… or postgres://…'],
    ['https://hush@redis.example', 'the URL of a guard expected sqlite:PATH, redis://… or postgres://…'],
    ['redis://user:hu/sh@[', 'the URL of a guard expected sqlite:PATH, redis://… or postgres://…'],
    ['sqlite:', FILE_EXPECTED],
    ['sqlite::memory:', FILE_EXPECTED],
    ['sqlite://hush/x.sqlite', FILE_EXPECTED],
    ['sqlite:hush.sqlite?mode=ro', FILE_EXPECTED],
    ['redis://user:hu%sh@127.0.0.1:1', READ_REDIS],
    ['redis://user:hush@127.0.0.1:1/first', READ_REDIS],
    [
      'postgres://user:hush@127.0.0.1:1/x?slmode=verify-full',
      'the query of a URL of PostgreSQL: did you mean "sslmode"?',
    ],
    ['postgres://user:hush@127.0.0.1:1/x?SSL=true', 'the query of a URL of PostgreSQL: did you mean "ssl"?'],
    [
      'redis://hush@127.0.0.1:1?database=1',
      'the query of a URL of Redis has prefix, replicas and eviction_checked, each once, and nothing else',
    ],
    [
      'redis://127.0.0.1:1?prefix=a&prefix=b',
      'the query of a URL of Redis has prefix, replicas and eviction_checked, each once, and nothing else',
    ],
    ['redis://127.0.0.1:1?replicas=all', '"replicas" in a URL of Redis expected 0 to 9'],
    ['redis://127.0.0.1:1?eviction_checked=yes', '"eviction_checked" in a URL of Redis expected true'],
  ])('refuses %s, and shows nothing of it', async (url, words) => {
    await expect(openStores(url)).rejects.toThrow(new RangeError(words))
  })

  it('makes a file of SQLite for its owner alone, whose guard and list outlive it, and which two hold at a time', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'bulla-sqlite-')), 'own.sqlite')
    const [one, other] = await Promise.all([opened(`sqlite:${path}`), opened(`sqlite:${path}`)])
    await Promise.all([one, other].map(({ guard }) => guard.ready()))
    expect([await one.guard.spend('code', later), await other.guard.spend('code', later)]).toEqual(['first', 'spent'])
    const { epoch } = await one.revocations.read(now, 'anything')
    await Promise.all(open.splice(0).map((stores) => stores.close()))
    const again = await opened(`sqlite:${path}`)
    expect([await again.guard.spend('code', later), (await again.revocations.read(now, 'anything')).epoch]).toEqual([
      'spent',
      epoch,
    ])
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })
})

describe('bulla guard tidy', () => {
  it('makes no file where the path is misspelt, and says so', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'bulla-tidy-')), 'own.sqlite')
    expect(await bulla(['tidy'], { GUARD_URL: `sqlite:${path}` })).toEqual({
      code: 1,
      out: '',
      err: `bulla: ${path} is not there\n`,
    })
    expect(existsSync(path)).toBe(false)
    const made = await openStores(`sqlite:${path}`)
    await made.close()
    expect(await bulla(['tidy'], { GUARD_URL: `sqlite:${path}` })).toEqual({
      code: 0,
      out: '',
      err: '0 rows are gone\n',
    })
  })
})

describe('openStores, with Redis', { timeout: 60_000 }, () => {
  let redis: RedisServer
  let proxy: CuttingProxy
  beforeAll(async () => {
    redis = await startRedis()
    proxy = await startCuttingProxy(redis.port)
  })
  afterAll(async () => {
    await proxy.stop()
    await redis.stop()
  })

  it('keeps issuers apart by the prefix in the URL, and says to the guard what else stands there', async () => {
    const [one, other] = await Promise.all([opened(`${redis.url}?prefix=one:`), opened(`${redis.url}/0?prefix=other:`)])
    const answers = await Promise.all([one, other].map(({ guard }) => guard.spend('code', later)))
    expect(answers).toEqual(['first', 'first'])
    const client = await createClient({ url: redis.url }).connect()
    const keys = await client.keys('*')
    client.destroy()
    expect(keys.map((key) => key.split(':')[0]).toSorted()).toEqual(['one', 'other'])
    // No replica is there that could have it.
    const waiting = await opened(`${redis.url}?replicas=1`)
    await expect(waiting.guard.spend('code', later)).rejects.toMatchObject({ name: 'StoreError' })
    const checked = await opened(`${redis.url}?eviction_checked=true`)
    await checked.guard.ready()
  })

  it('leaves no connection behind where the guard does not take what stands in the URL: the process could not end', async () => {
    const client = await createClient({ url: redis.url }).connect()
    const connections = async (): Promise<number> =>
      String(await client.sendCommand(['CLIENT', 'LIST'])).split('\n').length
    await expect.poll(connections).toBe(2)
    await expect(openStores(`${redis.url}?prefix=a%20b`)).rejects.toThrow('"prefix" expected')
    await expect.poll(connections).toBe(2)
    client.destroy()
  })

  // promise: R19
  it('finds another connection where the one that it had is cut, or is there and says nothing any more', async () => {
    const { guard } = await opened(`redis://127.0.0.1:${proxy.port}`)
    expect(await guard.spend('before', later)).toBe('first')
    // It is made anew while the call waits.
    proxy.hold()
    proxy.cutAll()
    const cut = guard.spend('cut', later)
    setTimeout(() => proxy.release(), 300)
    expect(await cut).toBe('first')
    const before = proxy.connections()
    proxy.forget()
    await expect(guard.spend('silent', later)).rejects.toMatchObject({ name: 'StoreError' })
    await expect.poll(() => guard.spend('after', later).catch(() => 'away'), { timeout: 15_000 }).not.toBe('away')
    expect(proxy.connections()).toBeGreaterThan(before)
    expect(await guard.spend('silent', later)).toBe('first')
  })

  it('has nothing to tidy: Redis does that', async () => {
    expect(await bulla(['tidy'], { GUARD_URL: redis.url })).toEqual({
      code: 0,
      out: '',
      err: 'Redis drops by itself what is over\n',
    })
  })
})

describe('openStores, with PostgreSQL', { timeout: 60_000 }, () => {
  let postgres: PostgresServer
  let proxy: CuttingProxy
  let pool: pg.Pool
  beforeAll(async () => {
    postgres = await startPostgres()
    proxy = await startCuttingProxy(postgres.port)
    pool = new pg.Pool({ connectionString: postgres.url })
    pool.on('error', () => {})
  })
  afterAll(async () => {
    await pool.end()
    await proxy.stop()
    await postgres.stop()
  })

  it('serves when the tables are there that `bulla guard schema` prints, and says so before; `bulla guard tidy` drops what is over', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'bulla-url-')), 'url')
    writeFileSync(file, `${postgres.url}\n`)
    const folder = folderOf(settingsOf('https://auth.example.com'))
    const early = await startServe(folder, { env: { GUARD_URL_FILE: file } })
    expect([await early.ended, early.said()]).toEqual([
      1,
      expect.stringMatching(/^bulla: the guard cannot be used: .*bulla guard schema --dialect postgresql.*\n$/),
    ])
    const { out } = await bulla(['schema', '--dialect', 'postgresql'])
    await pool.query(out)
    await pool.query(out)
    const served = await startServe(folder, { env: { GUARD_URL_FILE: file } })
    expect(served.said()).toBe(
      `https://auth.example.com is served at http://0.0.0.0:${served.port}; its guard: PostgreSQL\n`,
    )
    const { guard } = await opened(postgres.url)
    await guard.spend('over', now - 1000)
    await guard.spend('lives', later)
    expect(await bulla(['tidy', '--guard', postgres.url])).toEqual({ code: 0, out: '', err: '1 rows are gone\n' })
    expect(await guard.spend('lives', later)).toBe('spent')
    served.process.kill('SIGTERM')
    expect(await served.ended).toBe(0)
  })

  it('finds other connections where those that it had say nothing any more', async () => {
    await pool.query(sqlSchema('postgresql'))
    const { guard } = await opened(postgres.url.replace(String(postgres.port), String(proxy.port)))
    expect(await guard.spend('before', later)).toBe('first')
    const before = proxy.connections()
    proxy.forget()
    await expect(guard.spend('silent', later)).rejects.toMatchObject({ name: 'StoreError' })
    await expect.poll(() => guard.spend('after', later).catch(() => 'away'), { timeout: 15_000 }).not.toBe('away')
    expect(proxy.connections()).toBeGreaterThan(before)
  })

  it('ends with a process that serves, though PostgreSQL says nothing any more', async () => {
    await pool.query(sqlSchema('postgresql'))
    const link = await startCuttingProxy(postgres.port)
    const GUARD_URL = postgres.url.replace(String(postgres.port), String(link.port))
    const served = await startServe(folderOf(settingsOf('https://auth.example.com')), { env: { GUARD_URL } })
    link.hold()
    served.process.kill('SIGTERM')
    const late = new Promise((resolve) => setTimeout(resolve, 10_000, 'still there'))
    expect(await Promise.race([served.ended, late])).toBe(0)
    await link.stop()
  })

  it('says that a password is wrong, and not which', async () => {
    const url = postgres.url.replace('/postgres', '/hush')
    const { code, err } = await bulla(['tidy'], { GUARD_URL: url })
    expect([code, err]).toEqual([
      1,
      'bulla: the guard cannot be used: PostgreSQL did not do it: refused_by_server; are user, password and database right?\n',
    ])
  })
})
