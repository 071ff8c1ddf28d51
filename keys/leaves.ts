/**
 * The leaves of one purpose: which one seals now, and which one opens what names it by kid.
 *
 * The issuer has them from its ring, a resource server from the branches that were exported for it; both work alike.
 *
 * @module
 */

import { type ContentEncryption, deriveBranch, deriveLeaf, type Purpose, periodAt, writeLeafKid } from './derive.ts'
import {
  type Branch,
  createOpeningLeaves,
  type DeriveKey,
  datesOf,
  type Leaf,
  type LeafKey,
  type LeavesOptions,
  makeLeaf,
  numberOf,
  type OpeningLeaves,
} from './opening_leaves.ts'
import type { Ring } from './ring.ts'

/** The leaves of one purpose and resource. */
export interface Leaves<Key = LeafKey> extends OpeningLeaves<Key> {
  readonly enc: ContentEncryption
  /** Returns the leaf of the newest branch that seals at `now`, or nothing when there is not exactly one primary root. */
  sealing(now: number): Leaf<Key> | undefined
  /**
   * Returns the leaves that a resource server is told at `now`: of the previous, the current and the next period, and of
   * those before as long as something that they sealed can live.
   */
  told(now: number): readonly Leaf<Key>[]
  /** Returns the leaves that seal at some time within the periods from number `first` on, `count` of them. */
  within(first: number, count: number): readonly Leaf<Key>[]
}

/**
 * Returns the leaves of `branches`. Each is derived when it is first asked for, and kept while it may open.
 *
 * @example
 * import { branchesOf, createLeaves, type Leaves, type Ring } from 'bulla/keys'
 *
 * export function leavesOf(ring: Ring, resource: string): Leaves {
 *   const branches = branchesOf(ring, 'https://auth.example.com', 'access', resource)
 *   return createLeaves({ branches, enc: 'A256GCM', period: ring.period, skew: ring.skew, longestLife: 3600 })
 * }
 */
export function createLeaves(options: LeavesOptions): Leaves {
  return createLeavesBy((...leaf) => Uint8Array.from(deriveLeaf(...leaf)), options)
}

/**
 * Returns the leaves of `branches`, with what `derive` makes for each: its key as the platform has it, for example.
 *
 * @param derive must come to the same key as `deriveLeaf`
 * @example
 * import { createLeavesBy, deriveLeaf, type Leaves, type LeavesOptions } from 'bulla/keys'
 *
 * export function hexLeaves(options: LeavesOptions): Leaves<string> {
 *   return createLeavesBy((...leaf) => Buffer.from(deriveLeaf(...leaf)).toString('hex'), options)
 * }
 */
export function createLeavesBy<Key>(derive: DeriveKey<Key>, options: LeavesOptions): Leaves<Key> {
  const { branches, enc, period, skew, longestLife } = options
  const { opening } = createOpeningLeaves(derive, options)
  const newest = Math.max(...branches.map(numberOf))

  function sealing(now: number): Leaf<Key> | undefined {
    const primaries = branches.filter((branch) => numberOf(branch) === newest && now >= branch.use && now < branch.end)
    const [primary] = primaries
    if (primary === undefined || primaries.length > 1) return undefined
    return opening(writeLeafKid(primary.kid, periodAt(now, period), newest), now)
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
        .filter((branch) => datesOf(branch, number, period).nbf < datesOf(branch, number, period).exp)
        .map((branch) => makeLeaf(derive, branch, number, options)),
    )
  }

  const within = (first: number, count: number): readonly Leaf<Key>[] => leavesOf(branches, first, count)

  return { enc, sealing, opening, told, within }
}

/**
 * Returns the branches of one number of a ring's unrevoked roots for one issuer, purpose and resource.
 *
 * @see {@link createLeaves}
 */
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
