import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Addition, createMemoryRevocations, type Revocations } from '../../../src/index.ts'
import { createSqlRevocations, type SharedRevocations } from '../../../src/stores/index.ts'
import { MOST_OF_A_GROUP } from '../../../src/stores/revocation_list.ts'
import { MOST_READ } from '../../../src/stores/revocation_log.ts'
import { isRevoked } from '../../../src/token/revocations.ts'
import { ROOT } from '../../checkout.ts'
import { REVOCATION_STORES, type RevocationStore } from '../../parties/revocation_stores.ts'
import { openSqlite } from '../../parties/sql_database.ts'

const now = 1_800_000_000
let names = 0

/** A token that is revoked again, by another approval, when the first time is over and perhaps tidied away. */
const OVER_BUT_THERE = [
  ...[[0, 0, 'b', 24] as const, [0, 400, 'a', 0] as const, [0, 70, 'a', 0] as const],
  ...[3, 1, 2].map((token) => [0, 0, 'a', token] as const),
  ...[[1, 70, 'a', 0] as const, [1, 0, 'a', 4] as const],
  ...[24, 5, 6].map((token) => [0, 0, 'a', token] as const),
  [0, 0, 'b', 7] as const,
].map(([by, wait, approval, token]) => ({ by, wait, person: 'a', approval, kind: 'jti', token }) as const)
const event = (changes: Partial<Addition> = {}): Addition => ({
  kind: 'sub',
  value: `${++names}`,
  at: now,
  until: now + 600,
  keep: now + 3600,
  ...changes,
})
const hits = async (list: Revocations, sub: string, at = now): Promise<boolean> =>
  isRevoked(await list.read(at, 'access tokens'), { sub, client_id: 'app', iat: now })

