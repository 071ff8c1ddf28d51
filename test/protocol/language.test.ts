import { expect, it } from 'vitest'
import { LANGUAGE_TAGS } from '../../src/protocol/language.ts'

it('languages have their shortest tags, each once, in one spelling (BCP 47 §4.5)', () => {
  expect(new Set(LANGUAGE_TAGS).size).toBe(6)
  expect(Intl.getCanonicalLocales([...LANGUAGE_TAGS])).toEqual(LANGUAGE_TAGS)
  const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' })
  expect(LANGUAGE_TAGS.map((tag) => names.of(tag))).toEqual([
    'English',
    'German',
    'French',
    'Spanish',
    'Japanese',
    'Arabic',
  ])
})
