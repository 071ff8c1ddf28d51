/**
 * What speed is measured against: pinned in package.json beside this file, and installed when it is first needed.
 *
 * @module
 */

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const HERE = import.meta.dirname

function read(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

/** Installs the peers, unless they are there as they are pinned. */
export function installPeers(): void {
  const { packages: pinned } = JSON.parse(read(join(HERE, 'package-lock.json')) ?? '{}')
  const { packages: there } = JSON.parse(read(join(HERE, 'node_modules', '.package-lock.json')) ?? '{"packages":{}}')
  const names = Object.keys(pinned).filter((name) => name !== '')
  if (names.every((name) => there[name]?.integrity === pinned[name].integrity)) return
  execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--silent'], {
    cwd: HERE,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

// biome-ignore lint/suspicious/noExplicitAny: the peers are not there when the types are checked.
type Peer = any

/** Imports a peer. */
export function importPeer(name: string): Promise<Peer> {
  const specifier: string = import.meta.resolve(name)
  return import(specifier)
}

/** Returns the versions of all that a figure may hang on. */
export function versionsOf(names: readonly string[]): Readonly<Record<string, string>> {
  const folders = [join(HERE, 'node_modules'), join(HERE, '..', '..', 'node_modules')]
  return Object.fromEntries(
    names.map((name) => {
      const found = folders.map((folder) => read(join(folder, name, 'package.json'))).find((text) => text !== undefined)
      return [name, found === undefined ? 'missing' : (JSON.parse(found).version as string)]
    }),
  )
}
