/**
 * How long what is revoked stands in the list, and under which names: one that a resource alone can tell, for each root, and branch,
 * under which tokens can be that it hits.
 *
 * @module
 */

import { nameUnder, type RootNamesKey } from '../../keys/index.ts'
import type { EndpointContext } from '../context.ts'
import type { Resource } from '../registration/resource.ts'
import type { RevocationEvent, RevocationView } from '../stores/revocations.ts'
import { MOST_TOLERANT } from '../token/claims.ts'
import { appOf, type HiddenKind } from '../token/revocations.ts'

/** Seconds by which the clocks of the issuer's machines may differ when somebody is revoked: what begins then is dead too. */
export const REVOKED_FOR = 10

/** Seconds that an event stays at the least beyond the end of what it hits. */
const MARGIN = 120

/** Seconds to which the ends of hidden events are rounded up: those of one person go with those of others. */
const TOGETHER = 60

/** What a resource's tokens call a person, an app of a person, or an approval. */
interface NameAt {
  sub(sub: string): string
  app(sub: string, clientId: string): string
  gid(gid: string): string
}

/** The names of what is revoked, and how long it stands in the list. Instants are Unix seconds. */
export interface RevocationNames {
  /** Returns for how many seconds something lives after its end: where a verifier is tolerant, and by clocks that are behind. */
  afterEnd(now: number, skews: 1 | 2): number
  /** Returns how long access tokens can live that were issued until now by a clock that may be ahead. */
  endOf(now: number): number
  /** Returns that end, rounded up. */
  sharedEndOf(now: number): number
  /** Returns how long anything else can live: always longer, so that it is looked for. */
  keepOf(now: number): number
  /** Returns the names keys of a resource under whose roots tokens can have been sealed that live, or will be until `to`. */
  keysOf(resource: Resource, now: number, to: number): Promise<readonly RootNamesKey[]>
  /**
   * Returns the events of names at a resource: one for each root, and branch, under which a token can be that it hits.
   *
   * @param at until when tokens are dead
   */
  named(resource: Resource, kind: HiddenKind, value: string, at: number, now: number): Promise<RevocationEvent[]>
  /** Returns what a resource's tokens call whom. */
  nameAt(resource: Resource): NameAt
}

/** Returns the names of what is revoked. */
export function createRevocationNames(
  { settings, keyRing }: Pick<EndpointContext, 'settings' | 'keyRing'>,
  view: RevocationView,
): RevocationNames {
  const { resources, longestLife, trustedIssuers, pairwise } = settings
  const longestToken = [...resources.values()].reduce(
    (longest, { accessTokenLifetime }) => Math.max(longest, accessTokenLifetime),
    0,
  )
  // An assertion of before must not be good again, either.
  const longest = [...trustedIssuers.values()].reduce((most, issuer) => Math.max(most, issuer.longestLife), longestLife)

  const afterEnd = (now: number, skews: 1 | 2): number => Math.max(MARGIN, MOST_TOLERANT + skews * keyRing.skew(now))
  const endOf = (now: number): number => now + longestToken + afterEnd(now, 2)
  const sharedEndOf = (now: number): number => Math.ceil(endOf(now) / TOGETHER) * TOGETHER
  const keepOf = (now: number): number => now + Math.max(longest, longestToken + 1) + afterEnd(now, 2)

  async function keysOf(...[{ uri, accessTokenLifetime, branch }, now, to]: Parameters<RevocationNames['keysOf']>) {
    const keyring = keyRing.open(now)
    // Who has the keys of a branch that leaked could tell the names under it.
    const lowest = branch === 1 ? 1 : await view.lowestBranch(uri, now)
    const from = now - accessTokenLifetime - afterEnd(now, 2)
    return keyring
      .namesKeys(uri, branch)
      .filter(({ use, end, branch = 1 }) => branch >= lowest && use <= to + keyring.skew && end > from)
  }

  async function named(
    ...[resource, kind, value, at, now]: Parameters<RevocationNames['named']>
  ): Promise<RevocationEvent[]> {
    const until = sharedEndOf(now)
    return (await keysOf(resource, now, now + REVOKED_FOR)).map(({ key }) => {
      const { name, shift } = nameUnder(key(), kind, value)
      return { kind: 'name', value: name, at: at + shift, until, keep: until }
    })
  }

  const nameAt = (resource: Resource): NameAt => ({
    sub: (sub: string) => pairwise.nameAt(resource, 'sub', sub),
    app: (sub: string, clientId: string) => appOf(pairwise.nameAt(resource, 'sub', sub), clientId),
    gid: (gid: string) => pairwise.nameAt(resource, 'gid', gid),
  })

  return { afterEnd, endOf, sharedEndOf, keepOf, keysOf, named, nameAt }
}
