import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { createBefore } from '../../src/token/opened_before.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Bytes of the heap that somebody needs. */
function needed(): number {
  collect()
  return process.memoryUsage().heapUsed
}

describe('tokens that are kept', () => {
  const tokens = Array.from({ length: 10 }, (_, at) => `letters.${String(at).padEnd(22, '-')}`)
  const opened = { claims: { sub: 'alice' } as never, to: 'k', by: {}, kid: 'k' }

  it.each([10, 4096])('take no more memory for being asked for, however often: room for %s', (most) => {
    const before = createBefore(most)
    for (const token of [...tokens, ...tokens]) before?.keep(token, opened)
    const ask = (times: number): void => {
      for (let count = 0; count < times; count++) before?.find(tokens[count % tokens.length] ?? '')
    }
    ask(10_000)
    const first = needed()
    ask(400_000)
    expect(needed() - first).toBeLessThan(5_000_000)
    expect(before?.find(tokens[0] ?? '')).toEqual(opened)
  })
})
