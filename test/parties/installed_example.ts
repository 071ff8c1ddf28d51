/**
 * An example as its reader has it: in a folder of its own, with what it names installed, and the packed package of this checkout.
 *
 * @module
 */

import { cp, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT, run } from '../checkout.ts'
import { packedBulla } from './packed.ts'

/** Copies an example, and installs what it names; returns its folder. */
export async function installExample(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `bulla-${name}-`))
  await cp(join(ROOT, 'examples', name), folder, {
    recursive: true,
    filter: (path) => !path.includes('node_modules'),
  })
  const settings = await readFile(join(folder, 'package.json'), 'utf8')
  await writeFile(join(folder, 'package.json'), settings.replace('file:../..', `file:${await packedBulla()}`))
  const installed = await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline'], { cwd: folder })
  if (installed.code !== 0) throw new Error(installed.err)
  return folder
}
