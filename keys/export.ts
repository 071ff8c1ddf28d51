/**
 * What a resource server holds: its branches, as `bulla keys export` prints them; or its leaves of some periods as a
 * plain JWK Set (RFC 7517), which any JOSE library can use.
 *
 * @module
 */

import { encodeBase64url } from './base64url.ts'
import { checkChoice, checkFewMembers, checkInteger, checkMembers, checkText } from './check.ts'
import { CONTENT_ENCRYPTION_BYTES, type ContentEncryption, HIGHEST_BRANCH, periodAt } from './derive.ts'
import { checkIssuer, checkResource } from './identifier.ts'
import { branchesOf, createLeaves } from './leaves.ts'
import type { Branch, Leaf } from './opening_leaves.ts'
import { KID, type Ring, stateOf } from './ring.ts'
import { checkDates, readKey } from './ring_text.ts'

/** The branches of one resource. Who holds them can open, and forge, this resource's tokens and no others. */
export interface ResourceKeys {
  readonly v: 1
  readonly issuer: string
  readonly resource: string
  readonly enc: ContentEncryption
  /** Seconds that one leaf seals for. */
  readonly period: number
  /** Seconds by which any two clocks may differ. */
  readonly skew: number
  readonly branches: readonly Branch[]
}

/** For whom the keys are. */
export interface ExportOptions {
  readonly issuer: string
  /** The resource's URI. */
  readonly resource: string
  /** The resource's content encryption. Default `A256GCM`. */
  readonly enc?: ContentEncryption
  /** The number of the resource's branch, `branch` in its settings; the export has no other. Default 1. */
  readonly branch?: number
  /** Unix seconds. */
  readonly now: number
}

/** A symmetric key as a JWK (RFC 7518 §6.4), with the instants between which it seals. */
export interface LeafJwk {
  readonly kty: 'oct'
  readonly use: 'enc'
  readonly alg: 'dir'
  readonly enc: ContentEncryption
  readonly kid: string
  readonly k: string
  readonly nbf: number
  readonly exp: number
}

const EXPORT_OPTIONS: Readonly<Record<keyof ExportOptions, true>> = {
  issuer: true,
  resource: true,
  enc: true,
  branch: true,
  now: true,
}

/**
 * Returns the branches of a resource, of all roots that are published, not retired and not revoked.
 *
 * @throws {TypeError | RangeError} when no issuer, or no resource, can be called so, or an option is unknown
 * @example
 * import { exportKeys, type Ring, writeKeys } from 'bulla/keys'
 *
 * export function keysFor(ring: Ring, resource: string): string {
 *   const now = Math.floor(Date.now() / 1000)
 *   return writeKeys(exportKeys(ring, { issuer: 'https://auth.example.com', resource, now }))
 * }
 */
export function exportKeys(ring: Ring, options: ExportOptions): ResourceKeys {
  checkMembers('exportKeys', options as unknown, Object.keys(EXPORT_OPTIONS))
  const { issuer, resource, enc = 'A256GCM', branch = 1, now } = options
  checkIssuer('issuer', issuer)
  checkResource('resource', resource)
  checkChoice('enc', enc, Object.keys(CONTENT_ENCRYPTION_BYTES) as ContentEncryption[])
  checkInteger('branch', branch, 1, HIGHEST_BRANCH)
  const { period, skew } = ring
  const roots = ring.roots.filter((root) =>
    ['staged', 'primary', 'retiring'].includes(stateOf(root, ring.revoked, now)),
  )
  return {
    v: 1,
    issuer,
    resource,
    enc,
    period,
    skew,
    branches: branchesOf({ ...ring, roots }, issuer, 'access', resource, branch),
  }
}

/**
 * Returns the keys as one line of JSON, the form that `createVerifier` takes.
 *
 * @see {@link exportKeys}
 */
