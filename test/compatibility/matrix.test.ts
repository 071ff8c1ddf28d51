import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Purpose } from '../../keys/index.ts'
import { ROOT } from '../checkout.ts'
import { ARTEFACTS } from './artefacts.ts'
import { NEWER_ARTEFACTS } from './newer.ts'
import { REVOCATIONS } from './revoked.ts'
import { STORES } from './stores.ts'

/** What is sealed under these no version is ever shown by another, and why. */
const NOT_SHOWN: Readonly<Partial<Record<Purpose, string>>> = {
  apps: 'a cookie of this version alone, which 0.1.0 passes over',
  event: 'names people in events, and seals nothing',
  logout: 'comes back from a provider to an address that 0.1.0 does not have',
  provider: 'lies at the guard, where 0.1.0 never looks',
  settings: 'comes from the operator, to a setting that 0.1.0 does not have',
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')

const revoked = ['revocation', REVOCATIONS.map(({ what }) => what).join('; ')] as const

const holding = [...Map.groupBy(ARTEFACTS, ({ what }) => what)].map(
  ([what, all]) => [what, all.map(({ holds }) => holds).join('; ')] as const,
)

describe('what is tried of two versions', () => {
  it.each([
    ['the stores', ['store', 'in 0.1.0'], STORES.map(({ name, had }) => [name, had ? 'yes' : 'no: handed to it'])],
    ['the artefacts', ['artefact', 'made by either, and taken by the other'], [...holding, revoked]],
    ['what is newer', ['made by this version', 'at 0.1.0'], NEWER_ARTEFACTS.map(({ what, answer }) => [what, answer])],
  ] as const)('stands in the README: %s', async (_, head, rows) => {
    expect(await readFile(join(import.meta.dirname, 'README.md'), 'utf8')).toContain(table(head, rows))
  })

  it('is all that is sealed', async () => {
    const source = await readFile(join(ROOT, 'keys', 'derive.ts'), 'utf8')
    const [, union = ''] = /export type Purpose =\n(.*?)\n\n/s.exec(source) ?? []
    const all = [...union.matchAll(/'(\w+)'/g)].map(([, name = '']) => name)
    const shown = [...ARTEFACTS, ...NEWER_ARTEFACTS].flatMap(({ purposes }) => purposes)
    expect(all.length).toBeGreaterThan(15)
    expect([...new Set([...shown, ...Object.keys(NOT_SHOWN)])].sort()).toEqual(all.sort())
  })
})
