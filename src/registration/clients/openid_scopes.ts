/**
 * What a client must have to ask who logged in: scope tokens that mean something together, and a grant that leads to a person
 * (OpenID Connect Core §3.1.2.1).
 *
 * @module
 */

import type { Members } from '../../../keys/check.ts'
import { readAll, readEach } from '../../../keys/faults.ts'
import { OFFLINE_ACCESS, OPENID, STANDARD_SCOPES } from '../../openid/openid.ts'
import { DEVICE_CODE } from '../../protocol/grant_type.ts'
import type { Resource } from '../resource.ts'
import { checkScopes, type KnownResources } from '../resource_registration.ts'

/** The grant types by which who logged in is told. */
const TELLING: readonly string[] = ['authorization_code', 'refresh_token', DEVICE_CODE]

/** Where scope tokens can be from. */
export interface ScopeSources {
  readonly resources: KnownResources
  /** The issuer's own resource, which tells of persons; nothing where it tells nobody. */
  readonly userinfo: Resource | undefined
}

/**
 * Checks that each scope token of a client is one that a resource of these settings knows, the issuer's own too.
 *
 * @throws {RangeError} all that are not, with what was meant, or what is missing
 */
export function checkClientScopes(
  name: string,
  tokens: readonly string[],
  { resources, userinfo }: ScopeSources,
): void {
  const apis = [...resources.values()]
  const ofApis = apis.flatMap((resource) => resource?.scopes ?? [])
  readAll({
    known: () => checkScopes(name, tokens, resources, userinfo?.scopes ?? STANDARD_SCOPES),
    provider() {
      if (userinfo !== undefined || apis.includes(undefined)) return
      readEach(tokens, (token, index) => {
        if (STANDARD_SCOPES.includes(token) && !ofApis.includes(token))
          throw new RangeError(
            `"${name}[${index}]" expected a scope that a resource of these settings has; "${token}" asks who logged in, and needs the setting "openid" ([vars.OPENID]), which may be empty`,
          )
      })
    },
  })
}

/** Tells whether a client, as the operator wrote it, asks who logged in, and there is who tells. */
export function asksWhoLoggedIn({ scopes }: Members, { userinfo }: Pick<ScopeSources, 'userinfo'>): boolean {
  return userinfo !== undefined && Array.isArray(scopes) && scopes.includes(OPENID)
}

/** What a client may have. */
export interface Access {
  readonly grantTypes: readonly string[]
  readonly resources: readonly string[]
  readonly scopes: readonly string[]
}

/**
 * Checks that a client which asks who logged in can be told.
 *
 * @throws {RangeError} when `openid` is missing, or a person, or the API of a scope, or a grant type leads to nothing
 */
export function checkAsking(name: string, { grantTypes, resources, scopes }: Access, userinfo: Resource): void {
  const first = scopes.find((token) => userinfo.scopes.includes(token))
  if (first === undefined) return
  const leadingNowhere = resources.length > 0 ? undefined : grantTypes.find((type) => !TELLING.includes(type))
  readAll({
    openid() {
      // Who goes on without the person can do so at an API, too.
      const telling = scopes.find((token) => token !== OFFLINE_ACCESS && userinfo.scopes.includes(token))
      const lacking = telling ?? (resources.length > 0 ? undefined : first)
      if (!scopes.includes(OPENID) && lacking !== undefined)
        throw new RangeError(`"${name}.scopes" expected "openid" beside "${lacking}", which tells nothing without it`)
    },
    person() {
      if (!grantTypes.includes('authorization_code') && !grantTypes.includes(DEVICE_CODE))
        throw new RangeError(
          `"${name}.grant_types" expected authorization_code: without it nobody logs in for "${first}"`,
        )
    },
    apis() {
      const stray = resources.length > 0 ? undefined : scopes.find((token) => !userinfo.scopes.includes(token))
      if (stray !== undefined)
        throw new RangeError(
          `"${name}.resources" expected the resource that has "${stray}": who logged in is told without one`,
        )
    },
    others() {
      if (leadingNowhere !== undefined)
        throw new RangeError(
          `"${name}.grant_types" expected ${TELLING.slice(0, 2).join(' and ')} alone: without resources ${leadingNowhere} leads to nothing`,
        )
    },
  })
}
