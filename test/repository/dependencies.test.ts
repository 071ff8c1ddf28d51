/**
 * What the project is made of: that the page about it names all, and that the lock file holds nothing that nobody asked for.
 *
 * @module
 */

import { globSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { ROOT } from '../checkout.ts'
import { PAGES } from '../docs.ts'

interface Manifest {
  readonly name?: string
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly hasInstallScript?: boolean
  readonly dependencies?: Readonly<Record<string, string>>
  readonly devDependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
  readonly peerDependencies?: Readonly<Record<string, string>>
}

const read = (file: string) => JSON.parse(readFileSync(join(ROOT, file), 'utf8'))
const { dependencies, devDependencies, peerDependencies, overrides } = read('package.json')
const locked: Readonly<Record<string, Manifest>> = read('package-lock.json').packages
const page = PAGES.get('docs/reference/dependencies.md') ?? ''
const part = (title: string) => page.split(/^## /m).find((text) => text.startsWith(title)) ?? ''
/** The rows of a part's table. */
const rows = (title: string): readonly (readonly string[])[] =>
  part(title)
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2)
    .map((line) => line.slice(2, -2).replaceAll('\\|', '¦').split(' | '))

/** Returns where a package of the lock file finds another, as Node does: beside it, or further up. */
function find(from: string, name: string): string | undefined {
  for (let at = from; ; at = at.replace(/(?:^|\/)(?:node_modules\/)?(?:@[^/]+\/)?[^/]+$/, '')) {
    const there = `${at === '' ? '' : `${at}/`}node_modules/${name}`
    if (locked[there] !== undefined) return there
    if (at === '') return undefined
  }
}

/** Returns every package that somebody asked for, by way of the checkout and its workspace. */
function askedFor(packages: Readonly<Record<string, Manifest>>): ReadonlySet<string> {
  const asked = new Set(['', 'docs'])
  for (const from of asked) {
    const { dependencies, devDependencies, optionalDependencies, peerDependencies } = packages[from] ?? {}
    for (const name of Object.keys({
      ...dependencies,
      ...devDependencies,
      ...optionalDependencies,
      ...peerDependencies,
    })) {
      const there = find(from, name)
      if (there !== undefined) asked.add(there)
    }
  }
  return asked
}

/** What our own code takes of packages at run time: each import as it is written, of what is there when it runs. */
const taken = globSync('{src,keys}/**/*.ts', { cwd: ROOT }).flatMap((file) =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(/^import (?!type)([^;]*?) from '([^.'][^']*)'/gm)].map(
    ([, names = '', from = '']) => ({ names, from }),
  ),
)

/** Returns what our own code takes of a package, in one text, and which modules that imports in its turn. */
async function takenOf(name: string): Promise<{ readonly text: string; readonly imported: readonly string[] }> {
  const imports = taken.filter(({ from }) => from === name || from.startsWith(`${name}/`))
  const exports = imports.map(({ names, from }, at) => {
    const named =
      /\{([^}]*)\}/
        .exec(names)?.[1]
        ?.split(',')
        .map((one) => one.trim()) ?? []
    const values = named.filter((one) => one !== '' && !one.startsWith('type '))
    return names.startsWith('*')
      ? `export * as all${at} from '${from}'`
      : `export { ${values.map((one, of) => `${one.split(' as ')[0]} as taken${at}_${of}`).join(', ')} } from '${from}'`
  })
  const { outputFiles, metafile } = await build({
    stdin: { contents: exports.join('\n'), resolveDir: ROOT },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'neutral',
    conditions: ['node'],
    metafile: true,
    external: ['node:*', 'hono', 'hono/*'],
    legalComments: 'none',
  })
  const imported = Object.values(metafile.inputs).flatMap((input) =>
    input.imports.flatMap(({ path, external }) => (external === true ? [path] : [])),
  )
  return { text: outputFiles[0]?.text ?? '', imported: [...new Set(imported)].sort() }
}

describe('the page about dependencies', () => {
  it('names what is installed with the package, and what is yours, by its range', () => {
    expect(rows('At run time').map(([name]) => name)).toEqual(expect.arrayContaining(Object.keys(dependencies)))
    expect(rows('At run time')).toHaveLength(Object.keys(dependencies).length)
    const ranges = Object.entries(peerDependencies as Record<string, string>)
    const named = rows('Yours').map(([one]) => one?.replaceAll('¦', '|'))
    expect(named.toSorted()).toEqual(ranges.map(([name, range]) => `${name} \`${range}\``).toSorted())
  })

  it('names all that is for development', () => {
    const said = part('For development')
    const unnamed = Object.keys(devDependencies).filter(
      (name) =>
        peerDependencies[name] === undefined &&
        !said.includes(
          name
            .replace(/^@angular\/.*/, 'Angular')
            .replace(/^@opentelemetry\/.*/, 'OpenTelemetry')
            .replace(/^@modelcontextprotocol\/.*/, '@modelcontextprotocol/'),
        ),
    )
    expect(unnamed).toEqual([])
  })

  it('says of each at run time what it is, sees and reaches, and whose it is', () => {
    for (const row of rows('At run time')) expect([row[0], row.length, row.includes('')]).toEqual([row[0], 5, false])
  })
})

