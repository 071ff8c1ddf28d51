/**
 * A packed version of this project beside the one of this checkout, and an issuer of each.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import * as ownKeys from '../../keys/index.ts'
import * as ownIssuer from '../../src/index.ts'
import * as ownVerifier from '../../src/verifier/index.ts'
import { ROOT, run } from '../checkout.ts'

/** A version: what it exports. Types are those of this checkout; a test asks a packed one only for what it has. */
export interface Version {
  readonly name: string
  readonly issuer: typeof ownIssuer
  readonly verifier: typeof ownVerifier
  readonly keys: typeof ownKeys
  /** The module of its Worker. */
  readonly worker: string
}

/** The version of this checkout. */
export const OWN: Version = {
  name: 'this version',
  issuer: ownIssuer,
  verifier: ownVerifier,
  keys: ownKeys,
  worker: join(ROOT, 'src', 'worker.ts'),
}

/** Returns a packed version, unpacked where the installed packages are found. */
export async function unpack(name: string): Promise<Version> {
  const file = join(import.meta.dirname, `bulla-${name}.tgz`)
  const [said] = (await readFile(`${file}.sha256`, 'utf8')).split(' ')
  const hash = createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
  if (hash !== said) throw new Error(`bulla-${name}.tgz is not what was packed`)
  const folder = join(ROOT, 'node_modules', '.cache', `bulla-${name}-${hash.slice(0, 8)}`)
  if (!existsSync(folder)) {
    await mkdir(join(folder, '..'), { recursive: true })
    const unpacking = await mkdtemp(`${folder}-`)
    const unpacked = await run('tar', ['-xzf', file, '-C', unpacking, '--strip-components=1'])
    if (unpacked.code !== 0) throw new Error(unpacked.err)
    // Of two that unpack at once the first is taken: both are the same.
    await rename(unpacking, folder).catch((error) => {
      if (!existsSync(folder)) throw error
    })
  }
  const load = (path: string): Promise<unknown> => import(join(folder, 'dist', path))
  return {
    name,
    issuer: (await load('src/index.js')) as typeof ownIssuer,
    verifier: (await load('src/verifier/index.js')) as typeof ownVerifier,
    keys: (await load('keys/index.js')) as typeof ownKeys,
    worker: join(folder, 'dist', 'src', 'worker.js'),
  }
}
