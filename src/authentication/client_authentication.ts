/**
 * Client authentication at the token endpoint (RFC 6749 §2.3, §3.2.1, RFC 8705 §2).
 *
 * @module
 */

import type { EndpointContext } from '../context.ts'
import { readBasic } from '../protocol/basic.ts'
import { refusal } from '../protocol/error.ts'
import type { Parameters } from '../protocol/parameters.ts'
import { type Client, type ClientAuthenticationMethod, isPublic, isSecretOf } from '../registration/clients/client.ts'
import {
  CERTIFICATE_METHODS,
  type ClientCertificate,
  checkCertificate,
} from '../registration/clients/client_certificate.ts'
import { methodsIn } from '../registration/clients/fapi2.ts'
import { isByDocument } from '../registration/known_clients.ts'
import type { Assertions } from '../remote/signer_keys.ts'
import type { CheckedSettings } from '../settings/settings.ts'
import {
  createAssertionAuthentication,
  type ProvedClient,
  readClientAssertion,
  readUnproved,
} from './client_assertion.ts'

/** The ways in which a client can prove itself. */
const CLIENT_AUTHENTICATION_METHODS: readonly ClientAuthenticationMethod[] = [
  'client_secret_basic',
  'client_secret_post',
  'private_key_jwt',
  ...CERTIFICATE_METHODS,
  'none',
]

/**
 * Returns the ways in which the clients of an issuer can prove themselves: those for which there is
 * what they need.
 */
export function authenticationMethodsOf({
  hasCertificates,
  guard,
  profile,
}: CheckedSettings): readonly ClientAuthenticationMethod[] {
  const isByCertificate = (method: string): boolean => CERTIFICATE_METHODS.some((one) => one === method)
  // Without a guard no client can be one that signs: its assertions could be used again.
  const isOffered = (method: string): boolean =>
    isByCertificate(method) ? hasCertificates : method !== 'private_key_jwt' || guard !== undefined
  return methodsIn(profile, CLIENT_AUTHENTICATION_METHODS).filter(isOffered)
}

/** What a request says of its client. */
interface Claim {
  readonly method: ClientAuthenticationMethod
  readonly id: string
  readonly secret: string
}

/** Reads what a request says of its client; more than one way at once is refused (RFC 6749 §2.3). */
function readClaim(authorization: string | null, parameters: Parameters): Claim {
  const id = parameters.get('client_id')
  const secret = parameters.get('client_secret')
  if (authorization !== null) {
    if (secret !== undefined) throw refusal('invalid_request', 'malformed', 'two ways of client authentication')
    const basic = readBasic(authorization)
    if (id !== undefined && id !== basic.id)
      throw refusal('invalid_request', 'malformed', 'client_id differs from Basic')
    // An empty secret may be left out, and so it is none (RFC 6749 §2.3.1): some libraries name public clients in this way.
    return { method: basic.secret === '' ? 'none' : 'client_secret_basic', ...basic }
  }
  if (id === undefined) throw refusal('invalid_client', 'malformed', 'no client is named')
  return secret === undefined ? { method: 'none', id, secret: '' } : { method: 'client_secret_post', id, secret }
}

function authenticateBySecret(claim: Claim, client: Client | undefined): Client {
  if (claim.method === 'none') {
    if (client === undefined || !isPublic(client))
      throw refusal(
        'invalid_client',
        client === undefined ? 'unknown_client' : 'wrong_secret',
        'unknown, or without its secret',
      )
    return client
  }
  const isProved = isSecretOf(client, claim.secret)
  if (client !== undefined && isPublic(client))
    throw refusal('invalid_request', 'wrong_method', 'a public client shows a secret')
  if (client === undefined || !isProved)
    throw refusal(
      'invalid_client',
      client === undefined ? 'unknown_client' : 'wrong_secret',
      'unknown client or wrong secret',
    )
  if (!client.authenticationMethods.includes(claim.method)) {
    throw refusal('invalid_client', 'wrong_method', 'the client is registered for another way to authenticate')
  }
  return client
}

