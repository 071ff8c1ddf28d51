/**
 * The list of grant types. To add one is a file and a line.
 *
 * @module
 */

import { clientCredentials } from './client_credentials.ts'
import type { Grant } from './grant.ts'

/** All grant types by their `grant_type`. */
export const grants: ReadonlyMap<string, Grant> = new Map([clientCredentials].map((grant) => [grant.type, grant]))
