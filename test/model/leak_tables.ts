/**
 * Every set of up to three secrets at every moment: what it gives, and the tables that say so.
 *
 * @module
 */

import { createWorld, MOMENTS, type MomentName, SECRETS_LEAKED, together } from './leaks.ts'

/** The secrets, as the tables call them. */
export const NAMES: readonly string[] = Object.keys(SECRETS_LEAKED)

/** Returns each set of so many names at the most, the small ones first. */
function setsOf(most: number): readonly (readonly string[])[] {
  const sets: (readonly string[])[] = [[]]
  for (let [from, size] = [0, 1]; size <= most; size++) {
    const to = sets.length
    for (; from < to; from++) {
      const set = sets[from] ?? []
      const after = NAMES.indexOf(set.at(-1) ?? '') + 1
      for (const name of NAMES.slice(after)) sets.push([...set, name])
    }
  }
  return sets
}

/** What sets of secrets can do, by their names with ` + ` between. */
export interface Enumerated {
  readonly can: ReadonlyMap<string, readonly string[]>
  /** What a set can do that no smaller one of its secrets can. */
  readonly more: ReadonlyMap<string, readonly string[]>
}

/** Tries all that each set of up to three secrets gives, at a moment. */
async function enumerate(moment: MomentName): Promise<Enumerated> {
  const world = await createWorld(MOMENTS[moment])
  const [can, more] = [new Map<string, readonly string[]>(), new Map<string, readonly string[]>()]
  for (const set of setsOf(3)) {
    const loots = set.flatMap((name) => world.loots.get(name) ?? [])
    const deeds = await world.canDo(together(loots))
    const parts = new Set(set.flatMap((left) => can.get(set.filter((name) => name !== left).join(' + ')) ?? []))
    can.set(set.join(' + '), deeds)
    const added = deeds.filter((deed) => !parts.has(deed))
    if (set.length > 1 && added.length > 0) more.set(set.join(' + '), added)
  }
  return { can, more }
}

/** All that was enumerated, by moment. */
export type All = ReadonlyMap<MomentName, Enumerated>

/** Tries everything at every moment. */
export async function enumerateAll(): Promise<All> {
  const all = new Map<MomentName, Enumerated>()
  for (const moment of Object.keys(MOMENTS) as MomentName[]) all.set(moment, await enumerate(moment))
  return all
}

/** Returns what was enumerated at a moment. */
export function at(all: All, moment: MomentName): Enumerated {
  return all.get(moment) ?? { can: new Map(), more: new Map() }
}

/** Returns what a secret alone gives. */
export function deedsOf(all: All, moment: MomentName, secret: string): readonly string[] {
  return at(all, moment).can.get(secret) ?? []
}

/** Says what somebody can do: each verb once. */
function words(deeds: readonly string[]): string {
  const verbs = new Map<string, string[]>()
  for (const deed of deeds) {
    const [verb = '', ...what] = deed.replace('tokens of ', '').split(' ')
    verbs.set(verb, [...(verbs.get(verb) ?? []), what.join(' ')])
  }
  return [...verbs].map(([verb, what]) => `${verb} ${what.join(', ')}`).join('; ') || 'nothing'
}

const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [row(heads), row(heads.map(() => '---')), ...rows.map(row)].join('\n')
}

/** Says what is left at a moment. */
function left(all: All, moment: MomentName, secret: string): string {
  const [before, now] = [words(deedsOf(all, 'leaked', secret)), words(deedsOf(all, moment, secret))]
  return before === now && now !== 'nothing' ? 'the same' : now
}

/** The tables of the docs. */
export const TABLES = {
  alone: (all: All): string =>
    table(
      ['leaked', 'at once', 'three days after the next root began', 'when the first root is retired'],
      NAMES.map((name) => [
        name,
        words(deedsOf(all, 'leaked', name)),
        left(all, 'rotated', name),
        left(all, 'retired', name),
      ]),
    ),
  mended: (all: All): string =>
    table(
      [
        'leaked',
        'both roots and the RSA key revoked',
        'the next branch for A',
        'new secrets, new key of P',
        'all of it',
      ],
      NAMES.map((name) => [
        name,
        ...(['revoked', 'next branch', 'new secrets', 'all'] as const).map((moment) => left(all, moment, name)),
      ]),
    ),
  together: (all: All): string => {
    const sets = [...new Set([...all.values()].flatMap(({ more }) => [...more.keys()]))]
    const rows = sets.map((set) => [
      set.replaceAll(' + ', ' and '),
      ...(['leaked', 'rotated', 'all'] as const).map((moment) => words(at(all, moment).more.get(set) ?? [])),
    ])
    return table(
      ['leaked together', 'at once, beside what each gives', 'three days after the next root began', 'all mended'],
      rows,
    )
  },
} as const
