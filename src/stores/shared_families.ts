/**
 * Families in a store that many processes share: read, decided here, and swapped. What many of one process want of a family at
 * the same time is decided one after the other, and written at once: else a hundred would wait for each other.
 *
 * @module
 */

import { type Family, NEW_FAMILY } from './family.ts'
import type { NameStore } from './name_store.ts'
import { type Attempt, PATIENCE, type StoreCalls } from './store_calls.ts'
import { StoreError } from './store_error.ts'
import { createTurns } from './turns.ts'

/** How often a swap is tried that others keep coming before. */
const MOST_TURNS = 16

/** What is decided of a family: the same one where nothing changes. */
export interface Decided<Answer> {
  readonly family: Family
  readonly answer: Answer
}

/** The others whose end keeps a family as it is. */
export interface Unless<Answer> {
  readonly names: readonly string[]
  /** What is answered then. */
  readonly answer: Answer
}

/** Families in a store. */
export interface SharedFamilies {
  read(name: string): Promise<Family>
  /**
   * Changes a family by what is decided of what lies there, unless one of some others has ended. `decide` may be asked several times.
   */
  change<Answer extends object>(
    name: string,
    expiresAt: number,
    decide: (family: Family) => Decided<Answer>,
    unless?: Unless<Answer>,
  ): Promise<Answer>
}

/** A change that somebody waits for. */
interface Wanted {
  readonly attempt: Attempt
  readonly expiresAt: number
  readonly decide: (family: Family) => Decided<object>
  readonly unless: Unless<object> | undefined
  /** What it was told by each writing of which nobody heard whether it was done, and what lay there before. */
  readonly told: Map<string, { readonly answer: object; readonly before: string | undefined }>
}

/** A family as it lies in a store, and the writing that made it so. */
interface Row {
  readonly family: Family
  readonly writing: string
}

function writeRow({ family, writing }: Row): string {
  const { generation, since, ended, bound, uses } = family
  return JSON.stringify([generation, since, ended ? 1 : 0, bound, uses, writing])
}

function readRow(text: string | undefined): Row {
  if (text === undefined) return { family: NEW_FAMILY, writing: '' }
  const [generation, since, ended, bound, uses, writing] = JSON.parse(text)
  return { family: { generation, since, ended: ended === 1, bound, uses }, writing }
}

/** Tells whether what lies in a store is a family that has ended. */
export function isEndedRow(text: string | undefined): boolean {
  return readRow(text).family.ended
}

/** Returns the families of a store. */
export function createSharedFamilies(store: NameStore, call: StoreCalls['call']): SharedFamilies {
  const inTurn = createTurns(PATIENCE)
  /** Those whose turn has not come yet, by family and what else may not have ended. */
  const waiting = new Map<string, { readonly all: Wanted[]; readonly answers: Promise<readonly (object | 'late')[]> }>()
  let writings = 0

  async function decideAll(name: string, all: readonly Wanted[]): Promise<readonly (object | 'late')[]> {
    const timely = all.filter(({ attempt }) => !attempt.isOver())
    const [first] = timely
    if (first === undefined) return all.map(() => 'late')
    const attempt = { ...first.attempt, deadline: Math.min(...timely.map((one) => one.attempt.deadline)) }
    const expiresAt = Math.max(...timely.map((one) => one.expiresAt))
    // Of each writing it must be known what it was: the same ones may come together otherwise the next time.
    const writing = `${attempt.id} ${++writings}`
    let there = await store.read(name)
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const row = readRow(there)
      let [{ family }, before] = [row, there]
      const answers = new Map<Wanted, object>()
      for (const one of timely) {
        const told = one.told.get(row.writing)
        if (told !== undefined) before = told.before
        const decided = told === undefined ? one.decide(family) : { family, answer: told.answer }
        family = decided.family
        answers.set(one, decided.answer)
      }
      // What lies there already is written again: it is to stay as long as this one says, and enough copies must have it.
      const same = family === row.family ? there : undefined
      if (same === undefined) before = there
      const after = same ?? writeRow({ family, writing })
      if (same === undefined) for (const [one, answer] of answers) one.told.set(writing, { answer, before })
      const toldAll = all.map((one) => answers.get(one) ?? 'late')
      const stays = { ...attempt, stays: family.ended }
      const swapped = await store.replace(name, before, after, expiresAt, stays, first.unless?.names)
      if (swapped.outcome === 'ended') return all.map(({ unless }) => unless?.answer ?? 'late')
      if (swapped.outcome === 'late') return all.map(() => 'late')
      if (swapped.outcome === 'swapped') return toldAll
      there = swapped.there
    }
    throw new StoreError('contention', 'too many wanted the same family')
  }

  /** Returns those that wait for the next turn of a family. */
  function nextOf(name: string, unless: Unless<object> | undefined) {
    const alike = [name, ...(unless?.names ?? [])].join(' ')
    const known = waiting.get(alike)
    if (known !== undefined) return known
    const all: Wanted[] = []
    const answers = inTurn(name, () => {
      waiting.delete(alike)
      return decideAll(name, all)
    })
    const next = { all, answers }
    waiting.set(alike, next)
    return next
  }

  return {
    read: async (name) => readRow(await call(() => store.read(name))).family,
    change<Answer extends object>(
      name: string,
      expiresAt: number,
      decide: (family: Family) => Decided<Answer>,
      unless?: Unless<Answer>,
    ) {
      const told: Wanted['told'] = new Map()
      return call(async (attempt) => {
        const next = nextOf(name, unless)
        const place = next.all.push({ attempt, expiresAt, decide, unless, told }) - 1
        return (await next.answers)[place] as Answer | 'late'
      })
    },
  }
}
