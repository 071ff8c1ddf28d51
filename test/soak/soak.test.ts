import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { check, readHistory } from './check.ts'
import { soak } from './soak.ts'

// promise: Z04
it('60 seconds of clients that do everything at once, and of faults, break no promise', {
  timeout: 300_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'bulla-soak-test-'))
  const history = join(folder, 'history.jsonl')
  const { counts } = await soak({ system: 'sqlite', seed: 20_261_127, seconds: 60, history, share: 0.4 })
  const lines = readHistory(await readFile(history, 'utf8'))
  expect(check(lines).map(({ promise, sentence }) => `${promise}: ${sentence}`)).toEqual([])
  // What was never asked, or never failed, shows nothing.
  const seen = ['token 200', 'approved 200', 'ended 200', 'opened 200', 'registered 201', 'token 0', 'fault kill']
  for (const what of seen) expect([what, counts.get(what) ?? 0]).not.toEqual([what, 0])
  await rm(folder, { recursive: true })
})
