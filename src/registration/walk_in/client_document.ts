/**
 * Clients by a document: an https URL is the id, and what stands there tells about the client (OAuth Client ID Metadata Document
 * §3, §4).
 *
 * @module
 */

import { isLoopback } from '../../../keys/identifier.ts'
import { isAnybodys } from '../../jose/weak_keys.ts'
import { isStrangersUrl } from '../../protocol/remote_url.ts'
import type { Client, ClientSigner } from '../clients/client.ts'
import { ASSERTION_ALGORITHMS, readSigner } from '../signer.ts'
import { memberOf, readName, readRedirectUris, readTextMember, readTextsMember } from './client_metadata.ts'
import { type WalkInPolicy, walkInClient } from './walk_in.ts'

/** Characters that such an id may have. */
const LONGEST_ID = 1024

/** What all of them may do: what their documents say of it is said to every server, and many leave out what they do. */
const GRANT_TYPES = ['authorization_code', 'refresh_token']

/** Members that say a secret that two share (§4.1). */
const SECRETS = ['client_secret', 'client_secret_expires_at']

/** Tells whether something may be fetched from a URL: of any public host, or of those that the operator names. */
function mayFetch(url: string, { issuer, documentHosts }: WalkInPolicy): boolean {
  const isLoopbackAllowed = isLoopback(issuer)
  if (url.length > LONGEST_ID || !isStrangersUrl(url, isLoopbackAllowed)) return false
  return isLoopback(url) || documentHosts === undefined || documentHosts.has(new URL(url).hostname)
}

/** Tells whether an id is the URL of a document that may be asked for. Nothing is asked for here. */
export function isDocumentId(id: string, policy: WalkInPolicy): boolean {
  if (!policy.takesDocuments || !mayFetch(id, policy)) return false
  return !policy.blocked.has(id) && !policy.blocked.has(new URL(id).hostname)
}

/**
 * Returns what is known of a client without its document: what all may have. It can be answered nowhere, and prove itself by
 * nothing.
 */
export function unreadClient(id: string, policy: WalkInPolicy): Client {
  return walkInClient(
    { kind: 'document', id, name: '', redirectUris: [], authenticationMethods: [], grantTypes: GRANT_TYPES },
    policy,
  )
}

/**
 * Checks that strangers' keys are no work to verify by: RSA has 4,096 bits at the most, and an exponent of 48, as in a proof (DPoP). Of
 * 3,072 bits with an exponent as long, one signature that is none takes as long as many that are good. And that not anybody can sign by them.
 *
 * @throws {RangeError} when one is longer, or anybody's
 */
export function checkStrangersKeys(keys: readonly Readonly<Record<string, unknown>>[]): void {
  const isLong = (value: unknown, most: number): boolean => typeof value === 'string' && value.length > most
  if (keys.some(({ kty, n, e }) => kty === 'RSA' && (isLong(n, 683) || isLong(e, 8))))
    throw new RangeError('an RSA key has more than 4096 bits, or a longer exponent than is taken')
  if (keys.some(isAnybodys)) throw new RangeError('anybody can sign by one of the keys')
}

/** Reads how a client signs; nothing where it says that it proves itself by nothing. */
function readDocumentSigner(
  id: string,
  json: Readonly<Record<string, unknown>>,
  policy: WalkInPolicy,
  isGuarded: boolean,
): ClientSigner | undefined {
  const method = readTextMember(json, 'token_endpoint_auth_method') ?? 'none'
  if (method === 'none') return undefined
  if (method !== 'private_key_jwt')
    throw new RangeError('token_endpoint_auth_method is neither none nor private_key_jwt')
  if (!isGuarded) throw new RangeError('private_key_jwt cannot be without a guard: assertions could be used again')
  const given = readTextMember(json, 'token_endpoint_auth_signing_alg') ?? 'ES256'
  const alg = ASSERTION_ALGORITHMS.find((one) => one === given)
  if (alg === undefined) throw new RangeError('token_endpoint_auth_signing_alg is not one that is taken')
  const [jwks, jwks_uri] = [memberOf(json, 'jwks'), readTextMember(json, 'jwks_uri')]
  if (jwks_uri !== undefined && !mayFetch(jwks_uri, policy))
    throw new RangeError('jwks_uri is no URL that may be asked for')
  const value = { ...(jwks === undefined ? {} : { jwks }), ...(jwks_uri === undefined ? {} : { jwks_uri }) }
  const signer = readSigner('the document', value, {
    algorithms: [alg],
    isLoopbackAllowed: isLoopback(policy.issuer),
  })
  checkStrangersKeys(signer.jwks.keys)
  return { ...signer, name: id, alg, audience: 'issuer', longestLife: 300, isStrangers: true }
}

/**
 * Reads a document. What is unknown is ignored, and so are logos and pages: nobody is shown what nobody checked.
 *
 * @param isGuarded whether there is a guard
 * @throws {Error} for the log: what is wrong with it
 */
export function readClientDocument(
  json: Readonly<Record<string, unknown>>,
  id: string,
  policy: WalkInPolicy,
  isGuarded: boolean,
): Client {
  if (json['client_id'] !== id) throw new RangeError('client_id is another than the URL of the document')
  const secret = SECRETS.find((name) => Object.hasOwn(json, name))
  if (secret !== undefined) throw new RangeError(`${secret} stands there, which all can read`)
  for (const [name, needed] of [
    ['grant_types', 'authorization_code'],
    ['response_types', 'code'],
  ] as const)
    if (readTextsMember(json, name)?.includes(needed) === false) throw new RangeError(`${name} has no ${needed}`)
  const redirectUris = readRedirectUris(json, policy)
  const signer = readDocumentSigner(id, json, policy, isGuarded)
  const authenticationMethods = [signer === undefined ? 'none' : 'private_key_jwt'] as const
  const said = { id, name: readName(json), redirectUris, authenticationMethods, grantTypes: GRANT_TYPES }
  return walkInClient({ kind: 'document', ...said }, policy, signer === undefined ? {} : { signer })
}

/**
 * Returns how a client proves itself, as what it is given carries it: another way, or keys elsewhere, and it is another client.
 * Nothing for those whose id does not hang on a document.
 */
export function proofOf({ walkIn, signer }: Client): string | undefined {
  if (walkIn?.kind !== 'document') return undefined
  return signer === undefined ? 'none' : (signer.jwksUri ?? 'jwks')
}
