import { afterEach, expect, it } from 'vitest'
import { drive } from '../parties/drive/drive.ts'
import { type Program, startProgram } from '../parties/drive/program.ts'

const running: Program[] = []
afterEach(async () => {
  for (const program of running.splice(0)) await program.stop()
})

const SERVE = ['src/cli/bulla.ts', 'serve', '--settings', '{settings}', '--port', '{port}', '--host', '127.0.0.1']
const MAY = ['--allow-net', '--allow-env', '--allow-sys', '--allow-read', '--allow-write={folder}']

it.each([
  ['Node', ['node']],
  ['Bun', ['bun', '--bun']],
  ['Deno', ['deno', 'run', ...MAY]],
])('the command serves in %s, with SQLite beside its settings', async (_, words) => {
  const program = await startProgram([...words, ...SERVE], { says: /is served at/ })
  running.push(program)
  expect(await drive(program.ask)).toEqual([])
})

it.each([
  ['Bun’s, with its own SQLite', ['bun', 'test/drive/programs/bun.ts']],
  ['Deno’s, with SQLite', ['deno', 'run', ...MAY, 'test/drive/programs/deno.ts']],
])('a program of one’s own serves behind a server of the runtime itself: %s', async (_, words) => {
  const program = await startProgram(words, { env: { FOLDER: '{folder}' } })
  running.push(program)
  expect(await drive(program.ask)).toEqual([])
})
