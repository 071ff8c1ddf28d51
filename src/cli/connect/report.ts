/**
 * What the walk came to, as it is printed. Much of it was written by strangers: what nobody can see is written out.
 *
 * @module
 */

import { makeVisible } from '../../protocol/visible.ts'
import type { Fault } from './rules/finding.ts'
import type { Report, StepReport } from './walk.ts'

const SIGNS = { ok: '✓', warning: '!', break: '✗', not_tried: '-' } as const

/** Whose fault it is. */
const WHOSE: Readonly<Record<Fault, string>> = {
  api: "the API's",
  issuer: "the issuer's",
  client_policy: 'what the issuer lets unknown clients do',
  network: "the network's",
}

function linesOf({ step, state, detail, findings }: StepReport): readonly string[] {
  return [
    `${SIGNS[state]} ${step.padEnd(9)}  ${detail}`.trimEnd(),
    ...findings.flatMap(({ severity, fault, what, mend }) => [
      `    ${severity}: ${what}`,
      `    fault: ${WHOSE[fault]}`,
      `    mend: ${mend}`,
    ]),
  ]
}

/** Returns the report a line a step, and what is wrong below each. */
export function writeReport({ steps }: Report): readonly string[] {
  return steps.flatMap(linesOf).map(makeVisible)
}

/** Returns the report in one sentence. */
export function summarize({ ok, url, steps }: Report): string {
  const broken = steps.find(({ state }) => state === 'break')
  const fault = broken?.findings.find(({ severity }) => severity === 'break')?.fault
  const warnings = steps.flatMap(({ findings }) => findings.filter(({ severity }) => severity === 'warning')).length
  const count = warnings === 0 ? '' : `; ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`
  const words = ok
    ? `an MCP client gets on at ${url}, as far as can be seen without a person${count}`
    : `an MCP client does not get on at ${url}: it stops at "${broken?.step}", and the fault is ${fault === undefined ? 'unknown' : WHOSE[fault]}${count}`
  return makeVisible(words)
}

/** Returns the report for machines: texts of strangers in it are visible, too. */
export function writeJson(report: Report): string {
  const visible = (_: string, value: unknown): unknown => (typeof value === 'string' ? makeVisible(value) : value)
  return JSON.stringify(report, visible, 2)
}
