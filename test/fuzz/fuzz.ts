/**
 * Fuzzing: requests by the grammar of each endpoint against an issuer in this process, mutated tokens against verifiers.
 *
 * @module
 */

import fc from 'fast-check'
import type { LogEntry } from '../../src/index.ts'
import { canariesOf, faultOf } from './answers.ts'
import { type Artefacts, freshIssuer, makeArtefacts } from './artefacts.ts'
import { type FuzzRequest, requests, toRequest } from './requests.ts'
import { changes, makeTargets, SHAPES, show, type Target } from './tokens.ts'

/** How much is tried. */
export interface Bounds {
  /** Requests at an issuer, and about as many tokens at verifiers. */
  readonly requests: number
  /** From which everything random comes. */
  readonly seed: number
  /** Hears how many are done. Default: nobody does. */
  readonly onProgress?: (done: number) => void
}

/** What was tried, and what was found first, made as short as can be. */
export interface Findings {
  readonly requests: number
  readonly tokens: number
  /** How many answers had each status. */
  readonly statuses: ReadonlyMap<number, number>
  readonly finding: string | undefined
}

/** Requests that one issuer gets, one after another, with one memory. */
const MOST_IN_A_ROW = 10

/** Asks one issuer a row of requests; returns the first fault. */
async function askInARow(
  row: readonly FuzzRequest[],
  canaries: readonly string[],
  count: (status: number) => void,
): Promise<string | undefined> {
  let lines: LogEntry[] = []
  const issuer = freshIssuer({ log: (entry) => lines.push(entry) })
  for (const asked of row) {
    const request = toRequest(asked)
    if (request === undefined) continue
    lines = []
    const response = await issuer.fetch(request)
    count(response.status)
    const text = await response.text()
    const fault = faultOf(
      { path: new URL(request.url).pathname, method: asked.method, response, text, lines },
      canaries,
    )
    if (fault !== undefined) return `${fault}: ${asked.method} ${asked.path}`
  }
  return undefined
}

/** Rows that are tried before it is looked whether there were enough requests. */
const ROWS_AT_ONCE = 100

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

async function fuzzIssuer(
  artefacts: Artefacts,
  bounds: Bounds,
  count: (status: number) => void,
): Promise<string | undefined> {
  const canaries = canariesOf(artefacts)
  const rows = fc.array(requests(artefacts), { minLength: 1, maxLength: MOST_IN_A_ROW, size: 'max' })
  let done = 0
  const property = fc.asyncProperty(rows, async (row) => {
    done += row.length
    const fault = await askInARow(row, canaries, count)
    if (fault !== undefined) throw new Error(fault)
  })
  for (let turn = 0; done < bounds.requests; turn++) {
    // Seeds that are near each other must not share turns.
    const seed = Math.imul(bounds.seed, 0x9e3779b1) ^ turn
    const details = await fc.check(property, { seed, numRuns: ROWS_AT_ONCE })
    if (details.failed) return `${messageOf(details.errorInstance)}\n${fc.defaultReportMessage(details)}`
    bounds.onProgress?.(done)
  }
  return undefined
}

async function fuzzTokens(targets: readonly Target[], { requests, seed }: Bounds): Promise<string | undefined> {
  const property = fc.asyncProperty(
    fc.constantFrom(...targets),
    changes,
    fc.constantFrom(...SHAPES),
    async ({ verifier, token, name }, steps, shape) => {
      const other = targets.find((target) => target.name !== name)?.token ?? ''
      const mutated = steps.reduce((text, step) => step(text, other), token)
      const verification = await show(verifier, mutated, shape)
      if (verification.ok && mutated !== token) throw new Error('a token that nobody made is taken')
      if (!verification.ok && ![400, 401].includes(verification.response.status))
        throw new Error(`status ${verification.response.status}`)
    },
  )
  const details = await fc.check(property, { seed, numRuns: requests })
  return details.failed ? `${messageOf(details.errorInstance)}\n${fc.defaultReportMessage(details)}` : undefined
}

/** Tries as much as is allowed, and stops at the first fault. */
export async function fuzz(bounds: Bounds): Promise<Findings> {
  const statuses = new Map<number, number>()
  const count = (status: number): void => void statuses.set(status, (statuses.get(status) ?? 0) + 1)
  const atIssuer = await fuzzIssuer(await makeArtefacts(), bounds, count)
  const finding = atIssuer ?? (await fuzzTokens(await makeTargets(), bounds))
  const asked = [...statuses.values()].reduce((sum, some) => sum + some, 0)
  return { requests: asked, tokens: bounds.requests, statuses, finding }
}