/** Returns how a request proves its client, or would: who has a certificate shows nothing in the request. */
function methodOf({ method }: Claim, { certificate, authenticationMethods }: Client): ClientAuthenticationMethod {
  return method === 'none' && certificate !== undefined ? (authenticationMethods[0] ?? method) : method
}

/** What a request says of its client before any of it is proved. */
export interface NamedClient {
  /** Nothing where it names none. */
  readonly id: string | undefined
  /** Whether an assertion is to prove it. */
  readonly isSigned: boolean
  /** The key that the assertion names. */
  readonly kid: string | undefined
}

/**
 * Reads which client a request names.
 *
 * @throws {OAuthError} `invalid_client`, or `invalid_request` when the request contradicts itself
 */
export function readNamedClient(headers: Headers, parameters: Parameters): NamedClient {
  const authorization = headers.get('authorization')
  const assertion = readClientAssertion(authorization, parameters)
  if (assertion === undefined) return { id: readClaim(authorization, parameters).id, isSigned: false, kid: undefined }
  const unproved = readUnproved(assertion.jwt)
  return { id: assertion.id ?? unproved?.sub, isSigned: true, kid: unproved?.kid }
}

/** What a request shows of its client. */
export interface ClientRequest {
  readonly headers: Headers
  readonly parameters: Parameters
  /** The certificate of the connection, as the platform tells it. */
  readonly certificate?: ClientCertificate | undefined
  /** The client that it names, where the endpoint had to learn about it: it still has to prove itself. */
  readonly met?: Client | undefined
  /** From where it comes, as far as the platform tells. */
  readonly address?: string | undefined
  /** Unix seconds. */
  readonly now: number
}

/**
 * Returns the client that a request comes from.
 *
 * A client with a secret must show it, whatever else the request holds; a public one must not show any. One with a key
 * must sign, each time anew. One with a certificate proves itself by the connection, and only names itself in the request.
 *
 * @throws {OAuthError} `invalid_client`, or `invalid_request` when the request contradicts itself
 */
export type AuthenticateClient = (request: ClientRequest) => Promise<Client>

/**
 * Returns the client that a request comes from, and what spends its proof: to be called when all else is checked, and
 * before anything is handed out.
 *
 * @throws {OAuthError} as {@link AuthenticateClient}
 */
export type ProveClient = (request: ClientRequest) => Promise<ProvedClient>

/** Returns what tells the clients of an issuer, and spends their proofs at once. */
export function spendingAtOnce(prove: ProveClient): AuthenticateClient {
  return async (request) => {
    const { client, spend } = await prove(request)
    await spend?.()
    return client
  }
}

/** Returns what tells the clients of an issuer. */
export function createClientAuthentication(context: EndpointContext, assertions: Assertions): ProveClient {
  const { clients, events } = context
  /** Secrets and certificates can be shown again. */
  function proved(client: Client): ProvedClient {
    if (!isPublic(client)) events.note({ proved: true })
    return { client }
  }
  const authenticateByAssertion = createAssertionAuthentication(context, assertions)
  return async ({ headers, parameters, certificate, met, address, now }) => {
    const authorization = headers.get('authorization')
    const assertion = readClientAssertion(authorization, parameters)
    if (assertion !== undefined) return authenticateByAssertion(assertion, { met, address, now })
    const claim = readClaim(authorization, parameters)
    const client = met?.id === claim.id ? met : clients.find(claim.id)
    // Anybody can name a document: until it was met nobody knows its client.
    if (client !== undefined && (client === met || !isByDocument(client)))
      events.note({ client: client.id, proved: false, method: methodOf(claim, client) })
    if (claim.method !== 'none' || client?.certificate === undefined) return proved(authenticateBySecret(claim, client))
    checkCertificate(client.certificate, certificate)
    return proved(client)
  }
}
