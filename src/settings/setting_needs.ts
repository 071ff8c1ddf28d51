/**
 * What clients need beside their own settings, to use what they may: a login, a guard, certificates, a proof of themselves.
 *
 * @module
 */

import { readAll, readEach } from '../../keys/faults.ts'
import { authorizationCode } from '../grants/authorization_code.ts'
import { clientCredentials } from '../grants/client_credentials.ts'
import { deviceCode } from '../grants/device_code.ts'
import { jwtBearer } from '../grants/jwt_bearer.ts'
import { refreshToken } from '../grants/refresh_token.ts'
import { tokenExchange } from '../grants/token_exchange.ts'
import { type Client, isPublic, needsCertificate } from '../registration/clients/client.ts'
import { type Guard, isKeeping, KEEPING } from '../stores/guard.ts'
import type { ServedClient } from './served_client.ts'

/** What only those can use who prove themselves. */
const FOR_PROVED = [clientCredentials.type, tokenExchange.type]

/** What leads to a person who logs in. */
const FOR_PERSONS = [authorizationCode.type, deviceCode.type]

/** Checks that a client can use one of its grant types at least: with the others it would get nothing, ever. */
function checkGrantTypes(client: Client): void {
  const types = [...client.grantTypes]
  const began = types.filter((type) => type !== refreshToken.type)
  if (types.length === 0 || began.some((type) => !isPublic(client) || !FOR_PROVED.includes(type))) return
  const why =
    began.length === 0
      ? 'nothing leads to a refresh token without authorization_code'
      : 'a public client cannot act for itself, nor exchange tokens: did you mean to give it a secret, or a key?'
  throw new RangeError(`"clients["${client.id}"].grant_types" expected one that it can use; ${why}`)
}

/** What an issuer has for its clients. */
export interface Means {
  readonly guard?: unknown
  readonly authenticate?: unknown
  readonly certificate?: unknown
}

/**
 * Checks that there is what the clients need.
 *
 * @throws {TypeError | RangeError} all that is missing, and grant types that nobody could use
 */
export function checkNeeds(served: readonly ServedClient[], { guard, authenticate, certificate }: Means): void {
  const forPersons = served.find(({ client }) => FOR_PERSONS.some((type) => client.grantTypes.has(type)))
  const type = FOR_PERSONS.find((one) => forPersons?.client.grantTypes.has(one))
  const whom = `${forPersons?.who} may use ${type}`
  readAll({
    grantTypes: () => readEach(served, ({ client }) => checkGrantTypes(client)),
    certificate() {
      const needing = certificate === undefined ? served.find(({ client }) => needsCertificate(client)) : undefined
      if (needing !== undefined)
        throw new TypeError(`"certificate" expected a way to know certificates: ${needing.who} needs one`)
    },
    authenticate() {
      if (forPersons !== undefined && authenticate === undefined)
        throw new TypeError(`"authenticate" expected a way to log in: ${whom}`)
    },
    guard() {
      if (forPersons !== undefined && guard === undefined)
        throw new TypeError(`"guard" expected a guard, or "none" written out: ${whom}`)
    },
    devices() {
      const needing = served.find(({ client }) => client.grantTypes.has(deviceCode.type))
      // That there is none at all is said already.
      if (needing !== undefined && guard !== undefined && (guard === 'none' || !isKeeping(guard as Guard)))
        throw new TypeError(
          `"guard" expected a guard with ${KEEPING.join(', ')}: ${needing.who} may use ${deviceCode.type}`,
        )
    },
    // Assertions can be used only once, where there can be any.
    assertions() {
      const needing = served.find(({ client }) => client.signer !== undefined || client.grantTypes.has(jwtBearer.type))
      if (needing !== undefined && (guard === undefined || guard === 'none'))
        throw new TypeError(`"guard" expected a guard: ${needing.who} uses assertions, each of them once`)
    },
  })
}
