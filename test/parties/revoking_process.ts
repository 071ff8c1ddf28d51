/**
 * A process of its own that revokes many things, ten at once, in the list that a URL leads to: `revoking_process.ts URL NOW COUNT NAME`.
 * It says `ready`, begins at the first line that it is told, and prints how many were added. What is refused for the moment, as on a machine
 * that is busy, it asks for again, as whoever gets 503 does.
 *
 * @module
 */

import { once } from 'node:events'
import { openStores } from '../../src/node/index.ts'
import { StoreError } from '../../src/stores/store_error.ts'

const [url = '', now = '', count = '', name = ''] = process.argv.slice(2)
const { revocations, close } = await openStores(url)
await revocations.ready()
console.log('ready')
await once(process.stdin, 'data')
const at = Number(now)

async function add(value: string): Promise<boolean> {
  for (;;) {
    try {
      const { added } = await revocations.add({ kind: 'sub', value, at, until: at + 600, keep: at + 600 }, at)
      return added
    } catch (error) {
      const isPassing = error instanceof StoreError && ['contention', 'late'].includes(error.reason)
      if (!isPassing) throw error
    }
  }
}

let added = 0
for (let one = 0; one < Number(count); one += 10) {
  const outcomes = await Promise.all(Array.from({ length: 10 }, (_, place) => add(`${name} ${one + place}`)))
  added += outcomes.filter(Boolean).length
}
console.log(added)
await close()
process.exit()