describe('what our own code takes at run time of', () => {
  it.each(rows('At run time'))(
    '%s reaches no more than the page says',
    async (name = '', _why, _sees, reaches = '') => {
      const { text, imported } = await takenOf(name)
      expect(text.length).toBeGreaterThan(500)
      expect(imported.filter((one) => !/^hono(?:\/|$)/.test(one))).toEqual(
        [...reaches.matchAll(/`(node:\w+)`/g)].map(([, builtin]) => builtin),
      )
      expect(imported.filter((one) => isBuiltin(one)).length > 0).toBe(reaches.includes('node:'))
      expect(text).not.toMatch(
        /(?<![.\w$])(?:eval\(|new Function\b|XMLHttpRequest|WebSocket\(|EventSource\b|(?:process|Deno|Bun)\.)/,
      )
      expect(/(?<![.\w$])crypto\b/.test(text) && !reaches.includes('WebCrypto')).toBe(false)
    },
  )

  it('jose never asks the network, and oauth4webapi by a fetch of ours', async () => {
    const withoutNames = (text: string) => text.replaceAll(/(['"`])(?:\\.|(?!\1)[^\\\n])*\1/g, '')
    const calls = async (name: string) =>
      [...withoutNames((await takenOf(name)).text).matchAll(/[^\n]*(?<![.\w$])fetch\b(?!:)[^\n]*/g)].map(([line]) =>
        line.trim(),
      )
    expect(await calls('jose')).toEqual([])
    const asked = await calls('oauth4webapi')
    expect(asked.length).toBeGreaterThan(0)
    for (const line of asked) expect(line).toMatch(/options\?\.\[customFetch\] \|\| fetch\b/)
    const login = globSync('src/**/*.ts', { cwd: ROOT }).map((file) => readFileSync(join(ROOT, file), 'utf8'))
    const asking = login.flatMap((text) => [...text.matchAll(/^ +\w+Request\(server, .*$/gm)].map(([call]) => call))
    expect(asking.length).toBeGreaterThan(1)
    for (const call of asking) expect(call).toContain('sentBy(fetch, init)')
  })
})

describe('the lock file', () => {
  const packages = Object.entries(locked).filter(([at, { link }]) => at.includes('node_modules/') && link !== true)
  const nameAt = (at: string) => at.slice(at.lastIndexOf('node_modules/') + 'node_modules/'.length)

  it('has nothing that nobody asked for', () => {
    const asked = askedFor(locked)
    expect(packages.map(([at]) => at).filter((at) => !asked.has(at))).toEqual([])
    const added = { ...locked, 'node_modules/expres': { version: '1.0.0' } }
    expect(askedFor(added).has('node_modules/expres')).toBe(false)
  })

  it('has each under its own name, but for what package.json overrides', () => {
    const renamed = packages
      .filter(([at, { name }]) => name !== undefined && name !== nameAt(at))
      .map(([at]) => nameAt(at))
    const aliases = Object.entries(overrides).filter(([, to]) => String(to).startsWith('npm:'))
    expect(renamed.toSorted()).toEqual(aliases.map(([name]) => name).toSorted())
  })

  it('has the SHA-512 of each, and comes from the registry that npm is told', () => {
    expect(
      packages.filter(([, { integrity }]) => !/^sha512-[\w+/]{86}==$/.test(integrity ?? '')).map(([at]) => at),
    ).toEqual([])
    expect(packages.filter(([, { resolved }]) => resolved !== undefined).map(([at]) => at)).toEqual([])
    const sources = packages.flatMap(([at, { version, dependencies, optionalDependencies }]) =>
      [version, ...Object.values({ ...dependencies, ...optionalDependencies })]
        .filter((from) => /^(?:git|https?|file|github):|^[\w-]+\/[\w-]+/.test(from ?? ''))
        .map((from) => [at, from]),
    )
    expect(sources).toEqual([])
  })

  it('has no package that runs something when it is installed, but for those that the page names', () => {
    const running = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([at]) => nameAt(at))
    const said = part('For development').split('Seven of them')[1] ?? ''
    expect(running).toHaveLength(7)
    expect(running.filter((name) => !said.includes(`\`${name}\``))).toEqual([])
  })

  it('brings along at run time what the package names, and nothing else', () => {
    const closure = new Set(Object.keys(dependencies as Record<string, string>).map((name) => `node_modules/${name}`))
    for (const at of closure)
      for (const name of Object.keys(locked[at]?.dependencies ?? {})) closure.add(find(at, name) ?? name)
    expect([...closure].map(nameAt).toSorted()).toEqual(Object.keys(dependencies).toSorted())
  })
})
