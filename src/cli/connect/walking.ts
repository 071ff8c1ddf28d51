/**
 * What each step of the walk is handed, and what it hands back.
 *
 * @module
 */

import type { Ask } from './ask.ts'
import type { Place } from './rules/addresses.ts'
import type { Finding } from './rules/finding.ts'

/** A walk under way. */
export interface Walking {
  readonly ask: Ask
  readonly place: Place
  /** The URL that was typed. */
  readonly typed: URL
  /** Tells a person something beforehand. */
  readonly say: (words: string) => void
  /** Returns a text that nobody guesses: 43 characters of base64url. */
  readonly random: () => string
}

/** What a step came to: in words, what is wrong, and what the next one needs. */
export interface Outcome<T> {
  readonly detail: string
  readonly findings: readonly Finding[]
  readonly found: T
}

/** The headers by which clients ask for a document. */
export const DOCUMENT_HEADERS: Readonly<Record<string, string>> = {
  accept: 'application/json',
  'mcp-protocol-version': '2025-11-25',
}