/** Revokes in a process of its own, once all are ready; returns how many were added. */
async function revokeIn(processes: number, { url }: RevocationStore, count: number): Promise<readonly number[]> {
  const script = join(ROOT, 'test/parties/revoking_process.ts')
  const children = Array.from({ length: processes }, (_, one) => {
    const child = spawn(process.execPath, [script, url, String(now), String(count), `process ${one}`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
    return { child, next: async () => (await lines.next()).value as string }
  })
  const said = await Promise.all(children.map(({ next }) => next()))
  expect(said).toEqual(children.map(() => 'ready'))
  for (const { child } of children) child.stdin.write('go\n')
  return Promise.all(
    children.map(async ({ child, next }) => {
      const added = Number(await next())
      if (child.exitCode === null) await once(child, 'exit')
      return added
    }),
  )
}

describe.each(Object.entries(REVOCATION_STORES))('a list of revocations that processes share, on %s', (_, start) => {
  let store: RevocationStore
  let one: SharedRevocations
  let other: SharedRevocations
  beforeAll(async () => {
    store = await start()
  }, 60_000)
  afterAll(() => store.close())
  beforeEach(async () => {
    await store.replace([])
    one = store.open()
    other = store.open()
  })

  it('has in each process what was added in another, and one epoch and salt, from the first look on', async () => {
    const [here, there] = await Promise.all([one.read(now, 'anything'), other.read(now, 'anything')])
    expect(there).toEqual(here)
    const [mine, theirs] = [event(), event()]
    await Promise.all([one.add(mine, now), other.add(theirs, now)])
    for (const list of [one, other, store.open()])
      expect([await hits(list, mine.value), await hits(list, theirs.value)]).toEqual([true, true])
    expect(await one.read(now, 'anything')).toEqual(await store.open().read(now, 'anything'))
  })

  // promise: R17
  it('loses nothing of what six processes add at once, and counts each once', { timeout: 120_000 }, async () => {
    const { seq } = await one.read(now, 'anything')
    expect(await revokeIn(6, store, 200)).toEqual(Array(6).fill(200))
    const bundle = await one.read(now, 'anything')
    expect([bundle.seq - seq, Object.keys(bundle.events.sub ?? {}).length]).toEqual([1200, 1200])
  })

  it('that is lost is another one, with a later epoch, a higher seq and another salt, and each process sees that', async () => {
    const lost = event()
    await one.add(lost, now)
    const before = await other.read(now, 'anything')
    // Milliseconds are what tells two lists apart: nobody loses one and adds to the next in the same.
    await expect.poll(() => Date.now()).toBeGreaterThan(before.seq)
    await store.replace([])
    const after = await one.read(now, 'anything')
    expect(await other.read(now, 'anything')).toEqual(after)
    expect(after.epoch).toBeGreaterThan(before.epoch ?? Number.NaN)
    expect(after.seq).toBeGreaterThan(before.seq)
    expect(after.salt).not.toBe(before.salt)
    expect(await hits(one, lost.value)).toBe(false)
    await one.add(lost, now)
    expect(await hits(other, lost.value)).toBe(true)
  })

  // promise: G02
  it('that was set back to a backup is read anew, though as much was added since as was lost', async () => {
    const [kept, lost, late] = [event(), event(), event()]
    await one.add(kept, now)
    await other.read(now, 'anything')
    const backup = await store.rows()
    await one.add(lost, now)
    await other.read(now, 'anything')
    await store.replace(backup)
    await store.open().add(late, now)
    for (const list of [other, one]) {
      expect([await hits(list, kept.value), await hits(list, lost.value)]).toEqual([true, false])
      expect(await hits(list, late.value)).toBe(true)
    }
    // What is added by who knew another history, is added to this.
    await store.replace(backup)
    await one.add(lost, now)
    expect(await other.read(now, 'anything')).toEqual(await one.read(now, 'anything'))
    expect(await hits(other, lost.value)).toBe(true)
    expect(await hits(one, late.value)).toBe(false)
  })

  it('keeps one row for each event, however often it is added, and none that is over', async () => {
    const again = event()
    for (let times = 0; times < 20; times++) await one.add({ ...again, at: now + times }, now)
    await one.add(event({ until: now + 10, keep: now + 10 }), now)
    await other.read(now, 'anything')
    expect(await store.rows()).toHaveLength(22)
    const later = now + 200
    // A look finds what is over; a minute later it goes.
    await one.read(later, 'anything')
    await one.add(event({ until: later + 600, keep: later + 600 }), later + 60)
    await expect.poll(() => store.rows()).toHaveLength(3)
    const bundle = await one.read(later, 'anything')
    expect([await other.read(later, 'anything'), await store.open().read(later, 'anything')]).toEqual([bundle, bundle])
    expect(await hits(other, again.value)).toBe(true)
  })

  it('loses nothing that lives by a clock that was ahead for a moment', async () => {
    const lives = event()
    await one.add(lives, now)
    await one.add(event(), now)
    await one.read(now + 100_000, 'anything')
    for (const at of [now + 1, now + 120]) {
      await one.read(at, 'anything')
      // Whatever is dropped by now, is dropped before this is written.
      await one.add(event(), at)
      for (const list of [one, other, store.open()]) expect(await hits(list, lives.value, at)).toBe(true)
    }
  })

  it('is the same to who saw each step of a fold, who saw none, and who missed some rows that are gone', async () => {
    const memory = createMemoryRevocations((await one.read(now, 'anything')).salt)
    const add = async (addition: Addition): Promise<void> => {
      expect(await one.add(addition, now)).toEqual(await memory.add(addition, now))
    }
    const gid = event({ kind: 'gid', value: 'approval' })
    const tokens = async (count: number): Promise<void> => {
      for (let times = 0; times < count; times++)
        await add(event({ kind: 'jti', within: [gid, event({ kind: 'app', value: 'person at app' })] }))
    }
    await tokens(MOST_OF_A_GROUP)
    await add(event())
    // This one has the eight, and will see no row that took their place: the last of these says less.
    await other.read(now, 'anything')
    await tokens(2 * MOST_OF_A_GROUP)
    await add({ ...gid, at: now + 9 })
    await one.read(now + 60, 'anything')
    const { events } = await memory.read(now, 'anything')
    const count = Object.values(events).reduce((sum, of) => sum + Object.keys(of).length, 0)
    expect(count).toBeLessThan(2 * MOST_OF_A_GROUP)
    await expect.poll(() => store.rows()).toHaveLength(count + 1)
    for (const list of [one, other, store.open()]) expect((await list.read(now, 'anything')).events).toEqual(events)
  })

  it('says of each addition what a list in memory says, in whichever process it is added (fast-check)', {
    timeout: 120_000,
  }, async () => {
    const people = fc.constantFrom('a', 'b')
    const additions = fc.array(
      fc.record({
        by: fc.constantFrom(0, 1),
        wait: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 70, 400),
        person: people,
        approval: people,
        kind: fc.constantFrom('jti', 'jti', 'jti', 'gid', 'sub'),
        token: fc.nat(60),
      }),
      { maxLength: 60, size: 'max' },
    )
    await fc.assert(
      fc.asyncProperty(additions, async (steps) => {
        await store.replace([])
        const lists = [store.open(), store.open()]
        const { salt } = await store.open().read(now, 'anything')
        const memory = createMemoryRevocations(salt)
        let at = now
        for (const { by, wait, person, approval, kind, token } of steps) {
          at += wait
          const of = { at, until: at + 100, keep: at + 300 }
          const gid = { kind: 'gid', value: `${person} ${approval}`, ...of } as const
          const addition: Addition =
            kind === 'jti'
              ? { kind, value: `${token}`, ...of, within: [gid, { kind: 'app', value: person, ...of }] }
              : kind === 'gid'
                ? gid
                : { kind: 'sub', value: person, ...of }
          expect(await lists[by]?.add(addition, at)).toEqual(await memory.add(addition, at))
        }
        const { events } = await memory.read(at, 'anything')
        for (const list of [...lists, store.open()]) expect((await list.read(at, 'anything')).events).toEqual(events)
      }),
      { numRuns: 6, examples: [[OVER_BUT_THERE]] },
    )
  })

  it('comes in parts where it is long, and whole', async () => {
    await one.read(now, 'anything')
    const [[, list] = [0, '']] = await store.rows()
    const [epoch] = JSON.parse(list)
    const rows = Array.from({ length: 2 * MOST_READ + 1 }, (_, row) => {
      const seq = epoch + row + 1
      return [seq, JSON.stringify([seq, 'mark', 'jti', `hash ${row}`, now, now + 600, now + 600, 0])] as const
    })
    await store.replace([[0, list], ...rows])
    for (const of of [one, store.open()]) {
      const { seq, events } = await of.read(now, 'anything')
      expect([seq, Object.keys(events.jti ?? {}).length]).toEqual([epoch + rows.length, rows.length])
    }
  })

  it('keeps hashes alone', async () => {
    await one.add(event({ value: 'alice-canary', by: { client: 'client-canary' } }), now)
    expect(JSON.stringify(await store.rows())).not.toContain('canary')
  })
})

describe('a list of revocations whose answers come late', () => {
  it('takes in once what it wrote and what it reads at the same time, so that none of it goes', async () => {
    const { query, close } = openSqlite()
    const answers: (() => void)[] = []
    let isHeld = false
    const list = createSqlRevocations({
      dialect: 'sqlite',
      async query(text, values) {
        const rows = await query(text, values)
        if (isHeld) await new Promise<void>((resolve) => answers.push(resolve))
        return rows
      },
    })
    await list.add(event(), now)
    isHeld = true
    const single = event()
    const added = list.add(single, now)
    await expect.poll(() => answers.length).toBe(1)
    const read = list.read(now, 'anything')
    await expect.poll(() => answers.length).toBe(2)
    isHeld = false
    answers[0]?.()
    await added
    answers[1]?.()
    await read
    await list.add(event(), now)
    await list.read(now + 61, 'anything')
    await list.read(now + 62, 'anything')
    expect(await hits(createSqlRevocations({ dialect: 'sqlite', query }), single.value)).toBe(true)
    await close()
  })
})
