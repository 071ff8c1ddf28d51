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
  /** Keeps what was in a token that comes for the second time, in place of the one that was longest not asked for. */
  keep(token: string, opened: OpenedBefore): void
}

/** What is kept of a token: claims that are more than texts and numbers are spelled out, so that nobody ever has them twice. */
interface Kept {
  readonly token: string
  readonly tag: string
  readonly opened: OpenedBefore
  /** `more` and `own`, as JSON: they came from JSON that is spelled so. */
  readonly spelled: string | undefined
}

function keptOf(token: string, tag: string, opened: OpenedBefore): Kept {
  if (opened.claims.own === undefined) return { token, tag, opened, spelled: undefined }
  const { more, own } = opened.claims
  const claims = { ...opened.claims, more: undefined, own: undefined }
  return { token, tag, opened: { ...opened, claims }, spelled: JSON.stringify({ more, own }) }
}

function freshOf({ opened, spelled }: Kept): OpenedBefore {
  return spelled === undefined ? opened : { ...opened, claims: { ...opened.claims, ...JSON.parse(spelled) } }
}

/** Returns the last letters of a token, 128 bits of its tag: what it is looked for by, since to look at all of it takes as long as all else. */
function tagOf(token: string): string {
  return token.slice(-22)
}

/** Returns a number by which tags differ. */
function numberOf(tag: string): number {
  let number = 0
  for (let at = 0; at < 8; at++) number = (number * 31 + tag.charCodeAt(at)) >>> 0
  return number
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
  let oldest = kept.keys()
  let moved = 0
  // The numbers of those that came once: what never comes again takes no room, and makes no work for who clears it away.
  const once = new Uint32Array(Math.max(most, 256))

  function putLast(one: Kept): void {
    kept.delete(one.tag)
    kept.set(one.tag, one)
    // While it stands somewhere, the engine holds all that went since: it begins anew as often as all may have moved.
    if (++moved <= kept.size) return
    oldest = kept.keys()
    moved = 0
  }

  return {
    find(token) {
      const known = kept.get(tagOf(token))
      if (known?.token !== token) return undefined
      putLast(known)
      return freshOf(known)
    },
    keep(token, opened) {
      const tag = tagOf(token)
      const number = numberOf(tag)
      const place = number % once.length
      if (once[place] !== number) {
        once[place] = number
        return
      }
      if (!kept.has(tag) && kept.size >= most) kept.delete(oldest.next().value as string)
      putLast(keptOf(token, tag, opened))
    },
  }
}
