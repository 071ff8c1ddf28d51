import {
  evictAllDurableObjects,
  listDurableObjectIds,
  runDurableObjectAlarm,
  runInDurableObject,
} from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { createDurableObjectGuard, type GuardNamespace, type GuardStub } from '../../src/stores/guard_on_workers.ts'
import { createRefreshing, HOUR } from '../parties/refreshing_provider.ts'
import { type Carry, guardContract } from './guard_contract.ts'

const namespace = env['GUARD'] as GuardNamespace
const options = { newId: () => crypto.randomUUID(), clock: () => Date.now() }
const now = Math.floor(Date.now() / 1000)
/** A deadline that nobody misses. */
const inTime = (): number => Date.now() + 60_000

/** The guard's objects, each call of them carried. */
const carriedBy = (carry: Carry): GuardNamespace => ({
  getByName: (name) =>
    new Proxy(namespace.getByName(name), {
      get:
        (stub, method: keyof GuardStub) =>
        (...request: readonly unknown[]) =>
          carry(() => (stub[method] as (...request: readonly unknown[]) => Promise<never>)(...request)),
    }),
})

/** Lets all alarms ring. */
async function tidyAll(): Promise<void> {
  const objects = env['GUARD'] as { get(id: unknown): unknown }
  for (const id of await listDurableObjectIds(objects)) await runDurableObjectAlarm(objects.get(id))
}

describe('the guard of Durable Objects', () => {
  guardContract(
    () => createDurableObjectGuard(namespace, options),
    () => evictAllDurableObjects(),
    { create: (carry) => createDurableObjectGuard(carriedBy(carry), options), tidy: tidyAll },
  )

  // promise: F06
  it('has the answer of the same attempt ready when it asks again (F06)', async () => {
    const stub = namespace.getByName('attempts')
    const deadline = inTime()
    expect(await stub.spend('x', now + 60, 'attempt 1', deadline)).toBe('first')
    expect(await stub.spend('x', now + 60, 'attempt 1', deadline)).toBe('first')
    expect(await stub.spend('x', now + 60, 'attempt 2', deadline)).toBe('spent')
  })

  it('moves on for 0.1.0, which names no attempt, and holds none of its calls for the same', async () => {
    const stub = namespace.getByName('without attempts')
    const step = { gid: 'g', generation: 0, now, grace: 0, expiresAt: now + 60 }
    expect(await stub.advance(step, inTime())).toEqual({ outcome: 'advanced', generation: 1 })
    expect(await stub.advance(step, inTime())).toEqual({ outcome: 'reused' })
  })

  // promise: F02
  it('spends nothing after the deadline: whoever asked has given up (F02)', async () => {
    const stub = namespace.getByName('late')
    expect(await stub.spend('x', now + 60, 'attempt 1', Date.now() - 1)).toBe('late')
    expect(await stub.spend('x', now + 60, 'attempt 2', inTime())).toBe('first')
    const step = { gid: 'g', generation: 0, now, grace: 30, expiresAt: now + 60 }
    expect(await stub.advance(step, Date.now() - 1)).toBe('late')
    expect(await stub.advance(step, inTime())).toEqual({ outcome: 'advanced', generation: 1 })
    expect(await stub.leave('n', 'a', now + 60, Date.now() - 1)).toBe('late')
    expect(await stub.look('n')).toBeUndefined()
    expect(await stub.leave('n', 'a', now + 60, inTime())).toBe('first')
    expect(await stub.swap('n', 'a', 'b', now + 60, Date.now() - 1)).toBe('late')
    expect(await stub.look('n')).toBe('a')
    expect(await stub.raise('r', 9, Date.now() - 1)).toBe('late')
    expect(await stub.raise('r', 1, inTime())).toBe(1)
  })

  it('keeps a number that was raised whatever an alarm drops, and needs none for it', async () => {
    const stub = namespace.getByName('raised')
    expect(await stub.raise('settings', 7, inTime())).toBe(7)
    expect(await runInDurableObject(stub, (_, state) => state.storage.getAlarm())).toBe(null)
    await stub.spend('over', now - 122, 'a', inTime())
    await runDurableObjectAlarm(stub)
    await evictAllDurableObjects()
    expect(await stub.raise('settings', 1, inTime())).toBe(7)
  })

  it('gives one of a hundred the lease to ask a provider for new tokens, and all what that brings', async () => {
    const all = createRefreshing('rotating', () => createDurableObjectGuard(namespace, options), now)
    const [machine, other] = [all.machine(), all.machine(50)]
    const { refresh_token } = await machine.login()
    all.time.pass(HOUR)
    const asked = Array.from({ length: 100 }, (_, index) => (index % 2 ? machine : other).refresh(refresh_token))
    expect(new Set((await Promise.all(asked)).map(({ status }) => status))).toEqual(new Set([200]))
    expect(all.there.seen).toEqual(['login-1'])
  })

  it('drops what was left by an alarm after its time and a margin, and no sooner', async () => {
    const stub = namespace.getByName('tidy what was left')
    const at = Math.floor(Date.now() / 1000)
    await stub.leave('kept on', 'a', at - 100, inTime())
    await stub.swap('kept on', 'a', 'b', at - 122, inTime())
    await stub.leave('just not', 'a', at - 100, inTime())
    // What is over already has its alarm at once: it comes last, for nobody knows between which two calls that rings.
    await stub.leave('over', 'a', at - 122, inTime())
    await expect.poll(() => stub.look('over')).toBeUndefined()
    await expect
      .poll(() => runInDurableObject(stub, (_, state) => state.storage.getAlarm()))
      .toBe((at - 100 + 121) * 1000)
    await runDurableObjectAlarm(stub)
    expect(await Promise.all(['over', 'kept on', 'just not'].map((name) => stub.look(name)))).toEqual([
      undefined,
      'b',
      'a',
    ])
  })

  it('of 0.1.0 gets the columns that it lacks, goes on with its families, and lets 0.1.0 write again', async () => {
    const stub = namespace.getByName(`old ${crypto.randomUUID()}`)
    const old = (gid: string, generation: number): Promise<void> =>
      runInDurableObject(stub, (_, { storage }) => {
        const insert = `INSERT INTO family (gid, generation, since, ended, expires_at) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (gid) DO UPDATE SET generation = excluded.generation, since = excluded.since, ended = excluded.ended,
          expires_at = MAX(expires_at, excluded.expires_at)`
        storage.sql.exec(insert, gid, generation, now, 0, now + 60)
      })
    const step = (gid: string, generation: number, changes = {}): Promise<unknown> =>
      stub.advance({ gid, generation, now, grace: 30, expiresAt: now + 60, ...changes }, inTime())
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('DROP TABLE family')
      storage.sql.exec(
        'CREATE TABLE family (gid TEXT PRIMARY KEY, generation INTEGER NOT NULL, since INTEGER NOT NULL, ended INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID',
      )
    })
    await old('g', 3)
    await evictAllDurableObjects()
    expect(await step('g', 3, { bound: 'k' })).toEqual({ outcome: 'advanced', generation: 4 })
    await old('h', 1)
    await evictAllDurableObjects()
    expect(await step('h', 1)).toEqual({ outcome: 'advanced', generation: 2 })
    expect(await step('g', 3)).toEqual({ outcome: 'reused' })
  })

  // promise: G09
  it('drops rows by an alarm after their time and a margin, and no sooner (H52, M37)', async () => {
    const stub = namespace.getByName('tidy')
    const now = Math.floor(Date.now() / 1000)
    const rows = (): Promise<number> =>
      runInDurableObject(
        stub,
        (_, state) =>
          state.storage.sql
            .exec<{ n: number }>('SELECT (SELECT COUNT(*) FROM spent) + (SELECT COUNT(*) FROM family) AS n')
            .one().n,
      )
    const alarm = (): Promise<number | null> => runInDurableObject(stub, (_, state) => state.storage.getAlarm())
    await stub.spend('just not', now - 100, 'a', inTime())
    await stub.end('family', now + 1000)
    await expect.poll(alarm).toBe((now - 100 + 121) * 1000)
    // What is over already has its alarm at once.
    await stub.spend('over', now - 122, 'a', inTime())
    await expect.poll(rows).toBe(2)
    await expect.poll(alarm).toBe((now - 100 + 121) * 1000)
    await runDurableObjectAlarm(stub)
    expect(await rows()).toBe(2)
    expect(await stub.spend('just not', now, 'b', inTime())).toBe('spent')
  })
})

