/** The same tests in Node, but for those that ask the Worker entry; and those that start processes. */
import { join } from 'node:path'
import { defineProject } from 'vitest/config'

/** Tests that start processes, read files, or ask for what Node alone has. */
export const NODE_ONLY: string[] = [
  'cli',
  'interop',
  'repository',
  'cases',
  'browser',
  'examples',
  'compatibility',
  'remote/public',
  'stores/shared',
  'verifier/frameworks',
  'node',
  'types',
  'drive',
  'model',
  'soak',
  'mutation',
].map((folder) => `test/${folder}/**`)

/** Tests that ask the real Worker entry. */
export const WORKERD_ONLY: string[] = [
  'test/rfc/**',
  'test/worker.test.ts',
  'test/stores/guard_d1.test.ts',
  'test/stores/revocations_d1.test.ts',
  'test/stores/guard_durable_object.test.ts',
  'test/stores/guard_homes.test.ts',
  'test/stores/named_homes.test.ts',
  'test/stores/revocations_durable_object.test.ts',
]

export default defineProject({
  test: {
    name: 'node',
    // A line that comes when its test is over, as events do, is no error.
    disableConsoleIntercept: true,
    root: join(import.meta.dirname, '..', '..'),
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...WORKERD_ONLY],
    testTimeout: 60_000,
    // What is waited for may take its time on a machine that has others to do.
    expect: { poll: { timeout: 10_000 } },
  },
})
