/**
 * Which name was meant: what an operator wrote, held against the names that there are.
 *
 * A few lines in place of a package: they go into every bundle of a verifier, and `keys/` has no dependency but one.
 *
 * @module
 */

/**
 * Returns how many letters of `from` must be changed, added or left out to make `to` of it.
 *
 * @param swap what two neighbours in each other's place count. Default 2, a change each
 * @param most what is further away need not be told apart: infinity stands for it. Settings may have thousands of names, and
 * a start that holds each against each must not take minutes. Default: all is counted
 */
export function distance(from: string, to: string, swap = 2, most: number = Number.POSITIVE_INFINITY): number {
  const far = Number.POSITIVE_INFINITY
  let before: number[] = []
  let row = Array.from({ length: Math.min(to.length, most) + 1 }, (_, index) => index)
  let leastBefore = 0
  for (let index = 0; index < from.length; index++) {
    const next: number[] = [index + 1]
    let least = index + 1
    // Off this band all is further away than `most`.
    const end = Math.min(to.length, index + most + 1)
    for (let place = Math.max(0, index - most); place < end; place++) {
      const [above = far, beside = far, across = far] = [row[place + 1], next[place], row[place]]
      const isSwapped = from[index] === to[place - 1] && from[index - 1] === to[place]
      const swapped = isSwapped ? (before[place - 1] ?? far) + swap : far
      const cost = Math.min(above + 1, beside + 1, across + (from[index] === to[place] ? 0 : 1), swapped)
      next[place + 1] = cost
      least = Math.min(least, cost)
    }
    if (least > most && leastBefore > most) return far
    ;[before, row, leastBefore] = [row, next, least]
  }
  return row[to.length] ?? far
}

/** Returns a name without what people write differently: capitals, hyphens and underscores. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '')
}

/** Letters by which a name may be another than what was meant. */
const REACH = 2

/**
 * Returns the name that was meant, if one is but two letters, a capital or a hyphen away.
 *
 * @param swap what two neighbours in each other's place count. Default 2
 */
export function findMeant(unknown: string, known: readonly string[], swap = 2): string | undefined {
  const plain = plainName(unknown)
  const [closest] = known
    .map((name) => ({ name, away: distance(plain, plainName(name), swap, REACH) }))
    .filter(({ name, away }) => away <= REACH && away * 2 < name.length)
    .sort((one, other) => one.away - other.away)
  return closest?.name
}
