import { expect, it } from 'vitest'
import { createMemoryRevocations, type LogEntry, type Revocations } from '../../src/index.ts'
import { createRevocationView } from '../../src/stores/revocations.ts'
import { NOW } from '../fixtures.ts'

it('the issuer goes on with a list that takes the place of another, and its log says so', async () => {
  let list = createMemoryRevocations('salt', () => 1000)
  const revocations: Revocations = { add: (...of) => list.add(...of), read: (...of) => list.read(...of) }
  const lines: LogEntry[] = []
  const view = createRevocationView(
    revocations,
    (line) => lines.push(line),
    () => [],
  )
  const alice = { sub: 'alice', client_id: 'app', iat: NOW }
  const event = { kind: 'sub', value: 'alice', at: NOW, until: NOW + 600, keep: NOW + 3600 } as const
  await list.add(event, NOW)
  expect(await view.hits(alice, NOW)).toBe(true)
  expect(await view.hits(alice, NOW + 10)).toBe(true)
  expect(lines).toEqual([])
  list = createMemoryRevocations('salt', () => 2000)
  expect(await view.hits(alice, NOW + 20)).toBe(false)
  expect(lines).toEqual([{ level: 'error', event: 'revocations', detail: expect.stringContaining('counts again') }])
  await list.add(event, NOW + 20)
  expect(await view.hits(alice, NOW + 30)).toBe(true)
  expect(lines).toHaveLength(1)
})
