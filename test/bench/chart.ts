/**
 * The chart of the README: how long one token takes to open in Node, ours and the others', on one scale.
 *
 * @module
 */

import { type Row, writeRatio } from './report.ts'

const [WIDTH, LINE, LEFT] = [820, 30, 390]

/** What would have no length at all. */
const LEAST = 0.2

/** Logarithmic, or the first bar could not be seen beside the last. */
function lengthOf(ratio: number, most: number): number {
  return ((WIDTH - LEFT - 90) * Math.log(Math.max(ratio, LEAST * 1.1) / LEAST)) / Math.log(Math.max(10, most) / LEAST)
}

/** Draws the rows of opening in Node: times as long as ours. */
export function drawChart(rows: readonly Row[]): string {
  const bars = [
    { name: 'Bulla, direct', ratio: 1 },
    ...rows
      .filter(({ group, ours }) => group === 'open, Node' && ours === 'direct')
      .map(({ beside, ratio = 1 }) => ({ name: beside, ratio })),
  ].sort((a, b) => a.ratio - b.ratio)
  const most = Math.max(...bars.map(({ ratio }) => ratio))
  const height = (bars.length + 2) * LINE
  const drawn = bars.map(({ name, ratio }, index) => {
    const top = (index + 1.5) * LINE
    const length = Math.round(lengthOf(ratio, most))
    const color = name === 'Bulla, direct' ? '#b4552d' : '#8a8f98'
    return `<text x="${LEFT - 10}" y="${top + 15}" text-anchor="end">${name.replaceAll('&', '&amp;')}</text>
<rect x="${LEFT}" y="${top}" width="${length}" height="20" rx="2" fill="${color}"/>
<text x="${LEFT + length + 8}" y="${top + 15}">${writeRatio(ratio)}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="Time to open one token, as a multiple of Bulla's">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<g font-family="system-ui, sans-serif" font-size="13" fill="#24292f">
<text x="10" y="24" font-weight="600">Time to open one token in Node, as a multiple of Bulla's (shorter is better, logarithmic)</text>
${drawn.join('\n')}
</g>
</svg>
`
}
