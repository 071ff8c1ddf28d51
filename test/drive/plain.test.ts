import { expect, it } from 'vitest'
import { createIssuer, createMemoryGuard, createMemoryRevocations, readBindings } from '../../src/index.ts'
import { drive, NEED_ONE_MEMORY, STEPS } from '../parties/drive/drive.ts'
import { driveBindings } from '../parties/drive/settings.ts'
import type { Ask } from '../parties/person.ts'

const plain = (): Ask => {
  const issuer = createIssuer({
    ...readBindings(driveBindings()),
    guard: createMemoryGuard(),
    revocations: createMemoryRevocations('salt'),
    log: () => {},
  })
  return (request) => issuer.fetch(request)
}

it('is of 23 steps', () => {
  expect(STEPS.length).toBe(23)
})

it('holds for one issuer that is called', async () => {
  expect(await drive(plain())).toEqual([])
})

it('does not hold for two that remember apart', async () => {
  const [one, other] = [plain(), plain()]
  let turn = 0
  const failures = await drive((request) => (turn++ % 2 === 0 ? one : other)(request))
  expect(failures.map(({ promise }) => promise)).toEqual(NEED_ONE_MEMORY)
})
