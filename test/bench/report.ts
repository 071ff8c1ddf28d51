/**
 * What was measured, as rows of one table.
 *
 * @module
 */

/** A figure beside another. */
export interface Row {
  readonly group: string
  /** What of ours. */
  readonly ours: string
  /** What it stands beside. */
  readonly beside: string
  /** The figures themselves, with their unit: they are this machine's. */
  readonly figures: string
  /** Ours against the other; what it means, its group says. */
  readonly ratio?: number
  /** What the ratio is in, where it is none but a figure of its own. */
  readonly unit?: string
  /** What the ratio is to be, where it is to be anything. */
  readonly bar?: { readonly atLeast: number } | { readonly atMost: number }
}

/** Who measured. */
export interface Head {
  readonly machine: string
  readonly versions: Readonly<Record<string, string>>
  readonly rounds: number
  readonly seconds: number
}

/** Tells whether a row has what it is to have; nothing where it need not have anything. */
export function isMet({ ratio, bar }: Row): boolean | undefined {
  if (bar === undefined || ratio === undefined) return undefined
  return 'atLeast' in bar ? ratio >= bar.atLeast : ratio <= bar.atMost
}

export function writeRatio(ratio: number): string {
  return `${ratio >= 100 ? Math.round(ratio) : ratio >= 10 ? ratio.toFixed(1) : ratio.toFixed(2)} ×`
}

/** Writes a time in the unit that fits. */
export function writeTime(nanoseconds: number): string {
  if (nanoseconds < 1e5) return `${(nanoseconds / 1e3).toPrecision(3)} µs`
  return nanoseconds < 1e6 ? `${Math.round(nanoseconds / 1e3)} µs` : `${(nanoseconds / 1e6).toPrecision(3)} ms`
}

function writeBar(row: Row): string {
  const { bar } = row
  if (bar === undefined) return ''
  const wanted = 'atLeast' in bar ? `≥ ${bar.atLeast}` : `≤ ${bar.atMost}`
  return `${wanted} ${isMet(row) === true ? '✓' : '✗'}`
}

/** Writes the table. */
export function writeTable({ machine, versions, rounds, seconds }: Head, rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.group,
    row.ours,
    row.beside,
    row.figures,
    row.ratio === undefined
      ? ''
      : row.unit === undefined
        ? writeRatio(row.ratio)
        : `${+row.ratio.toFixed(1)} ${row.unit}`,
    writeBar(row),
  ])
  const heads = ['group', 'ours', 'beside', 'figures', 'ratio', 'bar']
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...cells.map((cell) => [...(cell[column] ?? '')].length)),
  )
  const line = (cell: readonly string[]): string =>
    `| ${cell.map((text, column) => text + ' '.repeat((widths[column] ?? 0) - [...text].length)).join(' | ')} |`
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  return [
    `${machine}; medians of ${rounds} rounds, all by turns in one run of ${Math.round(seconds)} s`,
    named.join(', '),
    '',
    line(heads),
    line(widths.map((width) => '-'.repeat(width))),
    ...cells.map(line),
  ].join('\n')
}
