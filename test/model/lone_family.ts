/**
 * A family alone, of which anybody shows anything: each generation, key, clock, grace and number of uses at each step.
 *
 * @module
 */

import type { Machine, Move } from './explore.ts'
import { brokenBy, NO_STORY, PROMISES, type Story, toldAlso } from './promises.ts'
import { type Branch, NEW_BRANCH, type Rule, type Showing } from './rule.ts'

/** A family, and what was answered of it. */
interface World {
  readonly branch: Branch
  readonly story: Story
}

/** From here on generations are counted anew: none but the newest, the one before and older ones are told apart. */
const HIGHEST = 3
/** More returns than any number of uses. */
const MOST_RETURNS = 3

const [KEYS, CLOCK, GRACES] = [
  ['', 'a', 'b'],
  [0, 1, 2, 3],
  [0, 1, 2],
] as const
/** How often the generation before may come again: the last stands for any number. */
const USES = [0, 1, 2, Number.POSITIVE_INFINITY] as const

function* showings(highest: number): Generator<Showing> {
  for (let generation = 0; generation <= highest; generation++)
    for (const key of KEYS)
      for (const now of CLOCK)
        for (const grace of GRACES) for (const uses of USES) yield { generation, key, now, grace, uses }
}

function counted({ branch, story }: World): World {
  const down = Math.max(0, branch.newest - HIGHEST)
  const [returns, came] = [Math.min(branch.returns, MOST_RETURNS), Math.min(story.came, MOST_RETURNS)]
  const { newest } = branch
  return {
    branch: { ...branch, newest: newest - down, returns },
    story: { ...story, newest: story.newest - down, came },
  }
}

const nameOfAll = ({ newest, born, key, isOver, ...rest }: Branch | Story): string =>
  `${newest} ${born} ${key} ${isOver} ${'came' in rest ? rest.came : rest.returns}`

/** Returns the machine of a family alone, by a rule. */
export function createLoneFamily(rule: Rule): Machine<World> {
  function shows(world: World, showing: Showing): Move<World> {
    const { branch, verdict } = rule(world.branch, showing)
    const broken = brokenBy(world.story, showing, verdict)
    const { generation, key, now, grace, uses } = showing
    const label = `${generation} is shown (key: ${key || 'none'}, at ${now}, grace ${grace}, uses ${uses}): ${verdict}`
    const after = counted({ branch, story: toldAlso(world.story, showing, verdict) })
    return { label, world: after, broken: broken && PROMISES[broken] }
  }
  return {
    start: { branch: NEW_BRANCH, story: NO_STORY },
    moves: (world) => [
      ...[...showings(world.branch.newest + 1)].map((showing) => shows(world, showing)),
      {
        label: 'it is revoked',
        world: { branch: { ...world.branch, isOver: true }, story: { ...world.story, isOver: true } },
      },
    ],
    nameOf: ({ branch, story }) => [branch, story].map(nameOfAll).join(),
  }
}
