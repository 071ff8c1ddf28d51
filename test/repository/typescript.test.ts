/**
 * Every example, compiled as a reader would: strictly, against the packed package, by the newest TypeScript and by the oldest
 * that the docs promise.
 *
 * @module
 */

import { cp, mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ROOT, run } from '../checkout.ts'
import { blockOf, DOCS } from '../docs.ts'
import { packedBulla } from '../parties/packed.ts'

/** The blocks of the docs in JavaScript and TypeScript, by their names; one without a name cannot be looked up. */
const BLOCKS = new Map(
  [
    ...DOCS.matchAll(/(?:<!-- test: ([a-z0-9_-]+) -->\n)?```(?:js|ts|javascript|typescript|tsx|jsx)\n([\s\S]*?)```/g),
  ].map(([, name = '', code = '']) => [name, code] as const),
)
const block = (name: string): string => BLOCKS.get(name) ?? ''
const [orders = '', app = ''] = block('server').split(/(?=const app)/)
const [routes = ''] = app.split(/(?=serve\()/)

/** What a block that is a part has before it; and under which name it is a file, where another block imports it. */
const BEFORE: Readonly<Record<string, string>> = {
  express: orders.replace('verifier/hono', 'verifier/express'),
  fastify: orders.replace('verifier/hono', 'verifier/fastify'),
  describe: orders + routes,
  operation: orders,
  'step-up': orders,
  'app-api': orders,
  scheme: "import { createIssuer, type IssuerSettings } from 'bulla'\ndeclare const settings: IssuerSettings\n",
}
const FILES: Readonly<Record<string, string>> = { own_grant_shop_session: 'shop_session' }
const fileOf = (name: string): string => `${FILES[name] ?? name}.ts`

/** The blocks that only a Worker runs; `fetch` is for everybody. */
const IN_WORKERS = [
  'own_grant_shop_session',
  'own_grant_worker',
  'hooks',
  'profile_hook',
  'fetch',
  'allow-device',
  'skill-issuer-worker',
]

/** The blocks that only a browser runs. */
const IN_BROWSERS = ['app']

/** Those of MCP's own SDK, whose types are for no such strictness, nor for the oldest, and of other libraries; they are run elsewhere. */
const OF_OTHERS = [
  'mcp-sdk',
  'mcp-server',
  'github-tool',
  'github-register',
  'migrate-workers',
  'testing-vitest',
  'testing-store',
]

/** What is let in where, for the compiler; each `@ts-expect-error` must be one. */
const ENTITLED = `import { createVerifier, type Entitlement } from 'bulla/verifier'
import { entitlementOf as inExpress, resourceServer as express4 } from 'bulla/verifier/express'
import { entitlementOf as inFastify, resourceServer as fastify5 } from 'bulla/verifier/fastify'
import { resourceServer, type ResourceServerEnv } from 'bulla/verifier/hono'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
const verifier = createVerifier({ issuer: '', resource: '', keys: '' })
express().use(express4({ verifier })).get('/', (request, response) => {
  const scope: readonly string[] = inExpress(request).scope
  const entitlement: Entitlement | undefined = request.entitlement
  // @ts-expect-error: Express does not know what stands before a route
  request.entitlement.scope
  response.json([scope, entitlement])
})
Fastify().get('/', { onRequest: fastify5({ verifier }) }, async (request) => {
  const scope: readonly string[] = inFastify(request).scope
  // @ts-expect-error: Fastify does not know which hooks stand before a route
  request.entitlement.scope
  return [scope, request.entitlement?.sub]
})
export const chained = new Hono().use(resourceServer({ verifier })).get('/', (c) => c.json(c.get('entitlement').scope))
export const apart = new Hono<ResourceServerEnv>()
apart.use(resourceServer({ verifier }))
apart.get('/', (c) => c.json(c.get('entitlement').scope))
// @ts-expect-error: nothing can have let it in
inExpress({}) satisfies { let: 'in' }
`

/** Every entry of the package but the Worker's, which only Workers' types know: the declarations of each are checked with it. */
const { exports: entries } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
const ENTRIES = Object.keys(entries)
  .filter((entry) => entry !== './package.json' && entry !== './worker')
  .map((entry, index) => `export * as entry${index} from 'bulla${entry.slice(1)}'\n`)
  .join('')

/** A file that itself has nothing of a framework. */
const ALONE = `import { resourceServer } from 'bulla/verifier/fastify'
export const orders = resourceServer({ issuer: '', resource: '', keys: '' })
`

/** What needs neither Node's types nor a framework but Hono, which comes with the package. */
const BARE = `import { createIssuer } from 'bulla'
import { createRing } from 'bulla/keys'
import { createVerifier, type Verification } from 'bulla/verifier'
import { createDirectVerifier } from 'bulla/verifier/direct'
import { resourceServer } from 'bulla/verifier/hono'
export const all = [createIssuer, createRing, createDirectVerifier, resourceServer]
export const verify: Promise<Verification> = createVerifier({ issuer: '', resource: '', keys: '' }).verify('x')
`

/** The operator's own settings, which an example imports. */
const SETTINGS = "import type { IssuerSettings } from 'bulla'\nexport declare const settings: IssuerSettings\n"

/** The operator's own settings as a file of Workers has them, which an example imports. */
const VARIABLES = 'export declare const vars: { readonly ISSUER: string }\n'

/** The oldest TypeScript: older ones do not know a `Uint8Array<ArrayBuffer>`, which Hono's own types have, too. */
const OLDEST = '5.7.2'

const RESOLUTIONS = ['nodenext', 'bundler'] as const
const AGES = ['newest', 'oldest'] as const
const CASES = AGES.flatMap((age) => RESOLUTIONS.map((resolution) => [age, resolution] as const))

let tarball = ''
let compilers = ''

/** Returns the compiler. */
function tscOf(age: string): string {
  return join(age === 'newest' ? ROOT : compilers, 'node_modules', 'typescript', 'bin', 'tsc')
}

/** Makes a project with the packed package beside others, in the versions that package.json has; returns its folder. */
async function project(names: readonly string[], ...others: readonly string[]): Promise<string> {
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
  const versions = { ...dependencies, ...devDependencies }
  const folder = await mkdtemp(join(tmpdir(), 'bulla-typescript-'))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module', private: true }))
  const packages = names.map((name) => `${name}@${versions[name]}`)
  const args = ['install', '--no-audit', '--no-fund', '--prefer-offline', tarball, ...packages, ...others]
  expect(await run('npm', args, { cwd: folder })).toMatchObject({ code: 0 })
  return folder
}

/** Compiles files of a project, without what they do not ask for: no `dom`, and only the types that are named. */
async function compile(cwd: string, [age, resolution]: readonly [string, string], options: object): Promise<unknown> {
  const compilerOptions = {
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    noPropertyAccessFromIndexSignature: true,
    allowImportingTsExtensions: true,
    skipLibCheck: false,
    target: 'es2022',
    lib: ['es2022'],
    ...(resolution === 'nodenext'
      ? { module: 'nodenext' }
      : { module: 'esnext', moduleResolution: 'bundler', esModuleInterop: true }),
  }
  const { files, ...own } = options as { files: readonly string[] }
  const config = join(cwd, `tsconfig.json`)
  await writeFile(config, JSON.stringify({ compilerOptions: { ...compilerOptions, ...own }, files }))
  const { code, out, err } = await run('node', [tscOf(age), '-p', config], { cwd })
  return [out + err, code]
}

const CLEAN = [
  ['', 0],
  ['', 0],
]

/** Compiles files that Node runs: with `dom` only those that use `@hono/node-server`, whose own types need it. */
async function compileAll(
  cwd: string,
  how: readonly [string, string],
  folder: string,
  names: readonly string[],
): Promise<readonly unknown[]> {
  const texts = await Promise.all(names.map((name) => readFile(join(cwd, folder, name), 'utf8')))
  const isServed = (index: number): boolean => /node-server|\.\/fetch/.test(texts[index] ?? '')
  // The oldest takes ten seconds for what the packages declare: it reads that once, with all that ours has.
  const skipLibCheck = how[0] === 'oldest'
  const filesOf = (served: boolean) =>
    names.filter((_, index) => isServed(index) === served).map((n) => `${folder}/${n}`)
  return [
    await compile(cwd, how, { types: ['node'], files: filesOf(false), skipLibCheck }),
    await compile(cwd, how, { types: ['node'], lib: ['es2022', 'dom'], files: filesOf(true), skipLibCheck }),
  ]
}

describe('strict TypeScript', { timeout: 240_000 }, () => {
  let inNode = ''
  let inWorkers = ''
  let bare = ''
  let examples: readonly string[] = []

  beforeAll(async () => {
    tarball = await packedBulla()
    const frameworks = ['express', '@types/express', 'fastify', 'hono', '@hono/node-server']
    const telemetry = blockOf('telemetry-install').match(/@opentelemetry\/[a-z-]+/g) ?? []
    inNode = await project(
      [...frameworks, 'jose', 'oauth4webapi', 'openid-client', '@types/node', '@hono/otel', ...telemetry],
      `typescript@${OLDEST}`,
    )
    compilers = inNode
    inWorkers = await project(['@cloudflare/workers-types'])
    bare = await project([])
    for (const folder of [inNode, inWorkers]) await mkdir(join(folder, 'docs'))
    for (const [name, code] of BLOCKS) {
      const folder = IN_WORKERS.includes(name) ? inWorkers : inNode
      await writeFile(join(folder, 'docs', fileOf(name)), `${BEFORE[name] ?? ''}${code}\nexport {}\n`)
    }
    await writeFile(join(inNode, 'docs', 'settings.d.mts'), SETTINGS)
    await writeFile(join(inNode, 'docs', 'vars.d.mts'), VARIABLES)
    const folder = join(ROOT, 'test', 'examples')
    examples = (await readdir(folder)).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    for (const name of examples) await cp(join(folder, name), join(inNode, 'examples', name))
    await writeFile(join(inNode, 'entitled.ts'), ENTITLED)
    await writeFile(join(inNode, 'alone.ts'), ALONE)
    await writeFile(join(inNode, 'entries.ts'), ENTRIES)
    const toml = await readFile(join(ROOT, 'wrangler.toml'), 'utf8')
    await writeFile(join(inWorkers, 'wrangler.toml'), toml.replace('src/worker.ts', 'docs/hooks.ts'))
    await writeFile(join(inWorkers, '.dev.vars'), 'SHOP_SECRET = "x"')
    const wrangler = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
    const typed = await run('node', [wrangler, 'types', '--include-runtime=false'], { cwd: inWorkers })
    expect(typed).toMatchObject({ code: 0 })
    await writeFile(join(bare, 'bare.ts'), BARE)
  }, 240_000)

  it('is what every block of the docs in JavaScript or TypeScript is held against: each has a name', () => {
    expect([...BLOCKS.keys()]).not.toContain('')
    expect(
      DOCS.match(
        /^```(?!sh|sql|yaml|md|text|toml|json|html|nginx|caddy|apache|ini|dockerfile|python|go|ruby|js|ts)[a-z]+$/gm,
      ),
    ).toBeNull()
    expect(BLOCKS.size).toBe(DOCS.match(/^```(js|ts)$/gm)?.length)
  })

  it.each(CASES)('compiles every example of the docs that Node runs: by the %s, %s', async (...how) => {
    const names = [...BLOCKS.keys()].filter((name) => ![...IN_WORKERS, ...IN_BROWSERS, ...OF_OTHERS].includes(name))
    expect(await compileAll(inNode, how, 'docs', names.map(fileOf))).toEqual(CLEAN)
  })

  it.each(AGES)('compiles every example of the docs that browsers run: by the %s', async (age) => {
    const files = IN_BROWSERS.map((name) => `docs/${fileOf(name)}`)
    const options = { types: [], lib: ['es2022', 'dom', 'dom.iterable'], files }
    expect(await compile(inNode, [age, 'bundler'], options)).toEqual(['', 0])
  })

  it.each(AGES)('compiles every example of the docs that Workers run: by the %s', async (age) => {
    const files = ['worker-configuration.d.ts', ...IN_WORKERS.map((name) => `docs/${fileOf(name)}`)]
    // What `wrangler types` writes has no endings in its imports, which only a bundler takes.
    const how = [age, 'bundler'] as const
    expect(await compile(inWorkers, how, { types: ['@cloudflare/workers-types'], files })).toEqual(['', 0])
  })

  it.each(CASES)('compiles the whole examples, one for each framework: by the %s, %s', async (...how) => {
    expect(examples).toContain('express.ts')
    expect(await compileAll(inNode, how, 'examples', examples)).toEqual(CLEAN)
  })

  it.each(CASES)('knows where an entitlement is sure to be, and where it is not: by the %s, %s', async (...how) => {
    for (const file of ['entitled.ts', 'alone.ts', 'entries.ts'])
      expect(await compile(inNode, how, { types: ['node'], files: [file] })).toEqual(['', 0])
  })

  it.each(CASES)('takes the package where no framework but Hono is: by the %s, %s', async (...how) => {
    const files = ['bare.ts']
    expect(await compile(bare, how, { types: [], lib: ['es2022', 'dom'], files })).toEqual(['', 0])
  })

  it('compiles an API in Express by the docs alone, with what `tsc --init` writes', async () => {
    const beside = await mkdtemp(join(tmpdir(), 'bulla-typescript-'))
    const cwd = join(beside, 'orders')
    for (const folder of ['bulla', 'orders']) await mkdir(join(beside, folder))
    await cp(tarball, join(beside, 'bulla', 'bulla-0.1.0.tgz'))
    const install = blockOf('install-express')
    expect(
      await run('bash', ['-ec', install.replaceAll('npm install', 'npm install --prefer-offline')], { cwd }),
    ).toMatchObject({ code: 0 })
    await writeFile(
      join(cwd, 'server.ts'),
      `${BEFORE['express']}${block('express')}`.replace(/^.*(?:node-server|'hono').*\n/gm, ''),
    )
    const { code, out, err } = await run('npx', ['--no-install', 'tsc', '--noEmit'], { cwd })
    expect([code, out + err]).toEqual([0, ''])
  })

  it('is promised from the version on that is the oldest here, and the newest is what the package is built by', async () => {
    expect(DOCS).toContain(`TypeScript ${OLDEST.replace(/\.\d+$/, '')} and newer`)
    const { devDependencies } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'))
    for (const [age, version] of [
      ['newest', devDependencies.typescript],
      ['oldest', OLDEST],
    ])
      expect((await run('node', [tscOf(age), '--version'])).out.trim()).toBe(`Version ${version}`)
  })
})
