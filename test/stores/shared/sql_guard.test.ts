import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { afterAll, beforeAll, describe } from 'vitest'
import { createSqlGuard, sqlSchema } from '../../../src/stores/index.ts'
import { type PostgresServer, startPostgres } from '../../parties/postgres_server.ts'
import { guardContract } from '../guard_contract.ts'

describe('the guard on SQLite, by node:sqlite', () => {
  const database = new DatabaseSync(':memory:')
  database.exec(sqlSchema('sqlite'))
  guardContract(
    () => createSqlGuard({ dialect: 'sqlite', query: (text, values) => database.prepare(text).all(...values) }),
    async () => {},
  )
})

describe('the guard on PostgreSQL, by pg', () => {
  let server: PostgresServer
  let pool: pg.Pool
  beforeAll(async () => {
    server = await startPostgres()
    pool = new pg.Pool({ connectionString: server.url })
    await pool.query(sqlSchema('postgresql'))
  })
  afterAll(async () => {
    await pool.end()
    await server.stop()
  })
  guardContract(
    () =>
      createSqlGuard({
        dialect: 'postgresql',
        query: async (text, values) => (await pool.query(text, [...values])).rows,
      }),
    async () => {},
  )
})
