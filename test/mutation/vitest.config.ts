/**
 * The tests of a folder of `folders.ts`, which `MUTATED` names: file after file, in one thread that reads its modules once. A request
 * that gets no answer has seen its mutant soon.
 */
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import node from '../runtimes/vitest.node.config.ts'
import { FOLDERS } from './folders.ts'

const include = [...(FOLDERS[process.env['MUTATED'] ?? ''] ?? [])]
const alias = {
  'cloudflare:workers': join(import.meta.dirname, 'worker_in_node.ts'),
  'fast-check': join(import.meta.dirname, 'fast_check.ts'),
}

export default defineConfig({
  resolve: { alias },
  test: { ...node.test, include, exclude: [], isolate: false, fileParallelism: false, testTimeout: 5000 },
})
