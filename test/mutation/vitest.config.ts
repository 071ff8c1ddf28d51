/**
 * The tests of a folder of `folders.ts`, which `MUTATED` names: file after file, in one thread that reads its modules once. Each mutant
 * has a thread of its own.
 */
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import node from '../runtimes/vitest.node.config.ts'
import { FOLDERS } from './folders.ts'

const include = [...(FOLDERS[process.env['MUTATED'] ?? ''] ?? [])]

const setupFiles = [...[node.test?.setupFiles ?? []].flat(), 'test/mutation/no_shrinking.ts']

export default defineConfig({
  resolve: { alias: { 'cloudflare:workers': join(import.meta.dirname, 'worker_in_node.ts') } },
  test: { ...node.test, include, exclude: [], setupFiles, isolate: false, fileParallelism: false },
})
