/**
 * The list of grant types. To add one is a file and a line.
 *
 * @module
 */

import { authorizationCode } from './authorization_code.ts'
import { clientCredentials } from './client_credentials.ts'
import type { Grant } from './grant.ts'
import { jwtBearer } from './jwt_bearer.ts'
import { refreshToken } from './refresh_token.ts'
import { tokenExchange } from './token_exchange.ts'

/** All grant types by their `grant_type`. */
export const grants: ReadonlyMap<string, Grant> = new Map(
  [authorizationCode, refreshToken, clientCredentials, jwtBearer, tokenExchange].map((grant) => [grant.type, grant]),
)
