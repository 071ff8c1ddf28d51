/**
 * The list of grant types. To add one is a file and a line.
 *
 * @module
 */

import { checkText } from '../../keys/check.ts'
import type { Client } from '../registration/clients/client.ts'
import { authorizationCode } from './authorization_code.ts'
import { clientCredentials } from './client_credentials.ts'
import { deviceCode } from './device_code.ts'
import type { Grant } from './grant.ts'
import { jwtBearer } from './jwt_bearer.ts'
import { refreshToken } from './refresh_token.ts'
import { tokenExchange } from './token_exchange.ts'

/** The grant types that are built in, by their `grant_type`. */
const builtIn: ReadonlyMap<string, Grant> = new Map(
  [authorizationCode, refreshToken, clientCredentials, deviceCode, jwtBearer, tokenExchange].map((grant) => [
    grant.type,
    grant,
  ]),
)

/** The grant types that are built in. */
export const BUILT_IN_GRANT_TYPES: readonly string[] = [...builtIn.keys()]

/**
 * Returns all grant types by their `grant_type`: those that are built in, and the operator's own.
 *
 * @throws {TypeError | RangeError} when one of the operator's is none
 */
export function readGrants(own: readonly Grant[]): ReadonlyMap<string, Grant> {
  if (!Array.isArray(own)) throw new TypeError('"grants" expected a list of grant types')
  for (const [index, grant] of own.entries()) {
    // An extension is named by a URI (RFC 6749 §4.5), so it never takes the place of what is built in under a short name.
    checkText(`grants[${index}].type`, grant?.type, /^[a-z][a-z0-9+.-]*:[\x21-\x7e]{1,200}$/, 'an absolute URI')
    if (typeof grant.decide !== 'function') throw new TypeError(`"grants[${index}].decide" expected a function`)
  }
  const types = [...builtIn.keys(), ...own.map(({ type }) => type)]
  if (new Set(types).size !== types.length) throw new RangeError('"grants" expected each type once, and none built in')
  return new Map([...builtIn, ...own.map((grant) => [grant.type, grant] as const)])
}

/** What there is beside the clients. */
export interface GrantNeeds {
  /** Whether people can log in. */
  readonly isForPersons: boolean
  readonly hasTrustedIssuers: boolean
}

/** Returns the grant types for which there is what they need; the others are not offered. */
export function offeredGrants(
  grants: ReadonlyMap<string, Grant>,
  clients: Iterable<Client>,
  { isForPersons, hasTrustedIssuers }: GrantNeeds,
): ReadonlyMap<string, Grant> {
  const all = [...clients]
  const isOffered: Readonly<Record<string, boolean>> = {
    [authorizationCode.type]: isForPersons,
    [refreshToken.type]: isForPersons,
    [deviceCode.type]: isForPersons && all.some(({ grantTypes }) => grantTypes.has(deviceCode.type)),
    [jwtBearer.type]: hasTrustedIssuers,
    [tokenExchange.type]: all.some(({ exchange }) => exchange.length > 0),
  }
  return new Map([...grants].filter(([type]) => isOffered[type] ?? true))
}
