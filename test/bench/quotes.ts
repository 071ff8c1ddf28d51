/**
 * What the README and docs/scale/speed.md quote: of each kind the best that was measured, out of the one run that is kept.
 *
 * @module
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawChart } from './chart.ts'
import { type Head, type Row, writeRatio } from './report.ts'

/** The run that is quoted: `npm run bench -- --keep` writes it. */
export const KEPT: string = join(import.meta.dirname, 'kept.json')

/** A run, and when it was. */
export interface Kept extends Head {
  /** As it is written in Unix: YYYY-MM-DD. */
  readonly date: string
  readonly rows: readonly Row[]
}

/** The chart of it. */
export const CHART: string = join(import.meta.dirname, 'speed.svg')

/** The pages that quote it. */
export const QUOTING: readonly string[] = ['README.md', 'docs/scale/speed.md'].map((page) =>
  join(import.meta.dirname, '..', '..', page),
)

/** Reads the run that is quoted. */
export function readKept(): Kept {
  return JSON.parse(readFileSync(KEPT, 'utf8')) as Kept
}

/** One line of the table. */
interface Quote {
  readonly group: string
  /** What of ours, as its rows call it. */
  readonly ours: string
  /** What it is called here. */
  readonly what: string
  /** What kind of thing it stands beside. */
  readonly kind: string
  /** How the rows of this kind begin to say what they stand beside: that with the least ratio is quoted. */
  readonly of: readonly string[]
  /** Whether the README quotes it too. Default: no. */
  readonly isFirst?: true
}

const direct = { group: 'open, Node', ours: 'direct', what: '`direct`, opened in Node' }
const inWorkerd = { group: 'mint, workerd', ours: 'POST /token, direct', what: '`POST /token`, `direct`, in workerd' }
const inNode = { group: 'mint, Node', ours: 'POST /token, direct', what: '`POST /token`, `direct`, in Node' }
const SIGNED = ['fast-jwt ES256', 'fast-jwt EdDSA', 'jose jwtVerify']

/** In the order of the table. */
const QUOTES: readonly Quote[] = [
  { ...direct, kind: 'a JWT that is signed', of: SIGNED, isFirst: true },
  {
    ...direct,
    kind: 'a JWT under a secret that both know',
    of: ['fast-jwt HS256', 'jsonwebtoken HS256'],
    isFirst: true,
  },
  { ...direct, kind: 'another library', of: ['jose jwtDecrypt'] },
  { ...direct, kind: 'another encrypted token', of: ['iron-webcrypto', 'paseto-ts'] },
  { ...direct, kind: 'to ask the issuer, on the same machine', of: ['introspection'], isFirst: true },
  { ...direct, kind: 'the least that can be done', of: ['floor'] },
  {
    group: 'open, Node',
    ours: 'nested, under a leaf',
    what: '`nested` under a leaf, opened in Node',
    kind: 'another library',
    of: ['jose'],
  },
  {
    group: 'open, Node',
    ours: 'nested, to a P-256 key',
    what: '`nested` to a P-256 key, opened in Node',
    kind: 'another library',
    of: ['jose'],
  },
  {
    group: 'open, workerd',
    ours: 'direct',
    what: '`direct`, opened in workerd',
    kind: 'another library',
    of: ['jose'],
  },
  {
    group: 'open, workerd',
    ours: 'direct',
    what: '`direct`, opened in workerd',
    kind: 'the least that can be done',
    of: ['floor'],
  },
  {
    group: 'middleware',
    ours: 'Hono',
    what: 'the middleware of Hono',
    kind: 'a JWT that is signed',
    of: ['hono/jwt', 'jose'],
  },
  {
    group: 'middleware',
    ours: 'Express',
    what: '… of Express',
    kind: 'a JWT that is signed',
    of: ['express-oauth2-jwt-bearer', 'jose'],
  },
  {
    group: 'middleware',
    ours: 'Fastify',
    what: '… of Fastify',
    kind: 'a JWT that is signed',
    of: ['@fastify/jwt', 'jose'],
  },
  {
    ...inNode,
    kind: 'a provider of the same runtime',
    of: ['oidc-provider'],
    isFirst: true,
  },
  { ...inNode, kind: 'the least that can be done', of: ['floor'] },
  { ...inWorkerd, kind: 'the least that can be done', of: ['floor'] },
  {
    group: 'mint, workerd',
    ours: 'code exchange through the guard',
    what: 'code exchange, in workerd',
    kind: 'the least that can be done',
    of: ['floor'],
  },
  {
    group: 'mint, workerd',
    ours: 'refresh of a public client, rotating',
    what: 'refresh, rotating, in workerd',
    kind: 'the least that can be done',
    of: ['floor'],
  },
  {
    group: 'mint, workerd',
    ours: 'refresh',
    what: 'refresh, in workerd',
    kind: 'another provider of the same runtime',
    of: ['workers-oauth-provider'],
  },
]

function bestOf(rows: readonly Row[], { group, ours, of }: Quote): Row & { readonly ratio: number } {
  const found = rows.filter((row) => row.group === group && row.ours === ours)
  const [best] = found
    .filter(({ beside }) => of.some((start) => beside.startsWith(start)))
    .flatMap((row) => (row.ratio === undefined ? [] : [{ ...row, ratio: row.ratio }]))
    .toSorted((a, b) => a.ratio - b.ratio)
  if (best === undefined) throw new RangeError(`no row of "${group}" has ${ours} beside ${of.join(', ')}`)
  return best
}

/** Writes the table of a page. */
function writeQuotes({ rows, machine, date, versions }: Kept, isShort: boolean): string {
  // A run from before there was a group of rows says nothing of it.
  const measured = new Set(rows.map(({ group }) => group))
  const quoted = QUOTES.filter(({ isFirst, group }) => (!isShort || isFirst === true) && measured.has(group))
  const lines = quoted.map((quote) => {
    const { beside, ratio } = bestOf(rows, quote)
    return `| ${quote.what} | ${quote.kind}: ${beside.replace(/^floor: /, '')} | ${writeRatio(ratio)} |`
  })
  const on = `One run of ${date}, on ${machine}, with Node ${versions['node']} and workerd ${versions['workerd']}:`
  return [on, '', '| one token | beside the best of its kind | takes |', '| --- | --- | --- |', ...lines].join('\n')
}

/** Returns a page with the figures of this run between its two marks; `bench: short` has the first alone. */
export function withQuotes(page: string, kept: Kept): string {
  return page.replace(
    /(<!-- bench: (short|all) -->\n)[\s\S]*?(\n<!-- bench: end -->)/g,
    (_, begin: string, which: string, end: string) => `${begin}${writeQuotes(kept, which === 'short')}${end}`,
  )
}

/** Keeps a run: in place of the one before, in the chart, and on the pages. */
export function keep(kept: Kept): void {
  const rows = kept.rows.map((row) => (row.ratio === undefined ? row : { ...row, ratio: +row.ratio.toPrecision(4) }))
  const rounded = { ...kept, seconds: Math.round(kept.seconds), rows }
  writeFileSync(KEPT, `${JSON.stringify(rounded, null, 2)}\n`)
  writeFileSync(CHART, drawChart(rows))
  for (const page of QUOTING) writeFileSync(page, withQuotes(readFileSync(page, 'utf8'), rounded))
}
