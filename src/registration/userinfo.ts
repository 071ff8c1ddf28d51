/**
 * The issuer's own resource, where clients ask who logged in (OpenID Connect Core §5.3). Nobody else has its keys: they have a
 * purpose of their own, and no resource's URI can name it.
 *
 * @module
 */

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
    name: new URL(issuer).host,
    scopeDescriptions: new Map(),
  }
}
