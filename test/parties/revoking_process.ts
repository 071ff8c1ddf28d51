/**
 * A process of its own that revokes many things, ten at once, in the list that a URL leads to: `revoking_process.ts URL NOW COUNT NAME`.
 * It says `ready`, begins at the first line that it is told, and prints how many were added.
 *
 * @module
 */

import { once } from 'node:events'
import { openStores } from '../../src/node/index.ts'

const [url = '', now = '', count = '', name = ''] = process.argv.slice(2)
const { revocations, close } = await openStores(url)
await revocations.ready()
console.log('ready')
await once(process.stdin, 'data')
const at = Number(now)
let added = 0
for (let one = 0; one < Number(count); one += 10) {
  const outcomes = await Promise.all(
    Array.from({ length: 10 }, (_, place) =>
      revocations.add({ kind: 'sub', value: `${name} ${one + place}`, at, until: at + 600, keep: at + 600 }, at),
    ),
  )
  added += outcomes.filter((outcome) => outcome.added).length
}
console.log(added)
await close()
process.exit()
