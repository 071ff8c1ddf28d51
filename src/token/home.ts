/**
 * Homes: where the guard remembers what came of a login. A session gets one, and all that comes of it says so in its own name:
 * `<home>.<name>`, with a number as the home, or a region and a number. A name without one lies by its hash, as ever.
 *
 * @module
 */

/** Numbers of homes that can be written: 0 to 4095. */
export const MOST_HOMES: number = 4096

/** A region's name. */
export const REGION: RegExp = /^[a-z]{1,8}$/

/** What a name with a home looks like; names are 128 or 256 bits, base64url. */
const FORM = /^((?:([a-z]{1,8})-)?(0|[1-9]\d{0,3}))\.[A-Za-z0-9_-]{22,43}$/

/** A home, as a name says it. */
export interface Home {
  /** As it is written. */
  readonly text: string
  /** Nothing where it is in none. */
  readonly region: string | undefined
  readonly number: number
}

/** Returns the home that a name says; nothing where it says none. This does NOT check that there is such a home. */
export function homeOf(name: string): Home | undefined {
  const [, text, region, number] = (name.includes('.') && FORM.exec(name)) || []
  return text === undefined ? undefined : { text, region, number: Number(number) }
}

/** What stands before a name that can say its home, where it is not alone. */
const BEFORE = /^(?:code|logout|provider) /

/** Returns the home that something says which can be asked of the guard; nothing where it says none. */
export function homeIn(id: string): Home | undefined {
  return homeOf(id.replace(BEFORE, ''))
}

/** Returns a name at the home of another; as it is where that has none. */
export function atHomeOf(other: string, name: string): string {
  const home = homeOf(other)
  return home === undefined ? name : `${home.text}.${name}`
}

/** The homes that there are. */
export interface Homes {
  /** Tells whether a name has no home, or one that there is, as the guard reads it. What is no text is nobody's name. */
  isOurs(name: unknown): boolean
}

/**
 * Returns the homes that there are.
 *
 * @param count how many, here and in each region. Default: as many as can be written
 * @param regions by their names. Default: none
 */
export function createHomes(count: number = MOST_HOMES, regions: readonly string[] = []): Homes {
  return {
    isOurs(name) {
      const home = typeof name === 'string' ? homeIn(name) : undefined
      if (home === undefined) return true
      return home.number < count && (home.region === undefined || regions.includes(home.region))
    },
  }
}
