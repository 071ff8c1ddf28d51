import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { createSqlGuard } from '../../../src/stores/index.ts'
import { openSqlite, SQLITE_SETTINGS } from '../../parties/sql_database.ts'

const later = Math.floor(Date.now() / 1000) + 3600
const open: ReturnType<typeof openSqlite>[] = []
afterEach(() => Promise.all(open.splice(0).map(({ close }) => close())))

/** Opens a guard on a new file. */
async function openGuard(settings = SQLITE_SETTINGS) {
  const opened = openSqlite(settings)
  open.push(opened)
  const guard = createSqlGuard({ dialect: 'sqlite', query: opened.query, log: () => {} })
  await guard.ready()
  return { ...opened, guard }
}

/** Has another process write to a file for so long; returns when it has begun, and a promise of its end. */
async function occupy(path: string, milliseconds: number): Promise<{ readonly ended: Promise<unknown> }> {
  const source = `
    const database = new (process.getBuiltinModule('node:sqlite').DatabaseSync)(process.argv[1])
    database.exec('BEGIN IMMEDIATE')
    console.log('begun')
    setTimeout(() => database.exec('ROLLBACK'), Number(process.argv[2]))`
  const child = spawn(process.execPath, ['--no-warnings', '--eval', source, path, String(milliseconds)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  await once(child.stdout, 'data')
  return { ended }
}

describe('a guard on SQLite, while another process writes for long,', () => {
  it('does nothing late: the time is looked at when nobody else writes any more', async () => {
    const { guard, path } = await openGuard()
    const { ended } = await occupy(path, 1700)
    await expect(guard.spend('code', later)).rejects.toMatchObject({ name: 'StoreError', reason: 'late' })
    await ended
    expect(await guard.spend('code', later)).toBe('first')
  })

  it('says that there was too much of that, where it does not wait so long', async () => {
    const { guard, path } = await openGuard(SQLITE_SETTINGS.replace('5000', '1000'))
    const { ended } = await occupy(path, 1300)
    await expect(guard.spend('code', later)).rejects.toMatchObject({ name: 'StoreError', reason: 'contention' })
    await ended
    expect(await guard.spend('code', later)).toBe('first')
  })
})

describe('a guard on SQLite', () => {
  // promise: G02
  it('tells the number of a backup that was put back, and is whole again with the next that is raised', async () => {
    const { database, guard: before, path } = await openGuard()
    await before.raise('settings', 7)
    database.exec(`VACUUM INTO '${path}.backup'`)
    expect(await before.raise('settings', 8)).toBe(8)
    const backup = new DatabaseSync(`${path}.backup`)
    onTestFinished(() => backup.close())
    backup.exec(SQLITE_SETTINGS)
    const guard = createSqlGuard({ dialect: 'sqlite', query: (text, values) => backup.prepare(text).all(...values) })
    expect(await guard.raise('settings', 6)).toBe(7)
    expect([await guard.raise('settings', 8), await guard.raise('settings', 7)]).toEqual([8, 8])
  })

  // promise: R12
  it('says that there is no room, forgets nothing for it, and goes on when there is', async () => {
    const { database, guard } = await openGuard()
    const [{ page_count: pages } = {}] = database.prepare('PRAGMA page_count').all()
    database.exec(`PRAGMA max_page_count = ${Number(pages) + 20}`)
    const names: string[] = []
    const fill = async (): Promise<never> => {
      for (;;) {
        const name = `name ${names.length}`
        await guard.leave(name, 'x'.repeat(4000), later)
        names.push(name)
      }
    }
    const refusal = { reason: 'memory_full', message: 'SQLite did not do it: memory_full' }
    await expect(fill()).rejects.toMatchObject(refusal)
    expect(names.length).toBeGreaterThan(5)
    expect(await Promise.all(names.map((name) => guard.leave(name, 'y', later)))).toEqual(names.map(() => 'taken'))
    database.exec('PRAGMA max_page_count = 100000')
    expect(await guard.leave(`name ${names.length}`, 'z', later)).toBe('first')
  })

  it('says that it may not write, in words of ours', async () => {
    const { database, guard } = await openGuard()
    database.exec('PRAGMA query_only = on')
    const refusal = { reason: 'refused_by_server', message: 'SQLite did not do it: refused_by_server' }
    await expect(guard.spend('code', later)).rejects.toMatchObject(refusal)
    database.exec('PRAGMA query_only = off')
    expect(await guard.spend('code', later)).toBe('first')
  })
})
