import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSqlGuard, type SqlGuard } from '../../../src/stores/index.ts'
import { storedName } from '../../../src/stores/shared_guard.ts'
import type { WholeGuard } from '../../../src/testing/index.ts'
import { type CuttingProxy, startCuttingProxy } from '../../parties/cutting_proxy.ts'
import { type PostgresServer, startPostgres } from '../../parties/postgres_server.ts'
import { openPg } from '../../parties/sql_database.ts'
import { guardContract } from '../guard_contract.ts'

const now = Math.floor(Date.now() / 1000)
const later = now + 3600
const step = (gid: string, generation: number) => ({ gid, generation, now, grace: 0, expiresAt: later })

let names = 0
const fresh = (): string => `${Date.now()} ${++names}`

let server: PostgresServer
let admin: Awaited<ReturnType<typeof openPg>>
beforeAll(async () => {
  server = await startPostgres()
  admin = await openPg(server.url)
})
afterAll(async () => {
  await admin.close()
  await server.stop()
})

/** Opens a guard of few connections of its own, whose server processes are known. */
async function openGuard(url: string, max: number) {
  const database = await openPg(url, { max })
  const guard = createSqlGuard({ dialect: 'postgresql', query: database.query, log: () => {} })
  await guard.ready()
  return { ...database, guard }
}

describe('a guard on PostgreSQL does nothing late: whoever asked has given up, and tries again', () => {
  it('when the server stood still meanwhile', async () => {
    const { guard, pool, close } = await openGuard(server.url, 1)
    const { pid } = (await pool.query('SELECT pg_backend_pid() AS pid')).rows[0]
    const [code, gid] = [fresh(), fresh()]
    process.kill(pid, 'SIGSTOP')
    const refusals = [guard.spend(code, later), guard.advance(step(gid, 0)), guard.leave(code, 'a', later)]
    for (const refusal of await Promise.allSettled(refusals))
      expect(refusal).toMatchObject({ status: 'rejected', reason: { reason: 'late' } })
    process.kill(pid, 'SIGCONT')
    // All that was asked before this is over then.
    await pool.query('SELECT 1')
    expect(await guard.look(code)).toBeUndefined()
    expect(await guard.spend(code, later)).toBe('first')
    expect(await guard.advance(step(gid, 0))).toEqual({ outcome: 'advanced', generation: 1 })
    await close()
  })

  // promise: R11
  it('when somebody else is changing the same row, and takes it back after that', async () => {
    const { guard, close } = await openGuard(server.url, 3)
    const [code, gid, name] = [fresh(), fresh(), fresh()]
    await guard.leave(name, 'a', later)
    const other = await admin.pool.connect()
    await other.query('BEGIN')
    await other.query('INSERT INTO bulla_name VALUES ($1, $2, 0)', [storedName('spent', code), 'other'])
    const family = "INSERT INTO bulla_family VALUES ($1, 5, 0, 1, '', 0, 'other', 'ended', 0)"
    await other.query(family, [storedName('family', gid)])
    await other.query('UPDATE bulla_name SET value = $2 WHERE id = $1', [storedName('kept', name), 'other'])
    const refusals = [guard.spend(code, later), guard.advance(step(gid, 0)), guard.swap(name, 'a', 'b', later)]
    for (const refusal of await Promise.allSettled(refusals))
      expect(refusal).toMatchObject({ status: 'rejected', reason: { reason: 'contention' } })
    await other.query('ROLLBACK')
    other.release()
    expect(await guard.look(name)).toBe('a')
    expect(await guard.spend(code, later)).toBe('first')
    expect(await guard.advance(step(gid, 0))).toEqual({ outcome: 'advanced', generation: 1 })
    await close()
  })
})

