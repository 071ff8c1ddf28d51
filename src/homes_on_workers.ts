/**
 * Homes of the guard as a Worker's variables say them: how many, and which regions have some of their own.
 *
 * @module
 */

import { checkChoice, checkInteger, checkMembers, checkText, readTexts } from '../keys/check.ts'
import { readEach } from '../keys/faults.ts'
import type { HomeSettings } from './settings/homes.ts'
import type { RegionPlace } from './stores/guard_on_workers.ts'
import { MOST_HOMES, REGION } from './token/home.ts'

/** The variables that say it. */
export interface HomeBindings {
  /** How many homes sessions get at the guard, 1 to 4096. Default: none is given, and names lie by their hash. */
  readonly HOMES?: unknown
  /** `[vars.HOME_REGIONS.…]`: the regions that have homes of their own, by their names. Default: none. */
  readonly HOME_REGIONS?: unknown
}

/** A region, as the settings say it. */
interface Region extends RegionPlace {
  /** Who comes from there gets a home there. Default: nobody; those that were given are read. */
  readonly continents?: readonly string[]
}

/** Where Cloudflare can be told to keep objects, and nowhere else. */
const JURISDICTIONS = ['eu', 'us', 'fedramp', 'fedramp-high'] as const

/** Near where Cloudflare can be asked to make objects. */
const LOCATION_HINTS = ['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'oc', 'afr', 'me'] as const

/** A continent, as Cloudflare tells it of a request. */
const CONTINENT = /^(?:AF|AN|AS|EU|NA|OC|SA)$/

function readRegion(name: string, region: unknown): Region {
  checkText('HOME_REGIONS', name, REGION, 'names of 1 to 8 lower-case letters')
  const path = `HOME_REGIONS.${name}`
  checkMembers(path, region, ['jurisdiction', 'locationHint', 'continents'])
  const { jurisdiction, locationHint, continents = [] } = region
  if (jurisdiction !== undefined) checkChoice(`${path}.jurisdiction`, jurisdiction, JURISDICTIONS)
  if (locationHint !== undefined) checkChoice(`${path}.locationHint`, locationHint, LOCATION_HINTS)
  if (jurisdiction === undefined && locationHint === undefined)
    throw new TypeError(`"${path}" expected a "jurisdiction" or a "locationHint"`)
  return {
    ...region,
    continents: readTexts(`${path}.continents`, continents, CONTINENT, 'AF, AN, AS, EU, NA, OC or SA'),
  }
}

/** Returns which region is whose: of no continent there are two. */
function regionsByContinent(regions: Readonly<Record<string, Region>>): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const [region, { continents = [] }] of Object.entries(regions))
    for (const continent of continents) {
      const other = found.get(continent)
      if (other !== undefined) throw new RangeError(`"HOME_REGIONS" has ${continent} in ${other} and in ${region}`)
      found.set(continent, region)
    }
  return found
}

/** What the variables say. */
export interface ReadHomes {
  readonly homes: HomeSettings | undefined
  /** For the guard. */
  readonly regions: Readonly<Record<string, RegionPlace>>
}

/**
 * Reads the variables.
 *
 * @throws {TypeError | RangeError} when they say nothing: all that is wrong with regions is said
 */
export function readHomeBindings({ HOMES: count, HOME_REGIONS: given }: HomeBindings): ReadHomes {
  if (count === undefined && given === undefined) return { homes: undefined, regions: {} }
  if (count !== undefined) checkInteger('HOMES', count, 1, MOST_HOMES)
  const table: unknown = given ?? {}
  checkMembers('HOME_REGIONS', table)
  const regions = Object.fromEntries(
    readEach(Object.entries(table), ([name, region]) => [name, readRegion(name, region)] as const),
  )
  const continents = regionsByContinent(regions)
  const regionOf = (request: Request): string | undefined =>
    continents.get((request as { readonly cf?: { readonly continent?: string } }).cf?.continent ?? '')
  const homes = { regions: Object.keys(regions), regionOf, ...(count === undefined ? {} : { count }) }
  return { homes, regions }
}
