/**
 * Whether an issuer of one's own is well: its parts, its keys, what is due, and its clock. For any scheduler, as the alert.
 *
 * @module
 */

import { isMembers, type Members } from '../../keys/check.ts'
import { makeVisible } from '../protocol/visible.ts'
import { askIssuer, type IssuerAnswer } from './ask_issuer.ts'
import { Refusal } from './command.ts'

/** Seconds by which its clock and ours may differ: half of what an issuer's own machines may. */
const CLOCKS_DIFFER = 30

/** Characters that are told of what an issuer calls a part. */
const LONGEST_NAME = 40

/** What was looked at: good, bad, or not known. */
export interface Check {
  readonly what: string
  readonly state: 'ok' | 'bad' | 'unknown'
  readonly detail: string
}

function check(what: string, isGood: boolean, good: string, bad: string): Check {
  return { what, state: isGood ? 'ok' : 'bad', detail: isGood ? good : bad }
}

/** Returns a word that an issuer says; what is none says nothing. */
function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined
}

function membersOf(value: unknown): Members | undefined {
  return isMembers(value) ? value : undefined
}

/** An answer, and by how many seconds the clock of whoever gave it is ahead of ours, if it says so. */
interface Timed extends IssuerAnswer {
  /** Returns by how much an instant is ahead of when the answer was under way. Unix seconds. */
  readonly ahead: (instant: number) => number
  readonly date: string | null
}

async function askTimed(url: string, init: RequestInit): Promise<Timed> {
  let date: string | null = null
  const began = Date.now() / 1000
  const answer = await askIssuer(url, init, async (...asked) => {
    const response = await globalThis.fetch(...asked)
    date = response.headers.get('date')
    return response
  })
  const ended = Date.now() / 1000
  // What is told in whole seconds was so within that second, and between question and answer.
  const ahead = (instant: number): number =>
    instant > ended ? instant - ended : instant + 1 < began ? instant + 1 - began : 0
  return { ...answer, ahead, date }
}

/** Looks at the clock by which tokens begin and end: as the header says it, and as the operator is told it. */
function checkClock({ ahead, date, body }: Timed): Check {
  const told = [date, body['time']].filter((text): text is string => typeof text === 'string')
  const instants = told.map((text) => Date.parse(text) / 1000).filter(Number.isFinite)
  if (instants.length === 0) return { what: 'clock', state: 'unknown', detail: 'it does not say what time it has' }
  const furthest = Math.max(...instants.map((instant) => Math.abs(ahead(instant))))
  return check(
    'clock',
    furthest <= CLOCKS_DIFFER,
    'agrees with ours',
    `differs from ours by ${Math.round(furthest)} seconds, and ${CLOCKS_DIFFER} are allowed: set both, or see whether one stands still`,
  )
}

function checkParts({ body, status }: Timed): readonly Check[] {
  const parts = membersOf(body['parts'])
  const health = check(
    'health',
    status === 200 && body['status'] === 'ok',
    'ok',
    wordOf(body['reason']) ?? `status ${status}`,
  )
  if (parts === undefined) {
    const detail = 'it does not tell how its stores are: it is no issuer of this version'
    return [health, { what: 'stores', state: 'bad', detail }]
  }
  const reason = wordOf(membersOf(membersOf(body['settings'])?.['refused'])?.['reason'])
  const why = reason === undefined ? '' : `: ${reason}`
  const ofSettings = new Map<unknown, string>([
    ['refused', `what lies there is refused${why}; what was good before goes on`],
    ['unavailable', `none were good since it began${why}; who they alone could know is answered by 503`],
  ])
  return [
    health,
    ...Object.entries(parts).map(([name, how]) =>
      check(name, how === 'ok', 'ok', (name === 'settings' && ofSettings.get(how)) || 'does not answer'),
    ),
  ]
}

/** What is due of keys and settings, and what is to be done then. */
const DUE: Readonly<Record<string, readonly [loss: string, mend: string]>> = {
  rotation: ['nothing can be sealed', '`bulla keys rotate`'],
  rsa: ['nothing can be signed by RS256', '`bulla keys rotate --rs256`'],
  settings: ['its root opens the sealed settings no more', '`bulla settings seal`, with a root of now'],
}

function checkDue(body: Members, isOperator: boolean): readonly Check[] {
  if (!isOperator)
    return [{ what: 'rotation', state: 'unknown', detail: 'told to an operator: --client and --secret-file' }]
  return Object.entries(DUE).flatMap(([what, [loss, mend]]) => {
    const { due: at, days_left: days, overdue } = membersOf(body[what]) ?? {}
    if (typeof overdue !== 'boolean') return what === 'rotation' ? [check(what, false, '', 'it does not say')] : []
    const [due, left] = [wordOf(at), `${wordOf(days)} days until ${loss}`]
    return [check(`${what} due`, !overdue, `${due}; ${left}`, `overdue since ${due}: ${mend}; ${left}`)]
  })
}

/** Looks at what everybody finds an issuer, and its keys, by. */
async function checkPublished(issuer: string): Promise<readonly Check[]> {
  const { origin, pathname } = new URL(issuer)
  const metadata = await askIssuer(`${origin}/.well-known/oauth-authorization-server${pathname.replace(/\/$/, '')}`)
  const { issuer: name, jwks_uri: at } = metadata.body
  const found = check(
    'metadata',
    metadata.status === 200 && name === issuer,
    'name it as it is asked',
    metadata.status === 200 ? 'name another issuer' : `status ${metadata.status}`,
  )
  if (typeof at !== 'string' || !at.startsWith(`${issuer}/`))
    return [found, { what: 'jwks', state: 'bad', detail: 'the metadata name no keys below the issuer' }]
  const { status, body } = await askIssuer(at)
  const keys = Array.isArray(body['keys']) ? body['keys'].length : 0
  return [
    found,
    check('jwks', status === 200 && keys > 0, `${keys} keys`, status === 200 ? 'no keys' : `status ${status}`),
  ]
}

/**
 * Looks whether an issuer is well. Its own words in what comes of it are visible.
 *
 * @param authorization proves an operator, who is told more. Default: a stranger asks
 * @throws {Refusal} when it does not answer, or does not believe the operator
 */
export async function examineIssuer(issuer: string, authorization?: string): Promise<readonly Check[]> {
  const health = await askTimed(
    `${issuer}/healthz?deep`,
    authorization === undefined ? {} : { headers: { authorization } },
  )
  const { error, error_description } = health.body
  if (authorization !== undefined && health.status < 500 && error !== undefined)
    throw new Refusal(makeVisible(`the issuer refuses: ${wordOf(error)} ${wordOf(error_description) ?? ''}`))
  const checks = [
    ...checkParts(health),
    ...checkDue(health.body, authorization !== undefined),
    checkClock(health),
    ...(await checkPublished(issuer)),
  ]
  return checks.map(({ what, state, detail }) => ({
    what: makeVisible(what).slice(0, LONGEST_NAME),
    state,
    detail: makeVisible(detail),
  }))
}

const SIGNS = { ok: '✓', bad: '✗', unknown: '-' } as const

/** Returns what was looked at, a line each. */
export function writeChecks(checks: readonly Check[]): readonly string[] {
  const width = Math.max(...checks.map(({ what }) => what.length))
  return checks.map(({ what, state, detail }) => `${SIGNS[state]} ${what.padEnd(width)}  ${detail}`)
}
