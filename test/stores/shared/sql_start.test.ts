import pg from 'pg'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import {
  createSqlGuard,
  createSqlRevocations,
  type Dialect,
  type SqlGuardOptions,
  type SqlQuery,
} from '../../../src/stores/index.ts'
import { type PostgresServer, startPostgres } from '../../parties/postgres_server.ts'
import { openPg, openSqlite, SQLITE_SETTINGS, type SqlDatabase } from '../../parties/sql_database.ts'

const later = Math.floor(Date.now() / 1000) + 3600

/** Expects that a guard refuses to start, and whoever does not wait for that gets nothing either. */
async function expectRefusal(dialect: Dialect, query: SqlQuery, reason: string, words: RegExp): Promise<void> {
  const guard = createSqlGuard({ dialect, query, log: () => {} })
  const refusal = { name: 'StoreError', reason, message: expect.stringMatching(words) }
  const atStart = reason === 'settings' ? { name: 'RangeError', message: refusal.message, cause: refusal } : refusal
  await expect(guard.ready()).rejects.toMatchObject(atStart)
  await expect(guard.spend('name', later)).rejects.toMatchObject(refusal)
}

describe('a guard on SQLite', () => {
  const open: SqlDatabase[] = []
  const opened = (settings?: string): ReturnType<typeof openSqlite> => {
    const database = openSqlite(settings)
    open.push(database)
    return database
  }
  afterEach(() => Promise.all(open.splice(0).map((database) => database.close())))

  it.each([
    ['would forget when the machine stops', 'PRAGMA synchronous = NORMAL', /"synchronous" is 1.*FULL/],
    ['has readers wait for writers', 'PRAGMA journal_mode = delete', /"journal_mode" is delete.*wal/],
    ['would not wait for another process', 'PRAGMA busy_timeout = 999', /"busy_timeout" is 999 ms.*1000/],
    ['writes nothing before somebody else says so', 'BEGIN', /inside a transaction/],
  ])('refuses to start on one that %s', async (_, setting, words) => {
    const { database, query } = opened()
    database.exec(setting)
    await expectRefusal('sqlite', query, 'settings', words)
  })

  it('refuses to start on one that is too old to tell milliseconds', async () => {
    const { query } = opened()
    // What it does not know as a modifier makes the time NULL.
    const old: SqlQuery = (text, values) => query(text.replaceAll("'subsec'", "'unheard-of'"), values)
    await expectRefusal('sqlite', old, 'settings', /3\.42/)
  })

  it.each([
    ['are missing', 'DROP TABLE bulla_meta'],
    ['are of another version', 'UPDATE bulla_meta SET version = 2'],
    ['have no version', 'DELETE FROM bulla_meta'],
  ])('refuses to start where its tables %s, and names the command that prints them', async (_, change) => {
    const { database, query } = opened()
    database.exec(change)
    await expectRefusal('sqlite', query, 'schema', /bulla guard schema --dialect sqlite/)
  })

  it('names that command, too, when a table goes missing later', async () => {
    const { database, query } = opened()
    const guard = createSqlGuard({ dialect: 'sqlite', query })
    await guard.ready()
    database.exec('DROP TABLE bulla_name; DROP TABLE bulla_family')
    const refusal = { reason: 'schema', message: expect.stringContaining('bulla guard schema --dialect sqlite') }
    await expect(guard.spend('name', later)).rejects.toMatchObject(refusal)
    await expect(guard.hasEnded(['name'])).rejects.toMatchObject(refusal)
  })

  it('starts as soon as what was wrong is mended, and changes no setting of anybody', async () => {
    const { database, query } = opened(`${SQLITE_SETTINGS}; PRAGMA synchronous = EXTRA`)
    database.exec('BEGIN')
    const guard = createSqlGuard({ dialect: 'sqlite', query })
    await expect(guard.ready()).rejects.toThrow(RangeError)
    database.exec('ROLLBACK')
    expect(await guard.spend('name', later)).toBe('first')
    expect(database.prepare('PRAGMA synchronous').all()).toEqual([{ synchronous: 3 }])
  })
})

describe('a guard on PostgreSQL', () => {
  let server: PostgresServer
  let admin: Awaited<ReturnType<typeof openPg>>
  beforeAll(async () => {
    server = await startPostgres()
    admin = await openPg(server.url, { options: '-c synchronous_commit=local' })
  })
  afterAll(async () => {
    await admin.close()
    await server.stop()
  })

  /** Runs with one connection that has a setting. */
  async function withSetting(
    setting: string,
    run: (query: SqlQuery, client: pg.Client) => Promise<void>,
  ): Promise<void> {
    const client = new pg.Client({ connectionString: server.url, options: `-c ${setting}` })
    await client.connect()
    try {
      await run(async (text, values) => (await client.query(text, [...values])).rows, client)
    } finally {
      await client.end()
    }
  }

  it.each([
    ['answers before it has written', 'synchronous_commit=off', 'settings', /"synchronous_commit" is off/],
    ['fails many at once', 'default_transaction_isolation=serializable', 'settings', /is serializable.*read committed/],
    ['takes nothing', 'default_transaction_read_only=on', 'readonly_replica', /takes nothing/],
  ])('refuses to start on one that %s', (_, setting, reason, words) =>
    withSetting(setting, (query) => expectRefusal('postgresql', query, reason, words)),
  )

  it('refuses to start inside a transaction, whose end nobody knows', () =>
    withSetting('synchronous_commit=on', async (query, client) => {
      await client.query('BEGIN')
      await expectRefusal('postgresql', query, 'settings', /inside a transaction/)
      await client.query('ROLLBACK')
      await createSqlGuard({ dialect: 'postgresql', query }).ready()
    }))

  // promise: R09
  it('refuses to start on one that does not wait for the standbys that are named, and starts where there are none', async () => {
    const setStandbys = async (names: string): Promise<void> => {
      await admin.pool.query(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`)
      await admin.pool.query('SELECT pg_reload_conf()')
      const show = async () => (await admin.pool.query('SHOW synchronous_standby_names')).rows[0]
      await expect.poll(show).toEqual({ synchronous_standby_names: names })
    }
    const guard = () => createSqlGuard({ dialect: 'postgresql', query: admin.query, log: () => {} })
    await guard().ready()
    await setStandbys('second')
    await expectRefusal('postgresql', admin.query, 'settings', /"synchronous_commit" is local/)
    await setStandbys('')
    await guard().ready()
  })

  it('refuses to start where its tables are missing, and names the command that prints them', async () => {
    await admin.pool.query('CREATE DATABASE empty')
    const pool = new pg.Pool({ connectionString: server.url.replace(/postgres$/, 'empty') })
    const query: SqlQuery = async (text, values) => (await pool.query(text, [...values])).rows
    await expectRefusal('postgresql', query, 'schema', /bulla guard schema --dialect postgresql/)
    await pool.end()
  })
})

it.each<[string, unknown]>([
  ['no way to ask', { dialect: 'sqlite' }],
  ['a way that is none', { dialect: 'sqlite', query: 'postgres://127.0.0.1' }],
  ['no dialect', { query: () => [] }],
  ['a dialect of others', { dialect: 'mysql', query: () => [] }],
  ['a log that is none', { dialect: 'sqlite', query: () => [], log: 'console' }],
  ['a word that is misspelt', { dialect: 'sqlite', query: () => [], lgo: () => {} }],
])('refuses %s when it is made', (_, options) => {
  for (const create of [createSqlGuard, createSqlRevocations])
    expect(() => create(options as SqlGuardOptions)).toThrow(/^"/)
})
