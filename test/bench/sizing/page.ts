/**
 * What sizing has measured, as the tables of docs/scale/sizing.md.
 *
 * @module
 */

import { writeRatio } from '../report.ts'
import type { Waited } from './arrivals.ts'
import type { Calls } from './guard_calls.ts'
import type { Length } from './lengths.ts'
import type { Held, Memory, MemoryOptions } from './memory.ts'
import type { OpeningRate } from './opening.ts'
import type { Rate } from './rates.ts'

/**
 * Keycloak's guide for sizing: what one vCPU takes a second, and the writes to the disk of its database for each login, logout or refresh.
 * https://www.keycloak.org/high-availability/single-cluster/concepts-memory-and-cpu-sizing
 */
const KEYCLOAK = {
  credentials: 120,
  refresh: 120,
  diskWrites: 14,
  megabytes: 1250,
} as const

/** An issuer, and what it did. */
export interface Sized {
  readonly name: string
  readonly rates: readonly Rate[]
}

/** How long a crowd waited. */
export interface Crowded {
  readonly issuer: string
  readonly work: string
  /** Requests a second. */
  readonly rate: number
  /** What part that is of what the issuer answered a second. */
  readonly part: number
  readonly waited: ReadonlyMap<number, Waited>
}

/** All that was measured. */
export interface Sizes {
  readonly title: string
  readonly machine: string
  readonly seconds: number
  readonly issuers: readonly Sized[]
  readonly openings: readonly OpeningRate[]
  readonly calls: readonly Calls[]
  readonly crowds: readonly Crowded[]
  readonly memory: Memory & MemoryOptions
  readonly lengths: readonly Length[]
  /** Seconds of CPU for a handshake by TLS. */
  readonly handshake: number
}

