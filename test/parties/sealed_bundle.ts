/**
 * Sealed settings as an operator makes them, in a place that every process reads.
 *
 * @module
 */

import { createKeyring } from '../../keys/index.ts'
import { type SealedFacts, sealSettings } from '../../src/token/sealed_settings.ts'
import { API, ISSUER, NOW, secretHash, testRing } from '../fixtures.ts'

/** What a bundle says, unless it is said otherwise: nothing. */
const NOTHING: SealedFacts = {
  seq: 1,
  issued_at: NOW,
  resources: {},
  clients: {},
  trusted_issuers: {},
  details: {},
}

/** Seals settings under the ring of the tests. */
export function sealBundle(
  facts: Partial<SealedFacts>,
  issuer: string = ISSUER,
  ring = testRing(NOW),
): Promise<string> {
  return sealSettings({ ...NOTHING, ...facts }, createKeyring(ring, issuer), NOW)
}

/** A client that only a bundle knows. */
export const NEWCOMER = {
  secret_hash: secretHash('newcomer-secret'),
  grant_types: ['client_credentials'],
  resources: [API],
  scopes: ['read'],
} as const
