/**
 * What an issuer starts with, and its operator ought to know: what nobody who logs in can meet, and what a provider's token in an
 * API's tokens means.
 *
 * @module
 */

import type { LoginProviders } from '../login/authenticate.ts'
import { DEVICE_CODE } from '../protocol/grant_type.ts'
import type { Client } from '../registration/clients/client.ts'
import type { Resource } from '../registration/resource.ts'
import type { CheckedSettings } from '../settings/settings.ts'

/** What of the settings is looked at. */
type Advised = Pick<CheckedSettings, 'resources' | 'clients' | 'authenticate' | 'homes'>

/** By what people can be made to log in, and tokens be had for it. */
const FOR_PERSONS = ['authorization_code', DEVICE_CODE]

function quoted(names: Iterable<string>): string {
  return [...names].map((name) => `"${name}"`).join(', ')
}

/** Returns by which of its settings a client wants to know when somebody logged in, if by any. */
function wantOf({ grantTypes, openid }: Client): string | undefined {
  if (!FOR_PERSONS.some((type) => grantTypes.has(type))) return undefined
  if (openid.defaultMaxAge !== undefined) return 'default_max_age'
  return openid.requiresAuthTime ? 'require_auth_time' : undefined
}

/** Says who wants to know when somebody logged in, and where nobody can be told. */
function adviseOnAuthTime({ resources, clients }: Advised, providers: LoginProviders): readonly string[] {
  const silent = new Set([...providers].flatMap(([name, { tellsAuthTime }]) => (tellsAuthTime ? [] : [name])))
  const isNone = silent.size === providers.size
  const lost = [...clients.values()].flatMap((client) => {
    const want = wantOf(client)
    if (want === undefined) return []
    const asks = `the client ${quoted([client.id])} wants to know when people logged in (${want})`
    if (isNone) return [`${asks}, and no way to log in proves it: it is answered login_required, always`]
    const uris = [...client.resources].filter((uri) => silent.has(resources.get(uri)?.providerToken?.provider ?? ''))
    return uris.length === 0
      ? []
      : [`${asks}, and who is handed over does not prove it: it is answered login_required at ${quoted(uris)}`]
  })
  const apis = [...resources.values()].filter(({ providerToken }) => silent.has(providerToken?.provider ?? ''))
  const demanding = isNone
    ? 'an API'
    : apis.length === 0
      ? undefined
      : `an API of ${quoted(apis.map(({ uri }) => uri))}`
  if (demanding === undefined) return lost
  const why = isNone ? 'no way to log in proves' : `${quoted(silent)} ${silent.size === 1 ? 'does' : 'do'} not prove`
  return [
    ...lost,
    `${why} when, or how, somebody logged in: ${demanding} whose verifier demands maxAge or acr lets nobody in`,
  ]
}

/** Says what it means that an API's tokens carry those of a provider, and for whose sake they ought to be bound. */
function adviseOnHandOvers({ clients }: Advised, handed: readonly Resource[]): readonly string[] {
  const uris = quoted(handed.map(({ uri }) => uri))
  const isBearer = ({ dpopBound, certificateBound, grantTypes, resources }: Client): boolean =>
    !dpopBound &&
    !certificateBound &&
    grantTypes.has('authorization_code') &&
    handed.some(({ uri }) => resources.has(uri))
  const bearers = [...clients.values()].filter(isBearer).map(({ id }) => id)
  return [
    `whoever gets the keys of ${uris} reads the provider's tokens in all of its tokens that were recorded in their time, and another branch does not undo that`,
    ...(bearers.length === 0
      ? []
      : [
          `advised for ${quoted(bearers)}: dpop_bound_access_tokens = true, for tokens at ${uris} carry those of a provider`,
        ]),
  ]
}

/** Says who must read the homes that are given. */
function adviseOnHomes({ longest }: CheckedSettings['homes']): readonly string[] {
  const words =
    'HOMES gives sessions a home: every version that is live, and the one that you would roll back to, must read it (docs/scale/homes.md)'
  return longest === 0 ? [] : [words]
}

/** Returns what the operator ought to know of settings that an issuer starts with, a line each. */
export function adviseOn(settings: Advised): readonly string[] {
  const handed = [...settings.resources.values()].filter(({ providerToken }) => providerToken !== undefined)
  const { providers } = settings.authenticate ?? {}
  return [
    ...(providers === undefined ? [] : adviseOnAuthTime(settings, providers)),
    ...(handed.length === 0 ? [] : adviseOnHandOvers(settings, handed)),
    ...adviseOnHomes(settings.homes),
  ]
}
