import { env } from 'cloudflare:workers'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSqlGuard, type SqlQuery, type SqlRows, sqlSchema } from '../../src/stores/index.ts'
import { sqlGuardContract } from './sql_guard_contract.ts'

/** What is used of a D1 database. */
interface Database {
  prepare(text: string): Statement
}
interface Statement {
  bind(...values: readonly unknown[]): Statement
  all(): Promise<{ readonly results: SqlRows }>
}

const database = env['GUARD_DATABASE'] as Database
const query: SqlQuery = async (text, values) =>
  (
    await database
      .prepare(text)
      .bind(...values)
      .all()
  ).results

describe('the guard on D1', () => {
  it('says which command prints its tables where there are none', async () => {
    const refused = { reason: 'schema', message: expect.stringContaining('bulla guard schema --dialect sqlite') }
    await expect(createSqlGuard({ dialect: 'sqlite', query }).ready()).rejects.toMatchObject(refused)
  })

  describe('with its tables', () => {
    beforeAll(async () => {
      for (const text of sqlSchema('sqlite').split(';').slice(0, -1)) await database.prepare(text).all()
    })
    sqlGuardContract('sqlite', query)
  })
})
