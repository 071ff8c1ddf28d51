/**
 * One issuer for all tests.
 *
 * @module
 */

import { createIssuer, type Issuer, type IssuerSettings } from '../src/index.ts'
import { testSettings } from './house.ts'

export {
  API,
  API2,
  basic,
  ENTITLEMENT,
  ISSUER,
  LOGIN_KEY,
  LOGIN_PAGE,
  NOW,
  named,
  openEntitlement,
  PARTNER,
  PARTNER_KEY,
  SECRETS,
  SIGNED,
  secretHash,
  type TokenAnswer,
  type TokenRequestChanges,
  testKey,
  testRing,
  testSettings,
  tokenRequest,
  VARS,
} from './house.ts'

/** Returns an issuer at `NOW` that logs nowhere. */
export function testIssuer(changes: Partial<IssuerSettings> = {}): Issuer {
  return createIssuer(testSettings(changes))
}
