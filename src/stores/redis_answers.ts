/**
 * What Redis says, whatever a driver made of it.
 *
 * @module
 */

import { StoreError, type StoreReason } from './store_error.ts'

/** Words at the start of an error by which Redis says that it did nothing, and that it may soon. */
const PASSING = ['BUSY', 'CLUSTERDOWN', 'LOADING', 'MASTERDOWN', 'TRYAGAIN']

/** Returns what Redis means by an error of its own; nothing where it said nothing, or is only just not there. */
export function refusalOfRedis(error: unknown): StoreReason | undefined {
  // Its errors begin with a word in capitals; those of a socket are `connect ECONNREFUSED …`, or a driver's own words.
  const [, word = ''] = /^([A-Z]{2,})(?: |$)/.exec(error instanceof Error ? error.message : '') ?? []
  if (word === 'OOM') return 'memory_full'
  if (word === 'READONLY') return 'readonly_replica'
  const isOfSocket = /^E(?!RR$|XEC)/.test(word)
  return word === '' || isOfSocket || PASSING.includes(word) ? undefined : 'refused_by_server'
}

/** Tells whether Redis says that not all keys of a script lie where it was sent: it has done nothing. */
export function isAcrossSlots(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('CROSSSLOT')
}

/**
 * Returns a text or a number that Redis said, as a text.
 *
 * @throws {StoreError} when it is neither: nothing is guessed from it
 */
export function textOfRedis(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (value instanceof Uint8Array) return new TextDecoder().decode(value)
  throw new StoreError('refused_by_server', 'Redis, or who sends to it, answered what we do not know')
}

/**
 * Returns a list of texts that Redis said.
 *
 * @throws {StoreError} when it is none
 */
export function textsOfRedis(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(textOfRedis) : [textOfRedis(undefined)]
}

/**
 * Returns the first word of what a script said.
 *
 * @throws {StoreError} when it is none of these
 */
export function wordOfRedis<const Word extends string>(answer: readonly string[], words: readonly Word[]): Word {
  const word = words.find((one) => one === answer[0])
  if (word === undefined) throw new StoreError('refused_by_server', 'Redis answered a script as it never does')
  return word
}

/**
 * Returns the value of a pair that Redis said: as a list, a map or an object, as the protocol and the driver have it.
 *
 * @throws {StoreError} when it is none of these
 */
export function pairedInRedis(value: unknown, name: string): string | undefined {
  if (Array.isArray(value)) return value.length < 2 ? undefined : textOfRedis(value[1])
  const found =
    value instanceof Map ? value.get(name) : (value as Readonly<Record<string, unknown>> | null | undefined)?.[name]
  return found === undefined ? undefined : textOfRedis(found)
}
