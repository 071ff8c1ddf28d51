/**
 * The package as npm would have it, and examples as their reader has them: beside it, in folders of their own.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { existsSync, globSync } from 'node:fs'
import { chmod, cp, mkdir, mkdtemp, readFile, rename, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { copyCheckout, ROOT, run } from '../checkout.ts'

/** What the tarball is made of. */
const SOURCES = [
  'src/**/*.ts',
  'keys/**/*.ts',
  'docs/**/*.{md,svg}',
  '*.md',
  'package.json',
  'tsconfig*.json',
  'LICENSE',
]

interface Manifest {
  readonly version?: string
  readonly bin?: string | Readonly<Record<string, string>>
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>
}

const manifestIn = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))

async function pack(): Promise<string> {
  const digest = createHash('sha256')
  const files = globSync(SOURCES, { cwd: ROOT, exclude: (name) => name === 'node_modules' }).sort()
  for (const file of files) digest.update(`${file}\0`).update(await readFile(join(ROOT, file)))
  const name = `bulla-packed-${digest.digest('hex').slice(0, 16)}`
  const tarball = join(tmpdir(), name, 'bulla.tgz')
  if (existsSync(tarball)) return tarball
  const packing = await mkdtemp(join(tmpdir(), `${name}-`))
  const packed = await run('npm', ['pack', '--silent', '--pack-destination', packing], { cwd: await copyCheckout() })
  if (packed.code !== 0) throw new Error(packed.err)
  await rename(join(packing, packed.out.trim().split('\n').at(-1) ?? ''), join(packing, 'bulla.tgz'))
  // Of two that pack at once the first is taken: both are the same.
  await rename(packing, dirname(tarball)).catch((error) => {
    if (!existsSync(tarball)) throw error
  })
  return tarball
}

let packing: Promise<string> | undefined

/** Returns the packed package of this checkout: packed once for all tests, and anew when anything of it changes. */
export const packedBulla = (): Promise<string> => (packing ??= pack())

/**
 * Puts into a folder the packed package and what else its package.json names: links to what is installed here, if that is what
 * `npm install` would take, or the oldest of what it may. What it does not name is not there.
 */
export async function linkPackages(folder: string): Promise<void> {
  const modules = join(folder, 'node_modules')
  const own = join(modules, 'bulla')
  await mkdir(own, { recursive: true })
  const unpacked = await run('tar', ['-xzf', await packedBulla(), '-C', own, '--strip-components=1'])
  if (unpacked.code !== 0) throw new Error(unpacked.err)
  const example = await manifestIn(folder)
  const { dependencies, peerDependencies = {}, peerDependenciesMeta = {} } = await manifestIn(own)
  // npm installs these by itself, in a version of its range.
  const peers = Object.keys(peerDependencies).filter((peer) => peerDependenciesMeta[peer]?.optional !== true)
  const named = {
    ...Object.fromEntries(peers.map((peer) => [peer, undefined])),
    ...dependencies,
    ...example.dependencies,
    ...example.devDependencies,
  }
  await mkdir(join(modules, '.bin'))
  for (const [one, version] of Object.entries(named)) {
    const there = join(modules, one)
    if (one !== 'bulla') {
      await mkdir(dirname(there), { recursive: true })
      await symlink(join(ROOT, 'node_modules', one), there)
    }
    const { version: installed, bin = {} } = await manifestIn(there)
    if (one !== 'bulla' && installed !== (version?.replace('^', '') ?? installed))
      throw new Error(`${one} expected ${installed}, got ${version}`)
    const bins = typeof bin === 'string' ? { [one]: bin } : bin
    for (const [command, file] of Object.entries(bins)) {
      if (one === 'bulla') await chmod(join(there, file), 0o755)
      await symlink(join(there, file), join(modules, '.bin', command))
    }
  }
}

/**
 * Copies an example, and puts beside it what it names.
 *
 * @returns its folder
 */
export async function placeExample(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `bulla-${name}-`))
  const isOwn = (path: string) => !/\/(node_modules|package-lock\.json)$/.test(path)
  await cp(join(ROOT, 'examples', name), folder, { recursive: true, filter: isOwn })
  await linkPackages(folder)
  return folder
}