export function writeKeys(keys: ResourceKeys): string {
  const { v, issuer, resource, enc, period, skew } = keys
  const branches = keys.branches.map(({ kid, branch, k, pub, use, end, del }) => ({
    kid,
    // JSON leaves out what is not there: the first branch is written as it was before there were others.
    branch,
    k: encodeBase64url(k()),
    pub,
    use,
    end,
    del,
  }))
  return JSON.stringify({ v, issuer, resource, enc, period, skew, branches })
}

function readBranch(name: string, value: unknown): Branch {
  checkFewMembers(name, value, ['kid', 'branch', 'k', 'pub', 'use', 'end', 'del'])
  const { kid, branch, k, pub, use, end, del } = value
  checkText(`${name}.kid`, kid, KID, '1 to 16 characters of [A-Za-z0-9_-]')
  if (branch !== undefined) checkInteger(`${name}.branch`, branch, 2, HIGHEST_BRANCH)
  const dates = { pub, use, end, del }
  checkDates(name, dates)
  const key = readKey(`${name}.k`, k)
  return { kid, ...(branch === undefined ? {} : { branch }), k: () => key, ...dates }
}

/**
 * Reads what `bulla keys export` printed.
 *
 * @throws {TypeError} when it is not of that shape
 * @throws {RangeError} when a value in it is out of bounds
 * @see {@link exportJwks}
 */
export function readKeys(text: string): ResourceKeys {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new TypeError('"keys" expected the JSON that `bulla keys export` prints')
  }
  checkFewMembers('keys', json, ['v', 'issuer', 'resource', 'enc', 'period', 'skew', 'branches'])
  const { v, issuer, resource, enc, period, skew, branches } = json
  if (v !== 1) throw new RangeError('"keys.v" expected 1')
  checkIssuer('keys.issuer', issuer)
  checkResource('keys.resource', resource)
  checkChoice('keys.enc', enc, Object.keys(CONTENT_ENCRYPTION_BYTES) as ContentEncryption[])
  checkInteger('keys.period', period, 60)
  checkInteger('keys.skew', skew, 0)
  if (!Array.isArray(branches)) throw new TypeError('"keys.branches" expected a list')
  const read = branches.map((branch, index) => readBranch(`keys.branches[${index}]`, branch))
  if (new Set(read.map(({ kid, branch }) => `${kid} ${branch}`)).size !== read.length)
    throw new RangeError('"keys.branches" expected each branch of a kid once')
  return { v, issuer, resource, enc, period, skew, branches: read }
}

/**
 * Returns a leaf as a JWK.
 *
 * @example
 * import { type Leaf, type LeafJwk, writeJwk } from 'bulla/keys'
 *
 * export const jwksOf = (leaves: readonly Leaf[]): { keys: readonly LeafJwk[] } => ({ keys: leaves.map(writeJwk) })
 */
export function writeJwk({ kid, enc, key, nbf, exp }: Leaf): LeafJwk {
  return { kty: 'oct', use: 'enc', alg: 'dir', enc, kid, k: encodeBase64url(key), nbf, exp }
}

/**
 * Returns a resource's leaves as a JWK Set (RFC 7517 §5).
 *
 * @param periods how many periods' leaves: the current one; from two on also the previous one; then the next ones
 * @example
 * import { readFileSync } from 'node:fs'
 * import { exportJwks, readKeys } from 'bulla/keys'
 *
 * const keys = readKeys(readFileSync('keys.json', 'utf8'))
 * const jwks = exportJwks(keys, Math.floor(Date.now() / 1000), 3) // the previous period, this one and the next
 */
export function exportJwks(keys: ResourceKeys, now: number, periods: number): { readonly keys: readonly LeafJwk[] } {
  const { branches, enc, period, skew } = keys
  const first = periodAt(now, period) - (periods > 1 ? 1 : 0)
  return { keys: createLeaves({ branches, enc, period, skew, longestLife: 0 }).within(first, periods).map(writeJwk) }
}
