/**
 * Revocations in the memory of one process: for development, tests, and an issuer that is one process and never two.
 *
 * @module
 */

import { checkMembers, checkText } from '../../keys/check.ts'
import { createEventMemory, type Kept, tableOf } from './event_table.ts'
import { keepInMemory, type OneProcessOptions } from './one_process.ts'
import { addTo, groupEvents } from './revocation_list.ts'
import type { Revocations } from './revocations.ts'

/**
 * Returns revocations that end with the process. A new list says so, by its epoch: verifiers take it in place of the old one,
 * and what was revoked before and still lives counts again.
 *
 * @param salt what is hashed with what is revoked; a text of your own
 * @param clock returns Unix milliseconds. Default: the clock
 * @throws {TypeError} when there is no salt, or an option is misspelt
 * @see {@link createIssuer}
 */
export function createMemoryRevocations(
  salt: string,
  clock: () => number = () => Date.now(),
  options: OneProcessOptions = {},
): Revocations {
  checkMembers('createMemoryRevocations', options, ['single'])
  checkText('salt', salt, /./, 'a text of your own')
  const memory = createEventMemory<Kept>()
  const table = tableOf(salt, memory, (event) => event)
  const epoch = clock()
  let seq = epoch
  const revocations: Revocations = {
    // An issuer of 0.1.0 does not tell the time.
    async add(addition, now = Math.floor(clock() / 1000)) {
      memory.tidy(now)
      const outcome = addTo(table, addition, now)
      if (outcome.added) seq++
      return outcome
    },
    async read(now, what, isElse = false) {
      return { epoch, seq, salt, events: groupEvents(memory.live(now, what, isElse)) }
    },
  }
  return keepInMemory(revocations, options)
}
