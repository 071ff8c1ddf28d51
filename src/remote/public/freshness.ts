/**
 * How long a document of strangers serves: as its headers say (RFC 9111 §4.2, §5.2.2, §5.3), within bounds of ours.
 *
 * @module
 */

/** Seconds that a document serves at the least, and at the most. */
const [LEAST, MOST] = [60, 3600]

/** Seconds that a document serves which does not say. */
const USUAL = 300

/** Returns the seconds that a directive names: the fewest, where it stands there twice; none, where they are no number. */
function readSeconds(directives: string, name: string): number | undefined {
  const found = [...directives.matchAll(/(?:^|[\s,])([\w-]+)(?:=(?:"([^"]*)"|([^\s,]*)))?/g)]
    .filter(([, one]) => one?.toLowerCase() === name)
    .map(([, , quoted, token]) => quoted ?? token ?? '')
    .map((text) => (/^[0-9]{1,10}$/.test(text) ? Number(text) : 0))
  return found.length === 0 ? undefined : Math.min(...found)
}

/** Returns the seconds that a document may serve from when it was made; nothing where it does not say. */
function readLife(headers: Headers, now: number): number | undefined {
  const directives = headers.get('cache-control') ?? ''
  if (['no-store', 'no-cache', 'private'].some((name) => readSeconds(directives, name) !== undefined)) return 0
  const age = readSeconds(directives, 's-maxage') ?? readSeconds(directives, 'max-age')
  if (age !== undefined) return age
  const expires = headers.get('expires')
  if (expires === null) return undefined
  const made = Date.parse(headers.get('date') ?? '')
  const until = (Date.parse(expires) - (Number.isNaN(made) ? now * 1000 : made)) / 1000
  return Number.isNaN(until) ? 0 : until
}

/**
 * Returns the seconds that a document serves from now on: 60 to 3600, and 300 where it does not say.
 *
 * @param now Unix seconds
 */
export function freshFor(headers: Headers, now: number): number {
  const life = readLife(headers, now)
  if (life === undefined) return USUAL
  const age = headers.get('age') ?? ''
  const left = life - (/^[0-9]{1,10}$/.test(age) ? Number(age) : 0)
  return Math.min(MOST, Math.max(LEAST, Math.floor(left)))
}
