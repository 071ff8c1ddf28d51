/**
 * The chart of the README: how long one token takes to open, and to mint, in Node: ours and the others', on one scale.
 *
 * @module
 */

import { type Row, writeRatio } from './report.ts'

const [WIDTH, LINE, LEFT] = [820, 30, 390]

/** What would have no length at all. */
const LEAST = 0.2

/** What is drawn, one below the other: the rows of a group that stand beside one thing of ours. */
const PANELS = [
  { title: 'Time to open one token in Node', group: 'open, Node', ours: 'direct' },
  { title: 'Time to mint one token over HTTP in Node', group: 'mint, Node', ours: 'POST /token, direct' },
] as const

/** Logarithmic, or the first bar could not be seen beside the last. */
function lengthOf(ratio: number, most: number): number {
  return ((WIDTH - LEFT - 90) * Math.log(Math.max(ratio, LEAST * 1.1) / LEAST)) / Math.log(Math.max(10, most) / LEAST)
}

/** Draws one panel; returns it with its height. */
function drawPanel(
  title: string,
  others: readonly Row[],
  from: number,
): { readonly drawn: string; readonly height: number } {
  const name = 'Bulla, direct'
  const bars = [{ name, ratio: 1 }, ...others.map(({ beside, ratio = 1 }) => ({ name: beside, ratio }))].sort(
    (a, b) => a.ratio - b.ratio,
  )
  const most = Math.max(...bars.map(({ ratio }) => ratio))
  const lines = bars.map((bar, index) => {
    const top = from + (index + 1.5) * LINE
    const length = Math.round(lengthOf(bar.ratio, most))
    return `<text x="${LEFT - 10}" y="${top + 15}" text-anchor="end">${bar.name.replaceAll('&', '&amp;')}</text>
<rect x="${LEFT}" y="${top}" width="${length}" height="20" rx="2" fill="${bar.name === name ? '#b4552d' : '#8a8f98'}"/>
<text x="${LEFT + length + 8}" y="${top + 15}">${writeRatio(bar.ratio)}</text>`
  })
  const head = `<text x="10" y="${from + 24}" font-weight="600">${title}, as a multiple of Bulla's (shorter is better, logarithmic)</text>`
  return { drawn: [head, ...lines].join('\n'), height: (bars.length + 2) * LINE }
}

/** Draws the rows of opening and of minting in Node: times as long as ours. */
export function drawChart(rows: readonly Row[]): string {
  let height = 0
  const panels = PANELS.map(({ title, group, ours }) => {
    const others = rows.filter((row) => row.group === group && row.ours === ours)
    if (others.length === 0) return ''
    const panel = drawPanel(title, others, height)
    height += panel.height
    return panel.drawn
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Time to open one token, and to mint one, as a multiple of Bulla's">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<g font-family="system-ui, sans-serif" font-size="13" fill="#24292f">
${panels.join('\n')}
</g>
</svg>
`
}
