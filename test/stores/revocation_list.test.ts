import { describe, expect, it } from 'vitest'
import { createEventMemory, type Kept, tableOf } from '../../src/stores/event_table.ts'
import { addTo, mergeTags } from '../../src/stores/revocation_list.ts'

const now = 1_800_000_000

describe('the tags of an event', () => {
  it('are each there once, and of the instants of a group the last', () => {
    const tags = ['in app a', 'in app a until 9', 'by c', 'in app a until 10', 'by c', 'in app b', 'in app b until 7']
    expect(mergeTags(tags)).toEqual(['in app a', 'in app a until 10', 'by c', 'in app b', 'in app b until 7'])
  })

  it('are no more when it comes again and again, each time at another instant; a clock behind takes nothing back', () => {
    const memory = createEventMemory<Kept>()
    const table = tableOf('salt', memory, (event) => event)
    const event = { kind: 'jti', value: 'j', at: now, until: now + 600, keep: now + 600 } as const
    for (const second of [...Array(100).keys(), -5])
      addTo(table, { ...event, within: [{ ...event, kind: 'app', value: 'a', at: now + second }] }, now)
    const tags = memory.live(now, 'anything', false).map((one) => one.tags)
    expect(tags).toEqual([
      [expect.stringMatching(/^in app \S+$/), expect.stringMatching(new RegExp(`^in app .+ until ${now + 99}$`))],
    ])
  })
})
