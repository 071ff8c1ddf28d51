/**
 * Clients: who they are, and how a secret is compared (RFC 6749 §2).
 *
 * @module
 */

import { digestText, isEqual } from '../../../keys/digest.ts'
import type { ExchangeRule } from '../exchange.ts'
import type { AssertionAlgorithm, Signer } from '../signer.ts'
import type { CertificateRule } from './client_certificate.ts'
import type { OpenidClient } from './client_openid.ts'

/**
 * How a client can prove itself at the token endpoint (RFC 7591 §2, RFC 8705 §2); `none` is a public client, which cannot.
 */
export type ClientAuthenticationMethod =
  | 'client_secret_basic'
  | 'client_secret_post'
  | 'private_key_jwt'
  | 'tls_client_auth'
  | 'self_signed_tls_client_auth'
  | 'none'

/** A profile: rules that are stricter than the protocol's own. */
export type Profile = 'fapi2'

/** What a client is: an app, the server of a resource, or the operator's own hand. */
export type ClientKind = 'client' | 'resource_server' | 'operator'

/** How a client came that nobody configured: by an id that holds what it registered, or by a document at the URL that is its id. */
export interface WalkIn {
  readonly kind: 'dynamic' | 'document'
  /** The URI of the resource that it means where it names none. Nothing where it must name one. */
  readonly defaultResource: string | undefined
}

/** How a client signs its assertions. */
export interface ClientSigner extends Signer {
  readonly alg: AssertionAlgorithm
  /** What its assertions are for. */
  readonly audience: 'issuer' | 'token_endpoint'
  /** Seconds that they may live. */
  readonly longestLife: number
}

/** A client, as the issuer knows it. */
export interface Client {
  readonly kind: ClientKind
  /** Its `client_id`. */
  readonly id: string
  /** The profile whose rules hold for it, beside those for everyone. */
  readonly profile: Profile | undefined
  /** The ways in which it may prove itself. */
  readonly authenticationMethods: readonly ClientAuthenticationMethod[]
  /** SHA-256 of each secret that it may use: one, or two while it changes them. */
  readonly secretHashes: readonly Uint8Array[]
  /** Its public keys. */
  readonly jwks: readonly Readonly<Record<string, unknown>>[]
  /** How it signs its assertions, where it proves itself by them. */
  readonly signer: ClientSigner | undefined
  /** How it signs its authorization requests, where it can (RFC 9101). */
  readonly requestSigner: (Signer & { readonly alg: AssertionAlgorithm }) | undefined
  /** The certificates by which it proves itself, where it does so by one. */
  readonly certificate: CertificateRule | undefined
  /** Whether it may have only tokens that are bound to a DPoP key (RFC 9449 §5.2). */
  readonly dpopBound: boolean
  /** Whether its tokens are bound to the certificate of its connection (RFC 8705 §3.4). */
  readonly certificateBound: boolean
  /** The grant types that it may use. */
  readonly grantTypes: ReadonlySet<string>
  /** The URIs of the resources that it may have tokens for. */
  readonly resources: ReadonlySet<string>
  /** The scope tokens that it may have. */
  readonly scopes: ReadonlySet<string>
  /** Whether a request for a scope token that it may not have is refused; else that one is left out, and the answer tells. */
  readonly scopesStrict: boolean
  /** What it may have for tokens of others. */
  readonly exchange: readonly ExchangeRule[]
  /** The types of authorization details that it may ask for. */
  readonly detailTypes: ReadonlySet<string>
  /** Whether it must push its authorization requests (RFC 9126 §6). */
  readonly isPushing: boolean
  /** Whether its tokens name no client, at resources that take such tokens. */
  readonly anonymous: boolean
  /** What a person is told that it is called. */
  readonly name: string
  /** Its home page, if a person may be told of one. */
  readonly uri: string | undefined
  /** Where answers to authorization requests may go. */
  readonly redirectUris: readonly string[]
  /** Whether a person is asked before it gets anything: always, or never. */
  readonly consent: 'ask' | 'skip'
  /** Whether pages on the way to its answer leave it the popup in which they are shown. */
  readonly opensPopup: boolean
  /** How it is told who logged in, and who logs out. */
  readonly openid: OpenidClient
  /** Seconds after which an approval ends, and all refresh tokens with it. */
  readonly refreshTokenLifetime: number
  /** Seconds without a refresh after which a rotating refresh token ends. */
  readonly refreshTokenIdleLifetime: number
  /** Seconds in which a refresh token that was used gives the same answer again. */
  readonly refreshTokenGrace: number
  /** How often a refresh token that was used already is taken again while the grace lasts. */
  readonly refreshTokenGraceUses: number
  /** Whether a refresh token that does not change is given again with each answer. */
  readonly repeatsRefreshToken: boolean
  /** How it came, where nobody configured it. */
  readonly walkIn: WalkIn | undefined
}

/** Tells whether a client cannot keep a secret (RFC 6749 §2.1). */
export function isPublic(client: Client): boolean {
  return client.authenticationMethods.includes('none')
}

/** Tells whether a client can do nothing without a certificate. */
export function needsCertificate(client: Client): boolean {
  return client.certificate !== undefined || client.certificateBound
}

const NO_SECRET = new Uint8Array(32)

/**
 * Tells whether `secret` is one of the client's. A client without secrets, or none at all, takes as long as one with.
 */
export function isSecretOf(client: Client | undefined, secret: string): boolean {
  const presented = digestText(secret)
  const hashes = client?.secretHashes ?? []
  const matches = (hashes.length === 0 ? [NO_SECRET] : hashes).map((hash) => isEqual(hash, presented))
  return hashes.length > 0 && matches.includes(true)
}
