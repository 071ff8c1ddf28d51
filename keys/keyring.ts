/**
 * The keyring of an issuer: all leaves, signing keys and names keys that its ring gives.
 *
 * @module
 */

import type { ContentEncryption, Purpose } from './derive.ts'
import { keepNames } from './kept_names.ts'
import { branchesOf, createLeaves, type Leaves } from './leaves.ts'
import { type NamesKey, namesKeysOf, nameUnder } from './names.ts'
import { type Dates, primariesAt, type Ring } from './ring.ts'
import { createSigningKeys, type SigningKeys } from './signing_keys.ts'

/** All leaves that an issuer's ring gives, each kind made once. */
export interface Keyring {
  /** Seconds by which any two clocks may differ. */
  readonly skew: number
  /** Seconds until a new ring has reached everyone. */
  readonly propagation: number
  /** Seconds that one leaf seals for. */
  readonly period: number
  /**
   * Returns the leaves for one purpose.
   *
   * @param resource the resource's URI for `access`, else the empty text
   * @param longestLife seconds that anything sealed by these leaves lives at the most
   * @param branch the number of the resource's branch, which seals; it and the one before it open. Default 1
   */
  leavesFor(purpose: Purpose, resource: string, enc: ContentEncryption, longestLife: number, branch?: number): Leaves
  /** The keys by which the issuer signs. */
  readonly signingKeys: SigningKeys
  /**
   * Returns the names keys of a resource, of all roots: of revoked ones too, for some server may open by them still.
   *
   * @param branch the number of the resource's branch: the keys are of it and of the one before it. Default 1
   */
  namesKeys(resource: string, branch?: number): readonly RootNamesKey[]
  /**
   * Returns what a subject is called in events, under each root, with its dates: it is called so while that root is primary. Under revoked
   * ones too, for events of before say so still.
   */
  eventNames(subject: string): readonly RootEventName[]
  /** Returns what a subject is called in events at `now`; nothing when there is not exactly one primary root. */
  eventName(subject: string, now: number): string | undefined
}

/** What a subject is called in events while a root is primary. */
export interface RootEventName extends Pick<Dates, 'use' | 'end'> {
  /** The kid of the root. */
  readonly kid: string
  /** 128 bits, base64url. */
  readonly name: string
}

/** A names key with the dates of its root, and the number of its branch. Default 1. */
export interface RootNamesKey extends NamesKey, Dates {
  readonly branch?: number
  readonly isRevoked: boolean
}

/** Returns the branches of a resource under which tokens can be: the one that seals, and what was sealed before it did. */
function livingBranches(branch: number): readonly number[] {
  return branch === 1 ? [1] : [branch - 1, branch]
}

/** How many names of events are kept: of whoever asks again and again. */
const MOST_NAMES = 1000

/**
 * Returns the keyring of an issuer. Nothing is derived before it is asked for.
 *
 * @example
 * import { createKeyring, type Leaf, type Ring } from 'bulla/keys'
 *
 * export function sealingLeaf(ring: Ring, now: number): Leaf | undefined {
 *   const keyring = createKeyring(ring, 'https://auth.example.com')
 *   return keyring.leavesFor('access', 'https://api.example.com', 'A256GCM', 3600).sealing(now)
 * }
 */
export function createKeyring(ring: Ring, issuer: string): Keyring {
  const { period, skew, propagation } = ring
  const made = new Map<string, Leaves>()
  const names = new Map<string, readonly RootNamesKey[]>()
  const unrevoked = { ...ring, revoked: [] }
  const eventKeys = namesKeysOf(branchesOf(unrevoked, issuer, 'event', ''))
  const eventNameUnder = ({ key }: NamesKey, subject: string): string => nameUnder(key(), 'sub', subject).name
  const lastName = keepNames(eventNameUnder, MOST_NAMES)
  return {
    skew,
    propagation,
    period,
    signingKeys: createSigningKeys(ring, issuer),
    leavesFor(purpose, resource, enc, longestLife, branch = 1) {
      const name = `${purpose} ${enc} ${longestLife} ${branch} ${resource}`
      const known = made.get(name)
      if (known !== undefined) return known
      const branches = livingBranches(branch).flatMap((one) => branchesOf(ring, issuer, purpose, resource, one))
      const leaves = createLeaves({ branches, enc, period, skew, longestLife })
      made.set(name, leaves)
      return leaves
    },
    namesKeys(resource, branch = 1) {
      const name = `${branch} ${resource}`
      const known = names.get(name)
      if (known !== undefined) return known
      const branches = livingBranches(branch).flatMap((one) => branchesOf(unrevoked, issuer, 'access', resource, one))
      const keys = namesKeysOf(branches).map((key) => ({ ...key, isRevoked: ring.revoked.includes(key.kid) }))
      names.set(name, keys)
      return keys
    },
    eventNames: (subject) =>
      eventKeys.map((key) => ({ kid: key.kid, use: key.use, end: key.end, name: eventNameUnder(key, subject) })),
    eventName(subject, now) {
      const [primary, ...more] = primariesAt(ring, now)
      const key = more.length > 0 ? undefined : eventKeys.find(({ kid }) => kid === primary?.kid)
      return key && lastName(key, subject)
    },
  }
}
