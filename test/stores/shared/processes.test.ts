import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type GuardCall, type GuardProcess, startGuardProcess } from '../../parties/guard_process.ts'
import type { PostgresServer } from '../../parties/postgres_server.ts'
import { type RedisServer, startRedis } from '../../parties/redis_server.ts'
import { startPostgresWithTables } from '../../parties/sql_database.ts'

const now = Math.floor(Date.now() / 1000)
const later = now + 3600

let server: PostgresServer
let redis: RedisServer
const file = join(tmpdir(), `bulla-${process.pid}.sqlite`)
beforeAll(async () => {
  redis = await startRedis()
  server = await startPostgresWithTables()
})
afterAll(async () => {
  await server.stop()
  await redis.stop()
  for (const end of ['', '-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
})

/** Returns as many calls, all alike or by their number. */
const times = (count: number, call: (one: number) => GuardCall): readonly GuardCall[] =>
  Array.from({ length: count }, (_, one) => call(one))

describe.each([
  ['PostgreSQL', () => server.url],
  ['Redis', () => redis.url],
  ['one file of SQLite', () => `sqlite:${file}`],
])('two processes with %s', (_, url) => {
  let processes: readonly [GuardProcess, GuardProcess]
  beforeAll(async () => {
    processes = await Promise.all([startGuardProcess(url()), startGuardProcess(url())])
  })
  afterAll(() => Promise.all(processes.map((one) => one.kill())))

  /** Has both processes ask the same at the same time, and returns what all were told. */
  const race = async (calls: readonly GuardCall[]): Promise<readonly unknown[]> =>
    (await Promise.all(processes.map((one) => one.ask(calls)))).flat()

  // promise: R13
  it('spend each code once, whoever asks for it how often', async () => {
    const told = await race(times(120, (one) => ['spend', `code ${one % 40}`, later]))
    expect([told.filter((one) => one === 'first').length, told.filter((one) => one === 'spent').length]).toEqual([
      40, 200,
    ])
  })

  // promise: G07
  it('move a family on once, and count together how often the generation before comes again', async () => {
    const step = { gid: 'family', generation: 0, now, grace: 30, graceUses: 7, expiresAt: later }
    const told = await race(times(40, () => ['advance', step]))
    const outcomes = told.map((one) => (one as { readonly outcome?: string }).outcome)
    expect(outcomes.filter((one) => one === 'advanced')).toHaveLength(8)
    expect(outcomes.filter((one) => one === 'exhausted')).toHaveLength(72)
    expect(await race([['advance', { ...step, generation: 1 }]])).toContainEqual({ outcome: 'advanced', generation: 2 })
  })

  it('keep what the first of them left, and what the first of them put in its place', async () => {
    const ask = (call: (who: string, one: number) => GuardCall): Promise<readonly (readonly unknown[])[]> =>
      Promise.all(processes.map((process, who) => process.ask(times(20, (one) => call(`from ${who}`, one)))))
    const [left = [], leftToo = []] = await ask((who, one) => ['leave', `name ${one}`, who, later])
    expect(left.map((answer, one) => [answer, leftToo[one]].sort())).toEqual(left.map(() => ['first', 'taken']))
    const [there = []] = await ask((_, one) => ['look', `name ${one}`])
    expect(there).toEqual(left.map((answer) => (answer === 'first' ? 'from 0' : 'from 1')))
    const [put = [], putToo = []] = await ask((who, one) => [
      'swap',
      `name ${one}`,
      String(there[one]),
      `${who}, later`,
      later,
    ])
    expect(put.map((answer, one) => [answer, putToo[one]].sort())).toEqual(put.map(() => ['other', 'swapped']))
  })

  it('raise a number together: what one was told binds the other', async () => {
    const [one, other] = processes
    const told = await race(times(40, (number) => ['raise', 'settings', number + 1]))
    expect([told.length, told.every((highest) => Number(highest) <= 40), told.includes(40)]).toEqual([80, true, true])
    await one.ask([['raise', 'settings', 50]])
    expect(await other.ask([['raise', 'settings', 41]])).toEqual([50])
  })

  it('know at once what the other has ended', async () => {
    const [one, other] = processes
    await one.ask([['end', 'session', later]])
    expect(await other.ask([['hasEnded', ['another', 'session']]])).toEqual([true])
  })

  // promise: R14
  it('remember what one of them was told before it was ended (kill -9), while it asked for more', async () => {
    const [one, other] = processes
    const names = times(40, (name) => ['spend', `before the end ${name}`, later])
    expect(new Set(await one.ask(names))).toEqual(new Set(['first']))
    const more = one.ask(times(200, (name) => ['spend', `at the end ${name}`, later])).catch(() => 'ended')
    await one.kill()
    expect(await more).toBe('ended')
    expect(new Set(await other.ask(names))).toEqual(new Set(['spent']))
    // Nothing is held by whoever has gone.
    expect(await other.ask([['spend', 'after it', later]])).toEqual(['first'])
  })
})
