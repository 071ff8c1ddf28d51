/**
 * Settings that travel sealed: whoever has the ring can make them, nobody else can, or can read them where they lie.
 *
 * They hang on their root alone, and not on a clock: they open as long as that is in the ring.
 *
 * @module
 */

import { isMembers } from '../../keys/check.ts'
import { type Keyring, type Leaves, readLeafKid } from '../../keys/index.ts'
import { TokenError } from '../jose/error.ts'
import { openEnvelope, sealEnvelope } from './envelope.ts'

/** Characters that sealed settings may have: 1 MB. */
export const LONGEST_SETTINGS = 1_048_576

const TYP = 'settings+jwe'

/** Seconds that no root lives as long as: what is sealed opens until its root goes. */
const FOR_GOOD = Number.MAX_SAFE_INTEGER

/** A table of settings: entries by their name, each of them whole. `null` takes away what stands below it. */
export type EntryTable = Readonly<Record<string, unknown>>

/** What sealed settings carry. */
export interface SealedFacts {
  /** Which ones they are: a later one has a higher number. From 1. */
  readonly seq: number
  /** Unix seconds. */
  readonly issued_at: number
  readonly resources: EntryTable
  readonly clients: EntryTable
  readonly trusted_issuers: EntryTable
  /** The types of authorization details. */
  readonly details: EntryTable
}

/** The tables that sealed settings have. */
const SEALED_TABLES = ['resources', 'clients', 'trusted_issuers', 'details'] as const

function leavesOf(keyring: Keyring): Leaves {
  return keyring.leavesFor('settings', '', 'A256GCM', FOR_GOOD)
}

/**
 * Seals settings.
 *
 * @param now Unix seconds
 * @throws {TokenError} `sealing` when no root is primary; `size` when they are longer than 1 MB
 */
export async function sealSettings(facts: SealedFacts, keyring: Keyring, now: number): Promise<string> {
  const leaf = leavesOf(keyring).sealing(now)
  if (leaf === undefined) throw new TokenError('sealing')
  return sealEnvelope({ ...facts }, TYP, leaf, undefined, LONGEST_SETTINGS)
}

function isTable(value: unknown): value is EntryTable {
  return isMembers(value)
}

/** Settings that were sealed. */
export interface OpenedSettings {
  readonly facts: SealedFacts
  /** The kid of the root by which they were sealed. */
  readonly root: string
}

/**
 * Opens sealed settings. What the entries say is the caller's to check.
 *
 * @param now Unix seconds
 * @throws {TokenError} when they are not of this issuer and ring, or are something else; `early` when they are of the future
 */
export async function openSettings(sealed: string, keyring: Keyring, now: number): Promise<OpenedSettings> {
  const { facts, kid } = await openEnvelope(sealed, TYP, leavesOf(keyring), now, LONGEST_SETTINGS)
  const { seq, issued_at: issuedAt, ...tables } = facts
  if (!Number.isSafeInteger(seq) || (seq as number) < 1 || !Number.isSafeInteger(issuedAt))
    throw new TokenError('claims')
  const isWhole = SEALED_TABLES.every((name) => isTable(tables[name]))
  if (!isWhole || Object.keys(tables).length !== SEALED_TABLES.length) throw new TokenError('claims')
  if ((issuedAt as number) > now + keyring.skew) throw new TokenError('early')
  return { facts: facts as unknown as SealedFacts, root: readLeafKid(kid)?.root ?? kid }
}
