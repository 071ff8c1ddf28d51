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
 */
export function distance(from: string, to: string, swap = 2): number {
  let [before, row]: (readonly number[])[] = [[], Array.from({ length: to.length + 1 }, (_, index) => index)]
  for (let index = 0; index < from.length; index++) {
    const next = [index + 1]
    for (let place = 0; place < to.length; place++) {
      const [above = 0, beside = 0, across = 0] = [row?.[place + 1], next[place], row?.[place]]
      const isSwapped = index > 0 && place > 0 && from[index] === to[place - 1] && from[index - 1] === to[place]
      const swapped = isSwapped ? (before?.[place - 1] ?? 0) + swap : Number.POSITIVE_INFINITY
      next.push(Math.min(above + 1, beside + 1, across + (from[index] === to[place] ? 0 : 1), swapped))
    }
    ;[before, row] = [row, next]
  }
  return row?.[to.length] ?? 0
}

/** Returns a name without what people write differently: capitals, hyphens and underscores. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[_-]/g, '')
}

/** Returns the name that was meant, if one is but two letters, a capital or a hyphen away. */
export function findMeant(unknown: string, known: readonly string[]): string | undefined {
  const plain = plainName(unknown)
  return [0, 1, 2].flatMap((most) =>
    known.filter((name) => most * 2 < name.length && distance(plain, plainName(name)) <= most),
  )[0]
}
