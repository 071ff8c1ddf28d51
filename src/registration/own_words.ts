/**
 * What the operator calls things in other languages: by language, and by the name of what is said otherwise.
 *
 * @module
 */

import { checkKnown, checkMembers } from '../../keys/check.ts'
import { readEach } from '../../keys/faults.ts'
import { LANGUAGE_TAGS } from '../protocol/language.ts'
import { readVisible } from '../protocol/visible.ts'

/** Characters of what a person may be shown as a name. */
export const LONGEST_NAME = 64

/** Characters of what a person may be told that something means. */
export const LONGEST_WORDS = 200

/** Texts by language and name. */
export type OwnWords = ReadonlyMap<string, ReadonlyMap<string, string>>

/**
 * Reads what is said in other languages.
 *
 * @param bounds characters that each may have, by its name
 * @throws {TypeError | RangeError} for a language or a name that there is not, and a text that is too long, or cannot be seen
 */
export function readOwnWords(name: string, value: unknown, bounds: ReadonlyMap<string, number>): OwnWords {
  checkMembers(name, value, LANGUAGE_TAGS)
  const languages = readEach(Object.entries(value), ([language, texts]) => {
    const path = `${name}.${language}`
    checkMembers(path, texts)
    const given = Object.entries(texts)
    checkKnown(
      path,
      given.map(([one]) => one),
      [...bounds.keys()],
      `one of ${[...bounds.keys()].join(', ')}`,
    )
    const read = readEach(given, ([one, text]) => {
      const most = bounds.get(one) ?? 0
      return [one, readVisible(`${path}["${one}"]`, text, most)] as const
    })
    return [language, new Map(read)] as const
  })
  return new Map(languages)
}
