/**
 * The list of grant types. To add one is a file and a line.
 *
 * @module
 */

import { authorizationCode } from './authorization_code.ts'
import { clientCredentials } from './client_credentials.ts'
import type { Grant } from './grant.ts'
import { refreshToken } from './refresh_token.ts'

/** All grant types by their `grant_type`. */
export const grants: ReadonlyMap<string, Grant> = new Map(
  [authorizationCode, refreshToken, clientCredentials].map((grant) => [grant.type, grant]),
)
