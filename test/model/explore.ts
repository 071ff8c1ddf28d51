/**
 * Explores a machine wholly: breadth first, each world once, until there is no new one. So what breaks a promise is found by a shortest way.
 *
 * @module
 */

/** One thing that can happen in a world. */
export interface Move<World> {
  readonly label: string
  readonly world: World
  /** The promise that it breaks, if it does. */
  readonly broken?: string | undefined
}

/** What can be, and what can happen. */
export interface Machine<World> {
  readonly start: World
  /** Returns all that can happen next. */
  moves(world: World): readonly Move<World>[]
  /** Returns the same text for worlds between which nobody can tell. */
  nameOf(world: World): string
}

/** What an exploration came to. */
export interface Exploration {
  readonly states: number
  readonly transitions: number
  /** Moves of the longest among the shortest ways to a state. */
  readonly depth: number
  /** The first promise that was broken, and how. */
  readonly broken?: { readonly promise: string; readonly path: readonly string[] }
}

/**
 * Explores a machine, and stops at the first promise that is broken.
 *
 * @param most states that it may have
 * @throws {RangeError} when it has more: then nothing is known of the rest
 */
export function explore<World>({ start, moves, nameOf }: Machine<World>, most = 1_000_000): Exploration {
  const known = new Map<string, number>([[nameOf(start), 0]])
  const ways: { readonly from: number; readonly label: string }[] = [{ from: -1, label: '' }]
  const pathTo = (state: number, last: string): readonly string[] => {
    const path = [last]
    for (let at = state; at > 0; at = ways[at]?.from ?? 0) path.unshift(ways[at]?.label ?? '')
    return path
  }
  let level: readonly { readonly state: number; readonly world: World }[] = [{ state: 0, world: start }]
  let [transitions, depth] = [0, 0]
  while (true) {
    const next: { readonly state: number; readonly world: World }[] = []
    for (const { state, world } of level) {
      for (const { label, world: after, broken } of moves(world)) {
        transitions++
        if (broken !== undefined)
          return { states: known.size, transitions, depth, broken: { promise: broken, path: pathTo(state, label) } }
        const name = nameOf(after)
        if (known.has(name)) continue
        known.set(name, ways.length)
        next.push({ state: ways.length, world: after })
        ways.push({ from: state, label })
        if (ways.length > most) throw new RangeError(`more than ${most} states`)
      }
    }
    if (next.length === 0) return { states: known.size, transitions, depth }
    level = next
    depth++
  }
}

/** Says what an exploration came to. */
export function tell({ states, transitions, depth, broken }: Exploration): string {
  const count = `${states} states, ${transitions} transitions, depth ${depth}`
  return broken === undefined ? `${count}, whole` : `${count}: ${broken.promise}\n  ${broken.path.join('\n  ')}`
}
