import { expect, it } from 'vitest'
import { createIssuer, createMemoryGuard, createMemoryRevocations, readBindings } from '../../src/index.ts'
import { STEPS } from '../parties/drive/drive.ts'
import { driveBindings } from '../parties/drive/settings.ts'
import { createReader, lineOf } from '../parties/telling.ts'

it('print', async () => {
  const { onEvent, take } = createReader()
  const issuer = createIssuer({
    ...readBindings(driveBindings()),
    guard: createMemoryGuard(),
    revocations: createMemoryRevocations('salt'),
    log: () => {},
    onEvent,
  })
  const all: Record<string, unknown> = {}
  for (const [promise, run] of STEPS) {
    await run(async (request) => issuer.fetch(request))
    const events = await take()
    all[promise] = [...new Set(events.map(lineOf))].sort()
    for (const event of events) expect(event.request).toMatch(/./)
  }
  ;(await import('node:fs')).writeFileSync('/tmp/steps.json', JSON.stringify(all, undefined, 1))
})
