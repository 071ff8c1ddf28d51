/**
 * Texts that a person reads: what can be seen of them is all that there is (Unicode Standard Annex #44, UTS #39).
 *
 * @module
 */

import { readText } from '../../keys/check.ts'

/**
 * What nobody sees, or what changes how the rest is read: controls, formats, halves of pairs, what is private or not assigned
 * (`C`); what is left out where a font lacks it (`Default_Ignorable_Code_Point`: fillers, joiners, variation selectors); breaks of
 * lines and paragraphs; and a symbol that is blank. Spaces are seen.
 */
const INVISIBLE = '\\p{C}\\p{Default_Ignorable_Code_Point}\\p{Zl}\\p{Zp}\\u2800'

const HAS_INVISIBLE = new RegExp(`[${INVISIBLE}]`, 'u')

const EACH_INVISIBLE = new RegExp(HAS_INVISIBLE, 'gu')

/** Visible ASCII and spaces: nothing that nobody can see. */
const PLAIN = /^[\x20-\x7e]*$/

/** Tells whether a text has no character that nobody can see. */
export function isVisible(text: string): boolean {
  return !HAS_INVISIBLE.test(text)
}

/** Marks that stand on one letter, beyond what any script has: stacked, they paint over the lines above and below. */
const STACKED = /(?<=\p{M}{4})\p{M}/gu

/** Returns what can be seen of a text, cut: each run of spaces is one, and a letter has four marks at the most. `''` where there is nothing. */
export function visiblePart(text: string, longest: number): string {
  const seen = text.replace(EACH_INVISIBLE, '').replace(STACKED, '').replace(/\s+/g, ' ').trim()
  return [...seen].slice(0, longest).join('').trim()
}

/**
 * Returns what matches a text that a person can be shown: of at least one character that is no space, and none that nobody can see.
 *
 * @param longest characters at the most
 */
export function visibleText(longest: number): RegExp {
  return new RegExp(`^(?=.*\\S)[^${INVISIBLE}]{1,${longest}}$`, 'u')
}

/**
 * Returns a value as JSON of one line in which each character that nobody can see is escaped: it is the same value, and a terminal does
 * nothing that it says. JSON itself leaves half of the controls as they are.
 */
export function visibleJson(value: unknown): string {
  const written = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  const json = JSON.stringify(value)
  // Nearly all lines are so, and to look for each of Unicode's takes as long as to write them.
  if (PLAIN.test(json)) return json
  return json.replace(EACH_INVISIBLE, (character) => character.split('').map(written).join(''))
}

/** Returns a text with each character that nobody can see written out: `\u{1b}`. A terminal does nothing that it says. */
export function makeVisible(text: string): string {
  return text.replace(EACH_INVISIBLE, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`)
}

/**
 * Reads a text that a person can be shown, as {@link visibleText} has it.
 *
 * @throws {TypeError | RangeError} when it is no text, has more characters than `longest`, or any that nobody can see
 */
export function readVisible(name: string, value: unknown, longest: number): string {
  return readText(name, value, visibleText(longest), `1 to ${longest} characters that can be seen`)
}
