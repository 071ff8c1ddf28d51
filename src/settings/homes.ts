/**
 * Homes of the guard, as the operator sets them: how many there are, and who gets one where.
 *
 * @module
 */

import { decodeBase64url } from '../../keys/base64url.ts'
import { checkFunctions, checkInteger, checkMembers, readTexts } from '../../keys/check.ts'
import { createHomes, type Homes, MOST_HOMES, REGION } from '../token/home.ts'

/** Where sessions, and what comes of them, are remembered. */
export interface HomeSettings {
  /**
   * How many homes there are, 1 to 4096, and as many in each region: sessions that begin get one. Only once every live version, and
   * the one that you would roll back to, reads them. Default: none is given; all that can be written are read.
   */
  readonly count?: number
  /** The regions that have homes of their own, by the names that the guard knows: 1 to 8 lower-case letters. Default: none. */
  readonly regions?: readonly string[]
  /**
   * Returns the region in which somebody logs in. Default, and where it has no such name: none.
   *
   * @param env what came beside the request: the bindings
   */
  readonly regionOf?: (request: Request, env: unknown) => string | undefined
}

/** The homes that there are, and who gets which. */
export interface GivenHomes extends Homes {
  /** Returns the name of a session that begins, with its home: the same one for the same name. */
  give(name: string, request: Request, env: unknown): string
  /** Characters that a home makes a name longer by, at the most. */
  readonly longest: number
}

/**
 * Reads the setting.
 *
 * @param hasGuard whether there is one. Default true
 * @throws {TypeError | RangeError} when it is none; when homes are given, and there is no guard
 */
export function readHomes(value: unknown = {}, hasGuard = true): GivenHomes {
  checkMembers('homes', value, ['count', 'regions', 'regionOf'])
  const { count, regionOf } = value as HomeSettings
  if (regionOf !== undefined) checkFunctions(value, ['regionOf'])
  const regions = readTexts('homes.regions', value['regions'] ?? [], REGION, '1 to 8 lower-case letters')
  if (count === undefined) return { ...createHomes(MOST_HOMES, regions), give: (name) => name, longest: 0 }
  checkInteger('homes.count', count, 1, MOST_HOMES)
  if (!hasGuard) throw new TypeError('"homes" expected a guard, whose homes they are')
  const longestRegion = regions.reduce((longest, { length }) => Math.max(longest, length + 1), 0)
  return {
    ...createHomes(count, regions),
    give(name, request, env) {
      const region = regionOf?.(request, env)
      // Names are digests, or random: so many of their bits are as good as a die.
      const [high = 0, middle = 0, low = 0] = decodeBase64url(name.slice(0, 4))
      const home = ((high << 16) | (middle << 8) | low) % count
      return region !== undefined && regions.includes(region) ? `${region}-${home}.${name}` : `${home}.${name}`
    },
    longest: longestRegion + String(count - 1).length + 1,
  }
}
