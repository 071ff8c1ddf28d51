import { evictAllDurableObjects, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, it } from 'vitest'
import {
  createDurableObjectRevocations,
  type RevocationsNamespace,
  type RevocationsStub,
} from '../../src/stores/revocations_durable_object.ts'
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
    await stub.add({ kind: 'sub', value: 'a', at: now, until: now - 500, keep: now - 121 })
    await stub.add({ kind: 'sub', value: 'b', at: now, until: now - 500, keep: now - 60 })
    expect(await count(stub)).toBe(2)
    expect(await runDurableObjectAlarm(stub)).toBe(true)
    expect(await count(stub)).toBe(1)
    // One is left, so the alarm is set again.
    expect(await runDurableObjectAlarm(stub)).toBe(true)
  })

  it('keeps its salt for ever: every hash would change with it', async () => {
    const stub = namespace.getByName('salt')
    const { salt } = await stub.read(now, 'anything')
    await evictAllDurableObjects()
    expect([salt.length, (await namespace.getByName('salt').read(now, 'anything')).salt]).toEqual([22, salt])
  })

  it('keeps hashes alone', async () => {
    const stub = namespace.getByName('values')
    await stub.add({ kind: 'sub', value: 'alice-canary', at: now, until: now + 60, keep: now + 60 })
    const rows = await runInDurableObject(stub, (_, state) => state.storage.sql.exec('SELECT * FROM event').toArray())
    expect(rows).toHaveLength(1)
    expect(JSON.stringify(rows)).not.toContain('canary')
  })
})
