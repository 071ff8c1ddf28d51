import { expect, it } from 'vitest'
import { createMemoryReplay } from '../../src/verifier/replay.ts'
import { NOW } from '../ring.ts'

it('a proof is spent once, whoever else asks at the same time', async () => {
  const replay = createMemoryReplay(() => NOW)
  const spent = await Promise.all([0, 1, 2].map(() => replay.spend('a', NOW + 60)))
  expect(spent).toEqual(['first', 'spent', 'spent'])
})

it('a proof is forgotten when nobody needs it', async () => {
  let now = NOW
  const replay = createMemoryReplay(() => now)
  for (const id of ['a', 'b']) expect(await replay.spend(id, NOW + 60)).toBe('first')
  now = NOW + 60
  expect([await replay.spend('c', now + 60), await replay.spend('a', now)]).toEqual(['first', 'spent'])
  now = NOW + 61
  expect([await replay.spend('d', now + 60), await replay.spend('a', now)]).toEqual(['first', 'first'])
  expect(await replay.spend('c', now)).toBe('spent')
})

it('a proof is forgotten first of all when there are too many', async () => {
  const replay = createMemoryReplay(() => NOW, 3)
  for (const id of ['a', 'b', 'c']) expect(await replay.spend(id, NOW + 60)).toBe('first')
  expect(await replay.spend('a', NOW + 60)).toBe('spent')
  expect(await replay.spend('d', NOW + 60)).toBe('first')
  expect(await Promise.all(['b', 'c', 'd'].map((id) => replay.spend(id, NOW + 60)))).toEqual(Array(3).fill('spent'))
  expect(await replay.spend('a', NOW + 60)).toBe('first')
})

it('a memory of proofs that has no clock, or no room, is refused', () => {
  expect(() => createMemoryReplay({ now: () => NOW } as never)).toThrow(/^"now" expected a function/)
  expect(() => createMemoryReplay(() => NOW, 0)).toThrow(/^"most" expected an integer ≥ 1/)
})
