import { mkdtemp, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { ROOT, run } from '../checkout.ts'
import { blockOf } from '../docs.ts'

/** What the page says of tests, as its reader has it: in files of a project with the package, which is bundled here from its sources. */
describe('the page about tests', { timeout: 120_000 }, () => {
  let project = ''
  beforeAll(async () => {
    project = await mkdtemp(join(tmpdir(), 'bulla-testing-'))
    await symlink(join(ROOT, 'node_modules'), join(project, 'node_modules'))
    await writeFile(join(project, 'package.json'), '{ "type": "module" }')
    await writeFile(join(project, 'orders.test.ts'), blockOf('testing-vitest'))
    await writeFile(join(project, 'guard.test.ts'), blockOf('testing-store'))
    await writeFile(join(project, 'orders.node.ts'), blockOf('testing-node'))
    const source = (path: string): string => JSON.stringify(join(ROOT, path))
    await writeFile(
      join(project, 'vitest.config.ts'),
      `export default { resolve: { alias: [
        { find: /^bulla$/, replacement: ${source('src/index.ts')} },
        { find: 'bulla/testing', replacement: ${source('src/testing/index.ts')} },
        { find: 'bulla/verifier/hono', replacement: ${source('src/verifier/hono.ts')} },
      ] } }`,
    )
  })

  it('shows tests that vitest runs, and that pass', async () => {
    const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs')
    const { code, out } = await run('node', [vitest, 'run', '--root', project, '--reporter', 'json'], { cwd: project })
    expect([code, JSON.parse(out.slice(out.indexOf('{'))).numFailedTests]).toEqual([0, 0])
    expect(JSON.parse(out.slice(out.indexOf('{'))).numPassedTests).toBeGreaterThan(30)
  })

  it('shows tests that node:test runs, and that pass', async () => {
    const { build } = await import('esbuild')
    await build({
      entryPoints: [join(project, 'orders.node.ts')],
      bundle: true,
      platform: 'node',
      format: 'esm',
      outfile: join(project, 'orders.node.mjs'),
      external: ['express', 'hono', 'jose', 'oauth4webapi', '@noble/hashes'],
      alias: {
        'bulla/testing': join(ROOT, 'src/testing/index.ts'),
        'bulla/verifier/express': join(ROOT, 'src/verifier/express.ts'),
      },
    })
    const { code, out } = await run('node', ['--test', '--test-reporter', 'tap', 'orders.node.mjs'], { cwd: project })
    expect([code, out]).toEqual([0, expect.stringContaining('# pass 2')])
  })
})
