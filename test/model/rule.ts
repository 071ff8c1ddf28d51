/**
 * The rule of a refresh family, written a second time from the words of the design (§5), as a table: which refresh token is shown, by
 * whom, when. It shares nothing with `decideStep`, which is held against it.
 *
 * @module
 */

/** A family, as the words have it. */
export interface Branch {
  /** The newest generation that was given. */
  readonly newest: number
  /** When that was. */
  readonly born: number
  /** The key that it was given for; `''` where it was none. */
  readonly key: string
  /** How often the one before has come again since. */
  readonly returns: number
  readonly isOver: boolean
}

/** A refresh token that is shown to the guard. */
export interface Showing {
  readonly generation: number
  /** The key that is proved; `''` where none is. */
  readonly key: string
  readonly now: number
  readonly grace: number
  /** How often the one before may come again. */
  readonly uses: number
}

/** What becomes of it: the next one, the same successor again, nothing for now, the end, or nothing since the end. */
export type Verdict = 'next' | 'again' | 'enough' | 'end' | 'ended'

/** A rule: what becomes of what is shown, and of the family. */
export type Rule = (branch: Branch, showing: Showing) => { readonly branch: Branch; readonly verdict: Verdict }

/** Which token it is. */
type Which = 'newest' | 'before' | 'older' | 'ahead'
/** Who shows it: whom the newest was given for, or the first with a key where there was none, or anybody else. */
type Who = 'its own' | 'first key' | 'stranger'
type Entry = 'next' | 'end' | 'by the grace'

/** What becomes of a token. */
export interface Table {
  readonly entries: Readonly<Record<Which, Readonly<Record<Who, Entry>>>>
  readonly grace: Readonly<Record<'timely' | 'late', Readonly<Record<'uses left' | 'none left', Verdict>>>>
  isTimely(branch: Branch, showing: Showing): boolean
  whoIs(branch: Branch, showing: Showing): Who
  ends: 'for ever' | 'until it is shown'
  returnsOfTheNext: 0 | 'as before'
}

const NOBODY = { 'its own': 'end', 'first key': 'end', stranger: 'end' } as const

/** The table of the design. */
export const DESIGN: Table = {
  entries: {
    newest: { 'its own': 'next', 'first key': 'next', stranger: 'end' },
    before: { 'its own': 'by the grace', 'first key': 'end', stranger: 'end' },
    older: NOBODY,
    ahead: NOBODY,
  },
  grace: {
    timely: { 'uses left': 'again', 'none left': 'enough' },
    late: { 'uses left': 'end', 'none left': 'end' },
  },
  // Either way: a clock may have been set back since. 0 is none.
  isTimely: ({ born }, { now, grace }) => grace !== 0 && born - grace <= now && now <= born + grace,
  whoIs(branch, { key }) {
    if (branch.key === key) return 'its own'
    return branch.key === '' ? 'first key' : 'stranger'
  },
  ends: 'for ever',
  returnsOfTheNext: 0,
}

function whichIs({ newest }: Branch, { generation }: Showing): Which {
  if (generation > newest) return 'ahead'
  if (generation === newest) return 'newest'
  return newest - generation === 1 ? 'before' : 'older'
}

/** Returns the rule of a table. */
export function ruleOf({ entries, grace, isTimely, whoIs, ends, returnsOfTheNext }: Table): Rule {
  return (branch, showing) => {
    if (branch.isOver && ends === 'for ever') return { branch, verdict: 'ended' }
    const entry = entries[whichIs(branch, showing)][whoIs(branch, showing)]
    const when = isTimely(branch, showing) ? 'timely' : 'late'
    const left = branch.returns < showing.uses ? 'uses left' : 'none left'
    const verdict = entry === 'by the grace' ? grace[when][left] : entry
    switch (verdict) {
      case 'next': {
        const returns = returnsOfTheNext === 0 ? 0 : branch.returns
        const { key, now: born } = showing
        return { verdict, branch: { newest: showing.generation + 1, born, key, returns, isOver: false } }
      }
      case 'again':
        return { verdict, branch: { ...branch, returns: branch.returns + 1, isOver: false } }
      case 'end':
        return { verdict, branch: { ...branch, isOver: true } }
      default:
        return { verdict, branch }
    }
  }
}

/** The rule of the design. */
export const RULE: Rule = ruleOf(DESIGN)

/** A family of which nobody has shown anything. */
export const NEW_BRANCH: Branch = { newest: 0, born: 0, key: '', returns: 0, isOver: false }
