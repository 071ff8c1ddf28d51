/**
 * What the operator says on its pages in words of its own.
 *
 * @module
 */

import { checkKnown, checkMembers } from '../../keys/check.ts'
import { readEach } from '../../keys/faults.ts'
import { LANGUAGES } from '../pages/language.ts'
import type { Words } from '../pages/words/words.ts'
import type { Language } from '../protocol/language.ts'
import { readVisible } from '../protocol/visible.ts'

/**
 * The texts that may be said otherwise, by page and name. What warns, says who is asked for what, or where an answer goes, is not
 * among them: nobody should have to find out how it was meant.
 */
const OWN: Readonly<Partial<Record<keyof Words, readonly string[]>>> = {
  start: ['intro'],
  login: ['title', 'headline', 'intro'],
  consent: ['title', 'titleLogin', 'later', 'allow', 'deny', 'another'],
  device: ['title'],
  deviceAllowed: ['headline', 'intro'],
  deviceDenied: ['headline', 'intro'],
  logout: ['title', 'forGood', 'press'],
  loggedOut: ['title', 'headline', 'intro'],
  apps: ['title', 'intro', 'none'],
  ended: ['all', 'one'],
  notLoggedIn: ['title', 'headline', 'intro'],
}

/** Characters that a text may have. */
const LONGEST_TEXT = 400

/** The names of these texts: `"consent.title"`. */
const OWN_WORDS: readonly string[] = Object.entries(OWN).flatMap(([page, names]) =>
  names.map((name) => `${page}.${name}`),
)

/** Returns the holes and marks of a text, in whatever order its language has them. */
function holesOf(text: string): string {
  return [...text.matchAll(/\{\w+\}|<\/?\w+>/g)].map(String).sort().join(' ')
}

/** Returns the words of a language with those of the operator in their place. */
function readLanguage(name: string, language: Language, value: unknown): Words {
  checkMembers(name, value)
  checkKnown(name, Object.keys(value), OWN_WORDS, `one of ${OWN_WORDS.join(', ')}`)
  const words = structuredClone(LANGUAGES[language]) as unknown as Record<string, Record<string, string>>
  readEach(Object.entries(value), ([path, given]) => {
    const [page = '', key = ''] = path.split('.')
    const text = readVisible(`${name}["${path}"]`, given, LONGEST_TEXT)
    const holes = holesOf(words[page]?.[key] ?? '')
    if (holesOf(text) !== holes)
      throw new RangeError(
        `"${name}["${path}"]" expected ${holes === '' ? 'no holes or marks' : `each once: ${holes}`}`,
      )
    if (words[page] !== undefined) words[page][key] = text
  })
  return words as unknown as Words
}

/**
 * Reads the operator's own words, by language.
 *
 * @throws {TypeError | RangeError} for a language or a text that there is not, or one that lacks a hole or has another
 */
export function readBrandingWords(name: string, value: unknown): Readonly<Partial<Record<Language, Words>>> {
  const languages = Object.keys(LANGUAGES) as Language[]
  checkMembers(name, value, languages)
  const entries = readEach(Object.entries(value), ([language, texts]) => [
    language,
    readLanguage(`${name}.${language}`, language as Language, texts),
  ])
  return Object.fromEntries(entries)
}
