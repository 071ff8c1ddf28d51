/**
 * Tokens that were opened before, by their whole text. What was in them is kept, never that they were let in: whoever finds
 * one holds it against the clock, the keys and all else anew.
 *
 * @module
 */

import type { CheckedClaims } from './claims.ts'

/** What was in a token, and what opened it. */
export interface OpenedBefore {
  readonly claims: CheckedClaims
  /** The kid of the key that it was encrypted to. */
  readonly to: string
  /** The very key: where another is found by that kid, or none, the token is opened anew. */
  readonly by: object
  /** The kid of the key that vouches for it: the same, or the signing key's. */
  readonly kid: string
  /** The very key that signed it, where one did. */
  readonly signer?: object
}

/** Tokens that were opened before. */
export interface Before {
  /** Returns what was in a token. No object in it is anybody else's but `more`, where that is texts and numbers alone. */
  find(token: string): OpenedBefore | undefined
  /** Keeps what was in a token, in place of the one that was longest not asked for. */
  keep(token: string, opened: OpenedBefore): void
}

/** What is kept of a token: claims that are more than texts and numbers are spelled out, so that nobody ever has them twice. */
interface Kept {
  readonly opened: OpenedBefore
  /** `more` and `own`, as JSON: they came from JSON that is spelled so. */
  readonly spelled: string | undefined
}

function keptOf(opened: OpenedBefore): Kept {
  const { more, own, ...usual } = opened.claims
  const isFlat = own === undefined && Object.values(more ?? {}).every((value) => typeof value !== 'object')
  if (isFlat) return { opened, spelled: undefined }
  return {
    opened: { ...opened, claims: { ...usual, more: undefined, own: undefined } },
    spelled: JSON.stringify({ more, own }),
  }
}

function freshOf({ opened, spelled }: Kept): OpenedBefore {
  return spelled === undefined ? opened : { ...opened, claims: { ...opened.claims, ...JSON.parse(spelled) } }
}

/**
 * Returns room for tokens that were opened; nothing where none are to be kept.
 *
 * @param most how many tokens are kept
 */
export function createBefore(most: number): Before | undefined {
  if (most === 0) return undefined
  const kept = new Map<string, Kept>()
  // It stands behind all that went, so that the next is the oldest; to begin anew each time would pass all of these by.
  const oldest = kept.keys()
  return {
    find(token) {
      const known = kept.get(token)
      if (known === undefined) return undefined
      kept.delete(token)
      kept.set(token, known)
      return freshOf(known)
    },
    keep(token, opened) {
      kept.delete(token)
      if (kept.size >= most) kept.delete(oldest.next().value ?? '')
      kept.set(token, keptOf(opened))
    },
  }
}