describe('when an object fails', () => {
  /** A namespace whose objects do as they are told before they do their work. */
  const failing = (...failures: readonly (object | undefined)[]) => {
    let calls = 0
    const real = namespace.getByName(`failing ${crypto.randomUUID()}`)
    const spend: GuardStub['spend'] = async (...request) => {
      const failure = failures[calls++]
      if (failure !== undefined) throw Object.assign(new Error('secret-internal-detail'), failure)
      return real.spend(...request)
    }
    const guard = createDurableObjectGuard({ getByName: () => ({ ...real, spend }) as GuardStub }, options)
    return { guard, calls: () => calls }
  }

  // promise: F03
  it.each([{ retryable: true }, { durableObjectReset: true }])('as %j it is asked once more (F03)', async (failure) => {
    const { guard, calls } = failing(failure)
    expect([await guard.spend('x', now + 60), calls()]).toEqual(['first', 2])
  })

  it.each([
    [
      { overloaded: true, retryable: true },
      { name: 'StoreError', reason: 'contention' },
    ],
    [{}, { name: 'Error', message: 'secret-internal-detail' }],
    // promise: F04
  ])('as %j it is left alone (F04)', async (failure, told) => {
    const { guard, calls } = failing(failure)
    await expect(guard.spend('x', now + 60)).rejects.toMatchObject(told)
    expect(calls()).toBe(1)
  })

  it('twice, it is left alone', async () => {
    const { guard, calls } = failing({ retryable: true }, { retryable: true })
    await expect(guard.spend('x', now + 60)).rejects.toMatchObject({ name: 'StoreError', reason: 'connection' })
    expect(calls()).toBe(2)
  })
})
