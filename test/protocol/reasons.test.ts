import { expect, it } from 'vitest'
import { REASONS } from '../../src/protocol/reasons.ts'

it.each(Object.entries(REASONS))('the reason %s is a word for programs, and means one thing', (reason, meaning) => {
  expect(reason).toMatch(/^[a-z]+(?:_[a-z]+)*$/)
  expect(meaning).toMatch(/^\p{L}.*\p{L}$/u)
  expect(Object.values(REASONS).filter((other) => other === meaning)).toHaveLength(1)
})
