/**
 * A fetch that is measured.
 *
 * @module
 */

import type { Measure } from '../trace.ts'
import type { Fetch } from './document.ts'

/** Returns what of a URL may be told: no user, no query. */
function withoutSecrets(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined
  const { origin, pathname } = new URL(url)
  return `${origin}${pathname}`
}

/**
 * Returns the same fetch, measured.
 *
 * @param isStrangers whether strangers name the URLs: what they wrote is told to nobody. Default false
 */
export function measureFetch(fetch: Fetch, measure: Measure, isStrangers = false): Fetch {
  return (url, init) => {
    const told = isStrangers ? undefined : withoutSecrets(url)
    return measure({ part: 'fetch', method: init?.method ?? 'GET', url: told }, () => fetch(url, init))
  }
}
