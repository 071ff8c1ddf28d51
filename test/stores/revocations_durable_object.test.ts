import { evictAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import { HALF } from '../../src/stores/revocation_list.ts'
import {
  createDurableObjectRevocations,
  type RevocationsNamespace,
  type RevocationsStub,
} from '../../src/stores/revocations_on_workers.ts'
import { revocationsContract } from './revocations_contract.ts'

const namespace = env['REVOCATIONS'] as RevocationsNamespace
const now = Math.floor(Date.now() / 1000)

describe('the revocations of a Durable Object', () => {
  revocationsContract(
    () => createDurableObjectRevocations(namespace),
    () => evictAllDurableObjects(),
  )

  it('drops what can hit nothing any more by an alarm, and no sooner', async () => {
    const stub = namespace.getByName('tidy')
    const count = (of: RevocationsStub): Promise<number> =>
      runInDurableObject(
        of,
        (_, state) => state.storage.sql.exec<{ count: number }>('SELECT COUNT(*) AS count FROM event').one().count,
      )
    await stub.add({ kind: 'sub', value: 'a', at: now, until: now - 500, keep: now - 121 }, now)
    await stub.add({ kind: 'sub', value: 'b', at: now, until: now - 500, keep: now - 60 }, now)
    expect(await count(stub)).toBe(2)
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect(await count(stub)).toBe(1)
    // One is left, so the alarm is set again.
    expect(await runDurableObjectAlarm(stub)).toBe(true)
  })

  it('stays as long as it was by what comes again and again, and finds the tags of an event by an index', async () => {
    const stub = namespace.getByName('again')
    const within = [{ kind: 'app', value: 'a', at: now, until: now + 600, keep: now + 600 } as const]
    for (const [second] of Array.from({ length: 20 }).entries())
      await stub.add(
        {
          kind: 'jti',
          value: 'j',
          at: now,
          until: now + 600,
          keep: now + 600,
          within: within.map((one) => ({ ...one, at: now + second })),
        },
        now,
      )
    const [tags, plan] = await runInDurableObject(stub, (_, { storage: { sql } }) => [
      sql.exec<{ tag: string }>('SELECT tag FROM tag').toArray(),
      sql
        .exec<{ detail: string }>('EXPLAIN QUERY PLAN DELETE FROM tag WHERE kind = ? AND hash = ?', 'jti', 'j')
        .toArray(),
    ])
    expect(tags).toHaveLength(2)
    expect(tags.map(({ tag }) => tag).join()).toContain(` until ${now + 19}`)
    expect(plan.map(({ detail }) => detail).join()).toContain('tags_of')
  })

  it('refuses before the list is too long, though it was restarted, and counts only what can hit something', async () => {
    const stub = namespace.getByName('full')
    await stub.read(now, 'anything')
    const fill = (count: number, keep: number): Promise<unknown> =>
      runInDurableObject(stub, (_, { storage: { sql } }) =>
        sql
          .exec(
            `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
          INSERT INTO event (kind, hash, at, until, keep) SELECT 'jti', ? || i, 1, ?, ? FROM n`,
            `${keep} `,
            keep,
            keep,
          )
          .toArray(),
      )
    await fill(1000, now)
    await fill(HALF - 1, now + 600)
    await evictAllDurableObjects()
    const full = namespace.getByName('full')
    const one = { kind: 'jti' as const, at: now, until: now + 600, keep: now + 600 }
    expect(await full.add({ ...one, value: 'a' }, now)).toEqual({ added: true, isHalf: true })
    expect(await full.add({ ...one, value: 'b' }, now)).toEqual({ added: false, why: 'the list is full' })
    expect(await full.add({ ...one, value: 'b', by: 'approval' }, now)).toEqual({ added: true, isHalf: false })
    expect(await full.add({ ...one, value: 'c', until: now + 900, keep: now + 900 }, now + 600)).toMatchObject({
      added: true,
    })
  })

  it('is upgraded in place from 0.1.0: its rows hit on, its salt and seq stay, and it has no epoch', async () => {
    const stub = namespace.getByName('upgraded')
    const salt = (await stub.read(now, 'anything')).salt
    await stub.add({ kind: 'sub', value: 'alice', at: now, until: now + 600, keep: now + 3600 }, now)
    const rows = await runInDurableObject(stub, (_, { storage: { sql } }) => {
      // What 0.1.0 made, as it made it.
      sql.exec('DROP TABLE tag')
      sql.exec('DROP TABLE list')
      sql.exec('CREATE TABLE list (one INTEGER PRIMARY KEY CHECK (one = 1), salt TEXT NOT NULL, seq INTEGER NOT NULL)')
      sql.exec('INSERT INTO list (one, salt, seq) VALUES (1, ?, 41)', salt)
      return sql.exec('SELECT * FROM event').toArray()
    })
    expect(rows).toHaveLength(1)
    await evictAllDurableObjects()
    const upgraded = namespace.getByName('upgraded')
    const bundle = await upgraded.read(now, 'access tokens')
    expect(bundle).toMatchObject({ salt, seq: 41, events: { sub: expect.anything() } })
    expect(bundle).not.toHaveProperty('epoch')
    await upgraded.add({ kind: 'jti', value: 'x', at: now, until: now + 60, keep: now + 60 }, now)
    // And 0.1.0 again, with the statements that it has.
    const again = await runInDurableObject(upgraded, (_, { storage: { sql } }) => {
      sql.exec("INSERT INTO list (one, salt, seq) VALUES (1, 'x', 0) ON CONFLICT DO NOTHING")
      sql.exec('UPDATE list SET seq = seq + 1 RETURNING salt').one()
      const upsert = `INSERT INTO event (kind, hash, at, until, keep) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET at = MAX(at, excluded.at), until = MAX(until, excluded.until), keep = MAX(keep, excluded.keep)`
      sql.exec(upsert, 'jti', 'hash', now, now + 60, now + 60)
      return sql.exec<{ seq: number }>('SELECT seq FROM list').one().seq
    })
    expect(again).toBe(43)
    expect(Object.keys((await upgraded.read(now, 'access tokens')).events.jti ?? {})).toHaveLength(2)
  })

  it('keeps its salt for ever: every hash would change with it', async () => {
    const stub = namespace.getByName('salt')
    const { salt } = await stub.read(now, 'anything')
    await evictAllDurableObjects()
    expect([salt.length, (await namespace.getByName('salt').read(now, 'anything')).salt]).toEqual([22, salt])
  })

  it('keeps hashes alone', async () => {
    const stub = namespace.getByName('values')
    await stub.add({ kind: 'sub', value: 'alice-canary', at: now, until: now + 60, keep: now + 60 }, now)
    const rows = await runInDurableObject(stub, (_, state) => state.storage.sql.exec('SELECT * FROM event').toArray())
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain('canary')
  })
})
