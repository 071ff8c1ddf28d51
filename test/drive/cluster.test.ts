import { afterEach, expect, it } from 'vitest'
import { drive, NEED_ONE_MEMORY } from '../parties/drive/drive.ts'
import { type Program, type ProgramOptions, startProgram } from '../parties/drive/program.ts'
import { startRedis } from '../parties/redis_server.ts'
import { startPostgresWithTables } from '../parties/sql_database.ts'

const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end()
})

async function start(words: readonly string[], options?: ProgramOptions): Promise<Program> {
  const program = await startProgram(words, options)
  ends.push(program.stop)
  return program
}

const CLUSTER = ['node', 'test/drive/programs/cluster.ts']

/** A store that runs, and its URL. */
const STORES: readonly (readonly [string, () => Promise<{ readonly url: string; stop?(): Promise<void> }>])[] = [
  ['Redis', () => startRedis()],
  ['PostgreSQL', startPostgresWithTables],
  ['a file of SQLite', async () => ({ url: 'sqlite:{folder}/bulla.sqlite' })],
]

// promise: R13
it.each(STORES)('two processes of a cluster of Node are as one, by %s', async (_, startStore) => {
  const { url, stop } = await startStore()
  if (stop !== undefined) ends.push(stop)
  const { ask } = await start(CLUSTER, { env: { GUARD_URL: url } })
  expect(await drive(ask)).toEqual([])
})

// promise: R15
it('two that remember apart are not: just what needs one memory goes wrong', async () => {
  const { ask } = await start(CLUSTER, { env: { GUARD_URL: 'memory' } })
  expect((await drive(ask)).map(({ promise }) => promise)).toEqual(NEED_ONE_MEMORY)
})
