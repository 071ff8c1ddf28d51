/**
 * The leaves that open: each found by its kid, derived when it is first asked for, and kept while it may open. Who seals
 * nothing needs no more of them.
 *
 * @module
 */

import { type ContentEncryption, type deriveLeaf, readLeafKid, writeLeafKid } from './derive.ts'
import type { Dates } from './ring.ts'

/** A branch of a root, with the root's kid and dates. */
export interface Branch extends Dates {
  /** The kid of the root that the branch is derived from. */
  readonly kid: string
  /** Its number: which one of its resource it is. Default 1. */
  readonly branch?: number
  /** Gives its 32 bytes; a ring's are derived when they are first asked for. */
  readonly k: () => Uint8Array
}

/** What a leaf's key is, where nobody makes anything else of it: 32 bytes, or 64 for A256CBC-HS512. */
export type LeafKey = Uint8Array<ArrayBuffer>

/** The key that does the work: one root's, one purpose's, one period's, for one content encryption. */
export interface Leaf<Key = LeafKey> {
  readonly kid: string
  readonly enc: ContentEncryption
  readonly key: Key
  /** Unix seconds from which it seals. */
  readonly nbf: number
  /** Unix seconds from which it no longer seals. */
  readonly exp: number
}

/** Leaves that open. */
export interface OpeningLeaves<Key = LeafKey> {
  /** Returns the leaf of exactly this kid, or nothing when it may not open at `now`. */
  opening(kid: string, now: number): Leaf<Key> | undefined
}

/** Returns the number of a branch. */
export function numberOf({ branch = 1 }: Branch): number {
  return branch
}

/** What leaves are made from. */
export interface LeavesOptions {
  /** The unrevoked branches: one or more of each root. */
  readonly branches: readonly Branch[]
  readonly enc: ContentEncryption
  /** Seconds that one leaf seals for. */
  readonly period: number
  /** Seconds by which any two clocks may differ. */
  readonly skew: number
  /** Seconds that anything sealed by these leaves lives at the most; a leaf opens for so long after its period. */
  readonly longestLife: number
}

/** A leaf that is kept, and the instants from which and until which it may open. */
interface Kept<Key> {
  readonly leaf: Leaf<Key>
  readonly from: number
  readonly until: number
}

/** Returns the instants from which and until which a leaf of this number seals. */
export function datesOf({ use, end }: Branch, number: number, period: number): Pick<Leaf, 'nbf' | 'exp'> {
  return { nbf: Math.max(use, number * period), exp: Math.min(end, (number + 1) * period) }
}

/** Makes a leaf's key, or what a platform makes of it. */
export type DeriveKey<Key> = (...leaf: Parameters<typeof deriveLeaf>) => Key

/** Returns the leaf of a branch and of a number, which need not open anything. */
export function makeLeaf<Key>(
  derive: DeriveKey<Key>,
  branch: Branch,
  number: number,
  { enc, period }: Pick<LeavesOptions, 'enc' | 'period'>,
): Leaf<Key> {
  const key = derive(branch.k(), enc, number)
  return { kid: writeLeafKid(branch.kid, number, numberOf(branch)), enc, key, ...datesOf(branch, number, period) }
}

/**
 * Returns the leaves of `branches` that open, with what `derive` makes for each: its key as the platform has it, for example.
 *
 * @param derive must come to the same key as `deriveLeaf`
 * @example
 * import { createOpeningLeaves, deriveLeaf, readKeys } from 'bulla/keys'
 *
 * export function keyOf(exported: string, kid: string, now: number): Uint8Array | undefined {
 *   const leaves = createOpeningLeaves(deriveLeaf, { ...readKeys(exported), longestLife: 3600 })
 *   return leaves.opening(kid, now)?.key
 * }
 */
export function createOpeningLeaves<Key>(derive: DeriveKey<Key>, options: LeavesOptions): OpeningLeaves<Key> {
  const { branches, period, skew, longestLife } = options
  const nameOf = (kid: string, number: number): string => `${kid} ${number}`
  const branchOf = new Map(branches.map((branch) => [nameOf(branch.kid, numberOf(branch)), branch]))
  const kept = new Map<string, Kept<Key>>()

  /** Returns when a leaf of these dates may open; never, if it never seals. */
  function window(branch: Branch, { nbf, exp }: Pick<Leaf, 'nbf' | 'exp'>): Pick<Kept<Key>, 'from' | 'until'> {
    const from = Math.max(branch.pub, nbf) - skew
    return { from, until: nbf < exp ? Math.min(branch.del, exp + longestLife + 2 * skew) : from }
  }

  function keep(leaf: Leaf<Key>, { from, until }: Pick<Kept<Key>, 'from' | 'until'>, now: number): Leaf<Key> {
    for (const [kid, old] of kept) if (now >= old.until) kept.delete(kid)
    kept.set(leaf.kid, { leaf, from, until })
    return leaf
  }

  return {
    opening(kid, now) {
      const known = kept.get(kid)
      if (known !== undefined) return now >= known.from && now < known.until ? known.leaf : undefined
      const name = readLeafKid(kid)
      if (name === undefined) return undefined
      const branch = branchOf.get(nameOf(name.root, name.branch))
      if (branch === undefined) return undefined
      const dates = window(branch, datesOf(branch, name.period, period))
      if (now < dates.from || now >= dates.until) return undefined
      return keep(makeLeaf(derive, branch, name.period, options), dates, now)
    },
  }
}
