import { beforeAll, describe, expect, it } from 'vitest'
import { createSqlGuard } from '../../src/stores/index.ts'
import { makeTables, query } from '../parties/d1_database.ts'
import { sqlGuardContract } from './sql_guard_contract.ts'

describe('the guard on D1', () => {
  it('says which command prints its tables where there are none', async () => {
    const refused = { reason: 'schema', message: expect.stringContaining('bulla guard schema --dialect sqlite') }
    await expect(createSqlGuard({ dialect: 'sqlite', query }).ready()).rejects.toMatchObject(refused)
  })

  describe('with its tables', () => {
    beforeAll(makeTables)
    sqlGuardContract('sqlite', query)
  })
})
