import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { copyCheckout, ROOT, run } from '../checkout.ts'
import { DOCS } from '../docs.ts'

describe('the package', { timeout: 240_000 }, () => {
  let tarball = ''
  let project = ''
  let files: readonly string[] = []
  let subpaths: readonly string[] = []

  beforeAll(async () => {
    const checkout = await copyCheckout()
    const packed = await run('npm', ['pack', '--json', '--silent'], { cwd: checkout })
    const json = JSON.parse(packed.out.slice(packed.out.search(/^[[{]/m)))
    const [entry] = (Array.isArray(json) ? json : Object.values(json)) as [
      { filename: string; files: { path: string }[] },
    ]
    files = entry.files.map(({ path }) => path)
    subpaths = Object.keys(JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')).exports).map((path) =>
      path.replace('.', 'bulla'),
    )
    tarball = join(checkout, entry.filename)
    project = await mkdtemp(join(tmpdir(), 'bulla-package-'))
    await writeFile(join(project, 'package.json'), JSON.stringify({ type: 'module' }))
    const installed = await run('npm', ['install', '--no-audit', '--no-fund', tarball], {
      cwd: project,
    })
    expect(installed).toMatchObject({ code: 0 })
  }, 240_000)

  it('holds what it is to hold, and nothing else', () => {
    const strangers = files.filter(
      (file) =>
        !/^(dist\/(src|keys)\/.*\.(js|d\.ts)|docs\/([a-z-]+\/)*[A-Za-z0-9-]+\.(md|svg)|README\.md|SECURITY\.md|CONTRIBUTING\.md|CHANGELOG\.md|LICENSE|package\.json)$/.test(
          file,
        ),
    )
    expect(strangers).toEqual([])
    expect(files).toContain('dist/src/worker.js')
  })

  it('is taken by publint, strictly, and its types by attw, from ESM and from bundlers', async () => {
    const told = await Promise.all([
      run('publint', ['run', tarball, '--strict']),
      run('attw', [tarball, '--profile', 'esm-only']),
    ])
    expect(told.map(({ code }, at) => (code === 0 ? '' : told[at]?.out))).toEqual(['', ''])
  })

  it('is what the docs say it is: every subpath, and no other', () => {
    const told = [...DOCS.matchAll(/^\| `(bulla[a-z/.]*)` +\|/gm)].map(([, path]) => path)
    expect(told.toSorted()).toEqual([...subpaths].toSorted())
  })

  it('can be imported by every subpath, in an empty project', async () => {
    // bulla/worker is for workerd alone: see below. bulla/opentelemetry needs the API beside it, as the tests of peers have it.
    const others = ['bulla/package.json', 'bulla/worker', 'bulla/opentelemetry']
    const modules = subpaths.filter((path) => !others.includes(path))
    const program = modules.map(
      (path) =>
        `console.log(${JSON.stringify(path)}, Object.keys(await import(${JSON.stringify(path)})).sort().join(' '))`,
    )
    await writeFile(join(project, 'imports.mjs'), program.join('\n'))
    const { code, out, err } = await run('node', ['imports.mjs'], { cwd: project })
    expect([code, err]).toEqual([0, ''])
    const lines = out.trim().split('\n')
    expect(lines).toHaveLength(modules.length)
    expect(lines).toContain(
      'bulla OAuthError createIssuer createMemoryGuard createMemoryRevocations entitleSubject loginProviders oauthProvider openidProvider ownLoginPage readBindings upstreamLogin',
    )
    expect(lines).toContain('bulla/verifier createMemoryReplay createVerifier describeResource remoteKeys')
    expect(lines).toContain('bulla/verifier/direct createDirectVerifier')
    expect(lines).toContain('bulla/verifier/mcp toAuthInfo tokenVerifier')
    for (const framework of ['fetch', 'hono'])
      expect(lines).toContain(`bulla/verifier/${framework} describe resourceServer`)
    for (const framework of ['express', 'fastify'])
      expect(lines).toContain(`bulla/verifier/${framework} describe entitlementOf resourceServer`)
  })

  it('brings types that a strict TypeScript takes', async () => {
    const program = `
import { createIssuer, type IssuerSettings } from 'bulla'
import { createVerifier, type Verification } from 'bulla/verifier'
import { resourceServer } from 'bulla/verifier/hono'
import { createRing } from 'bulla/keys'
const settings: IssuerSettings = { issuer: 'https://as.example', keyRing: undefined, resources: {}, clients: {} }
export const issuer = createIssuer(settings)
export const verify: Promise<Verification> = createVerifier({ issuer: '', resource: '', keys: '' }).verify('x')
export const middleware = resourceServer({ issuer: '', resource: '', keys: '' })
export const ring = createRing({ now: 0, key: new Uint8Array(32) })
// @ts-expect-error: an issuer needs settings
createIssuer()
`
    await writeFile(join(project, 'use.ts'), program)
    const flags =
      '--noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2022 --lib es2024,dom --skipLibCheck false --types'
    const { code, out } = await run(join(ROOT, 'node_modules/.bin/tsc'), [...flags.split(' '), '', 'use.ts'], {
      cwd: project,
    })
    expect([out, code]).toEqual(['', 0])
  })

  it('can be deployed as it is, and with an entry of your own', async () => {
    const own = `import { env } from 'cloudflare:workers'
import { createIssuer, readBindings } from 'bulla'
export { GuardObject, RevocationsObject } from 'bulla/worker'
export default createIssuer({ ...readBindings(env), claims: () => ({ tenant: 'blue' }) })`
    await writeFile(join(project, 'own.mjs'), own)
    const settings = await readFile(join(ROOT, 'wrangler.toml'), 'utf8')
    for (const main of ['node_modules/bulla/dist/src/worker.js', 'own.mjs']) {
      await writeFile(join(project, 'wrangler.toml'), settings.replace('src/worker.ts', main))
      const wrangler = join(ROOT, 'node_modules', 'wrangler', 'bin', 'wrangler.js')
      const { code, out } = await run('node', [wrangler, 'deploy', '--dry-run', '--outdir', 'built'], { cwd: project })
      expect([code, out]).toEqual([0, expect.stringMatching(/GuardObject[\s\S]*RevocationsObject/)])
    }
  })

  it('brings the command', async () => {
    const { code, out } = await run('npx', ['--no-install', 'bulla', 'keys', 'init'], { cwd: project })
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ v: 1, roots: [{ kid: expect.stringMatching(/^r[A-Za-z0-9_-]{4}$/) }] })
  })
})