const whole = (value: number): string => Math.round(value).toLocaleString('en-US')
/** Three figures: no measurement has more. */
const rough = (value: number): string => whole(Number(value.toPrecision(3)))
const few = (value: number): string => (value < 0.05 ? '0' : value < 10 ? value.toFixed(1) : whole(value))
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`

/** Writes a table. */
function tableOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}

/** Writes one figure of each kind of work, an issuer a column. */
function worksTable(
  first: string,
  issuers: readonly Sized[],
  figure: (rate: Rate) => string | undefined,
  after: readonly (readonly string[])[] = [],
): string {
  const works = issuers[0]?.rates.map(({ work }) => work) ?? []
  const cell = ({ rates }: Sized, work: string): string => {
    const rate = rates.find((one) => one.work === work)
    return (rate && figure(rate)) ?? '-'
  }
  const rows = works.map((work) => [work, ...issuers.map((issuer) => cell(issuer, work))])
  return tableOf([first, ...issuers.map(({ name }) => name)], [...rows, ...after])
}

function rateIn(issuers: readonly Sized[], issuer: string, work: string): Rate | undefined {
  return issuers.find(({ name }) => name.includes(issuer))?.rates.find((rate) => rate.work.startsWith(work))
}

/** Sets our lowest figures beside Keycloak's: by the guard that leaves the most to do. */
function besideKeycloak({ issuers, handshake, memory }: Sizes): string {
  const lowest = (work: string): number =>
    Math.min(...issuers.map(({ name }) => rateIn(issuers, name, work)?.perCpuSecond ?? Number.POSITIVE_INFINITY))
  const credentials = lowest('client credentials, `direct`')
  const row = (what: string, theirs: number, ours: number | undefined): readonly string[] => [
    what,
    whole(theirs),
    ...(ours === undefined ? ['-', '-'] : [ours < 10 ? few(ours) : rough(ours), `${writeRatio(ours / theirs)}`]),
  ]
  const writes = rateIn(issuers, 'PostgreSQL', 'refresh that rotates')?.diskWrites
  return tableOf(
    ['', 'Keycloak', 'Bulla', ''],
    [
      row('client credentials a second and vCPU', KEYCLOAK.credentials, credentials),
      row('the same, a new TLS connection each', KEYCLOAK.credentials, 1 / (1 / credentials + handshake)),
      row('refreshes by a client with a secret, a second and vCPU', KEYCLOAK.refresh, lowest('refresh, by')),
      row('refreshes that rotate, a second and vCPU', KEYCLOAK.refresh, lowest('refresh that rotates')),
      row('writes to PostgreSQL’s disk for a refresh', KEYCLOAK.diskWrites, writes),
      row('MB of memory at rest', KEYCLOAK.megabytes, memory.rest.rss / 1e6),
    ],
  )
}

function callsTable(calls: readonly Calls[]): string {
  const rows = calls.map(({ work, guard, statements, commands }) => [
    work,
    String(guard),
    String(statements),
    commands === undefined ? '-' : String(commands),
  ])
  return tableOf(['each', 'calls to the guard', 'statements of SQL', 'commands of Redis'], rows)
}

function crowdsTable(crowds: readonly Crowded[]): string {
  const connections = [...(crowds[0]?.waited.keys() ?? [])]
  const rows = crowds.map(({ issuer, work, rate, part, waited }) => [
    `${issuer}: ${work}`,
    `${rough(rate)} (${Math.round(part * 100)} %)`,
    ...connections.map((count) => {
      const { p50 = Number.NaN, p95 = Number.NaN, p99 = Number.NaN } = waited.get(count) ?? {}
      return [p50, p95, p99].map((value) => value.toFixed(1)).join(' / ')
    }),
  ])
  return tableOf(
    ['p50 / p95 / p99, ms', 'a second', ...connections.map((count) => `${whole(count)} connections`)],
    rows,
  )
}

function memoryTable({ rest, afterFew, afterMany, withClients, ...of }: Memory & MemoryOptions): string {
  const row = (what: string, held: Held): readonly string[] => [what, megabytes(held.rss), megabytes(held.heapUsed)]
  return tableOf(
    ['one process of `bulla serve`', 'resident', 'of it alive on the heap'],
    [
      row('at rest', rest),
      row(`after ${whole(of.few)} tokens`, afterFew),
      row(`after ${whole(of.many)} tokens`, afterMany),
      row(`with ${whole(of.clients)} clients more, after ${whole(of.few)} tokens`, withClients),
      [
        `after ${whole(of.many)}, of what it was after ${whole(of.few)}`,
        ...[afterMany.rss / afterFew.rss, afterMany.heapUsed / afterFew.heapUsed].map(
          (ratio) => `${ratio.toFixed(2)} ×`,
        ),
      ],
    ],
  )
}

function lengthsTable(lengths: readonly Length[]): string {
  const rows = lengths.map(({ token, characters, lasts }) => [token, whole(characters), lasts ? 'yes' : 'no'])
  return tableOf(['token', 'characters', 'lasts against quantum computers'], rows)
}

/** Writes the section of a release. */
export function writeSizes(sizes: Sizes): string {
  const { title, machine, seconds, issuers, openings, calls, crowds, memory, lengths } = sizes
  const opened = openings.map(({ token, perCpuSecond }) => [token, rough(perCpuSecond)])
  return [
    `## ${title}`,
    `${machine}. Measured in ${Math.round(seconds)} s.`,
    worksTable('a second and vCPU', issuers, ({ perCpuSecond }) => rough(perCpuSecond)),
    worksTable('a second, one process', issuers, ({ perSecond }) => rough(perSecond)),
    tableOf(['opened by a verifier in Node', 'a second and vCPU'], opened),
    besideKeycloak(sizes),
    callsTable(calls),
    worksTable(
      'guard’s CPU, µs; writes to its disk',
      issuers.filter(({ name }) => name.startsWith('Node')),
      ({ guardMicroseconds: time, diskWrites: writes }) =>
        `${time === undefined ? 'in the process' : few(time)}; ${writes === undefined ? '-' : few(writes)}`,
    ),
    crowdsTable(crowds),
    memoryTable(memory),
    lengthsTable(lengths),
  ].join('\n\n')
}
