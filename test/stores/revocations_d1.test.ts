import { env } from 'cloudflare:workers'
import { beforeAll, describe } from 'vitest'
import { createSqlRevocations, type SqlRows, sqlSchema } from '../../src/stores/index.ts'
import { revocationsContract } from './revocations_contract.ts'

/** What is used of a D1 database. */
interface Database {
  prepare(text: string): Statement
}
interface Statement {
  bind(...values: readonly unknown[]): Statement
  all(): Promise<{ readonly results: SqlRows }>
}

const database = env['GUARD_DATABASE'] as Database

describe('revocations on D1', () => {
  beforeAll(async () => {
    for (const text of sqlSchema('sqlite').split(';').slice(0, -1)) await database.prepare(text).all()
  })
  revocationsContract(
    () =>
      createSqlRevocations({
        dialect: 'sqlite',
        async query(text, values) {
          const statement = database.prepare(text).bind(...values)
          return (await statement.all()).results
        },
      }),
    async () => {},
  )
})
