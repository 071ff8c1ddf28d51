/**
 * `bulla keys show`: what a ring holds, without its keys.
 *
 * @module
 */

import { stateOf, writeInstant } from '../../keys/index.ts'
import type { Command } from './command.ts'
import { RING, readRingText, readText } from './ring_file.ts'

/** Returns a duration as a person reads it. */
export function writeAge(seconds: number): string {
  const [size, unit] = [[86_400, 'd'] as const, [3600, 'h'] as const, [60, 'min'] as const].find(
    ([least]) => Math.abs(seconds) >= least,
  ) ?? [1, 's']
  return `${Math.floor(seconds / size)} ${unit}`
}

/** The command that shows the ring. */
export const keysShow: Command = {
  call: 'keys show',
  summary: 'each root, and each RSA key: state, dates, age; no key material',
  guesses: ['list', 'ls', 'print'],
  example: { line: 'bulla keys show --ring ring.json' },
  needs: ['ring'],
  options: { ring: RING, json: { type: 'boolean', help: 'as JSON' } },
  async run(values, _operand, io) {
    const { ring: shown, bad } = readRingText(await readText(values.need('ring'), io))
    for (const { message } of bad) io.say(`left out: ${message}`)
    const kinds = [
      ...shown.roots.map((key) => ({ ...key, kind: 'root' })),
      ...(shown.rsa ?? []).map((key) => ({ ...key, kind: 'RSA key' })),
    ]
    const roots = kinds.map(({ kid, kind, pub, use, end, del }) => {
      const state = stateOf({ kid, pub, use, end, del }, shown.revoked, io.now)
      return { kid, kind, state, age: io.now - pub, pub, use, end, del }
    })
    if (values.has('json')) {
      io.out(JSON.stringify(roots, undefined, 2))
      return 0
    }
    const head = ['kid', 'kind', 'state', 'age', 'opens from', 'seals from', 'seals until', 'opens until']
    const rows = roots.map(({ kid, kind, state, age, pub, use, end, del }) => [
      kid,
      kind,
      state,
      writeAge(age),
      ...[pub, use, end, del].map(writeInstant),
    ])
    const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
    for (const row of [head, ...rows])
      io.out(
        row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd(),
      )
    return 0
  },
}
