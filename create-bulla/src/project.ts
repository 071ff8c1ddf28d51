/**
 * The folder that is written: the template's files, with what was answered in them.
 *
 * In a template what stands after a line `@@ fact …` is kept where one of the facts holds, up to the next `@@`.
 *
 * @module
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Answers } from './answers.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** The version of this package; that of Bulla is the same. */
export const VERSION: string = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')).version

/** What a project is made by, in the versions that it was tried with, or later ones. */
export const TRIED = {
  '@modelcontextprotocol/client': '2.4.0',
  '@modelcontextprotocol/server': '2.4.0',
  '@types/node': '24.19.2',
  hono: '4.13.19',
  'smol-toml': '1.9.1',
  typescript: '7.0.2',
  vitest: '4.1.11',
  wrangler: '4.155.0',
} as const

/** Returns what the project is called in a folder: a name that npm, and a Worker, can have. */
export function nameOf(folder: string): string {
  const plain = basename(resolve(folder)).normalize('NFKD').toLowerCase()
  const name = plain
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-|-$/g, '')
  return name || 'my-bulla'
}

/** Says why a folder will not do; nothing where it is new, or empty. */
export function wrongWith(folder: string): string | undefined {
  if (folder.includes('\0')) return 'No folder can be called that.'
  if (!existsSync(folder)) return undefined
  if (!statSync(folder).isDirectory()) return `${folder} is a file.`
  // Of a repository that was made a moment ago nothing is in the way.
  return readdirSync(folder).some((name) => name !== '.git')
    ? `${folder} is not empty: nothing is written over what is there.`
    : undefined
}

function manifestOf({ folder, template }: Answers): string {
  const range = (name: keyof typeof TRIED) => [name, `^${TRIED[name]}`]
  const isMcp = template === 'mcp'
  const manifest = {
    name: nameOf(folder),
    private: true,
    type: 'module',
    engines: { node: '>=22.18' },
    scripts: {
      dev: 'node dev.ts',
      test: 'vitest run',
      types: 'tsc',
      check: 'bulla check --settings issuer/wrangler.toml',
      deploy: 'npm run check && wrangler deploy -c issuer/wrangler.toml && wrangler deploy -c server/wrangler.toml',
    },
    dependencies: Object.fromEntries([
      ...(isMcp ? [range('@modelcontextprotocol/server')] : []),
      ['bulla', `^${VERSION}`],
      range('hono'),
    ]),
    devDependencies: Object.fromEntries([
      ...(isMcp ? [range('@modelcontextprotocol/client')] : []),
      ...(['@types/node', 'smol-toml', 'typescript', 'vitest', 'wrangler'] as const).map(range),
    ]),
  }
  return `${JSON.stringify(manifest, undefined, 2)}\n`
}

function fill(text: string, { folder, template, login }: Answers): string {
  const facts: readonly string[] = [template, login, ...(login === 'none' ? [] : ['people', `${template}-people`])]
  const host = `${template}.example.com`
  const words: Readonly<Record<string, string>> = {
    name: nameOf(folder),
    login,
    LOGIN: login.toUpperCase(),
    host,
    resource: template === 'mcp' ? `https://${host}/mcp` : `https://${host}`,
  }
  let isKept = true
  const lines = text.split('\n').filter((line) => {
    if (!line.startsWith('@@')) return isKept
    const wanted = line.split(' ').slice(1)
    isKept = wanted.length === 0 || wanted.some((fact) => facts.includes(fact))
    return false
  })
  return lines
    .join('\n')
    .replace(/\{\{(\w+)\}\}/g, (whole, word) => words[word] ?? whole)
    .replace(/\n{3,}/g, '\n\n')
    .replace(/\n+$/, '\n')
}

/** Returns the project's files: what each is called, and what is in it. */
export function filesOf(answers: Answers): ReadonlyMap<string, string> {
  const files = new Map([['package.json', manifestOf(answers)]])
  for (const part of ['common', answers.template]) {
    const from = join(ROOT, 'template', part)
    for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      // npm packs no .gitignore.
      const name = path.slice(from.length + 1).replace(/^gitignore$/, '.gitignore')
      files.set(name, fill(readFileSync(path, 'utf8'), answers))
    }
  }
  return files
}

/**
 * Writes the project, whole or not at all: a signal waits until it is there, and what fails takes back what was written.
 *
 * @throws {Error} of the file system
 */
export function writeProject(answers: Answers): void {
  const files = filesOf(answers)
  const wait = () => undefined
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, wait)
  const made = mkdirSync(answers.folder, { recursive: true })
  try {
    for (const [name, text] of files) {
      const file = join(answers.folder, name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text, { flag: 'wx' })
    }
  } catch (error) {
    const written =
      made === undefined ? [...files.keys()].map((name) => join(answers.folder, name.split('/')[0] ?? '')) : [made]
    for (const path of written) rmSync(path, { recursive: true, force: true })
    throw error
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, wait)
  }
}
