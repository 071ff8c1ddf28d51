/**
 * The leaves of one purpose: which one seals now, and which one opens what names it by kid.
 *
 * The issuer has them from its ring, a resource server from the branches that were exported for it; both work alike.
 *
 * @module
 */

import {
  type ContentEncryption,
  deriveBranch,
  deriveLeaf,
  type Purpose,
  periodAt,
  readLeafKid,
  writeLeafKid,
} from './derive.ts'
import type { Dates, Ring } from './ring.ts'

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

/** The leaves of one purpose and resource. */
export interface Leaves<Key = LeafKey> {
  readonly enc: ContentEncryption
  /** Returns the leaf of the newest branch that seals at `now`, or nothing when there is not exactly one primary root. */
  sealing(now: number): Leaf<Key> | undefined
  /** Returns the leaf of exactly this kid, or nothing when it may not open at `now`. */
  opening(kid: string, now: number): Leaf<Key> | undefined
  /**
   * Returns the leaves that a resource server is told at `now`: of the previous, the current and the next period, and of
   * those before as long as something that they sealed can live.
   */
  told(now: number): readonly Leaf<Key>[]
  /** Returns the leaves that seal at some time within the periods from number `first` on, `count` of them. */
  within(first: number, count: number): readonly Leaf<Key>[]
}

/** Returns the number of a branch. */
function numberOf({ branch = 1 }: Branch): number {
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

/** Returns the leaves of `branches`. Each is derived when it is first asked for, and kept while it may open. */
export function createLeaves(options: LeavesOptions): Leaves {
  return createLeavesBy((...leaf) => Uint8Array.from(deriveLeaf(...leaf)), options)
}

/**
 * Returns the leaves of `branches`, with what `derive` makes for each: its key as the platform has it, for example.
 *
 * @param derive must come to the same key as `deriveLeaf`
 */
export function createLeavesBy<Key>(
  derive: (...leaf: Parameters<typeof deriveLeaf>) => Key,
  options: LeavesOptions,
): Leaves<Key> {
  const { branches, enc, period, skew, longestLife } = options
  const nameOf = (kid: string, number: number): string => `${kid} ${number}`
  const branchOf = new Map(branches.map((branch) => [nameOf(branch.kid, numberOf(branch)), branch]))
  const newest = Math.max(...branches.map(numberOf))
  const kept = new Map<string, Kept<Key>>()
  let current: Leaf<Key> | undefined

  function datesOf(branch: Branch, number: number): Pick<Leaf, 'nbf' | 'exp'> {
    return { nbf: Math.max(branch.use, number * period), exp: Math.min(branch.end, (number + 1) * period) }
  }

  function make(branch: Branch, number: number): Leaf<Key> {
    const key = derive(branch.k(), enc, number)
    return { kid: writeLeafKid(branch.kid, number, numberOf(branch)), enc, key, ...datesOf(branch, number) }
  }

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

  function opening(kid: string, now: number): Leaf<Key> | undefined {
    const known = kept.get(kid)
    if (known !== undefined) return now >= known.from && now < known.until ? known.leaf : undefined
    const name = readLeafKid(kid)
    const branch = name === undefined ? undefined : branchOf.get(nameOf(name.root, name.branch))
    if (name === undefined || branch === undefined) return undefined
    const dates = window(branch, datesOf(branch, name.period))
    return now >= dates.from && now < dates.until ? keep(make(branch, name.period), dates, now) : undefined
  }

  function sealing(now: number): Leaf<Key> | undefined {
    if (current !== undefined && now >= current.nbf && now < current.exp) return current
    const primaries = branches.filter((branch) => numberOf(branch) === newest && now >= branch.use && now < branch.end)
    const [primary] = primaries
    if (primary === undefined || primaries.length > 1) return undefined
    current = opening(writeLeafKid(primary.kid, periodAt(now, period), newest), now)
    return current
  }

  function told(now: number): readonly Leaf<Key>[] {
    const current = periodAt(now, period)
    const first = Math.min(current - 1, periodAt(now - longestLife - 2 * skew, period))
    const isTold = ({ pub, del }: Branch): boolean => pub <= now + skew && now < del
    return leavesOf(branches.filter(isTold), first, current + 2 - first)
  }

  function leavesOf(some: readonly Branch[], first: number, count: number): readonly Leaf<Key>[] {
    const numbers = Array.from({ length: count }, (_, index) => first + index)
    return numbers.flatMap((number) =>
      some
        .filter((branch) => datesOf(branch, number).nbf < datesOf(branch, number).exp)
        .map((branch) => make(branch, number)),
    )
  }

  const within = (first: number, count: number): readonly Leaf<Key>[] => leavesOf(branches, first, count)

  return { enc, sealing, opening, told, within }
}

/** Returns the branches of one number of a ring's unrevoked roots for one issuer, purpose and resource. */
export function branchesOf(
  ring: Ring,
  issuer: string,
  purpose: Purpose,
  resource: string,
  branch = 1,
): readonly Branch[] {
  return ring.roots
    .filter((root) => !ring.revoked.includes(root.kid))
    .map(({ kid, k, pub, use, end, del }) => {
      let branchKey: Uint8Array | undefined
      const derived = (): Uint8Array => (branchKey ??= deriveBranch(k, issuer, purpose, resource, branch))
      return { kid, ...(branch === 1 ? {} : { branch }), k: derived, pub, use, end, del }
    })
}
