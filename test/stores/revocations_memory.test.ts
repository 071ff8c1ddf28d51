import { describe } from 'vitest'
import { createMemoryRevocations } from '../../src/index.ts'
import { revocationsContract } from './revocations_contract.ts'

describe('revocations in memory', () => {
  const one = createMemoryRevocations('salt')
  revocationsContract(
    () => one,
    async () => {},
  )
})
