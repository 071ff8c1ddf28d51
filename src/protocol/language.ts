/**
 * The languages in which people are spoken to (BCP 47).
 *
 * @module
 */

/** Their tags. */
export const LANGUAGE_TAGS = ['en', 'de', 'fr', 'es', 'ja', 'ar'] as const

/** A language of the pages. */
export type Language = (typeof LANGUAGE_TAGS)[number]
