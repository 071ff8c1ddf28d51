import { beforeAll, describe } from 'vitest'
import { createSqlRevocations } from '../../src/stores/index.ts'
import { makeTables, query } from '../parties/d1_database.ts'
import { revocationsContract } from './revocations_contract.ts'

describe('revocations on D1', () => {
  beforeAll(makeTables)
  revocationsContract(
    () => createSqlRevocations({ dialect: 'sqlite', query }),
    async () => {},
  )
})
