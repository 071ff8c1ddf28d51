/**
 * Names that are asked for again and again, kept: to derive one takes as long as to seal.
 *
 * @module
 */

/** Returns what names subjects as `make` does, and keeps the newest names under one key, so many at the most. */
export function keepNames<Key>(make: (key: Key, subject: string) => string, most: number): typeof make {
  const kept = new Map<string, string>()
  let under: Key | undefined
  return (key, subject) => {
    if (under !== key) kept.clear()
    under = key
    const known = kept.get(subject)
    if (known !== undefined) return known
    const made = make(key, subject)
    kept.set(subject, made)
    for (const oldest of kept.keys()) {
      if (kept.size <= most) break
      kept.delete(oldest)
    }
    return made
  }
}
