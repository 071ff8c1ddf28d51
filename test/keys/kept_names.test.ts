import { expect, it } from 'vitest'
import { keepNames } from '../../keys/kept_names.ts'

it('names are made once, kept under one key, and the oldest is forgotten for a new one', () => {
  const made: string[] = []
  const nameOf = keepNames<string>((key, subject) => {
    made.push(`${key}${subject}`)
    return `${key} ${subject}`
  }, 2)
  const ask = (key: string, ...subjects: readonly string[]): readonly string[] => {
    made.length = 0
    expect(subjects.map((subject) => nameOf(key, subject))).toEqual(subjects.map((subject) => `${key} ${subject}`))
    return [...made]
  }
  expect(ask('k', 'a', 'b', 'a', 'b')).toEqual(['ka', 'kb'])
  expect(ask('k', 'c', 'b', 'c')).toEqual(['kc'])
  expect(ask('k', 'a', 'c')).toEqual(['ka'])
  expect(ask('k', 'b')).toEqual(['kb'])
  expect(ask('l', 'b', 'b')).toEqual(['lb'])
  expect(ask('k', 'b')).toEqual(['kb'])
})
