import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import type TypeScript from '../../docs/node_modules/typescript/lib/typescript.js'
import { ROOT, run } from '../checkout.ts'

/** What reads comments: the compiler that makes the pages, since TypeScript 7 has no interface for programs. */
const ts: typeof TypeScript = createRequire(join(ROOT, 'docs/package.json'))('typescript')

const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly exports: Readonly<Record<string, string | { readonly types: string }>>
}

/** The faces of the package by what they are imported as. */
const FACES = Object.entries(exports).flatMap(([path, target]) =>
  typeof target === 'string'
    ? []
    : [[path.replace('.', 'bulla'), target.types.replace(/^\.\/dist\/(.*)\.d\.ts$/, '$1.ts')] as const],
)

interface Told {
  readonly name: string
  readonly isCalled: boolean
  readonly text: string
  readonly examples: readonly string[]
  /** What it says whose example shows it, too: `@see {@link other}`. */
  readonly shownBy: readonly string[]
}

const program = ts.createProgram(
  FACES.map(([, source]) => join(ROOT, source)),
  {
    allowImportingTsExtensions: true,
    noEmit: true,
    module: ts.ModuleKind.NodeNext,
    skipLibCheck: true,
    types: ['node'],
  },
)
const checker = program.getTypeChecker()

/** Returns what the comments say of what a face exports. */
function toldBy(source: string): readonly Told[] {
  const file = program.getSourceFile(join(ROOT, source))
  const module = file && checker.getSymbolAtLocation(file)
  if (module === undefined) throw new Error(`${source} is no module`)
  return checker.getExportsOfModule(module).map((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported
    const tags = symbol.getJsDocTags(checker).map(({ name, text }) => ({ name, text: ts.displayPartsToString(text) }))
    return {
      name: exported.name,
      isCalled: (symbol.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Class)) !== 0,
      text: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
      examples: tags.filter(({ name }) => name === 'example').map(({ text }) => text),
      shownBy: tags.flatMap(({ name, text }) =>
        name === 'see' ? (/\{@link (\w+) ?\}/.exec(text)?.slice(1) ?? []) : [],
      ),
    }
  })
}

/** What the tests of types import. */
const TYPE_TESTS = readdirSync(join(ROOT, 'test/types')).map((name) =>
  readFileSync(join(ROOT, 'test/types', name), 'utf8'),
)

it.each(FACES)('the types of %s are tested', (_, source) => {
  expect(TYPE_TESTS.some((text) => text.includes(`from '../../${source}'`))).toBe(true)
})

describe.each(FACES)('the comments of %s', (_, source) => {
  const told = toldBy(source)

  it('say of each thing what it is', () => {
    expect(told.filter(({ text }) => text.length < 10).map(({ name }) => name)).toEqual([])
  })

  it('have an example of each function and class, or name the one whose example shows it', () => {
    const isShown = ({ name, examples, shownBy }: Told) =>
      examples.length > 0 ||
      told.some(
        (other) => shownBy.includes(other.name) && other.examples.some((text) => RegExp(`\\b${name}\\b`).test(text)),
      )
    expect(told.filter((one) => one.isCalled && !isShown(one)).map(({ name }) => name)).toEqual([])
  })

  it('name the pages that tell more, and these are there', () => {
    const [head = ''] = readFileSync(join(ROOT, source), 'utf8').split('*/')
    const pages = [...head.matchAll(/@see (docs\/[\w/-]+\.md)/g)].map(([, page = '']) => page)
    expect(pages.filter((page) => !existsSync(join(ROOT, page)))).toEqual([])
    expect(pages.length).toBeGreaterThan(0)
  })
})

describe('the examples in the comments', { timeout: 120_000 }, () => {
  it('compile, all of them, as a reader copies them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'bulla-examples-'))
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    const written = new Map<string, string>()
    for (const [face, source] of FACES)
      for (const { name, examples } of toldBy(source))
        for (const [nth, example] of examples.entries())
          written.set(`${face.replaceAll('/', '_')}_${name}_${nth}.ts`, `${example}\nexport {}\n`)
    for (const [file, text] of written) await writeFile(join(folder, file), text)
    expect(written.size).toBeGreaterThan(40)
    const paths = Object.fromEntries(FACES.map(([face, source]) => [face, [join(ROOT, source)]]))
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: join(ROOT, 'tsconfig.json'),
        compilerOptions: {
          paths,
          isolatedDeclarations: false,
          declaration: false,
          noUnusedLocals: false,
          noUnusedParameters: false,
          types: ['node'],
        },
        include: ['*.ts', join(ROOT, 'src/cloudflare.d.ts')],
      }),
    )
    const { out } = await run('tsc', ['-p', folder], { cwd: folder })
    expect(out.split('\n').filter((line) => !line.startsWith(relative(folder, ROOT)))).toEqual([''])
  })
})
