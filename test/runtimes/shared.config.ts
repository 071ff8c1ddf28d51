/** The tests that Node and workerd share, in whichever runtime vitest itself is started by. */
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { NODE_ONLY, WORKERD_ONLY } from './vitest.node.config.ts'

export default defineConfig({
  test: {
    root: join(import.meta.dirname, '..', '..'),
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...NODE_ONLY, ...WORKERD_ONLY],
    setupFiles: ['test/runtimes/is_runtime.ts'],
    // Modules are read once for all files, as in workerd.
    isolate: false,
    // A line that comes when its test is over, as events do, is no error.
    disableConsoleIntercept: true,
    testTimeout: 60_000,
    expect: { poll: { timeout: 10_000 } },
  },
})
