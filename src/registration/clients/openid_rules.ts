/**
 * What the settings of a client that is told who logged in must be beside each other: what leaves its proof aside, whom it calls a
 * person for, and to which of its keys ID tokens are encrypted.
 *
 * @module
 */

import type { Members } from '../../../keys/check.ts'
import { readAll, readEach } from '../../../keys/faults.ts'
import { keyManagementOf } from '../../jose/recipient.ts'
import { isOnDevice } from '../../protocol/redirect_uri.ts'
import type { Resource } from '../resource.ts'
import { type Client, isPublic } from './client.ts'
import { OPENID_SETTINGS } from './client_openid.ts'
import { asksWhoLoggedIn } from './openid_scopes.ts'

/** Those of the settings that mean something for every authorization request (JARM, RFC 9101). */
const OF_REQUESTS: readonly string[] = ['authorization_signed_response_alg', 'request_object_signing_alg']

/** What there is beside the client. */
export interface OpenidSurroundings {
  /** The issuer's own resource, which tells of persons; nothing where it tells nobody. */
  readonly userinfo: Resource | undefined
  /** Whether this issuer is on this very machine: for development. */
  readonly isLoopbackAllowed: boolean
}

/** Checks that no setting stands there that means nothing. */
function checkStray(name: string, value: Members, { grantTypes }: Client, isTold: boolean): void {
  const given = OPENID_SETTINGS.filter((setting) => value[setting] !== undefined)
  readEach(given, (setting) => {
    if (OF_REQUESTS.includes(setting)) {
      if (!grantTypes.has('authorization_code'))
        throw new TypeError(`"${name}.${setting}" goes with authorization_code in "grant_types"`)
    } else if (!isTold) throw new TypeError(`"${name}.${setting}" goes with "openid" in "scopes"`)
  })
}

/** Checks that nothing stands in for a challenge but a proof that only the client can give. */
function checkPkce(name: string, client: Client, isLoopbackAllowed: boolean): void {
  if (!client.openid.isPkceOptional) return
  if (isPublic(client))
    throw new RangeError(
      `"${name}.pkce" expected "required": a public client has no other proof that a code is its own`,
    )
  readEach(client.redirectUris, (uri, index) => {
    if (isOnDevice(uri) && !(isLoopbackAllowed && uri.startsWith('http:')))
      throw new RangeError(
        `"${name}.redirect_uris[${index}]" expected https beside "pkce": "optional": on a device others can take the code`,
      )
  })
}

/** Tells whether a client has keys to sign with: those to encrypt to must say then that they are. */
export function isSigning({ signer, certificate, requestSigner }: Client): boolean {
  return signer !== undefined || certificate !== undefined || requestSigner !== undefined
}

/** Checks that there is a key to encrypt to, where that can be known. */
function checkEncryption(name: string, client: Client): void {
  const { jwks, signer } = client
  const { idTokenEncryption } = client.openid
  if (idTokenEncryption === undefined || signer?.jwksUri !== undefined) return
  const { alg } = idTokenEncryption
  const isShared = isSigning(client)
  const fits = jwks.some((jwk) => keyManagementOf(jwk) === alg && (!isShared || jwk['use'] === 'enc'))
  const kind = alg === 'ECDH-ES' ? 'a P-256 or X25519 key' : 'an RSA key of at least 2048 bits'
  if (!fits)
    throw new RangeError(
      `"${name}.jwks" expected ${kind} for "id_token_encrypted_response_alg"${isShared ? ', with "use": "enc" beside keys to sign with' : ''}`,
    )
}

/**
 * Checks that the settings of a client which say how it is told who logged in go together.
 *
 * @param value as they were given
 * @throws {TypeError | RangeError} all that is wrong with them
 */
export function checkOpenidClient(
  name: string,
  value: Members,
  client: Client,
  { userinfo, isLoopbackAllowed }: OpenidSurroundings,
): void {
  readAll({
    stray: () => checkStray(name, value, client, asksWhoLoggedIn(value, { userinfo })),
    pkce: () => checkPkce(name, client, isLoopbackAllowed),
    encryption: () => checkEncryption(name, client),
  })
}
