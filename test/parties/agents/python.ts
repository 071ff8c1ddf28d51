/**
 * The libraries by which agents in Python connect to MCP servers.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT, run } from '../../checkout.ts'
import type { Caller } from './libraries.ts'
import type { Call } from './programs.ts'

const FOLDER = join(ROOT, 'test/interop/python')

/**
 * Installs the libraries from Python's package registry, where that was not done before.
 *
 * @returns the folder that they are in; nothing where this machine has no registry, or no Python
 */
export async function installPython(): Promise<string | undefined> {
  const requirements = join(FOLDER, 'requirements.txt')
  const { out: version } = await run('python3', ['--version']).catch(() => ({ out: '' }))
  if (version === '') return undefined
  const name = createHash('sha256')
    .update(version)
    .update(await readFile(requirements))
  const cache = join(ROOT, 'node_modules', '.cache')
  const folder = join(cache, `python-${name.digest('hex').slice(0, 16)}`)
  if (existsSync(folder)) return folder
  await mkdir(cache, { recursive: true })
  const fresh = await mkdtemp(`${folder}-`)
  const quick = ['--quiet', '--disable-pip-version-check', '--no-deps', '--retries', '0', '--timeout', '10']
  const pip = ['-m', 'pip', 'install', ...quick, '--target', fresh, '--requirement', requirements]
  const { code } = await run('python3', pip)
  // Who came first is right, and what is half is none.
  if (code === 0) await rename(fresh, folder).catch(() => {})
  await rm(fresh, { recursive: true, force: true })
  return existsSync(folder) ? folder : undefined
}

/** Calls a tool, lets an hour go by, and calls it again. */
export type CallTwice = (call: Call) => Promise<readonly Caller[]>

/** Returns how a library calls a tool. */
function by(library: string, libraries: string): CallTwice {
  return async ({ home, url, method, documentUrl }: Call): Promise<readonly Caller[]> => {
    const asked = [
      join(FOLDER, 'agent.py'),
      library,
      url,
      method ?? '',
      ...(documentUrl === undefined ? [] : [documentUrl]),
    ]
    const { out, err } = await home.run('python3', asked, { PYTHONPATH: libraries })
    if (out === '') throw new Error(err)
    return out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
  }
}

/** Returns the libraries, by name. */
export function pythonLibraries(libraries: string): { readonly [name in 'mcp' | 'fastmcp']: CallTwice } {
  return { mcp: by('mcp', libraries), fastmcp: by('fastmcp', libraries) }
}
