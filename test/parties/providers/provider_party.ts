/**
 * What all providers of the tests have in common: each runs over real HTTP, and counts what it sees.
 *
 * @module
 */

import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What a provider calls this issuer. */
export const CLIENT_ID = 'bulla'

/** The secret that it shows there. */
export const CLIENT_SECRET = 'upstream-secret'

/** Stands in every token that a provider gives: it may be found in the envelope for its API, and nowhere else. */
export const CANARY = 'canary-4d1f'

/** A provider, and its API. */
export interface ProviderParty {
  /** Its origin. */
  readonly url: string
  /** How the settings speak of it: a table `[vars.LOGIN.<name>]`. */
  readonly table: Readonly<Record<string, unknown>>
  /** How often each code and each refresh token was seen at its token endpoint. */
  readonly seen: ReadonlyMap<string, number>
  /** All tokens that it gave, access tokens and refresh tokens. */
  readonly given: readonly string[]
  /** For whom its API was asked, one by one: their ids. */
  readonly actedFor: readonly string[]
  /** Asks its API who it acts for: their id, or `undefined` where the token is not good. */
  actsFor(accessToken: string): Promise<string | undefined>
  stop(): Promise<void>
}

/** Returns how often the one was seen that was seen most. */
export function mostSeen({ seen }: ProviderParty): number {
  return Math.max(0, ...seen.values())
}

/** Adds one to a count. */
export function count(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1)
}

/** Starts a server at 127.0.0.1, whose answers need to know where it is. */
export async function serve(create: (url: string) => RequestListener): Promise<{ url: string; stop(): Promise<void> }> {
  let answer: RequestListener = (_, response) => response.end()
  const server: Server = createServer((request, response) => answer(request, response))
  // A connection that is kept is not closed while somebody asks by it: `stop` closes all.
  server.keepAliveTimeout = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  answer = create(url)
  return {
    url,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
