/**
 * Settings that come sealed, beside those of the deploy: what they need, and what they may change of these.
 *
 * @module
 */

import { checkMethods } from '../../keys/check.ts'
import { readEach } from '../../keys/faults.ts'
import { isRaising } from '../stores/guard.ts'
import type { EntryTable, SealedFacts } from '../token/sealed_settings.ts'
import type { IssuerSettings } from './issuer_settings.ts'

/**
 * Checks that there is what sealed settings need: without a memory of the highest number an old one could be put back.
 *
 * @throws {TypeError} when it is not
 */
export function checkBundle({ settingsBundle: bundle, guard }: Pick<IssuerSettings, 'settingsBundle' | 'guard'>): void {
  if (bundle === undefined) return
  if (typeof bundle !== 'function') checkMethods('settingsBundle', bundle, ['read'], 'a function, or an object')
  if (guard === undefined || guard === 'none' || !isRaising(guard))
    throw new TypeError('"guard" expected a guard with raise: without it old "settingsBundle" could be put back')
}

/** What a bundle calls the tables, and what the settings call them. */
const TABLES = {
  resources: 'resources',
  clients: 'clients',
  trusted_issuers: 'trustedIssuers',
  details: 'authorizationDetailsTypes',
} as const satisfies Readonly<Record<Exclude<keyof SealedFacts, 'seq' | 'issued_at'>, keyof IssuerSettings>>

/** Returns a table with some of its entries replaced, each as a whole; what is `null` is taken away. */
function merge(base: EntryTable = {}, given: EntryTable): EntryTable {
  return Object.fromEntries(Object.entries({ ...base, ...given }).filter(([, entry]) => entry !== null))
}

/** Refuses what would let a client out of the profile that the deploy holds it to. */
function checkProfiles(clients: EntryTable = {}, given: EntryTable): void {
  readEach(Object.keys(given), (id) => {
    const [before, after] = [clients, given].map((table) => (Object.hasOwn(table, id) ? Object(table[id]) : {}))
    if (given[id] !== null && before.profile === 'fapi2' && after.profile !== 'fapi2')
      throw new RangeError(`"clients["${id}"].profile" expected "fapi2": what comes sealed lets no client out of it`)
  })
}

/**
 * Returns the settings with what came sealed. Whether they are good `createIssuer` tells.
 *
 * @throws {RangeError} when a client would leave the profile `fapi2`
 */
export function withBundle(settings: IssuerSettings, facts: SealedFacts): IssuerSettings {
  checkProfiles(settings.clients as EntryTable, facts.clients)
  const tables = Object.entries(TABLES).map(([name, setting]) => [
    setting,
    merge(settings[setting] as EntryTable | undefined, facts[name as keyof typeof TABLES]),
  ])
  return { ...settings, ...Object.fromEntries(tables) }
}
