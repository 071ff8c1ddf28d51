/**
 * The issuer's own resource, where clients ask who logged in (OpenID Connect Core §5.3). Nobody else has its keys: they have a
 * purpose of their own, and no resource's URI can name it.
 *
 * @module
 */

import { readEach } from '../../keys/faults.ts'
import { findResource } from '../../keys/identifier.ts'
import { type Openid, openidScopes, userinfoOf } from '../openid/openid.ts'
import type { Resource } from './resource.ts'

/** Seconds that a token lives by which a client asks who logged in. */
const LIFETIME = 600

/** Returns the issuer's own resource. */
export function userinfoResource(issuer: string, openid: Openid): Resource {
  return {
    purpose: 'userinfo',
    uri: userinfoOf(issuer),
    scopes: openidScopes(openid),
    envelope: 'direct',
    enc: 'A256GCM',
    encryptionAlg: 'dir',
    signingAlg: 'ES256',
    jwks: [],
    jwksUri: undefined,
    branch: 1,
    accessTokenLifetime: LIFETIME,
    exchange: false,
    marked: false,
    anonymous: false,
    sector: undefined,
    name: URL.canParse(issuer) ? new URL(issuer).host : issuer,
    providerToken: undefined,
    scopeDescriptions: new Map(),
    words: new Map(),
    readOnlyScopes: new Set(),
  }
}

/**
 * Checks that the operator's resources are apart from the issuer's own: none is called as it is, and none has a scope that it has.
 *
 * @throws {RangeError} all that are not
 */
export function checkApart(resources: ReadonlyMap<string, Resource | undefined>, userinfo: Resource): void {
  readEach([...resources], ([uri, resource]) => {
    if (findResource([userinfo.uri, `${userinfo.uri}/`], uri) !== undefined)
      throw new RangeError(
        `"resources["${uri}"]" expected another name: it is the issuer's own, which tells who logged in`,
      )
    readEach(resource?.scopes ?? [], (token, index) => {
      if (userinfo.scopes.includes(token))
        throw new RangeError(
          `"resources["${uri}"].scopes[${index}]" expected another: "${token}" asks who logged in, and belongs to ${userinfo.uri} alone`,
        )
    })
  })
}
