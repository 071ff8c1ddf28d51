import { describe, expect, it } from 'vitest'
import { createMemoryGuard } from '../../src/index.ts'
import { guardContract } from './guard_contract.ts'

describe('the guard in memory', () => {
  guardContract(
    () => createMemoryGuard(),
    async () => {},
  )

  it('forgets what is over, and not before its time and a margin (H52, M37)', async () => {
    let now = 1000
    const guard = createMemoryGuard(() => now)
    const busy = async (): Promise<void> => {
      for (let call = 0; call < 1000; call++) await guard.spend(`other ${now} ${call}`, now + 1)
    }
    await guard.spend('a', 2000)
    now = 2120
    await busy()
    expect(await guard.spend('a', 2000)).toBe('spent')
    now = 2121
    await busy()
    expect(await guard.spend('a', 2000)).toBe('first')
  })
})
