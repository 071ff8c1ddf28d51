/**
 * How the search takes a question in plain words: by the words that say something, and their stems.
 *
 * @module
 */

/** Words that say nothing of what is looked for. */
const SILENT: ReadonlySet<string> = new Set(
  'a an and are be by can cannot do does for from gets have how i if in into is it its me my no not of on one or our that the their there they this to until was we what when where which who why will with without you your'.split(
    ' ',
  ),
)

/** Returns the stem of a word, which begins its other forms: a search finds whatever begins so. */
export function stemOf(word: string): string {
  const lower = word.toLowerCase()
  for (const ending of [/ations?$/, /ings?$/, /ion$/, /ed$/, /es$/, /s$/, /e$/]) {
    const stem = lower.replace(ending, '')
    if (stem !== lower && stem.length >= (ending.source === 's$' ? 3 : 4)) return stem
  }
  return lower
}

/** How MiniSearch is asked. */
export interface Asking {
  readonly prefix: true
  fuzzy(term: string): number | false
  readonly weights: { readonly prefix: number; readonly fuzzy: number }
  readonly boost: Readonly<Record<string, number>>
  processTerm(word: string): string | null
  boostDocument(id: string): number
}

/** How questions are asked. These are functions, so they stand here: in the settings of the site they would be texts to evaluate. */
export const ASKING: Asking = {
  prefix: true,
  fuzzy: (term) => (term.length > 5 ? 0.15 : false),
  weights: { prefix: 0.8, fuzzy: 0.2 },
  boost: { title: 5, titles: 3, text: 1 },
  processTerm: (word) => (SILENT.has(word.toLowerCase()) ? null : stemOf(word)),
  // The contract of the house and the lists of the API have every word, and answer no question; a home answers nothing.
  boostDocument: (id) => (/\/(?:design|development)\.html|\/reference\/api\/|\/(?:#|$)/.test(id) ? 0.3 : 1),
}
