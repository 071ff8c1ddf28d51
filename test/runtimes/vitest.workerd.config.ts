/** All tests but those that start processes, inside workerd, with the real Worker entry beside them. */
import { join } from 'node:path'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineProject } from 'vitest/config'
import { writeRing } from '../../keys/index.ts'
import { testRing, VARS } from '../fixtures.ts'
import { NODE_ONLY } from './vitest.node.config.ts'

const root = join(import.meta.dirname, '..', '..')
const vars = JSON.parse(JSON.stringify(VARS))
const KEY_RING = writeRing(testRing(Math.floor(Date.now() / 1000)))

export default defineProject({
  plugins: [
    cloudflareTest({
      wrangler: { configPath: join(root, 'wrangler.toml') },
      // A .dev.vars of this checkout would be read too: what it sets is set here otherwise. Events are lines of the console, which would
      // come when the file that asked is over.
      miniflare: {
        bindings: { ...vars, KEY_RING, KEY_RING_NEXT: '', DEVELOPMENT: 'false', EVENTS: 'none' },
        // For the guard on D1: the Worker itself has none.
        d1Databases: { GUARD_DATABASE: 'guard' },
      },
    }),
  ],
  test: {
    name: 'workerd',
    // A line that comes when its test is over, as events do, is no error.
    disableConsoleIntercept: true,
    root,
    include: ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...NODE_ONLY],
    // One workerd reads its modules once for all files, as a deployed Worker reads them once for all requests.
    isolate: false,
    testTimeout: 60_000,
    // What is waited for may take its time on a machine that has others to do.
    expect: { poll: { timeout: 10_000 } },
  },
})
