/**
 * A program that serves the issuer of the drive, in a process of its own.
 *
 * @module
 */

import { spawn } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '../../checkout.ts'
import { freePort } from '../live_issuer.ts'
import type { Ask } from '../person.ts'
import { endProcess } from '../processes.ts'
import { DRIVE_VARS, driveRing } from './settings.ts'
import { askAt } from './transport.ts'

/** What runs, until it is stopped. */
export interface Program {
  readonly ask: Ask
  /** The folder with the settings, for what else is to lie there. */
  readonly folder: string
  stop(): Promise<void>
}

/** How a program is called: by words, in which `{settings}`, `{port}` and `{folder}` are filled in. */
export interface ProgramOptions {
  /** Its environment, beside the ring, `SETTINGS` and `PORT`; filled in as the words are. */
  readonly env?: Readonly<Record<string, string>>
  /** What it says when it is there. Default: the line `ready`. */
  readonly says?: RegExp
}

/** Starts a program of `node_modules/.bin`, in this checkout, and waits until it is there. */
export async function startProgram(
  words: readonly string[],
  { env = {}, says = /^ready$/m }: ProgramOptions = {},
): Promise<Program> {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'bulla-drive-'))
  const settings = join(folder, 'settings.json')
  writeFileSync(settings, JSON.stringify({ vars: DRIVE_VARS }))
  const filled: Readonly<Record<string, string>> = { settings, port: String(port), folder }
  const fill = (text: string): string => text.replaceAll(/\{(\w+)\}/g, (_, name) => filled[name] ?? '')
  const [program = '', ...args] = words.map(fill)
  const own = Object.fromEntries(Object.entries(env).map(([name, text]) => [name, fill(text)]))
  const child = spawn(join(ROOT, 'node_modules/.bin', program), args, {
    cwd: ROOT,
    env: { ...process.env, KEY_RING: driveRing(), SETTINGS: settings, PORT: String(port), ...own },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    const hear = (bytes: Buffer): void => {
      said += bytes
      if (says.test(said)) resolve()
    }
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.once('error', reject).once('exit', (code) => reject(new Error(`it ended by ${code}: ${said}`)))
  })
  const reach = askAt(port)
  return {
    // Nobody is there any more: what it said last is why.
    ask: async (request) =>
      reach(request).catch((cause: unknown) => Promise.reject(new Error(`it does not answer: ${said}`, { cause }))),
    folder,
    stop: () => endProcess(child, 'SIGTERM'),
  }
}
