/**
 * An API: its verifier, and tokens that are for it.
 *
 * @module
 */

import { createKeyring, exportKeys, writeKeys } from '../../keys/index.ts'
import { sealDirect } from '../../src/token/direct.ts'
import { createVerifier } from '../../src/verifier/index.ts'
import { API, ISSUER, NOW, testRing } from '../ring.ts'

const ring = testRing(NOW)
const keys = writeKeys(exportKeys(ring, { issuer: ISSUER, resource: API, now: NOW }))

/** What the API's verifier is made from. */
export const options = { issuer: ISSUER, resource: API, keys, now: (): number => NOW, onProblem: (): void => {} }

/** The API's verifier. */
export const verifier = createVerifier(options)

/** Seals a token for the API, bound to a key if one is named. */
export function seal(cnf?: { readonly jkt: string }): Promise<string> {
  const entitlement = {
    sub: 'alice',
    client_id: 'app',
    aud: API,
    scope: ['read'],
    iat: NOW,
    exp: NOW + 600,
    jti: 'AAAAAAAAAAAAAAAAAAAAAA',
    ...(cnf === undefined ? {} : { cnf }),
    claims: {},
  }
  return sealDirect(entitlement, ISSUER, createKeyring(ring, ISSUER).leavesFor('access', API, 'A256GCM', 600), NOW)
}
