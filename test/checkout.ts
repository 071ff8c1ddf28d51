/**
 * A copy of what git tracks, in a folder of its own, with the installed packages: a fresh clone without the wait.
 *
 * @module
 */

import { execFileSync, spawn } from 'node:child_process'
import { cp, mkdtemp, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'

/** This checkout. */
export const ROOT: string = join(import.meta.dirname, '..')

/** Environment in which `node` is Node 24, also where the machine's own is older. */
export const ENV: NodeJS.ProcessEnv = {
  ...process.env,
  PATH: [join(ROOT, 'node_modules', '.bin'), process.env['PATH']].join(delimiter),
  NODE_OPTIONS: '',
}

/** What a process printed, and how it ended. */
export interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

/** Runs a process to its end. */
export async function run(
  file: string,
  args: readonly string[],
  options: { cwd?: string; input?: string; env?: NodeJS.ProcessEnv } = {},
): Promise<Ended> {
  const child = spawn(file, args, { cwd: options.cwd ?? ROOT, env: { ...ENV, ...options.env } })
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  const ended = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject))
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { code, out, err }
}

/** Returns the folder of a copy named `bulla`, in an empty folder. */
export async function copyCheckout(): Promise<string> {
  const folder = join(await mkdtemp(join(tmpdir(), 'bulla-')), 'bulla')
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  for (const file of listed.split('\0').filter(Boolean)) await cp(join(ROOT, file), join(folder, file))
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}
