import { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, describe } from 'vitest'
import { createSqlRevocations, sqlSchema } from '../../../src/stores/index.ts'
import { type PostgresServer, startPostgres } from '../../parties/postgres_server.ts'
import { openPg, openSqlite, type SqlDatabase } from '../../parties/sql_database.ts'
import { revocationsContract } from '../revocations_contract.ts'

describe('revocations on SQLite, by node:sqlite', () => {
  const { query, close } = openSqlite()
  afterAll(close)
  revocationsContract(
    () => createSqlRevocations({ dialect: 'sqlite', query }),
    async () => {},
  )
})

describe('revocations on PostgreSQL', () => {
  let server: PostgresServer
  let database: SqlDatabase
  let operator: SqlDatabase
  beforeAll(async () => {
    server = await startPostgres()
    database = await openPg(server.url)
    operator = await openPg(server.url, { max: 1 })
  }, 60_000)
  afterAll(async () => {
    await database.close()
    await operator.close()
    await server.stop()
  })
  revocationsContract(
    () => createSqlRevocations({ dialect: 'postgresql', query: database.query }),
    async () => {
      const others = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()'
      await operator.query(`${others} AND backend_type = 'client backend'`, [])
    },
  )
})

describe('revocations on PostgreSQL without a server, by PGlite', () => {
  let database: PGlite
  beforeAll(async () => {
    database = new PGlite()
    await database.exec(sqlSchema('postgresql'))
    // It is PostgreSQL in WebAssembly: that takes its time.
  }, 60_000)
  afterAll(() => database.close())
  revocationsContract(
    () =>
      createSqlRevocations({
        dialect: 'postgresql',
        query: async (text, values) => (await database.query<Record<string, unknown>>(text, [...values])).rows,
      }),
    async () => {},
  )
})
