/**
 * Which clients a metric names: each name is a series of its own, for good.
 *
 * @module
 */

/** How many clients are named. */
export const MOST_CLIENTS = 200

/** What all others are called. */
export const OTHER = 'other'

/** What a client that walked in is called by: nobody configured it, and there can be as many as strangers like. */
const WALKED_IN = /^dcr\.|^https:\/\//

/** Returns what says by which name a client is counted: by its own the first 200 of the settings, all else as `other`. */
export function createClientNames(): (client: string) => string {
  const named = new Set<string>()
  return (client) => {
    if (WALKED_IN.test(client)) return OTHER
    if (named.size < MOST_CLIENTS) named.add(client)
    return named.has(client) ? client : OTHER
  }
}
