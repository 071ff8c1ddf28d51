/**
 * What a language has to say, by the names of the English words; and how a text becomes part of a page.
 *
 * @module
 */

import { html, raw } from 'hono/html'
import type { en } from './en.ts'

/** What `html` gives: text in which everything that was put in is escaped. */
export type Html = ReturnType<typeof html>

/** A text of which a number decides: a form for each plural of its language (CLDR). */
export type Plural = Readonly<Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }>

type Widened<T> = T extends string
  ? string
  : T extends { readonly other: string }
    ? Plural
    : { readonly [K in keyof T]: Widened<T[K]> }

/** All words of a language. */
export type Words = Widened<typeof en>

/** What stands in the holes of a text. What is a text is isolated, so that it cannot turn round what stands beside it. */
export type Holes = Readonly<Record<string, string | number | Html>>

/** The marks of a text: `<a>` leads where `href` says. */
const MARKS: Readonly<Record<string, string>> = { '<strong>': '<strong>', '</strong>': '</strong>', '</a>': '</a>' }

/** Returns a text as part of a page, with its holes filled. */
export function fill(text: string, holes: Holes = {}, href = ''): Html {
  const parts = text.split(/(\{\w+\}|<\/?(?:strong|a)>)/).map((part) => {
    if (part === '<a>') return html`${raw('<a href="')}${href}${raw('">')}`
    const mark = MARKS[part]
    if (mark !== undefined) return raw(mark)
    const hole = part.startsWith('{') ? holes[part.slice(1, -1)] : undefined
    if (hole === undefined) return part
    return typeof hole === 'string' ? html`<bdi>${hole}</bdi>` : hole
  })
  return html`${parts}`
}

/** Returns a text with its holes filled as a text: for the title of a page, and for what becomes a hole itself. */
export function fillText(text: string, holes: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(holes[name] ?? whole))
}

/** Returns the title of a page with its holes filled: what may be in another direction is isolated there by characters alone. */
export function fillTitle({ frame }: Words, text: string, holes: Readonly<Record<string, string>>): string {
  if (frame.direction === 'ltr') return fillText(text, holes)
  return fillText(
    text,
    Object.fromEntries(Object.entries(holes).map(([name, value]) => [name, `\u2068${value}\u2069`])),
  )
}

/** Returns the form of a text that a number asks for. */
export function pluralOf(words: Words, forms: Plural, count: number): string {
  return forms[new Intl.PluralRules(words.frame.formats).select(count)] ?? forms.other
}

const UNITS = [
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
] as const

/** Returns a span of time in the largest unit of which it has one. */
function unitOf(seconds: number): readonly [count: number, unit: 'day' | 'hour' | 'minute'] {
  const [size, unit] = UNITS.find(([least]) => seconds >= least) ?? UNITS[2]
  return [Math.round(seconds / size), unit]
}

/** Returns a span of time as a person reads it. */
export function writeSpan({ frame }: Words, seconds: number): string {
  const [count, unit] = unitOf(seconds)
  return new Intl.NumberFormat(frame.formats, { style: 'unit', unit, unitDisplay: 'long' }).format(count)
}

/** Returns how long ago something was. */
export function writeAgo({ frame, consent }: Words, seconds: number): string {
  if (seconds < 60) return consent.startedNow
  const [count, unit] = unitOf(seconds)
  return new Intl.RelativeTimeFormat(frame.formats).format(-count, unit)
}

/** Returns an instant as a person reads it; by UTC, for nobody knows where they are. */
export function writeTime({ frame, common }: Words, at: number): string {
  const format = new Intl.DateTimeFormat(frame.formats, { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })
  return fillText(common.time, { time: format.format(at * 1000) })
}

/** Returns several things as one enumeration. */
export function writeList({ frame }: Words, items: readonly string[]): string {
  return new Intl.ListFormat(frame.formats).format(items)
}

/** Returns what people call what is known of them, by what it is called in English; a claim of the operator's is called as it is. */
export function nameClaims({ claims }: Words, names: readonly string[]): readonly string[] {
  return names.map((name) => (Object.hasOwn(claims, name) ? claims[name as keyof typeof claims] : name))
}
