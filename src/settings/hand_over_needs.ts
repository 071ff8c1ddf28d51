/**
 * What resources need to be handed the tokens of a provider: that provider, a guard that keeps them, and somebody who logs in.
 *
 * @module
 */

import { findMeant } from '../../keys/did_you_mean.ts'
import { readAll, readEach } from '../../keys/faults.ts'
import { authorizationCode } from '../grants/authorization_code.ts'
import { deviceCode } from '../grants/device_code.ts'
import type { Authenticate } from '../login/authenticate.ts'
import type { HandOver, Resource } from '../registration/resource.ts'
import { type Guard, isKeeping, KEEPING } from '../stores/guard.ts'
import type { ServedClient } from './served_client.ts'
import type { Means } from './setting_needs.ts'

/** Checks that people can log in at the provider, and that it gives tokens. */
function checkProvider(name: string, { provider }: HandOver, authenticate: Authenticate | undefined): void {
  const providers = authenticate?.providers
  if (providers === undefined)
    throw new TypeError(
      `"${name}" expected several ways to log in, with names: a table for each in LOGIN, or loginProviders({ … })`,
    )
  const { givesTokens = true } = providers.get(provider) ?? {}
  if (!givesTokens)
    throw new RangeError(`"${name}" expected a provider that gives tokens: a page of your own gives none`)
  if (providers.has(provider)) return
  const meant = findMeant(provider, [...providers.keys()])
  const hint = meant === undefined ? `there are: ${[...providers.keys()].join(', ')}` : `did you mean "${meant}"?`
  throw new RangeError(`"${name}" expected what LOGIN calls a provider; ${hint}`)
}

/** Checks that, of those who may have a resource, somebody can have people log in for it. */
function checkPersons(name: string, uri: string, served: readonly ServedClient[]): void {
  const those = served.filter(({ client }) => client.resources.has(uri) && client.grantTypes.size > 0)
  if (those.length > 0 && !those.some(({ client }) => client.grantTypes.has(authorizationCode.type)))
    throw new RangeError(
      `"${name}" expected a client with ${authorizationCode.type} at this resource: without, nobody logs in for it`,
    )
}

/** Checks that devices can be let in for something: they ask before anybody has logged in anywhere. */
function checkDevice({ client, who }: ServedClient, resources: ReadonlyMap<string, Resource>): void {
  const uris = [...client.resources]
  if (!client.grantTypes.has(deviceCode.type) || uris.length === 0) return
  if (uris.every((uri) => resources.get(uri)?.providerToken !== undefined))
    throw new RangeError(
      `"clients["${client.id}"].grant_types" expected no ${deviceCode.type}: ${who} may have nothing but what is handed the token of a provider, and no device is let in for that`,
    )
}

/**
 * Checks that there is what is handed over.
 *
 * @throws {TypeError | RangeError} all that is missing, and what nobody could use
 */
export function checkHandOvers(
  resources: ReadonlyMap<string, Resource>,
  served: readonly ServedClient[],
  { guard, authenticate }: Means,
): void {
  const handed = [...resources.values()].flatMap(({ uri, providerToken }) =>
    providerToken === undefined ? [] : [{ uri, name: `resources["${uri}"].provider_token`, handOver: providerToken }],
  )
  const [first] = handed
  if (first === undefined) return
  readAll({
    providers: () =>
      readEach(handed, ({ name, handOver }) => checkProvider(name, handOver, authenticate as Authenticate | undefined)),
    guard() {
      if (guard === undefined || guard === 'none' || !isKeeping(guard as Guard))
        throw new TypeError(`"guard" expected a guard with ${KEEPING.join(', ')}: "${first.name}" is kept there`)
    },
    persons: () => readEach(handed, ({ name, uri }) => checkPersons(name, uri, served)),
    devices: () => readEach(served, (one) => checkDevice(one, resources)),
  })
}
