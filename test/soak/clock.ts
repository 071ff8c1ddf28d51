/**
 * Loaded before a process (`node --import`): its clock is set off from the truth by as many seconds as stand in the file that `SOAK_CLOCK` names, which
 * is read at the start and at each SIGUSR2. What measures how long something takes goes on as it does when a machine's clock is set.
 *
 * @module
 */

import { readFileSync } from 'node:fs'

const truth = Date.now
let offset = 0

function read(): void {
  offset = Number(readFileSync(process.env['SOAK_CLOCK'] ?? '', 'utf8')) * 1000
}

const Truth = Date
globalThis.Date = new Proxy(Truth, {
  construct: (target, given, as) => Reflect.construct(target, given.length === 0 ? [truth() + offset] : given, as),
  apply: () => new Truth(truth() + offset).toString(),
  get: (target, name) => (name === 'now' ? () => truth() + offset : Reflect.get(target, name)),
})

read()
process.on('SIGUSR2', read)
