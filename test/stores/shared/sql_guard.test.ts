import { PGlite } from '@electric-sql/pglite'
import postgres from 'postgres'
import { afterAll, beforeAll, describe } from 'vitest'
import { sqlSchema } from '../../../src/stores/index.ts'
import { type PostgresServer, startPostgres } from '../../parties/postgres_server.ts'
import { openPg, openSqlite, type SqlDatabase } from '../../parties/sql_database.ts'
import { sqlGuardContract } from '../sql_guard_contract.ts'

describe('the guard on SQLite, by node:sqlite', () => {
  const { query, close } = openSqlite()
  afterAll(close)
  sqlGuardContract('sqlite', query)
})

describe('the guard on PostgreSQL', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  describe('by pg', () => {
    let database: SqlDatabase
    beforeAll(async () => {
      database = await openPg(server.url)
    })
    afterAll(() => database.close())
    sqlGuardContract('postgresql', (text, values) => database.query(text, values))
  })

  describe('by postgres.js', () => {
    let sql: postgres.Sql
    beforeAll(async () => {
      sql = postgres(server.url, { onnotice: () => {} })
      await sql.unsafe(sqlSchema('postgresql'))
    })
    afterAll(() => sql.end())
    sqlGuardContract('postgresql', (text, values) => sql.unsafe(text, [...values], { prepare: true }))
  })
})

describe('the guard on PostgreSQL without a server, by PGlite', () => {
  let database: PGlite
  beforeAll(async () => {
    database = new PGlite()
    await database.exec(sqlSchema('postgresql'))
  }, 60_000)
  afterAll(() => database.close())
  sqlGuardContract(
    'postgresql',
    async (text, values) => (await database.query<Record<string, unknown>>(text, [...values])).rows,
  )
})