describe('a guard on PostgreSQL whose answers are cut off asks once more, as the same attempt', () => {
  let proxy: CuttingProxy
  let guard: SqlGuard
  let close: () => Promise<void>
  beforeAll(async () => {
    proxy = await startCuttingProxy(server.port)
    const opened = await openGuard(server.url.replace(String(server.port), String(proxy.port)), 1)
    guard = opened.guard
    close = opened.close
  })
  afterAll(async () => {
    await close()
    await proxy.stop()
  })

  /** Asks, while the connection breaks in the middle of the answer. */
  async function cut<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    // The connection is there: what is cut is the answer to the question.
    await guard.look('nothing')
    const broken = proxy.cutAnswer()
    const answer = await ask()
    await broken
    return answer
  }

  // promise: R10
  it('and is told the same: first, once', async () => {
    const code = fresh()
    expect(await cut(() => guard.spend(code, later))).toBe('first')
    expect(await cut(() => guard.spend(code, later))).toBe('spent')
  })

  it('and moves a family on by one, though nothing is ever given again', async () => {
    const gid = fresh()
    expect(await cut(() => guard.advance(step(gid, 0)))).toEqual({ outcome: 'advanced', generation: 1 })
    expect(await cut(() => guard.advance(step(gid, 1)))).toEqual({ outcome: 'advanced', generation: 2 })
    expect(await cut(() => guard.advance(step(gid, 1)))).toEqual({ outcome: 'reused' })
    expect(await cut(() => guard.hasEnded([gid]))).toBe(true)
  })

  it('and finds what it left itself', async () => {
    const name = fresh()
    expect(await cut(() => guard.leave(name, 'a', later))).toBe('first')
    expect(await cut(() => guard.swap(name, 'a', 'b', later))).toBe('swapped')
    expect(await cut(() => guard.swap(name, 'a', 'c', later))).toBe('other')
    expect(await cut(() => guard.look(name))).toBe('b')
  })
})

describe('the guard on PostgreSQL while its connections are ended (pg_terminate_backend)', () => {
  const waiting = new Set<Promise<unknown>>()
  let opened: Awaited<ReturnType<typeof openGuard>>
  beforeAll(async () => {
    // One connection, so that what breaks it breaks no call twice: each is tried once more.
    opened = await openGuard(server.url, 1)
  })
  afterAll(() => opened.close())

  /** Returns the guard, and remembers which calls wait. */
  function watched(): WholeGuard {
    const watch =
      (method: keyof WholeGuard) =>
      (...given: readonly unknown[]) => {
        const call = (opened.guard[method] as (...given: readonly unknown[]) => Promise<unknown>)(...given)
        waiting.add(call)
        const settle = (): boolean => waiting.delete(call)
        call.then(settle, settle)
        return call
      }
    // All that there are, so that one which comes later is watched too.
    const methods = Object.keys(opened.guard) as (keyof WholeGuard)[]
    return Object.fromEntries(methods.map((method) => [method, watch(method)])) as unknown as WholeGuard
  }

  guardContract(watched, async () => {
    const end =
      'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename IS NOT NULL'
    await admin.pool.query(end)
    await Promise.allSettled(waiting)
  })
})

// promise: R08
it('a guard on PostgreSQL remembers all that it has said, when the server is ended at any moment (kill -9)', async () => {
  const { guard, close } = await openGuard(server.url, 8)
  const said: string[] = []
  let isOver = false
  const ask = async (): Promise<void> => {
    // One that comes again in time may be answered by the server that was started meanwhile, and goes on.
    while (!isOver) {
      const name = fresh()
      await guard.spend(name, later)
      await guard.advance(step(name, 0))
      said.push(name)
    }
  }
  const all = Promise.allSettled(Array.from({ length: 8 }, ask))
  await expect.poll(() => said.length).toBeGreaterThan(300)
  await server.restart()
  isOver = true
  await all
  for (let first = 0; first < said.length; first += 20) {
    const some = said.slice(first, first + 20)
    expect(new Set(await Promise.all(some.map((name) => guard.spend(name, later))))).toEqual(new Set(['spent']))
    const again = await Promise.all(some.map((name) => guard.advance(step(name, 0))))
    expect(again.filter(({ outcome }) => outcome !== 'reused')).toEqual([])
  }
  await close()
})
