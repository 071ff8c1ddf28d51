/**
 * In which language a person is spoken to: in the one that they chose, else as the app asks (`ui_locales`, OpenID Connect Core
 * §3.1.2.1), else as the browser does (`Accept-Language`, RFC 9110 §12.5.4), else in English.
 *
 * @module
 */

import type { Language } from '../protocol/language.ts'
import { ar } from './words/ar.ts'
import { de } from './words/de.ts'
import { en } from './words/en.ts'
import { es } from './words/es.ts'
import { fr } from './words/fr.ts'
import { ja } from './words/ja.ts'
import type { Words } from './words/words.ts'

/** The words of each. */
export const LANGUAGES: Readonly<Record<Language, Words>> = { en, de, fr, es, ja, ar }

/** Returns a language that is written as we write it; nothing for any other text. */
export function readLanguage(text: string | undefined): Language | undefined {
  return text !== undefined && Object.hasOwn(LANGUAGES, text) ? (text as Language) : undefined
}

/** Tags that are looked at, of either; nobody reads more languages than that. */
const MOST = 32

/** Returns the language that a tag or a range means: cut from its end until it is one of ours (RFC 4647 §3.4); `*` is any. */
function lookUp(range: string): Language | undefined {
  if (range === '*') return 'en'
  const [primary = ''] = range.toLowerCase().split('-')
  return readLanguage(primary)
}

/** Returns the ranges of an `Accept-Language`, the most wanted first; what is malformed is passed over. */
function rangesOf(header: string): readonly string[] {
  const ranges = header
    .split(',', MOST)
    .map((part) => /^\s*([A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*|\*)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/i.exec(part))
    .flatMap((match) => (match === null ? [] : [{ range: match[1] ?? '', weight: Math.min(Number(match[2] ?? 1), 1) }]))
  return ranges
    .filter(({ weight }) => weight > 0)
    .toSorted((one, other) => other.weight - one.weight)
    .map(({ range }) => range)
}

/**
 * Returns the language for a person who chose none.
 *
 * @param uiLocales what the app asks for: tags with spaces between, the best first
 * @param acceptLanguage what the browser sends
 */
export function chooseLanguage(uiLocales: string | undefined, acceptLanguage: string | null | undefined): Language {
  const ranges = [...(uiLocales ?? '').split(' ', MOST), ...rangesOf(acceptLanguage ?? '')]
  return ranges.map(lookUp).find((language) => language !== undefined) ?? 'en'
}
