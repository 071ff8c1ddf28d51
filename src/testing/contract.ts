/**
 * What a contract is: cases that anybody's store can be asked, by whatever runs somebody's tests.
 *
 * @module
 */

import { StoreError } from '../stores/store_error.ts'

/**
 * A case of a contract.
 *
 * @see docs/guides/testing-your-api.md#a-store-of-your-own
 */
export interface ContractCase {
  /** What is promised, as the title of a test. */
  readonly name: string
  /**
   * Asks a store, and settles when it has kept the promise.
   *
   * @throws {Error} that says what was promised, and what the store said
   */
  readonly run: () => Promise<void>
}

/**
 * What a contract is told of the store that it asks.
 *
 * @see docs/guides/testing-your-api.md#a-store-of-your-own
 */
export interface ContractOptions<Store> {
  /** Restarts whatever may be restarted: it is called in the middle of races. Default: nothing is. */
  readonly disturb?: () => Promise<unknown>
  /** How many ask at once in a race, from 2 on. Default 6. */
  readonly callers?: number
  /** Returns Unix seconds, by the clock that the store goes by. Default: the machine's. */
  readonly now?: () => number
  /** Makes a store whose memory cannot be reached. Without it, no case asks for what it does then. */
  readonly down?: () => Store | Promise<Store>
}

/** What the cases of a contract are made with. */
export interface Bench<Store> {
  readonly create: () => Promise<Store>
  readonly disturb: () => Promise<unknown>
  readonly callers: number
  readonly now: () => number
  /** Makes a case, which is handed a store and what compares. */
  readonly promise: (name: string, run: (store: Store, same: Same) => Promise<void>) => ContractCase
}

/** Compares what was said with what was promised. */
export type Same = (said: unknown, promised: unknown) => void

let names = 0

/** Returns a name that nobody used before. */
export function fresh(): string {
  return `${crypto.randomUUID()} ${++names}`
}

/** Writes a value: members in one order, what is not there as `nothing`. */
function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(', ')}]`
  if (typeof value !== 'object' || value === null) return value === undefined ? 'nothing' : JSON.stringify(value)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return `{ ${members
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, member]) => `${name}: ${write(member)}`)
    .join(', ')} }`
}

/** Returns a text that fits on a few lines. */
function clip(text: string): string {
  return text.length > 600 ? `${text.slice(0, 600)}…` : text
}

/**
 * Reads what a contract is told.
 *
 * @throws {RangeError} when fewer than two are to ask at once
 */
export function createBench<Store>(
  create: () => Store | Promise<Store>,
  { disturb = async () => {}, callers = 6, now = () => Math.floor(Date.now() / 1000) }: ContractOptions<Store>,
): Bench<Store> {
  if (!Number.isSafeInteger(callers) || callers < 2) throw new RangeError('"callers" expected an integer ≥ 2')
  return {
    create: async () => create(),
    disturb,
    callers,
    now,
    promise: (name, run) => ({
      name,
      run: async () =>
        run(await create(), (said, promised) => {
          const [told, kept] = [write(said), write(promised)]
          if (told !== kept) throw new Error(`${name}: the store said ${clip(told)} where ${clip(kept)} is promised`)
        }),
    }),
  }
}

/** Asks as many times at once, and disturbs four times meanwhile. */
export async function race<Answer>(
  { callers, disturb }: Pick<Bench<never>, 'callers' | 'disturb'>,
  ask: (caller: number) => Promise<Answer>,
): Promise<readonly Answer[]> {
  const answers: Promise<Answer>[] = []
  const every = Math.ceil(callers / 4)
  for (let caller = 0; caller < callers; caller++) {
    const answer = patiently(() => ask(caller))
    // Who fails while others still ask is heard at the end.
    answer.catch(() => {})
    answers.push(answer)
    if (caller % every === every - 1) await disturb()
  }
  return Promise.all(answers)
}

/** Returns how many have said one thing. */
export function countOf<Answer>(answers: readonly Answer[], said: Answer): number {
  return answers.filter((answer) => answer === said).length
}

/** Asks again where it came too late: nothing was done then, and many at once may be too many for a slow machine. */
export async function patiently<Answer>(ask: () => Promise<Answer>, tries = 5): Promise<Answer> {
  try {
    return await ask()
  } catch (error) {
    if (tries > 1 && error instanceof StoreError && error.reason === 'late') return patiently(ask, tries - 1)
    throw error
  }
}

/** Tells of each call whether it was refused, by throwing. */
export async function refusalsOf(calls: readonly (() => Promise<unknown>)[]): Promise<readonly string[]> {
  return Promise.all(
    calls.map(async (call) => {
      try {
        return `said ${write(await call())}`
      } catch {
        return 'threw'
      }
    }),
  )
}
