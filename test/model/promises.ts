/**
 * What is promised of a refresh family, in words, and held against what was answered alone: no rule is asked.
 *
 * @module
 */

import type { Showing, Verdict } from './rule.ts'

/** What is promised. */
export const PROMISES = {
  over: 'what has ended stays ended: nothing is given after that',
  older: 'a generation older than the one before, or one that was never given, ends the family',
  late: 'after the grace at most one branch lives: the generation before ends the family, before its time as after',
  once: 'each generation is born once, after the one before it, and for one key',
  bound: 'a family that is bound stays bound, and another key, or none, ends it and gets nothing',
  uses: 'in each grace the generation before comes as often as the settings say, and no more often',
  again: 'who comes again in the grace, with the same key, gets the same successor: a lost answer does no harm',
  newest: 'the newest generation goes on, with its key, or the first',
  enough: 'what came too often ends nothing',
  revoked: 'after a logout or a revocation that was answered nothing is given',
  honest: 'an honest holder never loses the family: not by lost answers, nor by processes that come at once',
} as const
/** What is promised, by its name. */
export type Promised = keyof typeof PROMISES

/** What has been answered of a family so far. */
export interface Story {
  readonly newest: number
  readonly born: number
  readonly key: string
  /** How often the generation before was answered again. */
  readonly came: number
  readonly isOver: boolean
}

/** Nothing was answered. */
export const NO_STORY: Story = { newest: 0, born: 0, key: '', came: 0, isOver: false }

/** Returns what has been answered once this is, too. */
export function toldAlso(story: Story, { generation, key, now }: Showing, verdict: Verdict): Story {
  switch (verdict) {
    case 'next':
      return { ...story, newest: generation + 1, born: now, key, came: 0 }
    case 'again':
      return { ...story, came: story.came + 1 }
    case 'end':
      return { ...story, isOver: true }
    default:
      return story
  }
}

/** Tells which promise an answer breaks, after all that was answered before; nothing where it breaks none. */
export function brokenBy(story: Story, showing: Showing, verdict: Verdict): Promised | undefined {
  const isGiven = verdict === 'next' || verdict === 'again'
  if (story.isOver) return isGiven ? 'over' : undefined
  const behind = story.newest - showing.generation
  const hasEnded = verdict === 'end'
  if (behind < 0 || behind > 1) return hasEnded ? undefined : 'older'
  const isForeign = showing.key !== story.key && (story.key !== '' || behind === 1)
  if (isForeign) return hasEnded ? undefined : 'bound'
  if (behind === 0) return isGiven ? (verdict === 'next' ? undefined : 'once') : 'newest'
  const seconds = Math.abs(showing.now - story.born)
  if (showing.grace <= 0 || seconds > showing.grace) return hasEnded ? undefined : 'late'
  if (verdict === 'next') return 'once'
  if (story.came >= showing.uses) return isGiven ? 'uses' : hasEnded ? 'enough' : undefined
  return isGiven ? undefined : verdict === 'enough' ? 'uses' : 'again'
}
