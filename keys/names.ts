/**
 * Names for what is public: what a person, or an approval, is called under a key of one resource. Who has not that key can
 * neither test a name nor tell which names belong together.
 *
 * The labels are part of the format: frozen by test/vectors/v1, never recycled.
 *
 * @module
 */

import { hkdf } from '@noble/hashes/hkdf.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { encodeBase64url } from './base64url.ts'
import { encodeLabels } from './derive.ts'

/** The key under which one root calls things at one resource. */
export interface NamesKey {
  /** The kid of the root. */
  readonly kid: string
  /** Gives its 32 bytes; derived when they are first asked for. */
  readonly key: () => Uint8Array
}

/** What names keys are derived from: a branch of a root. */
export interface NamedBranch {
  /** The kid of the root. */
  readonly kid: string
  /** Gives its 32 bytes. */
  readonly k: () => Uint8Array
}

/** What something is called, and what is added to its instant, so that equal ones look otherwise. */
export interface Named {
  /** 128 bits, base64url. */
  readonly name: string
  /** Seconds, below 2^40: the same for the same name always. */
  readonly shift: number
}

/**
 * Returns the 32 bytes of the names key of a resource's branch.
 *
 * @example
 * import { deriveBranch, deriveNamesKey, nameUnder } from 'bulla/keys'
 *
 * export function nameOf(root: Uint8Array, value: string): string {
 *   const branch = deriveBranch(root, 'https://auth.example.com', 'access', 'https://api.example.com')
 *   return nameUnder(deriveNamesKey(branch), 'sub', value).name
 * }
 */
export function deriveNamesKey(branchKey: Uint8Array): Uint8Array {
  return hkdf(sha256, branchKey, undefined, encodeLabels('bulla/1/names'), 32)
}

/**
 * Returns the names keys of a resource's branches, with all else that is known of these.
 *
 * @example
 * import { readFileSync } from 'node:fs'
 * import { namesKeysOf, nameUnder, readKeys } from 'bulla/keys'
 *
 * const { branches } = readKeys(readFileSync('keys.json', 'utf8'))
 * const names = namesKeysOf(branches).map(({ key }) => nameUnder(key(), 'sub', 'alice').name)
 */
export function namesKeysOf<Branch extends NamedBranch>(branches: readonly Branch[]): readonly (NamesKey & Branch)[] {
  return branches.map((branch) => {
    let derived: Uint8Array | undefined
    return { ...branch, key: () => (derived ??= deriveNamesKey(branch.k())) }
  })
}

/**
 * Returns what a value of a kind is called under a names key.
 *
 * @see {@link deriveNamesKey}
 */
export function nameUnder(key: Uint8Array, kind: string, value: string): Named {
  const mac = hmac(sha256, key, encodeLabels('bulla/1/name', kind, value))
  const shift = mac.subarray(16, 21).reduce((number, byte) => number * 256 + byte, 0)
  return { name: encodeBase64url(mac.subarray(0, 16)), shift }
}
