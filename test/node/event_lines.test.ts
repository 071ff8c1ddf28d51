import { afterEach, describe, expect, it, vi } from 'vitest'
import { createRing, writeRing } from '../../keys/index.ts'
import type { IssuerEvent } from '../../src/index.ts'
import { writeEventLines } from '../../src/node/event_lines.ts'
import { readSettings } from '../../src/node/index.ts'
import { run } from '../checkout.ts'
import { ISSUER, testKey } from '../fixtures.ts'

const told = (id: string): IssuerEvent => ({
  id,
  time: '2027-01-15T08:00:00.000Z',
  source: ISSUER,
  type: 'token.issued',
  outcome: 'ok',
  client: 'evil\u202e',
})
const lineOf = (id: string): string => JSON.stringify(told(id)).replace('\u202e', '\\u202e')

afterEach(() => void vi.restoreAllMocks())

describe('events on the console of a process', () => {
  it('are lines of JSON in which all can be seen, those of one turn in one write, and none twice', async () => {
    const log = vi.spyOn(console, 'log').mockReturnValue()
    for (const id of ['1', '2', '3']) writeEventLines(told(id))
    expect(log).not.toHaveBeenCalled()
    await new Promise(setImmediate)
    writeEventLines(told('4'))
    await new Promise(setImmediate)
    await new Promise(setImmediate)
    expect(log.mock.calls).toEqual([[['1', '2', '3'].map(lineOf).join('\n')], [lineOf('4')]])
  })

  it('are written by a process that ends in the same turn', async () => {
    const text = `import { writeEventLines } from './src/node/event_lines.ts'
      const told = ${JSON.stringify(told('1'))}
      writeEventLines(told)
      writeEventLines({ ...told, id: '2' })
      process.exit(0)`
    const { out, err } = await run('node', ['--input-type=module', '--eval', text])
    expect([out, err]).toEqual([`${lineOf('1')}\n${lineOf('2')}\n`, ''])
  })

  it('are what the settings of a process say by themselves, and nobody is told by EVENTS = "none"', () => {
    const KEY_RING = writeRing(createRing({ now: 0, key: testKey() }))
    const read = (more: string) => readSettings(`[vars]\nISSUER = "${ISSUER}"\n${more}`, { KEY_RING })
    expect(read('').onEvent).toBe(writeEventLines)
    expect(read('EVENTS = "none"').onEvent).toBeUndefined()
  })
})
