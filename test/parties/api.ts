/**
 * An API: its verifier, and tokens that are for it.
 *
 * @module
 */

import { createKeyring, exportKeys, writeKeys } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import type { Confirmation } from '../../src/token/entitlement.ts'
import { createVerifier, type ResourceRequest, type Verifier } from '../../src/verifier/index.ts'
import { API, ENTITLEMENT, ISSUER, NOW, testRing } from '../ring.ts'

const ring = testRing(NOW)
const keys = writeKeys(exportKeys(ring, { issuer: ISSUER, resource: API, now: NOW }))

/** What the API's verifier is made from. */
export const options = { issuer: ISSUER, resource: API, keys, now: (): number => NOW, onProblem: (): void => {} }

/** The API's verifier. */
export const verifier = createVerifier(options)

/** Returns the API's verifier as another one, with all that it is shown, and the nonce that it tells whoever is let in. */
export function watchedVerifier(nonce?: string): { verifier: Verifier; shown: ResourceRequest[] } {
  const shown: ResourceRequest[] = []
  const watched: Verifier = {
    async verify(request, demand) {
      shown.push(request as ResourceRequest)
      const verification = await verifier.verify(request, demand)
      return verification.ok && nonce !== undefined ? { ...verification, nonce } : verification
    },
  }
  return { verifier: watched, shown }
}

/** A verifier that breaks its word, and throws. */
export const brokenVerifier: Verifier = {
  async verify() {
    throw new Error('the verifier is broken')
  },
}

/** Seals a token for the API, bound to a key or certificate if one is named. */
export function seal(cnf?: Confirmation): Promise<string> {
  const entitlement = { ...ENTITLEMENT, ...(cnf === undefined ? {} : { cnf }) }
  return sealDirect(entitlement, ISSUER, createKeyring(ring, ISSUER).leavesFor('access', API, 'A256GCM', 600), NOW)
}
